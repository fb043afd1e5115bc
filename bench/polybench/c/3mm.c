/* The same loops as ../kernels/3mm.py. */

#include "harness.h"

#ifndef NI
#define NI 800
#define NJ 900
#define NK 1000
#define NL 1100
#define NM 1200
#endif

ARRAY E[NI][NJ], A[NI][NK], B[NK][NJ], F[NJ][NL], C[NJ][NM], D[NM][NL], G[NI][NL];

static void init(void) {
  CLEAR(E);
  CLEAR(F);
  CLEAR(G);
  FILL2(A, NI, NK, (i * j + 1) % NI / REAL(NI));
  FILL2(B, NK, NJ, (i * (j + 1) + 2) % NJ / REAL(NJ));
  FILL2(C, NJ, NM, i * (j + 3) % NL / REAL(NL));
  FILL2(D, NM, NL, (i * (j + 2) + 2) % NK / REAL(NK));
}

KERNEL(void) {
  for (int i = 0; i < NI; i++)
    for (int j = 0; j < NJ; j++) {
      E[i][j] = 0.0;
      for (int k = 0; k < NK; k++) E[i][j] += A[i][k] * B[k][j];
    }
  for (int i = 0; i < NJ; i++)
    for (int j = 0; j < NL; j++) {
      F[i][j] = 0.0;
      for (int k = 0; k < NM; k++) F[i][j] += C[i][k] * D[k][j];
    }
  for (int i = 0; i < NI; i++)
    for (int j = 0; j < NL; j++) {
      G[i][j] = 0.0;
      for (int k = 0; k < NJ; k++) G[i][j] += E[i][k] * F[k][j];
    }
}

MAIN(kernel(), RESULT(G))
