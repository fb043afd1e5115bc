/**
 * @file Runs the stages over a module. After each one the program is verified, only the dialects the stage
 * leaves may remain, and whoever listens (dump, timings, the interpreter as judge) is told.
 */

import type { Context } from "../ir/context.js";
import { formatDiagnostic } from "../ir/diagnostic.js";
import { customCall } from "../ir/dialects/stablehlo/calls.js";
import type { Operation } from "../ir/graph.js";
import { LOOPS } from "../ir/names.js";
import type { Pass, Stage } from "../ir/pass.js";
import { printModule } from "../ir/text/module.js";
import { verify } from "../ir/verify.js";

export interface StageReport {
  readonly stage: Stage;
  readonly milliseconds: number;
  readonly passes: readonly { readonly pass: Pass; readonly milliseconds: number }[];
}

export interface RunOptions {
  /** Called after each stage, when the module has been verified. */
  readonly onStage?: (report: StageReport, module: Operation) => void;
  /** Called after each pass; the module may be between dialects. */
  readonly onPass?: (pass: Pass, module: Operation) => void;
  /** Stop after the stage of this name. */
  readonly until?: string;
}

/** A stage produced a program that is not valid: a fault of the compiler, with the text to reproduce it. */
export class InvalidStageOutput extends Error {
  override readonly name = "InvalidStageOutput";
  readonly stage: string;
  /** The module as the stage left it, in generic form. */
  readonly text: string;

  constructor(stage: string, problems: readonly string[], text: string) {
    super(`stage '${stage}' left an invalid program:\n${problems.slice(0, 10).join("\n")}`);
    this.stage = stage;
    this.text = text;
  }
}

/** Runs `stages` in order on `module`, in place. */
export function runStages(
  stages: readonly Stage[],
  module: Operation,
  context: Context,
  options: RunOptions = {},
): readonly StageReport[] {
  const reports: StageReport[] = [];
  for (const stage of stages) {
    const report = runStage(stage, module, context, options);
    reports.push(report);
    options.onStage?.(report, module);
    if (stage.name === options.until) break;
  }
  return reports;
}

function runStage(stage: Stage, module: Operation, context: Context, options: RunOptions): StageReport {
  const start = performance.now();
  const passes = stage.passes.map((pass) => {
    const passStart = performance.now();
    pass.run(module, context);
    const milliseconds = performance.now() - passStart;
    options.onPass?.(pass, module);
    return { pass, milliseconds };
  });
  const problems = [...verify(module, context).map(formatDiagnostic), ...foreignOperations(module, stage)];
  if (problems.length > 0)
    throw new InvalidStageOutput(stage.name, problems, printModule(module, context, { generic: true }));
  return { stage, milliseconds: performance.now() - start, passes };
}

/** Loops of a front end, and the call of them, are what they are until the stage that lowers them. */
function isOfLoops(op: Operation): boolean {
  if (customCall.matches(op)) return customCall.attrsOf(op).call_target_name === LOOPS;
  for (let around: Operation | undefined = op; around; around = around.parent) if (around.extra[LOOPS]) return true;
  return false;
}

/** Operations of dialects that the stage promised to remove. */
function foreignOperations(module: Operation, stage: Stage): string[] {
  const left = new Set(["builtin", ...stage.leaves]);
  const foreign = new Set<string>();
  for (const op of module.walk()) if (!left.has(op.def.dialect) && !isOfLoops(op)) foreign.add(op.name);
  return [...foreign].map((name) => `${name} remains, though the stage leaves only ${stage.leaves.join(", ")}`);
}
