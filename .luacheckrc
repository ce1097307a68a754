-- What scripts may use: the subset that LuaJIT and Lua 5.4 share, and the words of conf.lua.
std = "min"
max_line_length = 100
files["conf.lua"].read_globals = { "collector", "probe", "mediator", "exporter", "api", "log", "element" }
files["examples/*.lua"].read_globals = { "collector", "probe", "mediator", "exporter", "api", "log", "element" }
files["examples/scripts"].read_globals = { "element", "ipfix", "json", "log", "pcap" }
