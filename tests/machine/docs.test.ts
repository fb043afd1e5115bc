/**
 * @file The tables of docs/accelerator.md are those of machine/opcodes.ts. `BLESS=1` writes them into the page.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { type Field, fieldBits, type Opcode, opcodes, slots } from "../../machine/opcodes.js";

const page = fileURLToPath(new URL("../../docs/accelerator.md", import.meta.url));

function fieldText([name, field]: readonly [string, Field]): string {
  const bits = fieldBits(field);
  if (field.kind === "register") return `${field.file} ${name} (${bits})`;
  if (field.kind === "choice") return `${name}: ${field.names.map((n) => `\`${n}\``).join(" ")} (${bits})`;
  return `${name} (${field.kind === "signed" ? "+-" : ""}${bits})`;
}

function opcodeRow(o: Opcode): readonly string[] {
  const fields = Object.entries(o.fields).map(fieldText).join(", ");
  const ports = o.ports.length === 0 ? "" : `, port ${o.ports.join(" or ")}`;
  const latency = o.latency === "none" ? "" : o.latency === "matrix" ? "by its work" : o.latency;
  return [
    `\`${o.name}\``,
    `${o.slots.join(", ")}: ${o.code}`,
    fields,
    `${latency}${ports}`.replace(/^, /, ""),
    o.summary,
  ];
}

/** Columns as wide as their widest cell, which is how the formatter leaves them. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, k) => Math.max(...[head, ...rows].map((row) => row[k]!.length)));
  const line = (cells: readonly string[], fill = " "): string =>
    `| ${cells.map((cell, k) => cell.padEnd(widths[k]!, fill)).join(" | ")} |\n`;
  const rule = line(
    head.map(() => "---"),
    "-",
  );
  return `\n${line(head)}${rule}${rows.map((row) => line(row)).join("")}\n`;
}

const tables: Readonly<Record<string, string>> = {
  opcodes: table(
    ["opcode", "slots: number", "fields (bits)", "latency, ports", "what it does"],
    opcodes.map(opcodeRow),
  ),
  slots: table(
    ["slot", "bits"],
    slots.map(({ name, bits }) => [name, String(bits)]),
  ),
};

it.each(Object.keys(tables))("the page has the table of %s", (name) => {
  const text = readFileSync(page, "utf8");
  const [begin, end] = [`<!-- ${name} -->\n`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  expect(from).toBeGreaterThan(begin.length);
  expect(to).toBeGreaterThan(from - 1);
  if (process.env["BLESS"] === "1") writeFileSync(page, text.slice(0, from) + tables[name]! + text.slice(to));
  else expect(text.slice(from, to)).toBe(tables[name]!);
});
