/** @file Discrete Fourier transforms of interleaved doubles: powers of two by halving, other lengths by the definition. */

/** sum of x[j] e^(-+2 pi i j k / n) for each k; the inverse is not divided by n. `x` holds (re, im) pairs. */
export function transform(x: Float64Array, inverse: boolean): Float64Array {
  const n = x.length / 2;
  if (n <= 1) return x.slice();
  const roots = unitRoots(n, inverse);
  return n % 2 === 0 ? byHalves(x, roots, 1) : byDefinition(x, roots, 1);
}

/** e^(-+2 pi i k / n) for k below n. */
function unitRoots(n: number, inverse: boolean): Float64Array {
  const roots = new Float64Array(2 * n);
  for (let k = 0; k < n; k++) {
    const angle = (2 * Math.PI * k) / n;
    roots[2 * k] = Math.cos(angle);
    roots[2 * k + 1] = inverse ? Math.sin(angle) : -Math.sin(angle);
  }
  return roots;
}

/** `roots` are those of a length `step` times as long. */
function byHalves(x: Float64Array, roots: Float64Array, step: number): Float64Array {
  const n = x.length / 2;
  if (n === 1) return x;
  if (n % 2 !== 0) return byDefinition(x, roots, step);
  const half = n / 2;
  const [even, odd] = [new Float64Array(n), new Float64Array(n)];
  for (let i = 0; i < half; i++) {
    even.set(x.subarray(4 * i, 4 * i + 2), 2 * i);
    odd.set(x.subarray(4 * i + 2, 4 * i + 4), 2 * i);
  }
  const [a, b] = [byHalves(even, roots, 2 * step), byHalves(odd, roots, 2 * step)];
  const out = new Float64Array(2 * n);
  for (let k = 0; k < half; k++) {
    const [c, s] = [roots[2 * k * step]!, roots[2 * k * step + 1]!];
    const re = b[2 * k]! * c - b[2 * k + 1]! * s;
    const im = b[2 * k]! * s + b[2 * k + 1]! * c;
    out[2 * k] = a[2 * k]! + re;
    out[2 * k + 1] = a[2 * k + 1]! + im;
    out[2 * (k + half)] = a[2 * k]! - re;
    out[2 * (k + half) + 1] = a[2 * k + 1]! - im;
  }
  return out;
}

function byDefinition(x: Float64Array, roots: Float64Array, step: number): Float64Array {
  const n = x.length / 2;
  const out = new Float64Array(2 * n);
  for (let k = 0; k < n; k++) {
    for (let j = 0; j < n; j++) {
      const root = 2 * ((j * k) % n) * step;
      const [c, s] = [roots[root]!, roots[root + 1]!];
      out[2 * k]! += x[2 * j]! * c - x[2 * j + 1]! * s;
      out[2 * k + 1]! += x[2 * j]! * s + x[2 * j + 1]! * c;
    }
  }
  return out;
}
