/* SPDX-License-Identifier: MIT */
/* Strategies: parses their words, draws for a batch in the order of yc-methods(7),
 * "RANDOM STREAMS", and runs the operations forward, tangent and adjoint on an image. */
#include <assert.h>
#include <string.h>

#include "lib/augment/internal.h"

/* Appends the ops that the word names, as an op or as a group. */
static int add_word(struct yc_aug *a, const char *word, size_t len, bool repeats)
{
	for (size_t i = 0; yc_corruptions[i]; i++) {
		const char *name = yc_corruptions[i]->name;

		if (strlen(name) == len && memcmp(name, word, len) == 0)
			return yc_fail(YC_USAGE,
				"'%s' is a corruption, which has no gradient and is no "
				"part of a training: yc-augment applies it, without "
				"--pool",
				name);
	}
	if (!yc_method_find(yc_aug_words, "augmentation", word, len))
		return YC_USAGE;
	for (size_t k = 0; yc_augs[k]; k++) {
		const struct yc_aug_op *op = (const struct yc_aug_op *)yc_augs[k];
		const char *name = op->method.name, *group = op->group;

		if ((strlen(name) != len || memcmp(name, word, len) != 0) &&
			(strlen(group) != len || memcmp(group, word, len) != 0))
			continue;
		for (int i = 0; !repeats && i < a->nops; i++)
			if (a->op[i] == op)
				return yc_fail(YC_USAGE,
					"augmentation '%s' is given twice", name);
		if (op->rgb && a->shape.channels != 3)
			return yc_fail(YC_USAGE,
				"augmentation '%s' needs images of three channels", name);
		if (a->nops == YC_AUG_OPS_MAX)
			return yc_fail(
				YC_USAGE, "more than %d augmentations", YC_AUG_OPS_MAX);
		a->op[a->nops++] = op;
	}
	return YC_OK;
}

static void start(struct yc_aug *a, int side, int channels)
{
	memset(a, 0, sizeof(*a));
	a->shape.side = side;
	a->shape.channels = channels;
}

int yc_aug_parse(struct yc_aug *a, const char *strategy, int side, int channels)
{
	struct yc_aug named;
	const char *word = strategy;

	start(a, side, channels);
	named = *a;
	if (*word == '\0' || strcmp(word, "none") == 0)
		return YC_OK;
	for (;; word++) {
		size_t len = strcspn(word, "_,");
		int status = add_word(&named, word, len, false);

		if (status < 0)
			return yc_fail_in(status, "strategy '%s'", strategy);
		word += len;
		if (*word == '\0')
			break;
	}

	/* In table order, except that the pool keeps the order of its words. */
	bool pooled = false;

	for (size_t k = 0; yc_augs[k]; k++) {
		const struct yc_aug_op *op = (const struct yc_aug_op *)yc_augs[k];

		for (int i = 0; i < named.nops; i++)
			if (op->always && named.op[i] == op)
				a->op[a->nops++] = op;
		if (op->always || pooled)
			continue;
		pooled = true;
		a->pool_at = a->nops;
		for (int i = 0; i < named.nops; i++)
			if (!named.op[i]->always)
				a->op[a->nops++] = named.op[i];
		a->npool = a->nops - a->pool_at;
	}
	return YC_OK;
}

void yc_aug_loader(struct yc_aug *a)
{
	int n = 0;

	for (int i = 0; i < a->nops; i++)
		if (a->op[i]->loader)
			a->op[n++] = a->op[i];
	if (!n)
		return;
	a->nops = a->pool_at = n;
	a->npool = 0;
}

int yc_aug_chain(struct yc_aug *a, const struct yc_method *const *word, int n, int side,
	int channels)
{
	start(a, side, channels);
	for (int i = 0; i < n; i++) {
		int status = add_word(a, word[i]->name, strlen(word[i]->name), true);

		if (status < 0)
			return status;
	}
	a->pool_at = a->nops;
	return YC_OK;
}

/* Index of op k's group among the groups of the strategy; the ops of a group are
 * adjacent. */
static int group_of(const struct yc_aug *a, int k)
{
	int n = 0;

	for (int i = 1; i <= k; i++)
		n += strcmp(a->op[i]->group, a->op[i - 1]->group) != 0;
	return n;
}

/* Whether op k takes part in this batch. */
static bool used(const struct yc_aug_plan *p, int k)
{
	const struct yc_aug *a = p->aug;

	if (a->one)
		return group_of(a, k) == p->pool;
	return a->all || k < a->pool_at || k >= a->pool_at + a->npool ||
	       k == a->pool_at + p->pool;
}

void yc_aug_draw(struct yc_aug_plan *p, const struct yc_aug *a, struct yc_rng *rng,
	struct yc_rng *rrc, int n, bool siamese, struct yc_aug_draw *draws)
{
	p->aug = a;
	p->n = n;
	p->period = siamese ? 1 : n;
	p->pool = 0;
	p->draw = draws;
	for (int i = 0; i < p->period; i++)
		for (int k = 0; k < a->nops; k++)
			if (a->op[k]->loader)
				a->op[k]->draw(&a->shape, rrc,
					draws + (size_t)k * (size_t)p->period + i, 1);
	if (a->one && a->nops && group_of(a, a->nops - 1))
		p->pool = (int)yc_rng_below(rng, (uint32_t)group_of(a, a->nops - 1) + 1);
	for (int k = 0; k < a->nops; k++) {
		if (a->op[k]->loader)
			continue;
		if (k == a->pool_at && a->npool > 1 && !a->all && !a->one)
			p->pool = (int)yc_rng_below(rng, (uint32_t)a->npool);
		if (used(p, k))
			a->op[k]->draw(&a->shape, rng,
				draws + (size_t)k * (size_t)p->period, p->period);
	}
}

typedef void pass_fn(const struct yc_aug_shape *, const struct yc_aug_draw *,
	const yc_real *, yc_real *);

/* Runs the passes of the ops alternately from x to tmp and back; an odd number ends with
 * a copy. */
struct relay {
	const struct yc_aug_plan *plan;
	int image;
	yc_real *from, *to;
	bool unit; /* pixels are in 0..1 */
};

/* y = mul x + add, channel by channel, in place. */
static void colour(const struct relay *r, const double *mul, const double *add)
{
	const struct yc_aug_shape *s = &r->plan->aug->shape;
	yc_real *x = r->from;

	for (int i = 0; i < s->side * s->side; i++, x += s->channels)
		for (int c = 0; c < s->channels; c++)
			x[c] = (yc_real)mul[c] * x[c] + (yc_real)add[c];
}

enum pass { FORWARD, TANGENT, ADJOINT };

/* Converts between normalised pixels and 0..1, as the op requires; in backward passes
 * with the opposite map. */
static void convert(struct relay *r, enum pass pass, bool unit)
{
	const struct yc_aug *a = r->plan->aug;
	double mul[YC_AUG_CHANNELS_MAX], add[YC_AUG_CHANNELS_MAX] = {0};

	if (unit == r->unit)
		return;
	r->unit = unit;
	if (!a->std)
		return;
	for (int c = 0; c < a->shape.channels; c++) {
		bool out = unit != (pass == ADJOINT);

		mul[c] = out ? a->std[c] : 1 / a->std[c];
		if (pass == FORWARD)
			add[c] = out ? a->mean[c] : -a->mean[c] / a->std[c];
	}
	colour(r, mul, add);
}

static void hand_on(struct relay *r, int k, enum pass pass)
{
	const struct yc_aug_plan *p = r->plan;
	const struct yc_aug_op *op = p->aug->op[k];
	pass_fn *fn = pass == FORWARD	? op->forward
		      : pass == TANGENT ? op->tangent
					: op->adjoint;
	const struct yc_aug_draw *d =
		p->draw + (size_t)k * (size_t)p->period + r->image % p->period;
	yc_real *swap = r->from;

	convert(r, pass, op->loader);
	fn(&p->aug->shape, d, r->from, r->to);
	r->from = r->to;
	r->to = swap;
}

static void run(
	const struct yc_aug_plan *p, int i, yc_real *x, yc_real *tmp, enum pass pass)
{
	struct relay r = {p, i, x, tmp, false};
	int n = p->aug->nops;

	assert(i < p->n);
	for (int k = 0; k < n; k++) {
		int at = pass == ADJOINT ? n - 1 - k : k;

		if (used(p, at))
			hand_on(&r, at, pass);
	}
	convert(&r, pass, false);
	if (r.from != x)
		memcpy(x, r.from, (size_t)yc_aug_count(&p->aug->shape) * sizeof(*x));
}

void yc_aug_forward(const struct yc_aug_plan *p, int i, yc_real *x, yc_real *tmp)
{
	run(p, i, x, tmp, FORWARD);
}

void yc_aug_alone(const struct yc_aug *a, struct yc_rng rng, yc_real *x, yc_real *tmp)
{
	struct yc_rng rrc = yc_rng_fork(&rng, "rrc", 0);
	struct yc_aug_draw draw[YC_AUG_OPS_MAX];
	struct yc_aug_plan plan;

	yc_aug_draw(&plan, a, &rng, &rrc, 1, false, draw);
	yc_aug_forward(&plan, 0, x, tmp);
}

void yc_aug_tangent(const struct yc_aug_plan *p, int i, yc_real *tx, yc_real *tmp)
{
	run(p, i, tx, tmp, TANGENT);
}

void yc_aug_adjoint(const struct yc_aug_plan *p, int i, yc_real *g, yc_real *tmp)
{
	run(p, i, g, tmp, ADJOINT);
}
