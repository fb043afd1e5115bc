/** @file Our syntax tree in the form in which `dump-ast.py` writes CPython's. */

import type { Literal, Module, Span } from "../../../frontends/python-kernels/ast.js";

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** Exact text of a double, as Python's `float.hex` writes it. */
function hex(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "inf" : Number.isNaN(value) ? "nan" : "-inf";
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const sign = bits >> 63n ? "-" : "";
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const mantissa = (bits & 0xfffffffffffffn).toString(16).padStart(13, "0");
  if (exponent === 0) return value === 0 ? `${sign}0x0.0p+0` : `${sign}0x0.${mantissa}p-1022`;
  const power = exponent - 1023;
  return `${sign}0x1.${mantissa}p${power >= 0 ? "+" : ""}${power}`;
}

function literal(x: Literal): Json {
  switch (x.type) {
    case "int":
      return { type: x.type, value: `0x${x.value.toString(16)}` };
    case "float":
    case "imaginary":
      return { type: x.type, value: hex(x.value) };
    case "str":
      return { type: x.type, value: [...x.value].map((c) => c.codePointAt(0)!) };
    case "bytes":
      return { type: x.type, value: [...x.value].map((c) => c.charCodeAt(0)) };
    case "bool":
      return { type: x.type, value: x.value };
    default:
      return { type: x.type };
  }
}

const isAscii = (line: string | undefined): boolean => /^[\0-\x7f]*$/.test(line ?? "");

export function normalForm(module: Module, text: string): Json {
  const lines = text.split(/\r\n|\r|\n/);
  const place = ({ line, column, endLine, endColumn }: Span): Json | undefined =>
    isAscii(lines[line - 1]) && isAscii(lines[endLine - 1]) ? [line, column, endLine, endColumn] : undefined;
  const plain = (x: unknown, isFormatted: boolean): Json => {
    if (Array.isArray(x)) return x.map((item) => (item === undefined ? null : plain(item, isFormatted)));
    if (typeof x !== "object" || x === null) return x as Json;
    const node = x as Readonly<Record<string, unknown>>;
    const made: Record<string, Json> = {};
    const inside = isFormatted || node["kind"] === "JoinedStr";
    for (const [name, value] of Object.entries(node)) {
      if (value === undefined) continue;
      if (name === "at") {
        const at = inside ? undefined : place(value as Span);
        if (at !== undefined) made[name] = at;
      } else if ((node["kind"] === "Constant" || node["kind"] === "MatchSingleton") && name === "value") {
        made[name] = literal(value as Literal);
      } else made[name] = plain(value, inside);
    }
    return made;
  };
  return plain(module, false);
}

/** Where two trees differ first, as a path with both sides; nothing where they are equal. */
export function firstDifference(ours: Json, theirs: Json, path = ""): string | undefined {
  if (ours === theirs) return undefined;
  const show = (x: Json): string => JSON.stringify(x)?.slice(0, 160) ?? "nothing";
  if (typeof ours !== "object" || typeof theirs !== "object" || ours === null || theirs === null)
    return `${path}: ${show(ours)} is ${show(theirs)} to CPython`;
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  for (const name of names) {
    const [a, b] = [(ours as Record<string, Json>)[name], (theirs as Record<string, Json>)[name]];
    if (a === undefined || b === undefined) {
      if (a !== b) return `${path}.${name}: ${show(a ?? null)} is ${show(b ?? null)} to CPython in ${show(theirs)}`;
      continue;
    }
    const found = firstDifference(a, b, `${path}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
