"""Trains small networks twice, by eager PyTorch and by ``torch.compile(backend="persimmons")``, and compares what comes out.

    python models/train_compiled.py [NAME...] [--steps 100]

For each network: SGD in f32 (largest difference of a parameter, over the largest parameter, at most 1e-4) and in f64 (1e-9), and the
curve of Adam's losses in f32 (differences at most 1e-3 of the first loss). Ends with "N passed, N failed".
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
import warnings
from typing import Any, Callable, Dict, List, Tuple

import torch

F = torch.nn.functional
CLASSES = 5
BATCH = 4

Batch = Dict[str, torch.Tensor]


class Convolutions(torch.nn.Module):
    """A residual network with batch norms, pooling and dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = torch.nn.Conv2d(3, 8, 3, padding=1)
        self.norms = torch.nn.ModuleList([torch.nn.BatchNorm2d(8), torch.nn.BatchNorm2d(8)])
        self.body = torch.nn.Conv2d(8, 8, 3, padding=1, groups=2)
        self.head = torch.nn.Linear(8, CLASSES)

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.norms[0](self.stem(pixel_values))), 2)
        x = x + F.relu(self.norms[1](self.body(x)))
        return self.head(F.dropout(x.mean((2, 3)), 0.1, self.training))


class Perceptron(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(48, 64), torch.nn.GELU(), torch.nn.Linear(64, CLASSES))

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        return self.layers(pixel_values[:, :, :4, :4].flatten(1))


class Logits(torch.nn.Module):
    """A network of transformers as a classifier."""

    def __init__(self, network: torch.nn.Module):
        super().__init__()
        self.network = network

    def forward(self, **batch: torch.Tensor) -> torch.Tensor:
        logits = self.network(**batch).logits
        return logits[:, -1] if logits.dim() == 3 else logits


def vit() -> torch.nn.Module:
    from transformers import ViTConfig, ViTForImageClassification

    sizes = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)
    return Logits(ViTForImageClassification(ViTConfig(**sizes, image_size=16, patch_size=4, num_labels=CLASSES)))


def bert() -> torch.nn.Module:
    from transformers import BertConfig, BertForSequenceClassification

    sizes = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64)
    return Logits(BertForSequenceClassification(BertConfig(**sizes, vocab_size=50, num_labels=CLASSES)))


def gpt2() -> torch.nn.Module:
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(n_embd=32, n_layer=2, n_head=4, vocab_size=50, n_positions=32, bos_token_id=0, eos_token_id=0)
    return Logits(GPT2LMHeadModel(config))


def images(dtype: torch.dtype) -> Batch:
    return {"pixel_values": torch.randn(BATCH, 3, 16, 16, dtype=dtype)}


def tokens(_: torch.dtype) -> Batch:
    return {"input_ids": torch.randint(0, 50, (BATCH, 12))}


NETWORKS: Dict[str, Tuple[Callable[[], torch.nn.Module], Callable[[torch.dtype], Batch]]] = {
    "perceptron": (Perceptron, images),
    "convolutions": (Convolutions, images),
    "vit": (vit, images),
    "bert": (bert, tokens),
    "gpt2": (gpt2, tokens),
}


def train(model: torch.nn.Module, forward: Any, batch_of: Callable[[torch.dtype], Batch], adam: bool, steps: int) -> List[float]:
    torch.manual_seed(2)
    dtype = next(model.parameters()).dtype
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3) if adam else torch.optim.SGD(model.parameters(), lr=5e-3)
    data = [(batch_of(dtype), torch.randint(0, CLASSES, (BATCH,))) for _ in range(4)]
    losses = []
    for step in range(steps):
        batch, target = data[step % len(data)]
        optimizer.zero_grad()
        loss = F.cross_entropy(forward(**batch), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def compare(name: str, dtype: torch.dtype, adam: bool, steps: int) -> bool:
    build, batch_of = NETWORKS[name]
    torch.manual_seed(1)
    model = build().to(dtype).train()
    other = copy.deepcopy(model)
    torch._dynamo.reset()
    compiled = torch.compile(other, backend="persimmons", fullgraph=True)
    start = time.perf_counter()
    expected = train(model, model, batch_of, adam, steps)
    middle = time.perf_counter()
    found = train(other, compiled, batch_of, adam, steps)
    times = middle - start, time.perf_counter() - middle
    pairs = list(zip(model.parameters(), other.parameters()))
    moved = max((p - q).abs().max().item() for p, q in pairs) / max(p.abs().max().item() for p, _ in pairs)
    curve = max(abs(a - b) for a, b in zip(expected, found)) / expected[0]
    bound = 1e-3 if adam else 1e-4 if dtype == torch.float32 else 1e-9
    good = (curve if adam else moved) <= bound
    what = "%s %s" % ("adam" if adam else "sgd", str(dtype)[6:])
    numbers = "parameters %.1e, losses %.1e, loss %.3f -> %.3f" % (moved, curve, expected[0], expected[-1])
    print("%-13s %-12s %s  %s, %.1f s eager, %.1f s ours" % (name, what, "ok" if good else "FAILED", numbers, *times), flush=True)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NETWORKS))
    parser.add_argument("--steps", type=int, default=100)
    args = parser.parse_args()
    unknown = [name for name in args.names if name not in NETWORKS]
    if unknown:
        parser.error("no network %s; there are %s" % (", ".join(unknown), ", ".join(NETWORKS)))
    warnings.filterwarnings("ignore", category=UserWarning)
    runs = [(torch.float32, False), (torch.float64, False), (torch.float32, True)]
    results = [compare(name, dtype, adam, args.steps) for name in args.names or NETWORKS for dtype, adam in runs]
    print("%d passed, %d failed" % (sum(results), len(results) - sum(results)))
    return 0 if all(results) else 1


if __name__ == "__main__":
    import persimmons.dynamo  # noqa: F401, registers the backend for a checkout

    sys.exit(main())
