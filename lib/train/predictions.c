/* SPDX-License-Identifier: MIT */
/* The table of yc-eval --predictions. */
#include <inttypes.h>
#include <stdio.h>

#include "yc/eval.h"
#include "yc/mem.h"
#include "yc/outfile.h"

static int64_t image_id(const struct yc_set *set, const struct yc_data *test, int i)
{
	const struct yc_tensor *id = yc_set_col(set, "id");

	if (id && id->dtype == YC_I64 && id->rank == 1)
		return ((const int64_t *)id->data)[test->row[i]];
	return test->row[i];
}

static int write_lines(struct yc_outfile *o, const struct yc_set *set,
	const struct yc_data *test, const int32_t *pred, int repeat)
{
	char buf[8192];
	size_t at = 0;
	int status = YC_OK;

	if (repeat == 0)
		at = (size_t)snprintf(buf, sizeof buf, "id\tlabel\tpredicted\trepeat\n");
	for (int i = 0; i < test->n && status == YC_OK; i++) {
		at += (size_t)snprintf(buf + at, sizeof buf - at,
			"%" PRId64 "\t%" PRId32 "\t%" PRId32 "\t%d\n",
			image_id(set, test, i), test->label[i], pred[i], repeat + 1);
		if (at > sizeof buf - 128) {
			status = yc_outfile_write(o, buf, at);
			at = 0;
		}
	}
	return status == YC_OK ? yc_outfile_write(o, buf, at) : status;
}

int yc_predictions_new(struct yc_eval_cfg *cfg, const struct yc_data *test)
{
	cfg->pred =
		yc_calloc(yc_size_mul(cfg->repeats, (size_t)test->n), sizeof *cfg->pred);
	return cfg->pred ? YC_OK : YC_FAIL;
}

int yc_predictions_save(const char *path, const struct yc_set *set,
	const struct yc_data *test, const int32_t *pred, int repeats)
{
	struct yc_outfile o;
	int status = yc_outfile_open(&o, path);

	if (status < 0)
		return status;
	for (int r = 0; r < repeats && status == YC_OK; r++)
		status =
			write_lines(&o, set, test, pred + (size_t)r * (size_t)test->n, r);
	if (status == YC_OK)
		return yc_outfile_commit(&o);
	yc_outfile_abort(&o);
	return status;
}
