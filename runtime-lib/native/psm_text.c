/* Messages: text appended to a buffer that never overflows, without a C library. */

struct psm_text {
  char *at;
  uint32_t capacity;
  uint32_t used;
};

static void psm_text_clear(struct psm_text *text) {
  text->used = 0;
  if (text->capacity > 0) text->at[0] = 0;
}

static void psm_put(struct psm_text *text, const char *s) {
  while (*s != 0 && text->used + 1 < text->capacity) text->at[text->used++] = *s++;
  if (text->capacity > 0) text->at[text->used] = 0;
}

/* Starts a problem: one a line. */
static void psm_put_problem(struct psm_text *text, const char *s) {
  if (text->used > 0) psm_put(text, "\n");
  psm_put(text, s);
}

static void psm_put_unsigned(struct psm_text *text, uint64_t value) {
  char digits[24];
  int at = 23;
  digits[at] = 0;
  do digits[--at] = (char)('0' + value % 10), value /= 10;
  while (value > 0);
  psm_put(text, digits + at);
}

static void psm_put_int(struct psm_text *text, int64_t value) {
  if (value < 0) psm_put(text, "-");
  psm_put_unsigned(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

static int psm_same_text(const char *a, const char *b) {
  while (*a != 0 && *a == *b) a++, b++;
  return *a == *b;
}

static const struct {
  int32_t code;
  const char *name;
} psm_dtype_names[] = {
    {PSM_I2, "i2"},
    {PSM_I4, "i4"},
    {PSM_I8, "i8"},
    {PSM_I16, "i16"},
    {PSM_I32, "i32"},
    {PSM_I64, "i64"},
    {PSM_UI2, "ui2"},
    {PSM_UI4, "ui4"},
    {PSM_UI8, "ui8"},
    {PSM_UI16, "ui16"},
    {PSM_UI32, "ui32"},
    {PSM_UI64, "ui64"},
    {PSM_F16, "f16"},
    {PSM_F32, "f32"},
    {PSM_F64, "f64"},
    {PSM_BF16, "bf16"},
    {PSM_COMPLEX_F32, "complex<f32>"},
    {PSM_COMPLEX_F64, "complex<f64>"},
    {PSM_I1, "i1"},
    {PSM_F8E3M4, "f8E3M4"},
    {PSM_F8E4M3, "f8E4M3"},
    {PSM_F8E4M3B11FNUZ, "f8E4M3B11FNUZ"},
    {PSM_F8E4M3FN, "f8E4M3FN"},
    {PSM_F8E4M3FNUZ, "f8E4M3FNUZ"},
    {PSM_F8E5M2, "f8E5M2"},
    {PSM_F8E5M2FNUZ, "f8E5M2FNUZ"},
    {PSM_F8E8M0FNU, "f8E8M0FNU"},
    {PSM_F6E2M3FN, "f6E2M3FN"},
    {PSM_F6E3M2FN, "f6E3M2FN"},
    {PSM_F4E2M1FN, "f4E2M1FN"},
};

static void psm_put_dtype(struct psm_text *text, int32_t code) {
  for (size_t i = 0; i < sizeof psm_dtype_names / sizeof psm_dtype_names[0]; i++) {
    if (psm_dtype_names[i].code == code) {
      psm_put(text, psm_dtype_names[i].name);
      return;
    }
  }
  psm_put(text, "element type ");
  psm_put_int(text, code);
}

static uint64_t psm_dtype_bytes(int32_t code) {
  uint64_t bits = (uint64_t)code & 255;
  return bits <= 8 ? 1 : bits / 8;
}

/* The bytes of a dense tensor; -1 when a size is negative or the product does not fit. */
static int64_t psm_tensor_bytes(const int64_t *dims, int32_t rank, int32_t dtype) {
  const uint64_t most = (uint64_t)INT64_MAX - 64;
  uint64_t bytes = psm_dtype_bytes(dtype);
  int empty = 0;
  for (int32_t d = 0; d < rank; d++) {
    if (dims[d] < 0) return -1;
    if (dims[d] == 0) empty = 1;
    if (dims[d] == 0) continue;
    if ((uint64_t)dims[d] > most / bytes) return -1;
    bytes *= (uint64_t)dims[d];
  }
  return empty ? 0 : (int64_t)bytes;
}
