/**
 * @file The C header of one model, for its users: the ABI's types, the model's functions, and constants for its entries,
 * inputs, outputs and states. Self-contained: `libNAME.so`, `NAME.h` and the weights are all a C program needs.
 * Invariant: headers of several models can be included together (shared types are guarded, the rest carries the name).
 */

import type { Value } from "../bundle/generated/manifest.js";
import type { DescribedEntry, ModelDescription } from "./description.js";
import { identifier } from "./table.js";

/** The text of NAME.h; `abiTypes` is the text of psm_abi.h. */
export function modelHeader(d: ModelDescription, abiTypes: string): string {
  const name = identifier(d.model);
  const guard = `PSM_MODEL_${name.toUpperCase()}_H`;
  return `/*
 * ${name}: compiled by ${comment(d.producer)} for ${comment(d.target.name)}. Generated.
${usage(d)} */
#ifndef ${guard}
#define ${guard}

${abiTypes.trim()}

#ifdef __cplusplus
extern "C" {
#endif

${constants(d)}
${prototypes(name)}
#ifdef __cplusplus
}
#endif

#endif
`;
}

/** Text inside a comment: one line that cannot end it. */
function comment(text: string): string {
  return text.replace(/[\r\n]+/g, " ").replaceAll("*/", "* /");
}

function usage(d: ModelDescription): string {
  const lines = [" *"];
  for (const entry of d.entries) {
    lines.push(` * ${entry.name}:`);
    for (const [kind, values] of [["input", entry.inputs] as const, ["output", entry.outputs] as const]) {
      values.forEach((v, k) => {
        lines.push(
          ` *   ${kind} ${k} '${comment(v.name)}': ${v.dtype} [${v.shape.map(comment).join(", ")}]${later(v)}`,
        );
      });
    }
  }
  d.states.forEach((s, k) => {
    lines.push(` * state ${k} '${comment(s.name)}': ${s.dtype} [${s.shape.map(comment).join(", ")}]`);
  });
  for (const s of d.symbols)
    lines.push(` * ${s.name}: at least ${s.min}${s.max === undefined ? "" : `, at most ${s.max}`}`);
  if (d.weights !== undefined) lines.push(` * weights: '${comment(d.weights.file)}', sha256 ${d.weights.sha256}`);
  return `${lines.join("\n")}\n`;
}

const later = (v: Value) => (v.allocatedByRun ? " (size known after the run: pass data = NULL)" : "");

/** A name as a piece of a macro's name. */
function macro(name: string): string {
  const flat = name.replace(/[^A-Za-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return flat.toUpperCase();
}

/** `#define PREFIX_NAME k` for every name whose macro is unlike the others'; equal ones are reachable by number. */
function numbered(prefix: string, names: readonly string[]): readonly string[] {
  const macros = names.map(macro);
  return macros.flatMap((m, k) =>
    m === "" || macros.indexOf(m) !== macros.lastIndexOf(m) ? [] : [`#define ${prefix}_${m} ${k}`],
  );
}

function constants(d: ModelDescription): string {
  const name = macro(d.model);
  const entryNames = d.entries.map((e) => e.name);
  const stateNames = d.states.map((s) => s.name);
  return [
    ...numbered(`${name}_ENTRY`, entryNames),
    ...d.entries.flatMap((e) => entryConstants(name, e)),
    ...numbered(`${name}_STATE`, stateNames),
    "",
  ].join("\n");
}

function entryConstants(name: string, e: DescribedEntry): readonly string[] {
  const prefix = `${name}_${macro(e.name)}`;
  return [
    ...numbered(
      `${prefix}_IN`,
      e.inputs.map((v) => v.name),
    ),
    `#define ${prefix}_INPUTS ${e.inputs.length}`,
    ...numbered(
      `${prefix}_OUT`,
      e.outputs.map((v) => v.name),
    ),
    `#define ${prefix}_OUTPUTS ${e.outputs.length}`,
  ];
}

function prototypes(name: string): string {
  const instance = `${name}_instance`;
  return `typedef struct ${instance} ${instance};

/* PSM_ABI_VERSION of the library. */
uint32_t ${name}_abi_version(void);

/* The model's interface as JSON: entries, inputs, outputs, states, symbols, checks, needed CPU features. */
const char *${name}_describe(void);

/* Makes an instance; options may be NULL. On failure *out is NULL and options->error, where given, says why. */
int32_t ${name}_create(const psm_options *options, ${instance} **out);

/* Checks the inputs' types and sizes (data may be NULL) and fills the outputs' dims, rank, dtype and bytes. A size
 * known only after the run is -1 in dims, and bytes is then 0. */
int32_t ${name}_plan(${instance} *model, int32_t entry, const psm_tensor *inputs, int32_t input_count,
    psm_tensor *outputs, int32_t output_count);

/* Runs an entry. On failure no output is allocated and ${name}_last_error lists every problem. An instance serves one
 * call at a time: a call during another returns PSM_E_USAGE and leaves the text alone. */
int32_t ${name}_run(${instance} *model, int32_t entry, const psm_tensor *inputs, int32_t input_count,
    psm_tensor *outputs, int32_t output_count);

/* Frees the data of an output that the run allocated; before ${name}_destroy. */
void ${name}_release(${instance} *model, psm_tensor *output);

/* A state in place: reading and writing its data reads and writes the state. Valid until the next reset or destroy. A
 * state whose size depends on the inputs exists from the first run that uses it. */
int32_t ${name}_state_get(${instance} *model, int32_t state, psm_tensor *out);

/* Gives a state, or all of them (-1), the first value again. */
int32_t ${name}_state_reset(${instance} *model, int32_t state);

/* Calls and nanoseconds of every kernel, two numbers each, in the order of the description's kernels. Writes at most
 * capacity numbers and returns how many there are: 0 unless the model was built for profiling. */
int32_t ${name}_counters(${instance} *model, uint64_t *out, int32_t capacity);

/* What went wrong in the last call, one problem a line; empty after success. */
const char *${name}_last_error(const ${instance} *model);

/* Ends the run in progress, or else the next one, with PSM_E_CANCELLED; from any thread. */
void ${name}_cancel(${instance} *model);

/* Frees the instance; NULL is allowed. */
void ${name}_destroy(${instance} *model);
`;
}
