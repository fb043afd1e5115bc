/* The same loops as ../kernels/bicg.py. */

#include "harness.h"

#ifndef M
#define M 1900
#define N 2100
#endif

ARRAY A[N][M], s[M], q[N], p[M], r[N];

static void init(void) {
  FILL2(A, N, M, i * (j + 1) % N / REAL(N));
  CLEAR(s);
  CLEAR(q);
  FILL1(p, M, i % M / REAL(M));
  FILL1(r, N, i % N / REAL(N));
}

KERNEL(void) {
  for (int i = 0; i < M; i++) s[i] = 0.0;
  for (int i = 0; i < N; i++) {
    q[i] = 0.0;
    for (int j = 0; j < M; j++) {
      s[j] += r[i] * A[i][j];
      q[i] += A[i][j] * p[j];
    }
  }
}

MAIN(kernel(), RESULT(s), RESULT(q))
