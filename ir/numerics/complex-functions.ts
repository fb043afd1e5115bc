/**
 * @file Complex functions in double precision.
 * Branch cuts and signed zeros as C99 Annex G: cuts run along the real axis and are continuous with the quadrant
 * that the sign of the zero names.
 */

import type { Complex } from "./record.js";

export const complex = (re: number, im: number): Complex => ({ re, im });

export const neg = (a: Complex): Complex => complex(-a.re, -a.im);
export const add = (a: Complex, b: Complex): Complex => complex(a.re + b.re, a.im + b.im);
export const sub = (a: Complex, b: Complex): Complex => complex(a.re - b.re, a.im - b.im);

/** The plain product: as in XLA, an infinite operand may give NaN parts. */
export const mul = (a: Complex, b: Complex): Complex => complex(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re);

/** The quotient, with the divisor scaled to about 1 so that its square neither overflows nor vanishes. */
export function div(a: Complex, b: Complex): Complex {
  const size = Math.max(Math.abs(b.re), Math.abs(b.im));
  if (size === 0 || !Number.isFinite(size) || !finite(a)) return divSpecial(a, b);
  const scale = 2 ** -Math.floor(Math.log2(size));
  const c = b.re * scale;
  const d = b.im * scale;
  const norm = c * c + d * d;
  return complex(((a.re * c + a.im * d) / norm) * scale, ((a.im * c - a.re * d) / norm) * scale);
}

/** C99 G.5.1: a non-zero number over zero and an infinity over a finite number are infinite; finite over infinite is 0. */
function divSpecial(a: Complex, b: Complex): Complex {
  if (b.re === 0 && b.im === 0 && !(Number.isNaN(a.re) && Number.isNaN(a.im))) {
    const pole = copySign(Number.POSITIVE_INFINITY, b.re);
    return complex(pole * a.re, pole * a.im);
  }
  if (infinite(a) && finite(b)) {
    const [x, y] = [box(a.re), box(a.im)];
    return complex(Number.POSITIVE_INFINITY * (x * b.re + y * b.im), Number.POSITIVE_INFINITY * (y * b.re - x * b.im));
  }
  if (finite(a) && infinite(b)) {
    const [c, d] = [box(b.re), box(b.im)];
    return complex(0 * (a.re * c + a.im * d), 0 * (a.im * c - a.re * d));
  }
  return complex(Number.NaN, Number.NaN);
}

export const abs = (a: Complex): number => Math.hypot(a.re, a.im);

export function sign(a: Complex): Complex {
  const modulus = abs(a);
  if (modulus === 0) return complex(0, 0);
  return modulus === Number.POSITIVE_INFINITY ? div(a, complex(modulus, 0)) : complex(a.re / modulus, a.im / modulus);
}

/** e^x cos y + i e^x sin y; an exactly real argument stays real. */
export function exp(a: Complex): Complex {
  if (a.im === 0) return complex(Math.exp(a.re), a.im);
  if (a.re === Number.NEGATIVE_INFINITY && !Number.isFinite(a.im)) return complex(0, 0);
  if (a.re === Number.POSITIVE_INFINITY && !Number.isFinite(a.im)) return complex(a.re, Number.NaN);
  // Two factors, so that e^x may overflow where e^x cos y does not.
  const root = Math.exp(a.re / 2);
  return complex(root * Math.cos(a.im) * root, root * Math.sin(a.im) * root);
}

/** Re: expm1(x) cos y - 2 sin^2(y/2), which does not cancel near 0. */
export function expm1(a: Complex): Complex {
  if (a.im === 0) return complex(Math.expm1(a.re), a.im);
  const half = Math.sin(a.im / 2);
  const { re, im } = exp(a);
  return Math.abs(a.re) < 1 ? complex(Math.expm1(a.re) * Math.cos(a.im) - 2 * half * half, im) : complex(re - 1, im);
}

export function log(a: Complex): Complex {
  return complex(logModulus(a.re, a.im), Math.atan2(a.im, a.re));
}

/** log|x + iy|, near the unit circle through log1p of |z|^2 - 1. */
function logModulus(re: number, im: number): number {
  const x = Math.max(Math.abs(re), Math.abs(im));
  const y = Math.min(Math.abs(re), Math.abs(im));
  if (x > 0.5 && x < 2 && x * x + y * y < 3) return Math.log1p((x - 1) * (x + 1) + y * y) / 2;
  return Math.log(Math.hypot(re, im));
}

export function log1p(a: Complex): Complex {
  const near = Math.abs(a.re) < 0.5 && Math.abs(a.im) < 0.5;
  const real = near ? Math.log1p(a.re * (2 + a.re) + a.im * a.im) / 2 : logModulus(1 + a.re, a.im);
  return complex(real, Math.atan2(a.im, 1 + a.re));
}

/** The root with non-negative real part; the cut is the negative real axis. */
export function sqrt(a: Complex): Complex {
  if (a.re === 0 && a.im === 0) return complex(0, a.im);
  if (Math.abs(a.im) === Number.POSITIVE_INFINITY) return complex(Number.POSITIVE_INFINITY, a.im);
  if (Math.abs(a.re) === Number.POSITIVE_INFINITY) return sqrtOfInfinite(a);
  // Scaled by a power of four, so that |a| + |re| neither overflows nor loses digits to subnormals.
  const size = Math.max(Math.abs(a.re), Math.abs(a.im));
  const scale = size > 2 ** 1000 ? 2 ** -4 : size < 2 ** -1000 ? 2 ** 108 : 1;
  const [re, im] = [a.re * scale, a.im * scale];
  const back = Math.sqrt(1 / scale);
  const larger = Math.sqrt((Math.hypot(re, im) + Math.abs(re)) / 2);
  const smaller = Math.abs(im) / (2 * larger);
  return re >= 0
    ? complex(larger * back, copySign(smaller, im) * back)
    : complex(smaller * back, copySign(larger, im) * back);
}

function sqrtOfInfinite(a: Complex): Complex {
  if (a.re > 0) return complex(a.re, Number.isNaN(a.im) ? a.im : copySign(0, a.im));
  return Number.isNaN(a.im) ? complex(Number.NaN, -a.re) : complex(0, copySign(a.re, a.im));
}

export const rsqrt = (a: Complex): Complex => div(complex(1, 0), sqrt(a));

/** The root with the smallest angle. */
export function cbrt(a: Complex): Complex {
  if (a.im === 0 && a.re >= 0) return complex(Math.cbrt(a.re), a.im);
  return polar(Math.cbrt(abs(a)), Math.atan2(a.im, a.re) / 3);
}

/** e^(b log a); anything to the power 0 is 1. */
export function pow(a: Complex, b: Complex): Complex {
  if (b.re === 0 && b.im === 0) return complex(1, 0);
  if (a.re === 0 && a.im === 0) return powOfZero(b);
  const { re, im } = log(a);
  if (b.im === 0) return polar(Math.exp(b.re * re), b.re * im);
  return polar(Math.exp(b.re * re - b.im * im), b.re * im + b.im * re);
}

/** 0 where the exponent's real part is positive, a pole where it is a negative number, otherwise undefined. */
function powOfZero(b: Complex): Complex {
  if (b.re > 0) return complex(0, 0);
  return b.im === 0 ? complex(Number.POSITIVE_INFINITY, 0) : complex(Number.NaN, Number.NaN);
}

function polar(modulus: number, angle: number): Complex {
  return angle === 0 ? complex(modulus, angle) : complex(modulus * Math.cos(angle), modulus * Math.sin(angle));
}

/** -i log((x + iy) / sqrt(x^2 + y^2)), for `atan2(y, x)`; real arguments give the real function. */
export function atan2(y: Complex, x: Complex): Complex {
  if (y.im === 0 && x.im === 0) return complex(Math.atan2(y.re, x.re), 0);
  const along = complex(x.re - y.im, x.im + y.re); // x + iy
  const { re, im } = log(div(along, sqrt(add(mul(x, x), mul(y, y)))));
  return complex(im, -re);
}

/** 1 / (1 + e^-z), from the side where the exponential is at most 1. */
export function logistic(a: Complex): Complex {
  if (a.re >= 0) return div(complex(1, 0), add(complex(1, 0), exp(neg(a))));
  const e = exp(a);
  return div(e, add(complex(1, 0), e));
}

export function sinh(a: Complex): Complex {
  if (a.im === 0) return complex(Math.sinh(a.re), a.im);
  if (a.re === 0) return complex(zeroTimes(a.re, Math.cos(a.im)), Math.sin(a.im));
  if (spins(a)) return complex(a.re, Number.NaN);
  return complex(Math.sinh(a.re) * Math.cos(a.im), Math.cosh(a.re) * Math.sin(a.im));
}

export function cosh(a: Complex): Complex {
  if (a.im === 0) return complex(Math.cosh(a.re), zeroTimes(a.im, a.re));
  if (a.re === 0) return complex(Math.cos(a.im), zeroTimes(a.re, Math.sin(a.im)));
  if (spins(a)) return complex(Number.POSITIVE_INFINITY, Number.NaN);
  return complex(Math.cosh(a.re) * Math.cos(a.im), Math.sinh(a.re) * Math.sin(a.im));
}

/** An infinite modulus at an angle that is not known. */
const spins = (a: Complex): boolean => Math.abs(a.re) === Number.POSITIVE_INFINITY && !Number.isFinite(a.im);

/** An exact zero stays zero whatever multiplies it, infinity and NaN too. */
const zeroTimes = (zero: number, x: number): number => (copySign(1, x) < 0 ? -zero : zero);

/** sinh(z) / cosh(z) as (sinh x cosh x + i sin y cos y) / (sinh^2 x + cos^2 y); ±1 for large |x|. */
export function tanh(a: Complex): Complex {
  if (a.im === 0) return complex(Math.tanh(a.re), a.im);
  if (a.re === 0) return complex(a.re, Math.tan(a.im));
  if (Math.abs(a.re) === Number.POSITIVE_INFINITY) {
    return complex(Math.sign(a.re), zeroTimes(0, Math.sin(a.im) * Math.cos(a.im)));
  }
  const turning = Math.sin(a.im) * Math.cos(a.im);
  if (Math.abs(a.re) > 20 && Number.isFinite(a.im)) {
    const decay = Math.exp(-Math.abs(a.re)); // twice, since its square may vanish before 4 * turning does
    return complex(Math.sign(a.re), 4 * turning * decay * decay);
  }
  const [s, c] = [Math.sinh(a.re), Math.cos(a.im)];
  const norm = s * s + c * c;
  return complex((s * Math.cosh(a.re)) / norm, turning / norm);
}

/** sin z = -i sinh(iz), and so on round the quarter turn. */
const turn = (a: Complex): Complex => complex(-a.im, a.re);
const turnBack = (a: Complex): Complex => complex(a.im, -a.re);

export const sin = (a: Complex): Complex => turnBack(sinh(turn(a)));
export const cos = (a: Complex): Complex => cosh(turn(a));
export const tan = (a: Complex): Complex => turnBack(tanh(turn(a)));

const finite = (a: Complex): boolean => Number.isFinite(a.re) && Number.isFinite(a.im);
const infinite = (a: Complex): boolean =>
  Math.abs(a.re) === Number.POSITIVE_INFINITY || Math.abs(a.im) === Number.POSITIVE_INFINITY;

function copySign(magnitude: number, like: number): number {
  const negative = like < 0 || Object.is(like, -0);
  return negative ? -Math.abs(magnitude) : Math.abs(magnitude);
}

/** ±1 for an infinity, ±0 for anything else. */
function box(x: number): number {
  return copySign(Math.abs(x) === Number.POSITIVE_INFINITY ? 1 : 0, x);
}
