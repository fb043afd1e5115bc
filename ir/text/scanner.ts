/** @file The lowest layer of the MLIR text reader: characters to words, with positions. It works on demand; there is no token list. */

import { CompileError, diagnostic } from "../diagnostic.js";
import type { Location } from "../location.js";

const SPACE = /(?:\s|\/\/[^\n]*)*/y;
const IDENTIFIER = /[A-Za-z_][\w$.]*/y;
const SUFFIX = /(?:\d+|[A-Za-z_$.-][\w$.-]*)(?:#\d+)?/y;
const INTEGER = /-?(?:0x[0-9a-fA-F]+|\d+)/y;
const NUMBER = /[-+]?(?:0x[0-9a-fA-F]+|\d+\.\d*(?:[eE][-+]?\d+)?|\d+)/y;
const STRING = /"(?:[^"\\\n]|\\.)*"/y;

export class Scanner {
  readonly source: string;
  readonly file: string;
  position = 0;
  #lineStarts: number[] | undefined;

  constructor(source: string, file: string) {
    this.source = source;
    this.file = file;
  }

  /** The position of the next word. */
  location(): Location {
    this.skipSpace();
    return this.locationAt(this.position);
  }

  locationAt(position: number): Location {
    this.#lineStarts ??= lineStarts(this.source);
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#lineStarts[middle]! <= position) low = middle;
      else high = middle - 1;
    }
    return { kind: "text", file: this.file, line: low + 1, column: position - this.#lineStarts[low]! + 1 };
  }

  fail(message: string, fix?: string): never {
    const at = this.location();
    throw new CompileError([diagnostic("PS1100", message, fix === undefined ? { at } : { at, fix })]);
  }

  skipSpace(): void {
    SPACE.lastIndex = this.position;
    SPACE.test(this.source);
    this.position = SPACE.lastIndex;
  }

  get atEnd(): boolean {
    this.skipSpace();
    return this.position >= this.source.length;
  }

  peek(text: string): boolean {
    this.skipSpace();
    return this.source.startsWith(text, this.position);
  }

  tryPunct(text: string): boolean {
    if (!this.peek(text)) return false;
    this.position += text.length;
    return true;
  }

  punct(text: string): void {
    if (!this.tryPunct(text)) this.fail(`expected '${text}'${this.#found()}`);
  }

  tryMatch(pattern: RegExp): string | undefined {
    this.skipSpace();
    pattern.lastIndex = this.position;
    const found = pattern.exec(this.source)?.[0];
    if (found !== undefined) this.position = pattern.lastIndex;
    return found;
  }

  tryIdentifier(): string | undefined {
    return this.tryMatch(IDENTIFIER);
  }

  identifier(what = "an identifier"): string {
    return this.tryIdentifier() ?? this.fail(`expected ${what}${this.#found()}`);
  }

  tryKeyword(text: string): boolean {
    const start = this.position;
    if (this.tryIdentifier() === text) return true;
    this.position = start;
    return false;
  }

  keyword(text: string): void {
    if (!this.tryKeyword(text)) this.fail(`expected '${text}'${this.#found()}`);
  }

  /** The name behind a sigil such as `%`, `^`, `#` or `!`. */
  sigil(sigil: string): string {
    return this.trySigil(sigil) ?? this.fail(`expected '${sigil}name'${this.#found()}`);
  }

  trySigil(sigil: string): string | undefined {
    this.skipSpace();
    if (this.source[this.position] !== sigil) return undefined;
    SUFFIX.lastIndex = this.position + 1;
    const found = SUFFIX.exec(this.source)?.[0];
    if (found === undefined) return undefined;
    this.position = SUFFIX.lastIndex;
    return found;
  }

  trySymbolName(): string | undefined {
    if (!this.peek("@")) return undefined;
    this.position++;
    if (this.source[this.position] === '"') return this.string();
    IDENTIFIER.lastIndex = this.position;
    const found = IDENTIFIER.exec(this.source)?.[0] ?? this.fail("expected a name after '@'");
    this.position = IDENTIFIER.lastIndex;
    return found;
  }

  symbolName(): string {
    return this.trySymbolName() ?? this.fail(`expected '@name'${this.#found()}`);
  }

  tryInteger(): bigint | undefined {
    const text = this.tryMatch(INTEGER);
    if (text === undefined) return undefined;
    return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
  }

  integer(): bigint {
    return this.tryInteger() ?? this.fail(`expected an integer${this.#found()}`);
  }

  /** An integer that a number holds exactly: a size, an offset, a stride. */
  safeInteger(): number {
    const value = Number(this.integer());
    return Number.isSafeInteger(value) ? value : this.fail(`${value} is too large`);
  }

  /** The text of a number, sign included. */
  tryNumber(): string | undefined {
    return this.tryMatch(NUMBER);
  }

  tryString(): string | undefined {
    const quoted = this.tryMatch(STRING);
    return quoted === undefined ? undefined : unescapeString(quoted.slice(1, -1));
  }

  string(): string {
    return this.tryString() ?? this.fail(`expected a string${this.#found()}`);
  }

  list<T>(open: string, close: string, item: () => T): T[] {
    this.punct(open);
    const items: T[] = [];
    if (this.tryPunct(close)) return items;
    do items.push(item());
    while (this.tryPunct(","));
    this.punct(close);
    return items;
  }

  /** What stands between a bracket just read and its partner, which is consumed; strings and `->` are respected. */
  balanced(close: string): string {
    const start = this.position;
    const stack = [close];
    while (this.position < this.source.length) {
      const c = this.source[this.position]!;
      if (c === '"') {
        if (this.tryString() === undefined) this.fail("unterminated string");
        continue;
      }
      this.position++;
      if (c === "-" && this.source[this.position] === ">") this.position++;
      else if (c === stack.at(-1)) {
        stack.pop();
        if (stack.length === 0) return this.source.slice(start, this.position - 1).trim();
      } else if (c in PARTNER) stack.push(PARTNER[c as keyof typeof PARTNER]);
    }
    this.position = start;
    return this.fail(`no '${close}' closes this`);
  }

  #found(): string {
    this.skipSpace();
    const word = /\S{1,24}/y;
    word.lastIndex = this.position;
    const text = word.exec(this.source)?.[0];
    return text === undefined ? ", found the end of the text" : `, found '${text}'`;
  }
}

const PARTNER = { "(": ")", "[": "]", "{": "}", "<": ">" } as const;

function lineStarts(source: string): number[] {
  const starts = [0];
  for (let i = source.indexOf("\n"); i >= 0; i = source.indexOf("\n", i + 1)) starts.push(i + 1);
  return starts;
}

/** `\n`, `\t`, `\\`, `\"` and `\XX` (a byte of UTF-8). */
function unescapeString(body: string): string {
  if (!body.includes("\\")) return body;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  for (let i = 0; i < body.length; i++) {
    if (body[i] !== "\\") {
      const point = body.codePointAt(i)!;
      bytes.push(...encoder.encode(String.fromCodePoint(point)));
      if (point > 0xffff) i++;
      continue;
    }
    const next = body[++i] ?? "";
    const hex = /^[0-9a-fA-F]{2}$/.test(body.slice(i, i + 2));
    if (hex) bytes.push(Number.parseInt(body.slice(i++, i + 1), 16));
    else bytes.push((ESCAPES[next] ?? next).charCodeAt(0));
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
