/* SPDX-License-Identifier: MIT */
/* yc-methods(7), "MATCHING TRAJECTORIES": settings by dataset and images per class. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/mtt/mtt.h"

/* Numbers in the order of `names`; a batch of 0: all images. */
enum { STEPS, EPOCHS, START, BATCH, LR_IMG, LR_LR, LR_SYN, SETTINGS };

static const char *const names[SETTINGS] = {"syn-steps", "expert-epochs", "max-start",
	"batch-syn", "lr-img", "lr-lr", "lr-syn"};

/* For datasets of up to so many classes and pixels per side, whitened or not, the first that
 * fits, in the order of IPC. */
static const struct published {
	int classes, side;
	bool whitened; /* only if they are */
	uint32_t ipc;
	double v[SETTINGS];
} table[] = {
	{50, YC_SIDE_SMALL, true, 1, {50, 2, 2, 0, 1e2, 1e-7, 1e-2}},
	{50, YC_SIDE_SMALL, true, 10, {30, 2, 20, 0, 1e2, 1e-5, 1e-3}},
	{50, YC_SIDE_SMALL, true, 50, {30, 2, 40, 0, 1e3, 1e-5, 1e-3}},
	{50, YC_SIDE_SMALL, false, 1, {50, 2, 5, 0, 1e3, 1e-7, 1e-2}},
	{50, YC_SIDE_SMALL, false, 10, {30, 2, 15, 0, 1e3, 1e-5, 1e-2}},
	{50, YC_SIDE_SMALL, false, 50, {30, 2, 40, 0, 1e3, 1e-5, 1e-3}},
	{150, YC_SIDE_SMALL, false, 1, {20, 3, 20, 0, 1e3, 1e-5, 1e-2}},
	{150, YC_SIDE_SMALL, false, 10, {20, 2, 20, 0, 1e3, 1e-5, 1e-2}},
	{150, YC_SIDE_SMALL, false, 50, {80, 2, 40, 125, 1e3, 1e-5, 1e-2}},
	{INT32_MAX, YC_SIDE_SMALL, false, 1, {10, 2, 10, 0, 1e4, 1e-4, 1e-2}},
	{INT32_MAX, YC_SIDE_SMALL, false, 10, {20, 2, 40, 200, 1e4, 1e-4, 1e-2}},
	{INT32_MAX, YC_SIDE_SMALL, false, 50, {20, 2, 40, 300, 1e4, 1e-4, 1e-2}},
	{INT32_MAX, INT32_MAX, false, 1, {20, 2, 10, 0, 1e5, 1e-6, 1e-2}},
	{INT32_MAX, INT32_MAX, false, 10, {20, 2, 10, 20, 1e5, 1e-6, 1e-2}},
};

/* Those around an IPC: the same twice at a published one, or beyond the last. */
struct around {
	const struct published *low, *high;
	uint32_t ipc;
};

static struct around find(const struct yc_condense_job *job)
{
	const struct yc_data *d = job->data;
	struct around a = {.ipc = job->cfg->ipc};

	for (size_t i = 0; i < YC_COUNT(table); i++) {
		const struct published *p = &table[i];

		if (d->classes > p->classes || d->side > p->side ||
			(p->whitened && !d->zca))
			continue;
		if (a.low && (p->classes != a.low->classes || p->side != a.low->side ||
				     p->whitened != a.low->whitened))
			break;
		if (!a.low || p->ipc <= a.ipc)
			a.low = p;
		a.high = p;
		if (p->ipc >= a.ipc)
			break;
	}
	return a;
}

/* In proportion to the logarithm of IPC, as the published ones are spaced. */
static double setting(const struct around *a, int i)
{
	const double low = a->low->v[i], high = a->high->v[i];
	double t;

	if (a->low == a->high || low == high)
		return low;
	if (i == BATCH)
		return high;
	t = log((double)a->ipc / a->low->ipc) / log((double)a->high->ipc / a->low->ipc);
	return i < BATCH ? round(low + t * (high - low)) : low * pow(high / low, t);
}

/* Decoded images of the classes that there are. */
static double all_images(const struct yc_mtt_cfg *c, const struct yc_condense_job *job)
{
	const struct yc_data *d = job->data;
	double classes = 0;
	bool *seen = yc_calloc((size_t)d->classes, sizeof(*seen));

	for (int i = 0; seen && i < d->n; i++) {
		classes += !seen[d->label[i]];
		seen[d->label[i]] = true;
	}
	yc_free(seen);
	return seen ? classes * job->cfg->ipc * c->factor * c->factor : 0;
}

static void note(
	const struct around *a, const struct yc_condense_job *job, const char *settings)
{
	char text[400], where[64];

	if (!*settings || a->ipc == a->low->ipc || !job->watch || !job->watch->note)
		return;
	if (a->low == a->high)
		snprintf(where, sizeof(where), "those for %u are taken", a->low->ipc);
	else
		snprintf(where, sizeof(where), "interpolated between %u and %u",
			a->low->ipc, a->high->ipc);
	snprintf(text, sizeof(text),
		"no settings were published for %u images per class, %s:%s", a->ipc,
		where, settings);
	job->watch->note(job->watch, text);
}

int yc_mtt_published(struct yc_mtt_cfg *c, const struct yc_condense_job *job)
{
	const struct around a = find(job);
	uint32_t *const whole[] = {
		&c->syn_steps, &c->expert_epochs, &c->max_start, &c->batch_syn};
	double *const real[] = {&c->lr_img, &c->lr_lr, &c->lr_syn};
	const double all = all_images(c, job);
	char settings[256] = "";

	if (!(all > 0))
		return YC_FAIL;
	for (int i = 0; i < SETTINGS; i++) {
		const bool count = i <= BATCH;
		size_t used = strlen(settings);
		double v = setting(&a, i);

		if (count ? *whole[i] != 0 : !isnan(*real[i - LR_IMG]))
			continue;
		if (i == BATCH && (v == 0 || v > all))
			v = all;
		if (count)
			*whole[i] = (uint32_t)fmin(v, UINT32_MAX);
		else
			*real[i - LR_IMG] = v;
		snprintf(settings + used, sizeof(settings) - used, " --%s %.3g", names[i],
			v);
	}
	note(&a, job, settings);
	if (c->batch_syn > all)
		c->batch_syn = (uint32_t)all;
	return YC_OK;
}
