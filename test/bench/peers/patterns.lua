--- Runs by `npm run bench:patterns`: prints how much faster we are than Lua's C library.
local ours, c = string, open_c_library()
local clock, format, min, unpack = os.clock, string.format, math.min, unpack

local long = ("the quick brown fox jumps over the lazy dog; "):rep(50) .. "needle 12345 end"
local line = "GET /index.html?id=42 HTTP/1.1"
local list = ("alpha,beta,gamma,delta,"):rep(40)
local request = "^(%u+) (%S+) HTTP/(%d)%.(%d)$"

local function keep(word)
  return word
end

local cases = {
  { "find, plain, 30 octets", "find", line, "HTTP", 1, true },
  { "find, plain, 2 kB", "find", long, "needle" },
  { "find, class, 30 octets", "find", line, "%d+" },
  { "find, class, 2 kB", "find", long, "%d+" },
  { "find, set, 2 kB", "find", long, "[0-9]+" },
  { "match, 3 octets", "match", "k=v", "=" },
  { "match, four captures", "match", line, request },
  { "match, trim", "match", "   some text here  ", "^%s*(.-)%s*$" },
  { "match, .-", "match", list, ".-,delta" },
  { "match, .*", "match", list, ".*gamma" },
  { "gsub, string, 5 octets", "gsub", "a.b.c", "%.", "/" },
  { "gsub, string, 1 kB", "gsub", list, ",", ";" },
  { "gsub, no match", "gsub", line, "%$", "x" },
  { "gsub, captures, 1 kB", "gsub", list, "(%w+),", "<%1>" },
  { "gsub, function, 1 kB", "gsub", list, "%w+", keep },
  { "gsub, table, 1 kB", "gsub", list, "%w+", { alpha = "a", beta = "b" } },
}

--- Seconds of one call: the least of many turns.
local function create_timer(call)
  local turns, least = 1, math.huge
  return function()
    repeat
      local start = clock()
      for _ = 1, turns do
        call()
      end
      local seconds = clock() - start
      if seconds < 0.02 then
        turns = turns * 2
      else
        least = min(least, seconds / turns)
      end
    until seconds >= 0.02
    return least
  end
end

local function compare(name, theirs, mine)
  local before, after = create_timer(theirs), create_timer(mine)
  local slow, fast
  for _ = 1, 6 do
    slow, fast = before(), after()
  end
  print(format("%-24s %8.0f ns %8.0f ns %6.2f", name, slow * 1e9, fast * 1e9, slow / fast))
end

print(format("%-24s %11s %11s %6s", "", "C library", "ours", "ratio"))
for _, case in ipairs(cases) do
  local name, theirs, mine = case[1], c[case[2]], ours[case[2]]
  local arguments = { unpack(case, 3) }
  assert(theirs(unpack(arguments)) == mine(unpack(arguments)), name)
  local s, p, r, x = unpack(arguments)
  compare(name, function()
    theirs(s, p, r, x)
  end, function()
    mine(s, p, r, x)
  end)
end
local function all(library)
  return function()
    for word in library.gmatch(list, "%a+") do
      keep(word)
    end
  end
end
compare("gmatch, 1 kB", all(c), all(ours))

-- Operators of Lua 5.4 with LuaJIT's results.
local operators = load([[
  local function signed(x) return ((x & 0xffffffff) ~ 0x80000000) - 0x80000000 end
  return {
    band = function(x, y) return signed(x & y) end,
    lshift = function(x, by) return signed(x << (by & 31)) end,
  }
]])()
print(format("%-24s %11s %11s %6s", "", "Lua", "ours", "ratio"))
for name, operator in pairs(operators) do
  local native = bit[name]
  assert(operator(0x7fffffff, 7) == native(0x7fffffff, 7), name)
  compare("bit." .. name, function()
    operator(0x7fffffff, 7)
  end, function()
    native(0x7fffffff, 7)
  end)
end
