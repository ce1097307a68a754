import { spawnSync } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../support/folder.ts";
import { hasProgram } from "../../support/programs.ts";
import { startTrusted } from "../../support/trusted.ts";

/** Each prints something; `F` stands for the name of a file that is not there. */
const cases = [
  ["print(io.open(F))", "nil\tF: No such file or directory\t2"],
  ["print(io.open(F, 'w+b'):seek())", "0"],
  ["local x = io.open()", "S:1: bad argument #1 to 'open' (string expected, got no value)"],
  ["print(io.open('/', 'w'))", "nil\t/: Is a directory\t21"],
  ["print(io.open('/'):read())", "nil\tIs a directory\t21"],
  ["io.open(F, 'w'):close() print(io.open(F):write('x'))", "nil\tBad file descriptor\t9"],
  ["print(io.open(F, 'w'):read('*l'))", "nil\tBad file descriptor\t9"],
  ["print(io.open(F, 'w'):write(1, 'a', 2.5, 1e100))", "true"],
  [
    "local f = io.open(F, 'w') print(io.type(f), io.type(1), f:close(), io.type(f), f)",
    "file\tnil\ttrue\tclosed file\tfile (closed)",
  ],
  ["local f = io.open(F, 'w') f:close() f:read()", "S:1: attempt to use a closed file"],
  ["local f = io.open(F, 'w+') f:read('x')", "S:1: bad argument #1 to 'read' (invalid format)"],
  ["local f = io.open(F, 'w+') f:read({})", "S:1: bad argument #1 to 'read' (invalid option)"],
  [
    "local f = io.open(F, 'w+') f:write({})",
    "S:1: bad argument #1 to 'write' (string expected, got table)",
  ],
  ["local f = io.open(F, 'w+') f:seek('x')", "S:1: bad argument #1 to 'seek' (invalid option 'x')"],
  ["print(io.open(F, 'w+'):seek('set', -1))", "nil\tInvalid argument\t22"],
  ["local x = io.lines(F)", "S:1: bad argument #1 to 'lines' (F: No such file or directory)"],
  ["local x = io.input(F)", "S:1: bad argument #1 to 'input' (F: No such file or directory)"],
  ["local x = io.close(1)", "S:1: bad argument #1 to 'close' (FILE* expected, got number)"],
  ["print(io.close())", "nil\tcannot close standard file"],
  ["print(io.stdout:close())", "nil\tcannot close standard file"],
  ["io.output(F) io.write('a') io.close() io.write('b')", "S:1: standard file is closed"],
  ["print(io.output() == io.stdout, io.input() == io.stdin)", "true\ttrue"],
  [
    "local f = io.open(F, 'w') f:write('1 2 0x1f 1e3 -7.5 abc 5') f:close() f = io.open(F)" +
      " print(f:read('*n', '*n', '*n', '*n', '*n', '*n')) print(f:read('*a'))",
    "1\t2\t31\t1000\t-7.5\tnil\nabc 5",
  ],
  [
    "local f = io.open(F, 'w') f:write('a\\n\\nlast') f:close() f = io.open(F)" +
      " print(f:read('*l', '*L', 2, '*a', '*a', '*l'))",
    "a\t\n\tla\tst\t\tnil",
  ],
  [
    "local f = io.open(F, 'w') f:write('ab') f:close() f = io.open(F)" +
      " print(f:read(0), f:read(1, 0, 5, 0))",
    "\ta\t\tb\tnil",
  ],
  [
    "local f = io.open(F, 'w+') f:write('ab\\ncd') print(f:seek('set', 1), f:read(), f:seek())" +
      " f:seek('cur', 0) f:write('XY') print(f:seek('end', -2), f:read('*a'))",
    "1\tb\t3\n3\tXY",
  ],
  [
    "local f = io.open(F, 'w') f:write('ab') f:close() f = io.open(F, 'a') print(f:seek())" +
      " f:write('c') f:close() f = io.open(F, 'a+') print(f:seek(), f:read('*a')) f:write('d')" +
      " print(f:seek('set'), f:read('*a'))",
    "2\n0\tabc\n0\tabcd",
  ],
  [
    "local f = io.open(F, 'w') f:write('a\\nb\\n') f:close() for l in io.lines(F) do print(l) end",
    "a\nb",
  ],
  [
    "local f = io.open(F, 'w') f:write('1 2\\n3') f:close()" +
      " for a, b in io.lines(F, '*n', 1) do print(a, b) end",
    "1\t \n2\t\n\n3\tnil",
  ],
  [
    "io.open(F, 'w'):close() local n = io.lines(F) print(n()) n()",
    "\nS:1: attempt to use a closed file",
  ],
  [
    "io.open(F, 'w'):close() for l in io.lines(F, 'z') do end",
    "S:1: bad argument #1 to '(for generator)' (invalid format)",
  ],
  [
    "local f = io.tmpfile() f:write('abc') f:seek('set') print(f:read('*a'), f:close())",
    "abc\ttrue",
  ],
  [
    "local f = io.open(F, 'w') print(f:setvbuf('no'), f:setvbuf('full', 10), f:flush())",
    "true\ttrue\ttrue",
  ],
  ["io.write('a', 1, 2.5) print() io.stdout:write('b\\n')", "a12.5\nb"],
  [
    "io.open(F, 'w'):close() print(loadfile(F)) print(loadfile(F .. 'x'))",
    "function\nnil\tcannot open Fx: No such file or directory",
  ],
  [
    "print(os.remove(F)) print(os.rename(F, F .. 'x'))",
    "nil\tF: No such file or directory\t2\nnil\tF: No such file or directory\t2",
  ],
  [
    "io.open(F, 'w'):close() print(os.rename(F, F .. 'x'), os.remove(F .. 'x'), io.open(F .. 'x'))",
    "true\ttrue\tnil\tFx: No such file or directory\t2",
  ],
  ["print(os.remove('/'))", "nil\t/: Device or resource busy\t16"],
  ["local n = os.tmpname() print(io.open(n):read('*a'), os.remove(n))", "\ttrue"],
  ["print(os.getenv('HOME') ~= nil, os.getenv('no such'))", "true\tnil"],
  ["print(os.setlocale(), os.setlocale('C'), os.setlocale('xx_XX'))", "C\tC\tnil"],
  [
    "print(package.searchpath('a.b', F .. '/?;?/' .. F))",
    "nil\t\n\tno file 'F/a/b'\n\tno file 'a/b/F'",
  ],
] as const;

function wrap(source: string, file: string): string {
  // A chunk of its own named S; functions and other addresses are shown by their kind.
  const body = `local F = ... local chunk = assert(loadstring(${luaString(`local F = ... ${source}`)}, "=S"))
local tostring_ = tostring
function tostring(v) return type(v) == "function" and "function" or tostring_(v) end
local ok, problem = pcall(chunk, F) if not ok then print(problem) end`;
  return body.replace("local F = ...", `local F = ${luaString(file)}`);
}

function luaString(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

function shown(text: string, file: string): string {
  return text
    .replaceAll(file, "F")
    .replace(/function: \S+/g, "function")
    .trimEnd();
}

test.for(cases)("%s", ([source, expected]) => {
  const file = join(temporaryFolder(), "file");
  const { engine, written } = startTrusted();
  engine.run(wrap(source, file), "wrapper");
  expect(shown(written(), file)).toBe(expected);
});

test.skipIf(!hasProgram("luajit")).for(cases)("luajit agrees on %s", ([source, expected]) => {
  const file = join(temporaryFolder(), "file");
  const { stdout } = spawnSync("luajit", ["-e", wrap(source, file)], { encoding: "latin1" });
  expect(shown(stdout, file)).toBe(expected);
});

test("io.read() and write() carry any octets, in any pieces", () => {
  const file = join(temporaryFolder(), "file");
  const { engine, files } = startTrusted();
  const pieces = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 });
  fc.assert(
    fc.property(pieces, fc.integer({ min: 1, max: 400 }), (written, size) => {
      const source = `local path, size = ...
        local f = io.open(path, "wb")
        for i = 3, select("#", ...) do f:write((select(i, ...))) end
        f:close()
        local parts = {}
        for part in io.lines(path, size) do parts[#parts + 1] = part end
        return table.concat(parts)`;
      const [read] = engine.run(source, "test.lua", [file, size, ...written]);
      const all = Buffer.concat(written);
      expect(Buffer.from(read as string)).toEqual(all);
      expect(readFileSync(file)).toEqual(all);
    }),
    { numRuns: 50 },
  );
  files.flush();
});

test("flush() writes what open files hold back, and a collected file is written and closed", () => {
  const folder = temporaryFolder();
  const { engine, files } = startTrusted();
  engine.run("held = io.open(... .. '/held', 'w') held:write('abc')", "t.lua", [folder]);
  engine.run("io.open(... .. '/lost', 'w'):write('def')", "t.lua", [folder]);
  expect(readFileSync(join(folder, "held"), "utf8")).toBe("");
  engine.run("collectgarbage() collectgarbage()", "t.lua");
  expect(readFileSync(join(folder, "lost"), "utf8")).toBe("def");
  files.flush();
  expect(readFileSync(join(folder, "held"), "utf8")).toBe("abc");
});

test("io reads lines of standard input and writes to standard error", () => {
  const file = join(temporaryFolder(), "input");
  writeFileSync(file, "one\n2 three\n");
  const input = openSync(file, "r");
  onTestFinished(() => closeSync(input));
  const { engine, complained } = startTrusted(input);
  const source =
    "io.stderr:write('oops') return io.read(), io.read('*n'), io.read('*a'), io.read()";
  expect(engine.run(source, "t.lua")).toEqual(["one", 2, " three\n", undefined]);
  expect(complained()).toBe("oops");
});

test.for([
  ["io.popen('true')", "'popen' is not available on this engine: it starts no processes"],
  ["os.execute('true')", "'execute' is not available on this engine: it starts no processes"],
  ["io.open('a\\0b', 'w'):write()", "attempt to index a nil value"],
] as const)("%s is refused", ([source, message]) => {
  expect(() => startTrusted().engine.run(source, "t.lua")).toThrow(message);
});

test.for([
  ["os.exit()", 0],
  ["os.exit(3)", 3],
  ["os.exit(true)", 0],
  ["os.exit(false)", 1],
  ["while true do pcall(os.exit, 5) end", 5],
  ["coroutine.wrap(function() pcall(os.exit, 6) end)()", 6],
] as const)("%s ends the engine", ([source, exitCode]) => {
  const { engine } = startTrusted();
  expect(() => engine.run(source, "t.lua")).toThrow(expect.objectContaining({ exitCode }));
});
