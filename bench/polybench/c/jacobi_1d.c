/* The same loops as ../kernels/jacobi_1d.py. */

#include "harness.h"

#ifndef TSTEPS
#define TSTEPS 500
#define N 2000
#endif

ARRAY A[N], B[N];

static void init(void) {
  FILL1(A, N, (i + 2) / REAL(N));
  FILL1(B, N, (i + 3) / REAL(N));
}

KERNEL(void) {
  for (int t = 0; t < TSTEPS; t++) {
    for (int i = 1; i < N - 1; i++) B[i] = 0.33333 * (A[i - 1] + A[i] + A[i + 1]);
    for (int i = 1; i < N - 1; i++) A[i] = 0.33333 * (B[i - 1] + B[i] + B[i + 1]);
  }
}

MAIN(kernel(), RESULT(A))
