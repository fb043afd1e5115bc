/** @file Numbers and strings of Python as what they stand for. */

import type { Literal } from "./ast.js";

/** The number that `text` writes; a text that says what is wrong with it where it writes none. */
export function readNumber(text: string): Literal | string {
  const plain = text.replaceAll("_", "").toLowerCase();
  if (/(^_|__|_$|_[.ejl]|[.e]_)/i.test(text)) return "underscores stand between digits";
  if (plain.endsWith("l")) return "Python 3 has no suffix L";
  if (/^0[xob]/.test(plain)) return readBased(plain);
  if (plain.endsWith("j")) return { type: "imaginary", value: Number(plain.slice(0, -1)) };
  if (/[.e]/.test(plain)) return { type: "float", value: Number(plain) };
  if (/^0\d*[1-9]/.test(plain)) return "a decimal number does not begin with 0; octal ones begin with 0o";
  return /^\d+$/.test(plain) ? { type: "int", value: BigInt(plain) } : `'${text}' is no number`;
}

function readBased(plain: string): Literal | string {
  try {
    return { type: "int", value: BigInt(plain) };
  } catch {
    return `'${plain}' is no number`;
  }
}

const simpleEscapes: Readonly<Record<string, string>> = {
  "\n": "",
  "\r\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

const escapes = /\\(\r\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|[\s\S])/g;

/**
 * The characters that `raw`, what stands between the quotes, means. Names of characters (`\N{…}`) are kept as they are
 * written, as their table is not at hand.
 */
export function unescaped(raw: string, isRaw: boolean, isBytes: boolean): string {
  // Line ends are one character to Python, however the file writes them.
  const text = raw.replaceAll(/\r\n?/g, "\n");
  if (isRaw || !text.includes("\\")) return text;
  return text.replaceAll(escapes, (whole: string, body: string) => {
    const simple = simpleEscapes[body];
    if (simple !== undefined) return simple;
    if (/^[0-7]/.test(body)) return String.fromCharCode(Number.parseInt(body, 8) & (isBytes ? 0xff : 0x1ff));
    if (/^x./.test(body)) return String.fromCharCode(Number.parseInt(body.slice(1), 16));
    if (isBytes || !/^[uU]./.test(body)) return whole;
    const code = Number.parseInt(body.slice(1), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
