/* SPDX-License-Identifier: MIT */
#include "yc/kern.h"
#include "yc/net.h"

void yc_sgd(yc_real *w, const yc_real *dw, yc_real *m, size_t n, double lr,
	double momentum, double decay)
{
	yc_kern_get()->sgd(w, dw, m, n, (yc_real)lr, (yc_real)momentum, (yc_real)decay);
}
