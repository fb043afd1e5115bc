"""Causal language models of Hugging Face's transformers with a cache of a fixed size in registered buffers.

The library's own caches grow with every token, or count what they hold in Python. Here the position comes in as an argument,
keys and values are written to where it says, and attention masks what lies behind: one program serves every step.
"""

from __future__ import annotations

import sys
from typing import Any, List

from ._errors import UnsupportedError, fault, problem
from ._grouped_attention import grouped_attention

CODE = "PS6025"


def is_causal_model(model: Any) -> bool:
    transformers = sys.modules.get("transformers.modeling_utils")
    return transformers is not None and isinstance(model, transformers.PreTrainedModel)


def check_length(model: Any, max_len: int) -> None:
    """Raises where the model has no positions for so many tokens."""
    most = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    if isinstance(most, int) and max_len > most:
        fix = "give a max_len of at most %d, or change max_position_embeddings of a model that computes its positions" % most
        raise fault(CODE, "the model has positions for %d tokens, and max_len is %d" % (most, max_len), 2, fix)


def with_cache(model: Any, max_len: int, batch: int, last_only: bool) -> Any:
    """A module ``forward(tokens, position) -> logits``. Raises UnsupportedError for caches of other kinds than keys and values."""
    import inspect

    import torch
    from transformers import cache_utils

    class Layer(cache_utils.StaticLayer):
        """Keys and values of all positions, also for layers that attend to a window: their masks cut it out."""

        def __init__(self, is_sliding: bool):
            super().__init__(max_cache_len=max_len)
            self.is_sliding = is_sliding
            self.position: Any = 0

        def update(self, key_states: Any, value_states: Any, *_: Any, **__: Any) -> Any:
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
            places = torch.arange(key_states.shape[-2], device=key_states.device) + self.position
            self.keys.index_copy_(2, places, key_states)
            self.values.index_copy_(2, places, value_states)
            return self.keys, self.values

        def get_mask_sizes(self, query_length: int) -> Any:
            return max_len, 0

        def get_seq_length(self) -> Any:
            return self.position

    class WithCache(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model
            self._layers = [Layer(is_sliding) for is_sliding in _windows(model, max_len)]
            self._cache = cache_utils.Cache(layers=self._layers)
            self._options = {"logits_to_keep": 1} if last_only and keeps else {}
            # What the first run leaves has the right sizes and types; its contents are never read.
            self.model(input_ids=torch.zeros(batch, 1, dtype=torch.long), past_key_values=self._cache, use_cache=True)
            for k, layer in enumerate(self._layers):
                if layer.is_initialized:
                    self.register_buffer("keys_%d" % k, torch.zeros_like(layer.keys), persistent=False)
                    self.register_buffer("values_%d" % k, torch.zeros_like(layer.values), persistent=False)

        def forward(self, tokens: Any, position: Any) -> Any:
            for k, layer in enumerate(self._layers):
                layer.position = position
                if layer.is_initialized:
                    layer.keys, layer.values = getattr(self, "keys_%d" % k), getattr(self, "values_%d" % k)
            with grouped_attention(self.model):
                outputs = self.model(input_ids=tokens, past_key_values=self._cache, use_cache=True, **self._options)
            return outputs.logits

    keeps = "logits_to_keep" in inspect.signature(model.forward).parameters
    with torch.no_grad():
        return WithCache()


def _windows(model: Any, max_len: int) -> List[bool]:
    """For each layer of the model whether it attends to a window. Raises where one keeps something else than keys and values."""
    from transformers import cache_utils

    config = model.config.get_text_config(decoder=True)
    known = (cache_utils.StaticLayer, cache_utils.StaticSlidingWindowLayer)
    try:
        layers = cache_utils.StaticCache(config=config, max_cache_len=max_len).layers
    except Exception as error:
        raise UnsupportedError([problem(CODE, "%s has no cache of a fixed size: %s" % (type(model).__name__, error))], 3) from error
    odd = sorted({type(layer).__name__ for layer in layers if type(layer) not in known})
    if odd:
        message = "%s keeps %s; only keys and values are supported" % (type(model).__name__, ", ".join(odd))
        fix = "wrap the model in a module that keeps its cache in registered buffers, with forward(tokens, position)"
        raise UnsupportedError([problem(CODE, message, fix)], 3)
    return [isinstance(layer, cache_utils.StaticSlidingWindowLayer) for layer in layers]
