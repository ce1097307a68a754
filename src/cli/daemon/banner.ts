import { relative, sep } from "node:path";
import type { PartAddress } from "../../engine/lane.ts";
import type { ProbeReport } from "../../engine/probe.ts";
import type { TallyRow } from "../../engine/tally.ts";
import { printable } from "../../text/printable.ts";
import { grouped, table } from "../../text/table.ts";

/** The lines that say where the parts of the daemon listen, read and send to. */
export function formatAddresses(parts: readonly PartAddress[]): string[] {
  const folder = `${process.cwd()}${sep}`;
  const shown = parts.map(({ word, name, address }) => ({
    who: word === name ? word : `${word} ${name}`,
    address: address.replace(folder, ""),
  }));
  const width = Math.max(0, ...shown.map(({ who }) => who.length));
  return shown.map(({ who, address }) => printable(`  ${who.padEnd(width)}  ${address}`));
}

/** The short table of what a probe found. */
export function formatReport(report: ProbeReport): string[] {
  const { name, files, packets, summary, damage, elapsedMs } = report;
  const first = files[0] === undefined ? "nothing" : relative(process.cwd(), files[0]);
  const what = files.length === 1 ? first : `${files.length} captures`;
  const { flows, octets } = summary.total;
  const seconds = (elapsedMs / 1_000).toFixed(2);
  return [
    printable(
      `probe ${name} metered ${what}: ${grouped(packets)} packets, ${grouped(flows)} flows, ` +
        `${grouped(octets)} octets in ${seconds} s`,
    ),
    ...damage.map((text) => printable(`  damaged: ${text}`)),
    ...indented(rows("application", summary.applications)),
    ...indented(rows("top talker", summary.talkers)),
  ];
}

function rows(heading: string, tally: readonly TallyRow[]): string[] {
  if (tally.length === 0) return [];
  return table(
    [heading, "flows", "packets", "octets"],
    tally.map(({ name, flows, packets, octets }) => [name, flows, packets, octets]),
  );
}

function indented(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines.map((line) => `  ${line}`)];
}
