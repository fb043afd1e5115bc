/**
 * @file From a kernel's operations to instructions on registers, in order, loops kept as structure. What a loop carries
 * stays in its register: moves before the loop and at the end of each turn put it there.
 */

import { functionBody } from "../../../ir/dialects/func.js";
import { opcodeOf } from "../../../ir/dialects/tile/instructions.js";
import { addressOf, loop, yieldOp } from "../../../ir/dialects/tile/structure.js";
import type { Block, Operation, Value } from "../../../ir/graph.js";
import { type Instruction, instruction } from "../../../machine/encoding.js";
import type { Field, Opcode } from "../../../machine/opcodes.js";
import type { Assignment } from "../allocate/registers.js";

export type LinearItem =
  | { readonly kind: "instruction"; readonly instruction: Instruction }
  | { readonly kind: "loop"; readonly count: number; readonly body: readonly LinearItem[] };

export function linearize(func: Operation, assignment: Assignment): readonly LinearItem[] {
  return linearizeBlock(functionBody(func), assignment);
}

function linearizeBlock(block: Block, assignment: Assignment): readonly LinearItem[] {
  const items: LinearItem[] = [];
  for (const op of block.ops()) {
    const opcode = opcodeOf(op);
    if (opcode !== undefined) items.push(plain(instructionOf(op, opcode, assignment)));
    else if (loop.matches(op)) items.push(...linearizeLoop(op, assignment));
    else if (op.name === "func.return") items.push(plain(instruction("c.halt", {})));
    else if (!addressOf.matches(op) && !yieldOp.matches(op))
      throw new Error(`${op.name} is no operation of tile programs`);
  }
  return items;
}

const plain = (i: Instruction): LinearItem => ({ kind: "instruction", instruction: i });

function instructionOf(op: Operation, opcode: Opcode, { registers }: Assignment): Instruction {
  let operand = 0;
  let result = 0;
  const register = (v: Value): number => registers.get(v)!;
  const fieldValue = ([name, field]: readonly [string, Field]): number => {
    const isValue = field.kind === "register" && (field.file === "s" || field.file === "v");
    if (isValue) return register(field.access === "write" ? op.results[result++]! : op.operand(operand++));
    const attr = op.attrs[name];
    return field.kind === "choice" ? field.names.indexOf(String(attr)) : Number(attr);
  };
  return { opcode, slot: opcode.slots[0]!, values: Object.entries(opcode.fields).map(fieldValue) };
}

function linearizeLoop(op: Operation, assignment: Assignment): readonly LinearItem[] {
  const [count, ...inits] = op.operands;
  const body = op.region(0).blocks[0]!;
  const register = (v: Value): number => assignment.registers.get(v)!;
  const carried = body.args.map(register);
  const next = body.terminator.operands.map(register);
  return [
    ...moves(carried, inits.map(register), assignment.temporary),
    {
      kind: "loop",
      count: register(count!),
      body: [...linearizeBlock(body, assignment), ...moves(carried, next, assignment.temporary)],
    },
  ];
}

/** Copies `from` to `to` as if all at once: a move waits until nothing has to be read from where it writes. */
export function moves(to: readonly number[], from: readonly number[], temporary: number): readonly LinearItem[] {
  const items: LinearItem[] = [];
  let rest = to.map((t, k) => ({ to: t, from: from[k]! })).filter((m) => m.to !== m.from);
  const move = (t: number, f: number): void =>
    void items.push(plain(instruction("s.addi", { dest: t, a: f, value: 0 })));
  while (rest.length > 0) {
    const ready = rest.find((m) => rest.every((other) => other === m || other.from !== m.to));
    if (ready !== undefined) {
      move(ready.to, ready.from);
      rest = rest.filter((m) => m !== ready);
      continue;
    }
    // Every target is still to be read: a cycle. One value steps aside.
    const [first] = rest;
    move(temporary, first!.to);
    rest = rest.map((m) => (m.from === first!.to ? { ...m, from: temporary } : m));
  }
  return items;
}
