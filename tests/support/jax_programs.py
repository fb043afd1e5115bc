"""Small functions as JAX lowers them: writes a JSON list of {name, text, inputs, results} to standard output."""

import json
import os
import sys

os.environ["JAX_ENABLE_X64"] = "0"
os.environ["JAX_PLATFORMS"] = "cpu"

import base64

import jax
import jax.numpy as jnp
import numpy as np
from jax import export, lax

NAMES = {np.dtype(n): n.replace("uint", "ui").replace("int", "i") for n in ("int8", "int32", "int64", "uint8", "uint32", "uint64")}
NAMES |= {np.dtype("float32"): "f32", np.dtype("float64"): "f64", np.dtype("float16"): "f16", np.dtype("bool"): "i1"}
NAMES |= {np.dtype("complex64"): "complex<f32>", np.dtype(jnp.bfloat16): "bf16"}


def packed(x):
    x = np.asarray(x)
    return {"element": NAMES[x.dtype], "shape": list(x.shape), "bytes": base64.b64encode(x.tobytes()).decode()}


rng = np.random.default_rng(5)


def f32(*shape):
    return rng.standard_normal(shape).astype(np.float32)


def mlp(x, w1, b1, w2, b2):
    h = jax.nn.gelu(x @ w1 + b1)
    return jax.nn.log_softmax(h @ w2 + b2)


def conv_net(x, k, scale):
    y = lax.conv_general_dilated(x, k, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
    y = (y - y.mean((0, 1, 2))) * lax.rsqrt(y.var((0, 1, 2)) + 1e-5) * scale
    y = lax.reduce_window(jax.nn.relu(y), -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return lax.reduce_window(y, 0.0, lax.add, (1, 2, 2, 1), (1, 1, 1, 1), "SAME")


def conv_grad(x, k):
    def loss(x, k):
        y = lax.conv_general_dilated(x, k, (2, 2), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return (lax.reduce_window(y, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID") ** 2).sum()

    return jax.grad(loss, (0, 1))(x, k)


def attention(q, k, v):
    scores = jnp.einsum("bqhd,bkhd->bhqk", q, k) / np.sqrt(q.shape[-1])
    mask = jnp.tril(jnp.ones(scores.shape[-2:], bool))
    weights = jax.nn.softmax(jnp.where(mask, scores, -jnp.inf), -1)
    return jnp.einsum("bhqk,bkhd->bqhd", weights, v)


def scans(x, h):
    def step(h, x):
        h = jnp.tanh(h * 0.5 + x)
        return h, h.sum()

    return lax.scan(step, h, x)


def loops(x):
    def body(state):
        i, x = state
        return i + 1, x * 1.5

    return lax.while_loop(lambda s: (s[0] < 20) & (s[1].sum() < 50), body, (0, x))


def conditions(x, i):
    y = lax.cond(x.sum() > 0, lambda x: x + 1, lambda x: x * 2, x)
    return lax.switch(i, [lambda y: y, jnp.sin, lambda y: y**2], y)


def orders(x):
    values, at = lax.top_k(x, 3)
    return jnp.sort(x), jnp.argsort(-x), jnp.argmax(x, 1), jnp.argmin(x, 0), values, at, jnp.median(x)


def indexing(x, i, j):
    y = x.at[i].add(2.0).at[:, j].set(1.0).at[i, 0].max(3.0)
    return x[i], x[:, j], x[i, j], y, jnp.take_along_axis(x, jnp.argsort(x, 1), 1), x[1:, ::-2], jnp.roll(x, 2, 1)


def fourier(x):
    spectrum = jnp.fft.rfft(x)
    return spectrum, jnp.fft.irfft(spectrum * 2, 12), jnp.fft.fft2(x.astype(jnp.complex64)), jnp.abs(jnp.fft.fftshift(spectrum))


def cumulative(x):
    return jnp.cumsum(x, 1), jnp.cumprod(x, 0), lax.cummax(x, axis=1), jnp.diff(x), lax.associative_scan(jnp.add, x)


def random(seed):
    key = jax.random.key(seed)
    a, b, c = jax.random.split(key, 3)
    bits = jax.random.bits(a, (5,))
    philox = lax.rng_bit_generator(jnp.array([1, 2, 3, 4], jnp.uint32), (3, 4))
    return bits, jax.random.uniform(b, (4,)), jax.random.normal(c, (2, 3)), jax.random.randint(a, (6,), 0, 10), *philox


def integers(x, y):
    return x // y, x % y, x >> 1, x ^ y, ~x, lax.population_count(x), lax.clz(x), jnp.gcd(x, y), x.astype(jnp.int8), (x > y) & (y > 0)


def special(x):
    y = jnp.abs(x)
    return (
        jax.scipy.special.erf(x), jax.scipy.special.erfinv(jnp.tanh(x)), lax.lgamma(y + 0.5), lax.digamma(y + 0.5), jnp.arccosh(1 + y),
        jnp.arctan2(x, y), jnp.nextafter(x, y), jax.scipy.special.i1e(x), jnp.expm1(x), jnp.sinc(x), lax.igamma(y + 1, y),
    )


def mixed(x):
    y = x.astype(jnp.bfloat16)
    z = lax.reduce_precision(x, 5, 10)
    return y @ y.T, lax.bitcast_convert_type(z, jnp.int32), y, x.astype(jnp.float16), jnp.round(x * 3), jnp.clip(x, -0.5, 0.5)


def linear(a, b):
    lower = jnp.linalg.cholesky(a @ a.T + 3 * jnp.eye(4))
    return jnp.tril(lower), jax.scipy.linalg.solve_triangular(jnp.tril(a) + 4 * jnp.eye(4), b, lower=True)


def gradients(x, w):
    return jax.grad(lambda x, w: jnp.sum(jax.nn.softplus(x @ w) ** 2), (0, 1))(x, w)


def padded(x):
    return jnp.pad(x, ((1, 2), (0, 1)), mode="reflect"), jnp.tile(x, (2, 1)), jnp.stack([x, x], 1), jnp.repeat(x, 2, 0), jnp.where(x > 0, x, 0)


def complexes(x, y):
    z = lax.complex(x, y)
    return z * jnp.conj(z), jnp.exp(z), jnp.sqrt(z), jnp.real(z / (z + 1)), jnp.angle(z), z @ z.T


def dynamic_sizes(x, y):
    z = jnp.concatenate([x, x * 2])
    return (x @ y.T).sum(0), z.reshape(-1), jnp.ones((x.shape[0], 2)) * x[:, :1], jnp.arange(x.shape[0]) + 1, z[::2], jax.nn.softmax(x, 0)


def dynamic_pooling(x):
    y = lax.reduce_window(x, 0.0, lax.add, (2, 2), (2, 1), "SAME")
    return y, jnp.pad(x, 1), jnp.cumsum(x, 0), jnp.sort(x, 0)


PROGRAMS = {
    "mlp": (mlp, f32(3, 8), f32(8, 16), f32(16), f32(16, 4), f32(4)),
    "conv_net": (conv_net, f32(2, 8, 8, 3), f32(3, 3, 3, 4), f32(4)),
    "conv_grad": (conv_grad, f32(2, 8, 8, 3), f32(3, 3, 3, 4)),
    "attention": (attention, f32(2, 5, 2, 4), f32(2, 5, 2, 4), f32(2, 5, 2, 4)),
    "scans": (scans, f32(6, 4), f32(4)),
    "loops": (loops, np.abs(f32(3)) + 0.1),
    "conditions": (conditions, f32(4), np.int32(1)),
    "orders": (orders, f32(5, 7)),
    "indexing": (indexing, f32(6, 5), np.array([3, 0, -1], np.int32), np.array([1, 4, 2], np.int32)),
    "fourier": (fourier, f32(4, 12)),
    "cumulative": (cumulative, f32(4, 6)),
    "random": (random, np.int32(7)),
    "integers": (integers, rng.integers(-90, 90, (3, 4), np.int32), rng.integers(1, 9, (3, 4), np.int32)),
    "special": (special, f32(3, 5)),
    "mixed": (mixed, f32(4, 6)),
    "linear": (linear, f32(4, 4), f32(4, 2)),
    "gradients": (gradients, f32(3, 5), f32(5, 2)),
    "padded": (padded, f32(4, 5)),
    "complexes": (complexes, f32(3, 3), f32(3, 3)),
}

DYNAMIC = {
    "dynamic_sizes": (dynamic_sizes, "a, 4", (3, 4), "b, 4", (5, 4)),
    "dynamic_pooling": (dynamic_pooling, "a, b", (7, 5)),
}


def case(name, text, inputs, results):
    return {"name": name, "text": text, "inputs": [packed(x) for x in inputs], "results": [packed(x) for x in results]}


def static_case(name, f, *inputs):
    # For CPUs JAX calls LAPACK by name; for TPUs it writes StableHLO's own operations.
    platform = "tpu" if f is linear else "cpu"
    text = jax.jit(f).trace(*inputs).lower(lowering_platforms=(platform,)).as_text()
    return case(name, text, inputs, jax.tree.leaves(jax.jit(f)(*inputs)))


def dynamic_case(name, f, *shapes):
    scope = export.SymbolicScope()
    symbolic = [export.symbolic_shape(s, scope=scope) for s in shapes[::2]]
    args = [jax.ShapeDtypeStruct(s, np.float32) for s in symbolic]
    text = export.export(jax.jit(f))(*args).mlir_module()
    inputs = [f32(*s) for s in shapes[1::2]]
    return case(name, text, inputs, jax.tree.leaves(jax.jit(f)(*inputs)))


cases = [static_case(name, *program) for name, program in PROGRAMS.items()]
cases += [dynamic_case(name, *program) for name, program in DYNAMIC.items()]
json.dump(cases, sys.stdout)
