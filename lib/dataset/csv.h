/* SPDX-License-Identifier: MIT */
#ifndef DATASET_CSV_H
#define DATASET_CSV_H

#include <stddef.h>

#include "yc/fail.h"

/*
 * A table of comma-separated values as in RFC 4180: fields may be in double quotes, in
 * which "" is a quote and commas and line ends are text; lines end in LF or CR LF. A byte
 * order mark and empty lines are skipped.
 */
struct yc_csv_row {
	size_t line;	 /* that it begins in, from 1 */
	size_t first, n; /* its fields */
};
struct yc_csv {
	char *text; /* what the fields point into */
	size_t rows, fields, row_capacity, field_capacity;
	struct yc_csv_row *row;
	const char **field;
};
/* Parses n bytes; YC_FAIL with "line N: cause". The caller releases `t` in any case. */
int yc_csv_parse(struct yc_csv *t, const char *data, size_t n) YC_CHECKED;
void yc_csv_release(struct yc_csv *t); /* zero is fine */

#endif
