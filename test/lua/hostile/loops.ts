import type { HostileScript } from "./script.ts";

/** Loops without end, and ways to outlive one's own end. */
export const loops: readonly HostileScript[] = [
  ["while true do end", "work"],
  ["repeat until false", "work"],
  ["for i = 1, math.huge do end", "work"],
  ["for i = 1, 2^53 do end", "work"],
  ["::again:: goto again", "work"],
  ["local function f() return f() end f()", "work"],
  ["while true do pcall(function() while true do end end) end", "work"],
  ["while true do pcall(pcall, pcall, function() while true do end end) end", "work"],
  ["local function f() pcall(f) while true do end end f()", "work"],
  ["while true do pcall(error) end", "work"],
  ["while true do pcall(error, {}) end", "work"],
  ["while true do assert(select('#', pcall(error, nil)) == 2) end", "work"],
  ["xpcall(function() while true do end end, function() while true do end end)", "work"],
  [
    "local function survive() xpcall(function() while true do end end, survive) survive() end survive()",
    "work",
  ],
  ["while true do xpcall(error, function(e) error(e) end) end", "work"],
  ["while true do xpcall(error, xpcall, error, pcall) end", "work"],
  [
    "while true do coroutine.wrap(function() while true do pcall(function() while true do end end) end end)() end",
    "work",
  ],
  [
    "local co = coroutine.wrap(function() while true do end end) while true do pcall(co) end",
    "work",
  ],
  [
    "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
    "work",
  ],
  [
    "local function nest(n) if n == 0 then while true do end end return coroutine.wrap(nest)(n - 1) end while true do pcall(nest, 50) end",
    "work",
  ],
  [
    "local cos = {} for i = 1, 100 do cos[i] = coroutine.create(function() while true do coroutine.yield() end end) end while true do for i = 1, 100 do coroutine.resume(cos[i]) end end",
    "work",
  ],
  [
    "local t <close> = setmetatable({}, { __close = function() while true do end end }) while true do end",
    "work",
  ],
  [
    "while true do pcall(function() local t <close> = setmetatable({}, { __close = function() while true do end end }) error('x') end) end",
    "work",
  ],
  [
    "local co = coroutine.create(function() local t <close> = setmetatable({}, { __close = function() while true do end end }) coroutine.yield() end) coroutine.resume(co) while true do coroutine.close(co) end",
    "work",
  ],
  [
    "local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end }) while true do pcall(function() return t[1] end) end",
    "work",
  ],
  ["local t = setmetatable({}, { __index = function() while true do end end }) return t.x", "work"],
  ["local t = setmetatable({}, { __newindex = function() while true do end end }) t.x = 1", "work"],
  [
    "local t = setmetatable({}, { __eq = function() while true do end end }) return t == setmetatable({}, getmetatable(t))",
    "work",
  ],
  ["local t = setmetatable({}, { __lt = function() while true do end end }) return t < t", "work"],
  [
    "local t = setmetatable({}, { __concat = function() while true do end end }) return t .. t",
    "work",
  ],
  ["local t = setmetatable({}, { __call = function() while true do end end }) return t()", "work"],
  ["print(setmetatable({}, { __tostring = function() while true do end end }))", "work"],
  [
    "error(setmetatable({}, { __tostring = function() while true do end end }))",
    /error|used up|still runs/,
  ],
  ["error(setmetatable({}, { __name = ('x'):rep(1e6) }))", /^x+… \(\d+ octets\)$|: x{100}/],
  ["for _ in function() while true do end end do end", "work"],
  ["for _ in function() return 1 end do end", "work"],
  ["load(function() while true do end end)", "work"],
  ["assert(load(function() return ' ' end))", /memory|used up|still runs/],
  ["table.sort({ 3, 1, 2 }, function() while true do end end)", "work"],
  ["string.gsub('x', 'x', function() while true do end end)", "work"],
  ["while true do string.gsub('xxxx', 'x', error) end", /./],
  ["while true do pcall(string.gsub, 'xxxx', 'x', error) end", "work"],
  ["while true do local s = ('x'):rep(100000) end", "work"],
  ["while true do os.time() end", "work"],
  ["while true do print(1) end", "output"],
  ["while true do pcall(print, ('x'):rep(1000)) end", "output"],
  ["print(('x'):rep(1000000))", "output"],
  ["local t = {} for i = 1, 100 do t[i] = ('x'):rep(10000) end print(unpack(t))", "output"],
];
