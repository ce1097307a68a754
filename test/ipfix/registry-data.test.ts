import { expect, test } from "vitest";
import { abstractTypes } from "../../src/ipfix/element.ts";
import { elementById, elementByName, elementNames } from "../../src/ipfix/registry.ts";
import { type Row, readRows } from "../generate/rows.ts";
import { shared } from "../support/shared.ts";

const data = shared("data");
const model = shared("corpus/infomodel/ie.csv");
const reversePen = 29_305;
const certReverseBit = 0x4000;

function rowsOf(file: string): Row[] {
  return data === undefined ? [] : readRows(`${data}/${file}`);
}

/** What the registry must have for a row; a file without a column says nothing about it. */
function expectRow({ elementId, name = "", type, semantics, units, pen }: Row): void {
  const id = Number(elementId);
  const own = { pen: Number(pen ?? 0), id, type };
  const rest = semantics === undefined ? {} : { semantics: plain(semantics), units };
  expect(elementById(own.pen, id), name).toMatchObject({ name, ...own, ...rest });
  // IANA's own where CERT has an element of the same name.
  const byName = elementByName(name);
  if (byName?.pen !== 0) expect(byName).toBe(elementById(own.pen, id));
  expect(abstractTypes).toHaveProperty(type ?? "");
}

const plain = (semantics: string) => (semantics === "default" ? "" : semantics);

test.skipIf(!data).for([
  ["iana.csv", 481],
  ["iana_2025_additions.csv", 21],
  ["cert.csv", 436],
] as const)("the registry has all of %s (needs ../shared)", ([file, count]) => {
  const rows = rowsOf(file);
  expect(rows.length).toBe(count);
  for (const row of rows) expectRow(row);
});

test.skipIf(!data)("lengths of the files are those of the types (needs ../shared)", () => {
  for (const { name, type, length } of [...rowsOf("iana.csv"), ...rowsOf("cert.csv")]) {
    const natural = abstractTypes[type as keyof typeof abstractTypes];
    // CERT describes what YAF sends, which may be reduced.
    expect(natural, name).toBeGreaterThanOrEqual(Number(length));
  }
});

test.skipIf(!data)("elements have reverse twins where the files say so (needs ../shared)", () => {
  for (const { elementId, reversible, name } of rowsOf("iana.csv")) {
    const twin = elementById(reversePen, Number(elementId));
    expect(twin !== undefined, name).toBe(reversible === "1");
  }
  for (const { elementId, reversible, name } of rowsOf("cert.csv")) {
    const twin = elementById(6871, Number(elementId) | certReverseBit);
    expect(twin !== undefined, name).toBe(reversible === "1");
  }
});

test.skipIf(!data)("the registry has nothing that no file has (needs ../shared)", () => {
  const rows = [...rowsOf("iana.csv"), ...rowsOf("iana_2025_additions.csv"), ...rowsOf("cert.csv")];
  const names = new Set(rows.map(({ name = "" }) => name));
  const others = elementNames().filter((name) => !names.has(name));
  expect(others.filter((name) => !/^reverse[A-Z]/.test(name))).toEqual([]);
});

test.skipIf(!model)("the corpus's model is a part of the registry (needs ../shared)", () => {
  const rows = readRows(model ?? "").filter(({ name }) => name !== "");
  expect(rows.length).toBeGreaterThan(900);
  const known = rows.filter(({ pen, id }) => elementById(Number(pen), Number(id)));
  for (const { pen, id, name, type, semantics = "", units } of known) {
    const element = elementById(Number(pen), Number(id));
    expect(element, name).toMatchObject({ name, type, units });
    // Numbers without semantics are quantities (RFC 7012 §3.2.1): the model leaves that out.
    const same = semantics === "" ? ["", "quantity"] : [plain(semantics)];
    expect(same, name).toContain(element?.semantics);
  }
  expect(rows.filter((row) => !known.includes(row))).toEqual([]);
});
