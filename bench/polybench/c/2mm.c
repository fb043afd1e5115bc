/* The same loops as ../kernels/2mm.py. */

#include "harness.h"

#ifndef NI
#define NI 800
#define NJ 900
#define NK 1100
#define NL 1200
#endif

ARRAY tmp[NI][NJ], A[NI][NK], B[NK][NJ], C[NJ][NL], D[NI][NL];

static void init(void) {
  CLEAR(tmp);
  FILL2(A, NI, NK, (i * j + 1) % NI / REAL(NI));
  FILL2(B, NK, NJ, i * (j + 1) % NJ / REAL(NJ));
  FILL2(C, NJ, NL, (i * (j + 3) + 1) % NL / REAL(NL));
  FILL2(D, NI, NL, i * (j + 2) % NK / REAL(NK));
}

KERNEL(double alpha, double beta) {
  for (int i = 0; i < NI; i++)
    for (int j = 0; j < NJ; j++) {
      tmp[i][j] = 0.0;
      for (int k = 0; k < NK; k++) tmp[i][j] += alpha * A[i][k] * B[k][j];
    }
  for (int i = 0; i < NI; i++)
    for (int j = 0; j < NL; j++) {
      D[i][j] *= beta;
      for (int k = 0; k < NJ; k++) D[i][j] += tmp[i][k] * C[k][j];
    }
}

MAIN(kernel(scalar(1.5), scalar(1.2)), RESULT(D))
