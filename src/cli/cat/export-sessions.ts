import { DecodeError } from "../../errors.ts";
import { createLines, type LineFormat, type LinesOptions } from "../../ipfix/format/lines.ts";
import { limits } from "../../limits.ts";
import { createExporterSession } from "../../translators/exporter-session.ts";
import { formatSample } from "../../translators/sflow/json.ts";
import { PeerTable } from "../../transport/collecting/peer-table.ts";
import type { ExportDatagram } from "../../transport/reading/export-capture.ts";
import type { Wanted } from "./wanted.ts";

/** The exporters of a capture, each with a Transport Session whose records become lines. */
export interface ExportSessions {
  decode(this: void, datagram: ExportDatagram): void;
  counters(): Readonly<Record<string, number>>;
}

/** Create the sessions of a capture; `onDamage` gets what cannot be decoded of a datagram. */
export function createExportSessions(options: {
  readonly lines: LinesOptions;
  readonly wanted: Wanted;
  readonly onDamage: (error: DecodeError) => void;
}): ExportSessions {
  const { lines, wanted, onDamage } = options;
  let nowMs = 0;
  const peers = new PeerTable({
    open: (exporter) => createLines({ ...lines, ...opening(exporter) }),
    maximum: limits.collectorPeers,
    onForget: () => undefined, // counted as `peersForgotten`
    now: () => nowMs,
  });

  function opening(exporter: string): Pick<LinesOptions, "exporter" | "open" | "format"> {
    const { asSent, samples, stats } = wanted;
    const onSample: Parameters<typeof createExporterSession>[0]["onSample"] =
      samples && !stats
        ? (sample, header) => lines.onLine(formatSample(sample, header, exporter))
        : undefined;
    return {
      exporter,
      format: onSample ? withoutSflow(lines.format) : lines.format,
      open: (session) =>
        createExporterSession({
          ...session,
          asSent,
          now: () => nowMs,
          ...(onSample && { onSample }),
        }),
    };
  }

  return {
    decode({ exporter, payload, capturedMs }) {
      nowMs = capturedMs;
      const { session } = peers.select(exporter);
      try {
        session.decodeDatagram(payload);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        const { damage } = lines.format;
        if (damage) lines.onLine(damage(error, session.header));
        onDamage(error);
      }
      peers.settle();
    },
    counters: () => peers.counters(),
  };
}

/** `format` for all but sFlow, whose samples are shown in their own terms. */
function withoutSflow(format: LineFormat): LineFormat {
  return {
    ...format,
    batch: (batch, header) =>
      header.version === "sflow5" ? () => undefined : format.batch(batch, header),
  };
}
