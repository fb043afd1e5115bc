/**
 * @file Special functions of one and two real variables in double precision.
 * Invariant: within some 1e-13 of the true value, relative to it or, near a zero, to 1; so one rounding to f32 or less
 * is nearly always right. Formulas: Abramowitz and Stegun (A&S); Lanczos, SIAM J. Numer. Anal. 1 (1964).
 */

import { erf, erfc } from "../../numerics/real-functions.js";

const LANCZOS_G = 7;
/** Coefficients of Lanczos' series for g = 7 with nine terms (computed by Godfrey). */
const lanczos = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
] as const;

/** log |gamma(x)|; infinite at 0 and the negative integers. */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (!Number.isFinite(x)) return Number.POSITIVE_INFINITY;
  if (x <= 0 && Number.isInteger(x)) return Number.POSITIVE_INFINITY;
  if (x < 0.5) return Math.log(Math.PI / Math.abs(sinPi(x))) - lgamma(1 - x); // A&S 6.1.17
  const y = x - 1;
  const sum = lanczos.slice(1).reduce<number>((s, c, i) => s + c / (y + i + 1), lanczos[0]);
  const t = y + LANCZOS_G + 0.5;
  return 0.5 * Math.log(2 * Math.PI) + (y + 0.5) * Math.log(t) - t + Math.log(sum);
}

/** sin(pi x), exact at integers and halves. */
function sinPi(x: number): number {
  const turn = x - 2 * Math.round(x / 2); // in [-1, 1]
  if (Math.abs(turn) === 1) return 0;
  return Math.sin(Math.PI * turn);
}

/** pi / tan(pi x) */
function piCotPi(x: number): number {
  const turn = x - Math.round(x);
  return Math.PI / Math.tan(Math.PI * turn);
}

/** B(2k) / (2k) for k = 1, 2, …: the series of digamma (A&S 6.3.18). */
const digammaTail = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12] as const;

/** gamma'(x) / gamma(x); NaN at the negative integers, -infinity at 0. */
export function digamma(x: number): number {
  if (x === 0) return Number.NEGATIVE_INFINITY;
  if (x < 0) return Number.isInteger(x) || !Number.isFinite(x) ? Number.NaN : digamma(1 - x) - piCotPi(x); // A&S 6.3.7
  let [y, result] = [x, 0];
  for (; y < 10; y += 1) result -= 1 / y; // A&S 6.3.5
  const square = 1 / (y * y);
  const tail = digammaTail.reduceRight((s, c) => (s + c) * square, 0);
  return result + Math.log(y) - 0.5 / y - tail;
}

/** B(2k) / (2k)! for k = 1, 2, …: the series of Euler and Maclaurin. */
const eulerMaclaurin = [
  1 / 12,
  -1 / 720,
  1 / 30240,
  -1 / 1209600,
  1 / 47900160,
  -691 / 1307674368000,
  1 / 74724249600,
  -3617 / 10670622842880000,
  43867 / 5109094217170944000,
] as const;

/** Hurwitz' zeta: the sum of (q + k)^-x over k >= 0. Where the sum has no real value, NaN; at a pole, infinity. */
export function zeta(x: number, q: number): number {
  if (x === 1) return Number.POSITIVE_INFINITY;
  if (Number.isNaN(x) || Number.isNaN(q) || x < 1) return Number.NaN;
  if (q <= 0) {
    if (Number.isInteger(q)) return x % 2 === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    if (!Number.isInteger(x)) return Number.NaN;
  }
  let [sum, y] = [0, q];
  const terms = Math.max(12, Math.ceil(12 - q));
  for (let k = 0; k < terms; k++, y += 1) sum += y ** -x;
  let factor = x * y ** (-x - 1);
  let tail = y ** (1 - x) / (x - 1) + 0.5 * y ** -x;
  eulerMaclaurin.forEach((b, k) => {
    tail += b * factor;
    factor *= ((x + 2 * k + 1) * (x + 2 * k + 2)) / (y * y);
  });
  return sum + tail;
}

/** The n-th derivative of digamma; NaN unless n is a natural number. */
export function polygamma(n: number, x: number): number {
  if (!Number.isInteger(n) || n < 0) return Number.NaN;
  if (n === 0) return digamma(x);
  const sign = n % 2 === 0 ? -1 : 1;
  return sign * Math.exp(lgamma(n + 1)) * zeta(n + 1, x); // A&S 6.4.10
}

/** The y with erf(y) = x: a rational guess (Winitzki, 2008), then Halley's steps on erf or, near 1, on erfc. */
export function erfInverse(x: number): number {
  const magnitude = Math.abs(x);
  if (x === 0 || Number.isNaN(x)) return x;
  if (magnitude >= 1) return magnitude === 1 ? x * Number.POSITIVE_INFINITY : Number.NaN;
  const a = 0.147;
  const logarithm = Math.log1p(-x * x);
  const half = 2 / (Math.PI * a) + logarithm / 2;
  let y = Math.sqrt(Math.sqrt(half * half - logarithm / a) - half);
  for (let step = 0; step < 4; step++) {
    const error = magnitude < 0.5 ? erf(y) - magnitude : 1 - magnitude - erfc(y);
    const ratio = error / ((2 / Math.sqrt(Math.PI)) * Math.exp(-y * y));
    y -= ratio / (1 + y * ratio);
  }
  return x < 0 ? -y : y;
}

/** e^-|x| I1(x), I1 being the modified Bessel function of order 1 (A&S 9.6.10 and 9.7.1). */
export function besselI1e(x: number): number {
  const y = Math.abs(x);
  if (Number.isNaN(y)) return x;
  const value = y <= 30 ? Math.exp(-y) * i1Series(y) : i1Tail(y);
  return x < 0 ? -value : value;
}

function i1Series(x: number): number {
  const square = (x * x) / 4;
  let term = x / 2;
  let sum = term;
  for (let k = 1; term > sum * 2 ** -56; k++) {
    term *= square / (k * (k + 1));
    sum += term;
  }
  return sum;
}

function i1Tail(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; k <= 30 && Math.abs(term) > 2 ** -56; k++) {
    term *= -(4 - (2 * k - 1) ** 2) / (8 * k * x);
    sum += term;
  }
  return x === Number.POSITIVE_INFINITY ? 0 : sum / Math.sqrt(2 * Math.PI * x);
}
