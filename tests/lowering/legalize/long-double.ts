/**
 * @file Referees f64 results with Python's NumPy, whose `longdouble` is the x87 format: 64 significant bits, so that its
 * functions are right to a thousandth of a unit of a double. NumPy has no erf; series and continued fraction stand in.
 */

import { pythonWith, runPython } from "../../support/python.js";

const SCRIPT = `
import json, sys
import numpy as np

L = np.longdouble


def erf_series(x):
    """2/sqrt(pi) e^(-x^2) sum 2^n x^(2n+1) / (2n+1)!!; all terms of one sign."""
    square, term, total = x * x, x.copy(), x.copy()
    for n in range(1, 400):
        term = term * (2 * square) / (2 * n + 1)
        total = total + term
    return 2 / np.sqrt(L(np.pi) + PI_TAIL) * exp_minus_square(x) * total


def erfc_fraction(x):
    """e^(-x^2) / sqrt(pi) / (x + 1/2 / (x + 1 / (x + 3/2 / (x + ...))))."""
    tail = x.copy()
    for n in range(1200, 0, -1):
        tail = x + L(n) / 2 / tail
    return exp_minus_square(x) / np.sqrt(L(np.pi) + PI_TAIL) / tail


PI_TAIL = L("1.2246467991473531772e-16")


def exp_minus_square(x):
    short = np.round(x * L(2) ** 20) / L(2) ** 20
    return np.exp(-short * short) * np.exp(-(x - short) * (x + short))


def erf(x):
    a = np.abs(x)
    near = erf_series(np.minimum(a, 2))
    return np.copysign(np.where(a < 1.5, near, 1 - erfc_fraction(np.clip(a, 1.5, 30))), x)


def erfc(x):
    far = erfc_fraction(np.clip(np.abs(x), 1, 120))
    return np.where(np.abs(x) < 1, 1 - erf_series(np.clip(x, -1, 1)), np.where(x < 0, 2 - far, far))


functions = {
    "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1, "log": np.log, "log2": np.log2, "log10": np.log10,
    "log1p": np.log1p, "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos,
    "atan": np.arctan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "asinh": np.arcsinh, "acosh": np.arccosh,
    "atanh": np.arctanh, "erf": erf, "erfc": erfc, "cbrt": np.cbrt, "rsqrt": lambda x: 1 / np.sqrt(x),
    "pow": np.power, "atan2": np.arctan2, "fmod": np.fmod,
}
request = json.loads(sys.stdin.buffer.readline())
data = np.frombuffer(sys.stdin.buffer.read(), np.float64).reshape(request["arity"] + 1, -1)
*inputs, got = data
with np.errstate(all="ignore"):
    wanted = functions[request["name"]](*(x.astype(L) for x in inputs))
    rounded = wanted.astype(np.float64)
    _, exponent = np.frexp(np.where(np.isfinite(wanted), wanted, 1))
    unit = np.ldexp(L(1), np.maximum(exponent - 53, -1074))
    error = np.abs(got.astype(L) - wanted) / unit
    same = (got == rounded) & (np.signbit(got) == np.signbit(rounded)) & ~np.isfinite(rounded)
    error = np.where(same | (np.isnan(got) & np.isnan(rounded)), 0, error)
    error = np.where((got == 0) & (rounded == 0), np.where(np.signbit(got) == np.signbit(rounded), 0, np.inf), error)
    error = np.where(np.isnan(error), np.inf, error)
    near_end = np.abs(wanted) > L(2) ** 1024 * (1 - L(2) ** -53)
    error = np.where(np.isinf(error) & near_end & ((np.abs(got) >= 1.797693134862315e308)) & (np.sign(got) == np.sign(wanted)), 1, error)
worst = int(np.argmax(error))
print(json.dumps({"worst": float(error[worst]), "at": [x[worst].hex() for x in inputs],
    "got": got[worst].hex(), "wanted": float(wanted[worst]).hex(), "count": int((error > 2).sum())}))
`;

export interface Verdict {
  /** The largest error in units of the last place. */
  readonly worst: number;
  readonly at: readonly string[];
  readonly got: string;
  readonly wanted: string;
}

export const longDoublePython = pythonWith("numpy");

/** Judges `got` as the values of the function `name` at `inputs`. */
export function judge(name: string, inputs: readonly Float64Array[], got: Float64Array): Verdict {
  const header = Buffer.from(`${JSON.stringify({ name, arity: inputs.length })}\n`);
  const arrays = [...inputs, got].map((x) => Buffer.from(x.buffer, x.byteOffset, x.byteLength));
  return JSON.parse(
    runPython(longDoublePython!, SCRIPT, Buffer.concat([header, ...arrays]))
      .toString()
      .replace(": Infinity", ": 1e999"),
  ) as Verdict;
}
