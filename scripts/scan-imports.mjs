/**
 * @file Finds the imports of a TypeScript source without a TypeScript compiler.
 * TypeScript 7 has no programmatic API, so the layer check reads sources itself: a tokenizer that knows strings, template
 * literals, comments and regular expressions, and a reader of the top-level `import` and `export` statements.
 * Invariant: text inside comments, strings and regular expressions never counts as an import.
 */

/** Words after which a `/` starts a regular expression and an operand is still to come. */
const OPERATOR_WORDS = new Set(
  "return typeof case in of delete void throw new else do await yield instanceof extends default export".split(" "),
);

/**
 * @typedef {{ kind: "word" | "string" | "template" | "computed" | "number" | "regex" | "punct", text: string,
 *   line: number, depth: number }} Token  `text` of strings is their content; a "computed" is a template with `${}`;
 *   `depth` counts open brackets of all sorts.
 */

/**
 * @param {string} source
 * @returns {{ tokens: Token[], header: string }} `header` is the comment the file opens with, or "".
 */
export function tokenize(source) {
  const tokens = [];
  /** Brackets that are open; "${" returns to its template literal when it closes. */
  const open = [];
  let header = "";
  let line = 1;
  let at = source.startsWith("#!") ? source.indexOf("\n") : 0;
  let afterOperand = false;

  const push = (kind, text, operand) => {
    tokens.push({ kind, text, line, depth: open.length });
    afterOperand = operand;
  };
  const skipTo = (end) => {
    for (let i = at; i < end; i++) if (source[i] === "\n") line++;
    at = end;
  };
  const template = () => {
    const { text, end, hole } = readTemplate(source, at + 1);
    const opening = source[at] === "`";
    push(hole || !opening ? "computed" : "template", text, !hole);
    skipTo(end);
    if (hole) open.push("${");
  };

  while (at >= 0 && at < source.length) {
    const c = source[at];
    const two = source.slice(at, at + 2);
    if (/\s/.test(c)) skipTo(at + 1);
    else if (two === "//") skipTo(indexOrEnd(source, "\n", at));
    else if (two === "/*") {
      const end = indexOrEnd(source, "*/", at + 2) + 2;
      if (tokens.length === 0 && header === "") header = source.slice(at, end);
      skipTo(end);
    } else if (c === '"' || c === "'") {
      const end = endOfString(source, at);
      push("string", source.slice(at + 1, end - 1), true);
      skipTo(end);
    } else if (c === "`") template();
    else if (c === "}" && open.at(-1) === "${") {
      open.pop();
      template();
    } else if (c === "/" && !afterOperand && endOfRegex(source, at) > 0) {
      const end = endOfRegex(source, at);
      push("regex", source.slice(at, end), true);
      at = end;
    } else if (/[\p{ID_Start}$_#@]/u.test(c)) {
      const word = /^[#@]?[\p{ID_Continue}$\u200c\u200d]*/u.exec(source.slice(at, at + 256))[0];
      const property = tokens.at(-1)?.text === "." && tokens.at(-1)?.kind === "punct";
      push("word", word, property || !OPERATOR_WORDS.has(word));
      at += word.length;
    } else if (/[0-9]/.test(c)) {
      const number = /^[0-9a-zA-Z_.]+/.exec(source.slice(at, at + 256))[0];
      push("number", number, true);
      at += number.length;
    } else punctuation(two, c);
  }
  return { tokens, header };

  function punctuation(pair, single) {
    if (pair === "++" || pair === "--") {
      push("punct", pair, afterOperand);
      at += 2;
      return;
    }
    if (single === ")" || single === "]" || single === "}") open.pop();
    // `x! / y` asserts, `!/y/` negates: a `!` behind an operand stays an operand unless it begins `!=`.
    const operand = single === "!" ? afterOperand && pair !== "!=" : ")]}".includes(single);
    push("punct", single, operand);
    if ("([{".includes(single)) open.push(single);
    at += 1;
  }
}

/**
 * @param {string} source
 * @returns {{ imports: { specifier: string | undefined, line: number, kind: "import" | "export" | "dynamic", erased: boolean }[],
 *   onlyReexports: boolean, header: string, lines: number }} A dynamic import of a computed path has no specifier;
 *   `erased` marks `import type` and `export type`, of which nothing is left at run time.
 */
export function scanImports(source) {
  const { tokens, header } = tokenize(source);
  const imports = [];
  let reexports = 0;
  let otherStatements = 0;

  for (let i = 0; i < tokens.length; ) {
    const token = tokens[i];
    const statement = token.depth === 0 ? readModuleStatement(tokens, i) : undefined;
    if (statement !== undefined) {
      if (statement.specifier !== undefined) {
        const erased = isTypeOnly(tokens, i);
        imports.push({ specifier: statement.specifier, line: token.line, kind: token.text, erased });
      }
      if (token.text === "export") reexports++;
      i = statement.end;
      continue;
    }
    if (isWord(token, "import") && isPunct(tokens[i + 1], "(") && !isPunct(tokens[i - 1], ".")) {
      const specifier = literalArgument(tokens, i + 2);
      imports.push({ specifier, line: token.line, kind: "dynamic", erased: false });
    }
    if (!isPunct(token, ";")) otherStatements++;
    i++;
  }
  return { imports, onlyReexports: reexports > 0 && otherStatements === 0, header, lines: countLines(source) };
}

/**
 * Reads `import …`, `export * …` and `export { … } …` at `start`.
 * @returns {{ specifier: string | undefined, end: number } | undefined} undefined for any other statement.
 */
function readModuleStatement(tokens, start) {
  const keyword = tokens[start];
  if (keyword.kind !== "word" || isPunct(tokens[start - 1], ".")) return undefined;
  let i = start + 1;
  if (keyword.text === "import") {
    if (isPunct(tokens[i], "(") || isPunct(tokens[i], ".")) return undefined;
    while (i < tokens.length && tokens[i].kind !== "string") i++;
    return { specifier: tokens[i]?.text, end: endOfAttributes(tokens, i + 1) };
  }
  if (keyword.text !== "export") return undefined;
  if (isWord(tokens[i], "type") && (isPunct(tokens[i + 1], "{") || isPunct(tokens[i + 1], "*"))) i++;
  if (isPunct(tokens[i], "*")) {
    while (i < tokens.length && !isWord(tokens[i], "from")) i++;
  } else if (isPunct(tokens[i], "{")) {
    while (i < tokens.length && !(isPunct(tokens[i], "}") && tokens[i].depth === 0)) i++;
    i++;
  } else return undefined;
  if (!isWord(tokens[i], "from") || tokens[i + 1]?.kind !== "string") return { specifier: undefined, end: i };
  return { specifier: tokens[i + 1].text, end: endOfAttributes(tokens, i + 2) };
}

/** `import type X …` and `export type { … } …`, but not `import type from "…"`, which names a value `type`. */
function isTypeOnly(tokens, at) {
  const next = tokens[at + 2];
  return (
    isWord(tokens[at + 1], "type") && !isPunct(next, ",") && !(isWord(next, "from") && !isWord(tokens[at + 3], "from"))
  );
}

/** Skips `with { type: "json" }` behind a specifier. */
function endOfAttributes(tokens, at) {
  if (!isWord(tokens[at], "with") || !isPunct(tokens[at + 1], "{")) return at;
  let i = at + 1;
  while (i < tokens.length && !(isPunct(tokens[i], "}") && tokens[i].depth === tokens[at].depth)) i++;
  return i + 1;
}

function literalArgument(tokens, at) {
  const literal = tokens[at]?.kind === "string" || tokens[at]?.kind === "template";
  return literal && (isPunct(tokens[at + 1], ")") || isPunct(tokens[at + 1], ",")) ? tokens[at].text : undefined;
}

function isWord(token, text) {
  return token?.kind === "word" && token.text === text;
}

function isPunct(token, text) {
  return token?.kind === "punct" && token.text === text;
}

function indexOrEnd(source, text, from) {
  const at = source.indexOf(text, from);
  return at < 0 ? source.length : at;
}

function countLines(source) {
  return source.split("\n").length - (source.endsWith("\n") ? 1 : 0);
}

/** One past the closing quote; an unterminated string ends with its line. */
function endOfString(source, start) {
  let i = start + 1;
  while (i < source.length && source[i] !== source[start] && source[i] !== "\n") i += source[i] === "\\" ? 2 : 1;
  return i + 1;
}

/** Reads template characters from `start` to the closing backtick or to a hole's `${`. */
function readTemplate(source, start) {
  let i = start;
  while (i < source.length && source[i] !== "`" && !source.startsWith("${", i)) i += source[i] === "\\" ? 2 : 1;
  const hole = source[i] === "$";
  return { text: source.slice(start, i), end: i + (hole ? 2 : 1), hole };
}

/** One past a regular expression's flags, or -1 where the line holds no closing slash: then it is a division. */
function endOfRegex(source, start) {
  let inClass = false;
  for (let i = start + 1; i < source.length && source[i] !== "\n"; i++) {
    const c = source[i];
    if (c === "\\") i++;
    else if (c === "[") inClass = true;
    else if (c === "]") inClass = false;
    else if (c === "/" && !inClass) {
      const flags = /^[a-z]*/.exec(source.slice(i + 1, i + 16))[0];
      return i + 1 + flags.length;
    }
  }
  return -1;
}
