/**
 * @file One operation for every opcode of machine/opcodes.ts: `tile.s.add` is the instruction `s.add` before registers
 * are assigned. What scalar and vector registers will hold is a value; address registers, matrix configurations and
 * descriptors are named by number, as they are state that several instructions fill. Loops and ends of programs have
 * structure here and are not among them (structure.ts).
 */

import { type Field, fieldBits, type Opcode, opcodes } from "../../../machine/opcodes.js";
import { type AnyOpDef, defineOp } from "../../define.js";
import type { AttrValues, Operation, Value } from "../../graph.js";
import { i64, string } from "../../kinds.js";
import type { AttrSlots, Slots } from "../../slots.js";
import type { Assembly, OpParser, OpPrinter } from "../../text/assembly.js";
import { registerType, scalarRegister, vectorRegister } from "./types.js";

/** Opcodes whose meaning is the structure of the program. */
const structural = new Set(["c.halt", "c.loop"]);

export type FieldRole = "operand" | "result" | "attribute";

/** How an operation carries a field of its opcode. */
export function roleOf(field: Field): FieldRole {
  if (field.kind !== "register" || (field.file !== "s" && field.file !== "v")) return "attribute";
  return field.access === "write" ? "result" : "operand";
}

function constraintOf(field: Field) {
  return field.kind === "register" && field.file === "v" ? vectorRegister : scalarRegister;
}

function fieldsOf(opcode: Opcode, role: FieldRole): readonly (readonly [string, Field])[] {
  return Object.entries(opcode.fields).filter(([, field]) => roleOf(field) === role);
}

/** `d0, hbm, %3`: the fields in the table's order, results apart. */
function assemblyOf(opcode: Opcode): Assembly {
  const shown = Object.entries(opcode.fields).filter(([, field]) => roleOf(field) !== "result");
  const attributes = fieldsOf(opcode, "attribute").map(([name]) => name);
  return {
    print(op, printer) {
      let operand = 0;
      shown.forEach(([name, field], k) => {
        printer.text(k === 0 ? " " : ", ");
        if (roleOf(field) === "operand") printer.value(op.operand(operand++));
        else printAttribute(printer, field, op.attrs[name]);
      });
      printer.attrDict(op, attributes);
    },
    parse(parser, def) {
      const operands: Value[] = [];
      const known: Record<string, unknown> = {};
      shown.forEach(([name, field], k) => {
        if (k > 0) parser.punct(",");
        if (roleOf(field) === "operand") operands.push(parser.operand());
        else known[name] = parseAttribute(parser, field);
      });
      return { operands, ...parser.splitAttrs(def, parser.attrDict(), known as AttrValues) };
    },
  };
}

function printAttribute(printer: OpPrinter, field: Field, value: unknown): void {
  printer.text(field.kind === "register" ? `${field.file}${value}` : String(value));
}

function parseAttribute(parser: OpParser, field: Field): number | string {
  if (field.kind === "choice") return parser.identifier("the name of a field");
  if (field.kind !== "register") return Number(parser.integer());
  const name = parser.identifier(`a register of the file ${field.file}`);
  const digits = new RegExp(`^${field.file}(\\d+)$`).exec(name)?.[1];
  return digits === undefined ? parser.fail(`'${name}' is no register of the file ${field.file}`) : Number(digits);
}

/** What is wrong with the attributes: numbers that the field cannot hold, names it does not know. */
function problemsOf(opcode: Opcode, op: Operation): readonly string[] {
  return fieldsOf(opcode, "attribute").flatMap(([name, field]) => {
    const value = op.attrs[name];
    if (field.kind === "choice") return field.names.includes(String(value)) ? [] : [`${name}: there is no '${value}'`];
    const bits = fieldBits(field);
    const [least, greatest] = field.kind === "signed" ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
    const n = Number(value);
    return n >= least && n <= greatest ? [] : [`${name}: ${n} is not in [${least}, ${greatest}]`];
  });
}

/** Only what computes values from values may be removed or duplicated; all else is state, memory or control. */
function isPure(opcode: Opcode): boolean {
  return Object.values(opcode.fields).every((f) => f.kind !== "register" || f.file === "s" || f.file === "v")
    ? fieldsOf(opcode, "result").length > 0
    : false;
}

function define(opcode: Opcode): AnyOpDef {
  const operands: Slots = Object.fromEntries(fieldsOf(opcode, "operand").map(([n, f]) => [n, constraintOf(f)]));
  const results: Slots = Object.fromEntries(fieldsOf(opcode, "result").map(([n, f]) => [n, constraintOf(f)]));
  const attrs: AttrSlots = Object.fromEntries(
    fieldsOf(opcode, "attribute").map(([n, f]) => [n, f.kind === "choice" ? string : i64]),
  );
  return defineOp(`tile.${opcode.name}`, {
    summary: opcode.summary,
    operands,
    attrs,
    results,
    traits: isPure(opcode) ? ["pure"] : ["reads", "writes"],
    format: assemblyOf(opcode),
    infer: (_, __, { context }) =>
      Object.fromEntries(
        fieldsOf(opcode, "result").map(([n, f]) => [
          n,
          registerType(constraintOf(f) === vectorRegister ? "v" : "s", context),
        ]),
      ),
    verify: (op) => problemsOf(opcode, op),
  });
}

/** The operations by the names of their opcodes. */
export const instructionOps: ReadonlyMap<string, AnyOpDef> = new Map(
  opcodes.filter((o) => !structural.has(o.name)).map((o) => [o.name, define(o)]),
);

const opcodeOfName = new Map(opcodes.map((o) => [`tile.${o.name}`, o]));

/** The opcode of an instruction, or `undefined` for other operations. */
export function opcodeOf(op: Operation): Opcode | undefined {
  return opcodeOfName.get(op.name);
}
