/* SPDX-License-Identifier: MIT */

#define VECTOR_BYTES 16
#define ROWS 4
#define TABLE yc_kern_plain
#define TABLE_NAME "plain"
#include "lib/kern/kern_set.h"
#include "lib/kern/kern_body.h"
