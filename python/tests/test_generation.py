"""Language models as bundles: prefill and decode over one cache, and `persimmons generate` on what came out."""

import json
import subprocess

import numpy as np
import pytest

import persimmons
from persimmons._cli import find_cli

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

VOCABULARY = 96
MAX_LENGTH = 80


def failure(call):
    with pytest.raises(persimmons.CompileError) as caught:
        call()
    return caught.value


class Attention(torch.nn.Module):
    """One layer of attention over keys and values in buffers."""

    def __init__(self, width, batch):
        super().__init__()
        self.query = torch.nn.Linear(width, width)
        self.both = torch.nn.Linear(width, 2 * width)
        self.register_buffer("keys", torch.zeros(batch, MAX_LENGTH, width))
        self.register_buffer("values", torch.zeros(batch, MAX_LENGTH, width))

    def forward(self, x, places):
        keys, values = self.both(x).chunk(2, dim=-1)
        self.keys.index_copy_(1, places, keys)
        self.values.index_copy_(1, places, values)
        seen = torch.arange(MAX_LENGTH)[None, :] <= places[:, None]
        return torch.nn.functional.scaled_dot_product_attention(self.query(x), self.keys, self.values, attn_mask=seen)


class Own(torch.nn.Module):
    """A language model that is nobody's library's."""

    def __init__(self, batch=1):
        super().__init__()
        torch.manual_seed(1)
        self.embed = torch.nn.Embedding(VOCABULARY, 16)
        self.positions = torch.nn.Embedding(MAX_LENGTH, 16)
        self.attention = Attention(16, batch)
        self.head = torch.nn.Linear(16, VOCABULARY, bias=False)

    def forward(self, tokens, position):
        places = position + torch.arange(tokens.shape[1])
        x = self.embed(tokens) + self.positions(places)
        return self.head(x + self.attention(x, places))


def own_logits(model, tokens):
    """All logits of a text, with nothing remembered."""
    fresh = Own(tokens.shape[0])
    fresh.load_state_dict({k: v for k, v in model.state_dict().items() if "keys" not in k and "values" not in k}, strict=False)
    with torch.no_grad():
        return fresh(torch.from_numpy(tokens), torch.tensor(0)).numpy()


def error_of(got, want):
    return np.abs(got - want).max() / np.abs(want).max()


def steps(bundle, prompt, count):
    """Greedy tokens behind a prompt, and the logits they were taken from."""
    logits = bundle(prompt, np.int64(0), entry="prefill")
    tokens, all_logits = [], []
    for k in range(count):
        all_logits.append(np.asarray(logits)[0])
        tokens.append(int(all_logits[-1].argmax()))
        logits = bundle(np.array([[tokens[-1]]]), np.int64(prompt.shape[1] + k), entry="decode")
    return tokens, all_logits


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    model = Own()
    out = tmp_path_factory.mktemp("own") / "own.psm"
    with persimmons.export_generation(model, MAX_LENGTH, out=out, end=5) as bundle:
        yield model, bundle


def test_any_module_with_a_cache_in_buffers(own):
    model, bundle = own
    assert bundle.entries == ["prefill", "decode"]
    prompt = np.array([[3, 1, 4, 1, 5, 9]])
    tokens, logits = steps(bundle, prompt, 64)
    want = own_logits(model, np.array([[*prompt[0], *tokens[:-1]]]))[0, prompt.shape[1] - 1 :]
    assert error_of(np.stack(logits), want) < 1e-4
    assert tokens == want.argmax(-1).tolist()


def test_a_prompt_may_come_in_pieces(own):
    model, bundle = own
    text = np.array([[7, 8, 9, 10, 11, 12, 13]])
    bundle.reset()
    bundle(text[:, :4], np.int64(0), entry="prefill")
    bundle(text[:, 4:5], np.int64(4), entry="prefill")
    got = bundle(text[:, 5:], np.int64(5), entry="prefill")
    assert error_of(np.asarray(got), own_logits(model, text)[:, -1]) < 1e-4


def test_tokens_that_do_not_fit_the_cache_are_refused(own):
    _, bundle = own
    token = np.array([[1]])
    for tokens, position, entry in [(token, MAX_LENGTH, "decode"), (token, -1, "decode"), (np.array([[1, 2]]), MAX_LENGTH - 1, "prefill")]:
        error = failure(lambda: bundle(tokens, np.int64(position), entry=entry))
        assert error.exit_code == 2
        assert "must not go beyond the cache of %d tokens" % MAX_LENGTH in str(error)
    assert failure(lambda: bundle(np.zeros((1, MAX_LENGTH + 1), np.int64), np.int64(0), entry="prefill")).exit_code == 2
    bundle(token, np.int64(MAX_LENGTH - 1), entry="decode")


def test_logits_of_all_tokens_and_several_texts(tmp_path):
    model = Own(batch=2)
    text = np.array([[1, 2, 3], [4, 5, 6]])
    with persimmons.export_generation(model, MAX_LENGTH, batch=2, logits="all", out=tmp_path / "two.psm") as bundle:
        got = np.asarray(bundle(text, np.int64(0), entry="prefill"))
        assert error_of(got, own_logits(model, text)) < 1e-4
        assert bundle.outputs("decode")[0]["shape"] == ["2", "1", str(VOCABULARY)]


def test_generate_writes_on_with_the_bundle_s_own_tokenizer(tmp_path):
    tokenizers = pytest.importorskip("tokenizers", reason="the package tokenizers is not installed")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    letters = sorted(set("thecatsatonamat;thatcatisfat.Ġ"))
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=VOCABULARY, initial_alphabet=letters)
    tokenizer.train_from_iterator(["the cat sat on a mat; that cat is fat. "] * 20, trainer)
    tokenizer.save(str(tmp_path / "tok.json"))
    out = tmp_path / "own.psm"
    with persimmons.export_generation(Own(), MAX_LENGTH, out=out, tokenizer=tmp_path / "tok.json", end=[]) as bundle:
        prompt = tokenizer.encode("the fat cat").ids
        tokens, _ = steps(bundle, np.array([prompt]), 20)
    command = [*find_cli(), "generate", str(out), "--prompt", "the fat cat", "--max-tokens", "20", "--json"]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert (told["prompt"], told["tokens"]) == (prompt, tokens)
    assert tokenizer.decode(prompt) + told["text"] == tokenizer.decode(prompt + tokens)


def test_says_everything_that_is_wrong_at_once(tmp_path):
    error = failure(lambda: persimmons.export_generation(1, 1, batch=0, logits="some", tokenizer=tmp_path / "none.json"))
    assert error.exit_code == 2
    assert [d["message"].split(";")[0] for d in error.diagnostics] == [
        "a int is no torch.nn.Module",
        "max_len is 1",
        "batch is 0",
        "logits is 'some'",
        "there is no file %s" % (tmp_path / "none.json"),
    ]


def test_a_module_without_a_cache_is_refused(tmp_path):
    class Forgetful(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.nn.Embedding(8, 8)

        def forward(self, tokens, position):
            return self.table(tokens) + position

    error = failure(lambda: persimmons.export_generation(Forgetful(), 16, out=tmp_path / "f.psm"))
    assert "the model writes to none of its buffers" in str(error)


def library_models():
    transformers = pytest.importorskip("transformers", reason="the package transformers is not installed")
    small = dict(vocab_size=VOCABULARY, bos_token_id=0, eos_token_id=1)
    layers = dict(hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2)
    return {
        "gpt2": lambda: transformers.GPT2LMHeadModel(
            transformers.GPT2Config(n_layer=2, n_embd=32, n_head=4, n_positions=128, **small)
        ),
        "llama": lambda: transformers.LlamaForCausalLM(transformers.LlamaConfig(**layers, **small)),
        "mistral": lambda: transformers.MistralForCausalLM(
            transformers.MistralConfig(sliding_window=16, **layers, **small)
        ),
        "gemma3": lambda: transformers.Gemma3ForCausalLM(
            transformers.Gemma3TextConfig(
                sliding_window=8, head_dim=8, layer_types=["sliding_attention", "full_attention"], **layers, **small
            )
        ),
        "qwen3": lambda: transformers.Qwen3ForCausalLM(transformers.Qwen3Config(head_dim=8, **layers, **small)),
    }


@pytest.mark.parametrize("name", ["gpt2", "llama", "mistral", "gemma3", "qwen3"])
def test_models_of_transformers(name, tmp_path):
    torch.manual_seed(2)
    model = library_models()[name]().eval()
    prompt = torch.randint(2, VOCABULARY, (1, 9))
    with persimmons.export_generation(model, MAX_LENGTH, out=tmp_path / "lm.psm") as bundle:
        tokens, logits = steps(bundle, prompt.numpy(), 64)
    with torch.no_grad():
        text = torch.cat([prompt, torch.tensor([tokens[:-1]])], dim=1)
        want = model(text, use_cache=False).logits[0, prompt.shape[1] - 1 :].numpy()
    assert error_of(np.stack(logits), want) < 1e-4
    assert tokens == want.argmax(-1).tolist()


def test_a_cache_longer_than_the_model_s_positions_is_refused(tmp_path):
    model = library_models()["gpt2"]()
    error = failure(lambda: persimmons.export_generation(model, 129, out=tmp_path / "lm.psm"))
    assert "the model has positions for 128 tokens, and max_len is 129" in str(error)


def test_an_archive_of_two_programs_is_a_bundle_of_two_entries(own, tmp_path):
    from torch.export.pt2_archive._package import package_pt2

    model, _ = own
    tokens, position = torch.zeros(1, 4, dtype=torch.long), torch.tensor(0)
    count = torch.export.Dim("count", min=1, max=MAX_LENGTH)
    with torch.no_grad():
        programs = {
            "read": torch.export.export(model, (tokens, position), dynamic_shapes=({1: count}, None)),
            "write": torch.export.export(model, (tokens[:, :1].clone(), position)),
        }
    package_pt2(str(tmp_path / "two.pt2"), exported_programs=programs)
    package_pt2(str(tmp_path / "one.pt2"), exported_programs=programs["read"])
    with persimmons.export(tmp_path / "one.pt2", out=tmp_path / "one.psm"):
        pass
    with persimmons.export(tmp_path / "two.pt2", out=tmp_path / "two.psm") as bundle:
        assert bundle.entries == ["read", "write"]
        text = np.array([[9, 8, 7, 6]])
        bundle(text[:, :3], np.int64(0), entry="read")
        got = bundle(text[:, 3:], np.int64(3), entry="write")
        assert error_of(np.asarray(got)[0], own_logits(model, text)[0, 3:]) < 1e-4
    weights = [(tmp_path / name / "weights.safetensors").stat().st_size for name in ("one.psm", "two.psm")]
    assert weights[1] < 1.1 * weights[0]
