"""Fifty products of f32 matrices, M x K by K x N, as models have them."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Tuple


class Shape(NamedTuple):
    family: str
    m: int
    n: int
    k: int

    @property
    def name(self) -> str:
        return "%dx%dx%d" % (self.m, self.n, self.k)

    @property
    def flops(self) -> float:
        return 2.0 * self.m * self.n * self.k

    @property
    def bytes(self) -> float:
        """Each matrix once: the least that a product reads and writes."""
        return 4.0 * (self.m * self.k + self.k * self.n + self.m * self.n)


def _family(name: str, *sizes: str) -> List[Shape]:
    return [Shape(name, *map(int, text.split("x"))) for text in sizes]


_SIDES = (64, 96, 128, 192, 256, 320, 384, 512, 640, 768, 1024, 1280, 1536, 2048)

SHAPES: List[Shape] = [
    *_family("square", *("%dx%dx%d" % (n, n, n) for n in _SIDES)),
    # Projections and feed-forward layers: 128 tokens of BERT-base and GPT-2, 197 patches of ViT-B/16, 512 tokens of
    # BERT-large, 128 tokens of a small and a large Llama.
    *_family("transformer", "128x768x768", "128x3072x768", "128x768x3072", "128x2304x768", "197x768x768"),
    *_family("transformer", "197x3072x768", "197x768x3072", "512x1024x1024", "512x4096x1024", "512x1024x4096"),
    *_family("transformer", "128x2048x768", "128x768x2048", "128x4096x4096", "128x32000x768"),
    # ResNet-50's layers as pixels x channels x (channels of the input times the window).
    *_family("convolution", "12544x64x147", "3136x64x64", "3136x256x64", "3136x64x256", "3136x64x576"),
    *_family("convolution", "784x128x1152", "784x512x128", "784x128x512", "196x256x2304", "196x1024x256"),
    *_family("convolution", "196x256x1024", "49x512x4608", "49x2048x512", "49x512x2048"),
    *_family("skinny", "1x768x768", "1x3072x768", "1x4096x4096", "4x4096x1024"),
    *_family("skinny", "16x1024x1024", "1000x16x1000", "4096x8x1024", "32x32x8192"),
]
assert len(SHAPES) == 50


def matrices(m: int, n: int, k: int) -> Tuple[Any, Any]:
    """The two factors of a product, the same in every process: the second is the models' constant."""
    # Not above: the workers set the numbers of threads before NumPy is loaded.
    import numpy as np

    random = np.random.default_rng(m * 1_000_003 + n * 1009 + k)
    half = np.float32(0.5)
    return random.random((m, k), dtype=np.float32) - half, random.random((k, n), dtype=np.float32) - half
