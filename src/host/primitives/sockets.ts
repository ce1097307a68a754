import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { NetworkAddress } from "../../transport/address.ts";
import type { Given } from "../arguments.ts";
import { Sockets } from "../fixbuf/network/sockets.ts";
import type { Primitive, PrimitiveValue } from "../primitive.ts";

const socket: PrimitiveValue = {
  name: "socket",
  type: "integer",
  describe: "Its number",
};

const opened: PrimitiveValue = { ...socket, lua: "integer?", describe: "Its number, or nil" };

const problem: PrimitiveValue = {
  name: "error",
  type: "string",
  lua: "string?",
  describe: "Why it failed",
};

const address = (leastPort: number): PrimitiveValue => ({
  name: "address",
  type: "table",
  describe: "Where",
  fields: [
    { name: "transport", type: "string", lua: '"tcp"|"udp"', describe: "The protocol" },
    { name: "host", type: "string", describe: "A name or an address" },
    { name: "port", type: "integer", describe: "The port", from: leastPort, to: 65_535 },
  ],
});

function addressOf(callee: string, given: Given): NetworkAddress {
  const options = given.options("address");
  const transport = options.text("transport");
  if (transport !== "tcp" && transport !== "udp") {
    const detail = `Cannot call ${callee}: transport is "${transport}", expected tcp or udp`;
    throw new ConfigError("bad-value", "", detail);
  }
  return { scheme: transport, host: options.text("host"), port: options.number("port") };
}

/** Messages over the network, for scripts that wait: the Lua module `fixbuf` stands on them. */
export const socketPrimitives: readonly Primitive[] = [
  {
    name: "ipfix.connect",
    describe: "Open a socket that sends; fixbuf.Exporter does it.",
    parameters: [address(1)],
    returns: [opened, problem],
    needs: "use the network",
    example: 'local socket = ipfix.connect { transport = "udp", host = "127.0.0.1", port = 4739 }',
    bind: {
      wait: (host) => {
        const sockets = Sockets.of(host);
        return async (given, { signal }) => [
          await sockets.connect(addressOf("ipfix.connect", given), signal),
        ];
      },
    },
  },
  {
    name: "ipfix.listen",
    describe: "Open a socket that receives; fixbuf.Listener does it.",
    parameters: [address(0)],
    returns: [
      opened,
      { name: "port", type: "any", lua: "integer|string", describe: "Its port, or why it failed" },
    ],
    needs: "use the network",
    example:
      'local socket, port = ipfix.listen { transport = "udp", host = "127.0.0.1", port = 0 }',
    bind: {
      wait: (host) => {
        const sockets = Sockets.of(host);
        return async (given) => {
          const { id, port } = await sockets.listen(addressOf("ipfix.listen", given));
          return [id, port];
        };
      },
    },
  },
  {
    name: "ipfix.send",
    describe: "Send octets: one datagram, or the next ones of a connection.",
    parameters: [socket, { name: "octets", type: "octets", describe: "One Message" }],
    returns: [{ name: "sent", type: "boolean", lua: "boolean?", describe: "Or nil" }, problem],
    needs: "use the network",
    example: [
      'local socket = ipfix.connect { transport = "udp", host = "127.0.0.1", port = 4739 }',
      'ipfix.send(socket, "octets")',
    ].join("\n"),
    bind: {
      wait: (host) => {
        const sockets = Sockets.of(host);
        return async (given) => {
          await sockets.send(given.number("socket"), given.octets("octets"));
          return [true];
        };
      },
    },
  },
  {
    name: "ipfix.receive",
    describe: "Wait for a datagram, or the next Message of any connection.",
    parameters: [
      socket,
      {
        name: "seconds",
        type: "number",
        describe: "For how long; for ever when not given",
        optional: true,
        from: 0,
        to: limits.sleepSeconds,
      },
    ],
    returns: [
      {
        name: "octets",
        type: "string",
        lua: "string?",
        describe: "Empty when the connection has ended, nil when none came in time",
      },
      { name: "peer", type: "string", lua: "string?", describe: "Address and port of who sent it" },
    ],
    needs: "use the network",
    example: [
      'local socket = ipfix.listen { transport = "udp", host = "127.0.0.1", port = 0 }',
      "print(ipfix.receive(socket, 0.1))",
    ].join("\n"),
    bind: {
      wait: (host) => {
        const sockets = Sockets.of(host);
        return async (given, { signal }) => {
          const ms = given.has("seconds") ? 1_000 * given.number("seconds") : undefined;
          const received = await sockets.receive(given.number("socket"), ms, signal);
          return received === undefined ? [undefined] : [received.octets, received.peer];
        };
      },
    },
  },
  {
    name: "ipfix.close",
    describe: "Close a socket of ipfix.connect or ipfix.listen.",
    parameters: [socket],
    returns: [],
    needs: "use the network",
    example: "ipfix.close(1)",
    bind: {
      call: (host) => {
        const sockets = Sockets.of(host);
        return (given) => {
          sockets.close(given.number("socket"));
          return [];
        };
      },
    },
  },
];
