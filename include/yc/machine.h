/* SPDX-License-Identifier: MIT */
#ifndef YC_MACHINE_H
#define YC_MACHINE_H

/* What computes here, as lines of text: the processor and those of its features that
 * kernels use, threads, the kernels of every precision, OpenBLAS (opened for it, see
 * yc_blas_open for blas_core) or why there is none, huge pages. Freed by the caller; NULL
 * with yc_fail. */
char *yc_machine_text(const char *blas_core);

#endif
