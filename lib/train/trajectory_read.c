/* SPDX-License-Identifier: MIT */
/* Reads the networks of a trajectory, in the order of use. */
#include <string.h>

#include "lib/train/trajectory_id.h"
#include "yc/mem.h"

struct yc_trajectory_reader {
	char *path;
	struct yc_reader *reader;
	struct yc_trajectory_id id;
	uint64_t read; /* inner iterations whose network was read */
};

/* The next record; nothing behind the last one that is needed is read. */
static int next(struct yc_trajectory_reader *r, struct yc_record **rec)
{
	int got = yc_reader_next(r->reader, rec);

	return got > 0 ? YC_OK
	       : got < 0
		       ? got
		       : yc_fail(YC_FAIL, "%s: fewer networks than it promises", r->path);
}

static int find_id(struct yc_trajectory_reader *r, struct yc_watch *watch)
{
	struct yc_record *rec;
	const char *kind;
	int got, status;

	while ((got = yc_reader_next(r->reader, &rec)) > 0 && !yc_snapshot_is(rec) &&
		!yc_reader_is_data(r->reader)) {
		kind = yc_meta_get(&rec->meta, "yc.kind");
		if (!kind || strcmp(kind, YC_KIND_TRAJECTORY) != 0)
			continue;
		status = yc_trajectory_same(rec, &r->id, watch);
		return status < 0 ? yc_fail_in(status, "%s", r->path) : YC_OK;
	}
	return got < 0 ? got
		       : yc_fail(YC_FAIL,
				 "%s: not the networks of a condensation: yc-train "
				 "--like "
				 "idc writes them",
				 r->path);
}

int yc_trajectory_open(struct yc_trajectory_reader **out, const char *path,
	const struct yc_trajectory_id *id, const struct yc_limits *limits,
	struct yc_watch *watch)
{
	struct yc_trajectory_reader *r = yc_calloc(1, sizeof *r);
	int status = YC_FAIL;

	*out = NULL;
	if (!r)
		return YC_FAIL;
	r->id = *id;
	r->path = yc_strdup(path);
	if (r->path)
		status = yc_reader_open(&r->reader, &r->path, 1, limits);
	if (status == YC_OK)
		status = find_id(r, watch);
	if (status < 0) {
		yc_trajectory_close(r);
		return status;
	}
	*out = r;
	return YC_OK;
}

/* The next network, which has to be that of the next inner iteration; w NULL: skipped. */
static int take(struct yc_trajectory_reader *r, yc_real *w)
{
	const uint64_t outer = r->read / r->id.cfg->inner,
		       inner = r->read % r->id.cfg->inner;
	struct yc_snapshot s;
	struct yc_record *rec;
	int status;

	do
		status = next(r, &rec);
	while (status == YC_OK && !yc_snapshot_is(rec));
	if (status == YC_OK)
		status = yc_snapshot_parse(&s, rec, yc_reader_head(r->reader));
	if (status < 0)
		return status;
	if ((uint64_t)s.outer != outer + 1 || (uint64_t)s.inner != inner + 1)
		status = yc_fail(YC_FAIL,
			"the network of outer iteration %d, inner %d, where that of "
			"%llu, "
			"%llu is due",
			s.outer, s.inner, (unsigned long long)outer + 1,
			(unsigned long long)inner + 1);
	else if (w)
		status = yc_net_fetch(r->id.net, w, rec);
	r->read++;
	return status < 0 ? yc_fail_in(status, "%s", yc_reader_where(r->reader)) : YC_OK;
}

int yc_trajectory_read(
	struct yc_trajectory_reader *r, uint64_t outer, uint64_t inner, yc_real *w)
{
	const uint64_t at = outer * r->id.cfg->inner + inner;
	int status = YC_OK;

	while (r->read <= at && status == YC_OK)
		status = take(r, r->read == at ? w : NULL);
	return status;
}

void yc_trajectory_close(struct yc_trajectory_reader *r)
{
	if (!r)
		return;
	yc_reader_close(r->reader);
	yc_free(r->path);
	yc_free(r);
}
