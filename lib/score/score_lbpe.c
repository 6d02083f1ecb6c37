/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "yc/mem.h"
#include "yc/score.h"
#include "yc/stream.h"

/*
 * LBPE, the score of YOCO: err(e,i) = || softmax - one-hot ||_2 averaged over the K
 * epochs, of the early ones, with the highest training accuracy: yc-methods(7), "LBPE".
 * The reference code sums; the mean that we store gives the same ranking and is
 * comparable across K (D24). Of equally good epochs the earlier is used (D25).
 */

struct cfg {
	uint32_t stop, top;
	bool by_loss;
	const char *condenser;
};

/* yc-methods(7), "LBPE": defaults for sets of CIFAR-10 by condensation method, the first
 * for IDC and unknown ones. */
struct published {
	struct yc_method method;
	uint32_t stop, top;
};
#define CONDENSERS(X) \
	X(idc, 100, 10) \
	X(dream, 200, 10) \
	X(mtt, 10, 3) \
	X(dsa, 100, 3) \
	X(kip, 50, 3)
#define DEFINE(word, first, best) \
	static const struct published by_##word = { \
		.method = {.name = #word, .summary = "condensed by " #word}, \
		.stop = first, \
		.top = best};
#define ENTRY(word, first, best) &by_##word.method,

CONDENSERS(DEFINE)
/* clang-format off */
static const struct yc_method *const condensers[] = {CONDENSERS(ENTRY) NULL};
/* clang-format on */

static const struct yc_opt opts[] = {
	YC_OPT(struct cfg, stop, .name = "stop", .arg = "n",
		.auto_help = "by classes, side and who condensed", .min = 1, .max = 1e6,
		.help = "choose among the first n epochs, at most all"),
	YC_OPT(struct cfg, top, .name = "top", .arg = "k",
		.auto_help = "10, or 3 of some condensers", .min = 1, .max = 10000,
		.help = "mean over the k best of them, at most all"),
	YC_OPT(struct cfg, condenser, .name = "condenser", .table = condensers,
		.unit = YC_CHOICE, .auto_help = "by the history of the set",
		.help = "who condensed, as far as --stop and --top depend on it"),
	YC_OPT(struct cfg, by_loss, .name = "by-loss",
		.help = "best is the smallest loss, not the highest accuracy"),
};

/* The best epochs so far. Keeping only these, and not all below `stop`, suffices because
 * an epoch that was displaced can never return. */
struct slot {
	int epoch;
	double merit;
	float *err; /* [n] */
};

struct state {
	uint32_t used;
	struct slot slot[];
};

/* Was the set condensed by this method, here or in the file that it was loaded from? */
static bool is_by(const struct cfg *c, const struct yc_score_job *job, const char *name)
{
	if (c->condenser)
		return strcmp(c->condenser, name) == 0;
	return job->head && (yc_history_has(job->head, "yc-condense", name) ||
				    yc_history_has(job->head, "yc-load", name));
}

/* For sets of other datasets `stop` is 200. */
static void set_usual(struct cfg *c, const struct yc_score_job *job)
{
	const bool cifar10 = job->data->classes == 10 && job->data->side == 32;
	const struct published *by = &by_idc;

	for (size_t i = 0; condensers[i] && by == &by_idc; i++)
		if (is_by(c, job, condensers[i]->name))
			by = (const struct published *)condensers[i];
	if (!c->stop)
		c->stop = cifar10 ? by->stop : 200;
	if (!c->top)
		c->top = cifar10 ? by->top : 10;
}

static int plan(void *cfg, const struct yc_score_job *job, struct yc_score_plan *p)
{
	struct cfg *c = cfg;
	size_t table;

	set_usual(c, job);
	if (c->stop > (uint32_t)job->epochs)
		c->stop = (uint32_t)job->epochs;
	if (c->top > c->stop)
		c->top = c->stop;
	p->epochs = (int)c->stop;
	table = yc_size_mul((size_t)job->data->n, c->top * sizeof(float));
	if (table > SIZE_MAX / 2)
		return yc_fail(YC_FAIL, "too many images");
	p->bytes = sizeof(struct state) + c->top * sizeof(struct slot) + table;
	return YC_OK;
}

/* The slot for the next epoch, or NULL: a free one, else the worst, of ties the latest,
 * if the new epoch is better. */
static struct slot *choose(const struct cfg *c, struct state *s, double merit, int n)
{
	struct slot *worst = &s->slot[0];

	if (s->used < c->top) {
		struct slot *free = &s->slot[s->used];

		free->err = (float *)(s->slot + c->top) + (size_t)s->used * (size_t)n;
		s->used++;
		return free;
	}
	for (uint32_t k = 1; k < c->top; k++) {
		struct slot *t = &s->slot[k];

		if (t->merit < worst->merit ||
			(t->merit == worst->merit && t->epoch > worst->epoch))
			worst = t;
	}
	return merit > worst->merit ? worst : NULL;
}

static void observe(const void *cfg, void *state, const struct yc_dyn_epoch *e)
{
	const struct cfg *c = cfg;
	const double merit = c->by_loss ? -e->sum_loss : e->right;
	struct slot *slot = choose(c, state, merit, e->n);

	if (!slot)
		return;
	slot->epoch = e->epoch;
	slot->merit = merit;
	memcpy(slot->err, e->err, (size_t)e->n * sizeof *slot->err);
}

static int finish(
	const void *cfg, void *state, const struct yc_score_job *job, float *score)
{
	struct state *s = state;

	(void)cfg;
	/* In the order of the epochs, independent of the slots, so that the sum is
	 * reproducible. */
	for (uint32_t k = 1; k < s->used; k++)
		for (uint32_t j = k; j > 0 && s->slot[j - 1].epoch > s->slot[j].epoch;
			j--) {
			const struct slot t = s->slot[j];

			s->slot[j] = s->slot[j - 1];
			s->slot[j - 1] = t;
		}
	for (int i = 0; i < job->data->n; i++) {
		double sum = 0;

		for (uint32_t k = 0; k < s->used; k++)
			sum += (double)s->slot[k].err[i];
		score[i] = (float)(sum / s->used);
	}
	return YC_OK;
}

const struct yc_score yc_score_lbpe = {
	.method = {.name = "lbpe",
		.summary = "mean prediction error in the best early epochs (YOCO)",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct cfg)},
	.needs = YC_NEED_DYNAMICS | YC_NEED_LABELS,
	.plan = plan,
	.observe = observe,
	.finish = finish,
};
