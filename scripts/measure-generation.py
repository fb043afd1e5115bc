"""Language models of real sizes, with random weights: are 64 greedy tokens PyTorch's, and what does a token cost?

Exports GPT-2 (124M parameters) and two layers of a Llama of 1B's dimensions by persimmons.export_generation, writes 64 tokens
with each through prefill and decode, and compares tokens and logits with eager PyTorch. Then a decode step and a prefill of
two tokens run in turn, so that a busy machine slows both. Exit status 1 where tokens differ, an error is above 1e-4, or a
decode step costs more than 1.1 times the prefill.

Usage: PYTHONPATH=python python scripts/measure-generation.py [gpt2] [llama] [--max-len N] [--threads N]
"""

import argparse
import json
import sys
import tempfile
import time

import numpy as np
import torch
import transformers

import persimmons

TOKENS = 64


def gpt2():
    return transformers.GPT2LMHeadModel(transformers.GPT2Config())


def llama():
    sizes = dict(vocab_size=128256, hidden_size=2048, intermediate_size=8192, num_hidden_layers=2)
    heads = dict(num_attention_heads=32, num_key_value_heads=8, rope_theta=500000.0)
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**sizes, **heads))


MODELS = {"gpt2": gpt2, "llama": llama}


def compare(model, bundle, prompt):
    """Whether greedy tokens are equal, and the largest error of logits."""
    cache = transformers.DynamicCache(config=model.config)
    ours = bundle(prompt.numpy(), np.int64(0), entry="prefill")[0]
    given, equal, worst = prompt, True, 0.0
    for step in range(TOKENS):
        theirs = model(given, past_key_values=cache, use_cache=True).logits[0, -1].numpy()
        worst = max(worst, float(np.abs(theirs - ours).max() / np.abs(theirs).max()))
        token = int(ours.argmax())
        equal = equal and token == int(theirs.argmax())
        given = torch.tensor([[token]])
        ours = bundle(given.numpy(), np.int64(prompt.shape[1] + step), entry="decode")[0]
    return equal, worst


def times(bundle, rounds=40):
    """The least milliseconds of a decode step and of a prefill of two tokens, which run in turn."""
    position = np.int64(20)
    calls = {"decode": np.array([[5]]), "prefill": np.array([[5, 6]])}
    least = {entry: float("inf") for entry in calls}
    for _ in range(rounds):
        for entry, tokens in calls.items():
            start = time.perf_counter()
            bundle(tokens, position, entry=entry)
            least[entry] = min(least[entry], 1e3 * (time.perf_counter() - start))
    return least


def measure(name, max_len, threads):
    torch.manual_seed(0)
    model = MODELS[name]().eval()
    prompt = torch.randint(0, model.config.vocab_size, (1, 7))
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        start = time.perf_counter()
        with persimmons.export_generation(model, max_len, out=folder + "/lm.psm", threads=threads) as bundle:
            exported = time.perf_counter() - start
            equal, worst = compare(model, bundle, prompt)
            least = times(bundle)
    ratio = least["decode"] / least["prefill"]
    return {
        "model": name,
        "exportSeconds": round(exported, 1),
        "tokensEqual": equal,
        "worstError": worst,
        "decodeMilliseconds": round(least["decode"], 2),
        "prefillOfTwoMilliseconds": round(least["prefill"], 2),
        "ratio": round(ratio, 3),
        "ok": equal and worst <= 1e-4 and ratio <= 1.1,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("models", nargs="*", metavar="MODEL", help="gpt2, llama; both by default")
    parser.add_argument("--max-len", type=int, default=1024)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    results = []
    for name in options.models or MODELS:
        results.append(measure(name, options.max_len, options.threads))
        print(json.dumps(results[-1]), flush=True)
    return 0 if all(result["ok"] for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
