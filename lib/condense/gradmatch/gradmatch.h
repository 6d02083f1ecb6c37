/* SPDX-License-Identifier: MIT */
#ifndef CONDENSE_GRADMATCH_H
#define CONDENSE_GRADMATCH_H

/*
 * Condensation by matching gradients, IDC, DREAM and MDC: declarations shared by its files
 * and tests. yc-methods(7), "GRADIENT MATCHING". DC and DSA use distances and step.
 */

#include "lib/condense/gradmatch/subsets.h"
#include "lib/condense/internal.h"
#include "yc/trajectory.h"

/* ---- match.c: yc-methods(7), "Distance of gradients" ---- */

struct yc_metric {
	struct yc_method method;
	/* x: real, y: synthetic gradient of one tensor [rows][out] (a convolution's
	 * [kh][kw][in] is rows). Returns D(x, y); v [rows][out] = dD/dy. scratch: 3*out
	 * doubles. */
	double (*dist)(const yc_real *x, const yc_real *y, yc_real *v, size_t rows,
		size_t out, double *scratch);
};
extern const struct yc_method *const yc_metrics[]; /* of struct yc_metric */

const struct yc_metric *yc_metric_find(
	const char *name); /* or NULL with YC_USAGE recorded */
/* Doubles that yc_match needs in `scratch`. */
size_t yc_match_scratch(const struct yc_net *net);
/* Weights that are matched besides those of convolutions (D6): biases and norms, weights
 * of linear layers; or all as one tensor with one channel. */
enum { YC_MATCH_BIAS = 1, YC_MATCH_FC = 2, YC_MATCH_WHOLE = 4 };
/* Sum of the metric over the matched tensors of two gradients in the layout of the weight
 * vector. Writes v there and nowhere else: v is zeroed once by its owner. */
double yc_match(const struct yc_metric *m, const struct yc_net *net, unsigned also,
	const yc_real *real, const yc_real *syn, yc_real *v, double *scratch);

/* ---- step.c: yc-methods(7), "Update of images" ---- */

/* The gradient of the matching loss with respect to the stored images of one class. Reads
 * the network and the input of its batch, and writes only its own buffers. */
struct yc_step {
	struct yc_class_batch batch;
	const struct yc_net *net;
	const struct yc_metric *metric;
	unsigned also;		   /* of YC_MATCH_...; 0 by default */
	enum yc_pixel_units units; /* of the result, stored ones by default */
	struct yc_exec *real_exec, *syn_exec;
	yc_real *gr, *gs, *v; /* [yc_net_size] */
	double *scratch;
	int32_t *label;
	double loss_real, loss_syn; /* mean cross-entropies, for tests */
	/* Of the first images of the batch, in decoded order: as many are also matched by
	 * themselves, 0: none; as many get no gradient. */
	int subset, frozen;
	/* For prefixes, or NULL: */
	yc_real *dsubset;   /* [synth->batch][side][side][channels] */
	yc_real *embed;	    /* [n_real or synth->batch, whichever is more][embedding] */
	double *mean, *sum; /* [embedding] of the real images; of a prefix */
};

int yc_step_new(struct yc_step *s, const struct yc_net *net, const struct yc_data *data,
	const struct yc_synth *synth, const struct yc_metric *metric,
	const struct yc_aug *aug, int n_real, int threads) YC_CHECKED;
void yc_step_release(struct yc_step *s);
/* Allocates what prefixes need. */
int yc_step_new_subsets(struct yc_step *s) YC_CHECKED;
size_t yc_step_bytes(const struct yc_step *s);
/* Class c with the real images, the decoded images and the draws of s->batch; returns the
 * matching loss, the gradient is in s->batch.grad. */
double yc_step_run(struct yc_step *s, const yc_real *w, int c);
/* |mean embedding of the images of a prefix - that of the real images|^2, for ascending
 * numbers of images, which may be 0: the distance then has no meaning. After
 * yc_step_run, of the same batch. */
void yc_step_distances(
	struct yc_step *s, const yc_real *w, const int *images, int n, double *distance);
/* To be timed: the passes over n of its real or synthetic images, and the embedding of n of
 * either. */
void yc_step_try_real(struct yc_step *s, const yc_real *w, int n);
void yc_step_try_syn(struct yc_step *s, const yc_real *w, int n);
void yc_step_try_embed(struct yc_step *s, const yc_real *w, int n);
/* The same for a network step, over n images of its batch. */
void yc_step_try_network(struct yc_step *s, struct yc_trainer *t, int n);

/* ---- a run ---- */

/* Not given. */
#define YC_NET_SEED_OPEN UINT32_MAX
/* Settings, all resolved: the option struct of a method that matches gradients. */
struct yc_match_cfg {
	uint32_t factor, outer, n_real, syn_max, bound;
	double lr_img, lr_img_decay /* NAN: none */, momentum_img;
	const char *init, *metric, *decode, *aug, *budget;
	bool init_random, init_area, class_momentum, clamp;
	struct yc_trajectory_cfg networks;
	const char *networks_from; /* a stream of them, or NULL: they are trained */
	uint64_t net_seed;	   /* YC_NET_SEED_OPEN: that of the run */
	bool bias, fc;
	uint32_t interval; /* 0: real batches come from the class sampler */
	uint32_t period;   /* of yc_subsets; 0: prefixes are not matched */
	bool class_wise, no_freeze;
	bool embed_normalised, kmeans_replace, kmeans_reseed;
	struct yc_init_from init_from;
	uint32_t full_outer,
		full_inner; /* not options: the published setting, for the estimate; 0:
			       there is none */
};

/* Position in an outer iteration, as saved: network steps before the first inner
 * iteration, then in inner iteration `inner` the number of updated classes and of real
 * images that the network has seen. */
struct yc_match_position {
	uint64_t early, inner, cls, seen;
};

/* Seconds that an inner iteration takes a rank: of a class, and of the network. */
struct yc_rank_speed {
	double of_class, of_network;
};

/* What a rank spent since ranks met: seconds, and on how many. */
enum {
	YC_SPENT_CLASS,
	YC_SPENT_CLASSES,
	YC_SPENT_CLUSTER,
	YC_SPENT_CLUSTERS,
	YC_SPENT_NET,
	YC_SPENT_NETS,
	YC_SPENT_LEAD, /* states of networks that are ahead */
	YC_SPENTS
};

struct yc_gradmatch {
	const struct yc_match_cfg *cfg;
	struct yc_ahead *ahead; /* of several ranks that train networks, or NULL */
	/* Of several ranks: for each class [inner] losses, and [inner][most] what was
	 * measured of prefixes; and where the window of steps began. */
	double *losses, *distances;
	int32_t *counts;
	struct yc_match_position from;
	int trainers;		     /* ranks that train ahead */
	bool assigned;		     /* classes, and who trains */
	bool divided;		     /* all train, shard by shard, step by step */
	struct yc_rank_speed *speed; /* [ranks] by which classes were assigned */
	int *count;		     /* [ranks] classes of each */
	double *spent;		     /* [ranks][YC_SPENTS] */
	double spent_now[YC_SPENTS]; /* by this one */
	struct yc_net *net;
	struct yc_images images;
	struct yc_cluster cluster; /* if clustering is used */
	struct yc_step step;
	/* If prefixes are matched: which, and the images of the batch [most] of each, and
	 * their distances. */
	struct yc_subsets subsets;
	int *prefix;
	double *distance;
	/* Networks are trained here, or read: then there is a reader, and no training. */
	struct yc_trajectory networks;
	struct yc_trajectory_reader *reader;
	const yc_real *w; /* weights of the current one: the trainer's, or own_w */
	yc_real *own_w;
	uint64_t net_seed;
	bool retrain; /* the checkpoint is from a run that read its networks */
	/* Registered, in addition to the state of images and trainer: */
	struct yc_match_position at;
	double loss;	  /* sum over the class steps of this inner iteration */
	float *log_inner; /* [inner] of the current, or last, outer iteration */
	int32_t *chosen;  /* [classes][n_real] clustered real batches, or NULL */
	struct yc_kept_trainer kept;
};

/* ---- begin.c, gradmatch.c, costs.c: the hooks of struct yc_condenser ---- */

int yc_gradmatch_begin(struct yc_run *run) YC_CHECKED;
int yc_gradmatch_fresh(struct yc_run *run) YC_CHECKED;
int yc_gradmatch_step(struct yc_run *run) YC_CHECKED;
int yc_gradmatch_result(struct yc_run *run, struct yc_set *set) YC_CHECKED;
int yc_gradmatch_trial(struct yc_run *run, int cost, int images) YC_CHECKED;
void yc_gradmatch_end(struct yc_run *run);

/* The members of an entry of yc_condensers for gradient matching except name, rows and
 * resolve.
 */
#define YC_GRADMATCH_HOOKS \
	.iterations = offsetof(struct yc_match_cfg, outer), \
	.iteration = "outer iteration", .size = sizeof(struct yc_gradmatch), \
	.begin = yc_gradmatch_begin, .fresh = yc_gradmatch_fresh, \
	.step = yc_gradmatch_step, .share = yc_gradmatch_share, \
	.spare = yc_gradmatch_spare, .leave = yc_gradmatch_leave, \
	.result = yc_gradmatch_result, .trial = yc_gradmatch_trial, \
	.end = yc_gradmatch_end

/* ---- networks.c: yc-methods(7), "Update of networks" ---- */

/* Makes the network and what trains or reads its weights; these are then those of the
 * first, untrained. */
int yc_gradmatch_make_networks(struct yc_run *run) YC_CHECKED;
void yc_gradmatch_end_networks(struct yc_gradmatch *g);
/* Reads the network of the inner iteration at hand, if networks are read. */
int yc_gradmatch_read_network(struct yc_run *run) YC_CHECKED;
int yc_gradmatch_network_step(struct yc_run *run) YC_CHECKED;
/* Registers the trainer's state. */
void yc_gradmatch_keep_network(struct yc_run *run);

/* ---- ranks.c: yc-condense(1), "Ranks" ---- */

/* Makes what several ranks need. */
int yc_gradmatch_new_ranks(struct yc_run *run) YC_CHECKED;
void yc_gradmatch_end_ranks(struct yc_gradmatch *g);
/* With ranks, before a step: 1: it was a step of networks ahead, or there is nothing to go
 * on with (run->left). */
int yc_gradmatch_ranks_step(struct yc_run *run) YC_CHECKED;
/* With ranks, before the first step of the network in an inner iteration: a failure of any. */
int yc_gradmatch_ranks_agree(struct yc_run *run) YC_CHECKED;
/* After a class step that began then, or its clusters: YC_SPENT_CLASS or YC_SPENT_CLUSTER. */
void yc_gradmatch_spend(struct yc_run *run, int what, double begin);
/* Keeps what was measured of prefixes until ranks meet. */
void yc_gradmatch_note_prefixes(struct yc_run *run, int cls);
void yc_gradmatch_share(struct yc_run *run);
bool yc_gradmatch_spare(struct yc_run *run, int *status);
void yc_gradmatch_leave(struct yc_run *run);
/* At the end of an inner iteration whose losses are summed up, and of an outer one. */
void yc_gradmatch_finish_inner(struct yc_gradmatch *g, uint64_t inner);
void yc_gradmatch_finish_outer(struct yc_run *run);

/* ---- ahead.c: networks trained ahead, by some of the ranks for all ---- */

/* trainers: of the ranks, the last ones, never the first. Goes on from run->it and g->at. */
int yc_ahead_new(struct yc_ahead **a, struct yc_run *run, int trainers) YC_CHECKED;
void yc_ahead_free(struct yc_ahead *a);		/* NULL is fine */
bool yc_ahead_trains(const struct yc_ahead *a); /* this rank does */
/* Inner iterations that it can be ahead. */
int yc_ahead_most(const struct yc_ahead *a);
/* A step of a network, if one is needed for all that comes before global inner iteration
 * `until`, and the state of the network at its begin. 1: there was one, 0: all is there. */
int yc_ahead_step(struct yc_ahead *a, uint64_t until) YC_CHECKED;
/* A step of a network as far as there is room; whether there was one. */
bool yc_ahead_spare(struct yc_ahead *a, int *status);
/* The weights for a global inner iteration; NULL: who trains them has left. */
const yc_real *yc_ahead_weights(struct yc_ahead *a, uint64_t inner);
/* At a meeting before this global inner iteration: the first rank gets the network's state
 * there, and what is before is given up. */
void yc_ahead_settle(struct yc_ahead *a, uint64_t inner);
void yc_ahead_leave(struct yc_ahead *a);
/* Adds to spent[YC_SPENT_NET] and so on. */
void yc_ahead_spent(struct yc_ahead *a, double *spent);

/* ---- prefix.c: yc-methods(7), "MULTISIZE CONDENSATION" ---- */

/* With a period: */
int yc_gradmatch_new_subsets(struct yc_run *run) YC_CHECKED;
/* After the draws of a class step: sets the prefixes of the batch. */
void yc_gradmatch_prefixes(struct yc_run *run, int cls);
/* After the step: measures their distances if it is time. */
void yc_gradmatch_measure(struct yc_run *run, int cls);
void yc_gradmatch_end_subsets(struct yc_gradmatch *g);

/* Reports the costs of an outer iteration, its units and memory to the driver. */
void yc_gradmatch_costs(struct yc_run *run);
bool yc_gradmatch_is_network(const struct yc_cost *c);
/* YC_FAIL: a loss that is not finite. */
int yc_gradmatch_diverged(const struct yc_run *run, const char *what) YC_CHECKED;

#endif
