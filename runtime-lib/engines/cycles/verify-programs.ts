/**
 * @file Whether tile programs fit the machine they are to run on, before any of them runs: registers, loops, engines,
 * semaphores, memory. Everything is found and reported at once; what depends on values is checked while they run.
 */

import type { AcceleratorDescription } from "../../../machine/accelerator.js";
import { printBundle } from "../../../machine/assembly.js";
import type { Bundle, Instruction } from "../../../machine/encoding.js";
import { dmaEngines, registerCounts } from "../../../machine/opcodes.js";
import type { TileProgram } from "../../bundle/tiles.js";
import { faultDiagnostic, inFile, RuntimeFault } from "../../diagnostic.js";

/** A forged file may have any number of faults. */
const mostListed = 32;

/** Throws a `RuntimeFault` PS5262 (exit 5) that lists everything wrong. */
export function verifyPrograms(programs: readonly TileProgram[], machine: AcceleratorDescription, file: string): void {
  const problems = programs.flatMap((program) => problemsOf(program, machine).map((p) => `${program.name}: ${p}`));
  if (problems.length === 0) return;
  const more = problems.length > mostListed ? [`and ${problems.length - mostListed} more problems`] : [];
  const listed = [...problems.slice(0, mostListed), ...more];
  throw new RuntimeFault(listed.map((p) => faultDiagnostic("PS5262", p, { at: inFile(file) })));
}

function problemsOf(program: TileProgram, machine: AcceleratorDescription): readonly string[] {
  const { bundles, argumentCount, sramBytes } = program;
  const problems: string[] = [];
  const limit = machine.instructions.bundles;
  if (bundles.length > limit) problems.push(`${bundles.length} bundles; a tile holds ${limit}`);
  if (argumentCount > machine.registers.scalar)
    problems.push(`${argumentCount} arguments; there are ${machine.registers.scalar} registers`);
  if (sramBytes > machine.sram.bytes) problems.push(`${sramBytes} bytes of SRAM; a tile has ${machine.sram.bytes}`);
  if (!(bundles.at(-1) ?? []).some((i) => i.opcode.name === "c.halt")) problems.push("the last bundle has no c.halt");
  bundles.forEach((bundle, k) => {
    for (const problem of bundleProblems(bundle, machine))
      problems.push(`bundle ${k} (${printBundle(bundle)}): ${problem}`);
  });
  return [...problems, ...loopProblems(bundles, machine)];
}

function bundleProblems(bundle: Bundle, machine: AcceleratorDescription): readonly string[] {
  const counts = registerCounts(machine);
  const problems: string[] = [];
  const uses = new Map<string, { count: number; updates: number }>();
  for (const i of bundle) {
    Object.values(i.opcode.fields).forEach((field, k) => {
      const value = i.values[k]!;
      if (field.kind !== "register") return;
      const name = `${field.file}${value}`;
      if (value >= counts[field.file]) problems.push(`there is no register ${name}`);
      const use = uses.get(name) ?? { count: 0, updates: 0 };
      uses.set(name, { count: use.count + 1, updates: use.updates + (field.access === "update" ? 1 : 0) });
      if (field.access === "write" && bundle.some((other) => other !== i && writes(other, name)))
        problems.push(`${name} is written twice`);
    });
    problems.push(...instructionProblems(i, machine));
  }
  for (const [name, { count, updates }] of uses)
    if (updates > 0 && count > 1) problems.push(`${name} is changed and used at once`);
  return problems;
}

function writes({ opcode, values }: Instruction, name: string): boolean {
  return Object.values(opcode.fields).some(
    (f, k) => f.kind === "register" && f.access === "write" && `${f.file}${values[k]}` === name,
  );
}

function instructionProblems(
  { opcode, values }: Instruction,
  { dma, sync }: AcceleratorDescription,
): readonly string[] {
  if (opcode.name === "d.issue") {
    const engine = dmaEngines[values[1]!]!;
    const there = engine.startsWith("in") ? dma.inEngines : dma.outEngines;
    return Number(engine.slice(-1)) < there ? [] : [`the machine has no engine ${engine}`];
  }
  if (opcode.name === "d.wait" && values[0]! >= sync.semaphores) return [`there is no semaphore ${values[0]}`];
  return [];
}

/** Loops must nest, each on the hardware loop of its depth, and end where no other one ends. */
function loopProblems(bundles: readonly Bundle[], machine: AcceleratorDescription): readonly string[] {
  const problems: string[] = [];
  const ends: number[] = [];
  bundles.forEach((bundle, k) => {
    while (ends.length > 0 && ends.at(-1)! <= k) ends.pop();
    const loop = bundle.find((i) => i.opcode.name === "c.loop");
    if (loop === undefined) return;
    const [level, , length] = loop.values;
    const end = k + 1 + length!;
    if (level !== ends.length) problems.push(`bundle ${k}: hardware loop ${level} at depth ${ends.length}`);
    if (level! >= machine.registers.loops)
      problems.push(`bundle ${k}: there are ${machine.registers.loops} hardware loops`);
    if (length === 0) problems.push(`bundle ${k}: a loop without bundles`);
    if (end >= bundles.length) problems.push(`bundle ${k}: a loop that ends outside the program`);
    const around = ends.at(-1);
    if (around !== undefined && end >= around)
      problems.push(`bundle ${k}: a loop that does not end before the one around it`);
    ends.push(end);
  });
  return problems;
}
