"""Models of PyTorch by ``persimmons.export``: nesting, sizes, memory, and what goes wrong."""

import collections

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import persimmons  # noqa: E402
from persimmons._nesting import Nesting  # noqa: E402


class Nested(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 3)

    def forward(self, x, parts, *, scale=2, flag=None):
        y = self.layer(x) + parts["a"] * scale + parts["rest"][1]
        return {"y": y, "more": [y + 1, (None, 7, x.shape[0])]}


def example(rows=2):
    return torch.randn(rows, 3), {"a": torch.randn(rows, 3), "rest": [torch.zeros(1), torch.randn(3)]}


@pytest.fixture(scope="module")
def nested():
    batch = {0: torch.export.Dim("batch", min=1, max=64)}
    shapes = {"x": batch, "parts": {"a": batch, "rest": [None, None]}, "scale": None, "flag": None}
    model = Nested().eval()
    with persimmons.export(model, example(), {"scale": 2, "flag": None}, dynamic_shapes=shapes) as bundle:
        yield model, bundle


def test_is_called_as_the_model_is(nested):
    model, bundle = nested
    for rows in (1, 5, 64):
        x, parts = example(rows)
        expected = model(x, parts)
        for result in (bundle(x, parts, scale=2), bundle(x, parts=parts), bundle(x=x, parts=parts, flag=None, scale=2)):
            torch.testing.assert_close(result["y"], expected["y"])
            torch.testing.assert_close(result["more"][0], expected["more"][0])
            assert result["more"][1] == (None, 7, rows)
            assert isinstance(result["more"][1][2], int)


def test_takes_flat_arrays_too(nested):
    model, bundle = nested
    x, parts = example(3)
    expected = model(x, parts)["y"].detach().numpy()
    flat = [v.numpy() for v in (x, parts["a"], *parts["rest"])]
    np.testing.assert_allclose(bundle(*flat)["y"], expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(bundle.run(flat)["output_0"], expected, rtol=1e-5, atol=1e-6)


def test_names_every_argument_that_is_wrong(nested):
    _, bundle = nested
    x, parts = example()
    with pytest.raises(persimmons.CompileError) as caught:
        bundle(x, {"a": parts["a"], "rest": [1], "b": x}, x=x, scale=3, other=1)
    assert [d["message"] for d in caught.value.diagnostics] == [
        "argument 'x' is given in order and by name",
        "argument 'parts['rest']' must be a list of 2; it is a list of 1",
        "argument 'parts' has the key 'b', which it had not at export",
        "argument 'scale' was 2 at export, and the program is for that; it is 3",
        "the model has no argument 'other'",
    ]
    with pytest.raises(persimmons.CompileError, match="argument 'parts' is missing"):
        bundle(x)


def test_sizes_out_of_range_are_refused(nested):
    _, bundle = nested
    with pytest.raises(persimmons.CompileError, match=r"dimension 0 of input 'x' must be in \[1, 64\]"):
        bundle(*example(65))
    x, _ = example(2)
    with pytest.raises(persimmons.CompileError, match="input 'parts.a'"):
        bundle(x, example(3)[1])


def test_guards_of_the_exporter_hold_at_run_time():
    class Guarded(torch.nn.Module):
        def forward(self, x, y):
            return x.sum() if x.shape[0] > 2 * y.shape[0] else y.sum()

    sizes = {0: torch.export.Dim.AUTO}
    with persimmons.export(Guarded(), (torch.ones(9), torch.ones(3)), dynamic_shapes=(sizes, sizes)) as bundle:
        assert float(bundle(torch.ones(20), torch.ones(9))) == 20
        with pytest.raises(persimmons.CompileError, match=r"x.shape\[0\] > 2\*y.shape\[0\]"):
            bundle(torch.ones(20), torch.ones(10))


def test_buffers_live_on_and_written_inputs_are_written():
    class Counter(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("total", torch.tensor([10.0]))

        def forward(self, x, cache):
            self.total += x.sum()
            cache[:, 1] = x
            return self.total * 1

    with persimmons.export(Counter(), (torch.ones(2), torch.zeros(2, 2))) as bundle:
        cache = torch.zeros(2, 2)
        assert float(bundle(torch.tensor([1.0, 2.0]), cache)[0]) == 13
        assert float(bundle(torch.tensor([1.0, 1.0]), cache)[0]) == 15
        assert cache.tolist() == [[0, 1], [0, 1]]
        assert bundle.state("total").tolist() == [15]
        bundle.reset()
        plain = np.zeros((2, 2), np.float32)
        assert float(bundle(np.ones(2, np.float32), plain)[0]) == 12
        assert plain.tolist() == [[0, 1], [0, 1]]


@pytest.mark.parametrize("name", ["bfloat16", "float16", "float8_e4m3fn", "float64", "int8", "complex64"])
def test_element_types(name):
    dtype = getattr(torch, name)

    class Flip(torch.nn.Module):
        def forward(self, x):
            # PyTorch computes nothing with 8-bit floats on a CPU.
            return x[:, None].t() if dtype.itemsize == 1 else x + x

    x = torch.arange(4, dtype=torch.float32).to(dtype)
    with persimmons.export(Flip(), (x,)) as bundle:
        result = bundle(x)
    assert result.dtype == dtype
    assert torch.equal(result.to(torch.complex64), Flip()(x).to(torch.complex64))


def test_results_of_registered_types():
    Pair = collections.namedtuple("Pair", "left right")
    torch.utils._pytree._register_namedtuple(Pair, serialized_type_name="tests.Pair")

    class Pairs(torch.nn.Module):
        def forward(self, x):
            return Pair(x + 1, x * 2)

    with persimmons.export(Pairs(), (torch.ones(2),)) as bundle:
        result = bundle(torch.ones(2))
    assert isinstance(result, Pair) and result.right.tolist() == [2, 2]


def test_types_that_nobody_knows_are_records_or_tuples():
    def nesting(context):
        node = {"type": "a.Stranger", "context": context, "children": [{"output": 0}, {"output": 1}]}
        inputs = '{"tree": {"tuple": [{"tuple": []}, {"dict": []}]}}'
        import json

        return Nesting(inputs, json.dumps({"tree": node})).unflatten([1, 2])

    assert nesting('["a", "b"]').b == 2
    assert nesting('[["a", "b"], []]')["a"] == 1
    assert nesting("null") == (1, 2)
    with pytest.raises(AttributeError):
        nesting('["a", "b"]').c


def test_exported_programs_and_out(tmp_path):
    program = torch.export.export(torch.nn.ReLU(), (torch.ones(2),))
    with persimmons.export(program, out=tmp_path / "relu.psm") as bundle:
        assert bundle(torch.tensor([-1.0, 1.0])).tolist() == [0, 1]
    with persimmons.load(tmp_path / "relu.psm") as bundle:
        assert bundle(np.float32([-1, 1])).tolist() == [0, 1]


def test_bundles_of_models_in_memory_leave_nothing_behind():
    import os

    bundle = persimmons.export(torch.nn.ReLU(), (torch.ones(2),))
    assert os.path.isdir(bundle.path)
    bundle.close()
    assert not os.path.exists(bundle.path)


def test_what_is_no_model_is_refused(tmp_path):
    with pytest.raises(persimmons.UnsupportedError, match="builtins.dict is no model"):
        persimmons.export({})
    with pytest.raises(persimmons.CompileError, match="example arguments"):
        persimmons.export(torch.nn.ReLU())
    with pytest.raises(persimmons.CompileError, match="are for modules"):
        persimmons.export(tmp_path / "model.pt2", (torch.ones(2),))


def test_refusals_name_the_line_of_the_user():
    class Special(torch.nn.Module):
        def forward(self, x):
            return torch.linalg.eigvals(x)

    with pytest.raises(persimmons.UnsupportedError) as caught:
        persimmons.export(Special(), (torch.ones(2, 2),))
    assert "linalg_eig" in str(caught.value) and "test_torch_export.py:" in str(caught.value)


def test_training_mode_is_warned_of():
    with pytest.warns(RuntimeWarning, match="training mode, and Dropout"):
        persimmons.export(torch.nn.Sequential(torch.nn.Dropout(0.5)), (torch.ones(2),)).close()
