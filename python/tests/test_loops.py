"""Kernels in Python: as they are, and compiled."""

import importlib.util

import numpy
import pytest

import persimmons

SOURCE = """
import persimmons
from persimmons import f64

N, M = persimmons.sizes("N M")


@persimmons.loops
def scaled(alpha: f64, A: f64[N, M], y: f64[N]):
    for i in range(N):
        for j in range(M):
            y[i] += alpha * A[i, j]


@persimmons.loops
def wrong(A: f64[N]):
    for i in range(N):
        A[i] = open(i)
        return A
"""


@pytest.fixture
def kernels(tmp_path):
    path = tmp_path / "kernels.py"
    path.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location("kernels", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_kernel_runs_as_plain_python_with_sizes_of_its_arrays(kernels):
    a, y = numpy.arange(6.0).reshape(2, 3), numpy.ones(2)
    kernels.scaled(2.0, a, y)
    assert y.tolist() == [7.0, 25.0]


@pytest.mark.parametrize("sizes", [{}, {"N": 2, "M": 3}])
def test_a_compiled_kernel_gives_the_same(kernels, sizes):
    a, y = numpy.arange(6.0).reshape(2, 3), numpy.ones(2)
    bundle = kernels.scaled.export(**sizes)
    results = bundle.run({"alpha": numpy.float64(2.0), "A": a, "y": y})
    assert results["y"].tolist() == [7.0, 25.0]
    assert y.tolist() == [1.0, 1.0]


def test_what_kernels_cannot_do_is_told_all_at_once(kernels):
    with pytest.raises(persimmons.CompileError) as raised:
        kernels.wrong.export()
    assert [(d["code"], d["at"]["line"]) for d in raised.value.diagnostics] == [("PS2802", 18), ("PS2802", 19)]
