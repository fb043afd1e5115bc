/** @file Strings: parts written side by side are one, and formatted ones hold expressions. */

import type { Expression } from "./ast.js";
import { unescaped } from "./literals.js";
import { joinSpans, type Node, partsOf, type Reading, spanOf } from "./syntax.js";

/** How the expressions within a string are read. */
type Convert = (node: Node, reading: Reading) => Expression;

interface Prefix {
  readonly isRaw: boolean;
  readonly isBytes: boolean;
  readonly isFormatted: boolean;
}

/** A `string`, or a `concatenated_string` of several. */
export function convertString(node: Node, reading: Reading, convert: Convert): Expression {
  const strings = node.type === "string" ? [node] : partsOf(node);
  const prefixes = strings.map(prefixOf);
  if (new Set(prefixes.map((p) => p.isBytes)).size > 1) reading.fault(node, "bytes and text cannot stand side by side");
  const at = spanOf(node);
  const pieces = strings.flatMap((s, i) => piecesOf(s, prefixes[i]!, reading, convert));
  if (!prefixes.some((p) => p.isFormatted)) {
    const value = pieces.map((p) => (typeof p === "string" ? p : "")).join("");
    return { kind: "Constant", at, value: { type: prefixes[0]?.isBytes ? "bytes" : "str", value } };
  }
  return joined(pieces, at);
}

type Piece = string | Expression;

/** Texts next to each other become one, empty ones none. */
function joined(pieces: readonly Piece[], at: Expression["at"]): Expression {
  const values: Expression[] = [];
  let text = "";
  const flush = (): void => {
    if (text !== "") values.push({ kind: "Constant", at, value: { type: "str", value: text } });
    text = "";
  };
  for (const piece of pieces) {
    if (typeof piece === "string") text += piece;
    else {
      flush();
      values.push(piece);
    }
  }
  flush();
  return { kind: "JoinedStr", at, values };
}

function prefixOf(node: Node): Prefix {
  const start = (node.firstChild?.text ?? "").toLowerCase().replace(/['"]+$/, "");
  return { isRaw: start.includes("r"), isBytes: start.includes("b"), isFormatted: /[ft]/.test(start) };
}

function piecesOf(node: Node, prefix: Prefix, reading: Reading, convert: Convert): readonly Piece[] {
  const text = node.text;
  const start = node.firstChild?.type === "string_start" ? node.firstChild : undefined;
  // The parser counts backslashes before the end of a raw string to the end.
  const quotes = /("""|'''|"|')$/.exec(start?.text ?? "")?.[0].length ?? 0;
  const from = start ? start.endIndex : node.startIndex;
  const to = Math.max(from, node.endIndex - quotes);
  const plain = (a: number, b: number): string => {
    const raw = text.slice(a - node.startIndex, b - node.startIndex);
    const means = unescaped(raw, prefix.isRaw, prefix.isBytes);
    return prefix.isFormatted ? means.replaceAll("{{", "{").replaceAll("}}", "}") : means;
  };
  if (!prefix.isFormatted) {
    const means = plain(from, to);
    if (prefix.isBytes && /[^\0-\xff]/.test(means)) reading.fault(node, "bytes hold ASCII characters only");
    return [means];
  }
  const pieces: Piece[] = [];
  let at = from;
  for (const child of node.children) {
    if (child?.type !== "interpolation") continue;
    pieces.push(plain(at, child.startIndex), ...interpolation(child, reading, convert));
    at = child.endIndex;
  }
  pieces.push(plain(at, to));
  return pieces;
}

const conversions: Readonly<Record<string, number>> = { "!s": 115, "!r": 114, "!a": 97 };

/** `{value!r:spec}`; with `=` its own text stands before it. */
function interpolation(node: Node, reading: Reading, convert: Convert): readonly Piece[] {
  const inner = node.childForFieldName("expression");
  const value: Expression = inner ? convert(inner, reading) : { kind: "Name", at: spanOf(node), id: "" };
  const given = node.childForFieldName("type_conversion");
  const spec = node.childForFieldName("format_specifier");
  const sign = node.children.find((c) => c !== null && !c.isNamed && c.type === "=");
  const at = spanOf(node);
  const conversion = given ? (conversions[given.text] ?? -1) : sign && !spec ? 114 : -1;
  if (given && conversion === -1) reading.fault(given, "a conversion is !r, !s or !a");
  const piece: Expression = {
    kind: "FormattedValue",
    at,
    value,
    conversion,
    format_spec: spec ? specifier(spec, reading, convert) : undefined,
  };
  if (!sign) return [piece];
  const closing = given ?? spec ?? node.lastChild ?? sign;
  return [node.text.slice(1, closing.startIndex - node.startIndex), piece];
}

function specifier(node: Node, reading: Reading, convert: Convert): Expression {
  const text = node.text;
  const pieces: Piece[] = [];
  let at = node.startIndex + 1;
  const plain = (to: number): string => unescaped(text.slice(at - node.startIndex, to - node.startIndex), false, false);
  for (const child of partsOf(node)) {
    if (child.type !== "format_expression" && child.type !== "interpolation") continue;
    pieces.push(plain(child.startIndex), ...interpolation(child, reading, convert));
    at = child.endIndex;
  }
  pieces.push(plain(node.endIndex));
  return joined(pieces, joinSpans(spanOf(node), spanOf(node)));
}
