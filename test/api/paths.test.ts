import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createRoots } from "../../src/api/paths.ts";
import { apiFolder, fakeApi, problemOf } from "../support/api.ts";

/** The program of every Unix; Node cannot make a named pipe itself. */
const mkfifo = "mkfifo";

/** A root with every kind of thing that a path may lead to, and things beside it. */
function scene() {
  const { folder, root } = apiFolder();
  mkdirSync(join(root, "sub"));
  mkdirSync(join(folder, "outside"));
  mkdirSync(join(folder, "root-too"));
  writeFileSync(join(folder, "outside/secret.pcap"), "");
  writeFileSync(join(folder, "root-too/c.pcap"), "");
  symlinkSync("a.pcap", join(root, "link.pcap"));
  symlinkSync("../outside/secret.pcap", join(root, "escape.pcap"));
  symlinkSync("../outside", join(root, "escape"));
  symlinkSync("nothing", join(root, "broken"));
  symlinkSync("circle", join(root, "circle"));
  symlinkSync("/proc/self/maps", join(root, "maps.pcap"));
  execFileSync(mkfifo, [join(root, "pipe")]);
  return { folder, root, roots: createRoots([root]) };
}

test.for([
  ["sub/../a.pcap", "a.pcap"],
  ["./b.pcap", "b.pcap"],
  ["link.pcap", "a.pcap"],
] as const)("checkInput() takes %s for %s", async ([text, name]) => {
  const { root, roots } = scene();
  expect(await roots.checkInput(text)).toEqual({ path: join(root, name) });
  expect(await roots.checkInput(join(root, text))).toEqual({ path: join(root, name) });
});

test.for([
  ["../outside/secret.pcap", /outside the folders of the API/],
  ["../root-too/c.pcap", /outside the folders/],
  ["../../../../../../etc/passwd", /outside the folders/],
  ["/etc/passwd", /outside the folders/],
  ["/etc/no-such-file", /outside the folders/],
  ["/proc/self/environ", /outside the folders/],
  ["escape.pcap", /outside the folders/],
  ["escape/secret.pcap", /outside the folders/],
  ["maps.pcap", /outside the folders/],
  ["none.pcap", /^not found$/],
  ["a.pcap/x", /^not found/],
  ["sub", /^a folder, expected a regular file$/],
  [".", /^a folder/],
  ["pipe", /^a named pipe/],
  ["broken", /broken symbolic link/],
  ["circle", /circle of symbolic links/],
  ["x".repeat(300), /too long/],
] as const)("checkInput() refuses %s", async ([text, reason]) => {
  const { roots } = scene();
  expect(await roots.checkInput(text)).toEqual({ refused: expect.stringMatching(reason) });
});

test.for(["/proc/self/environ", "/proc/self/fd/0", "/sys/kernel/uevent_seqnum", "/dev/zero"])(
  "checkInput() refuses %s even when everything is a root",
  async (path) => {
    const checked = await createRoots(["/"]).checkInput(path);
    expect(checked.refused).toBeDefined();
  },
);

test("checkInput() refuses a socket", async () => {
  const { root, roots } = scene();
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(root, "socket"), resolve));
  expect(await roots.checkInput("socket")).toEqual({
    refused: expect.stringMatching(/^a socket/),
  });
  await new Promise((resolve) => server.close(resolve));
});

test("checkInput() refuses everything when there is no root", async () => {
  const { root } = scene();
  expect(await createRoots([]).checkInput(join(root, "a.pcap"))).toEqual({
    refused: expect.stringContaining("no folder at all"),
  });
});

test("checkInput() takes a file of any root, and roots that are symbolic links", async () => {
  const { folder, root } = scene();
  const alias = join(folder, "alias");
  symlinkSync("root-too", alias);
  const roots = createRoots([root, alias]);
  const real = { path: join(folder, "root-too/c.pcap") };
  expect(await roots.checkInput(join(alias, "c.pcap"))).toEqual(real);
  expect(await roots.checkInput(real.path)).toEqual(real);
});

test.for([
  ["out.ipfix", "out.ipfix"],
  ["a.pcap", "a.pcap"],
  ["new/deep/out.ipfix", "new/deep/out.ipfix"],
  ["sub/../out.ipfix", "out.ipfix"],
  ["link.pcap", "a.pcap"],
] as const)("checkOutput() takes %s and creates nothing", async ([text, name]) => {
  const { root, roots } = scene();
  expect(await roots.checkOutput(text)).toEqual({ path: join(root, name) });
  expect(existsSync(join(root, "new"))).toBe(false);
});

test.for([
  ["../out.ipfix", /outside the folders/],
  ["/tmp/out.ipfix", /outside the folders/],
  ["/proc/self/out.ipfix", /outside the folders/],
  ["escape/out.ipfix", /outside the folders/],
  ["escape/new/out.ipfix", /outside the folders/],
  ["escape.pcap", /outside the folders/],
  ["sub", /^a folder/],
  ["sub/", /^a folder/],
  [".", /^a folder/],
  ["pipe", /^a named pipe/],
  ["broken", /broken symbolic link/],
  ["broken/out.ipfix", /broken symbolic link/],
  ["a.pcap/out.ipfix", /a.pcap is not a folder/],
] as const)("checkOutput() refuses %s", async ([text, reason]) => {
  const { roots } = scene();
  expect(await roots.checkOutput(text)).toEqual({ refused: expect.stringMatching(reason) });
});

test("checkInput() and checkOutput() never lead out of the root, whatever the path", async () => {
  const { root, roots } = scene();
  const names = ["..", ".", "", "sub", "a.pcap", "link.pcap", "escape", "escape.pcap", "outside"];
  const segment = fc.constantFrom(...names, "broken", "circle", "root-too", "proc", "new");
  const path = fc.array(segment, { minLength: 1 }).map((segments) => segments.join("/"));
  const anyPath = fc.oneof(
    path,
    path.map((text) => join(root, text)),
    fc.string(),
  );
  await fc.assert(
    fc.asyncProperty(anyPath, async (text) => {
      const checked = [
        await roots.checkInput(text.replaceAll("\0", "")),
        await roots.checkOutput(text.replaceAll("\0", "")),
      ];
      for (const { path = join(root, "refused") } of checked) {
        expect(path.startsWith(`${root}/`)).toBe(true);
        expect(path).not.toContain("/../");
      }
    }),
    { numRuns: 500 },
  );
});

test("checkOutput() takes a path in a root that is yet to be made", async () => {
  const { folder } = scene();
  const root = join(folder, "later");
  const path = join(root, "x/out.ipfix");
  expect(await createRoots([root]).checkOutput("x/out.ipfix")).toEqual({ path });
});

test("POST /api/export-task reports every path that is refused", async () => {
  const { post, pool } = fakeApi();
  const pcap_files = ["none.pcap", "a.pcap", "../x.pcap", "./a.pcap"];
  const problem = problemOf(await post({ pcap_files, output_path: "../out.ipfix" }));
  expect(problem).toMatchObject({ status: 422, code: "invalid-request" });
  expect(problem.errors).toMatchObject([
    { path: "pcap_files[0]", message: "not found" },
    { path: "pcap_files[2]", message: expect.stringContaining("outside") },
    { path: "pcap_files[3]", message: "the same file as pcap_files[1]" },
    { path: "output_path", message: expect.stringContaining("outside") },
  ]);
  expect(pool.list()).toEqual([]);
});

test("POST /api/export-task does not let a capture be replaced by its flows", async () => {
  const { post } = fakeApi();
  const problem = problemOf(await post({ pcap_files: ["b.pcap"], output_path: "./b.pcap" }));
  expect(problem.errors).toEqual([
    { path: "output_path", message: "the same file as pcap_files[0]" },
  ]);
});

test("checkOutput() lets no request replace what is no IPFIX file, or what an exporter writes", async () => {
  const { root } = apiFolder();
  writeFileSync(join(root, "conf.lua"), "-- mine");
  for (const name of ["old.ipfix", "live.ipfix"]) {
    writeFileSync(join(root, name), Uint8Array.of(0, 10, 0, 16));
  }
  writeFileSync(join(root, "empty"), "");
  const roots = createRoots([root], () => [join(root, "live.ipfix"), join(root, "soon.ipfix")]);
  const answers = await Promise.all(
    ["conf.lua", "live.ipfix", "soon.ipfix", "old.ipfix", "empty", "new.ipfix"].map((name) =>
      roots.checkOutput(name),
    ),
  );
  expect(answers.map(({ refused }) => refused)).toEqual([
    "there and not an IPFIX file, expected one or nothing there",
    "written by an exporter",
    "written by an exporter",
    undefined,
    undefined,
    undefined,
  ]);
});
