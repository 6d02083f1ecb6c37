/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "yc/mem.h"
#include "yc/score.h"

/* Spec B.8. */
enum { N = 4, CLASSES = 3, EPOCHS = 4 };

static int32_t labels[N] = {0, 1, 2, 2};
static const struct yc_data data = {
	.n = N, .classes = CLASSES, .side = 32, .label = labels};
static const double prob[EPOCHS][N][CLASSES] = {
	{{.6, .3, .1}, {.2, .5, .3}, {.5, .3, .2}, {.1, .2, .7}},
	{{.3, .6, .1}, {.1, .8, .1}, {.6, .3, .1}, {.2, .5, .3}},
	{{.8, .1, .1}, {.3, .6, .1}, {.4, .4, .2}, {.3, .1, .6}},
	{{.9, .05, .05}, {.05, .9, .05}, {.3, .4, .3}, {.5, .05, .45}},
};

/* A score with options set by text, as a tool would. */
struct chosen {
	const struct yc_method *m;
	struct yc_opts group;
	void *cfg;
};

static struct chosen choose(const char *name)
{
	struct chosen c = {.m = yc_method_find(yc_scores, "score", name, strlen(name))};

	assert_non_null(c.m);
	c.cfg = yc_alloc(1, c.m->cfg_size);
	c.group = (struct yc_opts){.row = c.m->opts, .n = c.m->nopts, .cfg = c.cfg};
	assert_int_equal(yc_opt_check(&c.group, 1), YC_OK);
	assert_int_equal(yc_opt_defaults(&c.group, 1), YC_OK);
	return c;
}

static const struct yc_opt *row(const struct chosen *c, const char *name)
{
	for (size_t i = 0; i < c->m->nopts; i++)
		if (strcmp(c->m->opts[i].name, name) == 0)
			return &c->m->opts[i];
	fail_msg("no option %s", name);
	return NULL;
}

static void set(struct chosen *c, const char *name, const char *text)
{
	assert_int_equal(yc_opt_set(&c->group, row(c, name), text), YC_OK);
}

static void assert_option(struct chosen *c, const char *name, const char *text)
{
	char buf[64];

	yc_opt_value(&c->group, row(c, name), buf, sizeof buf);
	assert_string_equal(buf, text);
}

static void feed(struct yc_scoring *s)
{
	for (int e = 0; e < EPOCHS; e++) {
		for (int i = 0; i < N * CLASSES; i++)
			s->logp[i] = (float)log(prob[e][i / CLASSES][i % CLASSES]);
		yc_scoring_epoch(s);
	}
}

static struct yc_score_job job_of(const struct yc_data *d, int epochs)
{
	return (struct yc_score_job){
		.data = d, .cost = 1, .epochs = epochs, .threads = 1};
}

static void start(
	struct yc_scoring *s, const struct chosen *c, const struct yc_data *d, int epochs)
{
	const struct yc_score_job job = job_of(d, epochs);

	assert_int_equal(yc_scoring_new(s, &job, &c->m, &c->cfg, 1), YC_OK);
}

static void run(struct chosen *c, int epochs, float *score)
{
	struct yc_scoring s;

	start(&s, c, &data, epochs);
	feed(&s);
	assert_int_equal(yc_scoring_finish(&s), YC_OK);
	memcpy(score, s.item[0].out, N * sizeof *score);
	yc_scoring_release(&s);
	yc_free(c->cfg);
}

static void expect(const float *score, double a, double b, double c, double d, int over)
{
	const double want[N] = {a, b, c, d};

	for (int i = 0; i < N; i++)
		if (!(fabs((double)score[i] * over - want[i]) < 2e-6))
			fail_msg("sample %d: %.8f, expected %.6f", i,
				(double)score[i] * over, want[i]);
}

static void el2n_is_the_mean_error_of_the_first_epochs(void **state)
{
	struct chosen c = choose("el2n");
	float score[N];

	(void)state;
	set(&c, "early", "2");
	run(&c, EPOCHS, score);
	expect(score, 1.437264, 0.861390, 2.112447, 1.257342, 2);
	c = choose("el2n");
	set(&c, "early", "1");
	run(&c, EPOCHS, score);
	expect(score, 0.509902, 0.616441, 0.989949, 0.374166, 1);
}

static void lbpe_takes_the_most_accurate_epochs_before_stop(void **state)
{
	struct chosen c = choose("lbpe");
	float score[N];

	(void)state;
	set(&c, "stop", "3");
	set(&c, "top", "2");
	run(&c, EPOCHS, score);
	expect(score, 0.754851, 1.126343, 1.969745, 0.884068, 2);
}

/* Epochs 0 and 2 are equally good; one must give way, and it is the later. */
static void lbpe_prefers_the_earlier_of_equal_epochs(void **state)
{
	struct chosen c = choose("lbpe");
	float score[N];

	(void)state;
	set(&c, "stop", "4");
	set(&c, "top", "1");
	run(&c, EPOCHS, score);
	expect(score, 0.509902, 0.616441, 0.989949, 0.374166, 1);
}

/* Summed cross-entropies: 3.170, 4.934, 2.854, 2.213. */
static void lbpe_by_loss_takes_the_smallest_loss(void **state)
{
	struct chosen c = choose("lbpe");
	float score[N];

	(void)state;
	set(&c, "stop", "4");
	set(&c, "top", "1");
	set(&c, "by-loss", "true");
	run(&c, EPOCHS, score);
	expect(score, sqrt(.01 + .0025 * 2), sqrt(.01 + .0025 * 2), sqrt(.09 + .16 + .49),
		sqrt(.25 + .0025 + .3025), 1);
}

/* A run of many epochs against the definition: sort all, take the first K. */
static void lbpe_streams_what_sorting_all_epochs_gives(void **state)
{
	enum { MANY = 60, K = 13 };
	static double err[MANY][N];
	struct chosen c = choose("lbpe");
	struct yc_rng rng = yc_rng_new(5, "test");
	struct yc_scoring s;
	int right[MANY] = {0};
	bool taken[MANY] = {false};
	double want[N] = {0};
	float score[N];

	(void)state;
	set(&c, "stop", "50");
	set(&c, "top", "13");
	start(&s, &c, &data, MANY);
	assert_int_equal(s.epochs, 50);
	for (int e = 0; e < MANY; e++) {
		for (int i = 0; i < N; i++) {
			const double p = 0.02 + 0.96 * yc_rng_uniform(&rng),
				     q = (1 - p) / 2;

			for (int k = 0; k < CLASSES; k++)
				s.logp[i * CLASSES + k] =
					(float)log(k == labels[i] ? p : q);
			right[e] += p > q;
			err[e][i] = sqrt((1 - p) * (1 - p) + 2 * q * q);
		}
		yc_scoring_epoch(&s);
	}
	assert_int_equal(yc_scoring_finish(&s), YC_OK);
	memcpy(score, s.item[0].out, sizeof score);
	for (int k = 0; k < K; k++) {
		int best = -1;

		for (int e = 0; e < 50; e++)
			if (!taken[e] && (best < 0 || right[e] > right[best]))
				best = e;
		taken[best] = true;
		for (int i = 0; i < N; i++)
			want[i] += err[best][i];
	}
	expect(score, want[0] / K, want[1] / K, want[2] / K, want[3] / K, 1);
	yc_scoring_release(&s);
	yc_free(c.cfg);
}

static void aum_accumulates_the_margin_of_probabilities(void **state)
{
	struct chosen c = choose("aum");
	float score[N];

	(void)state;
	run(&c, EPOCHS, score);
	expect(score, 1.55, 2.05, -1.1, 0.55, 1);
}

static void aum_of_logits_accumulates_their_differences(void **state)
{
	struct chosen c = choose("aum");
	float score[N];

	(void)state;
	set(&c, "logits", "true");
	run(&c, EPOCHS, score);
	expect(score, log(.6 / .3) + log(.3 / .6) + log(.8 / .1) + log(.9 / .05),
		log(.5 / .3) + log(.8 / .1) + log(.6 / .3) + log(.9 / .05),
		log(.2 / .5) + log(.1 / .6) + log(.2 / .4) + log(.3 / .4),
		log(.7 / .2) + log(.3 / .5) + log(.6 / .3) + log(.45 / .5), 1);
}

/* Sample 3 is right, wrong, right, wrong. */
static void forgetting_counts_from_right_to_wrong(void **state)
{
	struct chosen c = choose("forgetting");
	float score[N];

	(void)state;
	run(&c, EPOCHS, score);
	expect(score, 1, 0, 0, 2, 1);
}

/* Sample 1 never was wrong, sample 2 never right. */
static void never_learned_can_count_as_forgotten_most(void **state)
{
	struct chosen c = choose("forgetting");
	float score[N];

	(void)state;
	set(&c, "never-learned", "true");
	run(&c, EPOCHS, score);
	expect(score, 1, 0, EPOCHS, 2, 1);
}

/* With zero weights the biases of the last layer are the logits. */
static void entropy_is_that_of_the_softmax(void **state)
{
	static const double want[N] = {0.394398, 0.394398, 1.088900, 0.855689};
	static const uint8_t pixels[N * 3 * 8 * 8];
	const struct yc_net_cfg small = {.name = "convnet",
		.width = 4,
		.channels = 3,
		.side = 8,
		.classes = CLASSES};
	struct yc_data black = data;
	struct chosen c = choose("entropy");
	struct yc_score_job job = job_of(&black, 0);
	struct yc_net *net = NULL;
	yc_real *w;
	int bias;

	(void)state;
	black.u8 = pixels;
	black.side = 8;
	black.channels = 3;
	assert_int_equal(yc_net_new(&net, &small), YC_OK);
	w = yc_alloc(yc_net_size(net), sizeof *w);
	bias = yc_net_nparams(net) - 1;
	job.net = net;
	job.w = w;
	for (int i = 0; i < N; i++) {
		struct yc_scoring s;

		for (size_t k = 0; k < CLASSES; k++)
			w[yc_net_index(net, bias, k)] = (yc_real)log(prob[3][i][k]);
		assert_int_equal(yc_scoring_new(&s, &job, &c.m, &c.cfg, 1), YC_OK);
		assert_int_equal(yc_scoring_finish(&s), YC_OK);
		expect(s.item[0].out, want[i], want[i], want[i], want[i], 1);
		yc_scoring_release(&s);
	}
	yc_free(w);
	yc_net_free(net);
	yc_free(c.cfg);
}

static void full_scores_see_every_epoch_of_the_schedule(void **state)
{
	static const char *const name[] = {"aum", "forgetting", "entropy"};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(name); i++) {
		struct chosen c = choose(name[i]);
		struct yc_scoring s;

		start(&s, &c, &data, 1000);
		assert_int_equal(s.epochs, 1000);
		yc_scoring_release(&s);
		yc_free(c.cfg);
	}
}

static void scores_of_dynamics_need_an_epoch_and_a_margin_two_classes(void **state)
{
	struct yc_data one = data;
	struct chosen c = choose("aum");
	struct yc_score_job job = job_of(&data, 0);
	struct yc_scoring s;

	(void)state;
	assert_int_equal(yc_scoring_new(&s, &job, &c.m, &c.cfg, 1), YC_USAGE);
	one.classes = 1;
	job = job_of(&one, 5);
	assert_int_equal(yc_scoring_new(&s, &job, &c.m, &c.cfg, 1), YC_FAIL);
	yc_free(c.cfg);
}

static void of_equal_outputs_the_lowest_class_is_the_answer(void **state)
{
	struct chosen c = choose("el2n");
	struct yc_scoring s;

	(void)state;
	start(&s, &c, &data, 1);
	for (int i = 0; i < N * CLASSES; i++)
		s.logp[i] = (float)log(1. / 3);
	yc_scoring_epoch(&s);
	for (int i = 0; i < N; i++)
		assert_int_equal(s.ok[i], labels[i] == 0);
	yc_scoring_release(&s);
	yc_free(c.cfg);
}

static void unset_options_become_what_is_used(void **state)
{
	static const struct {
		int classes, side, epochs;
		const char *stop, *top;
	} row_of[] = {
		{10, 32, 1000, "100", "10"},
		{100, 32, 1000, "200", "10"},
		{10, 224, 1000, "200", "10"},
		{10, 32, 4, "4", "4"},
	};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(row_of); i++) {
		const struct yc_data d = {.n = N,
			.classes = row_of[i].classes,
			.side = row_of[i].side,
			.label = labels};
		struct chosen c = choose("lbpe");
		struct yc_scoring s;

		start(&s, &c, &d, row_of[i].epochs);
		assert_option(&c, "stop", row_of[i].stop);
		assert_option(&c, "top", row_of[i].top);
		yc_scoring_release(&s);
		yc_free(c.cfg);
	}
}

static void training_is_as_long_as_the_most_demanding_score(void **state)
{
	struct chosen a = choose("lbpe"), b = choose("el2n");
	const struct yc_method *const m[2] = {a.m, b.m};
	void *const cfg[2] = {a.cfg, b.cfg};
	const struct yc_score_job job = job_of(&data, 1000);
	struct yc_scoring s;

	(void)state;
	set(&a, "stop", "3");
	set(&b, "early", "20");
	assert_int_equal(yc_scoring_new(&s, &job, m, cfg, 2), YC_OK);
	assert_int_equal(s.epochs, 20);
	yc_scoring_release(&s);
	yc_free(a.cfg);
	yc_free(b.cfg);
}

static void scores_describe_what_they_need(void **state)
{
	char buf[1024];

	(void)state;
	yc_scores_describe(buf, sizeof buf);
	assert_non_null(strstr(buf, "lbpe         dynamics, early epochs, labels"));
	assert_non_null(strstr(buf, "\n  aum          dynamics, all epochs, labels"));
	assert_non_null(strstr(buf, "\n  entropy      trained network, all epochs\n"));
	assert_non_null(strstr(buf, "ccs looks at el2n and random at none"));
}

static void scores_of_tiles_go_to_their_sheets(void **state)
{
	int64_t row_of[N] = {0, 1, 0, 1};
	int32_t tile_of[N] = {0, 0, 3, 2};
	struct yc_data d = {.n = N, .row = row_of, .tile = tile_of};
	struct yc_set sheets = {.rows = 2, .head = {.factor = 2}};
	const float score[N] = {1, 2, 3, 4};
	const struct yc_tensor *t;
	const float *v;

	(void)state;
	assert_int_equal(yc_score_store(&sheets, &d, "x", score), YC_OK);
	t = yc_set_col(&sheets, "score.x");
	assert_non_null(t);
	assert_int_equal(t->rank, 2);
	assert_int_equal(t->shape[0], 2);
	assert_int_equal(t->shape[1], 4);
	v = t->data;
	assert_true(v[0] == 1 && v[3] == 3 && v[4] == 2 && v[6] == 4);
	yc_set_release(&sheets);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(el2n_is_the_mean_error_of_the_first_epochs),
		cmocka_unit_test(lbpe_takes_the_most_accurate_epochs_before_stop),
		cmocka_unit_test(lbpe_prefers_the_earlier_of_equal_epochs),
		cmocka_unit_test(lbpe_by_loss_takes_the_smallest_loss),
		cmocka_unit_test(lbpe_streams_what_sorting_all_epochs_gives),
		cmocka_unit_test(aum_accumulates_the_margin_of_probabilities),
		cmocka_unit_test(aum_of_logits_accumulates_their_differences),
		cmocka_unit_test(forgetting_counts_from_right_to_wrong),
		cmocka_unit_test(never_learned_can_count_as_forgotten_most),
		cmocka_unit_test(entropy_is_that_of_the_softmax),
		cmocka_unit_test(full_scores_see_every_epoch_of_the_schedule),
		cmocka_unit_test(
			scores_of_dynamics_need_an_epoch_and_a_margin_two_classes),
		cmocka_unit_test(of_equal_outputs_the_lowest_class_is_the_answer),
		cmocka_unit_test(unset_options_become_what_is_used),
		cmocka_unit_test(training_is_as_long_as_the_most_demanding_score),
		cmocka_unit_test(scores_describe_what_they_need),
		cmocka_unit_test(scores_of_tiles_go_to_their_sheets),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
