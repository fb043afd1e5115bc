/* The same loops as ../kernels/mvt.py. */

#include "harness.h"

#ifndef N
#define N 2000
#endif

ARRAY x1[N], x2[N], y1[N], y2[N], A[N][N];

static void init(void) {
  FILL1(x1, N, i % N / REAL(N));
  FILL1(x2, N, (i + 1) % N / REAL(N));
  FILL1(y1, N, (i + 3) % N / REAL(N));
  FILL1(y2, N, (i + 4) % N / REAL(N));
  FILL2(A, N, N, i * j % N / REAL(N));
}

KERNEL(void) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) x1[i] = x1[i] + A[i][j] * y1[j];
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) x2[i] = x2[i] + A[j][i] * y2[j];
}

MAIN(kernel(), RESULT(x1), RESULT(x2))
