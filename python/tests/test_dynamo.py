"""``torch.compile(backend="persimmons")``: inference, training, sizes, random numbers, the cache, what is refused."""

import copy
import os
import subprocess
import sys
import textwrap

import pytest

torch = pytest.importorskip("torch")

import persimmons  # noqa: E402
from persimmons import dynamo  # noqa: E402

F = torch.nn.functional


class Block(torch.nn.Module):
    """A bit of everything: convolution, norms, attention, dropout."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(2, 4, 3, padding=1)
        self.bn = torch.nn.BatchNorm2d(4)
        self.norm = torch.nn.LayerNorm(4)
        self.qkv = torch.nn.Linear(4, 12)
        self.out = torch.nn.Linear(4, 3)

    def forward(self, x):
        x = F.gelu(self.bn(self.conv(x))).flatten(2).transpose(1, 2)
        q, k, v = self.qkv(self.norm(x)).chunk(3, -1)
        x = x + F.scaled_dot_product_attention(q[:, None], k[:, None], v[:, None])[:, 0]
        return self.out(F.dropout(x, 0.25, self.training).mean(1))


@pytest.fixture(autouse=True)
def fresh():
    torch._dynamo.reset()
    torch.manual_seed(3)
    yield
    torch._dynamo.reset()


def compiled(model, **options):
    return torch.compile(model, backend="persimmons", fullgraph=True, **options)


def test_inference_equals_eager():
    model = Block().eval()
    with torch.no_grad():
        for rows in (2, 3):
            x = torch.randn(rows, 2, 5, 5)
            torch.testing.assert_close(compiled(model)(x), model(x))


def steps(model, forward, optimizer, count=20):
    torch.manual_seed(5)
    losses = []
    for _ in range(count):
        x, target = torch.randn(4, 2, 5, 5, dtype=model.out.weight.dtype), torch.randint(0, 3, (4,))
        optimizer.zero_grad()
        loss = F.cross_entropy(forward(x), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("dtype, bound", [(torch.float32, 1e-4), (torch.float64, 1e-9)])
def test_training_equals_eager(dtype, bound):
    """Dropout draws from PyTorch's generator, so both see the same numbers; running means are written in place."""
    model = Block().to(dtype).train()
    other = copy.deepcopy(model)
    expected = steps(model, model, torch.optim.SGD(model.parameters(), lr=0.1))
    found = steps(other, compiled(other), torch.optim.SGD(other.parameters(), lr=0.1))
    assert found == pytest.approx(expected, rel=1e-3)
    largest = max(p.abs().max() for p in model.parameters())
    for (name, p), q in zip(model.named_parameters(), other.parameters()):
        assert (p - q).abs().max() / largest <= bound, name
    torch.testing.assert_close(other.bn.running_mean, model.bn.running_mean)
    assert other.bn.num_batches_tracked == model.bn.num_batches_tracked


def test_one_program_for_all_sizes():
    model = Block().eval()
    function = compiled(model, dynamic=True)
    before = dynamo.STATISTICS.compiled + dynamo.STATISTICS.reused
    with torch.no_grad():
        for rows in (6, 9, 7, 12):
            x = torch.randn(rows, 2, 5, 5)
            torch.testing.assert_close(function(x), model(x))
    assert dynamo.STATISTICS.compiled + dynamo.STATISTICS.reused == before + 1


def test_results_that_are_inputs_or_views_of_them():
    def function(x, n):
        return x, x.t(), x[1:], x * n, n, None

    x = torch.randn(3, 4)
    found, expected = compiled(function, dynamic=True)(x, 5), function(x, 5)
    assert found[0] is x and found[1].data_ptr() == x.data_ptr() and found[4:] == (5, None)
    for a, b in zip(found[:4], expected):
        torch.testing.assert_close(a, b)
        assert a.stride() == b.stride()


def test_random_numbers_are_those_of_eager_mode():
    def function(x):
        y = torch.rand_like(x.t()) + torch.randn(3) + torch.randint(0, 9, (1,))
        return y * torch.bernoulli(x.t(), 0.5)

    x = torch.randn(3, 4)
    torch.manual_seed(9)
    expected = [function(x), function(x)]
    torch.manual_seed(9)
    call = compiled(function)
    for wanted in expected:
        torch.testing.assert_close(call(x), wanted)


def test_random_numbers_that_depend_on_data_are_refused():
    with pytest.raises(Exception, match="aten.multinomial.default draws random numbers that depend on what the graph computes"):
        compiled(lambda x: torch.multinomial(x.softmax(0), 1))(torch.randn(4))


def test_sizes_that_data_decide():
    with torch._dynamo.config.patch(capture_dynamic_output_shape_ops=True):
        function = compiled(lambda x: x[x > 0] * 2)
        for x in (torch.tensor([1.0, -2.0, 3.0]), torch.tensor([-1.0, -2.0, -3.0])):
            torch.testing.assert_close(function(x), x[x > 0] * 2)


def test_written_inputs_are_written():
    x = torch.zeros(3)
    compiled(lambda x: x.add_(1).mul_(2))(x)
    assert x.tolist() == [2, 2, 2]


def test_an_unsupported_graph_raises_its_report():
    with pytest.raises(Exception) as caught:
        compiled(lambda x: torch.linalg.eigvals(x) + 1)(torch.randn(3, 3))
    assert "linalg_eig" in str(caught.value) and "test_dynamo.py:" in str(caught.value)


def test_fallback_says_what_it_leaves():
    def function(x):
        return torch.linalg.eigvals(x) + 1

    x = torch.randn(3, 3)
    with pytest.warns(RuntimeWarning, match="is left to PyTorch(.|\n)*linalg_eig"):
        found = compiled(function, options={"fallback": True})(x)
    torch.testing.assert_close(found, function(x))


def test_wrong_options_are_named():
    with pytest.raises(Exception, match="there is no option 'fast'(.|\n)*the options are target, threads"):
        compiled(lambda x: x + 1, options={"fast": True})(torch.ones(2))
    with pytest.raises(Exception, match="there is no mode 'max-autotune'"):
        compiled(lambda x: x + 1, mode="max-autotune")(torch.ones(2))


def test_another_process_compiles_nothing(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(
        textwrap.dedent(
            """
            import torch, persimmons
            from persimmons import dynamo
            from persimmons._server import SERVER
            torch.manual_seed(0)
            model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.GELU(), torch.nn.Linear(4, 2))
            function = torch.compile(model, backend="persimmons", fullgraph=True, dynamic=True)
            for rows in (3, 5):
                function(torch.randn(rows, 4)).sum().backward()
            print(dynamo.STATISTICS.compiled, dynamo.STATISTICS.reused, SERVER.started)
            """
        )
    )
    environment = {**os.environ, "PERSIMMONS_CACHE": str(tmp_path / "cache")}
    environment["PYTHONPATH"] = os.path.dirname(os.path.dirname(persimmons.__file__))

    def run():
        return subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=True).stdout

    assert run() == "2 0 1\n"
    assert run() == "0 2 0\n"


def test_save_fx_writes_what_export_reads(tmp_path):
    class Scaled(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.randn(4, 4))
            self.tied = self.weight

        def forward(self, x, n):
            return (x @ self.weight + self.tied.t())[:n] * n

    module = Scaled()
    path = tmp_path / "scaled.pt2"
    persimmons.save_fx(torch.fx.symbolic_trace(module), path, (torch.randn(4, 4), 3))
    again = tmp_path / "again.pt2"
    persimmons.save_fx(torch.fx.symbolic_trace(module), again, (torch.randn(4, 4), 3))
    assert path.read_bytes() == again.read_bytes()
    with persimmons.export(path, out=tmp_path / "scaled.psm") as bundle:
        x = torch.randn(4, 4)
        torch.testing.assert_close(bundle(x, 2), module(x, 2).detach())


def test_save_fx_needs_to_know_the_values(tmp_path):
    with pytest.raises(persimmons.CompileError, match="does not say what its values are"):
        persimmons.save_fx(torch.fx.symbolic_trace(torch.nn.ReLU()), tmp_path / "x.pt2")


def test_programs_that_others_could_write_are_not_run(monkeypatch, tmp_path):
    cache = tmp_path / "cache"
    cache.mkdir()
    cache.chmod(0o777)
    monkeypatch.setenv("PERSIMMONS_CACHE", str(cache))
    with pytest.raises(Exception, match="others can write to .*cache, so programs in it are not run"):
        compiled(lambda x: x + 41)(torch.ones(2))
