/**
 * @file Real functions JavaScript's `Math` lacks, or defines differently from C99, in double precision.
 * Invariant: within a few units in the last place of a double, so that one rounding to f32 or less is nearly always right.
 */

/** C99 `pow`: unlike `Math.pow`, 1 to any power and -1 to an infinite power are 1. */
export function power(base: number, exponent: number): number {
  if (base === 1) return 1;
  if (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY) return 1;
  return base ** exponent;
}

/** Nearest integer, ties to even; keeps -0. */
export function roundEven(x: number): number {
  if (!(Math.abs(x) < 2 ** 52)) return x;
  const low = Math.floor(x);
  const fraction = x - low;
  const up = fraction > 0.5 || (fraction === 0.5 && low % 2 !== 0);
  return signedZero(up ? low + 1 : low, x);
}

/** Nearest integer, ties away from zero; keeps -0. */
export function roundAway(x: number): number {
  if (!(Math.abs(x) < 2 ** 52)) return x;
  const low = Math.floor(Math.abs(x));
  const magnitude = Math.abs(x) - low >= 0.5 ? low + 1 : low;
  return x < 0 || Object.is(x, -0) ? -magnitude : magnitude;
}

function signedZero(result: number, like: number): number {
  return result === 0 && (like < 0 || Object.is(like, -0)) ? -0 : result;
}

/** 1 / (1 + e^-x), from whichever side does not overflow, so that small results keep their digits. */
export function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** The error function. */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  const magnitude = Math.abs(x);
  if (magnitude < 1) return erfSeries(x);
  if (magnitude > 6) return Math.sign(x); // erfc(6) < 2^-55
  return Math.sign(x) * (1 - erfcFraction(magnitude));
}

/** 1 - erf(x), without the cancellation for large `x`. */
export function erfc(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x < 0.5) return 1 - erf(x);
  return x > 27.3 ? 0 : erfcFraction(x);
}

/** erf(x) = 2/sqrt(pi) e^(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!: all terms of one sign (Abramowitz and Stegun 7.1.6). */
function erfSeries(x: number): number {
  const square = x * x;
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 2 ** -55; n++) {
    term *= (2 * square) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * expMinusSquare(x) * sum;
}

/**
 * erfc(x), x >= 1/2, by the continued fraction x + 1/2/(x + 1/(x + 3/2/(x + ...))) (A&S 7.1.14), summed from the tail.
 * After n levels its error is about e^(-2x sqrt(2n)), which sets their number.
 */
function erfcFraction(x: number): number {
  const terms = Math.ceil(20 + 250 / (x * x));
  let tail = x;
  for (let n = terms; n >= 1; n--) tail = x + n / 2 / tail;
  return expMinusSquare(x) / (Math.sqrt(Math.PI) * tail);
}

/** e^(-x^2) with the rounding error of x^2 put back: x = high + low, high^2 exact. */
function expMinusSquare(x: number): number {
  const high = Math.fround(x);
  if (!Number.isFinite(high)) return 0;
  const low = x - high;
  return Math.exp(-high * high) * Math.exp(-low * (high + x));
}
