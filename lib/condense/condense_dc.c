/* SPDX-License-Identifier: MIT */
/*
 * DC, "Dataset Condensation with Gradient Matching" (ICLR 2021), and DSA, "Dataset
 * Condensation with Differentiable Siamese Augmentation" (ICML 2021): yc-methods(7),
 * "DC AND DSA". In every iteration a new network is trained on the synthetic images; before
 * the training and between its parts the images of each class c are moved such that they
 * give the gradient that real ones give:
 *
 *   D = distance of grad_W CE(a(R_c)) and grad_W CE(a(S_c)), a the common augmentation
 *   B_c = momentum B_c + dD/dS_c        S_c = S_c - lr B_c
 *
 * The two differ in augmentation and in the first images. As in condense_dm.c, steps are
 * those of normalised pixels, and a class is updated as soon as its gradient is known. A
 * step of the run is such an update or one batch of the network.
 */
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/condense/gradmatch/gradmatch.h"

struct cfg {
	uint32_t iterations, outer, inner, n_real, factor, width, depth, net_batch;
	double lr_img, momentum_img, net_lr;
	const char *init, *metric, *aug, *net, *precision;
	bool aug_all;
	bool published; /* not an option: outer and inner are published for the IPC */
};

/* ---- options ---- */

/* What is compared: a distance of gradmatch/match.c, and of which weights. */
struct metric {
	struct yc_method method;
	const char *distance;
	unsigned also;
};

#define METRICS(X) \
	X(ours, "cos", YC_MATCH_FC, \
		"one minus the cosine, for each output of each weight matrix") \
	X(mse, "mse", YC_MATCH_WHOLE, \
		"summed squares of the differences, of all weights") \
	X(cos, "cos", YC_MATCH_WHOLE, "one minus the cosine of all weights")

#define DEFINE(word, of, what, text) \
	static const struct metric metric_##word = { \
		.method = {.name = #word, .summary = text}, \
		.distance = of, \
		.also = what};
#define ENTRY(word, of, what, text) &metric_##word.method,

METRICS(DEFINE)
/* clang-format off */
static const struct yc_method *const metrics[] = {METRICS(ENTRY) NULL};
/* clang-format on */

#define ROW(field, ...) YC_OPT(struct cfg, field, __VA_ARGS__)

/* clang-format off */
#define ROWS(INIT, AUG, AUG_HELP) \
	ROW(iterations, .name = "iterations", .arg = "n", .def = "1000", .min = 1, .max = 1e6, \
		.help = "iterations, each with a new network"), \
	ROW(outer, .name = "outer", .arg = "n", .min = 1, .max = 1e6, .auto_help = "by IPC", \
		.help = "updates of the images in each"), \
	ROW(inner, .name = "inner", .arg = "n", .min = 1, .max = 1e6, .auto_help = "by IPC", \
		.help = "epochs of the network on the images between two updates"), \
	ROW(n_real, .name = "n-real", .arg = "n", .def = "256", .min = 1, .max = YC_BATCH_MAX, \
		.help = "real images per class in a batch"), \
	ROW(factor, .name = "factor", .arg = "n", .def = "1", .min = 1, .max = 64, \
		.help = "tiles per side of a condensed image"), \
	ROW(init, .name = "init", .arg = "real|noise", .unit = YC_CHOICE, .def = INIT, \
		.help = "start from real images drawn at random, or from noise"), \
	ROW(metric, .name = "metric", .table = metrics, .unit = YC_CHOICE, .def = "ours", \
		.help = "distance of two gradients"), \
	ROW(lr_img, .name = "lr-img", .arg = "x", .def = "0.1", .min = 0, .max = 1e6, \
		.help = "learning rate of the pixels, in units of normalised ones"), \
	ROW(momentum_img, .name = "momentum-img", .arg = "x", .def = "0.5", .min = 0, .max = 1, \
		.help = "momentum of the pixels"), \
	ROW(aug, .name = "aug", .arg = "strategy", .def = AUG, .help = AUG_HELP), \
	ROW(aug_all, .name = "aug-all", \
		.help = "apply all that the strategy names, not one of it per batch"), \
	ROW(net, .name = "net", .table = yc_archs, .unit = YC_CHOICE, \
		.auto_help = YC_NET_BY_SIDE, .help = "network"), \
	ROW(width, .name = "width", .arg = "n", .max = YC_WIDTH_MAX, \
		.auto_help = "the network's own", .help = "channels of the network"), \
	ROW(depth, .name = "depth", .arg = "n", .max = YC_DEPTH_MAX, \
		.auto_help = "the network's own", .help = "blocks of the network"), \
	YC_PRECISION_ROW(struct cfg, precision), \
	ROW(net_lr, .name = "net-lr", .arg = "x", .def = "0.01", .min = 0, .max = 1e6, \
		.help = "learning rate of the network"), \
	ROW(net_batch, .name = "net-batch", .arg = "n", .def = "256", .min = 1, \
		.max = YC_BATCH_MAX, .help = "images in a batch of the network")
/* clang-format on */

#define AUG_HELP \
	"augmentation: common draws for both batches of a class, others per image for " \
	"the network"

static const struct yc_opt dc_opts[] = {ROWS("noise", "none", AUG_HELP)};
static const struct yc_opt dsa_opts[] = {
	ROWS("real", "color_crop_cutout_flip_scale_rotate", AUG_HELP)};

/* Published for these numbers of images per class. */
static const struct loops {
	uint32_t ipc, outer, inner;
} loops[] = {
	{1, 1, 1}, {10, 10, 50}, {20, 20, 25}, {30, 30, 20}, {40, 40, 15}, {50, 50, 10}};

/* a for x = 0, b for x = 1, and in between. */
static uint32_t between(uint32_t a, uint32_t b, double x)
{
	return (uint32_t)lround((double)a + ((double)b - (double)a) * x);
}

/* Fills in --outer and --inner that were not given. */
static void resolve_loops(struct cfg *c, const struct yc_condense_job *job)
{
	const uint32_t ipc = job->cfg->ipc;
	const struct loops *a = loops, *last = loops + YC_COUNT(loops) - 1, *b;
	struct loops own = {.ipc = ipc};
	char text[160], from[64];

	while (a < last && a[1].ipc <= ipc)
		a++;
	b = a < last ? a + 1 : a;
	if (b > a) {
		double x = (double)(ipc - a->ipc) / (double)(b->ipc - a->ipc);

		own.outer = between(a->outer, b->outer, x);
		own.inner = between(a->inner, b->inner, x);
		snprintf(from, sizeof(from),
			"between those of IPC %" PRIu32 " and %" PRIu32, a->ipc, b->ipc);
	} else {
		own.outer = a->outer;
		own.inner = a->inner;
		snprintf(from, sizeof(from), "those of IPC %" PRIu32, a->ipc);
	}
	snprintf(text, sizeof(text),
		"no --outer and --inner were published for --ipc %" PRIu32 ": %" PRIu32
		" and %" PRIu32 ", %s",
		ipc, own.outer, own.inner, from);
	if (ipc != a->ipc && (!c->outer || !c->inner) && job->watch && job->watch->note)
		job->watch->note(job->watch, text);
	c->outer = c->outer ? c->outer : own.outer;
	c->inner = c->inner ? c->inner : own.inner;
	c->published = ipc == a->ipc && c->outer == a->outer && c->inner == a->inner;
}

static int resolve(void *cfg, const struct yc_condense_job *job)
{
	struct cfg *c = cfg;

	c->net = c->net ? c->net : yc_net_by_side(job->data->side);
	resolve_loops(c, job);
	return yc_images_n_real(job, &c->n_real);
}

/* ---- the run ---- */

struct dc {
	const struct cfg *cfg;
	struct yc_net *net;
	struct yc_images images;
	struct yc_step step;
	/* The network in training, on the decoded synthetic images, class by class. */
	struct yc_data data;
	struct yc_trainer trainer;
	struct yc_kept_trainer kept; /* registered */
	bool decoded; /* the data are those of the images; they move in class steps */
	double loss;  /* registered: sum over the class steps so far */
};

static uint64_t classes_of(const struct dc *g)
{
	return (uint64_t)g->images.synth.cfg.classes;
}

/* Batches of the network between two updates. */
static uint64_t training_steps(const struct dc *g)
{
	return (uint64_t)g->cfg->inner * (uint64_t)yc_trainer_steps(&g->trainer);
}

/* The training set: only its pixels change. */
static int make_data(struct dc *g, const struct yc_data *real)
{
	const struct yc_synth *y = &g->images.synth;
	struct yc_data *d = &g->data;
	size_t n = yc_size_mul((size_t)y->cfg.classes, (size_t)y->ntiles);

	if (n > INT_MAX)
		return yc_fail(YC_USAGE, "%zu condensed images are too many", n);
	*d = (struct yc_data){.n = (int)n,
		.classes = real->classes,
		.side = real->side,
		.channels = real->channels};
	memcpy(d->mean, real->mean, sizeof(d->mean));
	memcpy(d->std, real->std, sizeof(d->std));
	d->real = yc_calloc(yc_size_mul(n, yc_data_image_size(d)), sizeof(*d->real));
	d->label = yc_calloc(n, sizeof(*d->label));
	if (!d->real || !d->label)
		return YC_FAIL;
	for (size_t i = 0; i < n; i++)
		d->label[i] = yc_synth_label(y, (int)(i / (size_t)y->ntiles));
	return YC_OK;
}

/* Decodes the synthetic images, once after they moved. */
static void need_data(struct dc *g)
{
	const struct yc_synth *y = &g->images.synth;
	struct yc_data *d = &g->data;
	size_t image = yc_data_image_size(d), ipc = (size_t)y->cfg.ipc;

	for (int i = 0; i < d->n && !g->decoded; i++) {
		const struct yc_tile *t = &y->tile[i % y->ntiles];
		size_t row = (size_t)(i / y->ntiles) * ipc + (size_t)t->row;

		yc_decode_tile(y->s + row * y->pixels, d->channels, d->side, t->factor,
			t->position, d->side, d->real + (size_t)i * image);
	}
	g->decoded = true;
}

static int make_networks(struct yc_run *run)
{
	struct dc *g = run->state;
	const struct cfg *c = run->cfg;
	const struct yc_hyper hyper = {.epochs = INT_MAX,
		.batch = (int)c->net_batch,
		.lr = c->net_lr,
		.aug = c->aug,
		.aug_all = c->aug_all,
		.aug_one = !c->aug_all};
	int status =
		yc_images_net(&g->net, run, c->net, c->width, c->depth, c->precision);

	if (!status)
		status = make_data(g, run->job->data);
	if (!status)
		status = yc_trainer_new(&g->trainer, g->net, &g->data, &hyper, run->root,
			run->job->threads);
	/* For trials; an iteration draws its own. */
	if (!status)
		yc_net_init(g->net, g->trainer.w, yc_rng_fork(&run->root, "init-net", 0));
	return status;
}

static int make_step(struct yc_run *run)
{
	struct dc *g = run->state;
	const struct cfg *c = run->cfg;
	const struct metric *m = (const struct metric *)yc_method_find(
		metrics, "metric", c->metric, strlen(c->metric));
	int status = m ? yc_step_new(&g->step, g->net, run->job->data, &g->images.synth,
				 yc_metric_find(m->distance), &g->images.aug,
				 (int)c->n_real, run->job->threads)
		       : YC_USAGE;

	g->step.also = m ? m->also : 0;
	g->step.units = YC_PIXELS_NORMALISED;
	return status;
}

enum { REAL, SYNTHETIC, NETWORK }; /* kinds of cost */

static void costs(struct yc_run *run)
{
	struct dc *g = run->state;
	const struct cfg *c = run->cfg;
	double updates = (double)c->outer * (double)classes_of(g),
	       batches = (double)(c->outer - 1) * (double)training_steps(g),
	       /* of equal size, as far as the last of an epoch is not smaller */
		batch = (double)g->data.n / yc_trainer_steps(&g->trainer);
	int most = g->step.batch.n_real + g->images.synth.batch,
	    few = batch < most ? (int)ceil(batch) : most;

	yc_run_cost(run, &(struct yc_cost){.kind = REAL,
				 .units = updates,
				 .images = (int)c->n_real,
				 .options = {"outer", "n-real"}});
	yc_run_cost(run, &(struct yc_cost){.kind = SYNTHETIC,
				 .units = updates,
				 .images = g->images.synth.batch,
				 .options = {"outer"}});
	if (c->outer > 1)
		yc_run_cost(run, &(struct yc_cost){.kind = NETWORK,
					 .units = batches * batch / few,
					 .images = few,
					 .options = {"outer", "inner"}});
	run->bytes =
		yc_step_bytes(&g->step) +
		yc_exec_bytes(g->net,
			g->data.n < (int)c->net_batch ? g->data.n : (int)c->net_batch,
			run->job->threads, YC_EXEC_GRADIENT);
	run->units = (uint64_t)(c->outer - 1) * (classes_of(g) + training_steps(g)) +
		     classes_of(g);
	run->phase = "steps";
	run->published = c->published ? 1000 : 0;
	snprintf(run->published_text, sizeof(run->published_text), "1000 iterations");
}

static int check(void *ctx)
{
	struct yc_run *run = ctx;
	struct dc *g = run->state;

	return run->unit < run->units ? yc_kept_trainer_restore(&g->kept)
				      : yc_checkpoint_damaged();
}

static int begin(struct yc_run *run)
{
	struct dc *g = run->state;
	const struct cfg *c = run->cfg;
	bool noise = !strcmp(c->init, "noise");
	const struct yc_images_cfg images = {.synth = {.factor = (int)c->factor,
						     .syn_max = INT_MAX,
						     .class_momentum = true},
		.init = noise		? "normal"
			: c->factor > 1 ? "mix"
					: "random",
		.init_random = !noise,
		.aug = c->aug,
		.aug_all = c->aug_all,
		.aug_one = !c->aug_all};
	int status = yc_images_new(&g->images, run, &images);

	g->cfg = c;
	if (!status)
		status = make_networks(run);
	if (!status)
		status = make_step(run);
	if (status)
		return status;
	yc_kept_trainer_keep(&g->kept, &g->trainer, run, NULL);
	yc_run_keep(run, "loss", YC_F64, &g->loss, 1);
	yc_run_check(run, check, run);
	costs(run);
	return YC_OK;
}

static int fresh(struct yc_run *run)
{
	struct dc *g = run->state;

	return yc_images_fresh(&g->images, run, NULL, NULL);
}

static int diverged(const struct yc_run *run, const char *what, const char *rate)
{
	return yc_fail(YC_FAIL,
		"iteration %" PRIu64
		": the %s is not finite: %s is too large or the images are not sane",
		run->it + 1, what, rate);
}

/* Class c in update `outer` of the iteration. */
static int class_step(struct yc_run *run, uint64_t outer, int c)
{
	struct dc *g = run->state;
	struct yc_class_batch *b = &g->step.batch;

	yc_class_batch_real(b, yc_sampler_next(&g->images.sampler, c, b->n_real, b->idx));
	yc_class_batch_draw(b, &run->root,
		(run->it * g->cfg->outer + outer) * classes_of(g) + (uint64_t)c);
	run->loss = yc_step_run(&g->step, g->trainer.w, c);
	if (!isfinite(run->loss))
		return diverged(run, "matching loss", "--lr-img");
	yc_synth_step(&g->images.synth, c, b->grad, g->cfg->lr_img, g->cfg->momentum_img,
		run->job->threads);
	g->decoded = false;
	g->loss += run->loss;
	snprintf(run->text, sizeof(run->text),
		"iteration %" PRIu64 ", update %" PRIu64 ", loss %.4g", run->it + 1,
		outer + 1, run->loss);
	return YC_OK;
}

static int network_step(struct yc_run *run)
{
	struct dc *g = run->state;

	need_data(g);
	yc_trainer_step(&g->trainer, g->cfg->net_lr);
	yc_kept_trainer_note(&g->kept);
	if (!isfinite(g->trainer.loss))
		return diverged(run, "network's loss", "--net-lr");
	snprintf(run->text, sizeof(run->text),
		"iteration %" PRIu64 ", network's loss %.4g", run->it + 1,
		g->trainer.loss);
	return YC_OK;
}

/* An iteration is outer times the classes, and in between the batches of the network. */
static int step(struct yc_run *run)
{
	struct dc *g = run->state;
	const uint64_t classes = classes_of(g), period = classes + training_steps(g),
		       at = run->unit % period;
	int status;

	if (!run->unit)
		yc_net_init(g->net, g->trainer.w,
			yc_rng_fork(&run->root, "init-net", run->it));
	status = at < classes ? class_step(run, run->unit / period, (int)at)
			      : network_step(run);
	if (status || ++run->unit < run->units)
		return status;
	run->loss = g->loss / (double)(classes * g->cfg->outer);
	g->loss = 0;
	return YC_ITERATION;
}

static int result(struct yc_run *run, struct yc_set *set)
{
	const struct dc *g = run->state;

	set->head.factor = (int)g->cfg->factor;
	return yc_synth_store(&g->images.synth, set);
}

static int trial(struct yc_run *run, int kind, int images)
{
	struct dc *g = run->state;

	if (kind == REAL)
		yc_step_try_real(&g->step, g->trainer.w, images);
	else if (kind == SYNTHETIC)
		yc_step_try_syn(&g->step, g->trainer.w, images);
	else
		yc_step_try_network(&g->step, &g->trainer, images);
	return YC_OK;
}

static void end(struct yc_run *run)
{
	struct dc *g = run->state;

	yc_step_release(&g->step);
	yc_trainer_release(&g->trainer);
	yc_free(g->data.real);
	yc_free(g->data.label);
	yc_net_free(g->net);
	yc_images_release(&g->images);
}

#define HOOKS \
	.iterations = offsetof(struct cfg, iterations), .iteration = "iteration", \
	.size = sizeof(struct dc), .resolve = resolve, .begin = begin, .fresh = fresh, \
	.step = step, .result = result, .trial = trial, .end = end

const struct yc_condenser yc_condense_dc = {
	.method = {.name = "dc",
		.summary =
			"match gradients on real and synthetic images of networks that "
			"are trained on the synthetic ones",
		.opts = dc_opts,
		.nopts = YC_COUNT(dc_opts),
		.cfg_size = sizeof(struct cfg)},
	HOOKS,
};

const struct yc_condenser yc_condense_dsa = {
	.method = {.name = "dsa",
		.summary = "dc under augmentations common to real and synthetic "
			   "images",
		.opts = dsa_opts,
		.nopts = YC_COUNT(dsa_opts),
		.cfg_size = sizeof(struct cfg)},
	HOOKS,
};
