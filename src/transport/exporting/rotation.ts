import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { parseDuration } from "../../text/duration.ts";
import { parseSize } from "../../text/size.ts";

/** When a file is finished and the next one begins; whichever comes first. */
export interface Rotation {
  /** At the end of each period of so many milliseconds, counted from the epoch (UTC). */
  readonly periodMs?: number;
  /** Once a file has so many octets. */
  readonly bytes?: number;
}

/**
 * Parse what `rotate` takes: a duration such as `1h`, a size such as `100 MB`, or one of each.
 * @throws {ConfigError} `bad-value`.
 */
export function parseRotation(texts: readonly string[]): Rotation {
  let rotation: Rotation = {};
  for (const text of texts) {
    const part = parsePart(text);
    for (const name of Object.keys(part)) {
      if (name in rotation) throw refuse(text, "second of its kind");
    }
    rotation = { ...rotation, ...part };
  }
  return rotation;
}

function parsePart(text: string): Rotation {
  const periodMs = parseDuration(text);
  if (periodMs !== undefined) {
    if (periodMs >= limits.rotationLeastMs) return { periodMs: Math.round(periodMs) };
    throw refuse(text, "too short");
  }
  const bytes = parseSize(text);
  if (bytes === undefined) throw refuse(text, "neither a duration nor a size");
  if (bytes < limits.rotationLeastBytes) throw refuse(text, "too small");
  return { bytes };
}

function refuse(text: string, state: string): ConfigError {
  const expected = 'expected a duration from 1 s up, a size from 100 kB up, or both, such as "1h"';
  return new ConfigError("bad-value", "", `Cannot rotate by "${text}": ${state}, ${expected}`);
}
