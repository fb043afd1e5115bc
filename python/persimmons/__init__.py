"""Persimmons compiles models to bundles, ahead of time, and runs them.

    bundle = persimmons.export("digits.onnx")      # or persimmons.load("digits.psm")
    probabilities = bundle(images)                 # NumPy, PyTorch or DLPack in, the same out
"""

from ._bundle import Bundle, load
from ._errors import CompileError, UnsupportedError
from ._export import export
from ._generation import export_generation

__version__ = "0.1.0"

__all__ = ["Bundle", "CompileError", "UnsupportedError", "export", "export_generation", "load"]
