#!/usr/bin/env python3
"""Fits the polynomials of `lowering/legalize` and writes their coefficients, and the constants beside them.

    python3 scripts/fit-polynomials.py            rewrites lowering/legalize/generated/coefficients.ts
    python3 scripts/fit-polynomials.py NAME...     fits these rows only and prints their errors

Needs mpmath alone. Each row of POLYNOMIALS names a function, the interval, and the weight under which the error counts;
the degree is chosen per format. The fit is nearly minimax on a Chebyshev grid; then coefficients are rounded to the
format one by one, from the lowest, and the rest is fitted again to what that rounding left. The printed error is the
largest weighted error of the rounded polynomial in exact arithmetic, as a power of two.
"""

import sys
from pathlib import Path

from mpmath import mp, mpf

mp.dps = 60
OUTPUT = Path(__file__).resolve().parent.parent / "lowering/legalize/generated/coefficients.ts"


def round_to(x, bits):
    """The number of `bits` significant bits nearest to x (normal range)."""
    if x == 0:
        return mpf(0)
    exponent = int(mp.floor(mp.log(abs(x), 2)))
    unit = mpf(2) ** (exponent - bits + 1)
    return mp.nint(x / unit) * unit


class Format:
    def __init__(self, name, bits):
        self.name = name
        self.bits = bits

    def round(self, x):
        return round_to(x, self.bits)


F32, F64 = Format("f32", 24), Format("f64", 53)
FORMATS = (F32, F64)


def nodes(a, b, count):
    """Chebyshev extrema of [a, b], denser at the ends, where the error has its peaks."""
    return [(a + b) / 2 - (b - a) / 2 * mp.cos(mp.pi * i / (count - 1)) for i in range(count)]


def minimax(xs, ys, ws, low, degree, rounds=12):
    """Coefficients of x^low .. x^degree with nearly the least largest |w (y - p(x))| over the grid: Lawson's reweighted least squares.

    Unlike Remez' exchange it does not mind that x^low .. vanish inside the interval.
    """
    rows = [[w * x**k for k in range(low, degree + 1)] for x, w in zip(xs, ws)]
    right = [w * y for y, w in zip(ys, ws)]
    importance = [mpf(1)] * len(xs)
    best = (mp.inf, [])
    for _ in range(rounds):
        coefficients = least_squares(rows, right, importance)
        errors = [abs(r - mp.fdot(row, coefficients)) for row, r in zip(rows, right)]
        worst = max(errors)
        if worst < best[0]:
            best = (worst, coefficients)
        if worst == 0:
            break
        importance = [m * (e / worst + mpf("1e-3")) for m, e in zip(importance, errors)]
        total = mp.fsum(importance)
        importance = [m * len(xs) / total for m in importance]
    return best[1]


def least_squares(rows, right, importance):
    count = len(rows[0])
    matrix = mp.matrix(count, count)
    vector = mp.matrix(count, 1)
    weighted = [[m * x for x in row] for m, row in zip(importance, rows)]
    columns = list(zip(*rows))
    for i, column in enumerate(zip(*weighted)):
        for j in range(i, count):
            matrix[i, j] = matrix[j, i] = mp.fdot(column, columns[j])
        vector[i] = mp.fdot(column, right)
    return list(mp.lu_solve(matrix, vector))


def horner(coefficients, x, low=0):
    total = mpf(0)
    for c in reversed(coefficients):
        total = total * x + c
    return total * x**low


def fit(function, weight, interval, degree, form):
    """Coefficients rounded to the format, and the largest weighted error."""
    a, b = (mpf(x) for x in interval)
    xs = nodes(a, b, 8 * (degree + 3))
    ys = [function(x) for x in xs]
    ws = [weight(x) for x in xs]
    rounded, rest = [], list(ys)
    for low in range(degree + 1):
        fixed = form.round(minimax(xs, rest, ws, low, degree)[0])
        rounded.append(fixed)
        rest = [y - fixed * x**low for x, y in zip(xs, rest)]
    worst = max(abs(w * r) for w, r in zip(ws, rest))
    return rounded, worst


def series(value, terms):
    """value(x) away from 0; near 0, where it cancels, the sum of terms(n) x^n."""

    def at(x):
        if abs(x) > mpf("1e-4"):
            with mp.workdps(90):
                return value(x)
        return mp.fsum(terms(n) * x**n for n in range(14))

    return at


def odd_rest(f, terms):
    """(f(sqrt z) - sqrt z) / sqrt(z)^3: what follows the first term of an odd function, in z = x^2."""
    return series(lambda z: (f(mp.sqrt(z)) - mp.sqrt(z)) / mp.sqrt(z) ** 3, terms)


def asin_term(n):
    n += 1
    return mp.binomial(2 * n, n) / (mpf(4) ** n * (2 * n + 1))


LOG_S = (mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)  # s = f / (2 + f) at f = sqrt(2) - 1
ERF_END = {"f32": mpf("3.95"), "f64": mpf("5.95")}  # beyond, erf rounds to 1
ERFC_END = {"f32": mpf("10.1"), "f64": mpf("27.3")}  # beyond, erfc rounds to 0
ERFC_CENTRE = {"f32": 2, "f64": 4}


def erfcx_of(form):
    """erfc(x) e^(x^2) (x + 1/2), which is nearly constant, over t = (x - k) / (x + k)."""
    k = ERFC_CENTRE[form.name]

    def at(t):
        x = k * (1 + t) / (1 - t)
        return mp.erfc(x) * mp.exp(x * x) * (x + mpf(1) / 2)

    return at


def erfcx_interval(form):
    k = ERFC_CENTRE[form.name]
    return [(x - k) / (x + k) for x in (mpf("0.4999"), ERFC_END[form.name])]


# What follows the leading terms of each function. Weights turn an error of the polynomial into a relative error of the function.
# name: function, weight, interval, degrees for f32 and f64
POLYNOMIALS = {
    # e^r = 1 + r + r^2 p(r)
    "exp": (
        series(lambda r: (mp.exp(r) - 1 - r) / r**2, lambda n: 1 / mp.factorial(n + 2)),
        lambda r: abs(r) + mpf("0.01"),
        lambda _: (-mp.log(2) / 2 * mpf("1.01"), mp.log(2) / 2 * mpf("1.01")),
        (5, 10),
    ),
    # log((1 + s) / (1 - s)) = 2 s + s z p(z), z = s^2
    "log": (
        series(
            lambda z: (2 * mp.atanh(mp.sqrt(z)) - 2 * mp.sqrt(z)) / mp.sqrt(z) ** 3, lambda n: mpf(2) / (2 * n + 3)
        ),
        lambda z: z / 2,
        lambda _: (mpf("1e-9"), LOG_S**2 * mpf("1.001")),
        (3, 6),
    ),
    # log((1 + s) / (1 - s)) = 2 s + 2/3 s^3 + 2/5 s^5 + s^7 p(z)
    "logTail": (
        series(
            lambda z: (2 * mp.atanh(mp.sqrt(z)) / mp.sqrt(z) - 2 - 2 * z / 3 - 2 * z**2 / 5) / z**3,
            lambda n: mpf(2) / (2 * n + 7),
        ),
        lambda z: z**3 / 2,
        lambda _: (mpf("1e-6"), LOG_S**2 * mpf("1.001")),
        (2, 6),
    ),
    # sin r = r + r^3 p(r^2)
    "sin": (
        odd_rest(mp.sin, lambda n: (-1) ** (n + 1) / mp.factorial(2 * n + 3)),
        lambda z: z,
        lambda _: (mpf("1e-9"), (mp.pi / 4) ** 2 * mpf("1.01")),
        (3, 6),
    ),
    # cos r = 1 - z/2 + z^2 p(z), z = r^2
    "cos": (
        series(
            lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2, lambda n: (-1) ** n / mp.factorial(2 * n + 4)
        ),
        lambda z: z**2,
        lambda _: (mpf("1e-6"), (mp.pi / 4) ** 2 * mpf("1.01")),
        (2, 5),
    ),
    # atan t = t + t^3 p(t^2)
    "atan": (
        odd_rest(mp.atan, lambda n: mpf((-1) ** (n + 1)) / (2 * n + 3)),
        lambda z: z,
        lambda _: (mpf("1e-9"), mpf("0.2501")),
        (5, 13),
    ),
    # asin t = t + t^3 p(t^2)
    "asin": (
        odd_rest(mp.asin, asin_term),
        lambda z: z,
        lambda _: (mpf("1e-9"), mpf("0.2501")),
        (5, 13),
    ),
    # sinh x = x + x^3 p(x^2)
    "sinh": (
        odd_rest(mp.sinh, lambda n: 1 / mp.factorial(2 * n + 3)),
        lambda z: z,
        lambda _: (mpf("1e-9"), mpf("1.001")),
        (3, 7),
    ),
    # tanh x = x + x^3 p(x^2)
    "tanh": (
        odd_rest(mp.tanh, lambda n: mp.taylor(lambda t: mp.tanh(t), 0, 2 * n + 3)[-1]),
        lambda z: z,
        lambda _: (mpf("1e-9"), mpf("0.3026")),
        (4, 11),
    ),
    # erf x = x + x p(x^2), x up to 1
    "erf": (
        series(
            lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1,
            lambda n: 2 / mp.sqrt(mp.pi) * (-1) ** n / (mp.factorial(n) * (2 * n + 1)) - (1 if n == 0 else 0),
        ),
        lambda z: mp.sqrt(z) / mp.erf(mp.sqrt(z)),
        lambda _: (mpf("1e-9"), mpf(1)),
        (6, 14),
    ),
    # erfc x = e^p(x - 2), x from 1 to where erf x rounds to 1
    "erfTail": (
        lambda t: mp.log(mp.erfc(t + 2)),
        lambda t: mp.erfc(t + 2) / mp.erf(t + 2),
        lambda form: (mpf(-1), ERF_END[form.name] - 2),
        (8, 22),
    ),
    # erfc x = e^(-x^2) p(t) / (x + 1/2), t = (x - k) / (x + k)
    "erfc": (
        lambda form: erfcx_of(form),
        lambda form: lambda t: 1 / erfcx_of(form)(t),
        erfcx_interval,
        (9, 23),
    ),
    # m^(-1/3) for m in [1, 2): where Newton's iteration starts
    "inverseCubeRoot": (
        lambda m: m ** (-mpf(1) / 3),
        lambda m: m ** (mpf(1) / 3),
        lambda _: (mpf(1), mpf(2)),
        (3, 3),
    ),
}


def fitted(name, form):
    function, weight, interval, degrees = POLYNOMIALS[name]
    if name == "erfc":  # the one function that differs by format
        function, weight = function(form), weight(form)
    return fit(function, weight, interval(form), degrees[FORMATS.index(form)], form)


def constants(form):
    """Numbers that the format rounds; a Tail is what the rounding left, rounded; ...Hi has spare bits for exact products."""
    exact = {
        "log2E": 1 / mp.log(2),
        "log10E": 1 / mp.log(10),
        "log10Of2": mp.log(2) / mp.log(10),
        "ln2": mp.log(2),
        "pi": mp.pi,
        "halfPi": mp.pi / 2,
        "quarterPi": mp.pi / 4,
        "threeQuarterPi": 3 * mp.pi / 4,
        "twoOverPi": 2 / mp.pi,
        "twoThirds": mpf(2) / 3,
        "twoFifths": mpf(2) / 5,
        "inverseCubeRootOf2": mpf(2) ** (-mpf(1) / 3),
        "inverseCubeRootOf4": mpf(2) ** (-mpf(2) / 3),
    }
    table = {}
    for name, value in exact.items():
        table[name] = form.round(value)
        if name in ("log2E", "log10E", "ln2", "pi", "halfPi", "quarterPi", "threeQuarterPi", "twoThirds", "twoFifths"):
            table[f"{name}Tail"] = form.round(value - table[name])
    spare = 9 if form is F32 else 12  # bits of an exponent with its sign
    for name in ("ln2", "log10Of2"):
        table[f"{name}Hi"] = round_to(exact[name], form.bits - spare)
        table[f"{name}Lo"] = form.round(exact[name] - table[f"{name}Hi"])
    table |= half_pi_parts(form)
    return table


def half_pi_parts(form):
    """pi/2 as a sum; multiples of the first three parts below 2^12 (f64: 2^20) are exact."""
    bits = form.bits - (12 if form is F32 else 20)
    table, rest = {}, mp.pi / 2
    for i in (1, 2, 3):
        unit = mpf(2) ** (int(mp.floor(mp.log(rest, 2))) - bits + 1)
        table[f"halfPi{i}"] = mp.floor(rest / unit) * unit
        rest -= table[f"halfPi{i}"]
    table["halfPi4"] = form.round(rest)
    return table


def two_over_pi_words(width, count):
    """The binary expansion of 2/pi after width - 16 zeros, in words."""
    with mp.workdps(600):
        digits = int(mp.floor(2 / mp.pi * mpf(2) ** (width * count - width + 16)))
    return [(digits >> (width * (count - 1 - i))) & (2**width - 1) for i in range(count)]


def number(x):
    """A double's shortest text; -0.0 and the like do not occur."""
    text = repr(float(x))
    return text[:-2] if text.endswith(".0") else text


HEADER = """/**
 * @file Written by scripts/fit-polynomials.py; change that and run it again. Coefficients from the constant term up, and
 * constants, each rounded to its format. The errors are of the polynomial in exact arithmetic, weighted to count
 * relative to the function that uses it.
 */

import type { FloatName } from "../formats.js";
"""


def main():
    lines = [HEADER]
    for name in POLYNOMIALS:
        fits = [fitted(name, form) for form in FORMATS]
        errors = ", ".join(f"{f.name} 2^{mp.nstr(mp.log(w, 2), 4)}" for f, (_, w) in zip(FORMATS, fits))
        lines += [f"/** Error: {errors}. */", f"export const {name}Polynomial: Readonly<Record<FloatName, readonly number[]>> = {{"]
        for form, (coefficients, _) in zip(FORMATS, fits):
            lines += [f"  {form.name}: [", *(f"    {number(c)}," for c in coefficients), "  ],"]
        lines += ["};", ""]
    tables = {form.name: constants(form) for form in FORMATS}
    lines.append("export interface Constants {")
    lines += [f"  readonly {name}: number;" for name in tables["f32"]]
    lines += ["}", "", "export const constants: Readonly<Record<FloatName, Constants>> = {"]
    for name, table in tables.items():
        lines += [f"  {name}: {{", *(f"    {key}: {number(value)}," for key, value in table.items()), "  },"]
    lines += ["};", ""]
    lines += ["/** The digits of 2/pi in words of 32 (f64: 64) bits, after 16 (48) zeros. */"]
    lines.append("export const twoOverPiWords: Readonly<Record<FloatName, readonly bigint[]>> = {")
    for form, width, count in ((F32, 32, 7), (F64, 64, 19)):
        lines += [f"  {form.name}: [", *(f"    {hex(w)}n," for w in two_over_pi_words(width, count)), "  ],"]
    lines += ["};"]
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    OUTPUT.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    for chosen in sys.argv[1:]:
        for form in FORMATS:
            coefficients, worst = fitted(chosen, form)
            print(chosen, form.name, "degree", len(coefficients) - 1, "error 2^" + mp.nstr(mp.log(worst, 2), 5), flush=True)
    if len(sys.argv) == 1:
        main()
