/** @file Generated from manifest.fbs by scripts/generate-manifest.mjs; do not edit. The records of a bundle's manifest. */

import { enumeration, type FlatSchema, field, scalar, string, table, union, vector } from "../flat-schema.js";

export type Action = Launch | Copy | If | While | Alloc | Free | Bind | Require | Collective | Define | Move | Switch;

export type ArgumentKind =
  /** A buffer the kernel only reads. */
  | "read"
  /** A buffer the kernel fills. */
  | "write"
  /** A buffer the kernel reads and changes. */
  | "update"
  /** An integer. */
  | "scalar";

export type BufferKind =
  /** `offset` bytes into the entry's arena. */
  | "arena"
  /** `offset` bytes into weight `index`. */
  | "weight"
  /** Allocated and freed by the schedule. */
  | "heap"
  /** `offset` bytes into input `index` of the entry. */
  | "input"
  /** `offset` bytes into output `index` of the entry. */
  | "output"
  /** `offset` bytes into the entry's state use `index`. */
  | "state";

export type CollectiveOperation =
  | "all_reduce"
  | "all_gather"
  | "reduce_scatter"
  | "all_to_all"
  | "collective_permute"
  | "collective_broadcast";

export type Reduction =
  | "none"
  | "sum"
  | "product"
  | "min"
  | "max"
  | "and"
  | "or"
  | "xor";

/** What an expression must be. */
export type Relation =
  | "zero"
  | "nonzero"
  | "nonnegative";

export type SymbolKind =
  /** Bound by the sizes of the inputs, before a run. */
  | "input"
  /** Known only during the run, from data. */
  | "data";

export type TargetKind =
  | "native"
  | "wasm"
  | "spatial";

/** Gives a heap buffer its storage; its size expression is evaluated here. */
export interface Alloc {
  readonly kind: "alloc";
  readonly buffer: number;
}

/** Gives a data-dependent symbol its value: an integer that stands in a buffer. */
export interface Bind {
  readonly kind: "bind";
  readonly symbol: number;
  readonly buffer: number;
  /** Where in the buffer: an expression; its start when absent. */
  readonly offset?: string;
  /** The integer's type; i64 when absent. */
  readonly dtype?: string;
}

/** A file of the bundle other than the manifest itself. */
export interface BundleFile {
  /** A plain name: letters, digits, '.', '_' and '-', not starting with a dot. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Hash of the bytes. */
  readonly sha256: string;
}

export interface Case {
  readonly value: number;
  readonly body: readonly Step[];
}

/** A condition the entry's code checks. Status 1+k of `plan` or `run` means that check k failed. */
export interface Check {
  /** What must hold, for people. */
  readonly message: string;
  /** The input, and which of its dimensions, where the condition is about one. */
  readonly input?: number;
  readonly dimension?: number;
  /** An expression for the size the dimension must have, where it is that kind of condition. */
  readonly expected?: string;
  /** An expression over symbols of the inputs and what it must be, where it is a condition on several sizes. */
  readonly relation?: Relation;
  readonly value?: string;
}

/** Communication between the devices of the mesh. Input k goes with output k. */
export interface Collective {
  readonly kind: "collective";
  readonly operation: CollectiveOperation;
  readonly reduction: Reduction;
  readonly dtype: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Device numbers, `group_size` to a group; of a permute, pairs of source and target. */
  readonly groups: readonly number[];
  readonly groupSize: number;
  /**
   * Gathers and scatters cut the buffer a device holds into `slices` slices of `slice_bytes` bytes each and interleave
   * those of the group slice by slice; expressions. A reduction has one slice.
   */
  readonly slices: string;
  readonly sliceBytes: string;
  /** Tells collectives apart that are in flight together. */
  readonly channel: number;
}

/** Moves bytes between buffers, which do not overlap. */
export interface Copy {
  readonly kind: "copy";
  readonly from: number;
  readonly fromOffset: string;
  readonly to: number;
  readonly toOffset: string;
  readonly bytes: string;
}

/** Gives a data-dependent symbol its value: that of an expression. It may have had another before, in a loop. */
export interface Define {
  readonly kind: "define";
  readonly symbol: number;
  readonly value: string;
}

/** A function of the compiled model: its interface, the same for every target. */
export interface Entry {
  /** A C identifier; "main" for a plain model. */
  readonly name: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly states: readonly StateUse[];
  readonly checks: readonly Check[];
  /**
   * How the model's own arguments nest, as JSON: {"parameters": [names of the positional ones], "tree": NODE}, where the
   * tree is the pair of positional and keyword arguments. A NODE is {"list": [NODE...]}, {"tuple": [NODE...]},
   * {"dict": [[key, NODE]...]}, {"type": name, "context": text, "children": [NODE...]} for a value of another type,
   * {"input": index}, with "number": true for a Python number, or {"value": x} for an argument that is always x.
   */
  readonly inputNesting?: string;
  /**
   * How its results nest: {"tree": NODE, "updates": [[output, input]...]}. Leaves are {"output": index} or {"value": x};
   * "updates" lists outputs that are new values of inputs.
   */
  readonly outputNesting?: string;
}

/** Returns a heap buffer's storage. */
export interface Free {
  readonly kind: "free";
  readonly buffer: number;
}

export interface If {
  readonly kind: "if";
  /** A buffer whose first byte decides: `body` unless it is zero, else `otherwise`. */
  readonly condition: number;
  readonly body: readonly Step[];
  readonly otherwise: readonly Step[];
}

/** A piece of compiled code that the schedule launches. Equal kernels are stored once; what differs are arguments. */
export interface Kernel {
  /** Name in the target's module, and of the tile program where the target has one. A C identifier. */
  readonly symbol: string;
  readonly arguments: readonly KernelArgument[];
  /**
   * Chunks per grid dimension that may run at once: expressions over symbols and the kernel's scalar arguments, which
   * hide symbols of the same name. Empty for a kernel in one piece.
   */
  readonly grid: readonly string[];
  /** Floating-point (or integer multiply-add) operations of one launch, as an expression like `grid`. */
  readonly flops: string;
  /** Bytes one launch must at least move. */
  readonly bytes: string;
  /** Where in the model it comes from: indices into the manifest's sources. */
  readonly sources: readonly number[];
  /** What it runs as, for people: "matmul 14x32 f32, packed B, bias + gelu epilogue". */
  readonly summary: string;
  /** What was decided about it, in the order of the passes. */
  readonly remarks: readonly Remark[];
}

export interface KernelArgument {
  readonly name: string;
  readonly kind: ArgumentKind;
  /** Element type of the buffer, or the integer's type. */
  readonly dtype: string;
}

/** Runs a kernel over its whole grid. */
export interface Launch {
  readonly kind: "launch";
  /** Index into the target's kernels. */
  readonly kernel: number;
  /** The kernel's buffer arguments, in order. */
  readonly buffers: readonly number[];
  /** The kernel's scalar arguments, in order: expressions. */
  readonly scalars: readonly string[];
}

export interface Manifest {
  /** 1. */
  readonly formatVersion: number;
  /** Name and version of the compiler. */
  readonly producer: string;
  /** A C identifier: the prefix of every symbol in the modules. */
  readonly model: string;
  readonly source: Source;
  readonly options: readonly Option[];
  readonly files: readonly BundleFile[];
  readonly symbols: readonly SizeSymbol[];
  /** Absent for a model without weights. */
  readonly weightData?: WeightData;
  readonly weights: readonly Weight[];
  readonly states: readonly State[];
  readonly entries: readonly Entry[];
  readonly sources: readonly SourceLocation[];
  /** Absent for a program of one device. */
  readonly mesh?: Mesh;
  readonly targets: readonly Target[];
}

/** The planner's account of itself. */
export interface MemoryPlan {
  /** Size of the arena: an expression. */
  readonly arenaBytes: string;
  /** No plan needs less: an expression. */
  readonly lowerBoundBytes: string;
}

/** The devices the program was partitioned for; their number is the product of the axes. */
export interface Mesh {
  readonly name: string;
  readonly axes: readonly MeshAxis[];
}

export interface MeshAxis {
  readonly name: string;
  readonly size: number;
}

/** Hands the storage of one heap buffer on to another, or to an output that the run allocates; the first has none then. */
export interface Move {
  readonly kind: "move";
  readonly from: number;
  readonly to: number;
}

/** An option given to the compiler, as on its command line. */
export interface Option {
  readonly name: string;
  readonly value: string;
}

/** Storage the schedule names by its position in the program's buffers. */
export interface PlannedBuffer {
  readonly kind: BufferKind;
  readonly index: number;
  /** Expression. */
  readonly size: string;
  /** Expression; "0" for a heap buffer. */
  readonly offset: string;
  /**
   * The steps it is live for, first inclusive, last exclusive. The steps of a program are numbered from 0, a step
   * before those inside it.
   */
  readonly begin: number;
  readonly end: number;
  /** A power of two. */
  readonly alignment: number;
  /** The value of the model it holds, for people. */
  readonly name?: string;
}

/** How one entry runs on one target. */
export interface Program {
  /** Index into the manifest's entries. */
  readonly entry: number;
  readonly buffers: readonly PlannedBuffer[];
  readonly steps: readonly Step[];
  readonly memory: MemoryPlan;
}

/** What a pass of the compiler decided about a kernel, and why; for people. */
export interface Remark {
  readonly pass: string;
  readonly what: string;
  readonly why: string;
  readonly numbers: readonly RemarkNumber[];
}

/** A number by which the compiler decided, or a size as an expression. */
export interface RemarkNumber {
  /** What it is, with its unit: "bytes of a row". */
  readonly name: string;
  readonly value: string;
}

/** Ends the run with the check's status if the first byte of a buffer is zero. */
export interface Require {
  readonly kind: "require";
  /** Index into the entry's checks. */
  readonly check: number;
  readonly buffer: number;
}

/** A named size, or an integer that sizes are computed from. */
export interface SizeSymbol {
  /** An identifier. */
  readonly name: string;
  readonly kind: SymbolKind;
  /** Least value, inclusive. */
  readonly min: number;
  /** Greatest value, inclusive; absent where there is no bound. */
  readonly max?: number;
}

/** What the bundle was made from. */
export interface Source {
  /** File name without directory and extension. */
  readonly stem: string;
  /** The front end that read it: "onnx", "pt2", "fx", "mlir" or "python-kernels". */
  readonly kind: string;
  /** Hash of the file's bytes. */
  readonly sha256: string;
}

/** A place in what the user wrote. */
export interface SourceLocation {
  readonly file: string;
  /** The graph node, where the source is a graph. */
  readonly node?: string;
  /** Line and column count from 1; 0 where unknown. */
  readonly line: number;
  readonly column: number;
  /** Of a graph node, the place in the user's program that the model records for it: "model.py:12". */
  readonly code?: string;
}

/** A tensor that lives from one run to the next and is updated in place; entries share it. */
export interface State {
  readonly name: string;
  readonly dtype: string;
  /** Expressions. */
  readonly shape: readonly string[];
  /** Index of the weight that holds the initial value; zeros when absent. */
  readonly weight?: number;
  /** How it is spread over the mesh, in the text of the `sdy` dialect; absent when every device holds all of it. */
  readonly sharding?: string;
}

/** A state as one entry sees it. */
export interface StateUse {
  /** Index into the manifest's states. */
  readonly state: number;
  /** The argument of the source model that carried the old value; absent for a buffer of the model's own. */
  readonly argument?: string;
  /** The result of the source model that carried the new value; absent where the entry only reads. */
  readonly result?: string;
}

export interface Step {
  readonly action: Action;
  /** Where in the model it comes from: indices into the manifest's sources. */
  readonly sources: readonly number[];
}

/** Runs the first case of the expression's value, or `otherwise`. */
export interface Switch {
  readonly kind: "switch";
  readonly value: string;
  readonly cases: readonly Case[];
  readonly otherwise: readonly Step[];
}

/** A variant of the compiled code. */
export interface Target {
  /** The T of `kernels.T.ll`: "host", "x86-64-v4", "wasm32", "p1-64". */
  readonly name: string;
  readonly kind: TargetKind;
  /** LLVM's target triple, CPU and features its module is to be compiled for; empty texts for a target without a module. */
  readonly triple: string;
  readonly cpu: string;
  readonly features: readonly string[];
  /**
   * Names of files: the LLVM module, which a spatial target need not have; of a spatial target the tile programs and the
   * machine description.
   */
  readonly module?: string;
  readonly tiles?: string;
  readonly machine?: string;
  readonly kernels: readonly Kernel[];
  /** One for each entry, in the order of the entries. */
  readonly programs: readonly Program[];
}

/** An input or output of an entry. */
export interface Value {
  readonly name: string;
  readonly dtype: string;
  /** Expressions; of an input, every one is an integer or a lone symbol, or is covered by a check. */
  readonly shape: readonly string[];
  /** An output whose size is known only during the run: the entry allocates it, the caller frees it. */
  readonly allocatedByRun: boolean;
  /** As in State. */
  readonly sharding?: string;
}

/** A constant tensor, stored in the weights file. */
export interface Weight {
  readonly name: string;
  readonly dtype: string;
  /** Sizes of the tensor as stored (of the packed form, where a kernel wanted one). */
  readonly shape: readonly number[];
  /** From the first byte of the data section; a multiple of 64. */
  readonly offset: number;
  readonly bytes: number;
  /** How a packed form is laid out; absent for a plain row-major tensor. */
  readonly layout?: string;
}

/** Where the weights are. */
export interface WeightData {
  /** Name of the safetensors file. */
  readonly file: string;
  /** Where its data section begins; a multiple of 64. */
  readonly offset: number;
  /** Size of the data section. */
  readonly bytes: number;
}

export interface While {
  readonly kind: "while";
  /** Run before each decision, the first included. */
  readonly before: readonly Step[];
  /** A buffer whose first byte decides: zero ends the loop. */
  readonly condition: number;
  readonly body: readonly Step[];
}

/** The schema as data. */
export const manifestSchema: FlatSchema = {
  identifier: "PSMB",
  root: "Manifest",
  tables: {
    Alloc: [
      field("buffer", 0, scalar("u32")),
    ],
    Bind: [
      field("symbol", 0, scalar("u32")),
      field("buffer", 1, scalar("u32")),
      field("offset", 2, string, { optional: true }),
      field("dtype", 3, string, { optional: true }),
    ],
    BundleFile: [
      field("name", 0, string, { required: true }),
      field("size", 1, scalar("u64")),
      field("sha256", 2, string, { required: true }),
    ],
    Case: [
      field("value", 0, scalar("i64")),
      field("body", 1, vector(table("Step"))),
    ],
    Check: [
      field("message", 0, string, { required: true }),
      field("input", 1, scalar("u32"), { optional: true }),
      field("dimension", 2, scalar("u32"), { optional: true }),
      field("expected", 3, string, { optional: true }),
      field("relation", 4, enumeration("Relation"), { optional: true }),
      field("value", 5, string, { optional: true }),
    ],
    Collective: [
      field("operation", 0, enumeration("CollectiveOperation")),
      field("reduction", 1, enumeration("Reduction")),
      field("dtype", 2, string, { required: true }),
      field("inputs", 3, vector(scalar("u32"))),
      field("outputs", 4, vector(scalar("u32"))),
      field("groups", 5, vector(scalar("u32"))),
      field("groupSize", 6, scalar("u32")),
      field("slices", 7, string, { required: true }),
      field("sliceBytes", 8, string, { required: true }),
      field("channel", 9, scalar("u32")),
    ],
    Copy: [
      field("from", 0, scalar("u32")),
      field("fromOffset", 1, string, { required: true }),
      field("to", 2, scalar("u32")),
      field("toOffset", 3, string, { required: true }),
      field("bytes", 4, string, { required: true }),
    ],
    Define: [
      field("symbol", 0, scalar("u32")),
      field("value", 1, string, { required: true }),
    ],
    Entry: [
      field("name", 0, string, { required: true }),
      field("inputs", 1, vector(table("Value"))),
      field("outputs", 2, vector(table("Value"))),
      field("states", 3, vector(table("StateUse"))),
      field("checks", 4, vector(table("Check"))),
      field("inputNesting", 5, string, { optional: true }),
      field("outputNesting", 6, string, { optional: true }),
    ],
    Free: [
      field("buffer", 0, scalar("u32")),
    ],
    If: [
      field("condition", 0, scalar("u32")),
      field("body", 1, vector(table("Step"))),
      field("otherwise", 2, vector(table("Step"))),
    ],
    Kernel: [
      field("symbol", 0, string, { required: true }),
      field("arguments", 1, vector(table("KernelArgument"))),
      field("grid", 2, vector(string)),
      field("flops", 3, string, { required: true }),
      field("bytes", 4, string, { required: true }),
      field("sources", 5, vector(scalar("u32"))),
      field("summary", 6, string, { required: true }),
      field("remarks", 7, vector(table("Remark"))),
    ],
    KernelArgument: [
      field("name", 0, string, { required: true }),
      field("kind", 1, enumeration("ArgumentKind")),
      field("dtype", 2, string, { required: true }),
    ],
    Launch: [
      field("kernel", 0, scalar("u32")),
      field("buffers", 1, vector(scalar("u32"))),
      field("scalars", 2, vector(string)),
    ],
    Manifest: [
      field("formatVersion", 0, scalar("u32")),
      field("producer", 1, string, { required: true }),
      field("model", 2, string, { required: true }),
      field("source", 3, table("Source"), { required: true }),
      field("options", 4, vector(table("Option"))),
      field("files", 5, vector(table("BundleFile"))),
      field("symbols", 6, vector(table("SizeSymbol"))),
      field("weightData", 7, table("WeightData"), { optional: true }),
      field("weights", 8, vector(table("Weight"))),
      field("states", 9, vector(table("State"))),
      field("entries", 10, vector(table("Entry"))),
      field("sources", 11, vector(table("SourceLocation")), { lazy: true }),
      field("mesh", 12, table("Mesh"), { optional: true }),
      field("targets", 13, vector(table("Target"))),
    ],
    MemoryPlan: [
      field("arenaBytes", 0, string, { required: true }),
      field("lowerBoundBytes", 1, string, { required: true }),
    ],
    Mesh: [
      field("name", 0, string, { required: true }),
      field("axes", 1, vector(table("MeshAxis"))),
    ],
    MeshAxis: [
      field("name", 0, string, { required: true }),
      field("size", 1, scalar("u32")),
    ],
    Move: [
      field("from", 0, scalar("u32")),
      field("to", 1, scalar("u32")),
    ],
    Option: [
      field("name", 0, string, { required: true }),
      field("value", 1, string, { required: true }),
    ],
    PlannedBuffer: [
      field("kind", 0, enumeration("BufferKind")),
      field("index", 1, scalar("u32")),
      field("size", 2, string, { required: true }),
      field("offset", 3, string, { required: true }),
      field("begin", 4, scalar("u32")),
      field("end", 5, scalar("u32")),
      field("alignment", 6, scalar("u32"), { otherwise: 64 }),
      field("name", 7, string, { optional: true }),
    ],
    Program: [
      field("entry", 0, scalar("u32")),
      field("buffers", 1, vector(table("PlannedBuffer"))),
      field("steps", 2, vector(table("Step"))),
      field("memory", 3, table("MemoryPlan"), { required: true }),
    ],
    Remark: [
      field("pass", 0, string, { required: true }),
      field("what", 1, string, { required: true }),
      field("why", 2, string, { required: true }),
      field("numbers", 3, vector(table("RemarkNumber"))),
    ],
    RemarkNumber: [
      field("name", 0, string, { required: true }),
      field("value", 1, string, { required: true }),
    ],
    Require: [
      field("check", 0, scalar("u32")),
      field("buffer", 1, scalar("u32")),
    ],
    SizeSymbol: [
      field("name", 0, string, { required: true }),
      field("kind", 1, enumeration("SymbolKind")),
      field("min", 2, scalar("i64")),
      field("max", 3, scalar("i64"), { optional: true }),
    ],
    Source: [
      field("stem", 0, string, { required: true }),
      field("kind", 1, string, { required: true }),
      field("sha256", 2, string, { required: true }),
    ],
    SourceLocation: [
      field("file", 0, string, { required: true }),
      field("node", 1, string, { optional: true }),
      field("line", 2, scalar("u32")),
      field("column", 3, scalar("u32")),
      field("code", 4, string, { optional: true }),
    ],
    State: [
      field("name", 0, string, { required: true }),
      field("dtype", 1, string, { required: true }),
      field("shape", 2, vector(string)),
      field("weight", 3, scalar("u32"), { optional: true }),
      field("sharding", 4, string, { optional: true }),
    ],
    StateUse: [
      field("state", 0, scalar("u32")),
      field("argument", 1, string, { optional: true }),
      field("result", 2, string, { optional: true }),
    ],
    Step: [
      field("action", 1, union("Action"), { required: true }),
      field("sources", 2, vector(scalar("u32"))),
    ],
    Switch: [
      field("value", 0, string, { required: true }),
      field("cases", 1, vector(table("Case"))),
      field("otherwise", 2, vector(table("Step"))),
    ],
    Target: [
      field("name", 0, string, { required: true }),
      field("kind", 1, enumeration("TargetKind")),
      field("triple", 2, string, { required: true }),
      field("cpu", 3, string, { required: true }),
      field("features", 4, vector(string)),
      field("module", 5, string, { optional: true }),
      field("tiles", 6, string, { optional: true }),
      field("machine", 7, string, { optional: true }),
      field("kernels", 8, vector(table("Kernel")), { lazy: true }),
      field("programs", 9, vector(table("Program")), { lazy: true }),
    ],
    Value: [
      field("name", 0, string, { required: true }),
      field("dtype", 1, string, { required: true }),
      field("shape", 2, vector(string)),
      field("allocatedByRun", 3, scalar("bool")),
      field("sharding", 4, string, { optional: true }),
    ],
    Weight: [
      field("name", 0, string, { required: true }),
      field("dtype", 1, string, { required: true }),
      field("shape", 2, vector(scalar("u64"))),
      field("offset", 3, scalar("u64")),
      field("bytes", 4, scalar("u64")),
      field("layout", 5, string, { optional: true }),
    ],
    WeightData: [
      field("file", 0, string, { required: true }),
      field("offset", 1, scalar("u64")),
      field("bytes", 2, scalar("u64")),
    ],
    While: [
      field("before", 0, vector(table("Step"))),
      field("condition", 1, scalar("u32")),
      field("body", 2, vector(table("Step"))),
    ],
  },
  enums: {
    ArgumentKind: ["read", "write", "update", "scalar"],
    BufferKind: ["arena", "weight", "heap", "input", "output", "state"],
    CollectiveOperation: ["all_reduce", "all_gather", "reduce_scatter", "all_to_all", "collective_permute", "collective_broadcast"],
    Reduction: ["none", "sum", "product", "min", "max", "and", "or", "xor"],
    Relation: ["zero", "nonzero", "nonnegative"],
    SymbolKind: ["input", "data"],
    TargetKind: ["native", "wasm", "spatial"],
  },
  unions: {
    Action: [{ kind: "launch", table: "Launch" }, { kind: "copy", table: "Copy" }, { kind: "if", table: "If" }, { kind: "while", table: "While" }, { kind: "alloc", table: "Alloc" }, { kind: "free", table: "Free" }, { kind: "bind", table: "Bind" }, { kind: "require", table: "Require" }, { kind: "collective", table: "Collective" }, { kind: "define", table: "Define" }, { kind: "move", table: "Move" }, { kind: "switch", table: "Switch" }],
  },
};
