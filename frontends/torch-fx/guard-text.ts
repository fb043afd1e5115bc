/**
 * @file The exporter's guards: Python expressions over the user's arguments, `L['x'].size()[0] % 4 == 0`, which must hold of every
 * call. Read into a small tree; who knows the arguments makes conditions of it. Source: torch/export/_unlift.py (PyTorch 2.13).
 */

export type GuardExpr =
  | { readonly kind: "number"; readonly value: number }
  /** `L['batch'][0]`: an argument, or a part of one. */
  | { readonly kind: "argument"; readonly keys: readonly (string | number)[] }
  /** `ARGUMENT.size()`, and `ARGUMENT.size()[1]` with an index. */
  | { readonly kind: "method"; readonly of: GuardExpr; readonly name: string }
  | { readonly kind: "item"; readonly of: GuardExpr; readonly index: number }
  /** Functions by their names; operators by their signs. */
  | { readonly kind: "call"; readonly name: string; readonly args: readonly GuardExpr[] };

/** A stranger's text: nesting beyond this is an attack. */
const MAX_DEPTH = 200;

const token =
  /\s*(?:([A-Za-z_]\w*)|(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\*\*|\/\/|[=!<>]=|[-+*/%<>()[\].,]))/y;

interface Token {
  readonly kind: "name" | "number" | "text" | "mark" | "end";
  readonly text: string;
}

/** Binary operators by precedence, the loosest first; all group to the left. */
const levels: readonly (readonly string[])[] = [
  ["or"],
  ["and"],
  ["==", "!=", "<", "<=", ">", ">="],
  ["+", "-"],
  ["*", "/", "//", "%"],
];

/** @throws SyntaxError for text that is no such expression. */
export function parseGuard(text: string): GuardExpr {
  const reader = new Reader(tokenize(text));
  const expr = reader.binary(0, 0);
  reader.expect("");
  return expr;
}

function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  token.lastIndex = 0;
  while (token.lastIndex < trimmed.length) {
    const at = token.lastIndex;
    const found = token.exec(trimmed);
    if (!found) throw new SyntaxError(`'${trimmed.slice(at, at + 20)}' is not expected at character ${at}`);
    const [, name, number, single, double, mark] = found;
    if (name !== undefined) tokens.push({ kind: "name", text: name });
    else if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (mark !== undefined) tokens.push({ kind: "mark", text: mark });
    else tokens.push({ kind: "text", text: (single ?? double)!.replace(/\\(.)/g, "$1") });
  }
  return tokens;
}

class Reader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  binary(level: number, depth: number): GuardExpr {
    if (depth > MAX_DEPTH) throw new SyntaxError(`nesting beyond ${MAX_DEPTH}`);
    const signs = levels[level];
    if (signs === undefined) return this.#unary(depth);
    let left = this.binary(level + 1, depth + 1);
    while (signs.includes(this.#next.text) && this.#next.kind !== "text") {
      const { text: name } = this.#take();
      left = { kind: "call", name, args: [left, this.binary(level + 1, depth + 1)] };
    }
    return left;
  }

  expect(text: string): void {
    const found = this.#take();
    if (found.kind === "text" || found.text !== text)
      throw new SyntaxError(`'${text || "the end"}' is expected, not '${found.text || "the end"}'`);
  }

  get #next(): Token {
    return this.#tokens[this.#at] ?? { kind: "end", text: "" };
  }

  #take(): Token {
    const found = this.#next;
    this.#at++;
    return found;
  }

  #is(mark: string): boolean {
    if (this.#next.kind !== "mark" || this.#next.text !== mark) return false;
    this.#at++;
    return true;
  }

  #unary(depth: number): GuardExpr {
    if (depth > MAX_DEPTH) throw new SyntaxError(`nesting beyond ${MAX_DEPTH}`);
    if (this.#is("-")) return { kind: "call", name: "negate", args: [this.#unary(depth + 1)] };
    if (this.#next.kind === "name" && this.#next.text === "not") {
      this.#take();
      return { kind: "call", name: "not", args: [this.binary(2, depth + 1)] };
    }
    const base = this.#postfix(depth);
    return this.#is("**") ? { kind: "call", name: "**", args: [base, this.#unary(depth + 1)] } : base;
  }

  #postfix(depth: number): GuardExpr {
    let expr = this.#primary(depth);
    for (;;) {
      if (this.#is(".")) {
        const { kind, text: name } = this.#take();
        if (kind !== "name") throw new SyntaxError("a name is expected after '.'");
        if (this.#is("(")) this.expect(")");
        expr = { kind: "method", of: expr, name };
      } else if (this.#is("[")) {
        const key = this.#key();
        this.expect("]");
        expr = member(expr, key);
      } else return expr;
    }
  }

  #key(): string | number {
    const { kind, text } = this.#take();
    if (kind === "text") return text;
    if (kind === "number" && Number.isInteger(Number(text))) return Number(text);
    throw new SyntaxError(`a key is expected, not '${text}'`);
  }

  #primary(depth: number): GuardExpr {
    const { kind, text } = this.#take();
    if (kind === "number") return { kind: "number", value: Number(text) };
    if (kind === "mark" && text === "(") {
      const inner = this.binary(0, depth + 1);
      this.expect(")");
      return inner;
    }
    if (kind !== "name") throw new SyntaxError(`'${text || "the end"}' is not expected`);
    if (text === "L") return { kind: "argument", keys: [] };
    if (text === "True" || text === "False") return { kind: "number", value: text === "True" ? 1 : 0 };
    this.expect("(");
    const args: GuardExpr[] = [];
    while (!this.#is(")")) {
      if (args.length > 0) this.expect(",");
      args.push(this.binary(0, depth + 1));
    }
    return { kind: "call", name: text, args };
  }
}

function member(of: GuardExpr, key: string | number): GuardExpr {
  if (of.kind === "argument") return { kind: "argument", keys: [...of.keys, key] };
  if (typeof key === "number") return { kind: "item", of, index: key };
  throw new SyntaxError(`only an argument has a part '${key}'`);
}
