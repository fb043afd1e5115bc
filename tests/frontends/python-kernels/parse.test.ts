/** @file The reader of Python against CPython's own, on whole libraries; bad sources; noise. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePython } from "../../../frontends/python-kernels/parse.js";
import { CompileError } from "../../../ir/diagnostic.js";
import { pythonWith } from "../../support/python.js";
import { firstDifference, normalForm } from "./normal-form.js";

const python = pythonWith("numpy");
const dump = new URL("./dump-ast.py", import.meta.url).pathname;

type Tree = Parameters<typeof firstDifference>[0];
type Referee = { readonly path: string; readonly tree?: Tree; readonly error?: string; readonly line?: number };

function refereed(paths: readonly string[]): readonly Referee[] {
  const text = execFileSync(python!, [dump], { input: paths.join("\n"), maxBuffer: 2 ** 30, encoding: "utf8" });
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Referee);
}

function written(sources: readonly string[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "psm-python-"));
  return sources.map((source, i) => {
    const path = join(folder, `${i}.py`);
    writeFileSync(path, source);
    return path;
  });
}

/** What is wrong with our reading of `path`, if CPython is right. */
async function mistakeIn({ path, tree, error }: Referee): Promise<string | undefined> {
  const text = readFileSync(path, "utf8");
  try {
    const ours = normalForm(await parsePython(text, path), text.replace(/^\ufeff/, ""));
    if (tree === undefined) return `${path}: read, but ${error} to CPython`;
    const found = firstDifference(ours, tree);
    return found && `${path}: ${found}`;
  } catch (fault) {
    if (!(fault instanceof CompileError)) throw fault;
    return tree === undefined ? undefined : `${path}: ${fault.message.split("\n")[0]}`;
  }
}

function sourcesIn(folder: string): readonly string[] {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && entry.name.endsWith(".py") && statSync(path).size < 200_000) found.push(path);
  }
  return found.sort();
}

/** Names of characters are kept as written, and lone surrogates cannot be told from pairs in our strings. */
function isComparable(path: string): boolean {
  return !/\\N\{|\\u[dD][89a-fA-F]/.test(readFileSync(path, "utf8"));
}

/** Every so many files, so that all parts of a library are seen. */
function sample(paths: readonly string[], count: number): readonly string[] {
  const step = Math.max(1, Math.floor(paths.length / count));
  return paths.filter((_, i) => i % step === 0).slice(0, count);
}

describe.skipIf(python === undefined)("the reader of Python", () => {
  const where = (code: string): string => execFileSync(python!, ["-c", code], { encoding: "utf8" }).trim();
  const count = Number(process.env["PSM_PYTHON_FILES"] ?? 120);

  test.each([
    ["the standard library", "import os; print(os.path.dirname(os.__file__))", count],
    ["NumPy", "import os, numpy; print(os.path.dirname(numpy.__file__))", Math.ceil(count / 2)],
  ])("reads %s as CPython does", async (_, code, most) => {
    const paths = sample(
      sourcesIn(where(code)).filter(
        (p) => !/lib2to3.tests.data|bad_coding|site-packages.(?!numpy)/.test(p) && isComparable(p),
      ),
      most,
    );
    expect(paths.length).toBeGreaterThan(20);
    const mistakes: string[] = [];
    for (const referee of refereed(paths)) {
      const mistake = await mistakeIn(referee);
      if (mistake !== undefined) mistakes.push(mistake);
    }
    expect(mistakes).toEqual([]);
  });

  test("gives small forms of every kind the trees that CPython gives them", async () => {
    const mistakes: string[] = [];
    for (const referee of refereed(written(forms))) {
      expect([referee.path, referee.error]).toEqual([referee.path, undefined]);
      const mistake = await mistakeIn(referee);
      if (mistake !== undefined) mistakes.push(`${readFileSync(referee.path, "utf8")} ${mistake}`);
    }
    expect(mistakes).toEqual([]);
  });

  test.each(bad())("refuses %j, as CPython does", async (source) => {
    const [referee] = refereed(written([source]));
    expect(referee!.tree).toBeUndefined();
    await expect(parsePython(source, "bad.py")).rejects.toBeInstanceOf(CompileError);
  });
});

const forms = [
  "x = (a, b), [c, *d], {e, f}, {1: 2, **g}\n",
  "x = a if b else c\ny = lambda p, /, q=1, *r, s, t=2, **u: p\n",
  "x = [i for i in y if i if j for k in l]\nz = {k: v async for k, v in w}\n",
  "x = not a and b and c or d and (e and f)\n",
  "x = a < b <= c is not d not in e\n",
  "x = -a ** -b @ c // d % ~e << 2 >> 1 & 3 | 4 ^ 5\n",
  "x = 0x1f, 0o17, 0b11, 1_000, 1., .5e-3, 3j, 1e400\n",
  "x = 'a' \"b\" '''c\n''' r'\\n' '\\n\\x41\\u00e9\\\ny'\ny = b'\\xff' rb'\\d'\n",
  "x = f'{a}{b!r:>{w}}c{{d}}{e=}' 'f' f'{g:%H}'\n",
  "a[1], a[1:2], a[:, ::2], a[1,], a[b, c:d], a[...]\n",
  "def f(a: int, /, b: f64[N, M] = 1, *c: t, d, e=2, **g) -> r[x]:\n    '''doc'''\n    return a,\n",
  "@a.b\n@c(d)\nclass E(F, metaclass=G):\n    x: int = 1\n    y: 'f64[2 * N]'\n    (z): int\n",
  "async def f():\n    async for i in x:\n        await y\n    async with a as b, c:\n        yield i\n        yield\n",
  "with (a as b, c as (d, e)):\n    pass\nwith (a, b):\n    pass\nwith (a):\n    pass\nwith a, b as c: pass\nwith (a, b) as c: pass\n",
  "try:\n    a\nexcept (B, C) as e:\n    raise X from e\nexcept:\n    raise\nelse:\n    b\nfinally:\n    c\n",
  "try:\n    a\nexcept* B as e:\n    pass\n",
  "for i, (j, k) in x:\n    continue\nelse:\n    pass\nwhile a:\n    break\nelse:\n    pass\n",
  "if a:\n    b\nelif c:\n    d\nelif e: f\nelse:\n    g\n",
  "import a.b as c, d\nfrom . import e\nfrom ..f.g import (h as i, j,)\nfrom k import *\nfrom __future__ import annotations\n",
  "global_ = 1\ndef f():\n    global g, h\n    nonlocal_ = 2\n    del a, b[1], (c, d)\n    assert e, f\n",
  "a = b = c, d = e\na += 1\nb **= 2,\nc //= d; e @= f\n",
  "match a:\n    case 1 | -2 | 'x': pass\n    case [b, *_, c] if d: pass\n    case {'k': v, **r}: pass\n    case P(x, y=Q.z): pass\n    case (e,) | None as n: pass\n    case _: pass\n",
  "match a, b:\n    case c, d: pass\n    case (e): pass\n",
  "print(a, *b, c=d, **e)\nf(x for x in y)\nif (n := g()): pass\n",
  "x = [*f(x), *a.b, *c[d], *e + g]\n",
  "x = a + b \\\n    + c  # comment\n\n# another\ny = (\n    1 +\n    2\n)\n",
  "if a:\n\tb\n\tif c:\n\t\td\n# c\n\te\n",
];

function bad(): string[] {
  return [
    "if a:\n        b\n    c\n",
    "a\n    b\n",
    "  a\n",
    "if a:\nb\n",
    "def f(:\n    pass\n",
    "x = (1, 2\n",
    "x = 1 +\n",
    "1 = x\n",
    "f() = x\n",
    "a + b += 1\n",
    "print x\n",
    "exec 'a'\n",
    "x = 012\n",
    "x = 1__0\n",
    "a <> b\n",
    "def f(a=1, b): pass\n",
    "f(a=1, b)\n",
    "try:\n    a\n",
    "if a:\n    b\n  else:\n    c\n",
    "x = 'abc\n",
    "for 1 in x: pass\n",
    "if a:\n    b\n\tc\n",
    "x = a b\n",
    "class A\n    pass\n",
    "del f()\n",
  ];
}

describe("faults of the syntax", () => {
  test("are all told, with their places", async () => {
    const fault = await parsePython("x = (1 +\n", "k.py").catch((e: unknown) => e);
    expect(fault).toBeInstanceOf(CompileError);
    const { diagnostics } = (await parsePython("if a:\n    b\n  c\nif d:\n    e\n   f\n", "k.py").catch(
      (e: unknown) => e as CompileError,
    )) as CompileError;
    expect(diagnostics.map((d) => [d.code, d.at.kind === "text" && d.at.line])).toEqual([
      ["PS2801", 3],
      ["PS2801", 6],
    ]);
  });

  test("are all that noise leads to", async () => {
    const words = [
      "def",
      " f",
      "(",
      ")",
      ":",
      "\n",
      "    ",
      "\t",
      "if ",
      "[",
      "]",
      "'",
      '"',
      "f'{",
      "}",
      "=",
      "x",
      "1",
    ];
    const noise = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: "binary", maxLength: 3 })), {
      maxLength: 60,
    });
    await fc.assert(
      fc.asyncProperty(noise, async (parts) => {
        await parsePython(parts.join(""), "noise.py").catch((e: unknown) => {
          if (!(e instanceof CompileError)) throw e;
        });
      }),
      { numRuns: 500 },
    );
  });

  test("are what thousands of brackets or operators lead to, if anything", async () => {
    for (const source of [
      "(".repeat(5000),
      `${"(".repeat(3000)}1${")".repeat(3000)}`,
      `x = ${"not ".repeat(9000)}y\n`,
    ]) {
      await expect(parsePython(source, "deep.py")).rejects.toBeInstanceOf(CompileError);
    }
    await parsePython(`x = ${"1 + ".repeat(5000)}1\n`, "long.py");
  });
});
