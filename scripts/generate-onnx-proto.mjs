/**
 * @file Generates `frontends/onnx/generated/onnx.ts`, the decoder of ONNX's wire format, from ONNX's own `onnx-ml.proto`.
 *
 *   node scripts/generate-onnx-proto.mjs PATH/TO/onnx-ml.proto [--check]
 *
 * The file is part of the PyPI package `onnx` (`python -c "import onnx, os; print(os.path.dirname(onnx.__file__))"`).
 * The decoding functions are protobufjs's own; nothing of protobufjs's reflection is needed at run time. What differs from
 * `pbjs -t static-module`:
 * - only decoders, as TypeScript, with the message types beside them; an absent field is `undefined` (proto2 presence);
 * - enums are plain `int32`s, so that a value this schema does not know reaches the reader instead of vanishing;
 * - int64 fields are `bigint`s and a packed run is one view of the file (see `WireReader`);
 * - parts of a model the compiler does not use stay undecoded bytes, so that their presence can still be reported;
 * - the nesting limit is a constant of this module, not a global another user of protobufjs may change.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

const OUTPUT = join(dirname(fileURLToPath(import.meta.url)), "../frontends/onnx/generated/onnx.ts");

/** Messages this deep occur in no model whose subgraphs nest 64 deep: three messages a subgraph, and the model around them. */
const MAX_MESSAGE_DEPTH = 256;

/** Kept as bytes: the reader reports that they are there. */
const UNDECODED = ["ModelProto.training_info", "ModelProto.configuration", "NodeProto.device_configurations"];

const scalarTypes = {
  string: "string",
  bytes: "Uint8Array",
  float: "number",
  double: "number",
  int32: "number",
  int64: "bigint",
  uint64: "bigint",
};

function loadSchema(path) {
  const { root } = protobuf.parse(readFileSync(path, "utf8"));
  for (const name of UNDECODED) {
    const [message, field] = name.split(".");
    root.lookupType(`onnx.${message}`).fields[protobuf.util.camelCase(field)].type = "bytes";
  }
  for (const type of allTypes(root.lookup("onnx"))) {
    for (const field of type.fieldsArray) {
      if (isEnum(type, field.type)) field.type = "int32";
    }
  }
  root.resolveAll();
  return root;
}

function isEnum(scope, name) {
  return !(name in scalarTypes) && scope.lookup(name) instanceof protobuf.Enum;
}

function allTypes(namespace) {
  return namespace.nestedArray.flatMap((x) => [
    ...(x instanceof protobuf.Type ? [x] : []),
    ...(x.nestedArray ? allTypes(x) : []),
  ]);
}

/** `TensorProto.Segment` is named `TensorProtoSegment`. */
function typeName(type) {
  return type.fullName.replace(/^\.onnx\./, "").replaceAll(".", "");
}

function reachable(root, type, seen = new Set()) {
  if (seen.has(type)) return seen;
  seen.add(type);
  for (const field of type.fieldsArray) {
    if (field.resolvedType instanceof protobuf.Type) reachable(root, field.resolvedType, seen);
  }
  return seen;
}

function fieldType(field) {
  const one = field.resolvedType ? typeName(field.resolvedType) : scalarTypes[field.type];
  if (one === undefined) throw new Error(`no type for ${field.fullName}: ${field.type}`);
  if (!field.repeated) return one;
  return protobuf.types.packed[field.type] === undefined ? `${one}[]` : `(${one} | Uint8Array)[]`;
}

function messageInterface(type) {
  const fields = type.fieldsArray.map((f) => `  ${f.name}?: ${fieldType(f)};`);
  const oneofs = type.oneofsArray.map((o) => ({
    name: o.name,
    members: o.fieldsArray.map((f) => JSON.stringify(f.name)),
  }));
  // A proto2 `optional` field is no oneof; the decoder names the member that came last.
  const which = oneofs.map((o) => `  /** The member that is set. */\n  ${o.name}?: ${o.members.join(" | ")};`);
  return [`export interface ${typeName(type)} {`, ...fields, ...which, "}"].join("\n");
}

function decoder(type) {
  const name = `decode${typeName(type)}`;
  let text = String(protobuf.decoder(type).toString(name));
  const replace = (from, to) => {
    if (!text.includes(from)) throw new Error(`protobufjs's decoder of ${type.name} no longer contains ${from}`);
    text = text.replace(from, to);
  };
  replace("if(!(r instanceof Reader))\n  r=Reader.create(r)\n", "");
  replace("if(q===undefined)q=0\n", "");
  replace("Reader.recursionLimit", "MAX_MESSAGE_DEPTH");
  replace("g||new C", "g||{}");
  // Unknown fields are skipped, as every reader of protobuf does.
  text = text.replace(/ {2}if\(!r\.discardUnknown\)\{[^}]*\}\n/g, "");
  text = text.replace(
    /types\[(\d+)\]\.decode\(/g,
    (_, i) => `decode${typeName(type.fieldsArray[Number(i)].resolvedType)}(`,
  );
  if (/\b(util|types|C|Reader)\b[.[(]/.test(text))
    throw new Error(`the decoder of ${type.name} has a free variable:\n${text}`);
  replace("  var s=r.pos\n", "");
  const signature = `(r: FieldReader, l?: number, z?: number, q = 0, g?: ${typeName(type)}): ${typeName(type)} `;
  return indent(text.replace("(r,l,z,q,g)", signature));
}

/** Two spaces for each open brace. */
function indent(text) {
  let depth = 0;
  const lines = text.split("\n").map((line) => {
    const code = line.trim();
    depth -= code.startsWith("}") ? 1 : 0;
    const out = "  ".repeat(depth) + code;
    depth += (code.match(/\{/g)?.length ?? 0) - (code.slice(1).match(/\}/g)?.length ?? 0);
    return out;
  });
  return lines.join("\n");
}

function enumNames(name, values) {
  const rows = Object.entries(values).map(([text, id]) => `  [${id}, ${JSON.stringify(text)}],`);
  return [`export const ${name}: ReadonlyMap<number, string> = new Map([`, ...rows, "]);"].join("\n");
}

function generate(path) {
  const root = loadSchema(path);
  const types = [...reachable(root, root.lookupType("onnx.ModelProto"))];
  return `// @ts-nocheck
// Generated by scripts/generate-onnx-proto.mjs; do not edit.
//
// The schema is onnx-ml.proto of ONNX 1.23 (https://github.com/onnx/onnx), Copyright (c) ONNX Project Contributors, licensed
// under the Apache License, Version 2.0. The decoding functions come from the code generator of protobufjs
// (https://github.com/protobufjs/protobuf.js), Copyright (c) Daniel Wirtz, licensed under the BSD 3-Clause License.

/** Deeper nested messages are refused. */
export const MAX_MESSAGE_DEPTH = ${MAX_MESSAGE_DEPTH};

/** What the decoders ask of a reader; the plural methods append a packed run, undecoded, to the list. */
export interface FieldReader {
  pos: number;
  len: number;
  tag(): number;
  size(): number;
  string(): string;
  bytes(): Uint8Array;
  float(): number;
  double(): number;
  int32(): number;
  int64(): bigint;
  uint64(): bigint;
  floats(to: (number | Uint8Array)[]): void;
  doubles(to: (number | Uint8Array)[]): void;
  int32s(to: (number | Uint8Array)[]): void;
  int64s(to: (bigint | Uint8Array)[]): void;
  uint64s(to: (bigint | Uint8Array)[]): void;
  skipType(wireType: number, depth: number, field: number): void;
}

${enumNames("dataTypeNames", root.lookupEnum("onnx.TensorProto.DataType").values)}

${enumNames("attributeTypeNames", root.lookupEnum("onnx.AttributeProto.AttributeType").values)}

${types.map(messageInterface).join("\n\n")}

export ${types.map(decoder).join("\n\n")}
`;
}

const [path, flag] = process.argv.slice(2);
if (path === undefined || (flag !== undefined && flag !== "--check")) {
  console.error("usage: node scripts/generate-onnx-proto.mjs PATH/TO/onnx-ml.proto [--check]");
  process.exit(2);
}
const text = generate(path);
if (flag === "--check") {
  if (readFileSync(OUTPUT, "utf8") !== text) {
    console.error(`${OUTPUT} is not what ${path} gives: run this script without --check`);
    process.exit(1);
  }
} else {
  writeFileSync(OUTPUT, text);
}
