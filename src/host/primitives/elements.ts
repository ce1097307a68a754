import { ConfigError } from "../../errors.ts";
import type { Element } from "../../ipfix/element.ts";
import { nameOfValue, valueOfName } from "../../ipfix/elements/value-names.ts";
import { elementByName, elementNames } from "../../ipfix/registry.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import type { Primitive } from "../primitive.ts";

/** What elements mean. */
export const elementPrimitives: readonly Primitive[] = [
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

function known(name: string): Element {
  const found = elementByName(name);
  if (found !== undefined) return found;
  const hint = didYouMean(name, elementNames());
  throw new ConfigError("unknown-name", "", `Cannot find the element "${name}"${hint}`);
}
