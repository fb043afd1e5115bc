/**
 * @file CPU descriptions: what the loop optimiser and code generation may know of a processor. Decisions use only
 * these nominal figures, never a measurement, so exporting is reproducible on any machine.
 */

export interface CacheSizes {
  /** Bytes per core. */
  readonly l1: number;
  readonly l2: number;
  /** Bytes of the last level that one core can count on. */
  readonly l3: number;
}

export interface CpuDescription {
  /** The name `--target` takes, and the variant's name in a bundle. */
  readonly name: string;
  readonly summary: string;
  readonly kind: "native" | "wasm";
  /** LLVM's target triple without a vendor's operating system, which the builder adds. */
  readonly arch: "x86_64" | "aarch64" | "wasm32";
  /** The baseline code is generated for: an x86-64 level, or LLVM's name of an Arm core. */
  readonly llvmCpu: string;
  /** LLVM features beyond the baseline, each with its sign. */
  readonly llvmFeatures: readonly string[];
  /** The core that LLVM schedules for; needs none of its features. */
  readonly tuneFor?: string;
  /** Features a loader must find before it may run the code, as /proc/cpuinfo names them. */
  readonly requires: readonly string[];
  /** Width of a vector register in bits, and how many there are. */
  readonly vectorBits: number;
  readonly vectorRegisters: number;
  /** Fused multiply-adds of a full vector that issue per cycle; 0 where multiply and add are separate. */
  readonly fmaPorts: number;
  readonly caches: CacheSizes;
  readonly cacheLineBytes: number;
  /** bf16 and int8 dot-product instructions. */
  readonly dotBf16: boolean;
  readonly dotInt8: boolean;
}

const KiB = 1024;
const MiB = 1024 * KiB;

const avx2Flags = ["avx2", "fma", "f16c", "bmi2", "movbe"] as const;
const avx512Flags = [...avx2Flags, "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"] as const;

const avx2: CpuDescription = {
  name: "x86-64-v3",
  summary: "x86-64 with AVX2 and FMA",
  kind: "native",
  arch: "x86_64",
  llvmCpu: "x86-64-v3",
  llvmFeatures: [],
  requires: avx2Flags,
  vectorBits: 256,
  vectorRegisters: 16,
  fmaPorts: 2,
  caches: { l1: 32 * KiB, l2: 512 * KiB, l3: 2 * MiB },
  cacheLineBytes: 64,
  dotBf16: false,
  dotInt8: false,
};

const avx512: CpuDescription = {
  ...avx2,
  name: "x86-64-v4",
  summary: "x86-64 with AVX-512",
  llvmCpu: "x86-64-v4",
  llvmFeatures: [],
  requires: avx512Flags,
  vectorBits: 512,
  vectorRegisters: 32,
  caches: { l1: 32 * KiB, l2: MiB, l3: 2 * MiB },
};

/** Every CPU that `--target` knows, most capable first among those of one architecture. */
export const cpus: readonly CpuDescription[] = [
  {
    ...avx512,
    name: "sapphirerapids",
    summary: "Intel with AVX-512, VNNI and BF16",
    llvmFeatures: ["+avx512vnni", "+avx512bf16"],
    tuneFor: "sapphirerapids",
    requires: [...avx512Flags, "avx512_vnni", "avx512_bf16", "amx_tile"],
    caches: { l1: 48 * KiB, l2: 2 * MiB, l3: 2 * MiB },
    dotBf16: true,
    dotInt8: true,
  },
  {
    ...avx512,
    name: "znver4",
    summary: "AMD Zen 4 with AVX-512, VNNI and BF16",
    llvmFeatures: ["+avx512vnni", "+avx512bf16"],
    tuneFor: "znver4",
    requires: [...avx512Flags, "avx512_vnni", "avx512_bf16", "sse4a"],
    fmaPorts: 1,
    caches: { l1: 32 * KiB, l2: MiB, l3: 4 * MiB },
    dotBf16: true,
    dotInt8: true,
  },
  {
    ...avx512,
    name: "icelake-server",
    summary: "Intel with AVX-512 and VNNI",
    llvmFeatures: ["+avx512vnni"],
    tuneFor: "icelake-server",
    requires: [...avx512Flags, "avx512_vnni", "gfni"],
    dotInt8: true,
  },
  avx512,
  avx2,
  {
    ...avx2,
    name: "neoverse-n1",
    summary: "64-bit Arm with NEON",
    arch: "aarch64",
    llvmCpu: "neoverse-n1",
    requires: ["asimd"],
    vectorBits: 128,
    vectorRegisters: 32,
    caches: { l1: 64 * KiB, l2: MiB, l3: MiB },
  },
  {
    ...avx2,
    name: "wasm32",
    summary: "WebAssembly with 128-bit SIMD",
    kind: "wasm",
    arch: "wasm32",
    llvmCpu: "generic",
    llvmFeatures: ["+simd128", "+bulk-memory", "+sign-ext", "+nontrapping-fptoint"],
    requires: [],
    vectorBits: 128,
    vectorRegisters: 16,
    fmaPorts: 0,
    caches: { l1: 32 * KiB, l2: 256 * KiB, l3: MiB },
  },
];

export function cpuNamed(name: string): CpuDescription | undefined {
  return cpus.find((cpu) => cpu.name === name);
}

/** What is known of the processor at hand. */
export interface CpuFeatures {
  readonly arch: "x86_64" | "aarch64" | "other";
  /** Flags as /proc/cpuinfo spells them. */
  readonly flags: ReadonlySet<string>;
}

/** The most capable description whose every requirement `features` has, or `undefined`. */
export function bestCpu(features: CpuFeatures): CpuDescription | undefined {
  return cpus.find(
    (cpu) => cpu.kind === "native" && cpu.arch === features.arch && cpu.requires.every((f) => features.flags.has(f)),
  );
}

/** The requirements of `cpu` that `features` lacks. */
export function missingFeatures(cpu: CpuDescription, features: CpuFeatures): readonly string[] {
  return cpu.requires.filter((f) => !features.flags.has(f));
}
