/* SPDX-License-Identifier: MIT */
/* Reads the trajectories of experts from a stream of networks. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/mtt/mtt.h"
#include "yc/names.h"
#include "yc/nets.h"
#include "yc/zca.h"

struct yc_expert_file {
	char *path;
	struct yc_reader *reader;
	struct yc_mtt_cfg *cfg;
	const struct yc_condense_job *job;
	struct yc_record *rec; /* the network at hand */
	struct yc_snapshot about;
	struct yc_snapshot first;
	struct yc_digest *digest;
	int *network; /* [n] their numbers, in the order of the stream */
};

/* Most experts: their list is searched for each snapshot. */
enum { EXPERTS_MAX = 100000 };

/* ---- what the stream says ---- */

/* The experts must have learnt the same classes, from images normalised alike. */
static int check_head(const struct yc_expert_file *f)
{
	const struct yc_head *h = yc_reader_head(f->reader);
	const struct yc_data *d = f->job->data;

	if (yc_names_match(&f->rec->meta, &f->job->real->meta, "the real images") < 0)
		return yc_fail_in(YC_FAIL, "%s", f->path);
	if (h->classes != d->classes || h->side != d->side)
		return yc_fail(YC_FAIL,
			"%s: experts for images of side %d in %d classes; the real "
			"images have side %d and %d classes",
			f->path, h->side, h->classes, d->side, d->classes);
	if (yc_zca_match(&f->rec->meta, d->zca) < 0)
		return yc_fail_in(YC_FAIL, "%s", f->path);
	for (int c = 0; !d->zca && c < h->nmean && h->nmean == d->channels; c++)
		if (fabs(h->mean[c] - d->mean[c]) > 1e-6 ||
			fabs(h->std[c] - d->std[c]) > 1e-6)
			return yc_fail(YC_FAIL,
				"%s: the experts learnt from images with other mean and "
				"std than these: train them on the same stream",
				f->path);
	return YC_OK;
}

/* Experts whose trajectory plain steps cannot follow. */
static void note_training(const struct yc_expert_file *f)
{
	static const char *const plain[][2] = {{"momentum", "0"}, {"weight-decay", "0"},
		{"mix-p", "0"}, {"schedule", "constant"}};
	struct yc_watch *w = f->job->watch;
	char text[400], value[32], with[200] = "";

	for (size_t i = 0; i < YC_COUNT(plain); i++) {
		const size_t used = strlen(with);

		if (yc_history_option(&f->rec->meta, "yc-train", plain[i][0], value,
			    sizeof(value)) &&
			strcmp(value, plain[i][1]) != 0)
			snprintf(with + used, sizeof(with) - used, " --%s %.31s",
				plain[i][0], value);
	}
	if (!*with || !w || !w->note)
		return;
	snprintf(text, sizeof(text),
		"the experts were trained with%s; those of the paper are not, see "
		"yc-train --like mtt",
		with);
	w->note(w, text);
}

/* The next network, into f->rec and f->about; 0: there is none. */
static int next(struct yc_expert_file *f)
{
	int got, status;

	while ((got = yc_reader_next(f->reader, &f->rec)) > 0) {
		if (yc_digest_add(f->digest, f->rec) < 0)
			return YC_FAIL;
		if (yc_reader_first(f->reader)) {
			status = check_head(f);
			if (status < 0)
				return status;
			note_training(f);
		}
		if (!yc_snapshot_is(f->rec))
			continue;
		status = yc_snapshot_parse(&f->about, f->rec, yc_reader_head(f->reader));
		return status < 0 ? yc_fail_in(status, "%s", yc_reader_where(f->reader))
				  : 1;
	}
	return got;
}

/* The network that this run would have, as far as it is said, or that of the first record. */
static int check_network(
	const struct yc_expert_file *f, const struct yc_net_cfg *want, const char *whose)
{
	const struct yc_net_cfg *c = &f->about.cfg;
	const int channels = f->job->data->channels;

	if (f->about.outer)
		return yc_fail(YC_FAIL,
			"%s: networks for gradient matching, not the trajectories of "
			"experts: yc-train --like mtt writes them",
			yc_reader_where(f->reader));
	if (strcmp(c->name, want->name) != 0 || c->width != want->width ||
		c->depth != want->depth)
		return yc_fail(YC_FAIL,
			"%s: %s of width %d and depth %d, but %s %s of width %d and "
			"depth %d",
			yc_reader_where(f->reader), c->name, c->width, c->depth, whose,
			want->name, want->width, want->depth);
	if (c->channels != channels)
		return yc_fail(YC_FAIL,
			"%s: a network for images of %d channels, the real ones have %d",
			yc_reader_where(f->reader), c->channels, channels);
	return YC_OK;
}

/* Options that were not given are those of the file. */
static int adopt(struct yc_expert_file *f)
{
	struct yc_mtt_cfg *c = f->cfg;
	struct yc_net_cfg want = f->about.cfg;

	if (c->net)
		want.name = c->net;
	if (c->width)
		want.width = (int)c->width;
	if (c->depth)
		want.depth = (int)c->depth;
	if (check_network(f, &want, "this run asks for") < 0)
		return YC_FAIL;
	c->net = want.name;
	c->width = (uint32_t)want.width;
	c->depth = (uint32_t)want.depth;
	f->first = f->about;
	return YC_OK;
}

static int open_file(struct yc_expert_file *f)
{
	const struct yc_limits limits = {
		.record_bytes = f->job->memory, .threads = f->job->threads};
	int status, got;

	f->path = yc_strdup(f->cfg->experts);
	f->digest = yc_digest_new();
	if (!f->path || !f->digest)
		return YC_FAIL;
	status = yc_reader_open(&f->reader, &f->path, 1, &limits);
	if (status < 0)
		return status;
	got = next(f);
	if (got == 0)
		return yc_fail(YC_FAIL,
			"%s: a stream without networks: yc-train --like mtt writes "
			"experts",
			f->path);
	return got < 0 ? got : adopt(f);
}

int yc_expert_file_open(struct yc_expert_file **out, struct yc_mtt_cfg *c,
	const struct yc_condense_job *job)
{
	struct yc_expert_file *f = yc_calloc(1, sizeof(*f));
	int status;

	*out = NULL;
	if (!f)
		return YC_FAIL;
	f->cfg = c;
	f->job = job;
	status = open_file(f);
	if (status < 0) {
		yc_expert_file_close(f);
		return status;
	}
	*out = f;
	return YC_OK;
}

void yc_expert_file_close(struct yc_expert_file *f)
{
	if (!f)
		return;
	yc_reader_close(f->reader);
	yc_digest_free(f->digest);
	yc_free(f->network);
	yc_free(f->path);
	yc_free(f);
}

/* ---- reading ---- */

/* The expert of the network at hand, a new one if need be; -1: more than are used, -2: out
 * of memory. */
static int expert_of(struct yc_expert_file *f, struct yc_experts *e)
{
	const uint32_t most = f->cfg->n_experts ? f->cfg->n_experts : EXPERTS_MAX;
	const size_t row = (size_t)e->epochs + 1, old = (size_t)e->n * row;
	uint64_t *at;
	int *network;

	for (int i = 0; i < e->n; i++)
		if (f->network[i] == f->about.network)
			return i;
	if (e->n >= (int)most)
		return -1;
	network = yc_grow_list(f->network, (size_t)e->n, sizeof(*network));
	if (!network)
		return -2;
	f->network = network;
	at = yc_realloc(e->at, old * sizeof(*at), old + row, sizeof(*at));
	if (!at)
		return -2;
	e->at = at;
	network[e->n] = f->about.network;
	return e->n++;
}

/* w: a vector to use. */
static int take(struct yc_expert_file *f, struct yc_experts *e, yc_real *w, yc_real *last)
{
	const size_t bytes = yc_net_size(e->net) * sizeof(*w);
	const int expert = expert_of(f, e), epoch = f->about.epoch;
	uint64_t *at;

	if (check_network(f, &f->first.cfg, "the first network is") < 0)
		return YC_FAIL;
	if (yc_net_fetch(e->net, w, f->rec) < 0)
		return yc_fail_in(YC_FAIL, "%s", yc_reader_where(f->reader));
	if (expert < 0)
		return expert == -1 ? YC_OK : YC_FAIL;
	if (expert == 0)
		memcpy(last, w, bytes);
	if (epoch > e->epochs)
		return YC_OK;
	at = &e->at[(size_t)expert * ((size_t)e->epochs + 1) + (size_t)epoch];
	if (*at)
		return yc_fail(YC_FAIL,
			"%s: network %d has a second snapshot of epoch %d",
			yc_reader_where(f->reader), f->about.network, epoch);
	*at = e->spill.bytes + 1;
	return yc_spill_write(&e->spill, w, bytes);
}

/* Epochs of which every expert has all snapshots. */
static int complete_to(const struct yc_experts *e)
{
	int most = e->epochs;

	for (int i = 0; i < e->n; i++)
		for (int epoch = 0; epoch <= most; epoch++)
			if (!e->at[i * (e->epochs + 1) + epoch])
				most = epoch - 1;
	return most;
}

static int check_complete(const struct yc_expert_file *f, const struct yc_experts *e)
{
	const struct yc_mtt_cfg *c = f->cfg;
	const int most = complete_to(e), start = most - (int)c->expert_epochs + 1;
	char less[40] = "";
	int i = 0;

	if (c->n_experts > (uint32_t)e->n)
		return yc_fail(YC_FAIL, "%s: %d experts, but --n-experts %u", f->path,
			e->n, c->n_experts);
	if (most == e->epochs)
		return YC_OK;
	while (e->at[i * (e->epochs + 1) + most + 1])
		i++;
	if (start > 0)
		snprintf(less, sizeof(less), ", or --max-start %d", start);
	return yc_fail(YC_FAIL,
		"%s: network %d has no snapshot of epoch %d, of 0 to %d that --max-start "
		"%u and --expert-epochs %u need: yc-train --like mtt --epochs %d writes "
		"them%s",
		f->path, f->network[i], most + 1, e->epochs, c->max_start,
		c->expert_epochs, e->epochs, less);
}

static int read_all(
	struct yc_expert_file *f, struct yc_experts *e, yc_real *w, yc_real *last)
{
	struct yc_watch *watch = f->job->watch;
	int status = YC_OK, got = 1;
	uint64_t n = 0;

	while (status == YC_OK && got > 0) {
		status = take(f, e, w, last);
		yc_watch_tick(watch, "snapshots read", ++n, 0, NULL);
		if (status == YC_OK && yc_watch_stopped(watch))
			status = yc_fail(YC_FAIL, "interrupted while experts were read");
		if (status == YC_OK)
			got = next(f);
	}
	return got < 0 ? got : status;
}

int yc_expert_file_read(struct yc_expert_file *f, struct yc_experts *e,
	const struct yc_net *net, yc_real *last)
{
	struct yc_mtt_cfg *c = f->cfg;
	yc_real *w = yc_calloc(yc_net_size(net), sizeof(*w));
	int status =
		w ? yc_experts_new(e, net, 0, (int)(c->max_start + c->expert_epochs) - 1)
		  : YC_FAIL;

	if (!status)
		status = yc_spill_open(
			&e->spill, f->job->scratch ? f->job->scratch : "/tmp");
	if (!status)
		status = read_all(f, e, w, last);
	if (!status)
		status = check_complete(f, e);
	if (!status)
		status = yc_digest_text(f->digest, c->digest);
	c->experts = c->digest;
	c->n_experts = (uint32_t)e->n;
	yc_free(w);
	return status;
}
