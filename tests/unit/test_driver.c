/* SPDX-License-Identifier: MIT */
/* The driver of condensation runs, with a method that only counts and a clock that the
 * method turns. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/condense/driver.h"
#include "yc/mem.h"

/* ---- the method: an iteration has three steps, each adds its number to the state ---- */

enum { STEPS = 3 };

struct toy_cfg {
	uint32_t rounds, weight;
	double extra;
};

static const struct yc_opt toy_opts[] = {
	YC_OPT(struct toy_cfg, rounds, .name = "rounds", .arg = "n", .def = "4", .min = 1,
		.max = 1e6, .help = "iterations"),
	YC_OPT(struct toy_cfg, weight, .name = "weight", .arg = "n", .def = "10",
		.min = 1, .max = 1e6, .help = "seconds of a step"),
	YC_OPT(struct toy_cfg, extra, .name = "extra", .arg = "x", .def = "0", .min = 0,
		.max = 1e6, .help = "seconds of an iteration beside its steps"),
};

/* What the test sees and decides, outside of any run. */
static struct world {
	double clock, look; /* a look at the clock takes so long */
	int saves;	    /* times that a new checkpoint was there */
	ino_t seen;
	int steps, stop_after; /* steps; the watch says stop after so many, 0: never */
	uint64_t index;	       /* what the restored state must not exceed */
	char note[512], phase[64], text[64];
	uint64_t done, total;
	struct yc_watch watch;
} world;

struct toy {
	uint64_t *sum; /* [2] all steps; index */
};

static int toy_resolve(void *cfg, const struct yc_condense_job *job)
{
	(void)cfg;
	(void)job;
	return YC_OK;
}

static int toy_check(void *ctx)
{
	const struct toy *t = ctx;

	return t->sum[1] > world.index ? yc_checkpoint_damaged() : YC_OK;
}

static int toy_begin(struct yc_run *run)
{
	struct toy *t = run->state;
	const struct toy_cfg *c = run->cfg;

	t->sum = yc_calloc(2, sizeof(*t->sum));
	if (!t->sum)
		return YC_FAIL;
	run->units = STEPS;
	run->phase = "toy steps";
	yc_run_keep(run, "sum", YC_U64, t->sum, 2);
	yc_run_check(run, toy_check, t);
	yc_run_cost(run,
		&(struct yc_cost){.units = STEPS, .images = 1000, .options = {"weight"}});
	if (c->extra > 0)
		yc_run_cost(run, &(struct yc_cost){.kind = 1,
					 .units = 1,
					 .images = 10,
					 .options = {"extra"}});
	return YC_OK;
}

static int toy_fresh(struct yc_run *run)
{
	struct toy *t = run->state;

	t->sum[0] = 1000;
	return YC_OK;
}

static char path[64]; /* of the checkpoint */

static int toy_step(struct yc_run *run)
{
	struct toy *t = run->state;
	const struct toy_cfg *c = run->cfg;
	struct stat st;

	if (stat(path, &st) == 0 && st.st_ino != world.seen) {
		world.seen = st.st_ino;
		world.saves++;
	}

	/* Depends on where it is, and on what was before. */
	t->sum[0] = 7 * t->sum[0] + STEPS * run->it + run->unit;
	world.clock += c->weight;
	run->unit++;
	run->loss = (double)(10 * run->it + run->unit);
	if (++world.steps == world.stop_after)
		world.watch.stop = 1;
	if (run->unit < STEPS)
		return YC_OK;
	world.clock += c->extra;
	return YC_ITERATION;
}

static int toy_result(struct yc_run *run, struct yc_set *set)
{
	const struct toy *t = run->state;
	uint64_t one = 1;
	const int64_t value = (int64_t)t->sum[0];

	return yc_set_put(set, "sum", YC_I64, 1, &one, &value) ? YC_OK : YC_FAIL;
}

static int toy_trial(struct yc_run *run, int kind, int images)
{
	const struct toy_cfg *c = run->cfg;

	world.clock += kind ? c->extra * images / 10 : (double)c->weight * images / 1000;
	return YC_OK;
}

static void toy_end(struct yc_run *run)
{
	struct toy *t = run->state;

	yc_free(t->sum);
}

static const struct yc_condenser toy = {
	.method = {.name = "toy",
		.summary = "counts",
		.opts = toy_opts,
		.nopts = YC_COUNT(toy_opts),
		.cfg_size = sizeof(struct toy_cfg)},
	.iterations = offsetof(struct toy_cfg, rounds),
	.iteration = "round",
	.size = sizeof(struct toy),
	.resolve = toy_resolve,
	.begin = toy_begin,
	.fresh = toy_fresh,
	.step = toy_step,
	.result = toy_result,
	.trial = toy_trial,
	.end = toy_end,
};

/* The same without rounds: one of them is the run. */
static const struct yc_condenser once = {
	.method = {.name = "once",
		.summary = "counts once",
		.opts = toy_opts,
		.nopts = YC_COUNT(toy_opts),
		.cfg_size = sizeof(struct toy_cfg)},
	.size = sizeof(struct toy),
	.resolve = toy_resolve,
	.begin = toy_begin,
	.fresh = toy_fresh,
	.step = toy_step,
	.result = toy_result,
	.trial = toy_trial,
	.end = toy_end,
};

/* ---- the world around it ---- */

static double now(struct yc_watch *w)
{
	(void)w;
	return world.clock += world.look;
}

static void note(struct yc_watch *w, const char *text)
{
	(void)w;
	snprintf(world.note, sizeof(world.note), "%s", text);
}

static void tick(struct yc_watch *w, const char *phase, uint64_t done, uint64_t total,
	const char *text)
{
	(void)w;
	snprintf(world.phase, sizeof(world.phase), "%s", phase);
	snprintf(world.text, sizeof(world.text), "%s", text);
	world.done = done;
	world.total = total;
}

struct bench {
	const struct yc_condenser *method;
	struct toy_cfg toy;
	struct yc_condense_cfg cfg;
	struct yc_condense_job job;
	struct yc_set real, out;
	int snapshots;
	int64_t snapshot_sum;
	uint32_t snapshot_rounds;
};

static int keep_snapshot(void *ctx, uint32_t iteration, const struct yc_set *set)
{
	struct bench *b = ctx;

	b->snapshots++;
	b->snapshot_rounds = b->toy.rounds;
	b->snapshot_sum = *(const int64_t *)yc_set_col(set, "sum")->data;
	assert_int_equal(iteration, b->toy.rounds);
	return YC_OK;
}

static void open_bench(struct bench *b)
{
	uint64_t shape[4] = {2, 1, 2, 2};
	const uint8_t pixels[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	const int64_t label[2] = {0, 1};

	*b = (struct bench){.method = &toy,
		.toy = {.rounds = 4, .weight = 10},
		.cfg = {.ipc = 1, .time_limit = NAN, .checkpoint_every = 1e9}};
	world = (struct world){
		.index = 5, .watch = {.now = now, .note = note, .tick = tick}};
	b->job = (struct yc_condense_job){.cfg = &b->cfg,
		.real = &b->real,
		.threads = 1,
		.watch = &world.watch,
		.snapshot = keep_snapshot,
		.ctx = b};
	b->real.head = (struct yc_head){.classes = 2,
		.side = 2,
		.factor = 1,
		.nmean = 1,
		.mean = {0.5},
		.std = {0.25}};
	assert_non_null(yc_set_put(&b->real, "image", YC_U8, 4, shape, pixels));
	assert_non_null(yc_set_put(&b->real, "label", YC_I64, 1, shape, label));
	unlink(path);
}

static void close_bench(struct bench *b)
{
	yc_set_release(&b->real);
	unlink(path);
}

static int run_toy(struct bench *b)
{
	world.steps = 0;
	world.watch.stop = 0;
	return yc_condense(&b->method->method, &b->toy, &b->job, &b->out);
}

/* Of a run that must succeed: the sum. */
static int64_t sum_of(struct bench *b)
{
	int64_t sum;

	if (run_toy(b) < 0)
		fail_msg("%s", yc_errmsg());
	sum = *(const int64_t *)yc_set_col(&b->out, "sum")->data;
	yc_set_release(&b->out);
	return sum;
}

/* Of so many rounds without any interruption. */
static int64_t reference(uint32_t rounds)
{
	uint64_t sum = 1000; /* it wraps */

	for (uint32_t i = 0; i < STEPS * rounds; i++)
		sum = 7 * sum + i;
	return (int64_t)sum;
}

/* ---- tests ---- */

static void steps_come_in_order_and_the_log_has_every_iteration(void **state)
{
	static const float want[4] = {3, 13, 23, 33};
	struct bench b;

	(void)state;
	open_bench(&b);
	b.cfg.save_every = 2;
	assert_int_equal(run_toy(&b), YC_OK);
	assert_int_equal(*(int64_t *)yc_set_col(&b.out, "sum")->data, reference(4));
	assert_int_equal(b.out.npassthrough, 1);
	assert_memory_equal(yc_record_find(&b.out.passthrough[0], "condense.loss")->data,
		want, sizeof(want));
	/* The last snapshot is the result; options say how long a run it is. */
	assert_int_equal(b.snapshots, 2);
	assert_int_equal(b.snapshot_sum, reference(4));
	assert_int_equal(b.snapshot_rounds, 4);
	assert_string_equal(world.phase, "toy steps");
	assert_string_equal(world.text, "round 4 loss 33");
	assert_int_equal(world.done, 12);
	assert_int_equal(world.total, 12);
	yc_set_release(&b.out);
	close_bench(&b);
}

static void a_run_stopped_after_any_step_resumes_to_the_same(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b);
	b.cfg.checkpoint = path;
	for (int k = 1; k < 4 * STEPS; k++) {
		unlink(path);
		b.cfg.resume = false;
		world.stop_after = k;
		assert_int_equal(run_toy(&b), YC_FAIL);
		assert_non_null(strstr(yc_errmsg(), "continue with --resume"));
		world.stop_after = 0;
		/* Not overwritten without --resume. */
		assert_int_equal(run_toy(&b), YC_FAIL);
		assert_non_null(strstr(yc_errmsg(), "stopped in iteration"));
		b.cfg.resume = true;
		assert_int_equal(sum_of(&b), reference(4));
		assert_int_equal(world.steps, 4 * STEPS - k);
	}
	/* A finished run goes on to more iterations, and not back to fewer. */
	b.toy.rounds = 6;
	assert_int_equal(sum_of(&b), reference(6));
	assert_int_equal(world.steps, 2 * STEPS);
	b.toy.rounds = 5;
	assert_int_equal(run_toy(&b), YC_FAIL);
	assert_non_null(strstr(
		yc_errmsg(), "/ck: the checkpoint is in round 7, past --rounds 5"));
	b.cfg.checkpoint = NULL;
	b.cfg.resume = false;
	world.stop_after = 2;
	assert_int_equal(run_toy(&b), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "nothing saved"));
	close_bench(&b);
}

/* Writes a checkpoint of a run stopped after 4 steps, changed by `change`, and resumes it. */
static void damaged(
	struct bench *b, void (*change)(struct yc_record *r), const char *message)
{
	struct yc_record r;

	unlink(path);
	b->cfg.checkpoint = path;
	b->cfg.resume = false;
	world.stop_after = 4;
	assert_int_equal(run_toy(b), YC_FAIL);
	world.stop_after = 0;
	assert_int_equal(yc_record_load(&r, path, 0), YC_OK);
	change(&r);
	assert_int_equal(yc_record_save(&r, path), YC_OK);
	yc_record_release(&r);
	b->cfg.resume = true;
	assert_int_equal(run_toy(b), YC_FAIL);
	if (!strstr(yc_errmsg(), message))
		fail_msg("'%s' is not in '%s'", message, yc_errmsg());
}

static void large_index(struct yc_record *r)
{
	((uint64_t *)yc_record_find(r, "sum")->data)[1] = 6;
}

static void far_unit(struct yc_record *r)
{
	((uint64_t *)yc_record_find(r, "position")->data)[1] = STEPS + 1;
}

static void far_iteration(struct yc_record *r)
{
	((uint64_t *)yc_record_find(r, "position")->data)[0] = UINT64_MAX;
}

static void short_log(struct yc_record *r)
{
	((uint64_t *)yc_record_find(r, "position")->data)[0] = 3;
}

static void other_type(struct yc_record *r)
{
	uint64_t two = 2;

	assert_non_null(yc_record_add(r, "sum", YC_F64, 1, &two, NULL));
	assert_int_equal(yc_meta_set(&r->meta, "yc.program", "9.9.9"), YC_OK);
}

static void other_size(struct yc_record *r)
{
	uint64_t three = 3;

	assert_non_null(yc_record_add(r, "sum", YC_U64, 1, &three, NULL));
}

static void other_input(struct yc_record *r)
{
	*(uint64_t *)yc_record_find(r, "input")->data += 1;
}

static void other_method(struct yc_record *r)
{
	assert_int_equal(yc_meta_set(&r->meta, "yc.option.METHOD", "idc"), YC_OK);
}

static void other_setting(struct yc_record *r)
{
	assert_int_equal(yc_meta_set(&r->meta, "yc.option.weight", "11"), YC_OK);
}

static void no_checkpoint(struct yc_record *r)
{
	yc_meta_drop(&r->meta, "yc.kind");
}

static void a_checkpoint_is_not_trusted(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b);
	damaged(&b, large_index, "/ck: the checkpoint is damaged");
	damaged(&b, far_unit, "damaged");
	damaged(&b, far_iteration, "past --rounds 4");
	damaged(&b, short_log, "damaged");
	damaged(&b, other_type,
		"tensor 'sum' is missing or of another type: yc 9.9.9 made");
	damaged(&b, other_size, "'sum' has 3 elements, not 2");
	damaged(&b, other_input, "made from other input images");
	damaged(&b, other_method, "is of method 'idc', not 'toy'");
	damaged(&b, other_setting, "was made with --weight 11, this run has --weight 10");
	damaged(&b, no_checkpoint, "is not a checkpoint of yc-condense");
	close_bench(&b);
}

static void a_time_limit_ends_a_run_after_an_iteration(void **state)
{
	struct bench b;
	double before;

	(void)state;
	open_bench(&b);
	b.toy.rounds = 100;
	b.cfg.checkpoint = path;
	/* 30 seconds each, and what was measured counts, too. */
	b.cfg.time_limit = 100;
	assert_int_equal(sum_of(&b), reference(3));
	assert_int_equal(b.toy.rounds, 3);
	assert_string_equal(world.note, "time limit: 3 of 100 rounds done");
	/* The progress line knew. */
	assert_int_equal(world.total, 3 * STEPS);
	/* A resumed run has the whole time once more. */
	b.toy.rounds = 100;
	b.cfg.resume = true;
	before = world.clock;
	assert_int_equal(sum_of(&b), reference(6));
	assert_true(world.clock - before > 90 && world.clock - before <= 100);
	/* In the middle of an iteration: what is left of it need fit, no more. */
	world.stop_after = 2;
	b.toy.rounds = 100;
	assert_int_equal(run_toy(&b), YC_FAIL);
	world.stop_after = 0;
	b.cfg.time_limit = 20;
	assert_int_equal(sum_of(&b), reference(7));
	close_bench(&b);
}

static void a_limit_that_cannot_be_met_is_refused_with_settings_that_fit(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b);
	b.cfg.checkpoint = path;
	b.cfg.time_limit = 20;
	assert_int_equal(run_toy(&b), YC_FAIL);
	assert_string_equal(yc_errmsg(),
		"--time-limit 20s: not one round fits, which takes about 30 seconds: "
		"--weight 6 would fit, or --time-limit 34s");
	assert_int_equal(world.steps, 0);
	assert_int_not_equal(access(path, F_OK), 0);
	/* It does. */
	b.toy.weight = 6;
	assert_int_equal(sum_of(&b), reference(1));

	b.toy = (struct toy_cfg){.rounds = 4, .weight = 10, .extra = 300};
	b.cfg.checkpoint = NULL;
	assert_int_equal(run_toy(&b), YC_FAIL);
	assert_string_equal(yc_errmsg(),
		"--time-limit 20s: not one round fits, which takes about 5.5 minutes: "
		"--weight 1 --extra 15 would fit, or --time-limit 7m");
	b.cfg.time_limit = 2;
	assert_int_equal(run_toy(&b), YC_FAIL);
	assert_non_null(
		strstr(yc_errmsg(), "lower settings do not help, a smaller network"));
	close_bench(&b);
}

static void a_dry_run_only_measures(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b);
	b.toy.weight = 11;
	b.cfg.dry_run = true;
	b.cfg.checkpoint = path;
	assert_int_equal(run_toy(&b), YC_OK);
	assert_int_equal(world.steps, 0);
	assert_int_equal(b.out.ncols, 0);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_string_equal(b.job.estimate.text,
		"memory  0 MB\ntime    33 seconds per round, 2.2 minutes for 4\n");
	assert_true(b.job.estimate.run > 131 && b.job.estimate.run < 133);
	assert_string_equal(world.note, "");
	/* Without a dry run it is told. */
	b.cfg.dry_run = false;
	assert_int_equal(sum_of(&b), reference(4));
	assert_string_equal(world.note,
		"takes 0 MB; one round about 33 seconds, this run 2.2 minutes for 4");
	/* Without a clock nothing is measured. */
	world.watch.now = NULL;
	b.cfg.dry_run = true;
	unlink(path);
	assert_int_equal(run_toy(&b), YC_OK);
	assert_string_equal(b.job.estimate.text, "memory  0 MB\ntime    unknown\n");
	close_bench(&b);
}

/* A checkpoint takes a second here, or two looks at the clock. */
static void short_iterations_do_not_spend_their_time_on_checkpoints(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b);
	b.cfg.checkpoint = path;
	b.toy = (struct toy_cfg){.rounds = 20, .weight = 100};
	assert_int_equal(sum_of(&b), reference(20));
	assert_int_equal(world.saves, 20); /* the last one nobody saw */
	b.toy = (struct toy_cfg){.rounds = 200, .weight = 1};
	world.look = 0.5;
	world.saves = 0;
	assert_int_equal(sum_of(&b), reference(200));
	assert_in_range(world.saves, 10, 60);
	/* Often, if asked for: it is saved between steps, too. */
	b.toy.rounds = 20;
	b.cfg.checkpoint_every = 0;
	world.saves = 0;
	assert_int_equal(sum_of(&b), reference(20));
	assert_true(world.saves > 40);
	close_bench(&b);
}

static void a_method_without_iterations_is_a_run_of_one(void **state)
{
	struct bench b;

	(void)state;
	open_bench(&b);
	b.method = &once;
	b.toy.rounds = 1; /* not its number of iterations, but what snapshots look at */
	b.cfg.checkpoint = path;
	b.cfg.save_every = 1;
	for (int k = 1; k < STEPS; k++) {
		unlink(path);
		b.cfg.resume = false;
		world.stop_after = k;
		assert_int_equal(run_toy(&b), YC_FAIL);
		world.stop_after = 0;
		b.cfg.resume = true;
		b.snapshots = 0;
		assert_int_equal(sum_of(&b), reference(1));
		assert_int_equal(world.steps, STEPS - k);
		assert_int_equal(b.snapshots, 1);
		assert_int_equal(b.snapshot_sum, reference(1));
		/* It was finished: the result without a step. */
		assert_int_equal(sum_of(&b), reference(1));
		assert_int_equal(world.steps, 0);
	}
	b.cfg.resume = false;
	b.cfg.checkpoint = NULL;
	b.toy.rounds = 7;
	b.cfg.save_every = 0;
	assert_int_equal(run_toy(&b), YC_OK);
	assert_int_equal(*(int64_t *)yc_set_col(&b.out, "sum")->data, reference(1));
	/* There is nothing to be logged. */
	assert_int_equal(b.out.npassthrough, 0);
	assert_string_equal(world.text, "");
	yc_set_release(&b.out);
	b.cfg.dry_run = true;
	assert_int_equal(run_toy(&b), YC_OK);
	assert_non_null(strstr(b.job.estimate.text, "\ntime    30 seconds\n"));
	b.cfg.time_limit = 20;
	assert_int_equal(run_toy(&b), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "not one run fits, which takes about 30 s"));
	close_bench(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_come_in_order_and_the_log_has_every_iteration),
		cmocka_unit_test(a_run_stopped_after_any_step_resumes_to_the_same),
		cmocka_unit_test(a_checkpoint_is_not_trusted),
		cmocka_unit_test(a_time_limit_ends_a_run_after_an_iteration),
		cmocka_unit_test(
			a_limit_that_cannot_be_met_is_refused_with_settings_that_fit),
		cmocka_unit_test(a_dry_run_only_measures),
		cmocka_unit_test(short_iterations_do_not_spend_their_time_on_checkpoints),
		cmocka_unit_test(a_method_without_iterations_is_a_run_of_one),
	};

	char folder[] = "/tmp/test_driver.XXXXXX";
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/ck", folder);
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(folder);
	return failed;
}
