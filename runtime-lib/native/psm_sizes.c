/*
 * The operators of size expressions, for the generated functions that give states their sizes. Overflow and division by
 * what is not positive give a negative size, which no allocation accepts.
 */

static inline int64_t psm_add(int64_t a, int64_t b) {
  int64_t r;
  return __builtin_add_overflow(a, b, &r) ? INT64_MIN : r;
}

static inline int64_t psm_subtract(int64_t a, int64_t b) {
  int64_t r;
  return __builtin_sub_overflow(a, b, &r) ? INT64_MIN : r;
}

static inline int64_t psm_multiply(int64_t a, int64_t b) {
  int64_t r;
  return __builtin_mul_overflow(a, b, &r) ? INT64_MIN : r;
}

static inline int64_t psm_floordiv(int64_t a, int64_t b) {
  return b <= 0 ? INT64_MIN : a / b - (a % b < 0);
}

static inline int64_t psm_ceildiv(int64_t a, int64_t b) {
  return b <= 0 ? INT64_MIN : a / b + (a % b > 0);
}

static inline int64_t psm_mod(int64_t a, int64_t b) {
  return b <= 0 ? INT64_MIN : a % b < 0 ? a % b + b : a % b;
}

static inline int64_t psm_min(int64_t a, int64_t b) {
  return a < b ? a : b;
}

static inline int64_t psm_max(int64_t a, int64_t b) {
  return a > b ? a : b;
}
