/* The same loops as ../kernels/doitgen.py. */

#include "harness.h"

#ifndef NQ
#define NQ 140
#define NR 150
#define NP 160
#endif

ARRAY A[NR][NQ][NP], C4[NP][NP], sum[NP];

static void init(void) {
  FILL3(A, NR, NQ, NP, (i * j + k) % NP / REAL(NP));
  FILL2(C4, NP, NP, i * j % NP / REAL(NP));
  CLEAR(sum);
}

KERNEL(void) {
  for (int r = 0; r < NR; r++)
    for (int q = 0; q < NQ; q++) {
      for (int p = 0; p < NP; p++) {
        sum[p] = 0.0;
        for (int s = 0; s < NP; s++) sum[p] += A[r][q][s] * C4[s][p];
      }
      for (int p = 0; p < NP; p++) A[r][q][p] = sum[p];
    }
}

MAIN(kernel(), RESULT(A))
