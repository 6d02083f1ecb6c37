/* SPDX-License-Identifier: MIT */
/* The description of a network in its record. Apart from the networks themselves, so that
 * tools which only list them are linked without arithmetic. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "yc/nets.h"
#include "yc/number.h"

/* Maximum of integers in the metadata; sizes are checked with the network. */
enum { NUMBER_MAX = 1 << 30, NAME_BYTES_MAX = 63 };

#define KEY(name) "yc.net." name

bool yc_snapshot_is(const struct yc_record *r)
{
	const char *kind = yc_meta_get(&r->meta, "yc.kind");

	return kind && strcmp(kind, YC_KIND_NETWORK) == 0;
}

static int get_number(
	const struct yc_meta *m, const char *key, uint64_t most, uint64_t *v)
{
	const char *text = yc_meta_get(m, key);

	if (!text)
		return yc_fail(YC_FAIL, "a network without %s", key);
	if (yc_parse_u64(text, most, v) != YC_NUMBER)
		return yc_fail(YC_FAIL, "%s '%.32s' is not a whole number up to %" PRIu64,
			key, text, most);
	return YC_OK;
}

static int get_int(const struct yc_meta *m, const char *key, int *v)
{
	uint64_t wide = 0;
	int status = get_number(m, key, NUMBER_MAX, &wide);

	*v = (int)wide;
	return status;
}

/* Where a network of gradient matching is used; others do not say. */
static int get_use(const struct yc_meta *m, struct yc_snapshot *s)
{
	if (!yc_meta_get(m, KEY("outer")))
		return YC_OK;
	return get_int(m, KEY("outer"), &s->outer) < 0 ||
			       get_int(m, KEY("inner"), &s->inner) < 0
		       ? YC_FAIL
		       : YC_OK;
}

static double get_real(const struct yc_meta *m, const char *key)
{
	const char *text = yc_meta_get(m, key);
	double v;

	return text && yc_parse_double(text, &v) == YC_NUMBER ? v : NAN;
}

/* A word, whatever a file says: it is printed, also to terminals. */
static bool is_word(const char *name)
{
	const size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

	return n > 0 && n <= NAME_BYTES_MAX && !name[n];
}

int yc_snapshot_describe(
	struct yc_snapshot *s, const struct yc_record *r, const struct yc_head *head)
{
	const struct yc_meta *m = &r->meta;

	*s = (struct yc_snapshot){
		.cfg = {.name = yc_meta_get(m, KEY("architecture")),
			.side = head->side,
			.classes = head->classes},
		.loss = get_real(m, KEY("loss")),
		.accuracy = get_real(m, KEY("accuracy")),
	};
	if (!s->cfg.name || !is_word(s->cfg.name))
		return yc_fail(YC_FAIL, "a network without %s, or with none in it",
			KEY("architecture"));
	if (get_int(m, KEY("network"), &s->network) < 0 ||
		get_int(m, KEY("epoch"), &s->epoch) < 0 ||
		get_number(m, KEY("seed"), UINT64_MAX, &s->seed) < 0 ||
		get_int(m, KEY("width"), &s->cfg.width) < 0 ||
		get_int(m, KEY("depth"), &s->cfg.depth) < 0 ||
		get_int(m, KEY("channels"), &s->cfg.channels) < 0 || get_use(m, s) < 0)
		return YC_FAIL;
	return YC_OK;
}
