"""A cache and a compile server of the tests' own, and small models to compile."""

import os
import tempfile

# Before anything asks for it: stamps, libraries and the trust list of these tests.
_CACHE = tempfile.TemporaryDirectory(prefix="persimmons-python-tests-")
os.environ["PERSIMMONS_CACHE"] = os.path.join(_CACHE.name, "cache")

import pytest  # noqa: E402

import persimmons  # noqa: E402
from persimmons._server import SERVER  # noqa: E402

def pytest_configure(config):
    config.addinivalue_line("markers", "slow: left out of the daily subset (PERSIMMONS_TESTS=quick)")


def pytest_collection_modifyitems(config, items):
    if os.environ.get("PERSIMMONS_TESTS") == "quick":
        items[:] = [item for item in items if item.get_closest_marker("slow") is None]


ADD = """
func.func @main(%x: tensor<4xf32> {psm.name = "x"}, %y: tensor<4xf32> {psm.name = "y"}) -> (tensor<4xf32> {psm.name = "sum"}) {
  %0 = stablehlo.add %x, %y : tensor<4xf32>
  return %0 : tensor<4xf32>
}
"""


def reverse_of(element, size=4):
    """A model that moves elements of a type and computes nothing."""
    kind = "tensor<%dx%s>" % (size, element)
    return """
func.func @main(%%x: %s {psm.name = "x"}) -> (%s {psm.name = "y"}) {
  %%0 = stablehlo.reverse %%x, dims = [0] : %s
  return %%0 : %s
}
""" % (kind, kind, kind, kind)


@pytest.fixture
def model(tmp_path):
    """Writes a model's text to a file."""

    def write(text, name="tiny.mlir"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


@pytest.fixture
def add(model, tmp_path):
    with persimmons.export(model(ADD), out=tmp_path / "tiny.psm") as bundle:
        yield bundle


@pytest.fixture
def environment(monkeypatch):
    """Changes the environment, for the compile server too."""

    def change(**values):
        SERVER.close()
        for name, value in values.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, str(value))

    yield change
    SERVER.close()
