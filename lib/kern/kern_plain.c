/* SPDX-License-Identifier: MIT */
/* The kernels for any processor, which are the reference of the others: kern_body.h
 * with the vectors that every compiler has. */

#define VECTOR_BYTES 16
#define ROWS 4
#define TABLE yc_kern_plain
#define TABLE_NAME "plain"
#define TABLE_SUMMARY "vectors of 16 bytes, for any processor"
#define TABLE_NEEDS 0
#include "lib/kern/kern_body.h"
