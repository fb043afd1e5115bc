/* The same loops as ../kernels/gemm.py. */

#include "harness.h"

#ifndef NI
#define NI 1000
#define NJ 1100
#define NK 1200
#endif

ARRAY C[NI][NJ], A[NI][NK], B[NK][NJ];

static void init(void) {
  FILL2(C, NI, NJ, (i * j + 1) % NI / REAL(NI));
  FILL2(A, NI, NK, i * (j + 1) % NK / REAL(NK));
  FILL2(B, NK, NJ, i * (j + 2) % NJ / REAL(NJ));
}

KERNEL(double alpha, double beta) {
  for (int i = 0; i < NI; i++) {
    for (int j = 0; j < NJ; j++) C[i][j] *= beta;
    for (int k = 0; k < NK; k++)
      for (int j = 0; j < NJ; j++) C[i][j] += alpha * A[i][k] * B[k][j];
  }
}

MAIN(kernel(scalar(1.5), scalar(1.2)), RESULT(C))
