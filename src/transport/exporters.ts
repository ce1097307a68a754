import type { Exporter, ExporterOptions } from "./exporting/exporter.ts";
import type { Rotation } from "./exporting/rotation.ts";
import { createFileExporter } from "./file-exporter.ts";
import { createTcpExporter } from "./tcp-exporter.ts";
import { createUdpExporter } from "./udp-exporter.ts";

/** Where an exporter sends, whatever it is. */
export interface AnyExporterOptions extends ExporterOptions {
  /** Such as `udp://127.0.0.1:4739`, or `file:` and a path. */
  readonly to: string;
  /** Whether a file that is there is continued; otherwise a new one replaces it. */
  readonly append: boolean;
  /** When files rotate; then their path is a pattern with the words of `formatPath`. */
  readonly rotate?: Rotation | undefined;
}

/** Create the exporter for the protocol of `to`. @throws {ConfigError} `bad-value`. */
export function createExporter(options: AnyExporterOptions): Exporter {
  const { to } = options;
  if (to.startsWith("udp:")) return createUdpExporter(options);
  if (to.startsWith("tcp:")) return createTcpExporter(options);
  return createFileExporter({ ...options, path: to.slice("file:".length) });
}
