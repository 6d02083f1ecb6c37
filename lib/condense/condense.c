/* SPDX-License-Identifier: MIT */
/* The table of condensation methods, and the preparation of any run: checks the real
 * images and completes the options. */
#include <stdio.h>
#include <string.h>

#include "lib/condense/gradmatch/settings.h"

/* A new method is its file and one line here. */
#define CONDENSERS(X) \
	X(idc) \
	X(dream) \
	X(mdc) \
	X(dc) \
	X(dsa) \
	X(dm) \
	X(kip) \
	X(mtt) \
	X(random) \
	X(herding) \
	X(kcenter) \
	X(kmeans)

#define DECLARE(name) extern const struct yc_condenser yc_condense_##name;
#define ENTRY(name) &yc_condense_##name.method,

CONDENSERS(DECLARE)
/* clang-format off */
const struct yc_method *const yc_condensers[] = {CONDENSERS(ENTRY) NULL};
/* clang-format on */

#define ROW(field, ...) YC_OPT(struct yc_condense_cfg, field, __VA_ARGS__)

const struct yc_opt yc_condense_opts[YC_CONDENSE_OPTS] = {
	ROW(ipc, .name = "ipc", .arg = "n", .def = "10", .min = 1, .max = 65536,
		.help = "condensed images per class"),
	ROW(checkpoint, .name = "checkpoint", .arg = "file", .unit = YC_WRITES,
		.run_only = true,
		.help = "keep all state in this file, to continue after an interruption"),
	ROW(checkpoint_every, .name = "checkpoint-every", .arg = "time",
		.unit = YC_SECONDS, .def = "5m", .min = 0, .max = 1e9, .run_only = true,
		.help = "save this often; also after an iteration, if that takes little "
			"time"),
	ROW(resume, .name = "resume", .run_only = true,
		.help = "continue from the checkpoint, if there is one, to the same "
			"bytes"),
	ROW(time_limit, .name = "time-limit", .arg = "time", .unit = YC_SECONDS,
		.auto_help = "none", .min = 0, .max = 1e9, .run_only = true,
		.help = "end with the last iteration that fits; if none does, do not "
			"begin"),
	ROW(save_every, .name = "save-every", .arg = "n", .max = 1e6, .run_only = true,
		.help = "write a snapshot every n iterations, named after the output"),
	ROW(dry_run, .name = "dry-run", .run_only = true,
		.help = "measure some steps, print the memory and time needed, and end"),
};

static int check_real(const struct yc_condenser *condenser, const struct yc_data *d)
{
	if (d->zca && !condenser->whitens)
		return yc_fail(YC_FAIL,
			"networks are to see these images whitened, which %s does not "
			"know: yc-whiten none undoes it",
			condenser->method.name);
	if (d->normalised)
		return yc_fail(YC_FAIL, "the images are normalised already: condensing "
					"needs pixels");
	for (int c = 0; c < d->channels; c++)
		if (!(d->std[c] > 0))
			return yc_fail(
				YC_FAIL, "standard deviation %g in the head", d->std[c]);
	return YC_OK;
}

static int check(const struct yc_condenser *condenser, const struct yc_condense_job *job)
{
	char text[128];
	int status;

	if (job->cfg->resume && !job->cfg->checkpoint)
		return yc_fail(YC_USAGE, "--resume needs --checkpoint FILE");
	status = check_real(condenser, job->data);
	if (!status && yc_images_condensed(job->real) && job->watch && job->watch->note) {
		(void)snprintf(text, sizeof(text),
			"the images are condensed: these %d are taken for the real ones",
			job->data->n);
		job->watch->note(job->watch, text);
	}
	return status;
}

int yc_condense_networks(const char *method, struct yc_trajectory_cfg *cfg,
	uint32_t *outer, const struct yc_set *real, const struct yc_data *data)
{
	const struct yc_method *m =
		yc_method_find(yc_condensers, "method", method, strlen(method));
	int status = m ? check_real((const struct yc_condenser *)(const void *)m, data)
		       : YC_USAGE;

	return status ? status : yc_match_networks(method, cfg, outer, real, data);
}

int yc_condense(const struct yc_method *m, void *method_cfg, struct yc_condense_job *job,
	struct yc_set *out)
{
	/* The registry points to first members. */
	const struct yc_condenser *condenser =
		(const struct yc_condenser *)(const void *)m;
	struct yc_data data = {0};
	int status = yc_data_new_on(&data, job->real, job->threads);

	*out = (struct yc_set){0};
	if (status)
		return status;
	job->data = &data;
	job->method = m;
	job->method_cfg = method_cfg;
	status = check(condenser, job);
	if (!status)
		status = condenser->resolve(method_cfg, job);
	if (!status)
		status = yc_run_all(condenser, job, out);
	if (status)
		yc_set_release(out);
	yc_data_release(&data);
	job->data = NULL;
	return status;
}
