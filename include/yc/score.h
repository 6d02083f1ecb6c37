/* SPDX-License-Identifier: MIT */
#ifndef YC_SCORE_H
#define YC_SCORE_H

#include "yc/train_opts.h"

/*
 * yc-methods(7), "SCORES", of training images. One network is trained on the whole
 * set; after every pass over it each score looks at what the network said of each image
 * while it was trained on it. A score is one file lib/score/score_NAME.c and one line in
 * scores.c. It asks for as many epochs as it needs, and training stops when nobody
 * needs more. Nothing keeps the whole table of outputs, which can be gigabytes.
 */

/* One epoch, all images in decoded order. Outputs are those of the
 * forward pass of training: augmented and mixed input, before the update, original label
 * (D20). */
struct yc_dyn_epoch {
	int epoch; /* 0-based */
	int n, classes;
	const int32_t *label; /* [n] */
	const float *logp;    /* [n][classes] log-softmax */
	const float *err;  /* [n] Euclidean distance of softmax and target, the soft label
			     or the one-hot one */
	const uint8_t *ok; /* [n] the largest output, of equals the first, is the label */
	int right;	   /* sum of ok */
	double loss;	   /* summed cross-entropy towards the targets */
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
	const struct yc_meta *head; /* of the stream; NULL: not known */
	int tiles_per_image;	    /* yc_set_tiles_per_image */
	int epochs;		    /* of the training and its schedule */
	const struct yc_net *net;   /* NULL where no score needs the model */
	int threads;
	struct yc_rng rng; /* this run's; "init-net" and those of the trainer are taken */
	/* How images are shown to the trained network (D13); its rng when scores finish,
	 * stream "view". */
	struct yc_random_view view;
	const yc_real *w; /* the trained network, when scores finish */
};

/* What a score asks for. */
struct yc_score_plan {
	int epochs;   /* passes it must see; preset: all, 0 without YC_NEED_DYNAMICS */
	size_t bytes; /* of its state; preset: 0 */
	int columns;  /* that it makes; preset: 1 */
};

enum { YC_SCORE_NAME_MAX = 64 };

struct yc_score {
	struct yc_method method;
	unsigned needs; /* of enum yc_score_need */
	/* Refuses what cannot work, writes effective values over unset options in cfg.
	 * The caller allocates the state, zeroed and aligned. NULL: the presets do. */
	int (*plan)(
		void *cfg, const struct yc_score_job *job, struct yc_score_plan *plan);
	/* Each epoch below plan->epochs, in order; NULL where only the model counts. */
	void (*observe)(const void *cfg, void *state, const struct yc_dyn_epoch *e);
	/* Fills score [plan->columns][job->data->n]. */
	int (*finish)(const void *cfg, void *state, const struct yc_score_job *job,
		float *score);
	/* Name of a column; NULL: the method's. */
	void (*column)(const void *cfg, int i, char name[YC_SCORE_NAME_MAX]);
};

/* The table, NULL-terminated; every entry is the first member of a struct yc_score. */
extern const struct yc_method *const yc_scores[];

/* Bits of enum yc_score_need that any of these has. */
unsigned yc_scores_need(const struct yc_method *const *method, int n);
/* What each score needs, a paragraph for --help, at most `size` bytes. */
void yc_scores_describe(char *buf, size_t size);
/* Names of rules and of other tools that are no scores, and what to do instead: pairs,
 * NULL-terminated. */
extern const char *const yc_scores_instead[];

enum { YC_SCORES_MAX = 16 };

/* Several scores over one training. */
struct yc_scoring {
	struct yc_score_job job;
	int nitems;
	struct yc_score_item {
		const struct yc_score *score;
		void *cfg, *state;
		struct yc_score_plan plan;
		float *out; /* [plan.columns][data->n] */
	} item[YC_SCORES_MAX];
	int epochs;	/* most that an item needs */
	int next;	/* epoch that comes next */
	unsigned needs; /* of all */
	size_t bytes;	/* of all states */
	float *logp, *err;
	uint8_t *ok;
	yc_real *scratch; /* [classes] */
};

/* `cfg[i]` is the filled struct of method i, completed here; all borrowed, as is what the
 * job points to. */
int yc_scoring_new(struct yc_scoring *s, const struct yc_score_job *job,
	const struct yc_method *const *method, void *const *cfg, int n) YC_CHECKED;
void yc_scoring_release(struct yc_scoring *s);

struct yc_score_training {
	const struct yc_train_opts *training;
	uint32_t repeats;
	bool full;  /* all epochs, whatever the scores need */
	bool clean; /* outputs of a pass over the images as they are, after each epoch, in
		       place of those of training (D20) */
	/* Path of a stream for the outputs of every epoch, or NULL: its rows are the
	 * decoded images (label, id, tile), followed by a record of kind "dynamics" with
	 * logp [n][classes] for every epoch; yc-score(1) describes it. One repeat only.
	 */
	const char *dynamics;
	bool half; /* that logp as F16 (D19), else F32 */
};

/* Rows for a config struct S with a member f of type struct yc_score_training. */
/* clang-format off */
#define YC_SCORE_TRAINING_ROWS(S, f) \
	YC_OPT(S, f.repeats, .name = "repeat", .letter = 'r', .arg = "n", .def = "1", .min = 1, \
		.max = 100, .help = "trainings, one after the other, each with scores of its own"), \
	YC_OPT(S, f.full, .name = "full", .help = "train all epochs even if no score needs them"), \
	YC_OPT(S, f.clean, .name = "clean", .help = "watch a pass over the images as they are " \
		"after every epoch, not the training itself"), \
	YC_OPT(S, f.dynamics, .name = "save-dynamics", .arg = "file", .unit = YC_WRITES, \
		.run_only = true, .help = "keep the outputs of every epoch trained in this stream"), \
	YC_OPT(S, f.half, .name = "half", .run_only = true, \
		.help = "keep them in half precision: half the size, three digits")
/* clang-format on */

/*
 * Trains how->repeats networks one after the other, each with random streams of its own
 * (yc-methods(7), "Training dynamics": schedule by iterations), shows the scores the
 * epochs that they need and puts them into the set that the data came from: score.NAME
 * of the first run, score.NAME.r of run r. Keeps the last network where
 * training->save_net says.
 */
int yc_scoring_train(struct yc_scoring *s, const struct yc_score_training *how,
	struct yc_set *set, struct yc_watch *watch) YC_CHECKED;

/* The same without training, from such a stream. */
struct yc_dyn_source {
	struct yc_reader *reader; /* the caller opens and closes it */
	const struct yc_data *data;
	struct yc_set *set;
	int epochs;  /* of the schedule, as the job wants them */
	bool told;   /* how they were made is now in the history of the set */
	size_t rows; /* compared with the data so far */
	int next;    /* epoch that comes next */
};
/* Set reader, data and set; reads the beginning, and adds its history to that of the set.
 */
int yc_dyn_open(struct yc_dyn_source *d) YC_CHECKED;
/* Scores that need the model find it in training->init_net. */
int yc_scoring_read(struct yc_scoring *s, const struct yc_train_opts *training,
	struct yc_dyn_source *d, struct yc_watch *watch) YC_CHECKED;

/* YC_USAGE for options that do not go together; needs: yc_scores_need. */
int yc_score_check_options(const struct yc_score_training *how,
	const struct yc_train_opts *training, bool from_file, bool random_view,
	unsigned needs) YC_CHECKED;
/*
 * Options that say how to train, the first n rows of `opts`, may be repeated as they were
 * when the dynamics were `made`, or be omitted, but not differ: they would have no effect.
 * Values are the effective ones.
 */
int yc_dyn_check_options(
	const struct yc_meta *made, const struct yc_opts *opts, size_t n) YC_CHECKED;
/* Scores go by the classes where the dynamics were made so. */
void yc_dyn_labels(const struct yc_meta *made, struct yc_train_opts *training);

#endif
