import { createSocket } from "node:dgram";
import { connect } from "node:net";
import { expect, test } from "vitest";
import type { LuaValue } from "../../../src/lua/values.ts";
import { octetsOf, runFixbuf, startFixbuf } from "../../support/fixbuf.ts";

/** What a script that waits returns. */
async function runWaiting(source: string, ...args: LuaValue[]): Promise<LuaValue[]> {
  const { engine } = startFixbuf();
  try {
    return await engine.runAsync(`local fixbuf = require "fixbuf" ${source}`, "test.lua", args);
  } finally {
    engine.close();
  }
}

/** A listener, and a buffer that exports to it. */
const pair = `
  local kind = ...
  local model = fixbuf.InfoModel()
  local listener = fixbuf.Listener {
    session = fixbuf.Session(model), port = 0, transport = kind, timeout = 5,
  }
  local flow = fixbuf.Template(model, { "octetDeltaCount", "dnsQName" })
  local session = fixbuf.Session(model)
  session:add_template(flow, 256)
  local function export(options)
    options = options or {}
    options.host, options.port, options.transport = "127.0.0.1", listener.port, kind
    local buffer = fixbuf.Buffer(fixbuf.Record(model, flow))
    buffer:init_export(session, fixbuf.Exporter(options))
    buffer:set_internal_template(256)
    return buffer
  end
  local function append(buffer, from, to)
    for i = from, to do
      buffer.record.octetDeltaCount = i
      buffer.record.dnsQName = ("q"):rep(i % 90)
      buffer:append()
    end
    buffer:emit()
  end
`;

test.for(["udp", "tcp"])("Listener() gets what Exporter() sends over %s", async (kind) => {
  const [count, sum] = await runWaiting(
    `${pair} local sender = export() append(sender, 1, 200) append(sender, 201, 250)
    local count, sum = 0, 0
    local incoming = listener:wait()
    repeat
      sum = sum + incoming:next().octetDeltaCount
      count = count + 1
    until count == 250
    sender.exporter:close()
    listener:close()
    return count, sum`,
    kind,
  );
  expect([count, sum]).toEqual([250, (250 * 251) / 2]);
});

test("over TCP each connection has its buffer, which ends with it", async () => {
  const [seen] = await runWaiting(
    `${pair} local one, two = export(), export()
    append(one, 1, 3)
    append(two, 11, 12)
    one.exporter:close()
    two.exporter:close()
    local seen = {}
    for _ = 1, 2 do
      local values = {}
      for record in listener:wait():records() do values[#values + 1] = record.octetDeltaCount end
      seen[#seen + 1] = table.concat(values, " ")
    end
    table.sort(seen)
    listener:close()
    return table.concat(seen, "|")`,
    "tcp",
  );
  expect(seen).toBe("1 2 3|11 12");
});

test("what waits at a connection that nobody reads is bounded, and what is lost is counted", async () => {
  const [lost, read, other] = await runWaiting(
    `${pair} local one = export()
    for i = 1, 300 do append(one, i, i) end
    local first = listener:wait()
    local two = export()
    append(two, 1, 1)
    local second = listener:wait()
    one.exporter:close()
    local read = 0
    for _ in first:records() do read = read + 1 end
    local other = second:next().octetDeltaCount
    listener:close()
    return first.collector.lost, read, other`,
    "tcp",
  );
  expect(lost).toBeGreaterThan(0);
  expect([Number(lost) + Number(read), other]).toEqual([300, 1]);
});

test("over UDP Messages fit the MTU, and Templates are announced again", async () => {
  const [sizes, templates] = await runWaiting(
    `${pair} local sender = export { mtu = 300, template_refresh = 0 }
    append(sender, 1, 20)
    local decoder, largest, templates, records = fixbuf.decoder(), 0, 0, 0
    while records < 20 do
      local octets = ipfix.receive(listener.socket, 5)
      largest = math.max(largest, #octets)
      for _, set in ipairs(decoder:decode(octets).sets) do
        templates = templates + #(set.templates or {})
        records = records + #(set.records or {})
      end
    end
    return largest, templates`,
    "udp",
  );
  expect(sizes).toBeLessThanOrEqual(300);
  expect(sizes).toBeGreaterThan(150);
  expect(templates).toBe(20);
});

test("datagrams that are damaged are counted, and those of others go on", async () => {
  const [octets] = runFixbuf(
    "return fixbuf.encode { export_time = 1, records = { { octetDeltaCount = 5 } } }",
  );
  const socket = createSocket("udp4");
  const { engine } = startFixbuf();
  engine.define("send", (args) => {
    socket.send("neither IPFIX nor NetFlow", Number(args[0]), "127.0.0.1");
    socket.send(octetsOf(octets), Number(args[0]), "127.0.0.1");
    return [];
  });
  const result = await engine.runAsync(
    `local fixbuf = require "fixbuf"
    local listener = fixbuf.Listener(fixbuf.Session(), "127.0.0.1", "udp", 0)
    send(listener.port)
    local buffer = listener:wait(5)
    local octets = buffer:next().octetDeltaCount
    listener:close()
    return octets, buffer.damages`,
    "test.lua",
  );
  socket.close();
  expect(result).toEqual([5, 1]);
});

test("a TCP connection that sends no IPFIX is closed", async () => {
  const { engine } = startFixbuf();
  const closed = new Promise<void>((resolve) => {
    engine.define("begin", (args) => {
      const socket = connect(Number(args[0]), "127.0.0.1", () => socket.write("GET / HTTP/1.1"));
      socket.on("error", () => resolve());
      socket.on("close", () => resolve());
      return [];
    });
  });
  const [octets] = await engine.runAsync(
    `local socket, port = ipfix.listen { transport = "tcp", host = "127.0.0.1", port = 0 }
    begin(port)
    local octets = ipfix.receive(socket, 5)
    ipfix.close(socket)
    return octets`,
    "test.lua",
  );
  await closed;
  expect(octets).toBe("");
});

test.for([
  ["listener:wait(0)", "NLREAD"],
  ["listener:close() listener:wait()", "NLREAD"],
  ["fixbuf.Listener { port = listener.port, transport = kind }", "CONN"],
  ["listener:close() fixbuf.Exporter { host = '127.0.0.1', port = listener.port }", "CONN"],
] as const)("%s raises %s", async ([call, code]) => {
  const [raised] = await runWaiting(
    `${pair} local ok, problem = pcall(function() ${call} end)
    listener:close()
    return problem.code`,
    "tcp",
  );
  expect(raised).toBe(code);
});
