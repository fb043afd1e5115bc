"""A sample of PyTorch's own operator tests (OpInfo), as exported programs: compiled code agrees with eager mode, or refuses before it runs."""

import os
import random

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("expecttest")

import persimmons  # noqa: E402
import torch.utils._pytree as pytree  # noqa: E402

# What core ATen is named after in the list of operator tests, and what people write most.
FAMILIES = {
    "arithmetic": ["add", "sub", "mul", "div.floor_rounding", "pow", "remainder", "fmod", "rsub", "addcmul", "lerp", "clamp", "copysign"],
    "functions": ["exp", "log1p", "erf", "tanh", "atan2", "logit", "sinc", "special.xlog1py", "nn.functional.gelu", "nn.functional.silu"],
    "reductions": ["sum", "prod", "amax", "argmin", "var", "logsumexp", "cumsum", "norm", "median", "count_nonzero", "nanmean"],
    "products": ["mm", "baddbmm", "einsum", "nn.functional.linear", "nn.functional.conv2d", "nn.functional.conv_transpose2d", "cdist"],
    "layers": ["nn.functional.layer_norm", "nn.functional.batch_norm", "nn.functional.group_norm", "nn.functional.max_pool2d",
               "nn.functional.scaled_dot_product_attention", "nn.functional.embedding", "nn.functional.interpolate.bilinear",
               "nn.functional.cross_entropy", "nn.functional.grid_sample", "nn.functional.unfold"],
    "movement": ["cat", "permute", "index_select", "gather", "scatter_add", "index_put", "roll", "flip", "as_strided", "tril",
                 "topk", "sort", "masked_fill", "repeat_interleave", "unfold", "slice_scatter", "select_scatter", "where"],
    "algebra": ["cholesky", "linalg.solve", "linalg.det", "fft.rfft", "cross", "trace", "kron"],
}


class Case(torch.nn.Module):
    """One call: its tensors are inputs, everything else is part of the program."""

    def __init__(self, function, leaves, spec):
        super().__init__()
        self.function, self.leaves, self.spec = function, leaves, spec

    def forward(self, *tensors):
        rest = iter(tensors)
        leaves = [next(rest) if isinstance(leaf, torch.Tensor) else leaf for leaf in self.leaves]
        args, kwargs = pytree.tree_unflatten(leaves, self.spec)
        result = self.function(*args, **kwargs)
        return result if isinstance(result, torch.Tensor) else tuple(pytree.tree_leaves(result))


def cases(name, count):
    from torch.testing._internal.common_methods_invocations import op_db

    base, _, variant = name.rpartition(".")
    operator = next((op for op in op_db if _title(op) == name), None)
    assert operator is not None, "PyTorch has no operator test '%s' (%s, %s)" % (name, base, variant)
    torch.manual_seed(1)
    samples = list(operator.sample_inputs("cpu", torch.float32, requires_grad=False))
    seed = os.environ.get("PERSIMMONS_SEED", "7")
    for sample in random.Random(seed + name).sample(samples, min(count, len(samples))):
        leaves, spec = pytree.tree_flatten(((sample.input, *sample.args), dict(sample.kwargs)))
        yield Case(operator.op, leaves, spec), tuple(x.detach() for x in leaves if isinstance(x, torch.Tensor))


def _title(operator):
    return operator.name + ("." + operator.variant_test_name if operator.variant_test_name else "")


@pytest.mark.parametrize("family", FAMILIES)
def test_operators_agree_with_eager_mode(family):
    agreed, refused = 0, []
    for name in FAMILIES[family]:
        for module, inputs in cases(name, 2):
            expected = pytree.tree_leaves(module(*(x.clone() for x in inputs)))
            try:
                bundle = persimmons.export(module, inputs)
            except persimmons.UnsupportedError as error:
                refused.append("%s: %s" % (name, error))
                continue
            with bundle:
                found = pytree.tree_leaves(bundle(*inputs))
            assert len(found) == len(expected), name
            for a, b in zip(found, expected):
                torch.testing.assert_close(torch.as_tensor(a), torch.as_tensor(b), equal_nan=True, check_stride=False, msg=lambda m: "%s: %s" % (name, m))
            agreed += 1
    assert len(refused) <= 0.1 * (agreed + len(refused)), "\n".join(refused)
