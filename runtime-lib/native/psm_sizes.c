/*
 * Sizes of states that depend on symbols, from the postfix code in the model's table. Overflow, and division by what is
 * not positive, give a negative size, which no allocation accepts.
 */

static int64_t psm_floordiv(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

static int64_t psm_size_operator(int64_t code, int64_t a, int64_t b) {
  int64_t r;
  switch (code) {
    case PSM_SIZE_ADD: return __builtin_add_overflow(a, b, &r) ? INT64_MIN : r;
    case PSM_SIZE_SUBTRACT: return __builtin_sub_overflow(a, b, &r) ? INT64_MIN : r;
    case PSM_SIZE_MULTIPLY: return __builtin_mul_overflow(a, b, &r) ? INT64_MIN : r;
    case PSM_SIZE_FLOORDIV: return b <= 0 ? INT64_MIN : psm_floordiv(a, b);
    case PSM_SIZE_CEILDIV: return b <= 0 ? INT64_MIN : -psm_floordiv(-a, b);
    case PSM_SIZE_MOD: return b <= 0 ? INT64_MIN : a - psm_floordiv(a, b) * b;
    case PSM_SIZE_MIN: return a < b ? a : b;
    case PSM_SIZE_MAX: return a > b ? a : b;
    default: return INT64_MIN;
  }
}

/* Writes `rank` sizes. An expression nests at most 64 deep, so the stack never holds more than 66 values. */
static void psm_evaluate_sizes(const int64_t *code, int32_t rank, const int64_t *symbols, int64_t *dims) {
  int64_t stack[80] = {0};
  for (int32_t d = 0; d < rank; d++) {
    int top = -1;
    for (; code[0] != PSM_SIZE_END; code += 2) {
      if (code[0] == PSM_SIZE_CONSTANT) stack[++top] = code[1];
      else if (code[0] == PSM_SIZE_SYMBOL) stack[++top] = symbols[code[1]];
      else top--, stack[top] = psm_size_operator(code[0], stack[top], stack[top + 1]);
    }
    dims[d] = stack[0];
    code += 2;
  }
}
