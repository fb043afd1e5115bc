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
def product(C: f64[N, N], A: f64[N, M], B: f64[M, N]):
    for i in range(N):
        for j in range(N):
            for k in range(M):
                C[i, j] += A[i, k] * B[k, j]


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


def test_arrays_that_share_memory_are_refused_where_one_is_written(kernels):
    a = numpy.arange(12.0).reshape(3, 4)
    with pytest.raises(ValueError, match=r"kernels\.py:8: scaled writes to 'y', which shares memory with 'A': give it a copy"):
        kernels.scaled(2.0, a, a[:, 0])
    # Neighbours that share no element are none of this, and what is only read may be given twice.
    both = numpy.ones((2, 3))
    kernels.scaled(2.0, both[:, :2], both[:, 2])
    assert both[:, 2].tolist() == [5.0, 5.0]
    c = numpy.zeros((2, 2))
    kernels.product(c, c + 1, c + 1)
    square = numpy.array([[1.0, 2.0], [3.0, 4.0]])
    kernels.product(c, square, square)
    assert c.tolist() == [[9.0, 12.0], [17.0, 24.0]]


def test_a_compiled_kernel_takes_copies_of_arrays_that_share_memory(kernels):
    whole = numpy.arange(1.0, 10.0).reshape(3, 3)
    bundle = kernels.product.export()
    views = {"C": whole[::-1, ::-1][:2, :2], "A": whole[:2, 1:], "B": whole.T[1:, 1:]}
    copies = {name: numpy.array(view) for name, view in views.items()}
    kernels.product(*copies.values())
    before = whole.copy()
    assert bundle.run(views)["C"].tolist() == copies["C"].tolist()
    same = bundle.run({"C": whole[:2, :2], "A": whole[:2, :2], "B": whole[:2, :2]})["C"]
    assert same.tolist() == (whole[:2, :2] + whole[:2, :2] @ whole[:2, :2]).tolist()
    assert whole.tolist() == before.tolist()


def test_what_kernels_cannot_do_is_told_all_at_once(kernels):
    with pytest.raises(persimmons.CompileError) as raised:
        kernels.wrong.export()
    assert [(d["code"], d["at"]["line"]) for d in raised.value.diagnostics] == [("PS2802", 26), ("PS2802", 27)]
