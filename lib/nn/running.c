/* SPDX-License-Identifier: MIT */
/* Running statistics of batch norms: yc-methods(7), "Norms". */
#include "lib/nn/internal.h"

/* Weight of the batch in running statistics: the default of PyTorch's BatchNorm2d. */
static const double norm_share = 0.1;

void yc_net_track(const struct yc_net *net, yc_real *w, const yc_real *dw)
{
	for (int i = 0; i < net->nparams; i++) {
		const struct yc_param *p = &net->param[i];
		/* Updates running statistics and the batch counter. */
		yc_real old = p->counter ? 1 : (yc_real)(1 - norm_share),
			new = p->counter ? 1 : (yc_real)norm_share;

		if (!p->state)
			continue;
		for (size_t k = p->at; k < p->at + p->count; k++)
			w[k] = old * w[k] + new *dw[k];
	}
}
