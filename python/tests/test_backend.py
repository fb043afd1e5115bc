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


def sequence_model():
    """A tensor behind those of a sequence, and their number; an optional is handed on."""
    tensor = helper.make_tensor_type_proto(TensorProto.FLOAT, None)
    sequence = helper.make_sequence_type_proto(tensor)
    optional = helper.make_optional_type_proto(helper.make_tensor_type_proto(TensorProto.FLOAT, [2, 3]))
    nodes = [
        helper.make_node("SequenceInsert", ["s", "x"], ["longer"]),
        helper.make_node("SequenceLength", ["longer"], ["count"]),
        helper.make_node("Identity", ["o"], ["same"]),
    ]
    inputs = [
        helper.make_value_info("s", sequence),
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3]),
        helper.make_value_info("o", optional),
    ]
    outputs = [
        helper.make_value_info("longer", sequence),
        helper.make_tensor_value_info("count", TensorProto.INT64, []),
        helper.make_value_info("same", optional),
    ]
    graph = helper.make_graph(nodes, "g", inputs, outputs)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])


def test_sequences_and_optionals_are_compiled_for_the_lengths_that_are_given():
    prepared = backend.prepare(sequence_model())
    for given, optional in (([Y, Y[:1]], X), ([], None)):
        longer, count, same = prepared.run([given, X, optional])
        assert count == len(given) + 1
        assert [part.tolist() for part in longer] == [part.tolist() for part in [*given, X]]
        assert same is None if optional is None else np.array_equal(same, optional)
    (longer, _, _) = prepared.run({"x": X, "s": [Y]})
    assert [part.tolist() for part in longer] == [Y.tolist(), X.tolist()]
    prepared.close()


def test_what_only_a_run_shows_to_be_unsupported_is_refused_as_such():
    model = sequence_model()
    model.graph.input.append(helper.make_tensor_value_info("place", TensorProto.INT64, []))
    model.graph.node[0].input.append("place")
    with pytest.raises(persimmons.UnsupportedError, match="position") as caught:
        backend.run_model(model, [[Y], X, None, np.int64(0)])
    assert isinstance(caught.value, NotImplementedError)
    with pytest.raises(persimmons.CompileError, match="3 inputs; the model takes 4"):
        backend.run_model(model, [[Y], X, None])
