/**
 * @file The instruction set, one record per opcode: the slot it issues in, its fields and their bits, what its latency
 * is called in a machine's description, the ports it takes. Encoder, decoder, assembler, the `tile` dialect, the
 * scheduler and the emulator are driven by this table. Invariant: every instruction fits its slot, and opcode numbers
 * are never used again, so a `tiles.bin` keeps its meaning.
 */

import type { AcceleratorDescription } from "./accelerator.js";

/** The slots of a bundle in the order of their bits, from bit 0 on. */
export const slots = [
  { name: "control", bits: 40 },
  { name: "scalar", bits: 56 },
  { name: "ld0", bits: 24 },
  { name: "ld1", bits: 24 },
  { name: "st", bits: 24 },
  { name: "valu0", bits: 28 },
  { name: "valu1", bits: 28 },
  { name: "mxu", bits: 32 },
] as const;

export type SlotName = (typeof slots)[number]["name"];

/** Every slot begins with this many bits that say which opcode it holds; 0 is an empty slot. */
export const opcodeBits = 6;

/** Register files, and the bits that name a register: s scalar, a address, v vector, q matrix configuration, d DMA descriptor. */
export const registerBits = { s: 5, a: 4, v: 6, q: 3, d: 4 } as const;

export type RegisterFile = keyof typeof registerBits;

/** How many registers of each file a machine has. */
export function registerCounts({ registers }: AcceleratorDescription): Readonly<Record<RegisterFile, number>> {
  const { scalar: s, address: a, vector: v, matrixConfiguration: q, descriptor: d } = registers;
  return { s, a, v, q, d };
}

export type Field =
  | { readonly kind: "register"; readonly file: RegisterFile; readonly access: "read" | "write" | "update" }
  | { readonly kind: "unsigned"; readonly bits: number }
  /** Two's complement. */
  | { readonly kind: "signed"; readonly bits: number }
  /** One of some names, by position. */
  | { readonly kind: "choice"; readonly bits: number; readonly names: readonly string[] };

export type LatencyName = keyof AcceleratorDescription["latencies"];

export interface Opcode {
  readonly name: string;
  /** Its number in the slots it can issue in. */
  readonly code: number;
  readonly summary: string;
  /** Where it can issue. */
  readonly slots: readonly SlotName[];
  /** In the order of the text and of the bits. */
  readonly fields: Readonly<Record<string, Field>>;
  /** Which latency of the description its results have; "matrix" where the size of the work decides. */
  readonly latency: LatencyName | "matrix" | "none";
  /** SRAM ports it takes. */
  readonly ports: readonly string[];
}

/** What `s.address` sets of an address register; setting the base also restarts the counters. */
export const addressFields = ["base", "count0", "stride0", "count1", "stride1", "stride2"] as const;

/**
 * What `d.write` sets of a descriptor. Dimension 0 is the innermost; sizes and `padded` count elements, strides and
 * addresses bytes. Where `padded` of a dimension is more than its size, the rest is filled with the bits of `fill`.
 */
export const descriptorFields = [
  "hbm",
  "sram",
  "element",
  "size0",
  "size1",
  "size2",
  "size3",
  "hbm_stride0",
  "hbm_stride1",
  "hbm_stride2",
  "hbm_stride3",
  "sram_stride0",
  "sram_stride1",
  "sram_stride2",
  "sram_stride3",
  "padded0",
  "padded1",
  "padded2",
  "padded3",
  "fill",
  "signal",
] as const;

/** What `m.configure` sets of a matrix configuration. Sizes count elements, strides and addresses bytes. */
export const matrixFields = [
  "format",
  "rows",
  "depth",
  "columns",
  "source",
  "source_stride",
  "weights",
  "weights_stride",
  "initial",
  "initial_stride",
  "accumulator",
  "output",
  "output_stride",
  "output_format",
] as const;

/** The values of the `format` and `output_format` fields. */
export const matrixFormatCodes = ["f32", "bf16"] as const;

/** The engines `d.issue` can name: into the tile, and out of it. */
export const dmaEngines = ["in0", "in1", "out0", "out1"] as const;

export const tileAxes = ["row", "column"] as const;

const write = (file: RegisterFile): Field => ({ kind: "register", file, access: "write" });
const read = (file: RegisterFile): Field => ({ kind: "register", file, access: "read" });
const update = (file: RegisterFile): Field => ({ kind: "register", file, access: "update" });
const unsigned = (bits: number): Field => ({ kind: "unsigned", bits });
const signed = (bits: number): Field => ({ kind: "signed", bits });
const choice = (bits: number, names: readonly string[]): Field => ({ kind: "choice", bits, names });

type Row = Omit<Opcode, "code" | "ports"> & { readonly ports?: readonly string[] };

function family(first: number, rows: readonly Row[]): readonly Opcode[] {
  return rows.map((row, k) => ({ ports: [], ...row, code: first + k }));
}

const control = { slots: ["control"], latency: "none" } as const;

const controlOpcodes = family(1, [
  { ...control, name: "c.halt", summary: "Ends the tile's program.", fields: {} },
  {
    ...control,
    name: "c.loop",
    summary: "Runs the next `length` bundles `count` times, by hardware loop `level`; not at all where that is 0.",
    fields: { level: unsigned(2), count: read("s"), length: unsigned(16) },
  },
  {
    ...control,
    name: "c.delay",
    summary: "Issues nothing in the `cycles` cycles after this one.",
    fields: { cycles: unsigned(16) },
  },
  {
    ...control,
    name: "c.delay_by",
    summary: "The same for as many cycles as a register says.",
    fields: { cycles: read("s") },
  },
]);

const dmaOpcodes = family(16, [
  {
    ...control,
    name: "d.write",
    summary: "Sets one field of a descriptor.",
    fields: { descriptor: update("d"), field: choice(5, descriptorFields), value: read("s") },
  },
  {
    ...control,
    name: "d.issue",
    summary: "Queues a copy of a descriptor at an engine, which adds 1 to the descriptor's semaphore when it is done.",
    fields: { descriptor: read("d"), engine: choice(2, dmaEngines) },
    ports: ["NOC"],
  },
  {
    ...control,
    name: "d.wait",
    summary: "Stalls until a semaphore is at least `count`, which is then taken off.",
    fields: { semaphore: unsigned(5), count: unsigned(16) },
  },
]);

const scalar = { slots: ["scalar"], latency: "scalar" } as const;
const scalarBinary = { dest: write("s"), a: read("s"), b: read("s") };

const scalarOpcodes = family(1, [
  { ...scalar, name: "s.imm", summary: "A constant.", fields: { dest: write("s"), value: signed(40) } },
  { ...scalar, name: "s.add", summary: "Sum.", fields: scalarBinary },
  { ...scalar, name: "s.sub", summary: "Difference.", fields: scalarBinary },
  { ...scalar, name: "s.mul", summary: "Product.", fields: scalarBinary },
  { ...scalar, name: "s.min", summary: "The smaller one.", fields: scalarBinary },
  { ...scalar, name: "s.max", summary: "The greater one.", fields: scalarBinary },
  {
    ...scalar,
    name: "s.addi",
    summary: "Sum with a constant; with 0, a copy.",
    fields: { dest: write("s"), a: read("s"), value: signed(40) },
  },
  {
    ...scalar,
    name: "s.muli",
    summary: "Product with a constant.",
    fields: { dest: write("s"), a: read("s"), value: signed(40) },
  },
  {
    ...scalar,
    name: "s.tile",
    summary: "The tile's own row or column in the grid.",
    fields: { dest: write("s"), axis: choice(1, tileAxes) },
  },
  {
    ...scalar,
    name: "s.address",
    summary: "Sets one field of an address register.",
    fields: { register: update("a"), field: choice(3, addressFields), value: read("s") },
  },
]);

const load = { slots: ["ld0", "ld1"], latency: "load", ports: ["LD0", "LD1"] } as const;
const store = { slots: ["st"], latency: "storeToLoad", ports: ["ST"] } as const;
const loadFields = { dest: write("v"), address: update("a"), advance: unsigned(1) };
const storeFields = { value: read("v"), address: update("a"), advance: unsigned(1) };

const memoryOpcodes = [
  ...family(1, [
    {
      ...load,
      name: "l.unit",
      summary: "A vector register from where an address register points.",
      fields: loadFields,
    },
    { ...load, name: "l.half", summary: "The lower half of a register; the upper half becomes 0.", fields: loadFields },
  ]),
  ...family(1, [
    {
      ...store,
      name: "st.unit",
      summary: "A vector register to where an address register points.",
      fields: storeFields,
    },
    { ...store, name: "st.half", summary: "The lower half of a register.", fields: storeFields },
  ]),
];

const vector = { slots: ["valu0", "valu1"], latency: "vector" } as const;
const convert = { slots: ["valu0", "valu1"], latency: "convert" } as const;
const vectorBinary = { dest: write("v"), a: read("v"), b: read("v") };
const vectorUnary = { dest: write("v"), a: read("v") };

const vectorOpcodes = family(1, [
  { ...vector, name: "v.add", summary: "Sum of f32 lanes.", fields: vectorBinary },
  { ...vector, name: "v.sub", summary: "Difference of f32 lanes.", fields: vectorBinary },
  { ...vector, name: "v.mul", summary: "Product of f32 lanes.", fields: vectorBinary },
  {
    ...vector,
    name: "v.max",
    summary: "The greater f32 of each lane; NaN where one is, and +0 above -0.",
    fields: vectorBinary,
  },
  {
    ...vector,
    name: "v.min",
    summary: "The smaller f32 of each lane; NaN where one is, and -0 below +0.",
    fields: vectorBinary,
  },
  {
    ...vector,
    name: "v.splat",
    summary: "The low 32 bits of a scalar register in every lane.",
    fields: { dest: write("v"), value: read("s") },
  },
  {
    ...convert,
    name: "v.widen",
    summary: "The bf16 numbers of the lower half, as f32.",
    fields: vectorUnary,
  },
  {
    ...convert,
    name: "v.narrow",
    summary: "f32 lanes as bf16 in the lower half, to nearest even; the upper half becomes 0.",
    fields: vectorUnary,
  },
]);

const matrix = { slots: ["mxu"], latency: "matrix" } as const;

const matrixOpcodes = family(1, [
  {
    ...matrix,
    latency: "scalar",
    name: "m.configure",
    summary: "Sets one field of a matrix configuration.",
    fields: { configuration: update("q"), field: choice(4, matrixFields), value: read("s") },
  },
  {
    ...matrix,
    name: "m.init",
    summary: "`rows` accumulator rows from f32 rows at `initial`; columns beyond `columns` become +0.",
    fields: { configuration: read("q") },
    ports: ["LD1"],
  },
  {
    ...matrix,
    name: "m.load",
    summary: "`depth` rows of weights from `weights` to the shadow weights, which the next m.stream uses.",
    fields: { configuration: read("q") },
    ports: ["LD1"],
  },
  {
    ...matrix,
    name: "m.stream",
    summary:
      "Adds the products of `rows` rows at `source` with the weights to the accumulators, k = 0, 1, ... in order.",
    fields: { configuration: read("q") },
    ports: ["MXU-A"],
  },
  {
    ...matrix,
    name: "m.drain",
    summary: "`rows` accumulator rows, cast to `output_format`, to rows at `output`.",
    fields: { configuration: read("q") },
    ports: ["ST"],
  },
]);

export const opcodes: readonly Opcode[] = [
  ...controlOpcodes,
  ...dmaOpcodes,
  ...scalarOpcodes,
  ...memoryOpcodes,
  ...vectorOpcodes,
  ...matrixOpcodes,
];

const byName = new Map(opcodes.map((opcode) => [opcode.name, opcode]));

export function opcodeNamed(name: string): Opcode | undefined {
  return byName.get(name);
}

/** The group of an opcode: "d" of "d.issue". */
export function groupOf(name: string): string {
  return name.slice(0, name.indexOf("."));
}

/** The bits a field takes. */
export function fieldBits(field: Field): number {
  return field.kind === "register" ? registerBits[field.file] : field.bits;
}
