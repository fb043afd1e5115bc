/**
 * @file CPU features as LLVM names them: which of them code may use, given a variant's CPU and feature list.
 * The list is the whole truth about what code may use; a CPU's name only adds features where it names a level of the
 * x86-64 psABI (https://gitlab.com/x86-psABIs/x86-64-ABI), whose features are fixed by definition.
 */

const levels: Readonly<Record<string, readonly string[]>> = {
  "x86-64-v2": ["cx16", "sahf", "popcnt", "sse3", "ssse3", "sse4.1", "sse4.2"],
  "x86-64-v3": ["avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "xsave"],
  "x86-64-v4": ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"],
};

/** The features that code for `cpu` with `features` ("avx2", "+avx2"; "-x" takes one away) may use, sorted. */
export function neededFeatures(cpu: string, features: readonly string[]): readonly string[] {
  const needed = new Set<string>();
  const level = Object.keys(levels).indexOf(cpu);
  for (const list of Object.values(levels).slice(0, level + 1)) for (const name of list) needed.add(name);
  for (const feature of features) {
    if (feature.startsWith("-")) needed.delete(feature.slice(1));
    else needed.add(feature.replace(/^\+/, ""));
  }
  return [...needed].sort();
}
