"""Exports small transformer blocks three ways: as PyTorch traces them, decomposed, and as ONNX of operator set 18.

Usage: python three_exports.py FOLDER; writes NAME.pt2, NAME.decomposed.pt2 and NAME.onnx for each block.
"""

import logging
import math
import sys
import warnings

import torch
import torch.nn.functional as F
from torch import nn

warnings.filterwarnings("ignore")
logging.disable(logging.WARNING)


class Gpt(nn.Module):
    """Like a block of GPT-2; with `written`, attention is spelled in products and a softmax."""

    def __init__(self, approximate, written, width=32, heads=4):
        super().__init__()
        self.heads, self.approximate, self.written = heads, approximate, written
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.joined, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        b, n, c = x.shape
        parts = self.joined(self.first(x)).split(c, 2)
        q, k, v = (t.view(b, n, self.heads, c // self.heads).transpose(1, 2) for t in parts)
        if self.written:
            scores = q @ k.transpose(-1, -2) / math.sqrt(c // self.heads)
            seen = torch.ones(n, n, dtype=torch.bool).tril()
            y = scores.masked_fill(~seen, float("-inf")).softmax(-1) @ v
        else:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, n, c))
        return x + self.down(F.gelu(self.up(self.second(x)), approximate=self.approximate))


class RmsNorm(nn.Module):
    """Written out, or PyTorch's own."""

    def __init__(self, width, written):
        super().__init__()
        self.weight, self.written = nn.Parameter(torch.rand(width) + 0.5), written

    def forward(self, x):
        if not self.written:
            return F.rms_norm(x, (x.shape[-1],), self.weight, 1e-6)
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


def turned(x):
    a, b = x.chunk(2, -1)
    return torch.cat((-b, a), -1)


class Llama(nn.Module):
    """Like a block of Llama: RMS norms, rotary embeddings, heads that share keys, a gate."""

    def __init__(self, written, width=32, heads=4, shared=2):
        super().__init__()
        size = width // heads
        self.heads, self.shared, self.size = heads, shared, size
        self.first, self.second = RmsNorm(width, written), RmsNorm(width, written)
        self.q, self.out = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.k, self.v = (nn.Linear(width, shared * size, bias=False) for _ in range(2))
        self.gate, self.up = (nn.Linear(width, 64, bias=False) for _ in range(2))
        self.down = nn.Linear(64, width, bias=False)
        self.register_buffer("speeds", 1 / (10000 ** (torch.arange(0, size, 2) / size)), persistent=False)

    def forward(self, x):
        b, n, c = x.shape
        y = self.first(x)
        angles = torch.arange(n)[:, None] * self.speeds[None]
        angles = torch.cat((angles, angles), -1)[None, None]
        heads = lambda z, count: z.view(b, n, count, self.size).transpose(1, 2)
        q, k, v = heads(self.q(y), self.heads), heads(self.k(y), self.shared), heads(self.v(y), self.shared)
        q, k = (z * angles.cos() + turned(z) * angles.sin() for z in (q, k))
        times = self.heads // self.shared
        repeated = lambda z: z[:, :, None].expand(b, self.shared, times, n, self.size).reshape(b, self.heads, n, self.size)
        y = F.scaled_dot_product_attention(q, repeated(k), repeated(v), is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(b, n, c))
        y = self.second(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


BLOCKS = {
    "gpt": lambda: Gpt("tanh", written=False),
    "gpt-written": lambda: Gpt("none", written=True),
    "llama": lambda: Llama(written=False),
    "llama-written": lambda: Llama(written=True),
}


def main(folder):
    for name, make in BLOCKS.items():
        torch.manual_seed(0)
        block, x = make().eval(), torch.randn(2, 8, 32)
        with torch.no_grad():
            exported = torch.export.export(block, (x,))
        torch.export.save(exported, f"{folder}/{name}.pt2")
        torch.export.save(exported.run_decompositions(), f"{folder}/{name}.decomposed.pt2")
        torch.onnx.export(
            block, (x,), f"{folder}/{name}.onnx", opset_version=18, dynamo=True, external_data=False, verbose=False
        )


if __name__ == "__main__":
    main(sys.argv[1])
