"""Kinds and types of arrays: what came in, comes out, bit for bit."""

import numpy as np
import pytest

import persimmons
from conftest import reverse_of
from persimmons._arrays import bind, maker_for, raw_of, to_numpy
from persimmons._dtypes import BY_NUMPY, DTYPES, numpy_dtype

PLAIN = [name for name, dtype in DTYPES.items() if dtype.is_numpys_own]
ODD = [name for name, dtype in DTYPES.items() if not dtype.is_numpys_own]


def test_codes_are_those_of_the_abi():
    import os
    import re

    header = os.path.join(os.path.dirname(__file__), "..", "..", "runtime-lib", "native", "psm_abi.h")
    with open(header, encoding="utf-8") as file:
        codes = dict(re.findall(r"PSM_(\w+) = (0x[0-9a-f]+)", file.read()))
    ours = {name.replace("<", "_").replace(">", "").upper(): dtype.code for name, dtype in DTYPES.items()}
    assert ours == {name: int(code, 16) for name, code in codes.items() if name in ours or len(code) == 6}


@pytest.mark.parametrize("name", PLAIN)
def test_numpys_own_types_pass_as_they_are(name):
    array = np.arange(6).astype(DTYPES[name].numpy).reshape(2, 3)
    raw, dtype = raw_of(array, DTYPES[name])
    assert dtype is DTYPES[name]
    assert np.shares_memory(raw, array)
    assert np.array_equal(to_numpy(raw, dtype), array)


@pytest.mark.parametrize("name", ODD)
def test_types_of_ml_dtypes_pass_as_bits(name):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    if not hasattr(ml_dtypes, DTYPES[name].numpy):
        pytest.skip("this ml_dtypes has no %s" % DTYPES[name].numpy)
    array = np.array([0.5, 1, 2, 1]).astype(numpy_dtype(DTYPES[name]))
    raw, dtype = raw_of(array, DTYPES[name])
    assert dtype is DTYPES[name]
    assert raw.dtype == np.dtype(dtype.raw)
    assert np.array_equal(to_numpy(raw, dtype).astype(np.float32), array.astype(np.float32))


def test_narrow_integers_are_extended():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    raw, _ = raw_of(np.array([-3, 7, -8]).astype(ml_dtypes.int4), DTYPES["i4"])
    assert raw.tolist() == [-3, 7, -8]
    raw, _ = raw_of(np.array([3, 15]).astype(ml_dtypes.uint4), DTYPES["ui4"])
    assert raw.tolist() == [3, 15]


def test_order_of_bytes_and_of_elements_is_ours():
    array = np.asfortranarray(np.arange(6, dtype=">f4").reshape(2, 3))
    raw, dtype = raw_of(array, DTYPES["f32"])
    assert dtype is DTYPES["f32"]
    assert raw.flags.c_contiguous and raw.dtype.isnative
    assert raw.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_scalars_keep_their_rank():
    for value in (np.float32(2), np.array(2, np.float32), 2, 2.0):
        raw, dtype = raw_of(value, DTYPES["f32"])
        assert (raw.shape, dtype.name, float(raw)) == ((), "f32", 2.0)


def test_lists_take_the_type_the_model_wants():
    raw, dtype = raw_of([[1, 2], [3, 4]], DTYPES["i64"])
    assert (raw.dtype, raw.shape, dtype.name) == (np.dtype(np.int64), (2, 2), "i64")


def test_what_is_no_array_of_numbers_is_named():
    entry = {"inputs": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}
    values = [np.array(["x"]), object(), np.zeros(1, np.int8)]
    with pytest.raises(persimmons.CompileError) as caught:
        bind(entry, values, [DTYPES["f32"]] * 3)
    assert [d["message"] for d in caught.value.diagnostics] == [
        "input 'a': its elements are <U1, the model takes f32",
        "input 'b': a object is no array",
        "input 'c': its elements are i8, the model takes f32",
    ]


class Shared:
    """An array of nobody's library that speaks DLPack and the array API."""

    def __init__(self, array):
        self.array = np.asarray(array)

    def __dlpack__(self, **options):
        return self.array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self.array.__dlpack_device__()

    def __array_namespace__(self):
        return SharedNamespace


class SharedNamespace:
    @staticmethod
    def from_dlpack(value):
        return Shared(np.from_dlpack(value))


def test_whatever_speaks_dlpack_gets_its_own_kind_back():
    value = Shared(np.arange(3, dtype=np.int32))
    raw, dtype = raw_of(value, DTYPES["i32"])
    assert np.shares_memory(raw, value.array)
    out = maker_for([np.zeros(1), value])(raw.copy(), dtype)
    assert isinstance(out, Shared)
    assert out.array.tolist() == [0, 1, 2]


def test_numpy_comes_out_where_only_numpy_came_in():
    assert isinstance(maker_for([np.zeros(1), 3, [1]])(np.zeros(2, "f4"), DTYPES["f32"]), np.ndarray)


@pytest.mark.parametrize("name", [name for name, dtype in DTYPES.items() if dtype.torch])
def test_torch_tensors_pass_and_come_back(name):
    torch = pytest.importorskip("torch")
    dtype = DTYPES[name]
    if not hasattr(torch, dtype.torch):
        pytest.skip("this PyTorch has no %s" % dtype.torch)
    kind = getattr(torch, dtype.torch)
    bits = torch.arange(8 * kind.itemsize, dtype=torch.uint8)
    tensor = (bits % 2 if name == "i1" else bits).view(kind)
    raw, found = raw_of(tensor, dtype)
    assert found is dtype
    assert raw.ctypes.data == tensor.data_ptr()
    back = maker_for([tensor])(raw, dtype)
    assert back.dtype == kind
    assert torch.equal(back.view(torch.uint8), tensor.view(torch.uint8))


def test_torch_views_gradients_and_devices():
    torch = pytest.importorskip("torch")
    tensor = torch.arange(6.0).reshape(2, 3).t().requires_grad_()
    raw, _ = raw_of(tensor, DTYPES["f32"])
    assert raw.tolist() == [[0, 3], [1, 4], [2, 5]]
    with pytest.raises(TypeError, match="on meta"):
        raw_of(torch.empty(2, device="meta"), DTYPES["f32"])
    with pytest.raises(TypeError, match="sparse"):
        raw_of(torch.eye(2).to_sparse(), DTYPES["f32"])


MOVED = ["f32", "f64", "f16", "bf16", "i1", "i8", "i64", "ui8", "ui16", "i4", "f8E4M3FN", "f4E2M1FN"]


@pytest.mark.parametrize("name,engine", [(name, "native") for name in MOVED] + [
    pytest.param(name, "wasm", marks=pytest.mark.slow) for name in ("bf16", "i4")
])
def test_every_type_goes_through_a_compiled_model(model, tmp_path, name, engine):
    pytest.importorskip("ml_dtypes")
    target = "host" if engine == "native" else "wasm32"
    with persimmons.export(model(reverse_of(name)), out=tmp_path / "moved.psm", target=target) as bundle:
        x = np.array([0, 1, 0, 1]).astype(numpy_dtype(DTYPES[name]))
        y = bundle(x)
        assert bundle.engine == engine
        assert BY_NUMPY[y.dtype.name].name == name
        assert y.tobytes() == x[::-1].tobytes()


@pytest.mark.parametrize("shape", [(), (0,), (3,), (5, 7), (1000, 33)])
@pytest.mark.parametrize("dtype", ["u1", "f2", "f8", "c16"])
def test_new_arrays_begin_at_a_cache_line(shape, dtype):
    from persimmons._arrays import LINE, aligned_empty

    for _ in range(5):
        array = aligned_empty(shape, dtype)
        assert array.shape == shape and array.dtype == dtype and array.flags.carray
        assert array.size == 0 or array.ctypes.data % LINE == 0
