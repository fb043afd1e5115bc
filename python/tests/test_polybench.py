"""PolyBench's thirty kernels, compiled to native code at MINI size, compute what NumPy computes."""

import importlib
import pathlib
import sys

import numpy
import pytest

import persimmons

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "bench" / "polybench"
LIMIT = 1e-10


@pytest.fixture(scope="module")
def bench():
    """The benchmark's tables: kernels by name, and their results by NumPy."""
    before = list(sys.path)
    sys.path.insert(0, str(FOLDER))
    try:
        return importlib.import_module("suite"), importlib.import_module("reference").reference
    finally:
        sys.path[:] = before


NAMES = sorted(path.stem for path in (FOLDER / "kernels").glob("*.py"))
DAILY = ("gemm", "lu", "seidel-2d")


def test_all_thirty_are_here():
    assert len(NAMES) == 30


@pytest.mark.parametrize("name", [name if name in DAILY else pytest.param(name, marks=pytest.mark.slow) for name in NAMES])
def test_a_compiled_kernel_gives_numpys_results(bench, name, tmp_path):
    suite, reference = bench
    kernel, size = suite.KERNELS[name], "MINI"
    source, sizes = FOLDER / "kernels" / (name + ".py"), kernel.sizes[size]
    with persimmons.export(source, out=tmp_path / "k.psm", target="host", constexprs=sizes, threads=1) as bundle:
        given = kernel.arguments(size)
        inputs = {port["name"]: numpy.asarray(given[port["name"]], dtype=numpy.float64) for port in bundle.inputs()}
        results = {**inputs, **bundle.run(inputs)}
    wanted = reference(name, kernel.arguments(size), sizes)
    assert suite.difference(kernel.compared(results, size), kernel.compared(wanted, size)) <= LIMIT
