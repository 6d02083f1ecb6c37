/* SPDX-License-Identifier: MIT */
#ifndef CONDENSE_CORESET_H
#define CONDENSE_CORESET_H

/*
 * Condensing by choosing real images, yc-methods(7), "CORESETS": random, herding, k-center
 * and k-means. A rule chooses the images of one class by their features; everything else is
 * common.
 */

#include "lib/condense/internal.h"
#include "yc/train_opts.h"

struct yc_coreset_cfg {
	uint32_t factor;
	bool init_area;
	/* Of rules that need features: */
	const char *features; /* network or pixels */
	const char *start;    /* of k-center */
	struct yc_train_opts training;
};

#define YC_CORESET_ROW(field, ...) YC_OPT(struct yc_coreset_cfg, field, __VA_ARGS__)
/* clang-format off */
#define YC_CORESET_ROWS \
	YC_CORESET_ROW(factor, .name = "factor", .arg = "n", .def = "1", .min = 1, .max = 64, \
		.help = "tiles per side of a condensed image, each of a real image"), \
	YC_CORESET_ROW(init_area, .name = "init-area", \
		.help = "pixels of tiles are means over areas, not single pixels")
#define YC_FEATURES_EPOCHS .unset = YC_EPOCHS_OPEN, .auto_help = "10, or 0 with --init-net"
#define YC_FEATURES_ROWS \
	YC_CORESET_ROW(features, .name = "features", .arg = "network|pixels", \
		.unit = YC_CHOICE, .def = "network", \
		.help = "choose by embeddings of a network, or by normalised pixels"), \
	YC_TRAIN_ROWS( \
		struct yc_coreset_cfg, training, YC_FEATURES_EPOCHS, YC_MIX_BY_SIDE), \
	YC_INIT_NET_ROWS(struct yc_coreset_cfg, training)
/* clang-format on */

/* The images of a class, and memory for a rule to use. */
struct yc_coreset_class {
	const struct yc_coreset_cfg *cfg;
	int n, d;	  /* images, features of each; 0: the rule needs none */
	const yc_real *x; /* [n][d] */
	int label, threads;
	const struct yc_rng *root;
	double *distance;   /* [n] */
	double *mean, *sum; /* [d] */
	int32_t *order;	    /* [n] */
	bool *taken;	    /* [n] false */
};

/* Chooses k distinct ones of the n images, best first: indices into x. */
typedef int yc_coreset_rule(const struct yc_coreset_class *c, int k, int32_t *chosen);
yc_coreset_rule yc_choose_random, yc_choose_herding, yc_choose_kcenter, yc_choose_kmeans;

/* ---- distance.c ---- */

/* mean [d] of the features. */
void yc_coreset_mean(const struct yc_coreset_class *c);
/* distance[i] = |x_i - to|^2; with `least` only where that is less than it was. */
void yc_coreset_distances(const struct yc_coreset_class *c, const double *to, bool least);
/* The least, or greatest, distance of images that are not taken, ties to the first. */
int yc_coreset_nearest(const struct yc_coreset_class *c);
int yc_coreset_farthest(const struct yc_coreset_class *c);

/* ---- features.c ---- */

struct yc_features {
	const struct yc_coreset_cfg *cfg;
	struct yc_data data; /* that of the job, with soft labels if they are used */
	const struct yc_sampler *sampler;
	int threads, d, most; /* most: images of the largest class */
	struct yc_net *net;   /* NULL: pixels */
	uint64_t steps;	      /* of its training, 0: it is not trained */
	struct yc_trainer trainer;
	struct yc_kept_trainer kept; /* registered, and its steps */
	yc_real *w;		     /* the trainer's, or own_w */
	yc_real *own_w;
	struct yc_cluster cluster; /* embeds */
	yc_real *pixels;	   /* [most][d], or NULL */
};

int yc_features_resolve(
	struct yc_coreset_cfg *c, const struct yc_condense_job *job) YC_CHECKED;
int yc_features_new(struct yc_features *f, struct yc_run *run,
	const struct yc_coreset_cfg *c, const struct yc_sampler *sampler) YC_CHECKED;
void yc_features_release(struct yc_features *f);
size_t yc_features_bytes(const struct yc_features *f);
static inline bool yc_features_trained(const struct yc_features *f)
{
	return f->trainer.steps >= f->steps;
}
int yc_features_train(struct yc_features *f) YC_CHECKED;
/* Those of the first n images of class c, [n][d]; valid until the next call. */
const yc_real *yc_features_of(struct yc_features *f, int c, int n);
enum { YC_FEATURES_TRIAL = 256 };
/* To be timed: a training step of n images, at most so many and a batch. */
void yc_features_try_step(struct yc_features *f, int n);

/* ---- coreset.c: the hooks of struct yc_condenser ---- */

struct yc_coreset {
	const struct yc_coreset_cfg *cfg;
	yc_coreset_rule *rule;
	bool featured;
	struct yc_sampler sampler;
	struct yc_synth synth;
	struct yc_features features; /* if featured */
	int k;			     /* to choose of each class */
	int32_t *chosen;	     /* [classes][k] registered: indices into the data */
	struct yc_coreset_class of;  /* the class at hand, and the memory for any */
};

int yc_coreset_resolve(void *cfg, const struct yc_condense_job *job) YC_CHECKED;
int yc_coreset_resolve_features(void *cfg, const struct yc_condense_job *job) YC_CHECKED;
int yc_coreset_begin(struct yc_run *run, yc_coreset_rule *rule, bool features) YC_CHECKED;
int yc_coreset_fresh(struct yc_run *run) YC_CHECKED;
int yc_coreset_step(struct yc_run *run) YC_CHECKED;
void yc_coreset_share(struct yc_run *run);
int yc_coreset_result(struct yc_run *run, struct yc_set *set) YC_CHECKED;
int yc_coreset_trial(struct yc_run *run, int kind, int images) YC_CHECKED;
void yc_coreset_end(struct yc_run *run);

/* The members of an entry of yc_condensers except its method, resolve and begin. */
#define YC_CORESET_HOOKS \
	.size = sizeof(struct yc_coreset), .whitens = true, .fresh = yc_coreset_fresh, \
	.step = yc_coreset_step, .share = yc_coreset_share, .result = yc_coreset_result, \
	.trial = yc_coreset_trial, .end = yc_coreset_end

#endif
