/* SPDX-License-Identifier: MIT */
/*
 * Gradient matching by several ranks: whether some train networks ahead (ahead.c) or all of
 * them shard by shard, and who updates the images of which classes, by measured times. The
 * sums over classes are made when ranks meet, in the order in which a process alone makes
 * them.
 */
#include <math.h>
#include <string.h>

#include "lib/condense/gradmatch/gradmatch.h"

/* Seconds of work between two meetings: what they cost is little of it, and what is lost if
 * the run is stopped in between. */
static const double apart = 8;
/* The same where steps need all ranks, so that a signal waits for the next meeting; the
 * images of an inner iteration cost less than its networks. */
static const double apart_divided = 0.2;
/* Bytes a second between ranks, on 10 Gbit/s. */
static const double wire = 1.2e9;

static uint64_t classes_of(const struct yc_gradmatch *g)
{
	return (uint64_t)g->images.synth.cfg.classes;
}

int yc_gradmatch_new_ranks(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	const size_t rows = yc_size_mul((size_t)classes_of(g), g->cfg->networks.inner),
		     most = g->cfg->period ? (size_t)g->subsets.most : 0;
	int status = yc_run_divide(run, (int)classes_of(g));

	if (status || !run->ranks)
		return status;
	run->apart = apart;
	g->losses = yc_calloc(rows, sizeof(*g->losses));
	g->distances = yc_calloc(yc_size_mul(rows, most), sizeof(*g->distances));
	g->counts = yc_calloc(yc_size_mul(rows, most), sizeof(*g->counts));
	if (!g->own_w)
		g->own_w = yc_calloc(yc_net_size(g->net), sizeof(*g->own_w));
	g->spent = yc_calloc((size_t)run->ranks->count, YC_SPENTS * sizeof(*g->spent));
	g->speed = yc_calloc((size_t)run->ranks->count, sizeof(*g->speed));
	g->count = yc_calloc((size_t)run->ranks->count, sizeof(*g->count));
	return g->losses && g->distances && g->counts && g->own_w && g->spent &&
			       g->speed && g->count
		       ? YC_OK
		       : YC_FAIL;
}

void yc_gradmatch_end_ranks(struct yc_gradmatch *g)
{
	yc_ahead_free(g->ahead);
	yc_free(g->losses);
	yc_free(g->distances);
	yc_free(g->counts);
	yc_free(g->spent);
	yc_free(g->speed);
	yc_free(g->count);
}

/* ---- roles ---- */

static double speed_of_class(const struct yc_gradmatch *g, int rank, double share)
{
	const double *t = g->spent + (size_t)rank * YC_SPENTS;

	return (t[YC_SPENT_CLASSES] > 0 ? t[YC_SPENT_CLASS] / t[YC_SPENT_CLASSES] : 0) +
	       (t[YC_SPENT_CLUSTERS] > 0
			       ? share * t[YC_SPENT_CLUSTER] / t[YC_SPENT_CLUSTERS]
			       : 0);
}

/* Gives each class to the rank that has then done soonest; at most one rank trains and has
 * classes. Ranges in the order of ranks. Returns when the last has done. */
static double split(
	struct yc_run *run, const struct yc_rank_speed *s, int most, int *count)
{
	const int ranks = run->ranks->count;
	double last = 0;

	memset(count, 0, (size_t)ranks * sizeof(*count));
	for (int c = 0; c < run->parts; c++) {
		int best = 0;

		for (int r = 1; r < most; r++)
			if (s[r].of_network + (count[r] + 1) * s[r].of_class <
				s[best].of_network + (count[best] + 1) * s[best].of_class)
				best = r;
		count[best]++;
	}
	for (int r = 0; r < ranks; r++)
		last = fmax(last, s[r].of_network + count[r] * s[r].of_class);
	for (int r = 0, c = 0; r < ranks; r++)
		for (int i = 0; i < count[r]; i++)
			run->owner[c++] = r;
	return last;
}

/* Seconds of an inner iteration by what was measured before the run: of one class, and of
 * the network. */
static struct yc_rank_speed measured(const struct yc_run *run)
{
	const struct yc_gradmatch *g = run->state;
	struct yc_rank_speed s = {0};

	for (int i = 0; i < run->ncosts; i++) {
		const struct yc_cost *c = &run->cost[i];

		*(yc_gradmatch_is_network(c) ? &s.of_network : &s.of_class) +=
			c->units * c->seconds / g->cfg->networks.inner;
	}
	s.of_class /= run->parts;
	return s;
}

/* Whether shards can be divided; batch norms make one of a batch. */
static bool is_divisible(const struct yc_gradmatch *g)
{
	return yc_net_size(g->net) == yc_net_learned(g->net);
}

/* Seconds of an inner iteration whose networks are divided. In every step sums go from rank to
 * rank, and from the last one to all. */
static double time_divided(struct yc_run *run, const struct yc_rank_speed *m,
	struct yc_rank_speed *s, int *count)
{
	const struct yc_gradmatch *g = run->state;
	const struct yc_trajectory_cfg *c = &g->cfg->networks;
	const int ranks = run->ranks->count,
		  shards = yc_exec_shards(g->net, (int)c->net_batch);
	const double steps = ceil((double)c->n_data / c->net_batch),
		     sums = (double)yc_exec_sums(g->net) *
			    (ranks - 1 + ceil(log2(ranks))) / wire;
	const int most = (shards + ranks - 1) / ranks;

	for (int r = 0; r < ranks; r++)
		s[r] = (struct yc_rank_speed){m->of_class, 0};
	return split(run, s, ranks, count) + m->of_network * most / shards + steps * sums;
}

/* Sets owners, too. Returns the number of ranks that train ahead, or 0: networks are divided. */
static int choose_trainers(struct yc_run *run, struct yc_rank_speed *s, int *count)
{
	const struct yc_gradmatch *g = run->state;
	struct yc_rank_speed m = measured(run);
	const int ranks = run->ranks->count;
	const enum yc_rank_networks how = run->ranks->networks;
	int best = 1;
	double least = 0;

	if (m.of_class <= 0)
		m.of_class = 1;

	for (int t = 1; t < ranks; t++) {
		double time;

		for (int r = 0; r < ranks; r++)
			s[r] = (struct yc_rank_speed){
				m.of_class, r >= ranks - t ? m.of_network / t : 0};
		time = split(run, s, t == 1 ? ranks : ranks - t, count);
		if (t == 1 || time < least) {
			least = time;
			best = t;
		}
	}
	if (is_divisible(g) && how != YC_NETWORKS_AHEAD &&
		(how == YC_NETWORKS_SHARDS || time_divided(run, &m, s, count) < least)) {
		(void)time_divided(run, &m, s, count);
		return 0;
	}
	for (int r = 0; r < ranks; r++)
		s[r] = (struct yc_rank_speed){
			m.of_class, r >= ranks - best ? m.of_network / best : 0};
	(void)split(run, s, best == 1 ? ranks : ranks - best, count);
	return best;
}

static int divide_networks(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;

	g->divided = true;
	/* No rank leaves a step that others are in. */
	run->tied = true;
	run->apart = apart_divided;
	return yc_exec_divide(g->networks.trainer.exec, run->ranks);
}

static int assign(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	int status;

	g->assigned = true;
	if (g->reader)
		return YC_OK;
	g->trainers = choose_trainers(run, g->speed, g->count);
	yc_ranks_broadcast(run->ranks, 0, &g->trainers, sizeof(g->trainers));
	yc_ranks_broadcast(
		run->ranks, 0, run->owner, (size_t)run->parts * sizeof(*run->owner));
	if (!g->trainers)
		return divide_networks(run);
	status = yc_ahead_new(&g->ahead, run, g->trainers);
	if (!status)
		run->points_most = yc_ahead_most(g->ahead);
	return status;
}

/* By the times of the last windows; those of long ago count less. What a trainer is ahead it
 * need not train. */
static void assign_anew(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	const int ranks = run->ranks->count, points = run->window.points;
	const uint32_t interval = g->cfg->interval;
	struct yc_rank_speed *s = g->speed;
	double mean = 0, share = 0;
	int known = 0, users = ranks - (g->trainers > 1 ? g->trainers : 0);

	for (int i = 0; interval && i < points; i++)
		share += (g->at.inner + (uint64_t)i) % interval == 0;
	share /= points;
	for (int r = 0; r < ranks; r++) {
		s[r].of_class = speed_of_class(g, r, share);
		known += s[r].of_class > 0;
		mean += s[r].of_class;
	}
	if (!known)
		return;
	for (int r = 0; r < ranks; r++) {
		const double *t = g->spent + (size_t)r * YC_SPENTS;

		if (s[r].of_class <= 0)
			s[r].of_class = mean / known;
		s[r].of_network = 0;
		if (r >= ranks - g->trainers && t[YC_SPENT_NETS] > 0)
			s[r].of_network = t[YC_SPENT_NET] / t[YC_SPENT_NETS] *
					  fmax(0, 1 - (t[YC_SPENT_LEAD] - 1) / points);
	}
	(void)split(run, s, users, g->count);
}

static void share_times(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	struct yc_ranks *r = run->ranks;
	double *mine = g->spent + (size_t)r->rank * YC_SPENTS;

	for (int i = 0; i < YC_SPENTS; i++)
		mine[i] = mine[i] / 2 + g->spent_now[i];
	memset(g->spent_now, 0, sizeof(g->spent_now));
	if (g->ahead)
		yc_ahead_spent(g->ahead, mine);
	for (int rank = 0; rank < r->count; rank++)
		yc_ranks_broadcast(r, rank, g->spent + (size_t)rank * YC_SPENTS,
			YC_SPENTS * sizeof(*g->spent));
}

/* ---- steps ---- */

int yc_gradmatch_ranks_step(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	const uint64_t inner = g->cfg->networks.inner;
	uint64_t until;
	int status = YC_OK;

	if (!run->ranks)
		return YC_OK;
	if (!g->assigned) {
		g->from = g->at;
		status = assign(run);
	}
	if (status || !g->ahead)
		return status;
	until = g->from.inner + (uint64_t)run->window.points;
	until = run->it * inner + (until < inner ? until : inner);
	status = yc_ahead_step(g->ahead, until);
	if (status || (yc_ahead_trains(g->ahead) && !yc_run_mine(run, (int)g->at.cls)) ||
		g->at.cls == classes_of(g))
		return status;
	/* Those that do not train take all that they are sent. */
	g->w = yc_ahead_weights(g->ahead, run->it * inner + g->at.inner);
	run->left = !g->w;
	return run->left;
}

/* A class that failed elsewhere: this rank would wait for that one's shards. */
int yc_gradmatch_ranks_agree(struct yc_run *run)
{
	const struct yc_gradmatch *g = run->state;

	return g->divided ? yc_ranks_agree(run->ranks, YC_OK, NULL, NULL) : YC_OK;
}

bool yc_gradmatch_spare(struct yc_run *run, int *status)
{
	struct yc_gradmatch *g = run->state;

	return g->ahead && yc_ahead_spare(g->ahead, status);
}

void yc_gradmatch_leave(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;

	if (g->ahead)
		yc_ahead_leave(g->ahead);
}

void yc_gradmatch_spend(struct yc_run *run, int what, double begin)
{
	struct yc_gradmatch *g = run->state;

	g->spent_now[what] += yc_run_now(run) - begin;
	g->spent_now[what + 1]++;
}

void yc_gradmatch_note_prefixes(struct yc_run *run, int cls)
{
	struct yc_gradmatch *g = run->state;
	const size_t most = (size_t)g->subsets.most,
		     at = ((size_t)cls * g->cfg->networks.inner + g->at.inner) * most;

	memcpy(g->distances + at, g->distance, most * sizeof(*g->distances));
	for (size_t n = 0; n < most; n++)
		g->counts[at + n] = g->prefix[n];
}

/* What a process alone adds class by class, of the inner iterations since ranks met. */
static void add_up(struct yc_run *run, uint64_t end)
{
	struct yc_gradmatch *g = run->state;
	const uint64_t inner = g->cfg->networks.inner;
	const bool due = g->cfg->period && yc_subsets_due(&g->subsets, run->it);

	yc_run_share(run, g->losses, inner * sizeof(*g->losses));
	if (due) {
		const size_t row = inner * (size_t)g->subsets.most;

		yc_run_share(run, g->distances, row * sizeof(*g->distances));
		yc_run_share(run, g->counts, row * sizeof(*g->counts));
	}
	for (uint64_t i = g->from.inner; i < end; i++) {
		for (uint64_t c = i == g->from.inner ? g->from.cls : 0; c < classes_of(g);
			c++) {
			const size_t at = c * inner + i;

			g->loss += g->losses[at];
			if (due)
				yc_subsets_add(&g->subsets, (int)c,
					g->distances + at * (size_t)g->subsets.most,
					g->counts + at * (size_t)g->subsets.most);
		}
		yc_gradmatch_finish_inner(g, i);
	}
}

void yc_gradmatch_share(struct yc_run *run)
{
	struct yc_gradmatch *g = run->state;
	const uint64_t inner = g->cfg->networks.inner,
		       end = run->all ? inner : g->at.inner;

	yc_images_share(&g->images, run);
	if (g->chosen)
		yc_run_share(run, g->chosen, g->cfg->n_real * sizeof(*g->chosen));
	add_up(run, end);
	if (run->all)
		yc_gradmatch_finish_outer(run);
	if (g->ahead)
		yc_ahead_settle(g->ahead, run->it * inner + end);
	share_times(run);
	assign_anew(run);
	g->from = g->at;
}
