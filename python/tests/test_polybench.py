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
DAILY = ("gemm", "lu", "seidel_2d")


def test_all_thirty_are_here():
    assert len(NAMES) == 30


@pytest.mark.parametrize("name", [name if name in DAILY else pytest.param(name, marks=pytest.mark.slow) for name in NAMES])
def test_a_compiled_kernel_gives_numpys_results(bench, name, tmp_path):
    assert run(bench, name, "MINI", 1, tmp_path) <= LIMIT


@pytest.mark.parametrize("name", ["2mm", "syr2k", *(pytest.param(name, marks=pytest.mark.slow) for name in ("gemm", "trmm", "symm"))])
def test_a_kernel_that_threads_share_gives_numpys_results(bench, name, tmp_path):
    assert run(bench, name, "MEDIUM", 2, tmp_path) <= LIMIT


def run(bench, name, size, threads, folder):
    """How far the results are from NumPy's."""
    suite, reference = bench
    kernel = suite.KERNELS[name]
    source, sizes = FOLDER / "kernels" / (name + ".py"), kernel.sizes[size]
    options = {"target": "host", "constexprs": sizes, "threads": threads}
    with persimmons.export(source, out=folder / "k.psm", **options) as bundle:
        given = kernel.arguments(size)
        inputs = {port["name"]: numpy.asarray(given[port["name"]], dtype=numpy.float64) for port in bundle.inputs()}
        results = {**inputs, **bundle.run(inputs)}
    wanted = reference(name, kernel.arguments(size), sizes)
    return suite.difference(kernel.compared(results, size), kernel.compared(wanted, size))
