/* SPDX-License-Identifier: MIT */
#ifndef CONDENSE_MTT_H
#define CONDENSE_MTT_H

/*
 * Condensation by matching training trajectories: declarations shared by its files and
 * tests. yc-methods(7), "MATCHING TRAJECTORIES".
 */

#include "lib/condense/internal.h"
#include "lib/condense/unroll.h"
#include "yc/spill.h"

/* All resolved, but for those that the file of experts decides. */
struct yc_mtt_cfg {
	uint32_t iterations, syn_steps, expert_epochs, max_start, batch_syn, factor;
	uint32_t width, depth, n_experts, epochs, expert_batch;
	double lr_img, momentum_img, lr_syn, lr_lr, momentum_lr, lr_limit;
	double lr_label, momentum_label, expert_lr;
	const char *init, *aug, *net, *precision, *labels;
	bool aug_all, shortcut;
	/* A path; `begin` replaces it by the digest of the stream, for history and
	 * checkpoint, and keeps the text here. NULL: experts are trained. */
	const char *experts;
	char digest[YC_DIGEST_TEXT];
};

/* ---- published.c ---- */

/* Fills what was not given by dataset and IPC; notes where that is interpolated. */
int yc_mtt_published(struct yc_mtt_cfg *c, const struct yc_condense_job *job) YC_CHECKED;

/* ---- experts.c: their trajectories ---- */

/* The weights of n networks after 0 .. epochs epochs of training, in memory if they are
 * trained here, else in a temporary file: they may be gigabytes, of which an iteration
 * needs two. */
struct yc_experts {
	const struct yc_net *net;
	int n, epochs;
	yc_real *all; /* [n][epochs + 1][yc_net_size], or NULL */
	struct yc_spill spill;
	uint64_t *at; /* [n][epochs + 1] where in it, from 1; 0: missing */
};

/* n > 0: in memory. */
int yc_experts_new(
	struct yc_experts *e, const struct yc_net *net, int n, int epochs) YC_CHECKED;
void yc_experts_release(struct yc_experts *e); /* zero is fine */
int yc_experts_get(struct yc_experts *e, int expert, int epoch, yc_real *w) YC_CHECKED;

/* A stream of networks with them, as yc-train writes it. */
struct yc_expert_file;
/* Reads up to the first network: options of the network that were not given are then those
 * of the file. `real`: images that the experts must have been trained on the like of. */
int yc_expert_file_open(struct yc_expert_file **f, struct yc_mtt_cfg *c,
	const struct yc_condense_job *job) YC_CHECKED;
/* Reads all, c->n_experts (0: all) of them into *e, whose folder is job->scratch; the last
 * snapshot of the first one into `last` [yc_net_size]; and the digest into c. Every record is
 * checked. */
int yc_expert_file_read(struct yc_expert_file *f, struct yc_experts *e,
	const struct yc_net *net, yc_real *last) YC_CHECKED;
void yc_expert_file_close(struct yc_expert_file *f); /* NULL is fine */

/* ---- expert_training.c: experts that are trained by the run ---- */

struct yc_expert_training {
	struct yc_experts *experts;
	struct yc_trainer trainer;
	struct yc_rng root;
	int epochs; /* of each, at least those that are kept */
	double lr;
	struct yc_kept_trainer kept;
	uint64_t at[2]; /* expert and steps; registered, as the experts are */
};

int yc_expert_training_new(struct yc_expert_training *t, struct yc_experts *experts,
	const struct yc_mtt_cfg *c, const struct yc_condense_job *job) YC_CHECKED;
void yc_expert_training_release(struct yc_expert_training *t); /* zero is fine */
void yc_expert_training_keep(struct yc_expert_training *t, struct yc_run *run);
/* Steps of all experts, and those that are left. */
uint64_t yc_expert_training_steps(const struct yc_expert_training *t);
uint64_t yc_expert_training_left(const struct yc_expert_training *t);
/* One step; *finished: the expert is complete, its weights are those of the trainer. */
int yc_expert_training_step(struct yc_expert_training *t, bool *finished) YC_CHECKED;

/* ---- labels.c: soft labels of the condensed images ---- */

struct yc_soft_labels {
	int classes;
	size_t images;
	bool learned;
	yc_real *logit, *momentum; /* [images][classes], registered */
	yc_real *soft, *grad;	   /* [images][classes]: softmax, and gradient by it */
	yc_real *row;		   /* [most of a batch][classes] */
};

int yc_soft_labels_new(struct yc_soft_labels *l, const struct yc_synth *y, int classes,
	int batch, bool learned) YC_CHECKED;
void yc_soft_labels_release(struct yc_soft_labels *l); /* zero is fine */
void yc_soft_labels_keep(struct yc_soft_labels *l, struct yc_run *run);
/* What the network says to the images: the mean of its probabilities for their tiles. */
int yc_soft_labels_ask(struct yc_soft_labels *l, const struct yc_net *net,
	const yc_real *w, const struct yc_synth *y, const struct yc_data *data,
	int threads) YC_CHECKED;
/* At the begin of an iteration: the labels, and no gradient yet. */
void yc_soft_labels_begin(struct yc_soft_labels *l);
/* The rows of a batch. */
const yc_real *yc_soft_labels_rows(
	struct yc_soft_labels *l, const struct yc_syn_batch *b);
/* Adds the gradient by them, dy [n][classes]. */
void yc_soft_labels_back(
	struct yc_soft_labels *l, const struct yc_syn_batch *b, const yc_real *dy);
/* A step of the logits of learned labels. */
void yc_soft_labels_step(struct yc_soft_labels *l, double lr, double momentum);
/* Adds the column `soft`. */
int yc_soft_labels_store(struct yc_soft_labels *l, struct yc_set *out) YC_CHECKED;

/* ---- a run ---- */

enum yc_mtt_cost { YC_MTT_DESCEND, YC_MTT_ASCEND, YC_MTT_EXPERT };

struct yc_mtt {
	const struct yc_mtt_cfg *cfg;
	struct yc_net *net;
	struct yc_images images;
	struct yc_syn_batch batch;
	struct yc_unroll descent;
	struct yc_experts experts;
	struct yc_expert_training training; /* without --experts */
	bool trains, soft;
	struct yc_soft_labels labels; /* if soft */
	yc_real *target;	      /* [size] where the expert was */
	yc_real *grad;		      /* [images][pixels] */
	yc_real *trial;		      /* real images, to time their training */
	int32_t *expert;	      /* [experts] a permutation */
	int32_t *order;		      /* [decoded images] a permutation */
	int32_t *pick;		      /* [steps][batch] images of each step */
	int *count;		      /* [steps] how many */
	int training_cost;	      /* index among the costs of the run */
	/* The iteration at hand, from 1, and units of it done here: others are lost. */
	uint64_t begun, done;
	double loss; /* of it, once it has come to that */
	bool told, held;
	/* Of several ranks: shards are divided; each trains an expert, from `base` on. */
	bool divided, round, trained;
	uint64_t base;
	double lr[2]; /* registered: the step size and its momentum */
};

/* ---- space.c: where images are stepped on ---- */

/* YC_FAIL if the images are whitened in a way that has no such space. */
int yc_mtt_space_check(const struct yc_mtt_cfg *c, const struct yc_data *d) YC_CHECKED;
/* From the first images, pixels in 0..1 or noise that is normal in normalised ones. */
int yc_mtt_space_enter(
	struct yc_synth *y, const struct yc_data *d, bool noise, int threads) YC_CHECKED;
/* yc_synth_store, as pixels. */
int yc_mtt_space_store(struct yc_synth *y, const struct yc_data *d, struct yc_set *out,
	int threads) YC_CHECKED;

/* ---- mtt_begin.c, mtt_step.c: the hooks of struct yc_condenser ---- */

int yc_mtt_begin(struct yc_run *run) YC_CHECKED;
int yc_mtt_fresh(struct yc_run *run) YC_CHECKED;
int yc_mtt_prepare(struct yc_run *run) YC_CHECKED;
int yc_mtt_step(struct yc_run *run) YC_CHECKED;
void yc_mtt_share(struct yc_run *run);
int yc_mtt_trial(struct yc_run *run, int kind, int images) YC_CHECKED;
void yc_mtt_end(struct yc_run *run);

#endif
