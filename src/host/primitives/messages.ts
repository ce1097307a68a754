import { FixbufCore } from "../fixbuf/core.ts";
import { RawArguments } from "../fixbuf/raw-arguments.ts";
import type { Primitive } from "../primitive.ts";

/** A function of `FixbufCore` as a primitive. */
function raw(
  primitive: Omit<Primitive, "bind">,
  method: (core: FixbufCore, given: RawArguments) => number,
): Primitive {
  return {
    ...primitive,
    bind: {
      raw: (host) => {
        const { engine } = host;
        return engine.wrapRaw((L) =>
          method(FixbufCore.of(host), new RawArguments(engine.state, L, primitive)),
        );
      },
    },
  };
}

/** Messages as octets and as tables: what the Lua module `fixbuf` stands on. */
export const messagePrimitives: readonly Primitive[] = [
  raw(
    {
      name: "ipfix.messages",
      describe:
        "Loop over the Messages of an IPFIX file as octets; fixbuf.open gives their records.",
      parameters: [{ name: "path", type: "string", describe: "The file" }],
      returns: [
        {
          name: "next",
          type: "function",
          lua: "(fun(file: userdata): string?, integer?)?",
          describe: "For the loop: octets and their offset; nil when the file cannot be read",
        },
        { name: "file", type: "any", lua: "userdata|string", describe: "Or why it cannot be read" },
      ],
      needs: "read files",
      example: [
        'for octets, offset in assert(ipfix.messages("flows.ipfix")) do',
        "  print(offset, #octets)",
        "end",
      ].join("\n"),
    },
    (core, given) => core.messages(given),
  ),
  raw(
    {
      name: "ipfix.session",
      describe: "A session that keeps the Templates of one exporter, for ipfix.decode.",
      parameters: [
        {
          name: "kind",
          type: "string",
          lua: '"stream"|"datagrams"',
          describe: "Datagrams may be NetFlow or sFlow; a stream, the usual one, is IPFIX",
          optional: true,
        },
        {
          name: "elements",
          type: "string",
          describe: "More elements, as name:pen:id:type between commas",
          optional: true,
        },
      ],
      returns: [{ name: "session", type: "any", lua: "userdata", describe: "Lives while held" }],
      needs: "nothing",
      example: 'local session = ipfix.session("datagrams")',
    },
    (core, given) => core.session(given),
  ),
  raw(
    {
      name: "ipfix.decode",
      describe: "A Message as a table of its Sets; fixbuf.decode is the easy way.",
      parameters: [
        { name: "session", type: "any", lua: "userdata", describe: "Of ipfix.session" },
        { name: "octets", type: "string", describe: "One Message, or a datagram" },
        { name: "templates", type: "table", describe: "Gets Templates by domain * 65536 + id" },
      ],
      returns: [
        { name: "message", type: "table", lua: "table?", describe: "Nil when it is no Message" },
        { name: "error", type: "string", lua: "string?", describe: "What is wrong with it" },
      ],
      needs: "nothing",
      example: 'print(ipfix.decode(ipfix.session(), "no Message", {}))',
    },
    (core, given) => core.decode(given),
  ),
  raw(
    {
      name: "ipfix.encode",
      describe: "The octets of a record; fixbuf.encode makes whole Messages.",
      parameters: [
        {
          name: "layout",
          type: "string",
          describe: "Fields in their order, as name:pen:id:type:length between commas",
        },
        { name: "record", type: "table", describe: "Values by name; what is missing is zero" },
        { name: "lists", type: "table", describe: "Octets of lists by name", optional: true },
      ],
      returns: [{ name: "octets", type: "string", describe: "One Data Record" }],
      needs: "nothing",
      example: 'print(#ipfix.encode("octetDeltaCount:0:1:unsigned64:4", { octetDeltaCount = 5 }))',
    },
    (core, given) => core.encode(given),
  ),
  raw(
    {
      name: "ipfix.write",
      describe: "Write octets to a file, whole Messages most often; fixbuf.Exporter does it.",
      parameters: [
        { name: "path", type: "string", describe: "The file, which is made where it is missing" },
        { name: "octets", type: "string", describe: "Any" },
        {
          name: "append",
          type: "boolean",
          describe: "Go on at the end of the file; else it begins anew",
          optional: true,
        },
      ],
      returns: [
        { name: "written", type: "boolean", lua: "boolean?", describe: "Nil when it failed" },
        { name: "error", type: "string", lua: "string?", describe: "Why it cannot be written" },
      ],
      needs: "write files",
      example: 'assert(ipfix.write("flows.ipfix", ""))',
    },
    (core, given) => core.write(given),
  ),
];
