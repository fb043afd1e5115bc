/** @file The scanner sees every import of a source, and nothing in comments, strings or regular expressions. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the strings are sources with template literals.

import { describe, expect, it } from "vitest";
import { scanImports } from "../../scripts/scan-imports.mjs";

function found(source: string): string[] {
  return scanImports(source).imports.map((i) => `${i.line} ${i.erased ? "type " : ""}${i.kind} ${i.specifier ?? "?"}`);
}

describe("what counts as an import", () => {
  it.each([
    ['import { a } from "./a.js";', "1 import ./a.js"],
    ["import './a.js'", "1 import ./a.js"],
    ['import a, { type B } from "./a.js";', "1 import ./a.js"],
    ['import * as a from "./a.js";', "1 import ./a.js"],
    ['import {\n  a,\n  from,\n  type,\n} from "./a.js";', "1 import ./a.js"],
    ['import table from "./a.json" with { type: "json" };', "1 import ./a.json"],
    ['import type { A } from "./a.js";', "1 type import ./a.js"],
    ['import type A from "./a.js";', "1 type import ./a.js"],
    ['import type from from "./a.js";', "1 type import ./a.js"],
    ['import type from "./a.js";', "1 import ./a.js"],
    ['import type, { a } from "./a.js";', "1 import ./a.js"],
    ['export { a } from "./a.js";', "1 export ./a.js"],
    ['export * from "./a.js";', "1 export ./a.js"],
    ['export * as a from "./a.js";', "1 export ./a.js"],
    ['export type { A } from "./a.js";', "1 type export ./a.js"],
    ['\nawait import("./a.js");', "2 dynamic ./a.js"],
    ["const m = import(`./a.js`);", "1 dynamic ./a.js"],
    ["import(`./${name}.js`);", "1 dynamic ?"],
    ["import(name);", "1 dynamic ?"],
    ['import("./a" + suffix);', "1 dynamic ?"],
    ['let x: import("./a.js").A;', "1 dynamic ./a.js"],
    ['const s = `${await import("./a.js")}`;', "1 dynamic ./a.js"],
  ])("%s", (source, expected) => {
    expect(found(source)).toEqual([expected]);
  });
});

describe("what does not", () => {
  it.each([
    '// import "./a.js"',
    '/* import "./a.js"\n import("./b.js") */',
    `const s = 'import "./a.js"';`,
    "const s = `\nimport './a.js'\n`;",
    'const r = /import("[.]\\/a.js")/;',
    "const r = /[/'\"`]/; // it's",
    "const url = import.meta.url;",
    'loader.import("./a.js");',
    "const o = { import: 1, export: 2 };",
    "export { a };",
    "export const from = 'x';",
    'export const f = () => ({ from: "./a.js" });',
  ])("%s", (source) => {
    expect(found(source)).toEqual([]);
  });
});

describe("what stands behind a slash", () => {
  it.each([
    ["a division", "const x = a / b; const q = c / 'd';"],
    ["a division behind a non-null assertion", "const x = data[i]! / scale; const y = f('/');"],
    ["a division behind a call", "const x = f(a) / g('/');"],
    ["a division behind an increment", "const x = i++ / 2; const y = '/';"],
    ["a regular expression behind a keyword", "return /'/.test(s);"],
    ["a regular expression behind a negation", "const x = !/'/.test(s);"],
    ["a regular expression with a class that holds a slash", "const x = s.replace(/[/'\\]]/g, '');"],
    ["a template nested in a template", "const x = `a${`b${'}'}`}c` / 2;"],
  ])("%s does not hide the import below it", (_, line) => {
    expect(found(`${line}\nimport "./a.js";`)).toEqual(["2 import ./a.js"]);
  });
});

describe("a barrel", () => {
  it("is a file of re-exports, in whichever spelling", () => {
    expect(scanImports('/** @file x */\nexport * from "./a.js";\nexport { b } from "./b.js";').onlyReexports).toBe(
      true,
    );
    expect(scanImports('import { a } from "./a.js";\nexport { a };').onlyReexports).toBe(true);
    expect(scanImports('export type { A } from "./a.js";').onlyReexports).toBe(true);
  });
  it("is not a file that defines something, or runs something, or exports nothing", () => {
    expect(scanImports('export { b } from "./b.js";\nexport const a = 1;').onlyReexports).toBe(false);
    expect(scanImports('export { b } from "./b.js";\nstart();').onlyReexports).toBe(false);
    expect(scanImports("const a = 1;\nexport { a };").onlyReexports).toBe(false);
    expect(scanImports('import "./a.js";').onlyReexports).toBe(false);
  });
});

it("the header is the comment a file opens with, behind a shebang line too", () => {
  expect(scanImports("#!/usr/bin/env node\n/** @file x */\nlet a;").header).toBe("/** @file x */");
  expect(scanImports("let a;\n/** @file x */").header).toBe("");
});

it("a broken source is read to its end", () => {
  for (const source of [
    "`",
    "'",
    "/*",
    "`${",
    "/[",
    "import",
    "export {",
    'import { a from "./a.js"',
    "}}}",
    "import(",
  ]) {
    expect(() => scanImports(source)).not.toThrow();
  }
});
