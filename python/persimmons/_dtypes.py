"""Element types: their names in a bundle, their codes in the C ABI, and what NumPy, ml_dtypes and PyTorch call them.

In memory every element takes whole bytes, types narrower than a byte one each: integers sign- or zero-extended.
"""

from __future__ import annotations

import functools
from typing import Dict, NamedTuple, Optional

import numpy as np

from ._errors import fault


class Dtype(NamedTuple):
    name: str
    """In a manifest: "f32", "bf16", "complex<f32>"."""
    code: int
    """In the C ABI (psm_abi.h): DLPack's type code * 256 + bits."""
    numpy: str
    """NumPy's or ml_dtypes' name of the type."""
    raw: str
    """A NumPy type of the same size that holds the bits."""
    torch: Optional[str]
    is_numpys_own: bool


_ROWS = [
    ("f64", 0x0240, "float64", "f8", "float64"),
    ("f32", 0x0220, "float32", "f4", "float32"),
    ("f16", 0x0210, "float16", "f2", "float16"),
    ("bf16", 0x0410, "bfloat16", "u2", "bfloat16"),
    ("f8E4M3FN", 0x0A08, "float8_e4m3fn", "u1", "float8_e4m3fn"),
    ("f8E5M2", 0x0C08, "float8_e5m2", "u1", "float8_e5m2"),
    ("f8E4M3FNUZ", 0x0B08, "float8_e4m3fnuz", "u1", "float8_e4m3fnuz"),
    ("f8E5M2FNUZ", 0x0D08, "float8_e5m2fnuz", "u1", "float8_e5m2fnuz"),
    ("f8E8M0FNU", 0x0E08, "float8_e8m0fnu", "u1", "float8_e8m0fnu"),
    ("f8E4M3B11FNUZ", 0x0908, "float8_e4m3b11fnuz", "u1", None),
    ("f8E4M3", 0x0808, "float8_e4m3", "u1", None),
    ("f8E3M4", 0x0708, "float8_e3m4", "u1", None),
    ("f6E2M3FN", 0x0F06, "float6_e2m3fn", "u1", None),
    ("f6E3M2FN", 0x1006, "float6_e3m2fn", "u1", None),
    ("f4E2M1FN", 0x1104, "float4_e2m1fn", "u1", None),
    ("i1", 0x0608, "bool", "?", "bool"),
    ("i2", 0x0002, "int2", "i1", None),
    ("i4", 0x0004, "int4", "i1", None),
    ("i8", 0x0008, "int8", "i1", "int8"),
    ("i16", 0x0010, "int16", "i2", "int16"),
    ("i32", 0x0020, "int32", "i4", "int32"),
    ("i64", 0x0040, "int64", "i8", "int64"),
    ("ui2", 0x0102, "uint2", "u1", None),
    ("ui4", 0x0104, "uint4", "u1", None),
    ("ui8", 0x0108, "uint8", "u1", "uint8"),
    ("ui16", 0x0110, "uint16", "u2", "uint16"),
    ("ui32", 0x0120, "uint32", "u4", "uint32"),
    ("ui64", 0x0140, "uint64", "u8", "uint64"),
    ("complex<f32>", 0x0540, "complex64", "c8", "complex64"),
    ("complex<f64>", 0x0580, "complex128", "c16", "complex128"),
]

DTYPES: Dict[str, Dtype] = {row[0]: Dtype(*row, row[2] == np.dtype(row[3]).name) for row in _ROWS}
BY_NUMPY: Dict[str, Dtype] = {dtype.numpy: dtype for dtype in DTYPES.values()}
BY_TORCH: Dict[str, Dtype] = {dtype.torch: dtype for dtype in DTYPES.values() if dtype.torch}

# Bits of the types narrower than a byte whose spare bits a producer may have left as they were.
_NARROW = {"i2": 2, "i4": 4, "ui2": 2, "ui4": 4, "f4E2M1FN": 4, "f6E2M3FN": 6, "f6E3M2FN": 6}


_found: Dict[np.dtype, Optional[Dtype]] = {}


def dtype_of(array: np.ndarray) -> Optional[Dtype]:
    """The element type of a NumPy array; None for what models do not have."""
    kind = array.dtype
    if kind not in _found:
        _found[kind] = BY_NUMPY.get(kind.name)
    return _found[kind]


@functools.lru_cache(maxsize=None)
def numpy_dtype(dtype: Dtype) -> np.dtype:
    """The NumPy type; ml_dtypes' where NumPy has none. Raises where neither is there."""
    if dtype.is_numpys_own:
        return np.dtype(dtype.raw)
    try:
        import ml_dtypes

        return np.dtype(getattr(ml_dtypes, dtype.numpy))
    except (ImportError, AttributeError):
        fix = "pip install --upgrade ml_dtypes, or use PyTorch tensors"
        raise fault("PS6011", "NumPy has no type for %s elements" % dtype.name, 2, fix) from None


def extended(bits: np.ndarray, dtype: Dtype) -> np.ndarray:
    """The raw elements with their spare bits as the program wants them."""
    width = _NARROW.get(dtype.name)
    if width is None:
        return bits
    if bits.dtype.kind == "i":
        return (bits << (8 - width)) >> (8 - width)
    return bits & ((1 << width) - 1)
