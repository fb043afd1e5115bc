"""``persimmons.export_generation``: a language model to a bundle that reads prompts and writes on."""

from __future__ import annotations

import json
import os
import tempfile
from typing import Any, Dict, Iterable, List, Optional, Sequence, Union

from . import _static_cache, _torch
from ._archives import save_programs
from ._bundle import Bundle
from ._errors import CompileError, fault, problem
from ._export import _export_file
from ._static_cache import CODE

_Path = Union[str, "os.PathLike[str]"]


def export_generation(
    model: Any,
    max_len: int,
    *,
    batch: int = 1,
    out: Optional[_Path] = None,
    tokenizer: Optional[_Path] = None,
    target: Union[_Path, Sequence[_Path], None] = None,
    logits: str = "last",
    end: Union[int, Iterable[int], None] = None,
    emit: Optional[str] = None,
    profile: bool = False,
    threads: Optional[int] = None,
) -> Bundle:
    """Compiles a causal language model to a bundle with the entries ``prefill`` and ``decode``, and loads it.

    ``model`` is one of transformers' causal language models, or any ``torch.nn.Module`` that keeps its cache in registered
    buffers and whose ``forward(tokens, position)`` gives logits ``[batch, tokens, vocabulary]``, where ``tokens`` is an int64
    tensor ``[batch, tokens]`` and ``position``, an int64 tensor without dimensions, is the place of the first of them::

        bundle = persimmons.export_generation(model, 1024, out="gpt2.psm", tokenizer="tokenizer.json")
        logits = bundle(prompt, np.int64(0), entry="prefill")               # prompt: [1, n], 1 <= n <= max_len
        logits = bundle(token, np.int64(prompt.shape[1]), entry="decode")   # token: [1, 1]

    Both entries share the weights, and the cache of ``max_len`` tokens, which is kept in the bundle from call to call. Tokens
    that do not fit it are refused when they come. ``logits`` is "last" for those of the last token, ``[batch, vocabulary]``, or
    "all". ``tokenizer`` is a ``tokenizer.json`` to put into the bundle; ``end`` the tokens that end a text, by default those of
    the model's configuration. With both, ``persimmons generate`` needs nothing but the bundle. The model is exported as it is
    in evaluation mode. The other arguments are those of ``persimmons.export``.
    """
    _check(model, max_len, batch, logits, tokenizer)
    targets = [target] if isinstance(target, (str, os.PathLike)) else target
    options: Dict[str, Any] = {
        "targets": [os.fspath(t) for t in targets] if targets else None,
        "emit": emit,
        "profile": profile or None,
    }
    name = _torch.name_of(model)
    with tempfile.TemporaryDirectory(prefix="persimmons-") as folder:
        module = _module(model, max_len, batch, logits == "last")
        programs = _programs(module, model, max_len, batch)
        path = save_programs(programs, os.path.join(folder, name + ".pt2"))
        files = [os.path.join(folder, "generation.json")]
        with open(files[0], "w", encoding="utf-8") as note:
            json.dump({"version": 1, "max_length": max_len, "end": _end_tokens(model, end)}, note)
        if tokenizer is not None:
            files.append(os.path.join(folder, "tokenizer.json"))
            _copy(os.fspath(tokenizer), files[1])
        options["files"] = files
        if out is not None:
            bundle = _export_file(path, os.path.abspath(os.fspath(out)), options, threads)
        else:
            home = tempfile.TemporaryDirectory(prefix="persimmons-")
            bundle = _export_file(path, os.path.join(home.name, name + ".psm"), options, threads).own(home)
    if not bundle._model.description["states"]:
        bundle.close()
        fix = "keep keys and values in buffers (register_buffer) and write to them in place"
        raise fault(CODE, "the model writes to none of its buffers, so that decode knows nothing of earlier tokens", 2, fix)
    return bundle.giving_tensors()


def _check(model: Any, max_len: int, batch: int, logits: str, tokenizer: Optional[_Path]) -> None:
    problems = []
    if not _torch.is_module(model):
        problems.append(problem(CODE, "a %s is no torch.nn.Module" % type(model).__qualname__))
    if not isinstance(max_len, int) or max_len < 2:
        problems.append(problem(CODE, "max_len is %r; a cache holds a whole number of tokens, 2 or more" % (max_len,)))
    if not isinstance(batch, int) or batch < 1:
        problems.append(problem(CODE, "batch is %r; a whole number of at least 1 is expected" % (batch,)))
    if logits not in ("last", "all"):
        problems.append(problem(CODE, 'logits is %r; it is "last" or "all"' % (logits,)))
    if tokenizer is not None and not os.path.isfile(os.fspath(tokenizer)):
        problems.append(problem(CODE, "there is no file %s" % os.fspath(tokenizer), "give the path of a tokenizer.json"))
    if problems:
        raise CompileError(problems, 2)
    if _static_cache.is_causal_model(model):
        _static_cache.check_length(model, max_len)


def _module(model: Any, max_len: int, batch: int, last_only: bool) -> Any:
    """The model with checks around it, as it is exported."""
    import torch

    class Step(torch.nn.Module):
        def __init__(self, inner: Any) -> None:
            super().__init__()
            self.model = inner

        def forward(self, tokens: Any, position: Any) -> Any:
            fits = (position >= 0) & (position + tokens.shape[1] <= max_len)
            torch._assert_async(fits, "'position' and the number of 'tokens' must not go beyond the cache of %d tokens" % max_len)
            logits = self.model(tokens, position)
            logits = getattr(logits, "logits", logits)
            if last_only and logits.dim() == 3:
                logits = logits[:, -1]
            return logits.float() if logits.dtype in (torch.float16, torch.bfloat16) else logits

    was_training = model.training
    model.eval()
    try:
        is_causal = _static_cache.is_causal_model(model)
        return Step(_static_cache.with_cache(model, max_len, batch, last_only) if is_causal else model).eval()
    finally:
        model.train(was_training)


def _programs(module: Any, model: Any, max_len: int, batch: int) -> Dict[str, Any]:
    """The two programs. Raises CompileError with what PyTorch says where it cannot export the model."""
    import torch

    was_training = model.training
    model.eval()
    position = torch.tensor(0)
    tokens = torch.export.Dim("tokens", min=1, max=max_len)
    example = torch.zeros(batch, min(max_len, 5), dtype=torch.long)
    try:
        with torch.no_grad():
            return {
                "prefill": torch.export.export(module, (example, position), dynamic_shapes=({1: tokens}, None)),
                "decode": torch.export.export(module, (example[:, :1].clone(), position)),
            }
    except Exception as error:
        message = "torch.export cannot export the model: %s" % (str(error).strip() or type(error).__name__)
        raise CompileError([problem(CODE, message)], 3) from error
    finally:
        model.train(was_training)


def _end_tokens(model: Any, end: Union[int, Iterable[int], None]) -> List[int]:
    if end is None:
        for name in ("generation_config", "config"):
            end = getattr(getattr(model, name, None), "eos_token_id", None)
            if end is not None:
                break
    return [] if end is None else [end] if isinstance(end, int) else [int(token) for token in end]


def _copy(source: str, target: str) -> None:
    import shutil

    try:
        shutil.copyfile(source, target)
    except OSError as error:
        raise fault(CODE, "%s cannot be read: %s" % (source, error), 5) from error
