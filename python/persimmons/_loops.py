"""Loops in Python that are compiled: the decorator and the names of types and sizes for annotations.

A function marked ``@loops`` stays a plain function of NumPy arrays, so it can be run and tested as it is.
"""

from __future__ import annotations

import ast
import functools
import inspect
import json
import os
import subprocess
import tempfile
import textwrap
import typing

if typing.TYPE_CHECKING:
    from ._bundle import Bundle


class ElementType:
    """The type of numbers, and of arrays of them: ``f64``, ``f64[N, M]``. Called, it converts a number."""

    def __init__(self, name: str, numpy_name: str) -> None:
        self.name = name
        self.numpy_name = numpy_name

    def __getitem__(self, shape: object) -> "ArrayType":
        return ArrayType(self, shape if isinstance(shape, tuple) else (shape,))

    def __call__(self, value: object) -> object:
        import numpy

        return getattr(numpy, self.numpy_name)(value)

    def __repr__(self) -> str:
        return self.name


class ArrayType:
    """An array parameter: elements and the names of its sizes."""

    def __init__(self, element: ElementType, shape: typing.Tuple[object, ...]) -> None:
        self.element = element
        self.shape = shape

    def __repr__(self) -> str:
        return f"{self.element}[{', '.join(map(str, self.shape))}]"


f64 = ElementType("f64", "float64")
f32 = ElementType("f32", "float32")
i64 = ElementType("i64", "int64")
i32 = ElementType("i32", "int32")


class Size:
    """A size by name. It has no value in plain Python: set the module's name to a number to run a kernel there."""

    def __init__(self, name: str) -> None:
        self.name = name

    def _with(self, sign: str, other: object, swapped: bool = False) -> "Size":
        return Size(f"({other} {sign} {self})" if swapped else f"({self} {sign} {other})")

    def __add__(self, other: object) -> "Size":
        return self._with("+", other)

    def __radd__(self, other: object) -> "Size":
        return self._with("+", other, True)

    def __sub__(self, other: object) -> "Size":
        return self._with("-", other)

    def __rsub__(self, other: object) -> "Size":
        return self._with("-", other, True)

    def __mul__(self, other: object) -> "Size":
        return self._with("*", other)

    __rmul__ = __mul__

    def __floordiv__(self, other: object) -> "Size":
        return self._with("//", other)

    def __index__(self) -> int:
        raise TypeError(f"the size {self.name} has no value in plain Python; give it one: MODULE.{self.name} = 100")

    def __repr__(self) -> str:
        return self.name


def sizes(names: str) -> typing.Any:
    """``N, M = sizes("N M")``; a single name gives a single size."""
    made = [Size(name) for name in names.replace(",", " ").split()]
    return made[0] if len(made) == 1 else made


def zeros(shape: typing.Any, dtype: ElementType = f64) -> typing.Any:
    import numpy

    return numpy.zeros(shape, dtype.numpy_name)


def empty(shape: typing.Any, dtype: ElementType = f64) -> typing.Any:
    import numpy

    return numpy.empty(shape, dtype.numpy_name)


class Loops:
    """A kernel: called, it runs as plain Python, its sizes taken from the arrays; ``export`` compiles it."""

    def __init__(self, function: typing.Callable[..., None]) -> None:
        self.function = function
        functools.update_wrapper(self, function)

    def __call__(self, *args: typing.Any, **kwargs: typing.Any) -> None:
        given = dict(zip(self.function.__annotations__, args), **kwargs)
        self._refuse_shared(given)
        names = self.function.__globals__
        before = {}
        try:
            for name, annotation in self.function.__annotations__.items():
                for axis, size in enumerate(getattr(annotation, "shape", ())):
                    if isinstance(size, Size) and isinstance(names.get(size.name), Size):
                        before[size.name] = names[size.name]
                        names[size.name] = given[name].shape[axis]
            self.function(*args, **kwargs)
        finally:
            names.update(before)

    @functools.cached_property
    def _written(self) -> typing.FrozenSet[str]:
        """Parameters whose elements the body assigns to; all of them where there is no source to read."""
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(self.function)))
        except (OSError, SyntaxError):
            return frozenset(self.function.__annotations__)
        found = set()
        for node in ast.walk(tree):
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            for target in targets:
                while isinstance(target, ast.Subscript):
                    target = target.value
                    if isinstance(target, ast.Name):
                        found.add(target.id)
        return frozenset(found)

    def _refuse_shared(self, given: typing.Dict[str, typing.Any]) -> None:
        """A compiled kernel takes each array for one of its own: shared memory would give other numbers here."""
        import numpy

        arrays = {name: value for name, value in given.items() if isinstance(value, numpy.ndarray)}
        for name in self._written & arrays.keys():
            for other, array in arrays.items():
                if other != name and numpy.may_share_memory(arrays[name], array) and numpy.shares_memory(arrays[name], array):
                    code = self.function.__code__
                    raise ValueError(
                        f"{code.co_filename}:{code.co_firstlineno}: {self.function.__name__} writes to {name!r}, which shares "
                        f"memory with {other!r}: give it a copy"
                    )

    def export(self, out: typing.Union[str, os.PathLike[str], None] = None, **sizes: typing.Union[int, float]) -> "Bundle":
        """Compiles the kernel for this machine, with values for sizes by name; the others stay open."""
        from ._bundle import load
        from ._cli import find_cli
        from ._errors import error_of

        home = None if out is not None else tempfile.TemporaryDirectory(prefix="persimmons-")
        target = os.fspath(out) if home is None else os.path.join(home.name, self.function.__name__ + ".psm")
        constexprs = [x for name, value in sizes.items() for x in ("--constexpr", f"{name}={value}")]
        wanted = ["--kernel", self.function.__name__, "-o", target, *constexprs, "--json"]
        command = [*find_cli(), "export", self.function.__code__.co_filename, *wanted]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        try:
            diagnostics = json.loads(done.stdout)["diagnostics"]
        except (ValueError, KeyError):
            raise RuntimeError(done.stderr or done.stdout) from None
        if done.returncode != 0:
            raise error_of(diagnostics, done.returncode)
        bundle = load(target)
        return bundle if home is None else bundle.own(home)


def loops(function: typing.Callable[..., None]) -> Loops:
    """Marks a function whose loops are compiled."""
    return Loops(function)
