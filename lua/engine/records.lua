--- The loop over the flows of a file: `for flow in ipfix.records(path) do … end`.
local open, iterator, close = ...

-- Lua 5.4 closes the fourth value when the loop is left early; others ignore it.
local closing = {
  __close = function(reader)
    close(reader.id)
  end,
}

return function(path)
  local id, problem = open(path)
  if id == nil then
    error(problem, 2)
  end
  return iterator(id), nil, nil, setmetatable({ id = id }, closing)
end
