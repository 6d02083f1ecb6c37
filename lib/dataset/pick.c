/* SPDX-License-Identifier: MIT */
/* Selects rows of a dataset: some classes, a number per class, a random order, a shard. */
#include <ctype.h>
#include <string.h>

#include "yc/dataset.h"
#include "yc/mem.h"
#include "yc/number.h"
#include "yc/rng.h"

int yc_load_pick(struct yc_set *to, struct yc_set *from, const struct yc_load_rows *rows)
{
	if (!rows->classes && !rows->per_class && !rows->shuffle) {
		*to = *from;
		*from = (struct yc_set){0};
		return YC_OK;
	}
	size_t classes = (size_t)from->head.classes, n = 0;
	const int64_t *label = yc_set_col(from, "label")->data;
	bool *want = yc_calloc(classes, sizeof *want);
	uint32_t *taken = yc_calloc(classes, sizeof *taken);
	size_t *row = yc_calloc(from->rows, sizeof *row),
	       *order = yc_calloc(from->rows, sizeof *order);
	int32_t *perm = yc_calloc(from->rows, sizeof *perm);
	int status = want && taken && row && order && perm ? YC_OK : YC_FAIL;

	if (status == YC_OK && rows->classes) {
		status = yc_parse_ranges(rows->classes, "classes", classes, want);
		if (status < 0)
			status = yc_fail_in(status, "--classes '%s'%s", rows->classes,
				isdigit((unsigned char)*rows->classes)
					? ""
					: " (numbers, not names)");
	} else if (status == YC_OK) {
		memset(want, 1, classes * sizeof *want);
	}
	for (size_t i = 0; status == YC_OK && i < from->rows; i++) {
		size_t c = (size_t)label[i];

		if (want[c] && (!rows->per_class || taken[c] < rows->per_class)) {
			taken[c]++;
			row[n++] = i;
		}
	}
	for (size_t c = 0; status == YC_OK && rows->per_class && c < classes; c++) {
		/* a class without any is no truncated one */
		if (want[c] && taken[c] && taken[c] < rows->per_class)
			status = yc_fail(YC_FAIL,
				"class %zu has only %u of the %u images asked for", c,
				taken[c], rows->per_class);
	}
	if (status == YC_OK && n == 0)
		status = yc_fail(YC_FAIL, "no image of the classes asked for");
	if (status == YC_OK) {
		for (size_t i = 0; i < n; i++)
			perm[i] = (int32_t)i;
		if (rows->shuffle) {
			struct yc_rng rng = yc_rng_new(rows->seed, "shuffle");

			yc_rng_permutation(&rng, perm, (int32_t)n);
		}
		for (size_t i = 0; i < n; i++)
			order[i] = row[perm[i]];
		status = yc_set_pick(to, from, order, n);
	}
	yc_free(want);
	yc_free(taken);
	yc_free(row);
	yc_free(order);
	yc_free(perm);
	return status;
}

int yc_load_shard(struct yc_set *set, const struct yc_shard *shard)
{
	size_t *row = shard->n ? yc_calloc(set->rows, sizeof *row) : NULL, n;
	struct yc_set part = {0};
	int status;

	if (!row)
		return shard->n ? YC_FAIL : YC_OK;
	n = yc_shard_pick(shard, set->rows, set->head.classes, 0, set->rows,
		yc_set_col(set, "label")->data, row);
	status = yc_set_pick(&part, set, row, n);
	yc_free(row);
	if (status < 0)
		return status;
	yc_set_release(set);
	*set = part;
	return YC_OK;
}
