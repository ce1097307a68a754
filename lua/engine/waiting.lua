--- Coroutines in scripts that wait for the host: a wait of the innermost one suspends them all,
--- and the script takes no notice. Scripts themselves run in a coroutine, which looks like none.
local tag, is_task, refuse = ...

local close, create, isyieldable = coroutine.close, coroutine.create, coroutine.isyieldable
local resume, running, status = coroutine.resume, coroutine.running, coroutine.status
local yield = coroutine.yield
local error, select, setmetatable, type = error, select, setmetatable, type

-- Coroutines that wait; nobody else may resume them meanwhile.
local waiting = setmetatable({}, { __mode = "k" })

-- The functions take what LuaJIT's take, and say so in its words.
local function check(wanted, name, called, ...)
  local given = type((...))
  if given == wanted then
    return
  end
  local problem = called .. " expected"
  if wanted == "function" then
    problem = problem .. ", got " .. (select("#", ...) == 0 and "no value" or given)
  end
  error("bad argument #1 to '" .. name .. "' (" .. problem .. ")", 3)
end

local function pass(thread, ...)
  local ok, first, id = ...
  if not ok then
    if first == "cannot resume non-suspended coroutine" and status(thread) == "running" then
      return false, "cannot resume running coroutine"
    end
    return ...
  elseif first ~= tag then
    return ...
  end
  waiting[thread] = true
  if isyieldable() then
    yield(tag, id)
  else
    refuse(id)
  end
  waiting[thread] = nil
  return pass(thread, resume(thread))
end

local function resume_through(thread, ...)
  if waiting[thread] then
    return false, "cannot resume non-suspended coroutine"
  end
  return pass(thread, resume(thread, ...))
end

local function finish(thread, ok, ...)
  if ok then
    return ...
  end
  if status(thread) == "dead" then
    close(thread)
  end
  error(..., 2)
end

function coroutine.resume(...)
  check("thread", "resume", "coroutine", ...)
  return resume_through(...)
end

function coroutine.create(...)
  check("function", "create", "function", ...)
  return create((...))
end

function coroutine.wrap(...)
  check("function", "wrap", "function", ...)
  local body = ...
  local thread = create(body)
  return function(...)
    return finish(thread, resume_through(thread, ...))
  end
end

function coroutine.yield(...)
  if is_task() then
    error("attempt to yield across C-call boundary", 2)
  end
  return yield(...)
end

function coroutine.running()
  local thread, is_main = running()
  if is_main or is_task() then
    return nil
  end
  return thread
end

function coroutine.isyieldable()
  return isyieldable() and not is_task()
end

function coroutine.status(...)
  check("thread", "status", "coroutine", ...)
  local thread = ...
  return waiting[thread] and "normal" or status(thread)
end

function coroutine.close(...)
  check("thread", "close", "coroutine", ...)
  local thread = ...
  if waiting[thread] then
    error("cannot close a normal coroutine", 2)
  end
  return close(thread)
end
