import { ConfigError } from "../../errors.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import { elementByName, elementNames } from "../registry.ts";

/** A field name of an element no registry knows, or one of a repeated element. */
const otherName = /^(\d+\/\d+|[^#]+)(#\d+)?$/;

/**
 * The field names in a list such as `sourceIPv4Address,octetDeltaCount`, in its order.
 * @throws {ConfigError} `unknown-name` for a name that no registry has.
 */
export function parseFieldNames(text: string, where: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  for (const name of names) {
    const [, plain = ""] = otherName.exec(name) ?? [];
    if (elementByName(plain) || /^\d+\/\d+$/.test(plain)) continue;
    const hint = didYouMean(name, elementNames());
    throw new ConfigError(
      "unknown-name",
      where,
      `Cannot show field "${name}": unknown name${hint}`,
    );
  }
  return names;
}
