/**
 * @file The functions of C ABI v1 (psm_runtime.c), and the bridge from a model's own names to them. The runtime is
 * compiled once, under the prefix `psm`, and serves every model; a library exports the functions under the model's name.
 */

/** The prefix of the compiled runtime. */
export const runtimePrefix = "psm";

const pointer = "ptr";
const integer = "i32";

/** Result and parameters in LLVM's types, by the name without prefix. */
const signatures: Readonly<Record<string, readonly [result: string, ...parameters: string[]]>> = {
  abi_version: [integer],
  describe: [pointer],
  create: [integer, pointer, pointer],
  plan: [integer, pointer, integer, pointer, integer, pointer, integer],
  run: [integer, pointer, integer, pointer, integer, pointer, integer],
  release: ["void", pointer, pointer],
  state_get: [integer, pointer, integer, pointer],
  state_reset: [integer, pointer, integer],
  counters: [integer, pointer, pointer, integer],
  last_error: [pointer, pointer],
  cancel: ["void", pointer],
  destroy: ["void", pointer],
};

/** The functions' names without prefix. */
export const abiFunctions: readonly string[] = Object.keys(signatures);

/** LLVM IR that defines `NAME_create` and its fellows as calls of `psm_create` and its fellows. */
export function abiBridge(model: string): string {
  if (model === runtimePrefix) return "";
  const functions = Object.entries(signatures).map(([name, [result, ...parameters]]) => {
    const from = `@${runtimePrefix}_${name}`;
    const named = parameters.map((type, k) => `${type} %a${k}`).join(", ");
    const call = `tail call ${result} ${from}(${named})`;
    const body = result === "void" ? `  ${call}\n  ret void\n` : `  %r = ${call}\n  ret ${result} %r\n`;
    return `declare ${result} ${from}(${parameters.join(", ")})\ndefine ${result} @${model}_${name}(${named}) {\n${body}}\n`;
  });
  return `\n; C ABI v1 under the model's name.\n${functions.join("")}`;
}
