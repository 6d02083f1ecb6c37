/* SPDX-License-Identifier: MIT */
/* The networks of gradient matching: how each one starts, what is written of them, where a
 * run may stop, and who may read them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/train/internal.h"
#include "lib/train/trajectory_id.h"
#include "tests/unit/scratch.h"
#include "yc/kern.h"

/* 23 small pictures of 3 classes: three batches of 8 a pass, the last one of 7. */
enum { N = 23, SIDE = 8, CLASSES = 3, CHANNELS = 3 };
/* Outer and inner iterations. Two of the former share a network, which takes 0.4 epochs, that
 * is 1.2 or 2 steps, before it is used, and two steps in each of the latter but the last. */
enum { OUTER = 3, INNER = 3, STEPS = 2 * 2 + OUTER * INNER * 2 - 2 };

static const struct yc_trajectory_cfg small = {.net = "convnet",
	.precision = "exact",
	.net_aug = "color_crop",
	.width = 5,
	.depth = 2,
	.inner = INNER,
	.net_batch = 8,
	.n_data = 12,
	.fix_iter = 2,
	.net_lr = 0.01,
	.net_momentum = 0.9,
	.net_decay = 5e-4,
	.early = 0.4,
	.mix_p = 0.5};

static struct yc_set set;
static struct yc_data data;

static void same_content(const char *a, const char *b)
{
	size_t n, m;
	unsigned char *p = content(a, &n), *q = content(b, &m);

	assert_int_equal(n, m);
	assert_memory_equal(p, q, n);
	yc_free(p);
	yc_free(q);
}

/* ---- settings and starts ---- */

static void settings_follow_the_side_of_the_images(void **state)
{
	static const struct {
		int side;
		const char *net;
		uint32_t n_data;
		double early, mix_p;
	} row[] = {{32, "convnet", 2000, 0, 0.5}, {64, "convnet", 2000, 0, 0.5},
		{65, "resnet10ap", 500, 10, 1}, {224, "resnet10ap", 500, 10, 1}};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(row); i++) {
		const struct yc_data images = {.side = row[i].side};
		struct yc_trajectory_cfg open = {.early = NAN, .mix_p = NAN},
					 given = {.net = "densenet",
						 .inner = 7,
						 .n_data = 8};

		yc_trajectory_resolve(&open, &images);
		assert_string_equal(open.net, row[i].net);
		assert_int_equal(open.inner, 100);
		assert_int_equal(open.n_data, row[i].n_data);
		assert_true(open.early == row[i].early && open.mix_p == row[i].mix_p);
		yc_trajectory_resolve(&given, &images);
		assert_string_equal(given.net, "densenet");
		assert_int_equal(given.inner, 7);
		assert_int_equal(given.n_data, 8);
		assert_true(given.early == 0 && given.mix_p == 0);
	}
}

/* The network of an outer iteration, by its name in yc-methods(7), "RANDOM STREAMS". */
static void starts_as(const struct yc_trajectory *t, uint64_t it)
{
	const struct yc_rng root = yc_rng_new(5, "condense");
	const size_t nw = yc_net_size(t->trainer.net);
	yc_real *w = yc_calloc(nw, sizeof *w);

	yc_net_init(t->trainer.net, w, yc_rng_fork(&root, "init-net", it));
	assert_memory_equal(t->trainer.w, w, nw * sizeof *w);
	assert_int_equal(t->trainer.steps, 0);
	for (size_t i = 0; i < nw; i++)
		assert_true(t->trainer.m[i] == 0);
	yc_free(w);
}

static void each_network_starts_afresh(void **state)
{
	struct yc_trajectory t;
	struct yc_net *net;

	(void)state;
	assert_int_equal(yc_trajectory_net(&net, &small, &data), YC_OK);
	assert_int_equal(yc_net_config(net)->width, 5);
	assert_int_equal(yc_net_config(net)->depth, 2);
	assert_int_equal(yc_net_config(net)->precision, YC_EXACT);
	assert_int_equal(yc_net_config(net)->classes, CLASSES);
	assert_int_equal(yc_trajectory_new(&t, &small, net, &data, 5, 1), YC_OK);
	assert_int_equal(t.early_steps, 2);
	starts_as(&t, 0);
	for (uint64_t it = 1; it < 3; it++) {
		assert_int_equal(yc_trajectory_step(&t), YC_OK);
		assert_true(t.trainer.m[0] != 0);
		yc_trajectory_renew(&t, it);
		starts_as(&t, it);
	}
	yc_trajectory_release(&t);
	yc_net_free(net);
}

/* ---- writing ---- */

/* A clock that goes on whenever it is read; what is said meanwhile; stops after so many
 * ticks. */
struct listener {
	struct yc_watch watch;
	double clock, pace;
	int notes, ticks, stop_after;
	uint64_t done, total;
	char text[128];
	/* a file, which is replaced so often */
	const char *file;
	ino_t inode;
	int saves;
};

static struct listener *listener(struct yc_watch *w)
{
	return (struct listener *)((char *)w - offsetof(struct listener, watch));
}

static double now(struct yc_watch *w)
{
	return listener(w)->clock += listener(w)->pace;
}

static void note(struct yc_watch *w, const char *text)
{
	listener(w)->notes++;
	snprintf(listener(w)->text, sizeof listener(w)->text, "%s", text);
}

static void tick(struct yc_watch *w, const char *phase, uint64_t done, uint64_t total,
	const char *text)
{
	struct listener *l = listener(w);
	struct stat st;

	(void)text;
	assert_string_equal(phase, "network steps");
	/* A batch of seven counts with the next. */
	assert_true(done >= l->done && done <= l->done + 2);
	l->done = done;
	l->total = total;
	if (l->file && stat(l->file, &st) == 0 && st.st_ino != l->inode) {
		l->inode = st.st_ino;
		l->saves++;
	}
	if (++l->ticks == l->stop_after)
		w->stop = 1;
}

/* Writes until all is done or the listener stops it; the stream goes to `name`. */
static int run(const char *checkpoint, double every, bool resume, const char *name,
	uint32_t outer, struct listener *l)
{
	static const struct yc_opts none = {.n = 0};
	const struct yc_snapshots_cfg cfg = {.checkpoint = checkpoint,
		.checkpoint_every = every,
		.resume = resume,
		.opts = &none,
		.more = "outer",
		.seed = 5,
		.memory = 1 << 30,
		.threads = 1};
	const struct yc_writer_cfg to = {.path = path_of(name), .level = -1};
	struct yc_writer *w;
	int status;

	assert_int_equal(yc_writer_open(&w, &to), YC_OK);
	status = yc_trajectory_write(&cfg, &small, outer, &set, &data, w, &l->watch);
	if (status < 0)
		yc_writer_abort(w);
	else
		assert_int_equal(yc_writer_close(w), YC_OK);
	return status;
}

static int right(const struct yc_trainer *t)
{
	int n = 0;

	for (int b = 0; b < t->n; b++) {
		const yc_real *z = t->logits + b * CLASSES;
		int best = z[1] > z[0];

		best = z[2] > z[best] ? 2 : best;
		n += best == data.label[t->idx[b]];
	}
	return n;
}

/* A step by hand, and the sums of what is written with the next network. */
struct sums {
	double loss;
	int right, images, seen;
};

static void step(struct yc_trajectory *t, struct sums *s)
{
	assert_int_equal(yc_trajectory_step(t), YC_OK);
	s->loss += t->trainer.loss * t->trainer.n;
	s->right += right(&t->trainer);
	s->images += t->trainer.n;
	s->seen += t->trainer.n;
}

static void check_network(struct yc_nets *nets, const struct yc_trajectory *t, int outer,
	int inner, const struct sums *s)
{
	const size_t nw = yc_net_size(t->trainer.net);
	yc_real *w = yc_calloc(nw, sizeof *w);
	struct yc_snapshot about;
	struct yc_record *rec;

	assert_int_equal(yc_nets_next(nets, &about, &rec), 1);
	assert_int_equal(yc_net_fetch(t->trainer.net, w, rec), YC_OK);
	for (size_t i = 0; i < nw; i++)
		assert_true((float)w[i] == (float)t->trainer.w[i]);
	assert_int_equal(about.outer, outer + 1);
	assert_int_equal(about.inner, inner + 1);
	assert_int_equal(about.network, outer / 2 + 1);
	assert_int_equal(about.epoch, t->trainer.steps / 3);
	assert_int_equal(about.seed, 5);
	assert_int_equal(isnan(about.loss), s->images == 0);
	if (s->images) {
		assert_true(fabs(about.loss - s->loss / s->images) < 1e-5);
		assert_true(fabs(about.accuracy - (double)s->right / s->images) < 1e-5);
	}
	yc_free(w);
}

static void what_is_written_is_what_steps_give(void **state)
{
	struct listener l = {.watch = {.tick = tick}};
	struct yc_trajectory t;
	struct yc_snapshot about;
	struct yc_record *rec;
	struct yc_nets *nets;
	struct yc_net *net;

	(void)state;
	assert_int_equal(run(NULL, 0, false, "whole", OUTER, &l), YC_OK);
	/* and one tick for each network */
	assert_int_equal(l.ticks, STEPS + OUTER * INNER);
	assert_int_equal(l.done, STEPS);
	assert_int_equal(l.total, STEPS);
	assert_int_equal(yc_nets_open(&nets, path_of("whole"), NULL), YC_OK);
	assert_int_equal(yc_trajectory_net(&net, &small, &data), YC_OK);
	assert_int_equal(yc_trajectory_new(&t, &small, net, &data, 5, 2), YC_OK);
	struct sums s = {0};

	for (int outer = 0; outer < OUTER; outer++) {
		if (outer % 2 == 0) {
			yc_trajectory_renew(&t, (uint64_t)outer);
			s = (struct sums){0};
			step(&t, &s);
			step(&t, &s);
		}
		for (int inner = 0; inner < INNER; inner++) {
			check_network(nets, &t, outer, inner, &s);
			for (s = (struct sums){0}; s.seen < 12;)
				step(&t, &s);
		}
	}
	assert_int_equal(yc_nets_next(nets, &about, &rec), 0);
	yc_nets_close(nets);
	yc_trajectory_release(&t);
	yc_net_free(net);
}

static void a_long_run_says_once_how_long(void **state)
{
	(void)state;
	for (int hurry = 0; hurry < 2; hurry++) {
		struct listener l = {.watch = {.now = now, .note = note, .tick = tick},
			.pace = hurry ? 0.1 : 60};

		assert_int_equal(run(NULL, 0, false, "whole", OUTER, &l), YC_OK);
		assert_int_equal(l.notes, !hurry);
		if (hurry)
			continue;
		/* Five steps of twenty and two networks took seven minutes. */
		assert_true(strncmp(l.text, "networks of 3 outer iterations: about 21",
				    40) == 0);
		assert_non_null(strstr(l.text, " minutes, "));
	}
}

/* ---- checkpoints ---- */

static void forget_checkpoint(void)
{
	static const char *const names[] = {"ck/run", "ck/1.yct", "ck/1.state", "ck"};

	for (size_t i = 0; i < YC_COUNT(names); i++)
		(void)remove(path_of(names[i]));
}

static void a_run_may_stop_after_any_step(void **state)
{
	struct listener l = {.pace = 1};
	char ck[128];

	(void)state;
	assert_int_equal(run(NULL, 0, false, "whole", OUTER, &l), YC_OK);
	snprintf(ck, sizeof ck, "%s", path_of("ck"));
	for (int stop = 1; stop < STEPS + OUTER * INNER; stop++) {
		struct listener first = {.watch = {.tick = tick}, .stop_after = stop};

		/* 0: only when stopped; else also after steps before. */
		assert_int_equal(
			run(ck, stop % 2 ? 1e9 : 0, false, "part", OUTER, &first),
			YC_FAIL);
		assert_non_null(strstr(yc_errmsg(), "--resume continues"));
		/* and again when it is finished */
		for (int again = 0; again < 2; again++) {
			assert_int_equal(run(ck, 0, true, "part", OUTER, &l), YC_OK);
			same_content("whole", "part");
		}
		forget_checkpoint();
	}
}

/* The clock is read twice between steps, and once when the state is saved. */
static void the_state_is_saved_from_time_to_time(void **state)
{
	static const struct {
		double every;
		int saves;
	} row[] = {{0, STEPS + OUTER * INNER - 1}, {20, 2}, {1e9, 0}};
	char ck[128], path[128];

	(void)state;
	snprintf(ck, sizeof ck, "%s", path_of("ck"));
	snprintf(path, sizeof path, "%s", path_of("ck/1.state"));
	for (size_t i = 0; i < YC_COUNT(row); i++) {
		struct listener l = {
			.watch = {.now = now, .tick = tick}, .pace = 1, .file = path};

		assert_int_equal(run(ck, row[i].every, false, "part", OUTER, &l), YC_OK);
		assert_int_equal(l.saves, row[i].saves);
		forget_checkpoint();
	}
}

static void a_damaged_position_is_refused(void **state)
{
	/* outer, inner, early, written, seen: all but one agree on four networks. */
	static const struct {
		uint64_t at[5];
		const char *message;
	} row[] = {
		{{0, INNER, 0, 1, 8}, "the checkpoint is damaged"},
		{{1, 0, 3, 1, 8}, "the checkpoint is damaged"},
		{{0, 2, 0, 2, 8}, "the checkpoint is damaged"},
		{{1, 0, 0, 1, 12}, "the checkpoint is damaged"},
		{{1, 1, 0, 1, 8}, "the checkpoint is damaged"},
		/* three times so many, and two, are four again */
		{{UINT64_MAX / 3 + 1, 1, 0, 1, 8}, "the checkpoint is damaged"},
		{{1, 0, 0, 1, 8}, NULL},
	};
	struct listener stop = {.watch = {.tick = tick}, .stop_after = 13},
			l = {.pace = 1};
	char ck[128], path[128];

	(void)state;
	snprintf(ck, sizeof ck, "%s", path_of("ck"));
	snprintf(path, sizeof path, "%s", path_of("ck/1.state"));
	assert_int_equal(run(ck, 1e9, false, "part", OUTER, &stop), YC_FAIL);
	for (size_t i = 0; i < YC_COUNT(row); i++) {
		struct yc_record r = {0};
		struct yc_tensor *at;

		assert_int_equal(yc_record_load(&r, path, 0), YC_OK);
		at = yc_record_find(&r, "position");
		assert_non_null(at);
		memcpy(at->data, row[i].at, sizeof row[i].at);
		assert_int_equal(yc_record_save(&r, path), YC_OK);
		yc_record_release(&r);
		assert_int_equal(run(ck, 1e9, true, "part", OUTER, &l),
			row[i].message ? YC_FAIL : YC_OK);
		if (row[i].message)
			assert_non_null(strstr(yc_errmsg(), row[i].message));
	}
	assert_int_equal(run(ck, 1e9, true, "part", 1, &l), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "past --outer 1"));
	forget_checkpoint();
}

/* ---- reading ---- */

/* A stream of a head, a record of somebody else's, what two iterations depend on, and the
 * first network of them, if any. */
static void promise(const struct yc_trajectory_id *id, const char *name, const yc_real *w)
{
	const struct yc_snapshot first = {.network = 1, .outer = 1, .inner = 1};
	const struct yc_writer_cfg to = {.path = path_of(name), .level = -1};
	struct yc_record head = {0}, other = {0}, r = {0}, net = {0};
	struct yc_writer *to_file;

	assert_int_equal(yc_nets_make_head(&head, &set), YC_OK);
	assert_int_equal(yc_meta_set(&other.meta, "yc.kind", "diary"), YC_OK);
	assert_int_equal(yc_trajectory_describe(&r, id), YC_OK);
	assert_string_equal(yc_meta_get(&r.meta, "yc.kernel"), yc_kern_name(YC_EXACT));
	assert_int_equal(yc_writer_open(&to_file, &to), YC_OK);
	assert_int_equal(yc_writer_put(to_file, &head), YC_OK);
	assert_int_equal(yc_writer_put(to_file, &other), YC_OK);
	assert_int_equal(yc_writer_put(to_file, &r), YC_OK);
	if (w) {
		assert_int_equal(yc_snapshot_store(&net, id->net, w, &first), YC_OK);
		assert_int_equal(yc_writer_put(to_file, &net), YC_OK);
	}
	assert_int_equal(yc_writer_end(to_file), YC_OK);
	assert_int_equal(yc_writer_close(to_file), YC_OK);
	yc_record_release(&head);
	yc_record_release(&other);
	yc_record_release(&r);
	yc_record_release(&net);
}

static void networks_that_are_promised_have_to_follow_and_be_sane(void **state)
{
	/* what these are where nothing is said */
	struct yc_trajectory_cfg cfg = small, same;
	struct yc_trajectory_id id = {.cfg = &cfg, .data = &data, .outer = 2, .seed = 5};
	struct yc_trajectory_reader *r;
	struct yc_net *net;
	yc_real *w;

	(void)state;
	cfg.width = cfg.depth = 0;
	assert_int_equal(yc_trajectory_net(&net, &cfg, &data), YC_OK);
	id.net = net;
	promise(&id, "part", NULL);
	same = cfg;
	same.width = 128;
	same.depth = 3;
	id.cfg = &same;
	assert_int_equal(yc_trajectory_open(&r, path_of("part"), &id, NULL, NULL), YC_OK);
	w = yc_calloc(yc_net_size(net), sizeof *w);
	assert_int_equal(yc_trajectory_read(r, 0, 0, w), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "fewer networks than it promises"));
	yc_trajectory_close(r);
	w[3] = (yc_real)NAN;
	promise(&id, "part", w);
	assert_int_equal(yc_trajectory_open(&r, path_of("part"), &id, NULL, NULL), YC_OK);
	assert_int_equal(yc_trajectory_read(r, 0, 0, w), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "not finite"));
	yc_trajectory_close(r);
	yc_free(w);
	yc_net_free(net);
}

/* Later networks are found, those before the last one read are not asked for, and one may be
 * asked for again. */
static void networks_are_skipped_but_not_mistaken(void **state)
{
	struct listener l = {.pace = 1};
	struct yc_trajectory_id id = {
		.cfg = &small, .data = &data, .outer = OUTER, .seed = 5};
	struct yc_trajectory_reader *r;
	struct yc_snapshot about;
	struct yc_record *rec;
	struct yc_nets *nets;
	struct yc_net *net;
	yc_real *w, *want;
	size_t nw;

	(void)state;
	assert_int_equal(run(NULL, 0, false, "whole", OUTER, &l), YC_OK);
	assert_int_equal(yc_trajectory_net(&net, &small, &data), YC_OK);
	id.net = net;
	nw = yc_net_size(net);
	w = yc_calloc(nw, sizeof *w);
	want = yc_calloc(nw, sizeof *want);
	assert_int_equal(
		yc_trajectory_open(&r, path_of("whole"), &id, NULL, NULL), YC_OK);
	assert_int_equal(yc_nets_open(&nets, path_of("whole"), NULL), YC_OK);
	for (int i = 0; i < OUTER * INNER; i++) {
		assert_int_equal(yc_nets_next(nets, &about, &rec), 1);
		if (i % 4 != 1)
			continue;
		assert_int_equal(yc_net_fetch(net, want, rec), YC_OK);
		for (int again = 0; again < 2; again++) {
			assert_int_equal(yc_trajectory_read(r, (uint64_t)(i / INNER),
						 (uint64_t)(i % INNER), w),
				YC_OK);
			assert_memory_equal(w, want, nw * sizeof *w);
		}
	}
	yc_nets_close(nets);
	yc_trajectory_close(r);
	yc_net_free(net);
	yc_free(w);
	yc_free(want);
}

static int make(void **state)
{
	const uint64_t shape[4] = {N, CHANNELS, SIDE, SIDE};
	struct yc_rng rng = yc_rng_new(7, "pictures");
	struct yc_tensor *image, *label;

	(void)state;
	set = (struct yc_set){.head = {.classes = CLASSES, .side = SIDE, .factor = 1}};
	image = yc_set_put(&set, "image", YC_U8, 4, shape, NULL);
	if (!make_scratch("trajectory") || !image ||
		yc_head_store(&set.head, &set.meta) < 0)
		return -1;
	for (size_t i = 0; i < image->bytes; i++)
		((uint8_t *)image->data)[i] = (uint8_t)yc_rng_below(&rng, 256);
	/* A column that is put moves those before. */
	label = yc_set_put(&set, "label", YC_I64, 1, shape, NULL);
	if (!label)
		return -1;
	for (int i = 0; i < N; i++)
		((int64_t *)label->data)[i] = yc_rng_below(&rng, CLASSES);
	return yc_data_new(&data, &set);
}

static int remove_all(void **state)
{
	(void)state;
	forget_checkpoint();
	(void)remove(path_of("whole"));
	(void)remove(path_of("part"));
	yc_data_release(&data);
	yc_set_release(&set);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(settings_follow_the_side_of_the_images),
		cmocka_unit_test(each_network_starts_afresh),
		cmocka_unit_test(what_is_written_is_what_steps_give),
		cmocka_unit_test(a_long_run_says_once_how_long),
		cmocka_unit_test(a_run_may_stop_after_any_step),
		cmocka_unit_test(the_state_is_saved_from_time_to_time),
		cmocka_unit_test(a_damaged_position_is_refused),
		cmocka_unit_test(networks_that_are_promised_have_to_follow_and_be_sane),
		cmocka_unit_test(networks_are_skipped_but_not_mistaken),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make, remove_all);
}
