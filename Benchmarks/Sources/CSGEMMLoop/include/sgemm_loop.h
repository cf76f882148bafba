// A plain C loop around cblas_sgemm: what calls through Swift are compared with.
#ifndef GEMMCAST_SGEMM_LOOP_H
#define GEMMCAST_SGEMM_LOOP_H

// C[m*n] = A[m*k] * B[k*n], row-major, `calls` times over. Returns the seconds that all calls took together.
double sgemm_loop(int m, int k, int n, const float *a, const float *b, float *c, int calls);

#endif
