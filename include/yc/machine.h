/* SPDX-License-Identifier: MIT */
#ifndef YC_MACHINE_H
#define YC_MACHINE_H

/* What computes here, as lines of text: the processor and those of its features that
 * kernels use, threads, the kernels of every precision, OpenBLAS (which is
 * opened for it) or why there is none, huge pages. Freed by the caller; NULL
 * with yc_fail. */
char *yc_machine_text(void);

#endif
