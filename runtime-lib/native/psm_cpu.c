/*
 * Which instruction sets this CPU (and its operating system) offers, by LLVM's feature names. Asked before any of the
 * model's code runs: a library built for more than the CPU has ends with PSM_E_LIMIT, not an illegal instruction.
 * This file is compiled for the baseline CPU.
 */

#if defined(__x86_64__)

enum { PSM_EBX, PSM_ECX, PSM_EDX, PSM_EAX };
enum { PSM_OS_AVX = 0x6, PSM_OS_AVX512 = 0xe6, PSM_OS_AMX = 0x60000 };

static const struct {
  const char *name;
  uint32_t leaf;
  uint8_t subleaf, reg, bit;
  uint32_t os; /* bits of XCR0 that must be set */
} psm_x86_features[] = {
    {"x87", 1, 0, PSM_EDX, 0, 0},
    {"cx8", 1, 0, PSM_EDX, 8, 0},
    {"cmov", 1, 0, PSM_EDX, 15, 0},
    {"mmx", 1, 0, PSM_EDX, 23, 0},
    {"fxsr", 1, 0, PSM_EDX, 24, 0},
    {"sse", 1, 0, PSM_EDX, 25, 0},
    {"sse2", 1, 0, PSM_EDX, 26, 0},
    {"64bit", 0x80000001u, 0, PSM_EDX, 29, 0},
    {"sse3", 1, 0, PSM_ECX, 0, 0},
    {"pclmul", 1, 0, PSM_ECX, 1, 0},
    {"ssse3", 1, 0, PSM_ECX, 9, 0},
    {"fma", 1, 0, PSM_ECX, 12, PSM_OS_AVX},
    {"cx16", 1, 0, PSM_ECX, 13, 0},
    {"sse4.1", 1, 0, PSM_ECX, 19, 0},
    {"sse4.2", 1, 0, PSM_ECX, 20, 0},
    {"crc32", 1, 0, PSM_ECX, 20, 0},
    {"movbe", 1, 0, PSM_ECX, 22, 0},
    {"popcnt", 1, 0, PSM_ECX, 23, 0},
    {"aes", 1, 0, PSM_ECX, 25, 0},
    {"xsave", 1, 0, PSM_ECX, 27, 0},
    {"avx", 1, 0, PSM_ECX, 28, PSM_OS_AVX},
    {"f16c", 1, 0, PSM_ECX, 29, PSM_OS_AVX},
    {"rdrnd", 1, 0, PSM_ECX, 30, 0},
    {"fsgsbase", 7, 0, PSM_EBX, 0, 0},
    {"bmi", 7, 0, PSM_EBX, 3, 0},
    {"avx2", 7, 0, PSM_EBX, 5, PSM_OS_AVX},
    {"bmi2", 7, 0, PSM_EBX, 8, 0},
    {"invpcid", 7, 0, PSM_EBX, 10, 0},
    {"avx512f", 7, 0, PSM_EBX, 16, PSM_OS_AVX512},
    {"evex512", 7, 0, PSM_EBX, 16, PSM_OS_AVX512}, /* LLVM 18 to 20: AVX-512 at full width */
    {"avx512dq", 7, 0, PSM_EBX, 17, PSM_OS_AVX512},
    {"rdseed", 7, 0, PSM_EBX, 18, 0},
    {"adx", 7, 0, PSM_EBX, 19, 0},
    {"avx512ifma", 7, 0, PSM_EBX, 21, PSM_OS_AVX512},
    {"clflushopt", 7, 0, PSM_EBX, 23, 0},
    {"clwb", 7, 0, PSM_EBX, 24, 0},
    {"avx512cd", 7, 0, PSM_EBX, 28, PSM_OS_AVX512},
    {"sha", 7, 0, PSM_EBX, 29, 0},
    {"avx512bw", 7, 0, PSM_EBX, 30, PSM_OS_AVX512},
    {"avx512vl", 7, 0, PSM_EBX, 31, PSM_OS_AVX512},
    {"avx512vbmi", 7, 0, PSM_ECX, 1, PSM_OS_AVX512},
    {"waitpkg", 7, 0, PSM_ECX, 5, 0},
    {"avx512vbmi2", 7, 0, PSM_ECX, 6, PSM_OS_AVX512},
    {"gfni", 7, 0, PSM_ECX, 8, 0},
    {"vaes", 7, 0, PSM_ECX, 9, PSM_OS_AVX},
    {"vpclmulqdq", 7, 0, PSM_ECX, 10, PSM_OS_AVX},
    {"avx512vnni", 7, 0, PSM_ECX, 11, PSM_OS_AVX512},
    {"avx512bitalg", 7, 0, PSM_ECX, 12, PSM_OS_AVX512},
    {"avx512vpopcntdq", 7, 0, PSM_ECX, 14, PSM_OS_AVX512},
    {"rdpid", 7, 0, PSM_ECX, 22, 0},
    {"cldemote", 7, 0, PSM_ECX, 25, 0},
    {"movdiri", 7, 0, PSM_ECX, 27, 0},
    {"movdir64b", 7, 0, PSM_ECX, 28, 0},
    {"avx512vp2intersect", 7, 0, PSM_EDX, 8, PSM_OS_AVX512},
    {"amx-bf16", 7, 0, PSM_EDX, 22, PSM_OS_AMX},
    {"avx512fp16", 7, 0, PSM_EDX, 23, PSM_OS_AVX512},
    {"amx-tile", 7, 0, PSM_EDX, 24, PSM_OS_AMX},
    {"amx-int8", 7, 0, PSM_EDX, 25, PSM_OS_AMX},
    {"sha512", 7, 1, PSM_EAX, 0, PSM_OS_AVX},
    {"avxvnni", 7, 1, PSM_EAX, 4, PSM_OS_AVX},
    {"avx512bf16", 7, 1, PSM_EAX, 5, PSM_OS_AVX512},
    {"amx-fp16", 7, 1, PSM_EAX, 21, PSM_OS_AMX},
    {"avxifma", 7, 1, PSM_EAX, 23, PSM_OS_AVX},
    {"avxvnniint8", 7, 1, PSM_EDX, 4, PSM_OS_AVX},
    {"avxneconvert", 7, 1, PSM_EDX, 5, PSM_OS_AVX},
    {"amx-complex", 7, 1, PSM_EDX, 8, PSM_OS_AMX},
    {"avxvnniint16", 7, 1, PSM_EDX, 10, PSM_OS_AVX},
    {"xsaveopt", 0xd, 1, PSM_EAX, 0, 0},
    {"xsavec", 0xd, 1, PSM_EAX, 1, 0},
    {"xsaves", 0xd, 1, PSM_EAX, 3, 0},
    {"sahf", 0x80000001u, 0, PSM_ECX, 0, 0},
    {"lzcnt", 0x80000001u, 0, PSM_ECX, 5, 0},
    {"sse4a", 0x80000001u, 0, PSM_ECX, 6, 0},
    {"prfchw", 0x80000001u, 0, PSM_ECX, 8, 0},
    {"mwaitx", 0x80000001u, 0, PSM_ECX, 29, 0},
    {"clzero", 0x80000008u, 0, PSM_EBX, 0, 0},
    {"rdpru", 0x80000008u, 0, PSM_EBX, 4, 0},
    {"wbnoinvd", 0x80000008u, 0, PSM_EBX, 9, 0},
};

static uint32_t psm_xcr0(void) {
  uint32_t a, d, r[4];
  __cpuid(1, r[0], r[1], r[2], r[3]);
  if ((r[2] >> 27 & 1) == 0) return 0; /* the system does not use xsave */
  __asm__ volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
  return a;
}

/* 1 yes, 0 no, -1 no such name. */
static int psm_cpu_has(const char *feature) {
  for (size_t i = 0; i < sizeof psm_x86_features / sizeof psm_x86_features[0]; i++) {
    if (!psm_same_text(psm_x86_features[i].name, feature)) continue;
    uint32_t a, b, c, d, os = psm_x86_features[i].os;
    if (!__get_cpuid_count(psm_x86_features[i].leaf, psm_x86_features[i].subleaf, &a, &b, &c, &d)) return 0;
    const uint32_t regs[4] = {b, c, d, a};
    if ((regs[psm_x86_features[i].reg] >> psm_x86_features[i].bit & 1) == 0) return 0;
    return (psm_xcr0() & os) == os;
  }
  return -1;
}

#elif defined(__aarch64__) && defined(__linux__)

static const struct {
  const char *name;
  uint8_t word, bit; /* bit of AT_HWCAP (word 0) or AT_HWCAP2 (word 1) */
} psm_arm_features[] = {
    {"fp-armv8", 0, 0}, {"neon", 0, 1},     {"aes", 0, 3},     {"sha2", 0, 6},       {"crc", 0, 7},
    {"lse", 0, 8},      {"fullfp16", 0, 10}, {"rdm", 0, 12},   {"jsconv", 0, 13},    {"complxnum", 0, 14},
    {"rcpc", 0, 15},    {"sha3", 0, 17},    {"dotprod", 0, 20}, {"sve", 0, 22},      {"fp16fml", 0, 23},
    {"sve2", 1, 1},     {"i8mm", 1, 13},    {"bf16", 1, 14},   {"sme", 1, 23},       {"sme2", 1, 37},
};

static int psm_cpu_has(const char *feature) {
  for (size_t i = 0; i < sizeof psm_arm_features / sizeof psm_arm_features[0]; i++) {
    if (!psm_same_text(psm_arm_features[i].name, feature)) continue;
    uint64_t word = getauxval(psm_arm_features[i].word == 0 ? AT_HWCAP : AT_HWCAP2);
    return (int)(word >> psm_arm_features[i].bit & 1);
  }
  return -1;
}

#elif defined(__aarch64__) && defined(__APPLE__)

static const struct {
  const char *name, *key;
} psm_apple_features[] = {
    {"fullfp16", "hw.optional.arm.FEAT_FP16"}, {"dotprod", "hw.optional.arm.FEAT_DotProd"},
    {"i8mm", "hw.optional.arm.FEAT_I8MM"},     {"bf16", "hw.optional.arm.FEAT_BF16"},
    {"fp16fml", "hw.optional.arm.FEAT_FHM"},   {"rdm", "hw.optional.arm.FEAT_RDM"},
    {"lse", "hw.optional.arm.FEAT_LSE"},       {"sme", "hw.optional.arm.FEAT_SME"},
    {"sme2", "hw.optional.arm.FEAT_SME2"},     {"aes", "hw.optional.arm.FEAT_AES"},
    {"sha3", "hw.optional.arm.FEAT_SHA3"},     {"crc", "hw.optional.armv8_crc32"},
    {"neon", "hw.optional.AdvSIMD"},           {"fp-armv8", "hw.optional.floatingpoint"},
};

static int psm_cpu_has(const char *feature) {
  for (size_t i = 0; i < sizeof psm_apple_features / sizeof psm_apple_features[0]; i++) {
    if (!psm_same_text(psm_apple_features[i].name, feature)) continue;
    int32_t value = 0;
    size_t bytes = sizeof value;
    return sysctlbyname(psm_apple_features[i].key, &value, &bytes, NULL, 0) == 0 && value != 0;
  }
  return -1;
}

#elif defined(__wasm__)

/* A wasm module is validated as a whole before it runs: whatever it uses is there. */
static int psm_cpu_has(const char *feature) {
  (void)feature;
  return 1;
}

#else

static int psm_cpu_has(const char *feature) {
  (void)feature;
  return -1;
}

#endif

/* Linux hands out the matrix-tile registers on request only. */
static int psm_permit_tiles(void) {
#if defined(__x86_64__) && defined(__linux__)
  enum { request_xcomp_perm = 0x1023, xfeature_tiledata = 18 };
  return syscall(SYS_arch_prctl, request_xcomp_perm, xfeature_tiledata) == 0;
#else
  return 1;
#endif
}

/* Writes the features that are missing, as one problem; returns whether all are there. */
static int psm_cpu_suffices(const struct psm_model *model, struct psm_text *error) {
  int ok = 1;
  for (int32_t i = 0; i < model->feature_count; i++) {
    const char *feature = model->features[i];
    int has = psm_cpu_has(feature);
    if (has == 1 && psm_same_text(feature, "amx-tile") && !psm_permit_tiles()) has = 0;
    if (has == 1) continue;
    if (ok) psm_put_problem(error, "this model was compiled for CPU features that this machine lacks:");
    psm_put(error, " ");
    psm_put(error, feature);
    if (has < 0) psm_put(error, " (not a feature of this kind of CPU)");
    ok = 0;
  }
  return ok;
}
