/**
 * @file Complex functions on pairs of f64: complex<f64> itself, and complex<f32> widened, where no intermediate result
 * over- or underflows. Branch cuts run along the real axis and are continuous with the quadrant that the sign of the
 * zero names; special values as C99 Annex G and the reference interpreter. Norm-wise the errors are a few units of f64.
 */

import type { Float, Mask } from "../emit.js";
import { powerOfTwo } from "./parts.js";

export interface Complex<V> {
  readonly re: Float<V>;
  readonly im: Float<V>;
}

/** Real functions, which are operations of the IR or expansions. */
export type RealFunction =
  | "exp"
  | "expm1"
  | "log"
  | "log1p"
  | "sin"
  | "cos"
  | "tan"
  | "sinh"
  | "cosh"
  | "tanh"
  | "cbrt";
export interface RealFunctions<V> {
  unary(name: RealFunction, x: Float<V>): Float<V>;
  atan2(y: Float<V>, x: Float<V>): Float<V>;
}

/** A function of one complex number, over any real functions. */
export type ComplexUnary = <V>(f: RealFunctions<V>, a: Complex<V>) => Complex<V>;
export type ComplexBinary = <V>(f: RealFunctions<V>, a: Complex<V>, b: Complex<V>) => Complex<V>;

const INFINITY = Number.POSITIVE_INFINITY;

function pair<V>(re: Float<V>, im: Float<V>): Complex<V> {
  return { re, im };
}

/** A pair of constants like `a`. */
function constant<V>(a: Complex<V>, re: number, im: number): Complex<V> {
  return pair(a.re.of(re), a.re.of(im));
}

function choose<V>(mask: Mask<V>, yes: Complex<V>, no: Complex<V>): Complex<V> {
  return pair(mask.select(yes.re, no.re), mask.select(yes.im, no.im));
}

function areFinite<V>(a: Complex<V>): Mask<V> {
  return a.re.abs().lt(INFINITY).and(a.im.abs().lt(INFINITY));
}

function anyInfinite<V>(a: Complex<V>): Mask<V> {
  return a.re.isInfinite().or(a.im.isInfinite());
}

/** True for NaN and infinities. */
function isExtreme<V>(x: Float<V>): Mask<V> {
  return x.abs().lt(INFINITY).not();
}

function isZero<V>(a: Complex<V>): Mask<V> {
  return a.re.eq(0).and(a.im.eq(0));
}

function larger<V>(x: Float<V>, y: Float<V>): Float<V> {
  return x.lt(y).select(y, x);
}

/** 2^-floor(log2 |x|), kept within the normal range. */
function inverseSize<V>(x: Float<V>): Float<V> {
  const { mantissaBits, bias } = x.format;
  const field = x.abs().bits().shru(mantissaBits);
  const power = field.mul(-1).add(bias);
  const least = power.lt(1 - bias).selectInt(1 - bias, power);
  return powerOfTwo(least.gt(bias - 1).selectInt(bias - 1, least));
}

/** The modulus, without spurious overflow; infinite where a part is. */
export function abs<V>({ re, im }: Complex<V>): Float<V> {
  const [x, y] = [re.abs(), im.abs()];
  const scale = inverseSize(larger(x, y));
  const [p, q] = [x.mul(scale), y.mul(scale)];
  const size = p.mul(p).add(q.mul(q)).sqrt().div(scale);
  return anyInfinite({ re, im }).select(INFINITY, size);
}

export function neg<V>(a: Complex<V>): Complex<V> {
  return pair(a.re.neg(), a.im.neg());
}

export function add<V>(a: Complex<V>, b: Complex<V>): Complex<V> {
  return pair(a.re.add(b.re), a.im.add(b.im));
}

export function sub<V>(a: Complex<V>, b: Complex<V>): Complex<V> {
  return pair(a.re.sub(b.re), a.im.sub(b.im));
}

/** The plain product: an infinite operand may give NaN parts. */
export function mul<V>(a: Complex<V>, b: Complex<V>): Complex<V> {
  return pair(a.re.mul(b.re).sub(a.im.mul(b.im)), a.re.mul(b.im).add(a.im.mul(b.re)));
}

/** a times the conjugate of b. */
function mulConjugate<V>(a: Complex<V>, b: Complex<V>): Complex<V> {
  return pair(a.re.mul(b.re).add(a.im.mul(b.im)), a.im.mul(b.re).sub(a.re.mul(b.im)));
}

function times<V>(a: Complex<V>, factor: Float<V> | number): Complex<V> {
  return pair(a.re.mul(factor), a.im.mul(factor));
}

/** The divisor is scaled to about 1; a dividend near the end of the range is brought away from it. */
export function div<V>(a: Complex<V>, b: Complex<V>): Complex<V> {
  const scale = inverseSize(larger(b.re.abs(), b.im.abs()));
  const isLarge = larger(a.re.abs(), a.im.abs()).ge(2 ** (a.re.format.bias - 2));
  const divisor = times(b, scale);
  const norm = divisor.re.mul(divisor.re).add(divisor.im.mul(divisor.im));
  const product = mulConjugate(times(a, isLarge.select(0.125, 1)), divisor);
  const quotient = pair(product.re.div(norm), product.im.div(norm));
  const general = times(times(quotient, scale), isLarge.select(8, 1));
  return choose(areFinite(a).and(areFinite(b)).and(isZero(b).not()), general, divSpecial(a, b));
}

/** C99 G.5.1: a non-zero number over zero and an infinity over a finite number are infinite; finite over infinite is 0. */
function divSpecial<V>(a: Complex<V>, b: Complex<V>): Complex<V> {
  const nothing = constant(a, Number.NaN, Number.NaN);
  const byInfinity = times(mulConjugate(a, boxed(b)), 0);
  const ofInfinity = times(mulConjugate(boxed(a), b), INFINITY);
  const pole = a.re.of(INFINITY).copysign(b.re);
  const isPole = isZero(b).and(a.re.isNaN().and(a.im.isNaN()).not());
  const finite = choose(areFinite(a).and(anyInfinite(b)), byInfinity, nothing);
  return choose(isPole, times(a, pole), choose(anyInfinite(a).and(areFinite(b)), ofInfinity, finite));
}

/** Of each part: 1 for an infinity, 0 for anything else, with its sign. */
function boxed<V>(a: Complex<V>): Complex<V> {
  const box = (x: Float<V>): Float<V> => x.isInfinite().select(1, 0).copysign(x);
  return pair(box(a.re), box(a.im));
}

/** z / |z|, or 0. */
export const sign: ComplexUnary = (_, a) => {
  const modulus = abs(a);
  const unit = pair(a.re.div(modulus), a.im.div(modulus));
  const known = choose(modulus.eq(0), constant(a, 0, 0), unit);
  return choose(anyInfinite(a), constant(a, Number.NaN, Number.NaN), known);
};

/** e^x cos y + i e^x sin y, by two factors, since e^x may overflow where the product does not; real numbers stay real. */
export const exp: ComplexUnary = (f, a) => {
  const half = f.unary("exp", a.re.mul(0.5));
  const general = pair(half.mul(f.unary("cos", a.im)).mul(half), half.mul(f.unary("sin", a.im)).mul(half));
  const lost = isExtreme(a.im);
  const vanished = choose(a.re.eq(-INFINITY).and(lost), constant(a, 0, 0), general);
  const grown = choose(a.re.eq(INFINITY).and(lost), pair(a.re, a.re.of(Number.NaN)), vanished);
  return choose(a.im.eq(0), pair(f.unary("exp", a.re), a.im), grown);
};

/** Re: expm1(x) cos y - 2 sin^2(y/2), which does not cancel near 0. */
export const expm1: ComplexUnary = (f, a) => {
  const half = f.unary("sin", a.im.mul(0.5));
  const power = exp(f, a);
  const rest = f.unary("expm1", a.re);
  const near = rest.mul(f.unary("cos", a.im)).sub(half.mul(half).mul(2));
  const general = pair(a.re.abs().lt(1).select(near, power.re.sub(1)), power.im);
  return choose(a.im.eq(0), pair(rest, a.im), general);
};

/** log|x + iy|, near the unit circle through log1p of |z|^2 - 1. */
function logModulus<V>(f: RealFunctions<V>, a: Complex<V>): Float<V> {
  const [p, q] = [a.re.abs(), a.im.abs()];
  const x = larger(p, q);
  const y = p.lt(q).select(p, q);
  const excess = x.sub(1).mul(x.add(1)).add(y.mul(y));
  const isNear = x.gt(0.5).and(x.lt(2)).and(excess.lt(2));
  return isNear.select(f.unary("log1p", isNear.select(excess, 0)).mul(0.5), f.unary("log", abs(a)));
}

export const log: ComplexUnary = (f, a) => pair(logModulus(f, a), f.atan2(a.im, a.re));

export const log1p: ComplexUnary = (f, a) => {
  const moved = pair(a.re.add(1), a.im);
  const isNear = a.re.abs().lt(0.5).and(a.im.abs().lt(0.5));
  const square = a.re.mul(a.re.add(2)).add(a.im.mul(a.im));
  const real = isNear.select(f.unary("log1p", isNear.select(square, 0)).mul(0.5), logModulus(f, moved));
  return pair(real, f.atan2(a.im, moved.re));
};

/** The root with non-negative real part, on numbers scaled by a power of four so that |a| + |re| stays in range. */
export const sqrt: ComplexUnary = (_, a) => {
  const size = larger(a.re.abs(), a.im.abs());
  const [isLarge, isSmall] = [size.gt(2 ** 1000), size.lt(2 ** -1000)];
  const z = times(a, isLarge.select(2 ** -4, isSmall.select(2 ** 108, 1)));
  const back = isLarge.select(4, isSmall.select(2 ** -54, 1));
  const major = abs(z).add(z.re.abs()).mul(0.5).sqrt();
  const minor = z.im.abs().div(major.add(major));
  const isRight = a.re.ge(0);
  const general = pair(isRight.select(major, minor).mul(back), isRight.select(minor, major).copysign(a.im).mul(back));
  const finite = choose(isZero(a), pair(a.re.of(0), a.im), general);
  const extremeReal = choose(a.re.isInfinite(), sqrtOfInfinite(a), finite);
  return choose(a.im.isInfinite(), pair(a.re.of(INFINITY), a.im), extremeReal);
};

function sqrtOfInfinite<V>(a: Complex<V>): Complex<V> {
  const unknown = a.im.isNaN();
  const right = pair(a.re, unknown.select(a.im, a.re.of(0).copysign(a.im)));
  const left = pair(unknown.select(Number.NaN, 0), a.re.abs().copysign(unknown.select(1, a.im)));
  return choose(a.re.gt(0), right, left);
}

export const rsqrt: ComplexUnary = (f, a) => div(constant(a, 1, 0), sqrt(f, a));

/** modulus e^(i angle); an angle of 0 leaves it real. */
function polar<V>(f: RealFunctions<V>, modulus: Float<V>, angle: Float<V>): Complex<V> {
  const general = pair(modulus.mul(f.unary("cos", angle)), modulus.mul(f.unary("sin", angle)));
  return choose(angle.eq(0), pair(modulus, angle), general);
}

/** The root with the smallest angle. */
export const cbrt: ComplexUnary = (f, a) => {
  const general = polar(f, f.unary("cbrt", abs(a)), f.atan2(a.im, a.re).div(3));
  return choose(a.im.eq(0).and(a.re.ge(0)), pair(f.unary("cbrt", a.re), a.im), general);
};

/** e^(b log a); anything to the power 0 is 1; 0 to a power of positive real part is 0. */
export const pow: ComplexBinary = (f, a, b) => {
  const { re, im } = log(f, a);
  const isReal = b.im.eq(0);
  const exponent = isReal.select(b.re.mul(re), b.re.mul(re).sub(b.im.mul(im)));
  const angle = isReal.select(b.re.mul(im), b.re.mul(im).add(b.im.mul(re)));
  const general = polar(f, f.unary("exp", exponent), angle);
  const pole = choose(isReal, constant(a, INFINITY, 0), constant(a, Number.NaN, Number.NaN));
  const ofZero = choose(b.re.gt(0), constant(a, 0, 0), pole);
  return choose(isZero(b), constant(a, 1, 0), choose(isZero(a), ofZero, general));
};

/** -i log((x + iy) / sqrt(x^2 + y^2)); real arguments give the real function. */
export const atan2: ComplexBinary = (f, y, x) => {
  const along = pair(x.re.sub(y.im), x.im.add(y.re));
  const { re, im } = log(f, div(along, sqrt(f, add(mul(x, x), mul(y, y)))));
  return choose(y.im.eq(0).and(x.im.eq(0)), pair(f.atan2(y.re, x.re), y.re.of(0)), pair(im, re.neg()));
};

/** 1 / (1 + e^-z), from the side where the exponential is at most 1. */
export const logistic: ComplexUnary = (f, a) => {
  const isRight = a.re.ge(0);
  const power = exp(f, choose(isRight, neg(a), a));
  const one = constant(a, 1, 0);
  return div(choose(isRight, one, power), add(one, power));
};

/** The product with an exact zero: zero, whatever the factor; a NaN counts as positive, as its sign means nothing. */
function zeroTimes<V>(zero: Float<V>, factor: Float<V>): Float<V> {
  const product = zero.copysign(factor.bits().xor(zero.bits()).asFloat());
  return factor.isNaN().select(zero, product);
}

/** An infinite modulus at an angle that is not known. */
function spins<V>(a: Complex<V>): Mask<V> {
  return a.re.isInfinite().and(isExtreme(a.im));
}

export const sinh: ComplexUnary = (f, a) => {
  const [sine, cosine, s] = [f.unary("sin", a.im), f.unary("cos", a.im), f.unary("sinh", a.re)];
  const general = pair(s.mul(cosine), f.unary("cosh", a.re).mul(sine));
  const turning = choose(spins(a), pair(a.re, a.re.of(Number.NaN)), general);
  const imaginary = choose(a.re.eq(0), pair(zeroTimes(a.re, cosine), sine), turning);
  return choose(a.im.eq(0), pair(s, a.im), imaginary);
};

export const cosh: ComplexUnary = (f, a) => {
  const [sine, cosine, c] = [f.unary("sin", a.im), f.unary("cos", a.im), f.unary("cosh", a.re)];
  const general = pair(c.mul(cosine), f.unary("sinh", a.re).mul(sine));
  const turning = choose(spins(a), constant(a, INFINITY, Number.NaN), general);
  const imaginary = choose(a.re.eq(0), pair(cosine, zeroTimes(a.re, sine)), turning);
  return choose(a.im.eq(0), pair(c, zeroTimes(a.im, a.re)), imaginary);
};

/** (sinh x cosh x + i sin y cos y) / (sinh^2 x + cos^2 y); ±1 for large |x|. */
export const tanh: ComplexUnary = (f, a) => {
  const [s, c] = [f.unary("sinh", a.re), f.unary("cos", a.im)];
  const turning = f.unary("sin", a.im).mul(c);
  const norm = s.mul(s).add(c.mul(c));
  const unit = a.re.of(1).copysign(a.re);
  const decay = f.unary("exp", a.re.abs().neg()); // twice, since its square may vanish before 4 turning does
  const far = pair(unit, turning.mul(4).mul(decay).mul(decay));
  const near = pair(s.mul(f.unary("cosh", a.re)).div(norm), turning.div(norm));
  const finite = choose(a.re.abs().gt(20).and(isExtreme(a.im).not()), far, near);
  const infinite = choose(a.re.isInfinite(), pair(unit, zeroTimes(a.re.of(0), turning)), finite);
  const imaginary = choose(a.re.eq(0), pair(a.re, f.unary("tan", a.im)), infinite);
  return choose(a.im.eq(0), pair(f.unary("tanh", a.re), a.im), imaginary);
};

/** sin z = -i sinh(iz), and so on round the quarter turn. */
function turn<V>(a: Complex<V>): Complex<V> {
  return pair(a.im.neg(), a.re);
}

function turnBack<V>(a: Complex<V>): Complex<V> {
  return pair(a.im, a.re.neg());
}

export const sin: ComplexUnary = (f, a) => turnBack(sinh(f, turn(a)));
export const cos: ComplexUnary = (f, a) => cosh(f, turn(a));
export const tan: ComplexUnary = (f, a) => turnBack(tanh(f, turn(a)));
