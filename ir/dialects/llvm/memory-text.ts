/** @file The pretty forms of address arithmetic and stack storage. */

import type { Assembly } from "../../text/assembly.js";
import { parseMixed, printMixed } from "../../text/mixed-indices.js";
import type { Type } from "../../types.js";

/** Marks the index that an operand gives. */
export const DYNAMIC_INDEX = -2147483648;
/** Stands for it in lists of numbers and values. */
const MIXED = -(2 ** 63);

/** Upstream's words for what a pointer's arithmetic promises, by number. */
const wrapFlags: readonly (readonly [number, string])[] = [
  [0, ""],
  [2, "nusw"],
  [3, "inbounds"],
  [4, "nuw"],
  [7, "inbounds|nuw"],
];

export const gepAssembly: Assembly = {
  print(op, printer) {
    const raw = op.attrs["rawConstantIndices"] as readonly number[];
    const word = wrapFlags.find(([n]) => n === op.attrs["noWrapFlags"])?.[1] ?? "";
    printer.text(word === "" ? " " : ` ${word} `);
    printer.value(op.operand(0));
    printMixed(
      printer,
      raw.map((n) => (n === DYNAMIC_INDEX ? MIXED : n)),
      op.operands.slice(1),
    );
    printer.attrDict(op, ["elem_type", "rawConstantIndices", "noWrapFlags"]);
    printer.text(" : ");
    printer.functionType(
      op.operands.map((x) => x.type),
      [op.result.type],
    );
    printer.text(", ");
    printer.type(op.attrs["elem_type"] as Type);
  },
  parse(parser, def) {
    const words: string[] = [];
    while (!parser.peek("%")) {
      words.push(parser.identifier("an operand"));
      parser.tryPunct("|");
    }
    const noWrapFlags =
      wrapFlags.find(([, text]) => text === words.join("|"))?.[0] ?? parser.fail(`unknown flags ${words.join("|")}`);
    const base = parser.operand();
    const { fixed, values } = parseMixed(parser);
    const dict = parser.attrDict();
    parser.punct(":");
    const { inputs, results } = parser.functionType();
    parser.expectTypes([base, ...values], inputs);
    parser.punct(",");
    const known = {
      elem_type: parser.type(),
      rawConstantIndices: fixed.map((n) => (n === MIXED ? DYNAMIC_INDEX : n)),
      noWrapFlags,
    };
    return { operands: [base, ...values], results, ...parser.splitAttrs(def, dict, known) };
  },
};

export const allocaAssembly: Assembly = {
  print(op, printer) {
    printer.text(" ");
    printer.value(op.operand(0));
    printer.text(" x ");
    printer.type(op.attrs["elem_type"] as Type);
    printer.attrDict(op, ["elem_type"]);
    printer.text(" : ");
    printer.functionType([op.operand(0).type], [op.result.type]);
  },
  parse(parser, def) {
    const size = parser.operand();
    parser.keyword("x");
    const type = parser.type();
    const dict = parser.attrDict();
    parser.punct(":");
    const { inputs, results } = parser.functionType();
    parser.expectTypes([size], inputs);
    return { operands: [size], results, ...parser.splitAttrs(def, dict, { elem_type: type }) };
  },
};
