/* SPDX-License-Identifier: MIT */
/* Streams of networks: the record of a snapshot, a reader, and the initial networks of a
 * training. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/train/internal.h"
#include "yc/mem.h"
#include "yc/names.h"
#include "yc/nets.h"
#include "yc/zca.h"
#include "yc/number.h"

#define KEY(name) "yc.net." name

static int put_number(struct yc_meta *m, const char *key, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof text, "%" PRIu64, v);
	return yc_meta_set(m, key, text);
}

/* Omitted if unknown. */
static int put_real(struct yc_meta *m, const char *key, double v)
{
	char text[YC_DOUBLE_TEXT];

	if (!isfinite(v))
		return YC_OK;
	yc_double_text(v, text);
	return yc_meta_set(m, key, text);
}

int yc_snapshot_store(struct yc_record *r, const struct yc_net *net, const yc_real *w,
	const struct yc_snapshot *s)
{
	const struct yc_net_cfg *c = yc_net_config(net);
	struct yc_meta *m = &r->meta;

	if (yc_meta_set(m, "yc.kind", YC_KIND_NETWORK) < 0 ||
		put_number(m, KEY("network"), (uint64_t)s->network) < 0 ||
		put_number(m, KEY("epoch"), (uint64_t)s->epoch) < 0 ||
		put_number(m, KEY("seed"), s->seed) < 0 ||
		(s->outer &&
			(put_number(m, KEY("outer"), (uint64_t)s->outer) < 0 ||
				put_number(m, KEY("inner"), (uint64_t)s->inner) < 0)) ||
		yc_meta_set(m, KEY("architecture"), c->name) < 0 ||
		put_number(m, KEY("width"), (uint64_t)c->width) < 0 ||
		put_number(m, KEY("depth"), (uint64_t)c->depth) < 0 ||
		put_number(m, KEY("channels"), (uint64_t)c->channels) < 0 ||
		put_real(m, KEY("loss"), s->loss) < 0 ||
		put_real(m, KEY("accuracy"), s->accuracy) < 0)
		return YC_FAIL;
	return yc_net_store(net, w, r);
}

/* The string of the table outlives the record. */
static const char *architecture(const char *name)
{
	for (int i = 0; name && yc_archs[i]; i++)
		if (strcmp(yc_archs[i]->name, name) == 0)
			return yc_archs[i]->name;
	return NULL;
}

int yc_snapshot_parse(
	struct yc_snapshot *s, const struct yc_record *r, const struct yc_head *head)
{
	int status = yc_snapshot_describe(s, r, head);
	const char *name = s->cfg.name;

	if (status < 0)
		return status;
	s->cfg.name = architecture(name);
	return s->cfg.name
		       ? YC_OK
		       : yc_fail(YC_FAIL, "a network of unknown architecture '%s'", name);
}

struct yc_nets {
	char *path;
	struct yc_reader *reader; /* NULL: a file of torch.save, which is `torch` */
	struct yc_record torch;
	struct yc_meta head; /* the names of classes in it, and their whitening */
	bool any;
};

int yc_nets_open(struct yc_nets **out, const char *path, const struct yc_limits *limits)
{
	struct yc_nets *n = yc_calloc(1, sizeof *n);
	int status;

	*out = NULL;
	if (!n)
		return YC_FAIL;
	n->path = yc_strdup(path);
	status = n->path ? yc_nets_torch(
				   &n->torch, path, limits ? limits->record_bytes : 0)
			 : YC_FAIL;
	if (status == YC_NO) {
		status = yc_reader_open(&n->reader, &n->path, 1, limits);
		if (status == YC_OK)
			yc_reader_plain(n->reader);
	}
	if (status < 0) {
		yc_nets_close(n);
		return status;
	}
	*out = n;
	return YC_OK;
}

void yc_nets_close(struct yc_nets *n)
{
	if (!n)
		return;
	if (n->reader)
		yc_reader_close(n->reader);
	yc_record_release(&n->torch);
	yc_meta_release(&n->head);
	yc_free(n->path);
	yc_free(n);
}

/* 1: the record is a network; 0: it is something else. */
static int look(struct yc_nets *n, struct yc_snapshot *s, const struct yc_record *rec)
{
	const struct yc_head *head = yc_reader_head(n->reader);
	int status;

	if (!head->classes && rec->ntensors) { /* a plain file */
		*s = (struct yc_snapshot){.network = 1, .loss = NAN, .accuracy = NAN};
		return 1;
	}
	if (!yc_snapshot_is(rec))
		return 0;
	status = yc_snapshot_parse(s, rec, head);
	return status < 0 ? yc_fail_in(status, "%s", yc_reader_where(n->reader)) : 1;
}

/* Networks of one file have learnt the same classes from images of one kind. */
static int keep_head(struct yc_nets *n, const struct yc_record *rec)
{
	const char *names = yc_meta_get(&rec->meta, YC_NAMES_KEY),
		   *zca = yc_meta_get(&rec->meta, YC_ZCA_KEY),
		   *before = yc_meta_get(&n->head, YC_ZCA_KEY);
	int status;

	if (!yc_reader_first(n->reader) || !yc_reader_head(n->reader)->classes)
		return YC_OK;
	if (before && strcmp(before, zca ? zca : "") != 0)
		return yc_fail(YC_FAIL,
			"%s: networks for other images than in an earlier segment: "
			"whitened by '%s', not '%s'",
			yc_reader_where(n->reader), zca ? zca : "", before);
	if (yc_meta_set(&n->head, YC_ZCA_KEY, zca ? zca : "") < 0)
		return YC_FAIL;
	if (!names)
		return YC_OK;
	status = yc_names_match(&rec->meta, &n->head, "an earlier segment");
	if (status < 0)
		return yc_fail_in(status, "%s", yc_reader_where(n->reader));
	return yc_meta_set(&n->head, YC_NAMES_KEY, names);
}

const struct yc_meta *yc_nets_head(const struct yc_nets *n)
{
	return &n->head;
}

int yc_nets_next(struct yc_nets *n, struct yc_snapshot *s, struct yc_record **rec)
{
	int got;

	if (!n->reader) {
		*rec = &n->torch;
		*s = (struct yc_snapshot){.network = 1, .loss = NAN, .accuracy = NAN};
		got = !n->any;
		n->any = true;
		return got;
	}
	while ((got = yc_reader_next(n->reader, rec)) > 0) {
		got = keep_head(n, *rec);
		if (got < 0)
			return got;
		got = look(n, s, *rec);
		if (got != 0) {
			n->any = true;
			return got;
		}
	}
	if (got == 0 && !n->any)
		return yc_fail(YC_FAIL, "%s: a stream without networks", n->path);
	return got;
}

void yc_nets_kept_release(struct yc_nets_kept *k)
{
	for (int i = 0; i < k->n; i++)
		yc_record_release(&k->net[i].weights);
	yc_free(k->net);
	yc_meta_release(&k->head);
	*k = (struct yc_nets_kept){0};
}

/* Records with the same number are snapshots of one network; a later snapshot replaces an
 * earlier one. */
static int keep(struct yc_nets_kept *k, const struct yc_snapshot *s,
	struct yc_record *rec, int most)
{
	struct yc_kept_net *net = NULL;

	for (int i = 0; i < k->n; i++)
		if (k->net[i].about.network == s->network)
			net = &k->net[i];
	if (!net && k->n == most)
		return YC_OK;
	if (!net) {
		net = yc_grow_list(k->net, (size_t)k->n, sizeof *net);
		if (!net)
			return YC_FAIL;
		k->net = net;
		net += k->n++;
		*net = (struct yc_kept_net){0};
	}
	yc_record_release(&net->weights);
	net->about = *s;
	net->weights = *rec;
	*rec = (struct yc_record){0};
	return YC_OK;
}

int yc_nets_keep(struct yc_nets_kept *k, const char *path, int epoch, int most,
	const struct yc_limits *limits)
{
	struct yc_snapshot s;
	struct yc_record *rec;
	struct yc_nets *n;
	int status = yc_nets_open(&n, path, limits), got;

	*k = (struct yc_nets_kept){0};
	if (status < 0)
		return status;
	while (status == YC_OK && (got = yc_nets_next(n, &s, &rec)) != 0)
		status = got < 0			 ? got
			 : epoch < 0 || s.epoch == epoch ? keep(k, &s, rec, most)
							 : YC_OK;
	if (status == YC_OK)
		status = yc_meta_copy(&k->head, &n->head);
	if (status == YC_OK && !k->n)
		status = yc_fail(YC_FAIL, "%s: has no network of epoch %d", path, epoch);
	yc_nets_close(n);
	if (status < 0)
		yc_nets_kept_release(k);
	return status;
}
