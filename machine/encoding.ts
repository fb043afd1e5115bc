/**
 * @file Bundles as bits, and back. A slot holds its opcode's number, then the fields in the table's order, lowest bits
 * first; slots follow each other in the order of the table. Invariant: what cannot be represented throws, nothing is cut
 * off, and every bundle has exactly one encoding: bits that no field uses are 0.
 */

import {
  type Field,
  fieldBits,
  type Opcode,
  opcodeBits,
  opcodeNamed,
  opcodes,
  type SlotName,
  slots,
} from "./opcodes.js";

/** One operation in one slot. Fields are numbers: registers and choices by position. */
export interface Instruction {
  readonly opcode: Opcode;
  readonly slot: SlotName;
  /** In the order of the opcode's fields. */
  readonly values: readonly number[];
}

/** What issues in one cycle: at most one instruction per slot, in the order of the slots. */
export type Bundle = readonly Instruction[];

/** Bytes of an encoded bundle. */
export const bundleBytes = slots.reduce((sum, slot) => sum + slot.bits, 0) / 8;

/** An instruction that has no encoding, or bytes that are none. */
export class EncodingError extends Error {
  override readonly name = "EncodingError";
}

const slotOffsets = new Map<SlotName, number>();
let nextOffset = 0;
for (const { name, bits } of slots) {
  slotOffsets.set(name, nextOffset);
  nextOffset += bits;
}

const byCode = new Map(opcodes.flatMap((o) => o.slots.map((slot) => [`${slot} ${o.code}`, o] as const)));

/** An instruction by the name of its opcode. Throws `EncodingError` where the fields are not the opcode's. */
export function instruction(name: string, fields: Readonly<Record<string, number>>, slot?: SlotName): Instruction {
  const opcode = opcodeNamed(name);
  if (opcode === undefined) throw new EncodingError(`there is no opcode '${name}'`);
  const wanted = Object.keys(opcode.fields);
  const wrong = [...Object.keys(fields).filter((f) => !wanted.includes(f)), ...wanted.filter((f) => !(f in fields))];
  if (wrong.length > 0) throw new EncodingError(`${name} has the fields ${wanted.join(", ")}, not ${wrong.join(", ")}`);
  return { opcode, slot: slot ?? opcode.slots[0]!, values: wanted.map((f) => fields[f]!) };
}

/** Encodes a bundle into `bytes` at `at`, which must be zeros there. */
export function encodeBundle(bundle: Bundle, bytes: Uint8Array, at: number): void {
  const taken = new Set<SlotName>();
  for (const { opcode, slot, values } of bundle) {
    if (taken.has(slot)) throw new EncodingError(`two instructions in the slot ${slot}`);
    if (!opcode.slots.includes(slot)) throw new EncodingError(`${opcode.name} does not issue in the slot ${slot}`);
    taken.add(slot);
    let bit = at * 8 + slotOffsets.get(slot)!;
    writeBits(bytes, bit, opcodeBits, opcode.code);
    bit += opcodeBits;
    Object.entries(opcode.fields).forEach(([name, field], k) => {
      writeBits(bytes, bit, fieldBits(field), raw(`${opcode.name} ${name}`, field, values[k]!));
      bit += fieldBits(field);
    });
  }
}

/** Decodes the bundle at `at`. Throws `EncodingError` for bits that no bundle has. */
export function decodeBundle(bytes: Uint8Array, at: number): Bundle {
  const bundle: Instruction[] = [];
  for (const { name: slot, bits } of slots) {
    const start = at * 8 + slotOffsets.get(slot)!;
    const code = readBits(bytes, start, opcodeBits);
    const opcode = byCode.get(`${slot} ${code}`);
    if (code !== 0 && opcode === undefined) throw new EncodingError(`the slot ${slot} has no opcode ${code}`);
    let bit = start + opcodeBits;
    if (opcode !== undefined) {
      const values = Object.entries(opcode.fields).map(([name, field]) => {
        const value = readBits(bytes, bit, fieldBits(field));
        bit += fieldBits(field);
        return cooked(`${opcode.name} ${name}`, field, value);
      });
      bundle.push({ opcode, slot, values });
    }
    const rest = start + bits - bit;
    if (readBits(bytes, bit, rest) !== 0) throw new EncodingError(`bits are set in the slot ${slot} that mean nothing`);
  }
  return bundle;
}

/** The bits of a field, unsigned. */
function raw(what: string, field: Field, value: number): number {
  const bits = fieldBits(field);
  const [least, greatest] = fieldRange(field);
  if (!Number.isInteger(value) || value < least || value > greatest)
    throw new EncodingError(`${what}: ${value} is not in [${least}, ${greatest}]`);
  return value < 0 ? value + 2 ** bits : value;
}

function cooked(what: string, field: Field, bits: number): number {
  const width = fieldBits(field);
  const value = field.kind === "signed" && bits >= 2 ** (width - 1) ? bits - 2 ** width : bits;
  const [least, greatest] = fieldRange(field);
  if (value < least || value > greatest) throw new EncodingError(`${what}: there is no ${value}`);
  return value;
}

/** The least and greatest value a field holds. */
export function fieldRange(field: Field): readonly [number, number] {
  const bits = fieldBits(field);
  if (field.kind === "signed") return [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  if (field.kind === "choice") return [0, field.names.length - 1];
  return [0, 2 ** bits - 1];
}

function writeBits(bytes: Uint8Array, start: number, bits: number, value: number): void {
  let rest = value;
  for (let done = 0; done < bits; ) {
    const at = start + done;
    const count = Math.min(8 - (at & 7), bits - done);
    bytes[at >> 3] = bytes[at >> 3]! | ((rest % 2 ** count) << (at & 7));
    rest = Math.floor(rest / 2 ** count);
    done += count;
  }
}

function readBits(bytes: Uint8Array, start: number, bits: number): number {
  let value = 0;
  for (let done = 0; done < bits; ) {
    const at = start + done;
    const count = Math.min(8 - (at & 7), bits - done);
    value += ((bytes[at >> 3]! >> (at & 7)) & ((1 << count) - 1)) * 2 ** done;
    done += count;
  }
  return value;
}
