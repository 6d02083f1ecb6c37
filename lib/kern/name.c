/* SPDX-License-Identifier: MIT */
/* What the history says of the kernels that computed a result. */
#include <pthread.h>
#include <stdio.h>

#include "lib/kern/internal.h"

enum { SETS_MAX = 8 };
/* of the tables of yc_kern_all, in their order, with each precision */
static char names[SETS_MAX][YC_COUNT_PRECISION][128];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void name(const struct yc_kern *k, enum yc_precision asked, char *to, size_t size)
{
	const enum yc_precision used = yc_kern_precision(k, asked);
	const bool ordinary = used == YC_FP32 || used == YC_EXACT;
	char convolutions[64] = "";

	if (used != asked)
		snprintf(convolutions, sizeof convolutions, ", %s convolutions for %s",
			yc_precisions[used]->name, yc_precisions[asked]->name);
	else if (used != YC_FP32)
		snprintf(convolutions, sizeof convolutions, ", %s convolutions",
			yc_precisions[used]->name);
	snprintf(to, size, "%s %s%s", (ordinary ? k->base : k->set)->method.name,
		YC_REAL_NAME, convolutions);
}

static void begin(void)
{
	for (int i = 0; i < SETS_MAX && yc_kern_all()[i]; i++)
		for (int p = 0; p < YC_COUNT_PRECISION; p++)
			name(yc_kern_all()[i], (enum yc_precision)p, names[i][p],
				sizeof names[i][p]);
}

const char *yc_kern_name(enum yc_precision asked)
{
	int i = 0;

	pthread_once(&once, begin);
	while (yc_kern_all()[i] != yc_kern_get())
		i++;
	return names[i][asked];
}
