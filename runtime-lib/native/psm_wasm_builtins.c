/*
 * The few functions that LLVM calls, rather than inlines, when it compiles arithmetic for wasm32: half precision, the
 * remainder of a division, minimum and maximum that ignore NaN, rounding half away from zero, a fused f32 multiply-add,
 * and 128-bit products (overflow checks of 64-bit ones). Exact as IEEE 754 has them. Transcendental functions are not
 * here: kernels bring their own.
 */

__extension__ typedef __int128 psm_i128;
__extension__ typedef unsigned __int128 psm_u128;

psm_i128 __multi3(psm_i128 a, psm_i128 b);
float __extendhfsf2(uint32_t half);
uint32_t __truncsfhf2(float value);
uint32_t __truncdfhf2(double value);
float fmodf(float a, float b);
double fmod(double a, double b);
float fminf(float a, float b);
float fmaxf(float a, float b);
double fmin(double a, double b);
double fmax(double a, double b);
float roundf(float x);
double round(double x);
float fmaf(float a, float b, float c);

/* Not optimised: newer LLVMs would see the 128-bit product in it and call this very function. */
__attribute__((optnone, noinline)) psm_i128 __multi3(psm_i128 a, psm_i128 b) {
  const uint64_t al = (uint64_t)a, ah = (uint64_t)((psm_u128)a >> 64), bl = (uint64_t)b,
                 bh = (uint64_t)((psm_u128)b >> 64), low = 0xffffffffu;
  /* (x1 2^32 + x0)(y1 2^32 + y0), the middle terms with the carry of the low one */
  const uint64_t p00 = (al & low) * (bl & low), p01 = (al & low) * (bl >> 32), p10 = (al >> 32) * (bl & low);
  const uint64_t middle = (p00 >> 32) + (p01 & low) + p10;
  const uint64_t high = (al >> 32) * (bl >> 32) + (p01 >> 32) + (middle >> 32) + al * bh + ah * bl;
  return (psm_i128)((psm_u128)high << 64 | (middle << 32 | (p00 & low)));
}

static uint32_t psm_bits32(float x) {
  union { float f; uint32_t u; } v = {x};
  return v.u;
}

static float psm_float32(uint32_t bits) {
  union { uint32_t u; float f; } v = {bits};
  return v.f;
}

static uint64_t psm_bits64(double x) {
  union { double f; uint64_t u; } v = {x};
  return v.u;
}

static double psm_float64(uint64_t bits) {
  union { uint64_t u; double f; } v = {bits};
  return v.f;
}

float __extendhfsf2(uint32_t half) {
  const uint32_t sign = (half & 0x8000u) << 16, magnitude = half & 0x7fffu;
  if (magnitude >= 0x7c00u) return psm_float32(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
  /* Rebias by multiplying: exact, subnormals included. */
  return psm_float32(sign | psm_bits32(psm_float32(magnitude << 13) * 0x1p112f));
}

/* To nearest, ties to even; a double never passes through float, which would round twice. */
uint32_t __truncdfhf2(double value) {
  const uint64_t bits = psm_bits64(value), magnitude = bits & ~(UINT64_C(1) << 63);
  const uint32_t sign = (uint32_t)(bits >> 48) & 0x8000u;
  if (magnitude > UINT64_C(0x7ff) << 52) return sign | 0x7e00u | ((uint32_t)(magnitude >> 42) & 0x3ffu);
  if (magnitude >= psm_bits64(65520.0)) return sign | 0x7c00u;
  /* Adding 2^(e+42) leaves the half's digits, rounded, at the bottom of the sum; subnormals share the exponent -14. */
  const uint64_t exponent = magnitude >> 52 > 1009 ? magnitude >> 52 : 1009;
  const double shift = psm_float64((exponent + 42) << 52);
  const uint32_t digits = (uint32_t)psm_bits64(psm_float64(magnitude) + shift) & 0xfffu;
  return sign | (((uint32_t)(exponent - 1009) << 10) + digits);
}

uint32_t __truncsfhf2(float value) {
  return __truncdfhf2((double)value);
}

/* Splits a positive finite number into digits * 2^exponent with 53 digits, the first of them 1. */
static uint64_t psm_split(double x, int64_t *exponent) {
  uint64_t digits = psm_bits64(x) & 0xfffffffffffffu;
  *exponent = (int64_t)(psm_bits64(x) >> 52);
  if (*exponent > 0) digits |= UINT64_C(1) << 52;
  else *exponent = 1;
  for (; digits >> 52 == 0; digits <<= 1) --*exponent;
  return digits;
}

/* Long division, one binary digit of the quotient a step. */
double fmod(double a, double b) {
  const double x = __builtin_fabs(a), y = __builtin_fabs(b);
  if (!(x < __builtin_inf()) || !(y > 0.0)) return __builtin_nan("");
  if (x < y) return a;
  int64_t ex, ey;
  uint64_t rest = psm_split(x, &ex);
  const uint64_t divisor = psm_split(y, &ey);
  for (;; ex--, rest <<= 1) {
    if (rest >= divisor) rest -= divisor;
    if (ex == ey) break;
  }
  if (rest == 0) return __builtin_copysign(0.0, a);
  for (; rest >> 52 == 0 && ex > 1; ex--) rest <<= 1;
  for (; ex < 1; ex++) rest >>= 1; /* only zeros: the result is a multiple of the smallest subnormal */
  const uint64_t bits = rest >> 52 == 0 ? rest : (uint64_t)ex << 52 | (rest & 0xfffffffffffffu);
  return __builtin_copysign(psm_float64(bits), a);
}

/* Exact: the remainder of two floats is a float. */
float fmodf(float a, float b) {
  return (float)fmod((double)a, (double)b);
}

float fminf(float a, float b) {
  return a != a ? b : b != b ? a : a < b ? a : b;
}

float fmaxf(float a, float b) {
  return a != a ? b : b != b ? a : a > b ? a : b;
}

double fmin(double a, double b) {
  return a != a ? b : b != b ? a : a < b ? a : b;
}

double fmax(double a, double b) {
  return a != a ? b : b != b ? a : a > b ? a : b;
}

double round(double x) {
  const double whole = __builtin_trunc(x);
  const double away = __builtin_fabs(x - whole) >= 0.5 ? 1.0 : 0.0;
  return __builtin_copysign(__builtin_fabs(whole) + away, x);
}

float roundf(float x) {
  return (float)round((double)x);
}

/* The product is exact in double; the sum is rounded to odd there, so that rounding to float rounds once. */
float fmaf(float a, float b, float c) {
  const double p = (double)a * (double)b, z = (double)c, s = p + z;
  const double t = s - p, error = (p - (s - t)) + (z - t);
  uint64_t bits = psm_bits64(s);
  if (error != 0.0 && error == error && s - s == 0.0 && (bits & 1) == 0) {
    bits += (error > 0.0) == (s > 0.0) ? 1 : (uint64_t)-1;
  }
  return (float)psm_float64(bits);
}
