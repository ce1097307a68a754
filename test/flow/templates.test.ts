import { expect, test } from "vitest";
import { createEntryLookup, flowTemplate, flowVariant } from "../../src/flow/export/templates.ts";
import { encodeTemplate } from "../../src/ipfix/template-record.ts";
import { hex, unhex } from "../support/hex.ts";

const { biflow, fullCounters, ipv6 } = flowVariant;
const times = "00980008 00990008 009a0008 009b0008";

/** Template Records that YAF 2 writes: id and count, then the Field Specifiers. */
test.for([
  [
    "a uniflow",
    0,
    `b000 0011 ${times} 00550004 00560004 00080004 000c0004 00070002 000b0002
     80280002 00001ad7 00040001 00880001 80210002 00001ad7 003a0002 00050001 0125ffff`,
  ],
  [
    "a biflow",
    biflow,
    `b010 0018 ${times} 00550004 80550004 00007279 00560004 80560004 00007279
     00080004 000c0004 00070002 000b0002 80280002 00001ad7 c0280002 00001ad7
     00040001 00880001 80210002 00001ad7 80150004 00001ad7 80290008 00001ad7
     003a0002 803a0002 00007279 00050001 80050001 00007279 0125ffff`,
  ],
  [
    "a large uniflow over IPv6",
    fullCounters | ipv6,
    `b480 0011 ${times} 00550008 00560008 001b0010 001c0010 00070002 000b0002
     80280002 00001ad7 00040001 00880001 80210002 00001ad7 003a0002 00050001 0125ffff`,
  ],
] as const)("flowTemplate() of %s is YAF's, octet by octet", ([, variant, expected]) => {
  const template = flowTemplate(variant);
  expect(unhex(encodeTemplate(template, template.id))).toBe(unhex(hex(expected)));
});

test.for([
  [0xc003, "c003 0003 00b80004 800e0001 00001ad7 800f0001 00001ad7"],
  [
    0xc013,
    `c013 0006 00b80004 800e0001 00001ad7 800f0001 00001ad7
     c00e0001 00001ad7 c00f0001 00001ad7 80b80004 00007279`,
  ],
] as const)("createEntryLookup() finds TCP entry %i as YAF has it", ([id, expected]) => {
  const template = createEntryLookup()(id);
  if (!template) throw new Error("no Template");
  expect(unhex(encodeTemplate(template, id))).toBe(unhex(hex(expected)));
});

test("createEntryLookup() finds nothing else", () => {
  expect(createEntryLookup()(0xb000)).toBeUndefined();
});
