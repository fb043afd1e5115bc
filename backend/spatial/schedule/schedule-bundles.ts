/**
 * @file Forms bundles: a greedy list schedule of each straight piece of code. Latencies are exposed, so an instruction is
 * placed where its operands are complete; memory, DMA, matrix unit and delays keep their order. Where a piece ends,
 * everything it began has ended.
 */

import type { AcceleratorDescription } from "../../../machine/accelerator.js";
import { type Bundle, type Instruction, instruction } from "../../../machine/encoding.js";
import { type Field, groupOf, type SlotName, slots } from "../../../machine/opcodes.js";
import type { LinearItem } from "./linearize.js";

export function scheduleBundles(items: readonly LinearItem[], machine: AcceleratorDescription): readonly Bundle[] {
  return scheduleItems(items, machine, 0);
}

function scheduleItems(
  items: readonly LinearItem[],
  machine: AcceleratorDescription,
  level: number,
): readonly Bundle[] {
  const bundles: Bundle[] = [];
  let piece: Instruction[] = [];
  const flush = (): void => {
    bundles.push(...new Piece(machine).schedule(piece));
    piece = [];
  };
  for (const item of items) {
    if (item.kind === "instruction") {
      piece.push(item.instruction);
      continue;
    }
    flush();
    const body = scheduleItems(item.body, machine, level + 1);
    // An end of its own for every loop: hardware looks at one loop per bundle.
    const endsWithLoop = item.body.at(-1)?.kind === "loop" || body.length === 0;
    const padded = endsWithLoop ? [...body, []] : body;
    bundles.push([instruction("c.loop", { level, count: item.count, length: padded.length })], ...padded);
  }
  flush();
  return bundles;
}

/** How an instruction touches what is kept in order. */
type Order = "free" | "load" | "store" | "barrier";

function orderOf({ opcode }: Instruction): Order {
  const group = groupOf(opcode.name);
  if (group === "l") return "load";
  if (group === "st") return "store";
  if (opcode.name === "d.write" || opcode.name === "m.configure") return "free";
  return group === "c" || group === "d" || group === "m" ? "barrier" : "free";
}

/** The last accesses to one register. */
interface Access {
  /** From when on it can be read. */
  ready: number;
  /** The last cycle in which it is read. */
  read: number;
}

/** One straight piece of code while it is scheduled. */
class Piece {
  readonly #machine: AcceleratorDescription;
  readonly #cycles: Map<SlotName, Instruction>[] = [];
  readonly #registers = new Map<string, Access>();
  #afterLoads = 0;
  #afterStores = 0;
  #afterBarrier = 0;
  #lastOrdered = -1;
  #end = 0;

  constructor(machine: AcceleratorDescription) {
    this.#machine = machine;
  }

  schedule(piece: readonly Instruction[]): readonly Bundle[] {
    for (const i of piece) this.#place(i);
    while (this.#cycles.length < this.#end) this.#cycles.push(new Map());
    return this.#cycles.map((cycle) => slots.flatMap(({ name }) => cycle.get(name) ?? []));
  }

  #place(i: Instruction): void {
    const latency = this.#latency(i);
    const fields = Object.values(i.opcode.fields);
    let earliest = this.#orderedAfter(orderOf(i));
    // What is under way at the end of a program still has to end.
    if (i.opcode.name === "c.halt") earliest = Math.max(earliest, this.#end - 1);
    fields.forEach((field, k) => {
      if (field.kind === "register") earliest = Math.max(earliest, this.#earliest(field, i.values[k]!, latency));
    });
    const { cycle, slot } = this.#freeSlot(i, earliest);
    this.#cycles[cycle]!.set(slot, { ...i, slot });
    fields.forEach((field, k) => {
      if (field.kind === "register") this.#record(field, i.values[k]!, cycle, latency);
    });
    this.#recordOrder(orderOf(i), cycle);
    this.#end = Math.max(this.#end, cycle + latency);
  }

  #latency({ opcode }: Instruction): number {
    if (opcode.latency === "matrix" || opcode.latency === "none") return 1;
    return this.#machine.latencies[opcode.latency];
  }

  #access(field: Field & { readonly kind: "register" }, register: number): Access {
    const key = `${field.file}${register}`;
    const access = this.#registers.get(key) ?? { ready: 0, read: 0 };
    this.#registers.set(key, access);
    return access;
  }

  /** State registers are written at once; the latency is that of what goes to `s` and `v`. */
  #resultLatency(field: Field & { readonly kind: "register" }, latency: number): number {
    return field.access === "update" ? 1 : latency;
  }

  #earliest(field: Field & { readonly kind: "register" }, register: number, latency: number): number {
    const { ready, read } = this.#access(field, register);
    if (field.access === "read") return ready;
    if (field.access === "update") return Math.max(ready, read);
    // A write must come after the reads, and end after the write before it.
    return Math.max(read, ready - latency + 1);
  }

  #record(field: Field & { readonly kind: "register" }, register: number, cycle: number, latency: number): void {
    const access = this.#access(field, register);
    if (field.access !== "write") access.read = Math.max(access.read, cycle);
    if (field.access !== "read") access.ready = cycle + this.#resultLatency(field, latency);
  }

  #orderedAfter(order: Order): number {
    if (order === "free") return 0;
    if (order === "barrier") return Math.max(this.#afterLoads, this.#afterStores, this.#lastOrdered + 1);
    return order === "load"
      ? Math.max(this.#afterBarrier, this.#afterStores)
      : Math.max(this.#afterBarrier, this.#lastOrdered);
  }

  #recordOrder(order: Order, cycle: number): void {
    if (order === "free") return;
    const { load, storeToLoad } = this.#machine.latencies;
    this.#lastOrdered = Math.max(this.#lastOrdered, cycle);
    if (order === "load") this.#afterLoads = Math.max(this.#afterLoads, cycle + load);
    else if (order === "store") this.#afterStores = Math.max(this.#afterStores, cycle + storeToLoad);
    else this.#afterBarrier = cycle + 1;
  }

  #freeSlot(i: Instruction, earliest: number): { readonly cycle: number; readonly slot: SlotName } {
    for (let cycle = earliest; ; cycle++) {
      while (this.#cycles.length <= cycle) this.#cycles.push(new Map());
      const slot = i.opcode.slots.find((s) => !this.#cycles[cycle]!.has(s));
      if (slot !== undefined) return { cycle, slot };
    }
  }
}
