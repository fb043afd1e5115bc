"""A sample of the ONNX project's own node tests through compiled code, compared by that project's own rule."""

import random

import pytest

import persimmons

pytest.importorskip("onnx")
import persimmons.backend as backend  # noqa: E402
from onnx.backend.test.loader import load_model_tests  # noqa: E402
from onnx.backend.test.runner import Runner  # noqa: E402
from onnx import numpy_helper  # noqa: E402
import onnx  # noqa: E402

SAMPLE = 40
# Their expected outputs are one draw of another generator, or a rounding error of NumPy where the true value is 0.
NOISE = ("test_bernoulli", "test_dft_inverse")


def as_given(value):
    """Arrays and lists of the suite's records."""
    if isinstance(value, onnx.TensorProto):
        return numpy_helper.to_array(value)
    if isinstance(value, onnx.SequenceProto):
        return [as_given(item) for item in numpy_helper.to_list(value)]
    if isinstance(value, onnx.OptionalProto):
        return as_given(numpy_helper.to_optional(value))
    return value


def verdict(case):
    """ "passed" or "refused"; anything else is raised."""
    try:
        prepared = backend.prepare(case.model)
        for inputs, expected in case.data_sets:
            outputs = prepared.run([as_given(value) for value in inputs])
            wanted = [as_given(value) for value in expected]
            Runner.assert_similar_outputs(wanted, list(outputs), case.rtol, case.atol)
        prepared.close()
        return "passed"
    except persimmons.CompileError as error:
        assert error.exit_code == 3, "%s: %s" % (case.name, error)
        return "refused"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_sample_of_the_suite_passes_or_is_refused():
    cases = [case for case in load_model_tests(kind="node") if not case.name.startswith(NOISE)]
    sample = random.Random(23).sample(sorted(cases, key=lambda case: case.name), SAMPLE)
    verdicts = {case.name: verdict(case) for case in sample}
    refused = [name for name, word in verdicts.items() if word == "refused"]
    assert len(refused) <= SAMPLE // 10, refused
