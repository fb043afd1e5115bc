/** @file Operators on lists, as optimizers have them: what an operator gives for every entry in turn. */

import { Call, type Row, type Rows } from "../call.js";
import type { Argument } from "../records.js";
import { type Parameter, signatureOf } from "../signatures.js";

/** The operator that each entry goes to, by name and overload of the one on lists, where it has another name. */
const partners: Readonly<Record<string, string>> = {
  "pow.Scalar": "aten.pow.Tensor_Scalar",
  "pow.ScalarList": "aten.pow.Tensor_Scalar",
  "pow.List": "aten.pow.Tensor_Tensor",
  "pow.ScalarAndTensor": "aten.pow.Scalar",
  "lerp.Scalar": "aten.lerp.Scalar",
  "lerp.ScalarList": "aten.lerp.Scalar",
  "lerp.List": "aten.lerp.Tensor",
  "maximum.List": "aten.maximum.default",
  "minimum.List": "aten.minimum.default",
};

/** By overload, unless `partners` says otherwise. */
const overloads: Readonly<Record<string, string>> = {
  List: "Tensor",
  Tensor: "Tensor",
  Scalar: "Scalar",
  ScalarList: "Scalar",
};

const plain = [
  "abs",
  "ceil",
  "cos",
  "erf",
  "exp",
  "expm1",
  "floor",
  "log",
  "log1p",
  "neg",
  "reciprocal",
  "round",
  "rsqrt",
  "sigmoid",
  "sign",
  "sin",
  "sqrt",
  "tanh",
  "trunc",
];
const paired = ["add", "sub", "mul", "div", "pow", "lerp", "maximum", "minimum"];
const tripled = ["addcdiv", "addcmul"];

/** The argument of entry `i`: that of a list, or what stands for all. */
function entryOf(argument: Argument, parameter: Parameter, i: number): Argument | undefined {
  if (!parameter.isList || argument.kind !== "list") return argument;
  return argument.items[i];
}

/** The row of an operator on lists, whose arguments are those of the other in the same order. */
function forEach(own: string, target: string, row: Row): Row {
  const [mine, others] = [signatureOf(own)?.parameters, signatureOf(target)?.parameters];
  if (mine === undefined || others === undefined) throw new Error(`${own} or ${target} has no signature`);
  return (n) => {
    const first = n.argument(mine.find((p) => p.isList)!.name);
    const size = first.kind === "list" ? first.items.length : n.invalid("its first argument is no list");
    return Array.from({ length: size }, (_, i) => {
      const given = new Map<string, Argument>();
      for (const p of others) if (p.default !== undefined) given.set(p.name, p.default);
      mine.forEach((p, k) => {
        const entry = entryOf(n.argument(p.name), p, i) ?? n.invalid(`argument '${p.name}' has no entry ${i}`);
        // What both have goes by its name, operands by their order.
        const name = others.some((o) => o.name === p.name) ? p.name : (others[k]?.name ?? p.name);
        given.set(name, entry);
      });
      const services = { ...n.services, declared: (j: number) => n.services.declared(i + j) };
      const result = row(new Call({ ...n.node, target }, given, n.t, services));
      return Array.isArray(result)
        ? n.invalid("an operator of several results")
        : (result as Exclude<typeof result, readonly unknown[]>);
    });
  };
}

/** Rows of the operators on lists whose partners `find` has. */
export function foreachRows(find: (target: string) => Row | undefined): Rows {
  const rows: Record<string, Row> = {};
  const add = (name: string, overload: string, target: string): void => {
    const own = `aten._foreach_${name}.${overload}`;
    const row = find(target);
    if (row !== undefined && signatureOf(own) && signatureOf(target)) rows[own] = forEach(own, target, row);
  };
  for (const name of plain) add(name, "default", `aten.${name}.default`);
  for (const name of paired)
    for (const overload of ["List", "Scalar", "ScalarList", "Tensor", "ScalarAndTensor"])
      add(name, overload, partners[`${name}.${overload}`] ?? `aten.${name}.${overloads[overload] ?? overload}`);
  for (const name of tripled)
    for (const overload of ["Scalar", "ScalarList"]) add(name, overload, `aten.${name}.default`);
  return rows;
}
