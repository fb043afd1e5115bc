/* The same loops as ../kernels/floyd_warshall.py. */

#include "harness.h"

#ifndef N
#define N 2800
#endif

ARRAY path[N][N];

static void init(void) {
  FILL2(path, N, N, (i + j) % 13 == 0 || (i + j) % 7 == 0 || (i + j) % 11 == 0 ? 999.0 : i * j % 7 + 1.0);
}

KERNEL(void) {
  for (int k = 0; k < N; k++)
    for (int i = 0; i < N; i++)
      for (int j = 0; j < N; j++) {
        double through = path[i][k] + path[k][j];
        path[i][j] = path[i][j] < through ? path[i][j] : through;
      }
}

MAIN(kernel(), RESULT(path))
