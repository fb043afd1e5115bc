/**
 * @file Whether the targets of a manifest make sense: files that exist, one program per entry, and schedules whose every
 * index means something, so that an engine that interprets a schedule need not look again.
 */

import type { Action, Entry, Kernel, Manifest, PlannedBuffer, Program, Step, Target } from "./generated/manifest.js";
import type { ManifestProblems } from "./manifest-problems.js";

/** What the steps of one program are checked against. */
interface Scope {
  readonly manifest: Manifest;
  readonly target: Target;
  readonly entry: Entry;
  readonly program: Program;
  readonly symbols: ReadonlySet<string>;
  readonly devices: number;
  readonly problems: ManifestProblems;
}

export function checkTargets(m: Manifest, symbols: ReadonlySet<string>, problems: ManifestProblems): void {
  const names = m.targets.map((t) => t.name);
  problems.unique("targets", names);
  m.targets.forEach((target, k) => {
    const path = `targets[${k}] '${target.name}'`;
    problems.fileName(`${path}.name`, target.name);
    checkTargetFiles(m, target, path, problems);
    checkKernels(m, target, path, symbols, problems);
    checkPrograms(m, target, path, symbols, problems);
  });
}

function checkTargetFiles(m: Manifest, target: Target, path: string, problems: ManifestProblems): void {
  const needed = { module: target.module, tiles: target.tiles, machine: target.machine };
  for (const [role, name] of Object.entries(needed)) {
    if (name === undefined || m.files.some((f) => f.name === name)) continue;
    problems.add(`${path}.${role}`, `'${name}' is not among the files`);
  }
  if (target.kind !== "spatial") {
    if (target.module === undefined) problems.add(`${path}.module`, `a ${target.kind} target needs an LLVM module`);
    return;
  }
  if (target.tiles === undefined) problems.add(`${path}.tiles`, "a spatial target needs tile programs");
  if (target.machine === undefined) problems.add(`${path}.machine`, "a spatial target needs a machine description");
}

function checkKernels(
  m: Manifest,
  target: Target,
  path: string,
  symbols: ReadonlySet<string>,
  problems: ManifestProblems,
): void {
  const names = target.kernels.map((kernel) => kernel.symbol);
  problems.unique(`${path}.kernels`, names);
  target.kernels.forEach((kernel, k) => {
    const at = `${path}.kernels[${k}] '${kernel.symbol}'`;
    const argumentNames = kernel.arguments.map((a) => a.name);
    problems.identifier(`${at}.symbol`, kernel.symbol);
    problems.unique(`${at}.arguments`, argumentNames);
    const known = symbolsWithScalars(kernel, symbols);
    problems.expressions(`${at}.grid`, kernel.grid, known);
    problems.expression(`${at}.flops`, kernel.flops, known);
    problems.expression(`${at}.bytes`, kernel.bytes, known);
    problems.indices(`${at}.sources`, kernel.sources, m.sources.length, "source location");
  });
}

function symbolsWithScalars(kernel: Kernel, symbols: ReadonlySet<string>): ReadonlySet<string> {
  const scalars = kernel.arguments.filter((a) => a.kind === "scalar");
  return scalars.length === 0 ? symbols : new Set([...symbols, ...scalars.map((a) => a.name)]);
}

function checkPrograms(
  manifest: Manifest,
  target: Target,
  path: string,
  symbols: ReadonlySet<string>,
  problems: ManifestProblems,
): void {
  const devices = (manifest.mesh?.axes ?? []).reduce((n, axis) => n * axis.size, 1);
  if (target.programs.length !== manifest.entries.length) {
    problems.add(
      `${path}.programs`,
      `there are ${target.programs.length} programs for ${manifest.entries.length} entries`,
    );
  }
  target.programs.forEach((program, k) => {
    const at = `${path}.programs[${k}]`;
    const entry = manifest.entries[k];
    if (program.entry !== k)
      problems.add(`${at}.entry`, `the program of entry ${k} says it is of entry ${program.entry}`);
    if (entry === undefined) return;
    const scope: Scope = { manifest, target, entry, program, symbols, devices, problems };
    problems.expression(`${at}.memory.arena_bytes`, program.memory.arenaBytes, symbols);
    problems.expression(`${at}.memory.lower_bound_bytes`, program.memory.lowerBoundBytes, symbols);
    const steps = checkSteps(scope, program.steps, `${at}.steps`);
    program.buffers.forEach((buffer, i) => {
      checkBuffer(scope, buffer, steps, `${at}.buffers[${i}]`);
    });
  });
}

function checkBuffer(scope: Scope, buffer: PlannedBuffer, steps: number, path: string): void {
  const { manifest, entry, symbols, problems } = scope;
  const counts = {
    arena: undefined,
    heap: undefined,
    weight: manifest.weights.length,
    input: entry.inputs.length,
    output: entry.outputs.length,
    state: entry.states.length,
  };
  const count = counts[buffer.kind];
  if (count !== undefined) problems.index(`${path}.index`, buffer.index, count, buffer.kind);
  problems.expression(`${path}.size`, buffer.size, symbols);
  problems.expression(`${path}.offset`, buffer.offset, symbols);
  const { alignment, begin, end } = buffer;
  if (alignment === 0 || (alignment & (alignment - 1)) !== 0) {
    problems.add(`${path}.alignment`, `${alignment} is not a power of two`);
  }
  // Without a step there is one moment still, in which the entry itself writes.
  if (begin > end || end > Math.max(steps, 1))
    problems.add(path, `the lifetime [${begin}, ${end}) is not within the ${steps} steps`);
}

/** The number of steps, those inside counted. */
function checkSteps(scope: Scope, steps: readonly Step[], path: string): number {
  let count = 0;
  steps.forEach((step, k) => {
    const at = `${path}[${k}]`;
    scope.problems.indices(`${at}.sources`, step.sources, scope.manifest.sources.length, "source location");
    count += 1 + checkAction(scope, step.action, at);
  });
  return count;
}

/** Checks one action; returns the number of steps inside it. */
function checkAction(scope: Scope, action: Action, path: string): number {
  const { entry, program, symbols, problems } = scope;
  const buffer = (name: string, index: number): boolean =>
    problems.index(`${path}.${name}`, index, program.buffers.length, "buffer");
  switch (action.kind) {
    case "launch":
      checkLaunch(scope, action, path);
      return 0;
    case "copy":
      buffer("from", action.from);
      buffer("to", action.to);
      problems.expressions(path, [action.fromOffset, action.toOffset, action.bytes], symbols);
      return 0;
    case "if":
      buffer("condition", action.condition);
      return checkSteps(scope, action.body, `${path}.body`) + checkSteps(scope, action.otherwise, `${path}.otherwise`);
    case "while":
      buffer("condition", action.condition);
      return checkSteps(scope, action.before, `${path}.before`) + checkSteps(scope, action.body, `${path}.body`);
    case "alloc":
    case "free":
      heapBuffer(scope, action.kind, "buffer", action.buffer, path);
      return 0;
    case "move":
      heapBuffer(scope, "move", "from", action.from, path);
      if (!givesOutput(scope, action.to)) heapBuffer(scope, "move", "to", action.to, path);
      return 0;
    case "bind":
      buffer("buffer", action.buffer);
      if (action.offset !== undefined) problems.expression(`${path}.offset`, action.offset, symbols);
      if (action.dtype !== undefined && !integers.test(action.dtype))
        problems.add(`${path}.dtype`, `'${action.dtype}' is no type of integers`);
      dataSymbol(scope, action.symbol, path);
      return 0;
    case "define":
      problems.expression(`${path}.value`, action.value, symbols);
      dataSymbol(scope, action.symbol, path);
      return 0;
    case "switch":
      problems.expression(`${path}.value`, action.value, symbols);
      return [...action.cases.map((c) => c.body), action.otherwise].reduce(
        (count, body, k) => count + checkSteps(scope, body, `${path}.cases[${k}]`),
        0,
      );
    case "require":
      buffer("buffer", action.buffer);
      problems.index(`${path}.check`, action.check, entry.checks.length, "check");
      return 0;
    case "collective":
      checkCollective(scope, action, path);
      return 0;
  }
}

const integers = /^(i1|u?i(8|16|32|64))$/;

function heapBuffer({ program, problems }: Scope, what: string, field: string, index: number, path: string): void {
  if (!problems.index(`${path}.${field}`, index, program.buffers.length, "buffer")) return;
  if (program.buffers[index]!.kind !== "heap")
    problems.add(path, `${what} of buffer ${index}, which is no heap buffer`);
}

/** Whether a buffer is an output whose storage the run allocates. */
function givesOutput({ entry, program }: Scope, index: number): boolean {
  const buffer = program.buffers[index];
  return buffer?.kind === "output" && entry.outputs[buffer.index]?.allocatedByRun === true;
}

/** Only what the inputs do not bind is given a value during the run. */
function dataSymbol({ manifest, problems }: Scope, index: number, path: string): void {
  if (!problems.index(`${path}.symbol`, index, manifest.symbols.length, "symbol")) return;
  const { kind, name } = manifest.symbols[index]!;
  if (kind !== "data") problems.add(path, `'${name}' is bound by the inputs already`);
}

function checkLaunch(scope: Scope, launch: Extract<Action, { kind: "launch" }>, path: string): void {
  const { target, program, symbols, problems } = scope;
  problems.indices(`${path}.buffers`, launch.buffers, program.buffers.length, "buffer");
  problems.expressions(`${path}.scalars`, launch.scalars, symbols);
  if (!problems.index(`${path}.kernel`, launch.kernel, target.kernels.length, "kernel")) return;
  const kernel = target.kernels[launch.kernel]!;
  const scalars = kernel.arguments.filter((a) => a.kind === "scalar").length;
  const buffers = kernel.arguments.length - scalars;
  if (launch.buffers.length === buffers && launch.scalars.length === scalars) return;
  const given = `${launch.buffers.length} buffers and ${launch.scalars.length} scalars`;
  problems.add(path, `'${kernel.symbol}' takes ${buffers} buffers and ${scalars} scalars, the launch gives ${given}`);
}

function checkCollective(scope: Scope, action: Extract<Action, { kind: "collective" }>, path: string): void {
  const { program, symbols, devices, problems } = scope;
  problems.indices(`${path}.inputs`, action.inputs, program.buffers.length, "buffer");
  problems.indices(`${path}.outputs`, action.outputs, program.buffers.length, "buffer");
  problems.indices(`${path}.groups`, action.groups, devices, "device");
  problems.expressions(path, [action.slices, action.sliceBytes], symbols);
  const { groupSize, groups } = action;
  if (action.inputs.length !== action.outputs.length) problems.add(path, "inputs and outputs do not pair up");
  if (groupSize === 0 || groups.length % groupSize !== 0) {
    problems.add(`${path}.groups`, `${groups.length} devices do not divide into groups of ${groupSize}`);
  }
}
