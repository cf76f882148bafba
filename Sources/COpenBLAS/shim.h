// OpenBLAS: CBLAS as its header gives it, and the few LAPACK routines that the fit needs.
#ifndef GEMMCAST_COPENBLAS_H
#define GEMMCAST_COPENBLAS_H

#include <cblas.h>

// OpenBLAS carries LAPACK, but Debian's libopenblas-dev ships no lapack.h, so the routines are declared here
// with the interface of the reference LAPACK (Fortran 77: every argument by reference, column-major arrays;
// the trailing lengths of character arguments are left to the compiler's default, as every C caller does).

// Least squares of a full-rank m×n system by QR.
void dgels_(const char *trans, const blasint *m, const blasint *n, const blasint *nrhs, double *a,
            const blasint *lda, double *b, const blasint *ldb, double *work, const blasint *lwork, blasint *info);
// Cholesky factor of a symmetric positive definite matrix.
void dpotrf_(const char *uplo, const blasint *n, double *a, const blasint *lda, blasint *info);
// Solve with the factor from dpotrf.
void dpotrs_(const char *uplo, const blasint *n, const blasint *nrhs, const double *a, const blasint *lda,
             double *b, const blasint *ldb, blasint *info);
// Inverse from the factor that dpotrf gave, in its place.
void dpotri_(const char *uplo, const blasint *n, double *a, const blasint *lda, blasint *info);

#endif
