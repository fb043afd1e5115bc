/**
 * @file CPU descriptions: what the loop optimiser and code generation may know of a processor. Decisions use only
 * these nominal figures, never a measurement, so exporting is reproducible on any machine. There is one for each set of
 * instructions, with figures that its cores have in common, and one for cores whose figures differ from those; they are
 * those of the vendors' optimisation manuals.
 */

/** A figure for each level of cache. */
export interface PerCache {
  readonly l1: number;
  readonly l2: number;
  readonly l3: number;
}

/** Bytes of data that one core can count on; of a level that cores share, its part. */
export type CacheSizes = PerCache;

export interface CpuDescription {
  /** The name `--target` takes, and the variant's name in a bundle. */
  readonly name: string;
  /** Other names that `--target` takes; bundles never have them. */
  readonly aliases: readonly string[];
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
  /** Cycles from a fused multiply-add (or an addition, where there is none) to its sum being readable. */
  readonly fmaLatency: number;
  /** Full vectors that are read from and written to the first cache per cycle; below 1 where one takes several cycles. */
  readonly loadsPerCycle: number;
  readonly storesPerCycle: number;
  /** Any lanes of two vectors in any order are one operation. */
  readonly permutesTwo: boolean;
  readonly caches: CacheSizes;
  /** Lines that may hold a given address, in each cache. */
  readonly cacheWays: PerCache;
  readonly cacheLineBytes: number;
  /** Cores of a usual machine of the kind. */
  readonly cores: number;
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
  aliases: ["avx2"],
  summary: "x86-64 with AVX2 and FMA",
  kind: "native",
  arch: "x86_64",
  llvmCpu: "x86-64-v3",
  llvmFeatures: [],
  requires: avx2Flags,
  vectorBits: 256,
  vectorRegisters: 16,
  fmaPorts: 2,
  fmaLatency: 4,
  loadsPerCycle: 2,
  storesPerCycle: 1,
  permutesTwo: false,
  caches: { l1: 32 * KiB, l2: 512 * KiB, l3: 2 * MiB },
  cacheWays: { l1: 8, l2: 8, l3: 16 },
  cacheLineBytes: 64,
  cores: 8,
  dotBf16: false,
  dotInt8: false,
};

const avx512: CpuDescription = {
  ...avx2,
  name: "x86-64-v4",
  aliases: ["avx512"],
  summary: "x86-64 with AVX-512",
  llvmCpu: "x86-64-v4",
  requires: avx512Flags,
  vectorBits: 512,
  vectorRegisters: 32,
  permutesTwo: true,
  caches: { l1: 32 * KiB, l2: MiB, l3: 2 * MiB },
  cacheWays: { l1: 8, l2: 16, l3: 16 },
  cores: 16,
};

const avx512Vnni: CpuDescription = {
  ...avx512,
  name: "avx512-vnni",
  aliases: [],
  summary: "x86-64 with AVX-512 and int8 dot products",
  llvmFeatures: ["+avx512vnni"],
  requires: [...avx512Flags, "avx512_vnni"],
  dotInt8: true,
};

const avx512Bf16: CpuDescription = {
  ...avx512Vnni,
  name: "avx512-bf16",
  summary: "x86-64 with AVX-512, int8 and bf16 dot products",
  llvmFeatures: ["+avx512vnni", "+avx512bf16"],
  requires: [...avx512Vnni.requires, "avx512_bf16"],
  dotBf16: true,
};

const neon: CpuDescription = {
  ...avx2,
  name: "neon",
  aliases: ["aarch64"],
  summary: "64-bit Arm with NEON",
  arch: "aarch64",
  llvmCpu: "generic",
  llvmFeatures: ["+neon"],
  requires: ["asimd"],
  vectorBits: 128,
  vectorRegisters: 32,
  caches: { l1: 32 * KiB, l2: 512 * KiB, l3: MiB },
  cacheWays: { l1: 4, l2: 8, l3: 16 },
};

/** Every CPU that `--target` knows, most capable first among those of one architecture. */
export const cpus: readonly CpuDescription[] = [
  {
    ...avx512Bf16,
    name: "sapphirerapids",
    summary: "Intel Sapphire Rapids and later: AVX-512, VNNI, BF16",
    tuneFor: "sapphirerapids",
    requires: [...avx512Bf16.requires, "amx_tile"],
    caches: { l1: 48 * KiB, l2: 2 * MiB, l3: 1920 * KiB },
    cacheWays: { l1: 12, l2: 16, l3: 15 },
    cores: 32,
  },
  {
    ...avx512Bf16,
    name: "znver4",
    aliases: ["zen4"],
    summary: "AMD Zen 4: AVX-512, VNNI, BF16",
    tuneFor: "znver4",
    requires: [...avx512Bf16.requires, "sse4a"],
    // Its data paths are 256 bits wide: a vector of 512 takes each of them twice.
    fmaPorts: 1,
    loadsPerCycle: 1,
    storesPerCycle: 0.5,
    caches: { l1: 32 * KiB, l2: MiB, l3: 4 * MiB },
    cacheWays: { l1: 8, l2: 8, l3: 16 },
  },
  avx512Bf16,
  {
    ...avx512Vnni,
    name: "icelake-server",
    summary: "Intel Ice Lake: AVX-512 and VNNI",
    tuneFor: "icelake-server",
    requires: [...avx512Vnni.requires, "gfni"],
    caches: { l1: 48 * KiB, l2: 1280 * KiB, l3: 1536 * KiB },
    cacheWays: { l1: 12, l2: 20, l3: 12 },
    cores: 32,
  },
  avx512Vnni,
  avx512,
  avx2,
  {
    ...neon,
    name: "neoverse-n1",
    aliases: [],
    summary: "Arm Neoverse N1, with NEON",
    llvmCpu: "neoverse-n1",
    llvmFeatures: [],
    caches: { l1: 64 * KiB, l2: MiB, l3: MiB },
    cores: 64,
  },
  neon,
  {
    ...avx2,
    name: "wasm32",
    aliases: ["wasm"],
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
    cores: 1,
  },
];

/** The description that `--target=NAME` means, by its name or another name it has. */
export function cpuNamed(name: string): CpuDescription | undefined {
  return cpus.find((cpu) => cpu.name === name || cpu.aliases.includes(name));
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
