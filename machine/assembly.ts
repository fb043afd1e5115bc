/**
 * @file Tile programs as text: a bundle per line, its instructions separated by `|`, an empty bundle as `nop`.
 *
 *     s.addi s1, s1, 32 | l.unit v0, a0, 1 | v.add@valu1 v2, v0, v1
 *
 * `@SLOT` stands where the instruction is not in the first slot it could be in. Reading what was printed gives the same.
 */

import { type Bundle, EncodingError, type Instruction } from "./encoding.js";
import { type Field, type Opcode, opcodeNamed, type SlotName, slots } from "./opcodes.js";

export function printBundle(bundle: Bundle): string {
  return bundle.length === 0 ? "nop" : bundle.map(printInstruction).join(" | ");
}

export function printProgram(bundles: readonly Bundle[]): string {
  return bundles.map((bundle) => `${printBundle(bundle)}\n`).join("");
}

function printInstruction({ opcode, slot, values }: Instruction): string {
  const name = slot === opcode.slots[0] ? opcode.name : `${opcode.name}@${slot}`;
  const fields = Object.values(opcode.fields).map((field, k) => printField(field, values[k]!));
  return fields.length === 0 ? name : `${name} ${fields.join(", ")}`;
}

function printField(field: Field, value: number): string {
  if (field.kind === "register") return `${field.file}${value}`;
  return field.kind === "choice" ? (field.names[value] ?? String(value)) : String(value);
}

/** Reads a program; `#` begins a comment. Throws `EncodingError` with the line's number. */
export function parseProgram(text: string): readonly Bundle[] {
  const bundles: Bundle[] = [];
  text.split("\n").forEach((line, k) => {
    const code = line.replace(/#.*$/, "").trim();
    if (code === "") return;
    try {
      bundles.push(parseBundle(code));
    } catch (error) {
      if (error instanceof EncodingError) throw new EncodingError(`line ${k + 1}: ${error.message}`);
      throw error;
    }
  });
  return bundles;
}

function parseBundle(code: string): Bundle {
  if (code === "nop") return [];
  const order = slots.map((slot) => slot.name);
  const bundle = code.split("|").map((part) => parseInstruction(part.trim()));
  const used = bundle.map((i) => i.slot);
  if (new Set(used).size < used.length) throw new EncodingError("two instructions in one slot");
  return bundle.sort((a, b) => order.indexOf(a.slot) - order.indexOf(b.slot));
}

function parseInstruction(text: string): Instruction {
  const [, name = "", at, rest = ""] = /^([\w.]+)(?:@(\w+))?(?:\s+(.*))?$/.exec(text) ?? [];
  const opcode = opcodeNamed(name);
  if (opcode === undefined) throw new EncodingError(`there is no opcode '${name || text}'`);
  const slot = (at ?? opcode.slots[0]) as SlotName;
  if (!opcode.slots.includes(slot)) throw new EncodingError(`${name} does not issue in the slot ${slot}`);
  const words = rest === "" ? [] : rest.split(",").map((word) => word.trim());
  return { opcode, slot, values: parseFields(opcode, words) };
}

function parseFields(opcode: Opcode, words: readonly string[]): readonly number[] {
  const fields = Object.entries(opcode.fields);
  if (words.length !== fields.length)
    throw new EncodingError(`${opcode.name} takes ${fields.length} fields, not ${words.length}`);
  return fields.map(([name, field], k) => {
    const word = words[k]!;
    const value = parseField(field, word);
    if (value === undefined) throw new EncodingError(`${opcode.name} ${name}: '${word}' is not one`);
    return value;
  });
}

function parseField(field: Field, word: string): number | undefined {
  if (field.kind === "choice") {
    const at = field.names.indexOf(word);
    return at < 0 ? undefined : at;
  }
  const digits = field.kind === "register" ? new RegExp(`^${field.file}(\\d+)$`).exec(word)?.[1] : word;
  return digits !== undefined && /^-?\d+$/.test(digits) ? Number(digits) : undefined;
}
