/**
 * @file Special functions of one and two real numbers, as bodies: computed in f64, whatever the element, and rounded once
 * at the end. Formulas: Abramowitz and Stegun (A&S); Lanczos, SIAM J. Numer. Anal. 1 (1964), with Godfrey's coefficients.
 */

import type { Builder } from "../../../ir/builder.js";
import * as math from "../../../ir/dialects/math/functions.js";
import { condition, whileOp } from "../../../ir/dialects/scf/for.js";
import { yieldOp } from "../../../ir/dialects/scf/yield.js";
import type { Value } from "../../../ir/graph.js";
import { Float, type Mask } from "../../legalize/emit.js";
import { IrPrimitives } from "../../legalize/emit-ir.js";

/** A number of f64. */
export type Real = Float<Value>;

const INFINITY = Number.POSITIVE_INFINITY;

/** Functions of f64 at a builder. */
export class RealMath {
  readonly #b: Builder;
  readonly #on: IrPrimitives;

  constructor(b: Builder) {
    this.#b = b;
    this.#on = new IrPrimitives(b, b.context.types.scalar("f64"));
  }

  real = (value: Value): Real => new Float(this.#on, value);

  unary = (def: typeof math.exp, x: Real): Real => this.real(this.#b.value(def, { operand: x.value }, {}));
  exp = (x: Real): Real => this.unary(math.exp, x);
  log = (x: Real): Real => this.unary(math.log, x);
  power = (x: Real, y: Real): Real => this.real(this.#b.value(math.powf, { lhs: x.value, rhs: y.value }, {}));

  /**
   * Goes on with `step` for as long as `running` holds. A computation is built where its first number is: what comes
   * from outside may stand second, or goes through `real` of the functions given.
   */
  repeat(
    state: readonly Real[],
    running: (m: RealMath, state: readonly Real[]) => Mask<Value>,
    step: (m: RealMath, state: readonly Real[]) => readonly Real[],
  ): readonly Real[] {
    const types = state.map((x) => x.value.type);
    const region = (fill: (m: RealMath, b: Builder, args: readonly Value[]) => void) =>
      this.#b.region(types, (b, args) => fill(new RealMath(b), b, args));
    const before = region((m, b, args) => {
      b.op(condition, { condition: running(m, args.map(m.real)).value, args }, {});
    });
    const after = region((m, b, args) => {
      b.op(yieldOp, { results: step(m, args.map(m.real)).map((x) => x.value) }, {});
    });
    const inits = state.map((x) => x.value);
    return this.#b.op(whileOp, { inits }, {}, { results: types, regions: [before, after] }).results.map(this.real);
  }
}

const isInteger = (x: Real): Mask<Value> => x.floor().eq(x);
const isEven = (x: Real): Mask<Value> => isInteger(x.mul(0.5));
const larger = (x: Real, y: Real | number): Real => x.lt(y).select(y, x);
const smaller = (x: Real, y: Real | number): Real => x.lt(y).select(x, y);

const LANCZOS_G = 7;
const lanczos = [
  0.9999999999998099, 676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
  -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
] as const;

/** log |gamma(x)|; infinite at 0 and the negative integers. */
export function lgamma(m: RealMath, x: Real): Real {
  const isReflected = x.lt(0.5);
  const y = isReflected.select(x.of(1).sub(x), x).sub(1);
  const sum = lanczos.slice(1).reduce((s, c, i) => s.add(x.of(c).div(y.add(i + 1))), x.of(lanczos[0]));
  const t = y.add(LANCZOS_G + 0.5);
  const main = y
    .add(0.5)
    .mul(m.log(t))
    .add(0.5 * Math.log(2 * Math.PI))
    .sub(t)
    .add(m.log(sum));
  // A&S 6.1.17: gamma(x) gamma(1 - x) = pi / sin(pi x)
  const reflected = m.log(x.of(Math.PI).div(sinPi(m, x).abs())).sub(main);
  return x.isInfinite().select(INFINITY, isReflected.select(reflected, main));
}

/** sin(pi x), exact at integers and halves. */
function sinPi(m: RealMath, x: Real): Real {
  const turn = x.sub(m.unary(math.roundeven, x.mul(0.5)).mul(2)); // in [-1, 1]
  return turn
    .abs()
    .eq(1)
    .select(0, m.unary(math.sin, turn.mul(Math.PI)));
}

/** B(2k) / (2k) for k = 1, 2, …: the series of digamma (A&S 6.3.18). */
const digammaTail = [1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12] as const;
const DIGAMMA_FROM = 10;

/** gamma'(x) / gamma(x); NaN at the negative integers, -infinity at 0. */
export function digamma(m: RealMath, x: Real): Real {
  const isReflected = x.lt(0);
  let y = isReflected.select(x.of(1).sub(x), x);
  let result = x.of(0);
  for (let step = 0; step < DIGAMMA_FROM; step++) {
    // A&S 6.3.5: digamma(y) = digamma(y + 1) - 1 / y
    const isSmall = y.lt(DIGAMMA_FROM);
    result = isSmall.select(result.sub(x.of(1).div(y)), result);
    y = isSmall.select(y.add(1), y);
  }
  const square = x.of(1).div(y.mul(y));
  const tail = digammaTail.reduceRight((s, c) => s.add(c).mul(square), x.of(0));
  const main = result.add(m.log(y)).sub(x.of(0.5).div(y)).sub(tail);
  // A&S 6.3.7: digamma(1 - x) - digamma(x) = pi / tan(pi x)
  const turn = x.sub(m.unary(math.roundeven, x));
  const reflected = main.sub(x.of(Math.PI).div(m.unary(math.tan, turn.mul(Math.PI))));
  const isPole = isReflected.and(isInteger(x));
  return x.eq(0).select(-INFINITY, isPole.select(Number.NaN, isReflected.select(reflected, main)));
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
/** Terms of zeta's sum before the series takes over; more where the second argument is negative, up to a limit. */
const ZETA_TERMS = 12;
const ZETA_LIMIT = 2 ** 24;

/** Hurwitz' zeta: the sum of (q + k)^-x over k >= 0. Where the sum has no real value, NaN; at a pole, infinity. */
export function zeta(m: RealMath, x: Real, q: Real): Real {
  const terms = smaller(larger(x.of(ZETA_TERMS).sub(q), ZETA_TERMS), ZETA_LIMIT);
  const minusX = x.neg();
  const [, sum, y] = m.repeat(
    [x.of(0), x.of(0), q],
    (_, [k]) => k!.lt(terms),
    (inner, [k, s, at]) => [k!.add(1), s!.add(inner.power(at!, minusX)), at!.add(1)],
  ) as [Real, Real, Real];
  const square = y.mul(y);
  let factor = x.mul(m.power(y, minusX.sub(1)));
  let tail = m.power(y, x.of(1).sub(x)).div(x.sub(1)).add(m.power(y, minusX).mul(0.5));
  eulerMaclaurin.forEach((b, k) => {
    tail = tail.add(factor.mul(b));
    factor = factor.mul(
      x
        .add(2 * k + 1)
        .mul(x.add(2 * k + 2))
        .div(square),
    );
  });
  const atPole = isEven(x).select(INFINITY, Number.NaN);
  const beyond = isInteger(q).select(atPole, isInteger(x).select(sum.add(tail), Number.NaN));
  const value = q.le(0).select(beyond, sum.add(tail));
  return x.eq(1).select(INFINITY, x.ge(1).select(value, Number.NaN));
}

/** The n-th derivative of digamma; NaN unless n is a natural number. */
export function polygamma(m: RealMath, n: Real, x: Real): Real {
  const next = n.add(1);
  // A&S 6.4.10
  const size = m.exp(lgamma(m, next)).mul(zeta(m, next, x));
  const derivative = isEven(n).select(size.neg(), size);
  const isNatural = n.ge(0).and(isInteger(n)).and(n.lt(INFINITY));
  return isNatural.select(n.eq(0).select(digamma(m, x), derivative), Number.NaN);
}

/** Halley's steps from a guess within 2e-3: each makes the error its cube. */
const HALLEY_STEPS = 3;

/** The y with erf(y) = x: a rational guess (Winitzki, 2008), then Halley's steps on erf or, near 1, on erfc. */
export function erfInverse(m: RealMath, x: Real): Real {
  const magnitude = x.abs();
  const a = 0.147;
  const logarithm = m.unary(math.log1p, x.mul(x).neg());
  const half = logarithm.mul(0.5).add(2 / (Math.PI * a));
  let y = half.mul(half).sub(logarithm.div(a)).sqrt().sub(half).sqrt();
  const isSmall = magnitude.lt(0.5);
  for (let step = 0; step < HALLEY_STEPS; step++) {
    const near = m.unary(math.erfOp, y).sub(magnitude);
    const far = x.of(1).sub(magnitude).sub(m.unary(math.erfcOp, y));
    const slope = m.exp(y.mul(y).neg()).mul(2 / Math.sqrt(Math.PI));
    const ratio = isSmall.select(near, far).div(slope);
    y = y.sub(ratio.div(y.mul(ratio).add(1)));
  }
  const found = magnitude.eq(1).select(INFINITY, magnitude.lt(1).select(y, Number.NaN));
  return x.eq(0).select(x, found.copysign(x));
}

/** From here on the series in 1 / x is shorter. */
const BESSEL_TAIL = 30;
const ENOUGH = 2 ** -56;

/** e^-|x| I1(x), I1 being the modified Bessel function of order 1 (A&S 9.6.10 and 9.7.1). */
export function besselI1e(m: RealMath, x: Real): Real {
  const y = x.abs();
  const low = smaller(y, BESSEL_TAIL);
  const square = low.mul(low).mul(0.25);
  const first = low.mul(0.5);
  const [, , series] = m.repeat(
    [x.of(1), first, first],
    (_, [, term, sum]) => term!.gt(sum!.mul(ENOUGH)),
    (inner, [k, term, sum]) => {
      const next = term!.mul(inner.real(square.value).div(k!.mul(k!.add(1))));
      return [k!.add(1), next, sum!.add(next)];
    },
  ) as [Real, Real, Real];
  const high = larger(y, BESSEL_TAIL);
  const [, , tail] = m.repeat(
    [x.of(1), x.of(1), x.of(1)],
    (_, [k, term]) => k!.le(BESSEL_TAIL).and(term!.abs().gt(ENOUGH)),
    (_, [k, term, sum]) => {
      const odd = k!.mul(2).sub(1);
      const next = term!.mul(odd.mul(odd).sub(4).div(k!.mul(8).mul(high)));
      return [k!.add(1), next, sum!.add(next)];
    },
  ) as [Real, Real, Real];
  const far = tail.div(high.mul(2 * Math.PI).sqrt());
  const value = y.le(BESSEL_TAIL).select(m.exp(low.neg()).mul(series), far);
  return x.isNaN().select(x, y.eq(INFINITY).select(0, value).copysign(x));
}
