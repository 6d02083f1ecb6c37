/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/condense/driver.h"
#include "yc/kern.h"
#include "yc/number.h"
#include "yc/version.h"

/*
 * A checkpoint is a plain safetensors file: tensors hold the state of a run, metadata
 * identify the run. Tensors are the arrays that the method registered, by name, and three
 * of the driver: "position" (iteration and unit), "input" (a fingerprint of the real
 * images) and "log" (the loss of every completed iteration), beside the series of the method.
 *
 * A restored run continues to the bytes of one that was never interrupted. Files are not
 * trusted: names, types and sizes are checked here, values by what the
 * method registered for it (yc_run_check).
 */

enum { POSITION = 2, VALUE_MAX = 256 };

/* ---- identity of the run ---- */

/* Calls fn for every setting that influences the bytes. */
static int each_option(const struct yc_run *run,
	int (*fn)(void *ctx, const char *name, const char *value, const char *def),
	void *ctx)
{
	struct yc_condense_cfg common = *run->job->cfg;
	const struct yc_method *m = &run->method->method;
	const struct yc_opts group[] = {
		{.row = yc_condense_opts, .n = YC_CONDENSE_OPTS, .cfg = &common},
		{.row = m->opts, .n = m->nopts, .cfg = run->cfg},
	};
	char value[VALUE_MAX];
	int status;

	status = fn(ctx, "METHOD", m->name, NULL);
	snprintf(value, sizeof(value), "%" PRIu64, run->job->seed);
	if (!status)
		status = fn(ctx, "seed", value, NULL);
	for (size_t g = 0; g < YC_COUNT(group); g++)
		for (size_t i = 0; !status && i < group[g].n; i++) {
			if (group[g].row[i].run_only)
				continue;
			yc_opt_value(&group[g], &group[g].row[i], value, sizeof(value));
			status = fn(ctx, group[g].row[i].name, value,
				yc_opt_default(&group[g].row[i]));
		}
	return status;
}

static int put_option(void *ctx, const char *name, const char *value, const char *def)
{
	(void)def;
	return yc_option_keep(ctx, name, value);
}

struct compared {
	const struct yc_meta *meta;
	const char *iterations; /* the option that may differ */
};

static int same_option(void *ctx, const char *name, const char *value, const char *def)
{
	const struct compared *with = ctx;
	const char *was = yc_option_kept(with->meta, name);

	/* A larger number of iterations continues a run; a number below those done is
	 * rejected with the position. */
	if (!strcmp(name, with->iterations))
		return YC_OK;
	if (was && !strcmp(was, value))
		return YC_OK;
	/* For an option that is newer than the checkpoint the default is what was done
	 * before.
	 */
	if (!was && !strcmp(value, def ? def : ""))
		return YC_OK;
	if (!strcmp(name, "METHOD"))
		return yc_fail(YC_FAIL, "the checkpoint is of method '%s', not '%s'",
			was ? was : "", value);
	return yc_option_differs("the checkpoint was", name, was, value);
}

const char *yc_checkpoint_kernels(const struct yc_run *run)
{
	const struct yc_method *m = &run->method->method;
	const struct yc_opts group = {.row = m->opts, .n = m->nopts, .cfg = run->cfg};

	return yc_kern_name(yc_precision_in(&group, 1));
}

/* ---- save ---- */

static int add_all(const struct yc_run *run, struct yc_record *r)
{
	uint64_t position[POSITION] = {run->it, run->unit}, n = POSITION, one = 1,
		 done = run->it ? run->it : 1;
	char goal[16];
	int status;

	snprintf(goal, sizeof(goal), "%u", *run->goal);
	status = yc_meta_set(&r->meta, "yc.kind", "checkpoint");
	if (!status)
		status = yc_meta_set(&r->meta, "yc.program", yc_version);
	if (!status)
		status = yc_meta_set(&r->meta, "yc.kernel", yc_checkpoint_kernels(run));
	if (!status)
		status = yc_meta_set(&r->meta, "yc.iterations", goal);
	if (!status)
		status = each_option(run, put_option, &r->meta);
	for (int i = 0; !status && i < run->nkept; i++) {
		const struct yc_kept *k = &run->kept[i];

		if (!yc_record_add(r, k->name, k->dtype, 1, &k->n, k->p))
			status = YC_FAIL;
	}
	if (!status && (!yc_record_add(r, "position", YC_U64, 1, &n, position) ||
			       !yc_record_add(r, "input", YC_U64, 1, &one, &run->input) ||
			       !yc_record_add(r, "log", YC_F32, 1, &done, run->log)))
		status = YC_FAIL;
	for (int i = 0; !status && i < run->nseries; i++)
		if (!yc_record_add(
			    r, run->series[i].name, YC_F32, 1, &done, run->series[i].log))
			status = YC_FAIL;
	return status;
}

int yc_checkpoint_save(const struct yc_run *run)
{
	struct yc_record r = {0};
	int status = add_all(run, &r);

	if (!status)
		status = yc_record_save(&r, run->job->cfg->checkpoint);
	yc_record_release(&r);
	return status;
}

/* ---- load ---- */

int yc_checkpoint_damaged(void)
{
	return yc_fail(YC_FAIL, "the checkpoint is damaged");
}

/* A vector, or NULL with yc_fail. */
static const struct yc_tensor *tensor(
	const struct yc_record *r, const char *name, enum yc_dtype t)
{
	const struct yc_tensor *x = yc_record_find(r, name);
	const char *program = yc_meta_get(&r->meta, "yc.program");

	if (x && x->dtype == t && x->rank == 1)
		return x;
	yc_fail(YC_FAIL,
		"tensor '%s' is missing or of another type: yc %s made the checkpoint, "
		"this is yc %s, with numbers of type %s",
		name, program ? program : "(unknown)", yc_version, YC_REAL_NAME);
	return NULL;
}

static int take_position(struct yc_run *run, const struct yc_record *r)
{
	const struct yc_tensor *x = tensor(r, "position", YC_U64),
			       *log = x ? tensor(r, "log", YC_F32) : NULL,
			       *input = log ? tensor(r, "input", YC_U64) : NULL;
	uint32_t goal = *run->goal;
	uint64_t position[POSITION];

	if (!input)
		return YC_FAIL;
	if (x->shape[0] != POSITION || input->shape[0] != 1)
		return yc_checkpoint_damaged();
	if (memcmp(input->data, &run->input, sizeof(run->input)) != 0)
		return yc_fail(
			YC_FAIL, "the checkpoint was made from other input images");
	memcpy(position, x->data, sizeof(position));
	run->it = position[0];
	run->unit = position[1];
	if (!run->method->iteration && run->it + (run->unit > 0) > goal)
		return yc_checkpoint_damaged();
	if (run->it > goal || (run->it == goal && run->unit))
		return yc_fail(YC_FAIL,
			"the checkpoint is in %s %" PRIu64 ", past --%s %u",
			run->method->iteration, run->it + 1,
			yc_run_iterations_option(run), goal);
	if (run->unit > run->units || log->shape[0] < run->it)
		return yc_checkpoint_damaged();
	memcpy(run->log, log->data, run->it * sizeof(*run->log));
	for (int i = 0; i < run->nseries; i++) {
		x = tensor(r, run->series[i].name, YC_F32);
		if (!x)
			return YC_FAIL;
		if (x->shape[0] < run->it)
			return yc_checkpoint_damaged();
		memcpy(run->series[i].log, x->data, run->it * sizeof(*run->log));
	}
	return YC_OK;
}

static int take_all(struct yc_run *run, const struct yc_record *r)
{
	struct compared with = {
		.meta = &r->meta, .iterations = yc_run_iterations_option(run)};
	int status = each_option(run, same_option, &with);

	for (int i = 0; !status && i < run->nkept; i++) {
		const struct yc_kept *k = &run->kept[i];
		const struct yc_tensor *x;

		if (k->lacks && !yc_record_find(r, k->name)) {
			*k->lacks = true;
			continue;
		}
		x = tensor(r, k->name, k->dtype);
		if (!x)
			status = YC_FAIL;
		else if (x->shape[0] != k->n)
			status = yc_fail(YC_FAIL,
				"the checkpoint is of other data: '%s' has %" PRIu64
				" elements, not %" PRIu64,
				k->name, x->shape[0], k->n);
	}
	if (!status)
		status = take_position(run, r);
	if (status)
		return status;
	for (int i = 0; i < run->nkept; i++) {
		const struct yc_tensor *x = yc_record_find(r, run->kept[i].name);

		if (x)
			memcpy(run->kept[i].p, x->data, x->bytes);
	}
	for (int i = 0; !status && i < run->nchecks; i++)
		status = run->checks[i].fn(run->checks[i].ctx);
	return status;
}

/* A checkpoint of this version, or converted to it. */
static int read_record(const struct yc_run *run, struct yc_record *r)
{
	const char *kind;

	/* Even if it is truncated: it is not the input stream. */
	if (yc_record_load(r, run->job->cfg->checkpoint, run->job->memory))
		return YC_FAIL;
	kind = yc_meta_get(&r->meta, "yc.kind");
	if (!kind || strcmp(kind, "checkpoint"))
		return yc_fail(YC_FAIL,
			"%s: exists and is not a checkpoint of yc-condense",
			run->job->cfg->checkpoint);
	return yc_checkpoint_upgrade(r);
}

int yc_checkpoint_load(struct yc_run *run)
{
	const char *path = run->job->cfg->checkpoint;
	struct yc_record r = {0};
	int status;

	if (access(path, F_OK))
		return 0;
	status = read_record(run, &r);
	if (!status) {
		status = take_all(run, &r);
		if (status)
			yc_fail_in(status, "%s", path);
		else
			yc_kernel_differs("the checkpoint was", &r.meta,
				yc_checkpoint_kernels(run), run->job->watch);
	}
	yc_record_release(&r);
	return status ? status : 1;
}

int yc_checkpoint_guard(const struct yc_run *run)
{
	const char *path = run->job->cfg->checkpoint, *goal;
	const struct yc_tensor *position;
	struct yc_record r = {0};
	int status;

	if (access(path, F_OK))
		return YC_OK;
	status = read_record(run, &r);
	goal = yc_meta_get(&r.meta, "yc.iterations");
	position = yc_record_find(&r, "position");
	if (!status && goal && position && position->dtype == YC_U64 &&
		position->bytes >= sizeof(uint64_t)) {
		uint64_t it, end;

		memcpy(&it, position->data, sizeof(it));
		if (yc_parse_u64(goal, UINT32_MAX, &end) == YC_NUMBER && it < end)
			status = yc_fail(YC_FAIL,
				"%s: holds a run that stopped in iteration %" PRIu64
				" of %s: continue it with --resume, or remove the file",
				path, it + 1, goal);
	}
	yc_record_release(&r);
	return status;
}
