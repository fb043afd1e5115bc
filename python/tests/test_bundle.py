"""Exporting, loading and calling bundles."""

import hashlib
import os
import threading
import warnings

import numpy as np
import pytest

import persimmons
from conftest import ADD
from persimmons._server import SERVER

X = np.arange(4, dtype=np.float32)
Y = np.float32([10, 20, 30, 40])


def failure(call):
    with pytest.raises(persimmons.CompileError) as caught:
        call()
    return caught.value


def problems(error):
    return ["%s %s" % (d["code"], d["message"]) for d in error.diagnostics]


def test_takes_inputs_in_order_and_by_name(add):
    assert add(X, Y).tolist() == [10, 21, 32, 43]
    assert add(X, y=Y).tolist() == [10, 21, 32, 43]
    assert add(y=Y, x=X).dtype == np.float32
    assert add.run({"x": X, "y": Y})["sum"].tolist() == [10, 21, 32, 43]
    assert list(add.run([X, Y])) == ["sum"]


def test_says_what_it_is(add):
    assert add.engine == "native"
    assert add.entries == ["main"]
    assert [(p["name"], p["dtype"], p["shape"]) for p in add.inputs()] == [("x", "f32", ["4"]), ("y", "f32", ["4"])]
    assert [p["name"] for p in add.outputs()] == ["sum"]
    assert add.counters == []


def test_lists_everything_wrong_with_the_inputs(add):
    error = failure(lambda: add(X, X, Y, z=1))
    assert error.exit_code == 2
    assert problems(error) == ["PS5203 3 inputs; the model takes 2", "PS5203 the model has no input 'z'"]
    assert problems(failure(lambda: add(X))) == ["PS5202 input 'y' is missing"]
    assert problems(failure(lambda: add(X, x=X))) == [
        "PS5203 input 'x' is given in order and by name",
        "PS5202 input 'y' is missing",
    ]
    assert problems(failure(lambda: add(X.astype(np.float64), "text"))) == [
        "PS5204 input 'x': its elements are f64, the model takes f32",
        "PS5204 input 'y': a str is no array",
    ]
    assert problems(failure(lambda: add(X[:3], Y.reshape(2, 2)))) == [
        "PS5208 input 'x': dimension 0 is 3, the model takes 4",
        "PS5208 input 'y': it has 2 dimensions, the model takes 1",
    ]


def test_names_the_entries_there_are(add):
    error = failure(lambda: add(X, Y, entry="prefill"))
    assert problems(error) == ["PS5201 the model has no entry 'prefill'"]
    assert "'main'" in str(error)


def test_is_closed_once_and_for_all(add):
    add.close()
    add.close()
    assert problems(failure(lambda: add(X, Y))) == ["PS5250 the model is closed"]


def test_serves_threads_one_after_the_other(add):
    results = []

    def work(k):
        for _ in range(50):
            results.append(np.array_equal(add(X + k, Y), X + k + Y))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 400


def test_every_problem_of_a_model_is_reported(model, tmp_path):
    text = ADD.replace("stablehlo.add %x, %y", "stablehlo.addd %x, %y")
    error = failure(lambda: persimmons.export(model(text), out=tmp_path / "bad.psm"))
    assert error.exit_code == 3
    assert "tiny.mlir:3:" in str(error)
    assert not (tmp_path / "bad.psm").exists()


def test_files_that_are_not_there_are_exit_5(tmp_path):
    assert failure(lambda: persimmons.export(tmp_path / "none.onnx", out=tmp_path / "x.psm")).exit_code == 5
    assert failure(lambda: persimmons.load(tmp_path / "none.psm")).exit_code == 5
    assert problems(failure(lambda: persimmons.load(tmp_path)))[0].startswith("PS5002 ")


def test_nothing_but_a_bundle_is_overwritten(model, tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.txt").write_text("keep")
    error = failure(lambda: persimmons.export(model(ADD), out=tmp_path / "notes"))
    assert (error.exit_code, error.diagnostics[0]["code"]) == (2, "PS5014")
    assert os.listdir(tmp_path / "notes") == ["mine.txt"]


def test_objects_are_refused_by_name():
    error = failure(lambda: persimmons.export(object()))
    assert isinstance(error, persimmons.UnsupportedError)
    assert "builtins.object" in str(error)


def test_a_bundle_with_a_library_needs_neither_node_nor_compiler(model, tmp_path, environment):
    path = tmp_path / "with-library.psm"
    persimmons.export(model(ADD), out=path, emit="lib").close()
    environment(PATH="", PERSIMMONS_CLI=tmp_path / "no-such-cli", PERSIMMONS_CLANG=tmp_path / "no-clang")
    with persimmons.load(path) as bundle:
        assert bundle(X, Y).tolist() == [10, 21, 32, 43]
    with persimmons.load(path / "libtiny.so") as bundle:
        assert bundle(X, Y).tolist() == [10, 21, 32, 43]


def test_a_strangers_library_is_not_loaded(model, tmp_path, environment):
    path = tmp_path / "stranger.psm"
    persimmons.export(model(ADD), out=path, emit="lib").close()
    environment(PERSIMMONS_CACHE=tmp_path / "other-cache")
    error = failure(lambda: persimmons.load(path))
    assert (error.exit_code, error.diagnostics[0]["code"]) == (2, "PS5017")
    with persimmons.load(path, trust=True) as bundle:
        assert bundle(X, Y).tolist() == [10, 21, 32, 43]


@pytest.mark.parametrize("damage", ["manifest.bin", "libtiny.so", "kernels"])
def test_damaged_files_are_refused(model, tmp_path, damage):
    path = tmp_path / "damaged.psm"
    persimmons.export(model(ADD), out=path, emit="lib").close()
    name = next(name for name in sorted(os.listdir(path)) if name.startswith(damage))
    content = bytearray((path / name).read_bytes())
    if damage == "kernels":
        (path / name).write_bytes(content[:-1])
    else:
        content[len(content) // 2] ^= 1
        (path / name).write_bytes(content)
    error = failure(lambda: persimmons.load(path, trust=True))
    assert error.exit_code == 5
    assert error.diagnostics[0]["code"] in {"PS5003", "PS5010", "PS5011"}


def test_every_flipped_byte_of_a_manifest_is_noticed(model, tmp_path):
    path = tmp_path / "flipped.psm"
    persimmons.export(model(ADD), out=path, emit="lib").close()
    manifest = path / "manifest.bin"
    content = manifest.read_bytes()
    for at in range(0, len(content), max(1, len(content) // 97)):
        manifest.write_bytes(content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :])
        assert failure(lambda: persimmons.load(path, trust=True)).exit_code == 5
    # Malformed under a good seal: read by somebody else's writer, or forged.
    body = bytearray(content[:-32])
    for at in range(8, len(body), max(1, len(body) // 97)):
        forged = bytes(body[:at]) + b"\xff\xff\xff\x7f" + bytes(body[at + 4 :])
        manifest.write_bytes(forged + hashlib.sha256(forged).digest())
        try:
            persimmons.load(path, trust=True).close()
        except persimmons.CompileError as error:
            assert error.exit_code in (2, 4, 5)


@pytest.mark.slow
def test_the_sandbox_stands_in_with_a_warning_where_there_is_no_compiler(model, tmp_path, environment):
    path = tmp_path / "both.psm"
    persimmons.export(model(ADD), out=path, target=["host", "wasm32"]).close()
    environment(PERSIMMONS_CLANG=tmp_path / "no-clang", PERSIMMONS_CACHE=tmp_path / "cache", PERSIMMONS_X=1)
    with pytest.warns(RuntimeWarning, match="WebAssembly sandbox"):
        bundle = persimmons.load(path, trust=True)
    assert bundle.engine == "wasm"
    assert bundle(X, Y).tolist() == [10, 21, 32, 43]
    assert problems(failure(lambda: bundle(X[:2], Y)))[0].startswith("PS5206 ")
    bundle.close()
    assert failure(lambda: persimmons.load(path, engine="native", trust=True)).exit_code == 4


@pytest.mark.slow
def test_the_sandbox_is_silent_when_asked_for(model, tmp_path):
    path = tmp_path / "wasm.psm"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with persimmons.export(model(ADD), out=path, target="wasm32") as exported:
            assert exported.engine == "wasm"
        with persimmons.load(path, engine="wasm") as bundle:
            assert bundle(X, Y).tolist() == [10, 21, 32, 43]


def test_a_server_that_died_is_replaced(model, tmp_path):
    with persimmons.export(model(ADD), out=tmp_path / "a.psm") as first:
        SERVER._child.kill()
        SERVER._child.wait()
        with persimmons.export(model(ADD), out=tmp_path / "b.psm") as second:
            assert np.array_equal(first(X, Y), second(X, Y))


def test_a_forked_child_has_a_server_of_its_own(add, model, tmp_path):
    pid = os.fork()
    if pid == 0:
        try:
            with persimmons.export(model(ADD, "forked.mlir"), out=tmp_path / "forked.psm") as bundle:
                code = 0 if bundle(X, Y).tolist() == [10, 21, 32, 43] else 1
            SERVER.close()
        except BaseException:
            code = 2
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    with persimmons.export(model(ADD), out=tmp_path / "parent.psm") as bundle:
        assert bundle(X, Y).tolist() == [10, 21, 32, 43]


def test_runs_bundles_for_accelerators_on_the_emulator(tmp_path):
    (tmp_path / "add.mlir").write_text(ADD)
    with persimmons.export(tmp_path / "add.mlir", out=tmp_path / "tiny.psm", target="p1-tiny") as loaded:
        assert loaded.engine == "cycles"
        assert loaded(X, Y).tolist() == [10, 21, 32, 43]
        assert loaded.counters[0]["work"]["dmaOutBytes"] == 16
