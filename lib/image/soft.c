/* SPDX-License-Identifier: MIT */
/* Soft labels of a set, the targets of training in place of classes. */
#include <math.h>

#include "yc/data.h"

/* Sums of rows that were rounded to half precision may differ from 1 by this much. */
static const double slack = 0.01;

static int check_row(const float *y, int classes, size_t row, bool values)
{
	double sum = 0;

	for (int c = 0; values && c < classes; c++)
		if (!isfinite(y[c]))
			return yc_fail(YC_FAIL,
				"row %zu: the soft label of class %d is %g", row, c,
				(double)y[c]);
	if (values)
		return YC_OK;

	for (int c = 0; c < classes; c++) {
		if (!isfinite(y[c]) || y[c] < 0)
			return yc_fail(YC_FAIL,
				"row %zu: the soft label of class %d is %g, not a "
				"probability: --hard-labels trains on the classes "
				"instead",
				row, c, (double)y[c]);
		sum += (double)y[c];
	}
	if (fabs(sum - 1) > slack)
		return yc_fail(YC_FAIL,
			"row %zu: the soft label adds up to %g, not 1: --hard-labels "
			"trains on the classes instead",
			row, sum);
	return YC_OK;
}

int yc_data_use_soft(struct yc_data *d, const struct yc_set *s, bool values)
{
	const struct yc_tensor *t = yc_set_col(s, "soft");
	int status = YC_OK;

	if (!t)
		return YC_OK;
	if (t->dtype != YC_F32 || t->rank != 2 || t->shape[1] != (uint64_t)d->classes)
		return yc_fail(YC_FAIL,
			"column 'soft' is not F32 [rows,%d]: --hard-labels trains on the "
			"classes instead",
			d->classes);
	for (size_t r = 0; r < s->rows && status == YC_OK; r++)
		status = check_row(
			(const float *)t->data + r * t->shape[1], d->classes, r, values);
	if (status == YC_OK)
		d->soft = t->data;
	return status;
}
