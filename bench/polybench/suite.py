"""The table of PolyBench 4.2's thirty kernels: sizes, arguments with their first values, results and work.

One row says all that the programs in C, the kernels in Python and the references in NumPy have to agree on. Values are
formulas over the indices ``i``, ``j``, ``k`` and the sizes, the same as in ``c/NAME.c``; matrices to be factored have a
heavy diagonal, so that results can be compared to ten digits.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

import numpy as np

HERE = Path(__file__).resolve().parent
CLASSES = ("MINI", "SMALL", "MEDIUM", "LARGE")


class Array(NamedTuple):
    """An array argument: names of its sizes, and the formula of its first values."""

    dims: Tuple[str, ...]
    value: str


class Kernel(NamedTuple):
    """A row of the table."""

    name: str
    sizes: Dict[str, Dict[str, int]]
    """Of each class, the sizes by name."""
    given: Dict[str, Union[str, Array]]
    """Arguments in the function's order: the formula of a scalar, or an array."""
    gives: Tuple[str, ...]
    """Arrays that are compared."""
    work: str
    """Floating-point operations, to the leading terms."""
    defined: Dict[str, str]
    """Of results that are defined in part, the columns that are: a formula of their number."""

    def arguments(self, size: str) -> Dict[str, Any]:
        """First values of all arguments, in order: floats and new arrays."""
        return {name: self._first(value, self.sizes[size]) for name, value in self.given.items()}

    def flops(self, size: str) -> float:
        return float(eval(self.work, {}, self.sizes[size]))

    def compared(self, results: Dict[str, np.ndarray], size: str) -> Dict[str, np.ndarray]:
        """The part of the results that the kernel's definition settles."""
        columns = {name: int(eval(text, {}, self.sizes[size])) for name, text in self.defined.items()}
        return {name: results[name][..., : columns.get(name)] for name in self.gives}

    def shape(self, name: str, size: str) -> Tuple[int, ...]:
        array = self.given[name]
        assert isinstance(array, Array)
        return tuple(self.sizes[size][dim] for dim in array.dims)

    @staticmethod
    def _first(value: Union[str, Array], sizes: Dict[str, int]) -> Any:
        if isinstance(value, str):
            return float(eval(value, {}, sizes))
        shape = tuple(sizes[dim] for dim in value.dims)
        grids = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij", sparse=True)
        filled = np.empty(shape)
        filled[...] = eval(value.value, {"where": np.where}, {**sizes, **dict(zip("ijk", grids))})
        return filled


def _row(name: str, sizes: str, classes: List[str], given: Dict[str, str], gives: str, work: str, **defined: str) -> Kernel:
    """A row from text: sizes as "20 25 30" a class; an array as "N M: formula", a scalar as a formula."""
    names = sizes.split()
    by_class = {c: dict(zip(names, map(int, text.split()))) for c, text in zip(CLASSES, classes)}
    return Kernel(name, by_class, {k: _argument(v) for k, v in given.items()}, tuple(gives.split()), work, defined)


def _argument(text: str) -> Union[str, Array]:
    dims, colon, value = text.partition(":")
    return Array(tuple(dims.split()), value.strip()) if colon else text


_SQUARE = ["40", "120", "400", "2000"]
_PAIR = ["20 30", "60 80", "200 240", "1000 1200"]
_VECTOR = ["38 42", "116 124", "390 410", "1900 2100"]
_DATA = ["28 32", "80 100", "240 260", "1200 1400"]
_SAMPLES = "N M: (i * (2 * j + 1) + j) % 101 / 10.0"
_HEAVY = "N N: (i * j + 3 * i + j) % 17 / 17.0 + (i == j) * N"

_ROWS = [
    _row(
        "2mm",
        "NI NJ NK NL",
        ["16 18 22 24", "40 50 70 80", "180 190 210 220", "800 900 1100 1200"],
        {
            "alpha": "1.5",
            "beta": "1.2",
            "tmp": "NI NJ: 0",
            "A": "NI NK: (i * j + 1) % NI / NI",
            "B": "NK NJ: i * (j + 1) % NJ / NJ",
            "C": "NJ NL: (i * (j + 3) + 1) % NL / NL",
            "D": "NI NL: i * (j + 2) % NK / NK",
        },
        "D",
        "2 * NI * NJ * (NK + NL)",
    ),
    _row(
        "3mm",
        "NI NJ NK NL NM",
        ["16 18 20 22 24", "40 50 60 70 80", "180 190 200 210 220", "800 900 1000 1100 1200"],
        {
            "E": "NI NJ: 0",
            "A": "NI NK: (i * j + 1) % NI / NI",
            "B": "NK NJ: (i * (j + 1) + 2) % NJ / NJ",
            "F": "NJ NL: 0",
            "C": "NJ NM: i * (j + 3) % NL / NL",
            "D": "NM NL: (i * (j + 2) + 2) % NK / NK",
            "G": "NI NL: 0",
        },
        "G",
        "2 * (NI * NJ * NK + NJ * NL * NM + NI * NJ * NL)",
    ),
    _row(
        "adi",
        "TSTEPS N",
        ["20 20", "40 60", "100 200", "500 1000"],
        {"u": "N N: (i + N - j) / N", "v": "N N: 0", "p": "N N: 0", "q": "N N: 0"},
        "u",
        "30 * TSTEPS * N * N",
    ),
    _row(
        "atax",
        "M N",
        _VECTOR,
        {"A": "M N: (i + j) % N / (5 * M)", "x": "N: 1 + i / N", "y": "N: 0", "tmp": "M: 0"},
        "y",
        "4 * M * N",
    ),
    _row(
        "bicg",
        "M N",
        _VECTOR,
        {"A": "N M: i * (j + 1) % N / N", "s": "M: 0", "q": "N: 0", "p": "M: i % M / M", "r": "N: i % N / N"},
        "s q",
        "4 * M * N",
    ),
    _row(
        "cholesky",
        "N",
        _SQUARE,
        {"A": "N N: (i * j + i + j) % 17 / 17.0 + (i == j) * N"},
        "A",
        "N * N * N / 3",
    ),
    _row(
        "correlation",
        "M N",
        _DATA,
        {"float_n": "N", "data": _SAMPLES, "corr": "M M: 0", "mean": "M: 0", "stddev": "M: 0"},
        "corr",
        "M * M * N",
    ),
    _row(
        "covariance",
        "M N",
        _DATA,
        {"float_n": "N", "data": _SAMPLES, "cov": "M M: 0", "mean": "M: 0"},
        "cov",
        "M * M * N",
    ),
    _row(
        "deriche",
        "W H",
        ["64 64", "192 128", "720 480", "4096 2160"],
        {
            "alpha": "0.25",
            "imgIn": "W H: (313 * i + 991 * j) % 65536 / 65535.0",
            "imgOut": "W H: 0",
            "y1": "W H: 0",
            "y2": "W H: 0",
        },
        "imgOut",
        "32 * W * H",
    ),
    _row(
        "doitgen",
        "NQ NR NP",
        ["8 10 12", "20 25 30", "40 50 60", "140 150 160"],
        {"A": "NR NQ NP: (i * j + k) % NP / NP", "C4": "NP NP: i * j % NP / NP", "sum": "NP: 0"},
        "A",
        "2 * NR * NQ * NP * NP",
    ),
    _row(
        "durbin",
        "N",
        _SQUARE,
        {"r": "N: 0.25 / ((i + 2.0) * (i + 2.0))", "y": "N: 0", "z": "N: 0"},
        "y",
        "2 * N * N",
    ),
    _row(
        "fdtd_2d",
        "TMAX NX NY",
        ["20 20 30", "40 60 80", "100 200 240", "500 1000 1200"],
        {
            "ex": "NX NY: i * (j + 1) / NX",
            "ey": "NX NY: i * (j + 2) / NY",
            "hz": "NX NY: i * (j + 3) / NX",
            "fict": "TMAX: i",
        },
        "ex ey hz",
        "11 * TMAX * NX * NY",
    ),
    _row(
        "floyd_warshall",
        "N",
        ["60", "180", "500", "2800"],
        {"path": "N N: where(((i + j) % 13 == 0) | ((i + j) % 7 == 0) | ((i + j) % 11 == 0), 999.0, i * j % 7 + 1.0)"},
        "path",
        "2 * N * N * N",
    ),
    _row(
        "gemm",
        "NI NJ NK",
        ["20 25 30", "60 70 80", "200 220 240", "1000 1100 1200"],
        {
            "alpha": "1.5",
            "beta": "1.2",
            "C": "NI NJ: (i * j + 1) % NI / NI",
            "A": "NI NK: i * (j + 1) % NK / NK",
            "B": "NK NJ: i * (j + 2) % NJ / NJ",
        },
        "C",
        "2 * NI * NJ * NK",
    ),
    _row(
        "gemver",
        "N",
        _SQUARE,
        {
            "alpha": "1.5",
            "beta": "1.2",
            "A": "N N: i * j % N / N",
            "u1": "N: i",
            "v1": "N: (i + 1) / N / 4.0",
            "u2": "N: (i + 1) / N / 2.0",
            "v2": "N: (i + 1) / N / 6.0",
            "w": "N: 0",
            "x": "N: 0",
            "y": "N: (i + 1) / N / 8.0",
            "z": "N: (i + 1) / N / 9.0",
        },
        "A w x",
        "10 * N * N",
    ),
    _row(
        "gesummv",
        "N",
        ["30", "90", "250", "1300"],
        {
            "alpha": "1.5",
            "beta": "1.2",
            "A": "N N: (i * j + 1) % N / N",
            "B": "N N: (i * j + 2) % N / N",
            "tmp": "N: 0",
            "x": "N: i % N / N",
            "y": "N: 0",
        },
        "y",
        "4 * N * N",
    ),
    _row(
        "gramschmidt",
        "M N",
        _PAIR,
        {"A": "M N: (i * j + 3 * i + j) % 101 / 101.0 + (i == j) * N", "R": "N N: 0", "Q": "M N: 0"},
        "R Q",
        "2 * M * N * N",
        # There are more columns than dimensions: the rest of Q is rounding errors made long.
        Q="M",
    ),
    _row(
        "heat_3d",
        "TSTEPS N",
        ["20 10", "40 20", "100 40", "500 120"],
        {"A": "N N N: (i * j + k * k % 7) * 10.0 / N", "B": "N N N: (i * j + k * k % 7) * 10.0 / N"},
        "A",
        "30 * TSTEPS * N * N * N",
    ),
    _row(
        "jacobi_1d",
        "TSTEPS N",
        ["20 30", "40 120", "100 400", "500 2000"],
        {"A": "N: (i + 2) / N", "B": "N: (i + 3) / N"},
        "A",
        "6 * TSTEPS * N",
    ),
    _row(
        "jacobi_2d",
        "TSTEPS N",
        ["20 30", "40 90", "100 250", "500 1300"],
        {"A": "N N: (i * (j + 2) + 2) / N", "B": "N N: (i * (j + 3) + 3) / N"},
        "A",
        "10 * TSTEPS * N * N",
    ),
    _row("lu", "N", _SQUARE, {"A": _HEAVY}, "A", "2 * N * N * N / 3"),
    _row(
        "ludcmp",
        "N",
        _SQUARE,
        {"A": _HEAVY, "b": "N: (i + 1) / N / 2.0 + 4.0", "x": "N: 0", "y": "N: 0"},
        "x",
        "2 * N * N * N / 3",
    ),
    _row(
        "mvt",
        "N",
        _SQUARE,
        {
            "x1": "N: i % N / N",
            "x2": "N: (i + 1) % N / N",
            "y1": "N: (i + 3) % N / N",
            "y2": "N: (i + 4) % N / N",
            "A": "N N: i * j % N / N",
        },
        "x1 x2",
        "4 * N * N",
    ),
    _row(
        "nussinov",
        "N",
        ["60", "180", "500", "2500"],
        {"seq": "N: (i * i % 7 + i) % 4", "table": "N N: 0"},
        "table",
        "N * N * N / 3",
    ),
    _row(
        "seidel_2d",
        "TSTEPS N",
        ["20 40", "40 120", "100 400", "500 2000"],
        {"A": "N N: (i * (j + 2) + 2) / N"},
        "A",
        "9 * TSTEPS * N * N",
    ),
    _row(
        "symm",
        "M N",
        _PAIR,
        {
            "alpha": "1.5",
            "beta": "1.2",
            "C": "M N: (i + j) % 100 / M",
            "A": "M M: (i + j) % 100 / M",
            "B": "M N: (N + i - j) % 100 / M",
        },
        "C",
        "2 * M * M * N",
    ),
    _row(
        "syr2k",
        "M N",
        _PAIR,
        {
            "alpha": "1.5",
            "beta": "1.2",
            "C": "N N: (i * j + 3) % N / M",
            "A": "N M: (i * j + 1) % N / N",
            "B": "N M: (i * j + 2) % M / M",
        },
        "C",
        "2 * M * N * N",
    ),
    _row(
        "syrk",
        "M N",
        _PAIR,
        {"alpha": "1.5", "beta": "1.2", "C": "N N: (i * j + 2) % M / M", "A": "N M: (i * j + 1) % N / N"},
        "C",
        "M * N * N",
    ),
    _row(
        "trisolv",
        "N",
        _SQUARE,
        {"L": "N N: (i * j + i + 2) % 17 / 17.0 + (i == j) * N", "x": "N: 0", "b": "N: i"},
        "x",
        "N * N",
    ),
    _row(
        "trmm",
        "M N",
        _PAIR,
        {"alpha": "1.5", "A": "M M: where(i == j, 1.0, (i + j) % M / M)", "B": "M N: (N + i - j) % N / N"},
        "B",
        "M * M * N",
    ),
]

KERNELS = {row.name: row for row in _ROWS}


def difference(results: Dict[str, np.ndarray], wanted: Dict[str, np.ndarray]) -> float:
    """The largest error of any result beside the largest magnitude in it; infinity where one is not a number."""
    worst = 0.0
    for name, right in wanted.items():
        error = np.max(np.abs(results[name] - right))
        worst = max(worst, float(error / np.max(np.abs(right))) if np.isfinite(error) else np.inf)
    return worst


def plain_function(kernel: Kernel, size: str) -> Any:
    """The kernel as Python runs it, with the sizes of a class.

    The module is loaded with a stand-in for ``persimmons`` in which sizes are numbers and ``loops`` changes nothing, so
    that nothing of the compiler takes part.
    """
    stand_in = types.ModuleType("persimmons")
    stand_in.sizes = lambda names: _sizes_of(names.split(), kernel.sizes[size])  # type: ignore[attr-defined]
    stand_in.loops = lambda function: function  # type: ignore[attr-defined]
    stand_in.f64 = _Subscriptable()  # type: ignore[attr-defined]
    found: List[Any] = []
    real: Optional[types.ModuleType] = sys.modules.get("persimmons")
    sys.modules["persimmons"] = stand_in
    try:
        spec = importlib.util.spec_from_file_location("kernel_" + kernel.name, HERE / "kernels" / (kernel.name + ".py"))
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found = [v for v in vars(module).values() if isinstance(v, types.FunctionType) and v.__module__ == spec.name]
    finally:
        if real is None:
            del sys.modules["persimmons"]
        else:
            sys.modules["persimmons"] = real
    (function,) = found
    return function


class _Subscriptable:
    """``f64[N, M]`` in annotations, which Python evaluates."""

    def __getitem__(self, sizes: Any) -> "_Subscriptable":
        return self


def _sizes_of(names: List[str], sizes: Dict[str, int]) -> Any:
    values = tuple(sizes[name] for name in names)
    return values if len(values) > 1 else values[0]
