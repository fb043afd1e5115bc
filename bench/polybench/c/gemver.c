/* The same loops as ../kernels/gemver.py. */

#include "harness.h"

#ifndef N
#define N 2000
#endif

ARRAY A[N][N], u1[N], v1[N], u2[N], v2[N], w[N], x[N], y[N], z[N];

static void init(void) {
  FILL2(A, N, N, i * j % N / REAL(N));
  FILL1(u1, N, REAL(i));
  FILL1(v1, N, (i + 1) / REAL(N) / 4.0);
  FILL1(u2, N, (i + 1) / REAL(N) / 2.0);
  FILL1(v2, N, (i + 1) / REAL(N) / 6.0);
  CLEAR(w);
  CLEAR(x);
  FILL1(y, N, (i + 1) / REAL(N) / 8.0);
  FILL1(z, N, (i + 1) / REAL(N) / 9.0);
}

KERNEL(double alpha, double beta) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) A[i][j] = A[i][j] + u1[i] * v1[j] + u2[i] * v2[j];
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) x[i] = x[i] + beta * A[j][i] * y[j];
  for (int i = 0; i < N; i++) x[i] = x[i] + z[i];
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) w[i] = w[i] + alpha * A[i][j] * x[j];
}

MAIN(kernel(scalar(1.5), scalar(1.2)), RESULT(A), RESULT(w), RESULT(x))
