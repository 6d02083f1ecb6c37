/* SPDX-License-Identifier: MIT */
/* The kernels for any processor, the reference for the others: kern_body.h with vectors
 * that every compiler supports. */

#define VECTOR_BYTES 16
#define ROWS 4
#define TABLE yc_kern_plain
#define TABLE_NAME "plain"
#define TABLE_SUMMARY "vectors of 16 bytes, for any processor"
#define TABLE_NEEDS 0
#include "lib/kern/kern_body.h"
