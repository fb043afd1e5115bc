/**
 * @file One tile running one program, bundle by bundle: all reads of a bundle come before its writes, results can be read
 * when their latency has passed. Values are computed when an instruction issues; that nobody looks at them earlier than the
 * hardware would have them is checked, so the values are those of the machine. Stalls are not timed here.
 */

import type { AcceleratorDescription } from "../../../machine/accelerator.js";
import { vectorBytes } from "../../../machine/accelerator.js";
import type { Instruction } from "../../../machine/encoding.js";
import { addressFields, descriptorFields, matrixFields, registerCounts, slots } from "../../../machine/opcodes.js";
import type { TileProgram } from "../../bundle/tiles.js";
import { countExecuted, type TileCounters } from "./counters.js";
import { Dma, resetDescriptor } from "./dma.js";
import { type ProgramPlace, programFault } from "./faults.js";
import type { Hbm } from "./hbm.js";
import { MatrixUnit } from "./matrix-unit.js";
import { computeScalar } from "./scalar-unit.js";
import type { Sram } from "./sram.js";
import { isBinary, type Lanes, narrow, runBinary, widen } from "./vector-unit.js";

export interface CoreOptions {
  readonly machine: AcceleratorDescription;
  readonly program: TileProgram;
  readonly row: number;
  readonly column: number;
  /** Addresses of the buffers, for s0, s1, ... */
  readonly arguments: readonly number[];
  readonly sram: Sram;
  readonly hbm: Hbm;
  readonly counters: TileCounters;
  /** The most bundles to execute. */
  readonly bundleLimit: number;
}

interface RunningLoop {
  readonly first: number;
  readonly end: number;
  left: number;
}

const never = Number.POSITIVE_INFINITY;
const dimensions = 3;

export class TileCore {
  readonly #o: CoreOptions;
  readonly #scalars: Float64Array;
  readonly #scalarReady: Float64Array;
  readonly #vectors: readonly Lanes[];
  readonly #vectorReady: Float64Array;
  /** Address registers: the fields that `s.address` sets, then the present address and two counters. */
  readonly #addresses: readonly Float64Array[];
  readonly #descriptors: readonly Float64Array[];
  readonly #configurations: readonly Float64Array[];
  readonly #matrix: MatrixUnit;
  readonly #dma: Dma;
  readonly #loops: RunningLoop[] = [];
  /** How often each bundle was executed. */
  readonly #executed: Float64Array;
  readonly #pending: PendingWrites;
  #now = 0;
  #next = 0;
  readonly #place: { -readonly [K in keyof ProgramPlace]: ProgramPlace[K] };
  #isHalted = false;

  constructor(options: CoreOptions) {
    const { machine, sram, hbm, counters, program, row, column } = options;
    const counts = registerCounts(machine);
    const files = (count: number, fields: number): Float64Array[] =>
      Array.from({ length: count }, () => new Float64Array(fields));
    this.#o = options;
    this.#place = { program: program.name, row, column, bundle: 0 };
    this.#scalars = new Float64Array(counts.s);
    this.#scalarReady = new Float64Array(counts.s).fill(never);
    this.#vectors = Array.from({ length: counts.v }, () => newLanes(machine.vector.lanes));
    this.#vectorReady = new Float64Array(counts.v).fill(never);
    this.#addresses = files(counts.a, addressFields.length + dimensions);
    this.#descriptors = files(counts.d, descriptorFields.length);
    this.#configurations = files(counts.q, matrixFields.length);
    for (const descriptor of this.#descriptors) resetDescriptor(descriptor);
    options.arguments.forEach((address, k) => {
      this.#scalars[k] = address;
      this.#scalarReady[k] = 0;
    });
    this.#executed = new Float64Array(program.bundles.length);
    this.#pending = new PendingWrites(machine.vector.lanes);
    this.#matrix = new MatrixUnit(machine, sram, counters);
    this.#dma = new Dma(machine, sram, hbm, counters);
  }

  /** Runs to the end. Throws a `RuntimeFault` for whatever the program does wrong. */
  run(): void {
    try {
      for (let executed = 0; !this.#isHalted; executed++) this.#step(executed);
      this.#dma.finishAll();
    } finally {
      countExecuted(this.#o.counters, this.#o.program, this.#executed);
    }
  }

  #step(executed: number): void {
    const { program, counters, bundleLimit } = this.#o;
    const pc = this.#next;
    this.#place.bundle = pc;
    if (executed >= bundleLimit)
      throw programFault("PS5267", this.#place, `${bundleLimit} bundles have been executed`, 4);
    const bundle = program.bundles[pc];
    if (bundle === undefined) throw programFault("PS5263", this.#place, "the program runs beyond its end");
    this.#executed[pc]!++;
    this.#next = pc + 1;
    let delay = 0;
    for (const i of bundle) delay += this.#execute(i, pc);
    this.#commit();
    this.#endLoops();
    this.#now += 1 + delay;
    counters.delayCycles += delay;
  }

  /** The writes of a bundle, once all of it has read. */
  #commit(): void {
    const { scalar, vectors } = this.#pending;
    if (scalar.register >= 0) {
      this.#scalars[scalar.register] = scalar.value;
      this.#scalarReady[scalar.register] = scalar.complete;
      scalar.register = -1;
    }
    for (let k = 0; k < this.#pending.count; k++) {
      const { register, complete, lanes } = vectors[k]!;
      this.#vectors[register]!.bits.set(lanes.bits);
      this.#vectorReady[register] = complete;
    }
    this.#pending.count = 0;
  }

  #endLoops(): void {
    for (let loop = this.#loops.at(-1); loop !== undefined && this.#next === loop.end; loop = this.#loops.at(-1)) {
      loop.left--;
      if (loop.left > 0) {
        this.#next = loop.first;
        return;
      }
      this.#loops.pop();
    }
  }

  /** Issues one instruction; gives the cycles after it in which nothing issues. */
  #execute(i: Instruction, pc: number): number {
    const { name } = i.opcode;
    const [first = 0, second = 0, third = 0] = i.values;
    switch (name.charAt(0)) {
      case "c":
        return this.#control(name, i.values, pc);
      case "d":
        this.#transfer(name, first, second, third);
        return 0;
      case "s":
        if (name.startsWith("st.")) this.#store(name, first, second, third);
        else this.#scalar(name, i.values);
        return 0;
      case "l":
        this.#load(name, first, second, third);
        return 0;
      case "v":
        this.#vector(i);
        return 0;
      default:
        if (name === "m.configure") this.#configurations[first]![second] = this.#scalar64(third);
        else this.#matrix.run(name, this.#configurations[first]!, this.#now, this.#place);
        return 0;
    }
  }

  #control(name: string, values: readonly number[], pc: number): number {
    if (name === "c.halt") this.#isHalted = true;
    else if (name === "c.delay") return values[0]!;
    else if (name === "c.delay_by") return Math.max(0, this.#scalar64(values[0]!));
    else {
      const count = this.#scalar64(values[1]!);
      const end = pc + 1 + values[2]!;
      if (count > 0) this.#loops.push({ first: pc + 1, end, left: count });
      else this.#next = end;
    }
    return 0;
  }

  #transfer(name: string, first: number, second: number, third: number): void {
    if (name === "d.write") this.#descriptors[first]![second] = this.#scalar64(third);
    else if (name === "d.issue") this.#dma.issue(second, this.#descriptors[first]!, this.#now, this.#place);
    else this.#dma.wait(first, second, this.#place);
  }

  #scalar64(register: number): number {
    this.#requireReady(`s${register}`, this.#scalarReady[register]!);
    return this.#scalars[register]!;
  }

  #lanes(register: number): Lanes {
    this.#requireReady(`v${register}`, this.#vectorReady[register]!);
    return this.#vectors[register]!;
  }

  #requireReady(what: string, ready: number): void {
    if (ready <= this.#now) return;
    if (ready === never) throw programFault("PS5264", this.#place, `${what} is read and was never written`);
    throw programFault("PS5265", this.#place, `${what} is read ${ready - this.#now} cycles too early`);
  }

  /** When a register written now will be complete. Throws where an earlier write would come after it. */
  #completion(what: string, before: number, latency: number): number {
    const complete = this.#now + latency;
    if (before !== never && before > complete)
      throw programFault("PS5265", this.#place, `${what} is written before an earlier write is complete`);
    return complete;
  }

  /** Where the lanes go that the present bundle writes to a vector register. */
  #vectorResult(register: number, latency: number): Lanes {
    const complete = this.#completion(`v${register}`, this.#vectorReady[register]!, latency);
    return this.#pending.addVector(register, complete);
  }

  #scalar(name: string, values: readonly number[]): void {
    if (name === "s.address") {
      this.#setAddress(values[0]!, values[1]!, this.#scalar64(values[2]!));
      return;
    }
    const [dest = 0, a = 0, b = 0] = values;
    const value = this.#scalarResult(name, a, b);
    const { scalar } = this.#pending;
    scalar.complete = this.#completion(`s${dest}`, this.#scalarReady[dest]!, this.#o.machine.latencies.scalar);
    scalar.register = dest;
    scalar.value = value;
  }

  #scalarResult(name: string, a: number, b: number): number {
    if (name === "s.imm") return a;
    if (name === "s.tile") return a === 0 ? this.#o.row : this.#o.column;
    const other = name.endsWith("i") ? b : this.#scalar64(b);
    return computeScalar(name, this.#scalar64(a), other, this.#place);
  }

  #setAddress(register: number, field: number, value: number): void {
    const a = this.#addresses[register]!;
    a[field] = value;
    if (addressFields[field] !== "base") return;
    a.fill(0, addressFields.length);
    a[addressFields.length] = value;
  }

  /** The address a register points at; then, where asked, one step of its counters. */
  #address(register: number, advance: number): number {
    const a = this.#addresses[register]!;
    const at = a[addressFields.length]!;
    if (advance === 1) stepAddress(a);
    return at;
  }

  #load(name: string, dest: number, register: number, advance: number): void {
    const { sram, machine } = this.#o;
    const bytes = name === "l.half" ? vectorBytes(machine) / 2 : vectorBytes(machine);
    const at = this.#address(register, advance);
    sram.checkRead(at, bytes, this.#now, this.#place);
    const { bits } = this.#vectorResult(dest, machine.latencies.load);
    bits.fill(0);
    for (let i = 0; i < bytes / 4; i++) bits[i] = sram.view.getUint32(at + 4 * i, true);
  }

  #store(name: string, source: number, register: number, advance: number): void {
    const { sram, machine } = this.#o;
    const bytes = name === "st.half" ? vectorBytes(machine) / 2 : vectorBytes(machine);
    const { bits } = this.#lanes(source);
    const at = this.#address(register, advance);
    sram.write(at, bytes, this.#now, this.#place);
    for (let i = 0; i < bytes / 4; i++) sram.view.setUint32(at + 4 * i, bits[i]!, true);
    sram.occupy(at, bytes, this.#now + machine.latencies.storeToLoad, true);
  }

  #vector({ opcode, values }: Instruction): void {
    const { machine } = this.#o;
    const [dest = 0, a = 0, b = 0] = values;
    const latency = opcode.latency === "convert" ? machine.latencies.convert : machine.latencies.vector;
    const result = this.#vectorResult(dest, latency);
    if (opcode.name === "v.splat") result.bits.fill(Number(BigInt.asUintN(32, BigInt(this.#scalar64(a)))));
    else if (opcode.name === "v.widen") widen(result, this.#lanes(a));
    else if (opcode.name === "v.narrow") narrow(result, this.#lanes(a));
    else if (isBinary(opcode.name)) runBinary(opcode.name, result, this.#lanes(a), this.#lanes(b));
    else throw new Error(`the vector unit does not know ${opcode.name}`);
  }
}

/** What a bundle will write when all of it has read: at most a scalar, and a vector for each load and vector slot. */
class PendingWrites {
  readonly scalar = { register: -1, value: 0, complete: 0 };
  readonly vectors: { register: number; complete: number; readonly lanes: Lanes }[];
  count = 0;

  constructor(lanes: number) {
    const writers = slots.filter(({ name }) => /^(ld|valu)/.test(name));
    this.vectors = writers.map(() => ({ register: 0, complete: 0, lanes: newLanes(lanes) }));
  }

  addVector(register: number, complete: number): Lanes {
    const entry = this.vectors[this.count++]!;
    entry.register = register;
    entry.complete = complete;
    return entry.lanes;
  }
}

function newLanes(count: number): Lanes {
  const bits = new Uint32Array(count);
  return { bits, numbers: new Float32Array(bits.buffer) };
}

/**
 * One step of an address register: the innermost counter, and where it ends the middle one, whose turns are the outermost.
 * A count of 0 never ends.
 */
function stepAddress(a: Float64Array): void {
  const [base = 0, count0 = 0, stride0 = 0, count1 = 0, stride1 = 0, stride2 = 0] = a;
  const present = addressFields.length;
  let inner = a[present + 1]! + 1;
  let middle = a[present + 2]!;
  if (count0 > 0 && inner >= count0) {
    inner = 0;
    middle++;
  }
  a[present + 1] = inner;
  a[present + 2] = middle;
  const turns = count1 > 0 ? Math.floor(middle / count1) : 0;
  a[present] = base + inner * stride0 + (middle - turns * count1) * stride1 + turns * stride2;
}
