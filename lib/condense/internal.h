/* SPDX-License-Identifier: MIT */
#ifndef CONDENSE_INTERNAL_H
#define CONDENSE_INTERNAL_H

/*
 * What condensation methods are put together from; private to lib/condense and its tests.
 */

#include "yc/augment.h"
#include "yc/condense.h"
#include "yc/decode.h"
#include "yc/mem.h"
#include "yc/net.h"
#include "yc/train.h"

/* ---- condense.c ---- */

/* A set without columns that has all else of the real one: head, metadata, unknown
 * records. */
int yc_condense_bare(const struct yc_condense_job *job, struct yc_set *out) YC_CHECKED;

/* ---- gradmatch/match.c: yc-methods(7), "Distance of gradients" ---- */

struct yc_metric {
	const char *name;
	/* x: real, y: synthetic gradient of one tensor [rows][out] (a convolution's
	 * [kh][kw][in] is rows). Returns D(x, y); v [rows][out] = dD/dy. scratch: 3*out
	 * doubles. */
	double (*dist)(const yc_real *x, const yc_real *y, yc_real *v, size_t rows,
		size_t out, double *scratch);
};
extern const struct yc_metric *const yc_metrics[]; /* NULL-terminated */

const struct yc_metric *yc_metric_find(
	const char *name); /* or NULL with YC_USAGE recorded */
/* Doubles that yc_match needs in `scratch`. */
size_t yc_match_scratch(const struct yc_net *net);
/* What is matched besides the weights of convolutions (D6): biases and norms, weights of
 * linear layers. */
enum { YC_MATCH_BIAS = 1, YC_MATCH_FC = 2 };
/* Sum of the metric over the matched tensors of two gradients in the layout of the weight
 * vector. Writes v there and nowhere else: v is zeroed once by its owner. */
double yc_match(const struct yc_metric *m, const struct yc_net *net, unsigned also,
	const yc_real *real, const yc_real *syn, yc_real *v, double *scratch);

/* ---- sampler.c: yc-methods(7), "Class sampler" ---- */

/* For each class a walk over a random permutation of its images. Fields are open for
 * checkpoints. */
struct yc_sampler {
	int classes;
	size_t n;	 /* images of all classes */
	int32_t *member; /* [n] indices into the data, grouped by class, in data order */
	int32_t *first;	 /* [classes+1] where a class begins in member and in perm */
	int32_t *perm;	 /* [n] permutation of each class, 0-based inside the class */
	int32_t *at;	 /* [classes] next position in it */
	uint64_t *pos;	 /* [classes] position of its random stream real-batch[c] */
	struct yc_rng root;
};

int yc_sampler_new(struct yc_sampler *w, const struct yc_data *data,
	const struct yc_rng *root) YC_CHECKED;
void yc_sampler_release(struct yc_sampler *w);
static inline int yc_sampler_count(const struct yc_sampler *w, int c)
{
	return w->first[c + 1] - w->first[c];
}
/* YC_FAIL naming the first class with fewer than n images, and `why` they are needed. */
int yc_sampler_need(const struct yc_sampler *w, uint64_t n, const char *why) YC_CHECKED;
/* The next n images of class c, n <= count: indices into the data. */
void yc_sampler_next(struct yc_sampler *w, int c, int n, int32_t *idx);

/* ---- cluster.c: yc-methods(7), "Representative batches" ---- */

struct yc_cluster_cfg {
	bool normalise;	      /* what the network sees; else pixels in 0..1 (D47) */
	bool replace, reseed; /* of yc_kmeans_cfg (D32) */
};

struct yc_cluster {
	struct yc_cluster_cfg cfg;
	const struct yc_net *net;
	const struct yc_data *data;
	const struct yc_sampler *sampler;
	int threads;
	struct yc_exec *exec;
	yc_real *x;	/* a batch of images */
	yc_real *embed; /* [images of the largest class][embedding] */
};

int yc_cluster_new(struct yc_cluster *u, const struct yc_cluster_cfg *cfg,
	const struct yc_net *net, const struct yc_data *data,
	const struct yc_sampler *sampler, int threads) YC_CHECKED;
void yc_cluster_release(struct yc_cluster *u);
size_t yc_cluster_bytes(const struct yc_cluster *u, int k);
/* The k images of class c, at most all, that are nearest to the centres of k clusters of
 * its embeddings, in the order of the centres: indices into the data, repeats possible.
 */
int yc_cluster_choose(struct yc_cluster *u, const yc_real *w, int c, int k,
	struct yc_rng rng, int32_t *idx) YC_CHECKED;

/* ---- synthetic.c: the synthetic pixels ---- */

struct yc_synth_cfg {
	int classes, ipc, channels, side, factor;
	enum yc_decode_type decode;
	int bound, syn_max;
	bool init_area; /* tiles begin as means over areas, not as single pixels (D3) */
	bool class_momentum; /* momentum per class: others rest (D4) */
	bool clamp;	     /* what is stored is in 0..1 (D5) */
};

struct yc_synth {
	struct yc_synth_cfg cfg;
	size_t pixels; /* of one stored image */
	size_t images; /* classes*ipc */
	yc_real *s,
		*b; /* [classes*ipc][channels][side][side]: pixels in 0..1, momentum */
	int ntiles; /* decoded images of a class */
	struct yc_tile *tile; /* [ntiles] their plan, the same for every class */
	int batch; /* of these, images in a synthetic batch: min(ntiles, syn_max) */
};

int yc_synth_new(struct yc_synth *y, const struct yc_synth_cfg *cfg) YC_CHECKED;
void yc_synth_release(struct yc_synth *y);
/* Real images of a class that an initialisation takes: into *n, 0 for noise. YC_FAIL if a
 * class has fewer. */
int yc_synth_init_needs(const struct yc_synth *y, const char *mode,
	const struct yc_sampler *w, int *n) YC_CHECKED;
/* mode: "noise", "random", "mix", or "kmean", which is mix with other images. real
 * [classes][n] are the images to take, indices into the data. Stream: init-syn. */
int yc_synth_init(struct yc_synth *y, const char *mode, const struct yc_data *data,
	const int32_t *real, const struct yc_rng *root) YC_CHECKED;
/* Takes over the images of a condensed set of the same shape, class by class in its
 * order; bytes become 0..1. */
int yc_synth_init_from(struct yc_synth *y, const struct yc_set *set) YC_CHECKED;
void yc_synth_clamp(struct yc_synth *y, int threads);
/* yc-methods(7), "Update of images": B = momentum*B + grad, S -= lr*B over the whole
 * tensor, or with class_momentum over class c; grad [ipc][pixels] is that of class c,
 * zero elsewhere. */
void yc_synth_step(struct yc_synth *y, int c, const yc_real *grad, double lr,
	double momentum, int threads);
/* Adds image, label and id to a set without columns. */
int yc_synth_store(const struct yc_synth *y, struct yc_set *out) YC_CHECKED;

/* ---- gradmatch/step.c: yc-methods(7), "Update of images" ---- */

/*
 * The gradient of the matching loss with respect to the stored images of one class. Reads
 * the network, the data and the pixels of its class, and writes nothing but its own
 * buffers: a process that owns some classes needs just these. All memory is taken when it
 * is made.
 */
struct yc_step {
	const struct yc_net *net;
	const struct yc_data *data;
	const struct yc_synth *synth;
	const struct yc_metric *metric;
	unsigned also; /* of YC_MATCH_BIAS, YC_MATCH_FC; 0 unless the owner sets it */
	const struct yc_aug *aug;
	int n_real, threads;
	struct yc_exec *real_exec, *syn_exec;
	struct yc_arena arena;
	yc_real *gr, *gs, *v; /* [yc_net_size] */
	yc_real *x;	      /* [n_real + batch][side][side][channels] */
	yc_real *dx;	      /* [batch][side][side][channels] */
	yc_real *tmp;	      /* [threads][side][side][channels] */
	yc_real *grad;	      /* [ipc][pixels]: the result */
	double *scratch;
	int32_t *label, *idx, *pick, *perm;
	struct yc_aug_draw *draw;
	struct yc_aug_plan plan;
	double loss_real, loss_syn; /* mean cross-entropies, for tests and curiosity */
};

int yc_step_new(struct yc_step *s, const struct yc_net *net, const struct yc_data *data,
	const struct yc_synth *synth, const struct yc_metric *metric,
	const struct yc_aug *aug, int n_real, int threads) YC_CHECKED;
void yc_step_release(struct yc_step *s);
size_t yc_step_bytes(const struct yc_step *s);
/* Draws what class step number `serial` of a run needs into pick and plan. Streams
 * syn-subset[serial] and aug-shared[serial], so that whoever runs a step draws the same.
 */
void yc_step_draw(struct yc_step *s, const struct yc_rng *root, uint64_t serial);
/* Class c with the real images s->idx, the decoded images s->pick and the draws s->plan;
 * returns the matching loss, the gradient is in s->grad. */
double yc_step_run(struct yc_step *s, const yc_real *w, int c);

/* ---- gradmatch/loop.c: yc-methods(7), "Outer and inner iterations" ---- */

/* Settings, all resolved: first member of the option struct of a method that uses the
 * loop. */
struct yc_match_cfg {
	uint32_t factor, outer, inner, n_real, syn_max, bound;
	double lr_img, momentum_img;
	const char *init, *metric, *decode, *aug;
	bool init_random, init_area, class_momentum, clamp, aug_all;
	const char *net;
	uint32_t width, depth;
	double net_lr, net_momentum, net_decay, early, mix_p;
	uint32_t net_batch, n_data, fix_iter;
	const char *net_aug;
	bool bias, fc, exact;
	uint32_t interval; /* 0: real batches come from the class sampler */
	bool embed_normalised, kmeans_replace, kmeans_reseed;
	/* A path; yc_match_run puts the digest of the set there in its place, for history
	 * and checkpoint, and keeps the text here. */
	const char *init_from;
	char init_digest[YC_DIGEST_TEXT];
	uint32_t full_outer,
		full_inner; /* no options: the published setting, for the estimate */
};

int yc_match_run(
	struct yc_match_cfg *cfg, const struct yc_condense_job *job, struct yc_set *out);

/* ---- init.c: the first synthetic images ---- */

/* Takes over those of c->init_from; what they were, c->init_digest, takes the place of
 * where they came from. Their head goes to *head, to be released. */
int yc_init_from_file(
	struct yc_match_cfg *c, struct yc_synth *y, struct yc_meta *head) YC_CHECKED;

struct yc_init {
	const char *init; /* of yc_synth_init */
	bool random;	  /* real images are drawn, not the first ones (D2) */
	const struct yc_condense_job *job;
	const struct yc_sampler *sampler;
	struct yc_cluster *cluster; /* used if yc_init_clusters(init) */
	const yc_real *w;	    /* the first network, untrained */
	const struct yc_rng *root;
};

/* Whether an initialisation needs clusters. NULL: no. */
bool yc_init_clusters(const char *init);
/* Makes them of the first real images of each class, of some drawn, or of those nearest
 * to the centres of clusters, as embedded by the first network. Streams: init-syn,
 * init-real, kmeans-init. */
int yc_init_from_real(const struct yc_init *s, struct yc_synth *y) YC_CHECKED;

/* ---- checkpoint.c ---- */

/* Everything that changes while the loop runs. A unit is a class step, a network step or
 * an early step; between any two units this is the whole state. */
struct yc_place {
	uint64_t it, early, inner, cls, seen;
};
struct yc_state {
	struct yc_place at;
	double loss; /* sum over the class steps of this inner iteration */
	uint32_t outer, inner;
	float *log;	  /* [outer] mean matching loss of finished outer iterations */
	float *log_inner; /* [inner] of the current, or last, outer iteration */
	uint64_t input;	  /* fingerprint of the real images */
	int n_real;
	int32_t *chosen; /* [classes][n_real] clustered real batches, or NULL */
	struct yc_synth *synth;
	struct yc_sampler *sampler;
	struct yc_trainer *trainer;
};

uint64_t yc_state_fingerprint(const struct yc_data *d);
int yc_state_save(const struct yc_state *s, const struct yc_condense_job *job) YC_CHECKED;
/* 1: restored; 0: there is no such file; negative: it is not of this run. */
int yc_state_load(struct yc_state *s, const struct yc_condense_job *job) YC_CHECKED;
/* YC_FAIL when the file holds a run that is not finished and would be overwritten. */
int yc_state_guard(const struct yc_condense_job *job) YC_CHECKED;

#endif
