import { ConfigError, TransportError } from "../../errors.ts";
import type { Element } from "../../ipfix/element.ts";
import { defineElements } from "../../ipfix/elements/define.ts";
import { readDefinitions } from "../../ipfix/elements/read-definitions.ts";
import { nameOfValue, valueOfName } from "../../ipfix/elements/value-names.ts";
import { elementByName, elementNames } from "../../ipfix/registry.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import { readElementFile } from "../../transport/reading/element-file.ts";
import type { Given } from "../arguments.ts";
import type { Host, Primitive, PrimitiveValue } from "../primitive.ts";

const definition: readonly PrimitiveValue[] = [
  { name: "name", type: "string", optional: true, describe: "Its name, `acmeLatency`" },
  {
    name: "pen",
    type: "integer",
    optional: true,
    describe: "Private Enterprise Number; 0, IANA, by default",
  },
  { name: "id", type: "integer", optional: true, describe: "Its number, 1 to 32767" },
  { name: "type", type: "string", optional: true, describe: "Its type, `unsigned32`" },
  { name: "semantics", type: "string", optional: true, describe: "Such as `deltaCounter`" },
  { name: "units", type: "string", optional: true, describe: "Such as `octets`" },
  {
    name: "file",
    type: "string",
    optional: true,
    describe: "Instead of these, a file of elements: CSV with a header, or XML as IANA has it",
  },
];

/** What elements mean, and those that users define. */
export const elementPrimitives: readonly Primitive[] = [
  {
    name: "element",
    describe: "Define an Information Element, or all those of a file, for everything that decodes.",
    parameters: [{ name: "definition", type: "table", describe: "What it is", fields: definition }],
    returns: [],
    needs: "nothing",
    example: [
      'element { name = "acmeLatency", pen = 32473, id = 1, type = "unsigned32",',
      '  units = "milliseconds" }',
      'print(ipfix.element("acmeLatency").type)',
    ].join("\n"),
    bind: {
      call: (host) => (given) => {
        define(host, given.options("definition"));
        return [];
      },
    },
  },
  {
    name: "ipfix.name_of",
    describe: "IANA's name of a value, such as `idle timeout`, where it has one.",
    parameters: [
      { name: "element", type: "string", describe: "Whose value it is, `flowEndReason`" },
      { name: "value", type: "integer", describe: "The value" },
    ],
    returns: [
      { name: "name", type: "string", lua: "string?", describe: "nil where it has no name" },
    ],
    needs: "nothing",
    example: 'print(ipfix.name_of("flowEndReason", 1))',
    bind: {
      call: () => (given) => [nameOfValue(known(given.text("element")), given.number("value"))],
    },
  },
  {
    name: "ipfix.value_of",
    describe: "The value that IANA gives a name; its case, spaces and signs do not count.",
    parameters: [
      { name: "element", type: "string", describe: "Whose value it is, `protocolIdentifier`" },
      { name: "name", type: "string", describe: "The name, `TCP`" },
    ],
    returns: [
      { name: "value", type: "integer", lua: "integer?", describe: "nil where nothing has it" },
    ],
    needs: "nothing",
    example: 'print(ipfix.value_of("protocolIdentifier", "tcp"))',
    bind: {
      call: () => (given) => [valueOfName(known(given.text("element")), given.text("name"))],
    },
  },
];

/** One element, or with `file` those of a file. */
function define(host: Host, given: Given): void {
  const text = (name: string) => (given.has(name) ? { [name]: given.text(name) } : {});
  if (given.has("file")) {
    for (const name of ["name", "id", "type", "semantics", "units"]) {
      if (given.has(name)) {
        const detail = `Cannot define elements: "${name}" beside "file", expected one of them`;
        throw new ConfigError("unsupported", "", detail);
      }
    }
    const path = given.text("file");
    const pen = given.has("pen") ? given.number("pen") : 0;
    withPlace(() => defineElements(readDefinitions(readFile(host, path), { name: path, pen })));
    return;
  }
  for (const name of ["name", "id", "type"]) {
    if (given.has(name)) continue;
    throw new ConfigError("missing", "", `Cannot define the element: "${name}" is missing`);
  }
  defineElements([
    {
      name: given.text("name"),
      pen: given.has("pen") ? given.number("pen") : 0,
      id: given.number("id"),
      type: given.text("type"),
      ...text("semantics"),
      ...text("units"),
    },
  ]);
}

/**
 * Lua's errors stand at the line of the call: the place in the file goes into the text. A file that
 * cannot be read is one, too: a declaration that was ignored would be missed much later.
 */
function withPlace(work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof TransportError) throw new ConfigError("missing", "", error.message);
    if (!(error instanceof ConfigError) || error.where === "") throw error;
    throw new ConfigError(error.code, "", `${error.detail} (${error.where})`);
  }
}

function readFile({ engine, readElements }: Host, path: string): string {
  if (readElements) return readElements(path);
  const grants: readonly string[] = engine.profile.grants;
  if (grants.includes("read files")) return readElementFile(path);
  const detail = "Cannot read elements from a file: this script may not read files";
  throw new ConfigError("unsupported", "", detail);
}

function known(name: string): Element {
  const found = elementByName(name);
  if (found !== undefined) return found;
  const hint = didYouMean(name, elementNames());
  throw new ConfigError("unknown-name", "", `Cannot find the element "${name}"${hint}`);
}
