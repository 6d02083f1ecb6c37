/* SPDX-License-Identifier: MIT */
/*
 * Networks of gradient matching, trained ahead. They see real images only, so those of all
 * iterations to come could be trained at once. Chain f of networks is that of outer
 * iterations f fix_iter and following; its state i is what inner iteration i of the chain
 * begins with, and the last one what it ends with. Chains go to the ranks that train by turns;
 * what the trainers before drew at random is only drawn. A trainer keeps states
 * in a ring, and sends their weights to all that do not train.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/gradmatch/gradmatch.h"

/* Part of the memory allowed for a record that states may have. */
enum { MEMORY_PART = 4, STATES_MOST = 64 };

/* Positions of permutation and draws, in a state. */
struct small {
	uint64_t at, draws[3];
};

struct slot {
	char *state; /* weights, optimiser, struct small, permutation */
	void **sending;
	int nsending;
	uint64_t inner; /* global: chain * of_chain + number in the chain */
	bool end;	/* the last state of its chain, of which none makes use */
};

struct yc_ahead {
	struct yc_run *run;
	struct yc_gradmatch *g;
	struct yc_ranks *r;
	int trainers, users;	 /* ranks that train, and that do not */
	int turn;		 /* of this one, -1: it does not */
	uint64_t of_chain, last; /* inner iterations: of a chain, and of the run */
	/* Where training is: state `at` of the chain is the next one. */
	uint64_t chain, early, at, seen;
	bool begun; /* the chain */
	struct slot *slot;
	int slots, first, used; /* a ring */
	size_t weights, optimiser, bytes;
	/* Users: the weights at hand, of this global inner iteration, from 1. */
	uint64_t have;
	char *received; /* the first: a state */
	double net_seconds;
	uint64_t nets;
};

static int rank_of(const struct yc_ahead *a, uint64_t chain)
{
	return a->r->count - 1 - (int)(chain % (uint64_t)a->trainers);
}

bool yc_ahead_trains(const struct yc_ahead *a)
{
	return a->turn >= 0;
}

int yc_ahead_most(const struct yc_ahead *a)
{
	/* One for the end of a chain, one for the state behind the window. */
	return a->slots - 2;
}

/* ---- states ---- */

static struct slot *newest(struct yc_ahead *a)
{
	return &a->slot[(a->first + a->used - 1) % a->slots];
}

static void drop_oldest(struct yc_ahead *a)
{
	struct slot *s = &a->slot[a->first];

	while (s->nsending)
		(void)a->r->sent(s->sending[--s->nsending], true);
	a->first = (a->first + 1) % a->slots;
	a->used--;
}

/* The trainer's state is number a->at of the chain. */
static void keep_state(struct yc_ahead *a)
{
	const struct yc_trainer *t = &a->g->networks.trainer;
	const struct yc_kept_trainer *k = &a->g->kept;
	struct small small;
	struct slot *s;

	a->used++;
	s = newest(a);
	yc_kept_trainer_note(&a->g->kept);
	small.at = k->at;
	memcpy(small.draws, k->draws, sizeof(small.draws));
	memcpy(s->state, t->w, a->weights);
	memcpy(s->state + a->weights, t->m, a->optimiser);
	memcpy(s->state + a->weights + a->optimiser, &small, sizeof(small));
	memcpy(s->state + a->weights + a->optimiser + sizeof(small), t->perm,
		(size_t)t->data->n * sizeof(*t->perm));
	s->inner = a->chain * a->of_chain + a->at;
	s->end = a->at == a->of_chain;
	for (int rank = 0; rank < a->users && !s->end && s->inner < a->last; rank++)
		s->sending[s->nsending++] =
			a->r->send(a->r, rank, YC_CHANNEL_WEIGHTS, s->state, a->weights);
}

static void take_state(struct yc_ahead *a)
{
	struct yc_trainer *t = &a->g->networks.trainer;
	struct yc_kept_trainer *k = &a->g->kept;
	const char *from = a->received;
	struct small small;

	memcpy(t->w, from, a->weights);
	memcpy(t->m, from + a->weights, a->optimiser);
	memcpy(&small, from + a->weights + a->optimiser, sizeof(small));
	memcpy(t->perm, from + a->weights + a->optimiser + sizeof(small),
		(size_t)t->data->n * sizeof(*t->perm));
	k->at = small.at;
	memcpy(k->draws, small.draws, sizeof(k->draws));
}

/* ---- training ---- */

static uint64_t early_steps(const struct yc_ahead *a)
{
	return a->g->networks.early_steps;
}

/* A step towards the next state, or only its draws; true: that state has come. */
static bool towards(struct yc_ahead *a, bool train, int *status)
{
	struct yc_gradmatch *g = a->g;
	struct yc_trainer *t = &g->networks.trainer;

	if (!a->begun) {
		a->begun = true;
		if (train)
			yc_trajectory_renew(
				&g->networks, a->chain * g->cfg->networks.fix_iter);
		if (!early_steps(a))
			return true;
	}
	if (train)
		*status = yc_trajectory_step(&g->networks);
	else
		yc_trainer_skip(t);
	if (*status < 0)
		*status = yc_fail_in(*status, "outer iteration %llu, inner %llu",
			(unsigned long long)((a->chain * a->of_chain + a->at) /
					     g->cfg->networks.inner) +
				1,
			(unsigned long long)(a->at % g->cfg->networks.inner) + 1);
	if (a->at == 0 && a->early < early_steps(a))
		return ++a->early == early_steps(a);
	a->seen += (uint64_t)t->n;
	return a->seen >= g->cfg->networks.n_data;
}

static void next_state(struct yc_ahead *a)
{
	a->seen = 0;
	if (a->at < a->of_chain) {
		a->at++;
		return;
	}
	a->chain++;
	a->at = a->early = 0;
	a->begun = false;
}

/* What others train is drawn only. */
static void pass_others(struct yc_ahead *a)
{
	int status = YC_OK;

	while (rank_of(a, a->chain) != a->r->rank) {
		while (!towards(a, false, &status))
			;
		next_state(a);
	}
}

static int train(struct yc_ahead *a)
{
	const double begin = yc_run_now(a->run);
	int status = YC_OK;

	pass_others(a);
	if (towards(a, true, &status) && !status) {
		keep_state(a);
		a->nets += a->at > 0;
		next_state(a);
	}
	a->net_seconds += yc_run_now(a->run) - begin;
	return status;
}

static bool has_room(const struct yc_ahead *a)
{
	return a->used < a->slots;
}

/* Whether state number `inner` of its chain is there, or in an earlier one. */
static bool is_there(struct yc_ahead *a, uint64_t inner)
{
	return a->used && newest(a)->inner >= inner;
}

int yc_ahead_step(struct yc_ahead *a, uint64_t until)
{
	/* The chain that ends or goes on there. */
	if (a->turn < 0 || rank_of(a, (until - 1) / a->of_chain) != a->r->rank ||
		is_there(a, until))
		return 0;
	return train(a) < 0 ? YC_FAIL : 1;
}

bool yc_ahead_spare(struct yc_ahead *a, int *status)
{
	if (a->turn < 0 || !has_room(a) || a->chain * a->of_chain >= a->last)
		return false;
	pass_others(a);
	if (a->chain * a->of_chain >= a->last || a->chain * a->of_chain + a->at > a->last)
		return false;
	*status = train(a);
	return true;
}

/* ---- use ---- */

const yc_real *yc_ahead_weights(struct yc_ahead *a, uint64_t inner)
{
	const uint64_t chain = inner / a->of_chain;

	if (a->turn >= 0) {
		for (int i = 0; i < a->used; i++) {
			const struct slot *s = &a->slot[(a->first + i) % a->slots];

			if (s->inner == inner && !s->end)
				return (const yc_real *)(const void *)s->state;
		}
		return NULL;
	}
	if (a->have != inner + 1 &&
		a->r->receive(a->r, rank_of(a, chain), YC_CHANNEL_WEIGHTS, a->g->own_w,
			a->weights) != a->weights)
		return NULL;
	a->have = inner + 1;
	return a->g->own_w;
}

void yc_ahead_settle(struct yc_ahead *a, uint64_t inner)
{
	const int from = rank_of(a, (inner - 1) / a->of_chain);

	for (int i = 0; i < a->used && a->run->job->cfg->checkpoint; i++) {
		const struct slot *s = &a->slot[(a->first + i) % a->slots];

		if (from == a->r->rank && s->inner == inner &&
			(s->end || inner % a->of_chain))
			(void)a->r->sent(
				a->r->send(a->r, 0, YC_CHANNEL_STATE, s->state, a->bytes),
				true);
	}
	if (a->r->rank == 0 && a->run->job->cfg->checkpoint) {
		(void)a->r->receive(a->r, from, YC_CHANNEL_STATE, a->received, a->bytes);
		take_state(a);
	}
	while (a->used &&
		(a->slot[a->first].inner < inner ||
			(a->slot[a->first].inner == inner && a->slot[a->first].end)))
		drop_oldest(a);
}

void yc_ahead_leave(struct yc_ahead *a)
{
	for (int rank = 0; rank < a->users && a->turn >= 0; rank++)
		(void)a->r->sent(a->r->send(a->r, rank, YC_CHANNEL_WEIGHTS, "", 0), true);
}

void yc_ahead_spent(struct yc_ahead *a, double *spent)
{
	spent[YC_SPENT_NET] += a->net_seconds;
	spent[YC_SPENT_NETS] += (double)a->nets;
	spent[YC_SPENT_LEAD] = a->used;
	a->net_seconds = 0;
	a->nets = 0;
}

/* ---- begin ---- */

static int make_slots(struct yc_ahead *a)
{
	a->slot = yc_calloc((size_t)a->slots, sizeof(*a->slot));
	for (int i = 0; a->slot && i < a->slots; i++) {
		a->slot[i].state = yc_calloc(a->bytes, 1);
		a->slot[i].sending =
			yc_calloc((size_t)a->users, sizeof(*a->slot[i].sending));
		if (!a->slot[i].state || !a->slot[i].sending)
			return YC_FAIL;
	}
	return a->slot ? YC_OK : YC_FAIL;
}

/* Goes on from the position of the run. */
static void set_out(struct yc_ahead *a)
{
	const struct yc_trajectory_cfg *c = &a->g->cfg->networks;
	const struct yc_match_position *at = &a->g->at;

	a->chain = a->run->it / c->fix_iter;
	a->at = a->run->it % c->fix_iter * c->inner + at->inner;
	a->seen = at->seen;
	a->early = at->early;
	a->begun = a->at || at->early || at->cls || at->seen;
	if (!a->begun || (a->at == 0 && a->early < early_steps(a)))
		return;
	/* Where all classes are done, nobody asks for its weights any more. */
	if (a->turn >= 0 && !a->seen &&
		at->cls < (uint64_t)a->g->images.synth.cfg.classes &&
		rank_of(a, a->chain) == a->r->rank)
		keep_state(a);
	/* Of a network in training the state before is not needed. */
	if (!a->seen)
		next_state(a);
	else
		a->at++;
}

int yc_ahead_new(struct yc_ahead **ahead, struct yc_run *run, int trainers)
{
	struct yc_gradmatch *g = run->state;
	const struct yc_trajectory_cfg *c = &g->cfg->networks;
	const struct yc_trainer *t = &g->networks.trainer;
	const uint64_t memory = run->job->memory ? run->job->memory : YC_RECORD_BYTES;
	struct yc_ahead *a = *ahead = yc_calloc(1, sizeof(*a));
	double most;

	if (!a)
		return YC_FAIL;
	*a = (struct yc_ahead){.run = run,
		.g = g,
		.r = run->ranks,
		.trainers = trainers,
		.users = run->ranks->count - trainers,
		.turn = run->ranks->count - 1 - run->ranks->rank,
		.of_chain = (uint64_t)c->inner * c->fix_iter,
		.last = (uint64_t)c->inner * *run->goal,
		.weights = yc_net_size(g->net) * sizeof(yc_real)};
	if (a->turn >= trainers)
		a->turn = -1;
	a->optimiser = a->weights * (size_t)t->optimiser->states;
	a->bytes = a->weights + a->optimiser + sizeof(struct small) +
		   (size_t)t->data->n * sizeof(*t->perm);
	most = fmin((double)memory / MEMORY_PART / (double)a->bytes,
		trainers > 1 ? (double)a->of_chain + 2 : STATES_MOST);
	a->slots = most < 4 ? 4 : (int)most;
	if (run->ranks->rank == 0) {
		a->received = yc_calloc(a->bytes, 1);
		if (!a->received)
			return YC_FAIL;
	}
	if (a->turn >= 0 && make_slots(a))
		return YC_FAIL;
	set_out(a);
	return YC_OK;
}

void yc_ahead_free(struct yc_ahead *a)
{
	for (int i = 0; a && a->slot && i < a->slots; i++) {
		yc_free(a->slot[i].state);
		yc_free(a->slot[i].sending);
	}
	if (a) {
		yc_free(a->slot);
		yc_free(a->received);
	}
	yc_free(a);
}
