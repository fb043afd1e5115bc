/* The same loops as ../kernels/fdtd_2d.py. */

#include "harness.h"

#ifndef TMAX
#define TMAX 500
#define NX 1000
#define NY 1200
#endif

ARRAY ex[NX][NY], ey[NX][NY], hz[NX][NY], fict[TMAX];

static void init(void) {
  FILL2(ex, NX, NY, i * (j + 1) / REAL(NX));
  FILL2(ey, NX, NY, i * (j + 2) / REAL(NY));
  FILL2(hz, NX, NY, i * (j + 3) / REAL(NX));
  FILL1(fict, TMAX, REAL(i));
}

KERNEL(void) {
  for (int t = 0; t < TMAX; t++) {
    for (int j = 0; j < NY; j++) ey[0][j] = fict[t];
    for (int i = 1; i < NX; i++)
      for (int j = 0; j < NY; j++) ey[i][j] = ey[i][j] - 0.5 * (hz[i][j] - hz[i - 1][j]);
    for (int i = 0; i < NX; i++)
      for (int j = 1; j < NY; j++) ex[i][j] = ex[i][j] - 0.5 * (hz[i][j] - hz[i][j - 1]);
    for (int i = 0; i < NX - 1; i++)
      for (int j = 0; j < NY - 1; j++)
        hz[i][j] = hz[i][j] - 0.7 * (ex[i][j + 1] - ex[i][j] + ey[i + 1][j] - ey[i][j]);
  }
}

MAIN(kernel(), RESULT(ex), RESULT(ey), RESULT(hz))
