import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readIpfixFile } from "../../src/transport/reading/ipfix-file.ts";
import { createRecordingSession } from "../support/ipfix.ts";
import { balance } from "../support/network.ts";

const room = (module: string) => new URL(`../../dist/${module}.js`, import.meta.url).href;

/** A program that exports one batch of records of 8 octets, then another. */
const program = `
  import { createFileExporter } from ${JSON.stringify(room("transport/file-exporter"))};
  import { createTemplate } from ${JSON.stringify(room("ipfix/template"))};
  import { elementByName } from ${JSON.stringify(room("ipfix/registry"))};
  const [path, ...counts] = process.argv.slice(1);
  const template = createTemplate(256, 0, [[elementByName("octetDeltaCount"), 8]]);
  const exporter = createFileExporter({ path, append: true, onProblem: () => undefined });
  await exporter.start();
  for (const count of counts.map(Number)) {
    const offsets = Uint32Array.from({ length: count + 1 }, (_, i) => 8 * i);
    const bytes = new Uint8Array(8 * count);
    const templates = () => undefined;
    exporter.write({ domain: 0, exportTime: 1, template, templates, bytes, offsets, count });
  }
  await exporter.stop();
  console.log(JSON.stringify(exporter.counters()));
`;

test.skipIf(process.platform === "win32").for([
  // Two Messages of 65 kB fail together with the Template in them; what follows would fit.
  ["at the end", [16_800], 0],
  ["before another batch", [16_800, 100], 100],
] as const)(
  "createFileExporter() writes no record without its Template: a full disk %s",
  async ([, counts, readable]) => {
    const folder = mkdtempSync(join(tmpdir(), "moonfix-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const path = join(folder, "out.ipfix");
    const node = [process.execPath, "--input-type=module", "-e", program, path, ...counts];
    const limited = "trap '' XFSZ; ulimit -f 10; exec \"$@\"";
    const args = ["-c", limited, "bash", ...node.map(String)];
    const { stdout } = spawnSync("bash", args, { encoding: "utf8" });
    expect(balance(JSON.parse(stdout))).toMatchObject({ delivered: readable, unaccounted: 0 });
    const { session, seen } = createRecordingSession();
    const { damages } = await readIpfixFile(path, { session });
    expect({ damages, records: seen.length }).toEqual({ damages: 0, records: readable });
    expect(session.counters()).toMatchObject({ setsWithoutTemplate: 0 });
  },
);
