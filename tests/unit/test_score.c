/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/nn/internal.h"
#include "lib/base/internal.h"
#include "lib/score/internal.h"
#include "yc/mem.h"
#include "yc/score.h"
#include "yc/stream.h"

/* Scores of four samples, worked by hand. */
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
	c.cfg = yc_calloc(1, c.m->cfg_size);
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
		.data = d, .tiles_per_image = 1, .epochs = epochs, .threads = 1};
}

static void start(
	struct yc_scoring *s, const struct chosen *c, const struct yc_data *d, int epochs)
{
	const struct yc_score_job job = job_of(d, epochs);

	assert_int_equal(yc_scoring_new(s, &job, &c->m, &c->cfg, 1), YC_OK);
}

/* What it gives the images, with options: a name and a value each. */
#define SCORED(score, ...) scored(score, (const char *const[]){__VA_ARGS__, NULL})
static void scored(float *score, const char *const *word)
{
	struct chosen c = choose(word[0]);
	struct yc_scoring s;

	for (word++; *word; word += 2)
		set(&c, word[0], word[1]);
	start(&s, &c, &data, EPOCHS);
	feed(&s);
	assert_int_equal(yc_scoring_finish(&s), YC_OK);
	memcpy(score, s.item[0].out, N * sizeof *score);
	yc_scoring_release(&s);
	yc_free(c.cfg);
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
	float score[N];

	(void)state;
	SCORED(score, "el2n", "early", "2");
	expect(score, 1.437264, 0.861390, 2.112447, 1.257342, 2);
	SCORED(score, "el2n", "early", "1");
	expect(score, 0.509902, 0.616441, 0.989949, 0.374166, 1);
}

/* -ln p[y]: .510826, .693147, 1.609438, .356675 in epoch 0; 1.203973, .223144, 2.302585, 1.203973
 * in epoch 1. */
static void loss_is_the_mean_cross_entropy_of_the_first_epochs(void **state)
{
	float score[N];

	(void)state;
	SCORED(score, "loss", "early", "1");
	expect(score, 0.510826, 0.693147, 1.609438, 0.356675, 1);
	SCORED(score, "loss", "early", "2");
	expect(score, 1.714798, 0.916291, 3.912023, 1.560648, 2);
}

/* Towards soft labels, as the error is. */
static void loss_is_of_soft_labels_where_there_are_some(void **state)
{
	static const float soft[N * CLASSES] = {
		.5F, .5F, 0, 0, 1, 0, .2F, .3F, .5F, 0, 0, 1};
	static int64_t rows[N] = {0, 1, 2, 3};
	struct yc_data mixed = data;
	struct chosen c = choose("loss");
	struct yc_scoring s;

	(void)state;
	mixed.soft = soft;
	mixed.row = rows;
	set(&c, "early", "1");
	start(&s, &c, &mixed, EPOCHS);
	feed(&s);
	assert_int_equal(yc_scoring_finish(&s), YC_OK);
	/* -(.5 ln .6 + .5 ln .3) and -(.2 ln .5 + .3 ln .3 + .5 ln .2) */
	expect(s.item[0].out, 0.857399, 0.693147, 1.304540, 0.356675, 1);
	yc_scoring_release(&s);
	yc_free(c.cfg);
}

/* Of epochs 2 and 3 alone, as if they were the training. */
static void window_of(const char *name, uint32_t from, uint32_t to, float *score)
{
	struct chosen c = choose(name);
	struct yc_score_job job = job_of(&data, EPOCHS);
	struct yc_scoring s;

	job.window = (struct yc_score_window){.from = from, .to = to};
	if (strcmp(name, "lbpe") == 0)
		set(&c, "top", "1");
	if (strcmp(name, "forgetting") == 0)
		set(&c, "never-learned", "true");
	assert_int_equal(yc_scoring_new(&s, &job, &c.m, &c.cfg, 1), YC_OK);
	assert_int_equal(s.epochs, to < EPOCHS ? to : EPOCHS);
	feed(&s);
	assert_int_equal(yc_scoring_finish(&s), YC_OK);
	memcpy(score, s.item[0].out, N * sizeof *score);
	yc_scoring_release(&s);
	yc_free(c.cfg);
}

static void scores_observe_the_epochs_of_their_window_alone(void **state)
{
	float score[N];

	(void)state;
	window_of("aum", 2, 3, score); /* of .3-.6, .8-.1, .1-.6, .3-.5 and the next */
	expect(score, -.3 + .7, .7 + .3, -.5 - .2, -.2 + .3, 1);
	window_of("loss", 2, 2, score);
	expect(score, 1.203973, 0.223144, 2.302585, 1.203973, 1);
	/* Epoch 3 is the more accurate one of the two, the fourth is not seen. */
	window_of("lbpe", 2, 3, score);
	expect(score, 0.244949, 0.509902, 0.979796, 0.509902, 1);
	/* In epochs 2 to 4, sample 2 never was right: more often than it could be. Sample 3 is
	 * wrong, right, wrong: what was before is not known. */
	window_of("forgetting", 2, 99, score);
	expect(score, 0, 0, 3, 1, 1);
}

static void windows_need_an_epoch(void **state)
{
	struct chosen c = choose("el2n");
	struct yc_score_job job = job_of(&data, EPOCHS);
	struct yc_scoring s;

	(void)state;
	job.window.from = EPOCHS + 1;
	assert_int_equal(yc_scoring_new(&s, &job, &c.m, &c.cfg, 1), YC_USAGE);
	assert_non_null(strstr(yc_errmsg(), "--from-epoch 5: there are only 4 epochs"));
	yc_free(c.cfg);
}

static void lbpe_takes_the_most_accurate_epochs_before_stop(void **state)
{
	float score[N];

	(void)state;
	SCORED(score, "lbpe", "stop", "3", "top", "2");
	expect(score, 0.754851, 1.126343, 1.969745, 0.884068, 2);
}

/* Epochs 0 and 2 are equally good; one must give way, and it is the later. */
static void lbpe_prefers_the_earlier_of_equal_epochs(void **state)
{
	float score[N];

	(void)state;
	SCORED(score, "lbpe", "stop", "4", "top", "1");
	expect(score, 0.509902, 0.616441, 0.989949, 0.374166, 1);
}

/* Summed cross-entropies: 3.170, 4.934, 2.854, 2.213. */
static void lbpe_by_loss_takes_the_smallest_loss(void **state)
{
	float score[N];

	(void)state;
	SCORED(score, "lbpe", "stop", "4", "top", "1", "by-loss", "true");
	expect(score, sqrt(.01 + .0025 * 2), sqrt(.01 + .0025 * 2), sqrt(.09 + .16 + .49),
		sqrt(.25 + .0025 + .3025), 1);
}

/* A run of many epochs against the definition: sort all, take the first K. */
static void lbpe_streams_what_sorting_all_epochs_gives(void **state)
{
	enum { LONG = 60, K = 13 };
	static double err[LONG][N];
	struct chosen c = choose("lbpe");
	struct yc_rng rng = yc_rng_new(5, "test");
	struct yc_scoring s;
	int right[LONG] = {0};
	bool taken[LONG] = {false};
	double want[N] = {0};
	float score[N];

	(void)state;
	set(&c, "stop", "50");
	set(&c, "top", "13");
	start(&s, &c, &data, LONG);
	assert_int_equal(s.epochs, 50);
	for (int e = 0; e < LONG; e++) {
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
	float score[N];

	(void)state;
	SCORED(score, "aum");
	expect(score, 1.55, 2.05, -1.1, 0.55, 1);
}

static void aum_of_logits_accumulates_their_differences(void **state)
{
	float score[N];

	(void)state;
	SCORED(score, "aum", "logits", "true");
	expect(score, log(.6 / .3) + log(.3 / .6) + log(.8 / .1) + log(.9 / .05),
		log(.5 / .3) + log(.8 / .1) + log(.6 / .3) + log(.9 / .05),
		log(.2 / .5) + log(.1 / .6) + log(.2 / .4) + log(.3 / .4),
		log(.7 / .2) + log(.3 / .5) + log(.6 / .3) + log(.45 / .5), 1);
}

/* Sample 3 is right, wrong, right, wrong. */
static void forgetting_counts_from_right_to_wrong(void **state)
{
	float score[N];

	(void)state;
	SCORED(score, "forgetting");
	expect(score, 1, 0, 0, 2, 1);
}

/* Sample 1 never was wrong, sample 2 never right. */
static void never_learned_can_count_as_forgotten_most(void **state)
{
	float score[N];

	(void)state;
	SCORED(score, "forgetting", "never-learned", "true");
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
	w = yc_calloc(yc_net_size(net), sizeof *w);
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

/* Twelve images of noise, ten of class 0 and two of class 1, and a network as drawn. */
enum { MANY = 12 };
struct noise {
	uint8_t pixels[MANY * 3 * 8 * 8];
	int32_t label[MANY];
	struct yc_data data;
	struct yc_net *net;
	yc_real *w;
	struct yc_score_job job;
};

static void make_noise(struct noise *f)
{
	static const struct yc_net_cfg small = {
		.name = "convnet", .width = 4, .channels = 3, .side = 8, .classes = 2};
	struct yc_rng rng = yc_rng_new(1, "noise");

	*f = (struct noise){.data = {.n = MANY, .classes = 2, .side = 8, .channels = 3}};
	for (size_t i = 0; i < sizeof f->pixels; i++)
		f->pixels[i] = (uint8_t)yc_rng_u32(&rng);
	for (int c = 0; c < 3; c++)
		for (int b = 0; b < 256; b++)
			f->data.level[c][b] = (yc_real)(b / 128.0 - 1);
	f->label[3] = f->label[8] = 1;
	f->data.u8 = f->pixels;
	f->data.label = f->label;
	assert_int_equal(yc_net_new(&f->net, &small), YC_OK);
	f->w = yc_calloc(yc_net_size(f->net), sizeof *f->w);
	yc_net_init(f->net, f->w, rng);
	f->job = job_of(&f->data, 0);
	f->job.net = f->net;
	f->job.w = f->w;
	f->job.rng = yc_rng_new(2, "test");
}

static void drop_noise(struct noise *f)
{
	yc_free(f->w);
	yc_net_free(f->net);
}

static int plan_ssp(const char *ipc, int cost, struct yc_scoring *s, struct chosen *c)
{
	static struct noise f;
	int err;

	make_noise(&f);
	*c = choose("ssp");
	f.job.tiles_per_image = cost;
	if (ipc)
		set(c, "ipc", ipc);
	err = yc_scoring_new(s, &f.job, &c->m, &c->cfg, 1);
	drop_noise(&f);
	return err;
}

static void ssp_chooses_for_the_usual_sizes_below_that_of_the_set(void **state)
{
	static const struct {
		int cost, columns;
		const char *ipc;
	} row_of[] = {{1, 6, "1,2,5"}, {2, 4, "1,2"}, {4, 2, "1"}};
	struct yc_scoring s;
	struct chosen c;

	(void)state;
	for (size_t i = 0; i < YC_COUNT(row_of); i++) {
		assert_int_equal(plan_ssp(NULL, row_of[i].cost, &s, &c), YC_OK);
		assert_option(&c, "ipc", row_of[i].ipc);
		assert_int_equal(s.item[0].plan.columns, row_of[i].columns);
		yc_scoring_release(&s);
		yc_free(c.cfg);
	}
	assert_int_equal(plan_ssp(NULL, 6, &s, &c), YC_FAIL);
	yc_free(c.cfg);
}

static void ssp_refuses_sizes_that_are_none(void **state)
{
	static const struct {
		const char *ipc, *says;
	} bad[] = {{"", "is not a list of numbers"}, {"0", "is not a list of numbers"},
		{"1,", "is not a list of numbers"}, {",1", "is not a list of numbers"},
		{"1;2", "is not a list of numbers"}, {"-1", "is not a list of numbers"},
		{"x", "is not a list of numbers"}, {"1,1", "--ipc has 1 twice"},
		{"1,99999999999999999999", ""}, {"7", "the size is 7 images per class"}};
	struct yc_scoring s;
	struct chosen c;

	(void)state;
	for (size_t i = 0; i < YC_COUNT(bad); i++) {
		if (plan_ssp(bad[i].ipc, 1, &s, &c) >= 0)
			fail_msg("--ipc '%s' is accepted", bad[i].ipc);
		if (!strstr(yc_errmsg(), bad[i].says))
			fail_msg("--ipc '%s': %s", bad[i].ipc, yc_errmsg());
		yc_free(c.cfg);
	}
	assert_int_equal(plan_ssp("6,3", 1, &s, &c), YC_OK);
	yc_scoring_release(&s);
	yc_free(c.cfg);
}

static double sum_of(const float *v, const int32_t *label, int class)
{
	double sum = 0;

	for (int i = 0; i < MANY; i++)
		sum += label[i] == class ? (double)v[i] : 0;
	return sum;
}

/* As many prototypes as are wanted; a small class gives what it has. */
static void ssp_counts_one_image_for_every_centroid(void **state)
{
	struct noise f;
	struct yc_scoring s, one;
	struct chosen c = choose("ssp"), d = choose("ssp");
	char name[YC_SCORE_NAME_MAX];
	const float *out;

	(void)state;
	make_noise(&f);
	set(&c, "ipc", "1,4");
	set(&d, "ipc", "4");
	assert_int_equal(yc_scoring_new(&s, &f.job, &c.m, &c.cfg, 1), YC_OK);
	assert_int_equal(yc_scoring_finish(&s), YC_OK);
	out = s.item[0].out;
	assert_true(sum_of(out, f.label, 0) + sum_of(out, f.label, 1) == 2);
	assert_true(sum_of(out + MANY, f.label, 0) == 1);
	assert_true(sum_of(out + MANY, f.label, 1) == 1);
	out += 2 * MANY;
	assert_true(sum_of(out, f.label, 0) + sum_of(out, f.label, 1) == 8);
	assert_true(sum_of(out + MANY, f.label, 0) == 4);
	assert_true(sum_of(out + MANY, f.label, 1) == 2);
	s.item[0].score->column(c.cfg, 2, name);
	assert_string_equal(name, "ssp-4");
	s.item[0].score->column(c.cfg, 3, name);
	assert_string_equal(name, "ssp-balance-4");

	/* Other sizes beside it change nothing. */
	assert_int_equal(yc_scoring_new(&one, &f.job, &d.m, &d.cfg, 1), YC_OK);
	assert_int_equal(yc_scoring_finish(&one), YC_OK);
	assert_memory_equal(one.item[0].out, out, 2 * MANY * sizeof *out);
	yc_scoring_release(&one);
	yc_scoring_release(&s);
	drop_noise(&f);
	yc_free(c.cfg);
	yc_free(d.cfg);
}

/* Of three classes the stream has two: sizes are those of two. */
static void ssp_counts_the_classes_that_are_there(void **state)
{
	struct noise f;
	struct yc_scoring s;
	struct chosen c = choose("ssp");
	const float *out;

	(void)state;
	make_noise(&f);
	f.data.classes = 3;
	f.label[3] = f.label[8] = 2;
	set(&c, "ipc", "6,2");
	assert_int_equal(yc_scoring_new(&s, &f.job, &c.m, &c.cfg, 1), YC_OK);
	assert_int_equal(yc_scoring_finish(&s), YC_OK);
	out = s.item[0].out;
	assert_true(sum_of(out, f.label, 0) + sum_of(out, f.label, 2) == 12);
	out += 2 * MANY;
	assert_true(sum_of(out, f.label, 0) + sum_of(out, f.label, 2) == 4);
	assert_true(sum_of(out + MANY, f.label, 0) == 2);
	assert_true(sum_of(out + MANY, f.label, 2) == 2);
	yc_scoring_release(&s);
	drop_noise(&f);
	yc_free(c.cfg);
}

/* What repeats give way to is beside what is chosen anyway, and the size is reached. */
static void ssp_can_choose_no_image_twice(void **state)
{
	struct noise f;
	struct yc_scoring s[2];
	struct chosen c[2] = {choose("ssp"), choose("ssp")};
	float most = 0;

	(void)state;
	make_noise(&f);
	for (int u = 0; u < 2; u++) {
		set(&c[u], "ipc", "5");
		set(&c[u], "kmeans-replace", "true");
		set(&c[u], "unique", u ? "true" : "false");
		assert_int_equal(
			yc_scoring_new(&s[u], &f.job, &c[u].m, &c[u].cfg, 1), YC_OK);
		assert_int_equal(yc_scoring_finish(&s[u]), YC_OK);
	}
	for (int i = 0; i < 2 * MANY; i++) {
		const float shared = s[0].item[0].out[i], own = s[1].item[0].out[i];

		assert_true(own == 0 || own == 1);
		assert_true(own >= (shared > 0 ? 1 : 0));
		most = shared > most ? shared : most;
	}
	assert_true(most > 1);
	for (int y = 0; y < 2; y++)
		assert_true(sum_of(s[1].item[0].out + MANY, f.label, y) ==
			    sum_of(s[0].item[0].out + MANY, f.label, y));
	assert_true(sum_of(s[1].item[0].out, f.label, 0) +
			    sum_of(s[1].item[0].out, f.label, 1) ==
		    10);
	for (int u = 0; u < 2; u++) {
		yc_scoring_release(&s[u]);
		yc_free(c[u].cfg);
	}
	drop_noise(&f);
}

static void entropies(struct noise *f, const struct yc_aug *view, float *out)
{
	struct chosen c = choose("entropy");
	struct yc_scoring s;

	f->job.view.aug = view;
	assert_int_equal(yc_scoring_new(&s, &f->job, &c.m, &c.cfg, 1), YC_OK);
	assert_int_equal(yc_scoring_finish(&s), YC_OK);
	memcpy(out, s.item[0].out, MANY * sizeof *out);
	yc_scoring_release(&s);
	yc_free(c.cfg);
}

/* Each image as it is or mirrored, as its own draw says. */
static void scores_of_the_network_can_see_a_random_view(void **state)
{
	struct noise f, mirror;
	struct yc_aug flip;
	float plain[MANY], turned[MANY], seen[MANY];
	int mirrored = 0;

	(void)state;
	make_noise(&f);
	make_noise(&mirror);
	for (size_t i = 0; i < sizeof f.pixels; i++)
		mirror.pixels[i] = f.pixels[i / 8 * 8 + (7 - i % 8)];
	assert_int_equal(yc_aug_parse(&flip, "flip", 8, 3), YC_OK);
	entropies(&f, NULL, plain);
	entropies(&mirror, NULL, turned);
	entropies(&f, &flip, seen);
	for (int i = 0; i < MANY; i++) {
		assert_true(plain[i] != turned[i]);
		assert_true(seen[i] == plain[i] || seen[i] == turned[i]);
		mirrored += seen[i] == turned[i];
	}
	assert_true(mirrored > 0 && mirrored < MANY);
	drop_noise(&f);
	drop_noise(&mirror);
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

static void best_epochs_depend_on_who_condensed(void **state)
{
	const struct yc_data cifar = {.n = N, .classes = 10, .side = 32, .label = labels};
	static const struct {
		const char *tool, *method, *stop, *top;
	} row_of[] = {
		{"yc-condense", "idc", "100", "10"},
		{"yc-condense", "dream", "200", "10"},
		{"yc-load", "idc", "100", "10"},
		{"yc-load", "dream", "200", "10"},
		{"yc-load", "mtt", "10", "3"},
		{"yc-load", "dsa", "100", "3"},
		{"yc-load", "kip", "50", "3"},
	};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(row_of); i++) {
		struct yc_score_job job = job_of(&cifar, 1000);
		struct yc_meta one = {0}, two = {0}, both = {0};
		const struct yc_meta *const parts[] = {&one, &two};
		struct chosen c = choose("lbpe"), d = choose("lbpe"), e;
		struct yc_scoring s;

		assert_int_equal(
			yc_history_add(&one, "yc-load", "cifar10", NULL, 0, NULL), YC_OK);
		assert_int_equal(yc_history_add(&two, row_of[i].tool, row_of[i].method,
					 NULL, 0, NULL),
			YC_OK);
		assert_int_equal(yc_history_merge(&both, parts, 2), YC_OK);
		job.head = &two;
		assert_int_equal(yc_scoring_new(&s, &job, &c.m, &c.cfg, 1), YC_OK);
		assert_option(&c, "stop", row_of[i].stop);
		assert_option(&c, "top", row_of[i].top);
		yc_scoring_release(&s);
		job.head = &both; /* a part of it */
		assert_int_equal(yc_scoring_new(&s, &job, &d.m, &d.cfg, 1), YC_OK);
		assert_option(&d, "stop", row_of[i].stop);
		yc_scoring_release(&s);
		/* Who knows better can say so. */
		e = choose("lbpe");
		set(&e, "condenser", "kip");
		assert_int_equal(yc_scoring_new(&s, &job, &e.m, &e.cfg, 1), YC_OK);
		assert_option(&e, "stop", "50");
		assert_option(&e, "top", "3");
		yc_scoring_release(&s);
		yc_free(c.cfg);
		yc_free(d.cfg);
		yc_free(e.cfg);
		yc_meta_release(&one);
		yc_meta_release(&two);
		yc_meta_release(&both);
	}
}

/* As published for errors, as long as LBPE looks for losses. */
static void means_are_over_ten_epochs_of_errors_and_a_hundred_of_losses(void **state)
{
	static const struct {
		const char *score;
		int epochs;
		const char *early;
	} row_of[] = {
		{"el2n", 1000, "10"},
		{"loss", 1000, "100"},
		{"el2n", 4, "4"},
		{"loss", 60, "60"},
	};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(row_of); i++) {
		struct chosen c = choose(row_of[i].score);
		struct yc_scoring s;

		start(&s, &c, &data, row_of[i].epochs);
		assert_option(&c, "early", row_of[i].early);
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
	assert_non_null(strstr(buf, "ccs uses el2n and random none"));
}

static void scores_of_tiles_go_to_their_rows(void **state)
{
	int64_t row_of[N] = {0, 1, 0, 1};
	int32_t tile_of[N] = {0, 0, 3, 2};
	struct yc_data d = {.n = N, .row = row_of, .tile = tile_of};
	struct yc_set rows = {.rows = 2, .head = {.factor = 2}};
	const float score[N] = {1, 2, 3, 4};
	const struct yc_tensor *t;
	const float *v;

	(void)state;
	assert_int_equal(yc_score_store(&rows, &d, "score.x", score), YC_OK);
	t = yc_set_col(&rows, "score.x");
	assert_non_null(t);
	assert_int_equal(t->rank, 2);
	assert_int_equal(t->shape[0], 2);
	assert_int_equal(t->shape[1], 4);
	v = t->data;
	assert_true(v[0] == 1 && v[3] == 3 && v[4] == 2 && v[6] == 4);
	yc_set_release(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(el2n_is_the_mean_error_of_the_first_epochs),
		cmocka_unit_test(loss_is_the_mean_cross_entropy_of_the_first_epochs),
		cmocka_unit_test(loss_is_of_soft_labels_where_there_are_some),
		cmocka_unit_test(scores_observe_the_epochs_of_their_window_alone),
		cmocka_unit_test(windows_need_an_epoch),
		cmocka_unit_test(lbpe_takes_the_most_accurate_epochs_before_stop),
		cmocka_unit_test(lbpe_prefers_the_earlier_of_equal_epochs),
		cmocka_unit_test(lbpe_by_loss_takes_the_smallest_loss),
		cmocka_unit_test(lbpe_streams_what_sorting_all_epochs_gives),
		cmocka_unit_test(aum_accumulates_the_margin_of_probabilities),
		cmocka_unit_test(aum_of_logits_accumulates_their_differences),
		cmocka_unit_test(forgetting_counts_from_right_to_wrong),
		cmocka_unit_test(never_learned_can_count_as_forgotten_most),
		cmocka_unit_test(entropy_is_that_of_the_softmax),
		cmocka_unit_test(ssp_chooses_for_the_usual_sizes_below_that_of_the_set),
		cmocka_unit_test(ssp_refuses_sizes_that_are_none),
		cmocka_unit_test(ssp_counts_one_image_for_every_centroid),
		cmocka_unit_test(ssp_counts_the_classes_that_are_there),
		cmocka_unit_test(ssp_can_choose_no_image_twice),
		cmocka_unit_test(scores_of_the_network_can_see_a_random_view),
		cmocka_unit_test(full_scores_see_every_epoch_of_the_schedule),
		cmocka_unit_test(
			scores_of_dynamics_need_an_epoch_and_a_margin_two_classes),
		cmocka_unit_test(of_equal_outputs_the_lowest_class_is_the_answer),
		cmocka_unit_test(unset_options_become_what_is_used),
		cmocka_unit_test(best_epochs_depend_on_who_condensed),
		cmocka_unit_test(
			means_are_over_ten_epochs_of_errors_and_a_hundred_of_losses),
		cmocka_unit_test(training_is_as_long_as_the_most_demanding_score),
		cmocka_unit_test(scores_describe_what_they_need),
		cmocka_unit_test(scores_of_tiles_go_to_their_rows),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
