"""The backend interface of the onnx package."""

import numpy as np
import pytest

import persimmons

onnx = pytest.importorskip("onnx")
import persimmons.backend as backend  # noqa: E402
from onnx import TensorProto, helper  # noqa: E402


def two_nodes():
    nodes = [helper.make_node("Add", ["x", "y"], ["s"]), helper.make_node("Relu", ["s"], ["r"])]
    ports = {name: helper.make_tensor_value_info(name, TensorProto.FLOAT, [2, 3]) for name in "xysr"}
    graph = helper.make_graph(nodes, "g", [ports["x"], ports["y"]], [ports["r"], ports["s"]])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])


X = np.float32([[1, -2, 3], [-4, 5, -6]])
Y = np.float32([[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]])


def test_a_prepared_model_runs_in_order_and_by_name():
    prepared = backend.prepare(two_nodes(), "CPU")
    for inputs in ([X, Y], {"y": Y, "x": X}):
        outputs = prepared.run(inputs)
        assert np.array_equal(outputs[0], np.maximum(X + Y, 0))
        assert np.array_equal(outputs["s"], X + Y)
    prepared.close()


@pytest.mark.slow
def test_the_sandbox_gives_the_same():
    import persimmons.backend_wasm as sandboxed

    prepared = sandboxed.prepare(two_nodes())
    assert prepared.bundle.engine == "wasm"
    assert np.array_equal(prepared.run([X, Y])[0], np.maximum(X + Y, 0))
    prepared.close()


def test_a_single_node_runs():
    (out,) = backend.run_node(helper.make_node("Neg", ["a"], ["b"]), [X])
    assert np.array_equal(out, -X)
    info = [(np.dtype(np.float32), (2, 3))]
    (out,) = backend.run_node(helper.make_node("Neg", ["a"], ["b"]), X, outputs_info=info, opset_version=13)
    assert np.array_equal(out, -X)


def test_devices():
    assert backend.supports_device("CPU")
    assert not backend.supports_device("CUDA")
    with pytest.raises(persimmons.CompileError, match="'CUDA' is not supported"):
        backend.prepare(two_nodes(), "CUDA")


def test_models_that_are_not_supported_are_refused_with_every_reason():
    model = two_nodes()
    model.graph.node[0].op_type = "NoSuchOperator"
    model.graph.node[1].op_type = "NorThisOne"
    assert backend.is_compatible(two_nodes())
    assert not backend.is_compatible(model)
    with pytest.raises(persimmons.UnsupportedError) as caught:
        backend.prepare(model)
    assert caught.value.exit_code == 3
    assert len(caught.value.diagnostics) == 2


def test_malformed_models_are_not_called_unsupported():
    model = two_nodes()
    model.graph.node[1].input[0] = "nothing"
    with pytest.raises(persimmons.CompileError) as caught:
        backend.prepare(model)
    assert caught.value.exit_code == 3
    assert not isinstance(caught.value, persimmons.UnsupportedError)
