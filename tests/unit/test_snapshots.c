/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/train/internal.h"
#include "tests/unit/scratch.h"
#include "yc/snapshots.h"

/* 23 small pictures of 3 classes: three batches of 8 a pass, the last one partial. */
enum { N = 23, SIDE = 8, CLASSES = 3, CHANNELS = 3, EPOCHS = 3, STEPS = 9 };

static void make_set(struct yc_set *set, struct yc_data *data, bool soft)
{
	const uint64_t shape[4] = {N, CHANNELS, SIDE, SIDE}, two[2] = {N, CLASSES};
	struct yc_rng rng = yc_rng_new(7, "pictures");
	struct yc_tensor *image, *label;

	*set = (struct yc_set){.head = {.classes = CLASSES, .side = SIDE, .factor = 1}};
	assert_int_equal(yc_head_store(&set->head, &set->meta), YC_OK);
	image = yc_set_put(set, "image", YC_U8, 4, shape, NULL);
	assert_non_null(image);
	for (size_t i = 0; i < image->bytes; i++)
		((uint8_t *)image->data)[i] = (uint8_t)yc_rng_below(&rng, 256);
	label = yc_set_put(set, "label", YC_I64, 1, shape, NULL);
	assert_non_null(label);
	for (int i = 0; i < N; i++)
		((int64_t *)label->data)[i] = yc_rng_below(&rng, CLASSES);
	if (soft) {
		float *y = yc_set_put(set, "soft", YC_F32, 2, two, NULL)->data;

		for (int i = 0; i < N; i++)
			for (int c = 0; c < CLASSES; c++)
				y[i * CLASSES + c] = c == i % CLASSES ? 0.5f : 0.25f;
	}
	assert_int_equal(yc_data_new(data, set), YC_OK);
	assert_int_equal(yc_data_use_soft(data, set, false), YC_OK);
}

/* Stops after so many steps. */
struct brake {
	struct yc_watch watch;
	int steps, stop_after;
};

static void tick(struct yc_watch *w, const char *phase, uint64_t done, uint64_t total,
	const char *text)
{
	struct brake *b = (struct brake *)((char *)w - offsetof(struct brake, watch));

	(void)phase;
	(void)done;
	(void)total;
	(void)text;
	if (++b->steps == b->stop_after)
		w->stop = 1;
}

/* Trains until it is done or stopped; the stream goes to `name`. */
static int run(const struct yc_snapshots_cfg *cfg, const struct yc_set *set,
	const struct yc_data *data, const char *name, int stop_after)
{
	struct brake b = {.watch = {.tick = tick}, .stop_after = stop_after};
	const struct yc_writer_cfg to = {.path = path_of(name), .level = -1};
	struct yc_writer *w;
	int status;

	assert_int_equal(yc_writer_open(&w, &to), YC_OK);
	status = yc_snapshots_write(cfg, set, data, w, &b.watch);
	if (status < 0)
		yc_writer_abort(w);
	else
		assert_int_equal(yc_writer_close(w), YC_OK);
	return status;
}

static void forget_checkpoint(void)
{
	static const char *const names[] = {
		"ck/run", "ck/1.yct", "ck/2.yct", "ck/1.state", "ck/2.state", "ck"};

	for (size_t i = 0; i < YC_COUNT(names); i++)
		(void)remove(path_of(names[i]));
}

/* Stopped after every one of its steps, in the middle of passes and between them, and once
 * more after a few others, a run ends in the same bytes. */
static void stop_anywhere(const char *optimiser, bool soft, int threads)
{
	struct yc_train_opts training = {.net = "convnet",
		.width = 4,
		.depth = 1,
		.epochs = EPOCHS,
		.batch = 8,
		.lr = 0.01,
		.momentum = 0.9,
		.decay = 5e-4,
		.mix_p = 0.5,
		.aug = "color_crop_flip_scale_rotate",
		.optimiser = optimiser,
		.init_epoch = YC_EPOCH_LAST};
	const struct yc_opts none = {.n = 0};
	struct yc_snapshots_cfg cfg = {.snapshots = "every-epoch",
		.networks = 2,
		.training = &training,
		.more = "networks",
		.opts = &none,
		.memory = 1 << 30,
		.threads = threads};
	unsigned char *whole, *got;
	struct yc_set set;
	struct yc_data data;
	char ck[128];
	size_t n, m;

	make_set(&set, &data, soft);
	assert_int_equal(run(&cfg, &set, &data, "whole", 0), YC_OK);
	whole = content("whole", &n);
	snprintf(ck, sizeof ck, "%s", path_of("ck"));
	cfg.checkpoint = ck;
	/* A step that another thread has begun is finished, and may be the last of all. */
	for (int stop = 1; stop < 2 * STEPS - (threads - 1); stop++) {
		/* 0: only when stopped; else also after steps before. */
		cfg.checkpoint_every = stop % 2 ? 1e9 : 0;
		cfg.resume = false;
		assert_int_equal(run(&cfg, &set, &data, "part", stop), YC_FAIL);
		assert_non_null(strstr(yc_errmsg(), "--resume continues"));
		cfg.resume = true;
		(void)run(&cfg, &set, &data, "part", 1 + stop % 4);
		assert_int_equal(run(&cfg, &set, &data, "part", 0), YC_OK);
		got = content("part", &m);
		assert_int_equal(n, m);
		assert_memory_equal(whole, got, n);
		yc_free(got);
		forget_checkpoint();
	}
	yc_free(whole);
	yc_data_release(&data);
	yc_set_release(&set);
}

static void a_run_may_stop_after_any_step(void **state)
{
	(void)state;
	stop_anywhere("sgd", false, 1);
	stop_anywhere("adam", true, 1);
	stop_anywhere("sgd", true, 2);
}

/* A clock that goes on by a minute whenever it is read, and what is said meanwhile. */
struct listener {
	struct yc_watch watch;
	double clock, pace;
	int notes;
	char text[128];
};

static double listener_now(struct yc_watch *w)
{
	struct listener *l =
		(struct listener *)((char *)w - offsetof(struct listener, watch));

	return l->clock += l->pace;
}

static void listener_note(struct yc_watch *w, const char *text)
{
	struct listener *l =
		(struct listener *)((char *)w - offsetof(struct listener, watch));

	l->notes++;
	snprintf(l->text, sizeof l->text, "%s", text);
}

static void a_long_run_says_once_how_long(void **state)
{
	const struct yc_opts none = {.n = 0};
	struct yc_train_opts training = {.net = "convnet",
		.width = 4,
		.depth = 1,
		.epochs = 4,
		.batch = 8,
		.lr = 0.01,
		.aug = "none",
		.init_epoch = YC_EPOCH_LAST};
	const struct yc_snapshots_cfg cfg = {.snapshots = "final",
		.networks = 3,
		.training = &training,
		.more = "networks",
		.opts = &none,
		.memory = 1 << 30,
		.threads = 1};
	struct listener l = {.watch = {.now = listener_now, .note = listener_note}};
	struct yc_set set;
	struct yc_data data;

	(void)state;
	make_set(&set, &data, false);
	for (int hurry = 0; hurry < 2; hurry++) {
		const struct yc_writer_cfg to = {.path = path_of("whole"), .level = -1};
		struct yc_writer *w;

		l.pace = hurry ? 0.1 : 60;
		l.notes = 0;
		assert_int_equal(yc_writer_open(&w, &to), YC_OK);
		assert_int_equal(
			yc_snapshots_write(&cfg, &set, &data, w, &l.watch), YC_OK);
		assert_int_equal(yc_writer_close(w), YC_OK);
		assert_int_equal(l.notes, !hurry);
	}
	/* Six steps of 36 took five minutes or a little more. */
	assert_true(strncmp(l.text, "3 networks: about ", 18) == 0);
	assert_non_null(strstr(l.text, "minutes"));
	assert_true(strtod(l.text + 18, NULL) >= 30 && strtod(l.text + 18, NULL) <= 40);
	yc_data_release(&data);
	yc_set_release(&set);
}

static void epochs_are_named_in_three_ways(void **state)
{
	bool due[11];

	(void)state;
	assert_int_equal(yc_snapshots_parse("every-epoch", 10, due), 11);
	assert_int_equal(yc_snapshots_parse("final", 10, due), 1);
	assert_true(due[10] && !due[9]);
	assert_int_equal(yc_snapshots_parse("final", 0, due), 1);
	assert_int_equal(yc_snapshots_parse("0,2-4,3", 10, due), 4);
	assert_true(due[0] && !due[1] && due[2] && due[3] && due[4] && !due[5]);
	assert_int_equal(yc_snapshots_parse("11", 10, due), YC_USAGE);
	assert_string_equal(yc_errmsg(), "--snapshots '11': epochs go from 0 to 10");
}

/* What is written is read back, with what the records say. */
static void the_reader_gives_what_was_written(void **state)
{
	struct yc_train_opts training = {.net = "convnet",
		.width = 4,
		.depth = 2,
		.epochs = 2,
		.batch = 8,
		.lr = 0.01,
		.aug = "none",
		.init_epoch = YC_EPOCH_LAST};
	const struct yc_opts none = {.n = 0};
	const struct yc_snapshots_cfg cfg = {.snapshots = "0,2",
		.networks = 2,
		.training = &training,
		.more = "networks",
		.opts = &none,
		.seed = 9,
		.memory = 1 << 30,
		.threads = 1};
	struct yc_nets_kept kept;
	struct yc_snapshot s;
	struct yc_record *rec;
	struct yc_nets *nets;
	struct yc_set set;
	struct yc_data data;

	(void)state;
	make_set(&set, &data, false);
	assert_int_equal(run(&cfg, &set, &data, "whole", 0), YC_OK);
	assert_int_equal(yc_nets_open(&nets, path_of("whole"), NULL), YC_OK);
	for (int i = 0; i < 4; i++) {
		struct yc_net *net;
		yc_real *w;

		assert_int_equal(yc_nets_next(nets, &s, &rec), 1);
		assert_int_equal(s.network, 1 + i / 2);
		assert_int_equal(s.epoch, i % 2 * 2);
		assert_int_equal(s.seed, 9);
		assert_int_equal(s.cfg.width, 4);
		assert_int_equal(s.cfg.depth, 2);
		assert_int_equal(s.cfg.side, SIDE);
		assert_int_equal(s.cfg.classes, CLASSES);
		assert_true(s.epoch ? s.loss > 0 && s.accuracy <= 1 : isnan(s.loss));
		assert_int_equal(yc_net_new(&net, &s.cfg), YC_OK);
		w = yc_calloc(yc_net_size(net), sizeof *w);
		assert_int_equal(yc_net_fetch(net, w, rec), YC_OK);
		yc_free(w);
		yc_net_free(net);
	}
	assert_int_equal(yc_nets_next(nets, &s, &rec), 0);
	yc_nets_close(nets);
	assert_int_equal(yc_nets_keep(&kept, path_of("whole"), -1, 9, NULL), YC_OK);
	assert_int_equal(kept.n, 2);
	assert_int_equal(kept.net[1].about.network, 2);
	assert_int_equal(kept.net[1].about.epoch, 2);
	yc_nets_kept_release(&kept);
	assert_int_equal(yc_nets_keep(&kept, path_of("whole"), 0, 1, NULL), YC_OK);
	assert_int_equal(kept.n, 1);
	assert_int_equal(kept.net[0].about.epoch, 0);
	yc_nets_kept_release(&kept);
	yc_data_release(&data);
	yc_set_release(&set);
}

static void what_a_record_says_is_checked(void **state)
{
	static const struct {
		const char *key, *value, *message;
	} row[] = {
		{"yc.net.architecture", "transformer",
			"a network of unknown architecture 'transformer'"},
		{"yc.net.width", "-4",
			"yc.net.width '-4' is not a whole number up to 1073741824"},
		{"yc.net.epoch", "many",
			"yc.net.epoch 'many' is not a whole number up to 1073741824"},
		{"yc.net.network", NULL, "a network without yc.net.network"},
	};
	const struct yc_head head = {.classes = CLASSES, .side = SIDE, .factor = 1};
	const struct yc_net_cfg c = {
		.name = "convnet", .width = 4, .channels = 3, .side = SIDE, .classes = 3};
	struct yc_snapshot s = {.network = 1, .loss = NAN, .accuracy = NAN};
	struct yc_net *net;
	yc_real *w;

	(void)state;
	assert_int_equal(yc_net_new(&net, &c), YC_OK);
	w = yc_calloc(yc_net_size(net), sizeof *w);
	for (size_t i = 0; i < YC_COUNT(row); i++) {
		struct yc_record r = {0};

		assert_int_equal(yc_snapshot_store(&r, net, w, &s), YC_OK);
		assert_int_equal(yc_snapshot_parse(&s, &r, &head), YC_OK);
		if (row[i].value)
			assert_int_equal(
				yc_meta_set(&r.meta, row[i].key, row[i].value), YC_OK);
		else
			yc_meta_drop(&r.meta, row[i].key);
		assert_int_equal(yc_snapshot_parse(&s, &r, &head), YC_FAIL);
		assert_string_equal(yc_errmsg(), row[i].message);
		s = (struct yc_snapshot){.network = 1, .loss = NAN, .accuracy = NAN};
		yc_record_release(&r);
	}
	yc_free(w);
	yc_net_free(net);
}

static int make_folder(void **state)
{
	(void)state;
	return make_scratch("snapshots") ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	forget_checkpoint();
	(void)remove(path_of("whole"));
	(void)remove(path_of("part"));
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_may_stop_after_any_step),
		cmocka_unit_test(a_long_run_says_once_how_long),
		cmocka_unit_test(epochs_are_named_in_three_ways),
		cmocka_unit_test(the_reader_gives_what_was_written),
		cmocka_unit_test(what_a_record_says_is_checked),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
