/* SPDX-License-Identifier: MIT */
/* Networks that were trained before: all of a stream, of which each iteration draws one. */
#include <string.h>

#include "lib/condense/internal.h"
#include "yc/names.h"
#include "yc/nets.h"
#include "yc/zca.h"

/* A plain file describes nothing; its tensors have to fit. */
static int same(const struct yc_net_cfg *got, const struct yc_net_cfg *want)
{
	const struct {
		const char *what;
		int got, want;
	} numbers[] = {{"--width", got->width, want->width},
		{"--depth", got->depth, want->depth}};

	if (!got->name)
		return YC_OK;
	if (strcmp(got->name, want->name) != 0)
		return yc_fail(YC_FAIL, "a network with --net %s, this run has --net %s",
			got->name, want->name);
	for (size_t i = 0; i < YC_COUNT(numbers); i++)
		if (numbers[i].got != numbers[i].want)
			return yc_fail(YC_FAIL,
				"a network with %s %d, this run has %s %d",
				numbers[i].what, numbers[i].got, numbers[i].what,
				numbers[i].want);
	if (got->channels != want->channels || got->side != want->side ||
		got->classes != want->classes)
		return yc_fail(YC_FAIL,
			"a network for %d channels, side %d, %d classes, not for %d, %d, "
			"%d",
			got->channels, got->side, got->classes, want->channels,
			want->side, want->classes);
	return YC_OK;
}

static int add(struct yc_pretrained *p, const struct yc_net *net,
	const struct yc_snapshot *s, const struct yc_record *rec,
	struct yc_digest *digest)
{
	yc_real **w = yc_grow_list(p->w, (size_t)p->n, sizeof(*w));
	int status = w ? same(&s->cfg, yc_net_config(net)) : YC_FAIL;

	if (!w)
		return YC_FAIL;
	p->w = w;
	if (status)
		return status;
	w[p->n] = yc_calloc(yc_net_size(net), sizeof(**w));
	if (!w[p->n])
		return YC_FAIL;
	status = yc_net_fetch(net, w[p->n++], rec);
	return status ? status : yc_digest_add(digest, rec);
}

/* What they have learnt: the classes and the whitening of the real images. */
static int check_head(const struct yc_meta *head, const struct yc_condense_job *job)
{
	int status = yc_names_match(head, &job->real->meta, "the real images");

	return !status && yc_meta_get(head, YC_ZCA_KEY)
		       ? yc_zca_match(head, job->data->zca)
		       : status;
}

static int read_all(struct yc_pretrained *p, struct yc_nets *nets,
	const struct yc_net *net, const struct yc_condense_job *job,
	struct yc_digest *digest)
{
	struct yc_snapshot s;
	struct yc_record *rec;
	int got, status = YC_OK;

	while (!status && (got = yc_nets_next(nets, &s, &rec)) != 0) {
		status = got < 0 ? got : add(p, net, &s, rec, digest);
		if (got > 0 && status)
			yc_fail_in(status, "network %d", p->n + 1);
		if (!status && yc_watch_stopped(job->watch))
			status = yc_fail(YC_FAIL,
				"interrupted before the first step: nothing to save");
	}
	return status ? status : check_head(yc_nets_head(nets), job);
}

int yc_pretrained_read(struct yc_pretrained *p, const char **path,
	char digest[YC_DIGEST_TEXT], const struct yc_net *net,
	const struct yc_condense_job *job)
{
	const struct yc_limits limits = {
		.record_bytes = job->memory, .threads = job->threads};
	struct yc_digest *content = yc_digest_new();
	struct yc_nets *nets = NULL;
	int status = content ? yc_nets_open(&nets, *path, &limits) : YC_FAIL;

	if (!status) {
		status = read_all(p, nets, net, job, content);
		/* Errors of the stream have its name already. */
		if (status && !strstr(yc_errmsg(), *path))
			yc_fail_in(status, "%s", *path);
	}
	if (!status)
		status = yc_digest_text(content, digest);
	*path = digest;
	yc_nets_close(nets);
	yc_digest_free(content);
	return status;
}

const yc_real *yc_pretrained_draw(
	const struct yc_pretrained *p, const struct yc_rng *root, uint64_t it)
{
	struct yc_rng rng = yc_rng_fork(root, "pretrained", it);

	return p->w[yc_rng_below(&rng, (uint32_t)p->n)];
}

void yc_pretrained_release(struct yc_pretrained *p)
{
	for (int i = 0; i < p->n; i++)
		yc_free(p->w[i]);
	yc_free(p->w);
	*p = (struct yc_pretrained){0};
}
