/** @file The cases of a switch between blocks, as `cf.switch` and `llvm.switch` write and keep them. */

import type { Block, Operation, Value } from "../../graph.js";
import { fromScalars } from "../../ndarray.js";
import { numericsOf } from "../../scalar.js";
import type { AttrKind } from "../../slots.js";
import type { OpParser, OpPrinter, ParsedOp } from "../../text/assembly.js";
import { parseSuccessor, printSuccessor, type SuccessorText } from "../../text/successors.js";
import { elementOf, type Type } from "../../types.js";

/** The values of the cases, and the element type they are kept in. */
export interface CaseValues {
  readonly element: "i8" | "i16" | "i32" | "i64";
  readonly values: readonly bigint[];
}

/** `dense<[1, 2]> : vector<2xi32>`. */
export const caseValues: AttrKind<CaseValues> = {
  describe: "a dense vector of integers",
  read(a) {
    if (a.kind !== "dense") return undefined;
    const count = Number(a.type.shape[0] ?? 0);
    const values = Array.from({ length: count }, (_, i) => BigInt(a.data.data[a.splat ? 0 : i]!));
    return { element: a.type.element as CaseValues["element"], values };
  },
  write({ element, values }, context) {
    const { fromBits } = numericsOf(element);
    const data = fromScalars(element, [values.length], values.map(fromBits));
    return { kind: "dense", type: context.types.vector([values.length], element), splat: false, data };
  },
};

/** Values passed to the default block and to that of each case. */
export function groupsOfCases(op: Operation): readonly (readonly Value[])[] {
  const { defaultOperands, caseOperands } = op.def.operandsOf(op) as unknown as Record<string, readonly Value[]>;
  let end = 0;
  const cases = (op.attrs["case_operand_segments"] as readonly number[]).map((n) => {
    end += n;
    return caseOperands!.slice(end - n, end);
  });
  return [defaultOperands!, ...cases];
}

/** `[ default: ^bb1(…), 42: ^bb2 ]`, the default inside the brackets or before them. */
export function printCases(op: Operation, printer: OpPrinter, defaultInside: boolean): void {
  const groups = groupsOfCases(op);
  const values = (op.attrs["case_values"] as CaseValues | undefined)?.values ?? [];
  if (!defaultInside) {
    printSuccessor(printer, op.successors[0]!, groups[0]!);
    printer.text(" ");
  }
  printer.text("[");
  if (defaultInside) {
    printer.text("default: ");
    printSuccessor(printer, op.successors[0]!, groups[0]!);
  }
  values.forEach((value, i) => {
    printer.text(`${i > 0 || defaultInside ? ", " : ""}${value}: `);
    printSuccessor(printer, op.successors[i + 1]!, groups[i + 1]!);
  });
  printer.text("]");
}

export function parseCases(
  parser: OpParser,
  flag: Value,
  type: Type,
  defaultInside: boolean,
): Pick<ParsedOp, "operands" | "segments" | "attrs"> & { readonly successors: readonly Block[] } {
  let otherwise = defaultInside ? undefined : parseSuccessor(parser);
  const values: bigint[] = [];
  const cases: SuccessorText[] = [];
  parser.list("[", "]", () => {
    if (defaultInside && !otherwise) {
      parser.keyword("default");
      parser.punct(":");
      otherwise = parseSuccessor(parser);
      return;
    }
    values.push(parser.integer());
    parser.punct(":");
    cases.push(parseSuccessor(parser));
  });
  if (!otherwise) return parser.fail("expected 'default'");
  const element = elementOf(type) as CaseValues["element"];
  const caseOperands = cases.flatMap((c) => c.values);
  return {
    operands: [flag, ...otherwise.values, ...caseOperands],
    segments: [1, otherwise.values.length, caseOperands.length],
    successors: [otherwise.block, ...cases.map((c) => c.block)],
    attrs: {
      case_operand_segments: cases.map((c) => c.values.length),
      ...(values.length === 0 ? {} : { case_values: { element, values } }),
    },
  };
}
