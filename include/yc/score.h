/* SPDX-License-Identifier: MIT */
#ifndef YC_SCORE_H
#define YC_SCORE_H

#include "yc/setup.h"

/*
 * Scores of training images (spec sections 7 and 8). One network is trained on the whole
 * set; after every pass over it each score looks at what the network said of each image
 * while it was trained on it. A score is one file lib/score/score_NAME.c and one line in
 * scores.c. It asks for as many epochs as it needs, and training stops when nobody
 * needs more. Nothing keeps the whole table of outputs, which can be gigabytes.
 */

/* One epoch, all images in decoded order g (spec section 0). Outputs are those of the
 * forward pass of training: augmented and mixed input, before the update, original label
 * (Q20). */
struct yc_dyn_epoch {
	int epoch; /* 0-based */
	int n, classes;
	const int32_t *label; /* [n] */
	const float *logp;    /* [n][classes] log-softmax */
	const float *err;     /* [n] Euclidean distance of softmax and one-hot label */
	const uint8_t *ok; /* [n] the largest output, of equals the first, is the label */
	int right;	   /* sum of ok */
	double loss;	   /* summed cross-entropy */
};

enum yc_score_need {
	YC_NEED_DYNAMICS = 1, /* observes epochs */
	YC_NEED_MODEL = 2,    /* looks at the trained network */
	YC_NEED_FULL = 4,     /* all epochs, not just early ones */
	YC_NEED_LABELS = 8
};

/* What a score may know. */
struct yc_score_job {
	const struct yc_data *data;
	int epochs;		  /* of the training and its schedule */
	const struct yc_net *net; /* trained, when scores finish; NULL without training */
	const yc_real *w;
	int threads;
};

struct yc_score {
	struct yc_method method;
	unsigned needs; /* of enum yc_score_need */
	/*
	 * Refuses what cannot work. Writes effective values over unset options in
	 * cfg; *epochs (preset: all of them) is how many passes it must see; *bytes the
	 * size of its state, which the caller allocates, zeroed and aligned.
	 */
	int (*plan)(
		void *cfg, const struct yc_score_job *job, int *epochs, size_t *bytes);
	/* Each epoch below that number, in order; NULL where only the model counts. */
	void (*observe)(const void *cfg, void *state, const struct yc_dyn_epoch *e);
	/* Fills score [job->data->n]. */
	int (*finish)(const void *cfg, void *state, const struct yc_score_job *job,
		float *score);
};

/* The table, NULL-terminated; every entry is the first member of a struct yc_score. */
extern const struct yc_method *const yc_scores[];

/* Lines "  name  what it needs" for --help, at most `size` bytes. */
void yc_scores_describe(char *buf, size_t size);

enum { YC_SCORES_MAX = 16 };

/* Several scores over one training. */
struct yc_scoring {
	struct yc_score_job job;
	int nitems;
	struct yc_score_item {
		const struct yc_score *score;
		void *cfg, *state;
		int epochs;
	} item[YC_SCORES_MAX];
	int epochs;	/* most that an item needs */
	int next;	/* epoch that comes next */
	unsigned needs; /* of all */
	float *logp, *err;
	uint8_t *ok;
	yc_real *scratch; /* [classes] */
};

/* `cfg[i]` is the filled struct of method i, completed here; all borrowed. `epochs`: of
 * the schedule. */
int yc_scoring_new(struct yc_scoring *s, const struct yc_data *data, int epochs,
	int threads, const struct yc_method *const *method, void *const *cfg,
	int n) YC_CHECKED;
void yc_scoring_release(struct yc_scoring *s);
/* Shows the scores the table s->logp as the next epoch. */
void yc_scoring_epoch(struct yc_scoring *s);

/* Where the outputs of every epoch go, besides the scores: yc-score --save-dynamics. A
 * stream whose rows are the decoded images (label, id, tile), followed by a record of
 * kind "dynamics" with logp [n][classes] for every epoch; yc-score(1) describes it. */
struct yc_dyn_sink {
	struct yc_writer *writer; /* the caller opens and closes it */
	const struct yc_set *set; /* that the data were decoded from */
};

/*
 * Trains (recipe of spec section 7: schedule by iterations) and shows all epochs that
 * somebody needs, or with `full` all that there are; keeps the network and the dynamics
 * where asked (`sink` may be NULL) and finishes the scores: score[i] [data->n] of method
 * i.
 */
int yc_scoring_train(struct yc_scoring *s, const struct yc_setup *setup, bool full,
	uint64_t seed, const struct yc_dyn_sink *sink, float *const *score,
	struct yc_watch *watch) YC_CHECKED;

/* The same without training, from such a stream. */
struct yc_dyn_source {
	struct yc_reader *reader; /* the caller opens and closes it */
	const struct yc_data *data;
	const struct yc_set *set;
	int epochs;  /* of the schedule, as yc_scoring_new wants them */
	size_t rows; /* compared with the data so far */
};
/* Set reader, data and set; reads the beginning. */
int yc_dyn_open(struct yc_dyn_source *d) YC_CHECKED;
int yc_scoring_read(struct yc_scoring *s, struct yc_dyn_source *d, float *const *score,
	struct yc_watch *watch) YC_CHECKED;

/* Puts scores of decoded images into the set as column score.NAME [rows, tiles]. */
int yc_score_store(struct yc_set *set, const struct yc_data *data, const char *name,
	const float *score) YC_CHECKED;

#endif
