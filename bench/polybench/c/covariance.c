/* The same loops as ../kernels/covariance.py. */

#include "harness.h"

#ifndef M
#define M 1200
#define N 1400
#endif

ARRAY data[N][M], cov[M][M], mean[M];

static void init(void) {
  FILL2(data, N, M, (i * (2 * j + 1) + j) % 101 / 10.0);
  CLEAR(cov);
  CLEAR(mean);
}

KERNEL(double float_n) {
  for (int j = 0; j < M; j++) {
    mean[j] = 0.0;
    for (int i = 0; i < N; i++) mean[j] += data[i][j];
    mean[j] /= float_n;
  }
  for (int i = 0; i < N; i++)
    for (int j = 0; j < M; j++) data[i][j] -= mean[j];
  for (int i = 0; i < M; i++)
    for (int j = i; j < M; j++) {
      cov[i][j] = 0.0;
      for (int k = 0; k < N; k++) cov[i][j] += data[k][i] * data[k][j];
      cov[i][j] /= float_n - 1.0;
      cov[j][i] = cov[i][j];
    }
}

MAIN(kernel(scalar(N)), RESULT(cov))
