"""The seven models of the race: architectures of ``transformers`` at their real sizes, with random weights.

``models.py FOLDER [NAME ...]`` writes NAME.onnx (torch's exporter, opset 18) with NAME.input.npy and NAME.output.npy,
PyTorch's own result. Needs ``torch``, ``transformers``, ``onnx`` and ``onnxscript``; nothing is downloaded.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple

os.environ["HF_HUB_OFFLINE"] = "1"
TOKENS = 128


class Model(NamedTuple):
    """How a model is made: a function of ``transformers``, and the tokens that it knows, none where it takes images."""

    make: Callable[[Any], Any]
    tokens: int = 0


MODELS: Dict[str, Model] = {
    "resnet50": Model(lambda t: t.ResNetForImageClassification(t.ResNetConfig(num_labels=1000))),
    "mobilenetv2": Model(lambda t: t.MobileNetV2ForImageClassification(t.MobileNetV2Config(num_labels=1000))),
    "convnext_t": Model(lambda t: t.ConvNextForImageClassification(t.ConvNextConfig(num_labels=1000))),
    "vit_b16": Model(lambda t: t.ViTForImageClassification(t.ViTConfig(num_labels=1000))),
    "bert_base": Model(lambda t: t.BertModel(t.BertConfig()), 30522),
    "gpt2": Model(lambda t: t.GPT2LMHeadModel(t.GPT2Config(use_cache=False)), 50257),
    "llama_160m": Model(
        lambda t: t.LlamaForCausalLM(
            t.LlamaConfig(
                hidden_size=768,
                intermediate_size=2048,
                num_hidden_layers=12,
                num_attention_heads=12,
                num_key_value_heads=4,
                vocab_size=32000,
                use_cache=False,
            )
        ),
        32000,
    ),
}


def make(name: str, folder: Path) -> None:
    """Writes the model with an input and PyTorch's output, the same ones each time."""
    import numpy as np
    import torch
    import transformers

    torch.manual_seed(0)
    row = MODELS[name]
    model = _lively(row.make(transformers)).eval()
    x = torch.randint(0, row.tokens, (1, TOKENS)) if row.tokens else torch.randn(1, 3, 224, 224)

    class Single(torch.nn.Module):
        """One input, one output."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            given = self.model(input_ids=x) if row.tokens else self.model(pixel_values=x)
            return given.logits if "logits" in given else given.last_hidden_state

    with torch.no_grad():
        y = Single()(x)
        path = str(folder / (name + ".onnx"))
        torch.onnx.export(
            Single().eval(), (x,), path, dynamo=True, opset_version=18, input_names=["x"], output_names=["y"], verbose=False
        )
    np.save(folder / (name + ".input.npy"), x.numpy())
    np.save(folder / (name + ".output.npy"), y.numpy())


def _lively(model: Any) -> Any:
    """Random weights that give outputs of ordinary size: scaled convolutions, random statistics of batches."""
    import torch

    random = torch.Generator().manual_seed(1)
    for part in model.modules():
        if isinstance(part, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(part.weight, nonlinearity="relu", generator=random)
        elif isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_(0.0, 0.1, generator=random)
            part.running_var.uniform_(0.5, 1.5, generator=random)
            part.weight.data.uniform_(0.5, 1.0, generator=random)
            part.bias.data.normal_(0.0, 0.1, generator=random)
    return model


def missing(folder: Path, names: List[str]) -> List[str]:
    """Those of the models that are not in the folder whole."""
    endings = (".onnx", ".input.npy", ".output.npy")
    return [name for name in names if not all((folder / (name + ending)).exists() for ending in endings)]


def main(words: List[str]) -> int:
    unknown = [name for name in words[1:] if name not in MODELS]
    if not words or unknown:
        print(__doc__ if not words else "no model %s; there are %s" % (unknown[0], ", ".join(MODELS)), file=sys.stderr)
        return 2
    folder = Path(words[0])
    folder.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    for name in missing(folder, words[1:] or list(MODELS)):
        print("make " + name, file=sys.stderr, flush=True)
        make(name, folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
