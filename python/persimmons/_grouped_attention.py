"""Attention of transformers' models in which several heads read the same keys and values, without copies of these.

The library repeats keys and values for every head while it is exported: with a cache of a fixed size, all of it, at every
token. Here the heads that share keys become rows of one head. Prompts, whose number of tokens is open, are left to the
library: there the copy is made once for many tokens.
"""

from __future__ import annotations

import contextlib
from typing import Any, Iterator

NAME = "persimmons"


@contextlib.contextmanager
def grouped_attention(model: Any) -> Iterator[None]:
    """Within it the layers of ``model`` that use the library's SDPA attend so."""
    _register()
    configs = {id(m.config): m.config for m in model.modules() if hasattr(m, "config")}
    changed = [c for c in configs.values() if getattr(c, "_attn_implementation", None) == "sdpa"]
    try:
        for config in changed:
            config._attn_implementation = NAME
        yield
    finally:
        for config in changed:
            config._attn_implementation = "sdpa"


def _register() -> None:
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

    AttentionInterface.register(NAME, _attend)
    AttentionMaskInterface.register(NAME, sdpa_mask)


def _attend(module: Any, query: Any, key: Any, value: Any, attention_mask: Any, *args: Any, **options: Any) -> Any:
    from torch.nn.functional import scaled_dot_product_attention
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    batch, heads, count, width = query.shape
    groups = heads // key.shape[1]
    known = {"dropout", "scaling", "is_causal", "position_ids", "use_cache", "sliding_window", "output_attentions"}
    is_plain = not args and all(name in known or options[name] is None for name in options)
    is_one = isinstance(count, int) and count == 1
    if groups == 1 or not is_one or not is_plain or attention_mask is None or attention_mask.shape[1] != 1:
        return sdpa_attention_forward(module, query, key, value, attention_mask, *args, **options)
    rows = query.reshape(batch, key.shape[1], groups, width)
    attended = scaled_dot_product_attention(rows, key, value, attn_mask=attention_mask, scale=options.get("scaling"))
    return attended.reshape(batch, 1, heads, value.shape[-1]), None
