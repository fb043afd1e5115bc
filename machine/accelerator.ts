/**
 * @file The accelerator as data: the schema of the JSON files that describe one. Compiler, assembler, emulator and docs
 * read sizes, latencies and bandwidths from a description and from the table of `opcodes.ts`, nowhere else.
 * Invariant: a description that this file accepts is consistent, and no code asks for its name.
 */

import { z } from "zod";
import { type RegisterFile, registerBits, registerCounts, slots } from "./opcodes.js";

const count = z.int().positive();
const cycles = z.int().nonnegative();
const powerOfTwo = count.refine((n) => (n & (n - 1)) === 0, "must be a power of two");

/** One element type of the matrix unit. */
const matrixFormat = z.strictObject({
  input: z.enum(["bf16", "i8", "f32"]),
  accumulator: z.enum(["f32", "i32"]),
  /** Depth of the array in this format: the k that one row of input brings. */
  rows: count,
  columns: count,
  cyclesPerRow: count,
});

const schema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a plain name"),
  summary: z.string(),
  kind: z.literal("spatial"),
  clockMegahertz: count,
  grid: z.strictObject({ rows: count.max(256), columns: count.max(256) }),
  sram: z.strictObject({
    bytes: count.multipleOf(64),
    banks: powerOfTwo,
    bankBytes: powerOfTwo,
    /** Bytes per cycle of each port, highest priority first. */
    ports: z.array(z.strictObject({ name: z.string(), bytes: count })).min(1),
    conflictCycles: cycles,
  }),
  matrix: z.strictObject({
    dataflow: z.enum(["weight-stationary", "output-stationary", "input-stationary"]),
    formats: z.array(matrixFormat).min(1),
    weightBytesPerCycle: count,
    accumulatorBanks: count,
    accumulatorRows: count,
    /** Cycles from the last row in to its sums being readable. */
    latency: cycles,
  }),
  vector: z.strictObject({
    lanes: count,
    laneBits: z.literal(32),
    valuSlots: count,
    transcendentalLanesPerCycle: count,
    transcendentals: z.array(z.string()),
  }),
  registers: z.strictObject({
    scalar: count,
    scalarBits: z.literal(64),
    address: count,
    addressDimensions: count,
    vector: count,
    rotatingVectors: cycles,
    mask: count,
    matrixConfiguration: count,
    descriptor: count,
    loops: count,
  }),
  instructions: z.strictObject({ bundleBits: count.multipleOf(8), bundles: count }),
  latencies: z.strictObject({
    scalar: count,
    load: count,
    storeToLoad: count,
    vector: count,
    convert: count,
    transcendental: count,
    transcendentalInterval: count,
    crossLane: count,
    accumulatorRead: count,
    branchDelaySlots: cycles,
    loopBackEdge: cycles,
  }),
  dma: z.strictObject({
    inEngines: count,
    outEngines: count,
    queueDepth: count,
    descriptorBytes: count,
    dimensions: count,
    startCycles: cycles,
  }),
  noc: z.strictObject({
    topology: z.enum(["mesh", "torus"]),
    bytesPerCycle: count,
    hopCycles: cycles,
    interfaceCycles: cycles,
    packetBytes: count,
    virtualChannels: count,
  }),
  hbm: z.strictObject({
    channels: count,
    /** Where each channel joins the mesh: the tile beside it, and the edge. */
    positions: z.array(
      z.strictObject({
        row: cycles,
        column: cycles,
        edge: z.enum(["north", "east", "south", "west"]),
      }),
    ),
    bytesPerCycle: count,
    bytes: count,
    interleaveBytes: powerOfTwo,
    banks: count,
    rowBytes: count,
    activateCycles: cycles,
    columnCycles: cycles,
    prechargeCycles: cycles,
    rowActiveCycles: cycles,
  }),
  sync: z.strictObject({ semaphores: count, circularBuffers: cycles }),
  chips: z.strictObject({
    maximum: count,
    topology: z.enum(["ring", "mesh", "torus"]),
    shape: z.array(count).min(1).max(3),
    links: count,
    linkBytesPerCycle: count,
    hopCycles: cycles,
    hostBytesPerCycle: count,
  }),
});

/** An accelerator; sizes in bytes, times in cycles. */
export type AcceleratorDescription = z.infer<typeof schema>;
export type MatrixFormat = z.infer<typeof matrixFormat>;

/** One thing wrong with a description: where in the JSON, and what. */
export interface DescriptionProblem {
  readonly path: string;
  readonly message: string;
}

export type ReadDescription =
  | { readonly ok: true; readonly description: AcceleratorDescription }
  | { readonly ok: false; readonly problems: readonly DescriptionProblem[] };

/** Checks a description given as parsed JSON; every problem comes back at once. */
export function readAccelerator(json: unknown): ReadDescription {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => ({ path: path.join(".") || "(all)", message }));
    return { ok: false, problems };
  }
  const problems = inconsistencies(parsed.data);
  return problems.length === 0 ? { ok: true, description: parsed.data } : { ok: false, problems };
}

/** The greatest figures that are taken: what holds the machine's state in the emulator grows with them. */
const most = {
  sramBytes: 2 ** 26,
  lanes: 2 ** 12,
  matrixSide: 2 ** 12,
  accumulators: 2 ** 24,
  queueDepth: 2 ** 10,
} as const;

function beyondLimits(d: AcceleratorDescription): readonly DescriptionProblem[] {
  const { formats, accumulatorBanks, accumulatorRows } = d.matrix;
  const accumulators = accumulatorBanks * accumulatorRows * Math.max(...formats.map((f) => f.columns));
  const figures: readonly (readonly [string, number, number])[] = [
    ["sram.bytes", d.sram.bytes, most.sramBytes],
    ["vector.lanes", d.vector.lanes, most.lanes],
    ["matrix.accumulatorRows", accumulators, most.accumulators],
    ["dma.queueDepth", d.dma.queueDepth, most.queueDepth],
    ...formats.flatMap((f, k) => [
      [`matrix.formats.${k}.rows`, f.rows, most.matrixSide] as const,
      [`matrix.formats.${k}.columns`, f.columns, most.matrixSide] as const,
    ]),
  ];
  return figures.flatMap(([path, given, limit]) => {
    const what = path === "matrix.accumulatorRows" ? `${given} accumulators in all banks` : String(given);
    return given > limit ? [{ path, message: `${what}; at most ${limit} are taken` }] : [];
  });
}

/** What the types cannot say: figures that contradict each other. */
function inconsistencies(d: AcceleratorDescription): readonly DescriptionProblem[] {
  const problems: DescriptionProblem[] = [...beyondLimits(d)];
  const add = (path: string, message: string): void => void problems.push({ path, message });
  const inputs = d.matrix.formats.map((f) => f.input);
  if (new Set(inputs).size < inputs.length) add("matrix.formats", "an input type is listed twice");
  for (const [k, f] of d.matrix.formats.entries()) {
    const isInteger = f.input === "i8";
    if ((f.accumulator === "i32") !== isInteger)
      add(`matrix.formats.${k}`, `${f.input} cannot accumulate in ${f.accumulator}`);
  }
  if (d.hbm.positions.length !== d.hbm.channels)
    add("hbm.positions", `${d.hbm.positions.length} positions for ${d.hbm.channels} channels`);
  for (const [k, { row, column }] of d.hbm.positions.entries()) {
    if (row >= d.grid.rows || column >= d.grid.columns)
      add(`hbm.positions.${k}`, `there is no tile (${row}, ${column}) in a grid of ${d.grid.rows}x${d.grid.columns}`);
  }
  for (const [file, bits] of Object.entries(registerBits)) {
    const wanted = registerCounts(d)[file as RegisterFile];
    if (wanted > 2 ** bits)
      add("registers", `instructions name ${2 ** bits} registers of the file ${file}, not ${wanted}`);
  }
  const bits = slots.reduce((sum, slot) => sum + slot.bits, 0);
  if (d.instructions.bundleBits !== bits) add("instructions.bundleBits", `the slots take ${bits} bits`);
  if (d.instructions.bundles > 2 ** 16) add("instructions.bundles", "a loop's length has 16 bits");
  if (d.registers.loops > 4) add("registers.loops", "instructions name 4 hardware loops");
  if (d.sync.semaphores > 32) add("sync.semaphores", "instructions name 32 semaphores");
  if (d.dma.dimensions !== 4) add("dma.dimensions", "descriptors have 4 dimensions");
  if (d.dma.inEngines > 2 || d.dma.outEngines > 2) add("dma", "instructions name 2 engines for each direction");
  if (d.chips.shape.reduce((a, b) => a * b, 1) > d.chips.maximum)
    add("chips.shape", `more than ${d.chips.maximum} chips`);
  return problems;
}

/** The matrix unit's figures for an input type, or `undefined` where it does not take that type. */
export function matrixFormatOf(d: AcceleratorDescription, input: string): MatrixFormat | undefined {
  return d.matrix.formats.find((f) => f.input === input);
}

/** Bytes of a vector register. */
export function vectorBytes(d: AcceleratorDescription): number {
  return (d.vector.lanes * d.vector.laneBits) / 8;
}
