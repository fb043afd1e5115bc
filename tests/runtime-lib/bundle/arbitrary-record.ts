/** @file Random records of any FlatBuffers schema: they fit the schema, and mean nothing. */

import fc from "fast-check";
import type { FlatField, FlatScalar, FlatSchema, FlatType } from "../../../runtime-lib/bundle/flat-schema.js";

const safe = Number.MAX_SAFE_INTEGER;

const scalars: Readonly<Record<FlatScalar, fc.Arbitrary<number | boolean>>> = {
  bool: fc.boolean(),
  u32: fc.oneof(fc.constantFrom(0, 1, 64, 2 ** 31, 2 ** 32 - 1), fc.nat(1000)),
  i64: fc.oneof(fc.constantFrom(0, -1, safe, -safe, 2 ** 32, -(2 ** 32)), fc.integer({ min: -safe, max: safe })),
  u64: fc.oneof(fc.constantFrom(0, safe, 2 ** 32 - 1), fc.integer({ min: 0, max: safe })),
};

const texts = fc.oneof(
  fc.constantFrom("", "128", "s0*2", "\u0000", "\uFEFFx"),
  fc.string({ unit: "grapheme", maxLength: 12 }),
);

/** Records of the table `name`; below `depth` tables, optional parts are absent and lists empty. */
export function arbitraryRecord(
  schema: FlatSchema,
  name: string,
  depth: number,
): fc.Arbitrary<Record<string, unknown>> {
  const fields = schema.tables[name]!;
  const arbitraries = Object.fromEntries(fields.map((field) => [field.name, arbitraryField(schema, field, depth)]));
  const optional = fields.filter((field) => field.optional).map((field) => field.name);
  return fc.record(arbitraries, { requiredKeys: Object.keys(arbitraries).filter((key) => !optional.includes(key)) });
}

function arbitraryField(schema: FlatSchema, field: FlatField, depth: number): fc.Arbitrary<unknown> {
  if (field.type.kind === "vector" && depth <= 0) return fc.constant([]);
  return arbitraryValue(schema, field.type, depth);
}

function arbitraryValue(schema: FlatSchema, type: FlatType, depth: number): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case "scalar":
      return scalars[type.scalar];
    case "enum":
      return fc.constantFrom(...schema.enums[type.name]!);
    case "string":
      return texts;
    case "table":
      return arbitraryRecord(schema, type.name, depth - 1);
    case "vector":
      return fc.array(arbitraryValue(schema, type.element, depth), { maxLength: 3 });
    case "union":
      return fc.oneof(
        ...schema.unions[type.name]!.map(({ kind, table }) =>
          arbitraryRecord(schema, table, depth - 1).map((record) => ({ kind, ...record })),
        ),
      );
  }
}
