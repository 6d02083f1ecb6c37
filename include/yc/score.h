/* SPDX-License-Identifier: MIT */
#ifndef YC_SCORE_H
#define YC_SCORE_H

#include "yc/train_opts.h"

/*
 * yc-methods(7), "SCORES", of training images. One network is trained on the whole set;
 * after every epoch each score gets the network's output for each image from that epoch's
 * training steps. A score is one file lib/score/score_NAME.c and one line in scores.c. It
 * requests as many epochs as it needs, and training stops when no score needs more. The
 * outputs of all epochs, which can be gigabytes, are never stored together.
 */

/* One epoch, all images in decoded order. Outputs are those of the
 * forward pass of training: augmented and mixed input, before the update, original label
 * (D20). */
struct yc_dyn_epoch {
	int epoch; /* from 0, the first one of the window */
	int n, classes;
	const int32_t *label; /* [n] */
	const float *logp;    /* [n][classes] log-softmax */
	/* [n] Euclidean distance of softmax and target, which is the soft or the one-hot
	 * label */
	const float *err;
	const float *loss; /* [n] cross-entropy towards the target */
	/* [n] argmax of the output, ties to the lowest class, is the label */
	const uint8_t *ok;
	int right;	 /* sum of ok */
	double sum_loss; /* of loss */
};

/* None: no training at all. */
enum yc_score_need {
	YC_NEED_DYNAMICS = 1, /* observes epochs */
	YC_NEED_MODEL = 2,    /* needs the trained network */
	YC_NEED_FULL = 4,     /* all epochs, not just early ones */
	YC_NEED_LABELS = 8
};

/* Epochs that scores observe, as if there were no others: from, from + 1 ... to, counted from
 * 1; 0: from the first, to the last. */
struct yc_score_window {
	uint32_t from, to;
};
/* Rows for a config struct S with a member f of type struct yc_score_window. */
/* clang-format off */
#define YC_SCORE_WINDOW_ROWS(S, f) \
	YC_OPT(S, f.from, .name = "from-epoch", .arg = "n", .auto_help = "the first", .min = 1, .max = 1e6, \
		.help = "first epoch that scores observe"), \
	YC_OPT(S, f.to, .name = "to-epoch", .arg = "n", .auto_help = "the last", .min = 1, \
		.max = 1e6, .help = "last epoch that scores observe, at most all")
/* clang-format on */

/* Input of a score. */
struct yc_score_job {
	const struct yc_data *data;
	const struct yc_meta *head; /* of the stream; NULL: not known */
	int tiles_per_image;	    /* yc_set_tiles_per_image */
	int epochs; /* of the training and its schedule; in plan and finish, of the window */
	struct yc_score_window window; /* zeros: all */
	const struct yc_net *net;      /* NULL if no score needs the model */
	int threads;
	struct yc_rng rng; /* this run's; "init-net" and those of the trainer are taken */
	/* View of the images for the trained network (D13); its rng is set when scores
	 * finish, stream "view". */
	struct yc_random_view view;
	const yc_real *w;	/* the trained network, when scores finish */
	struct yc_watch *watch; /* hears notes while scores are planned; or NULL */
};

/* Requests of a score. */
struct yc_score_plan {
	int epochs; /* epochs it must observe; preset: all, 0 without YC_NEED_DYNAMICS */
	size_t bytes; /* of its state; preset: 0 */
	int columns;  /* that it makes; preset: 1 */
};

enum { YC_SCORE_NAME_MAX = 64 };

struct yc_score {
	struct yc_method method;
	unsigned needs; /* of enum yc_score_need */
	/* Rejects invalid settings, fills unset options in cfg. The caller allocates the
	 * state, zeroed and aligned. NULL: the presets suffice. */
	int (*plan)(
		void *cfg, const struct yc_score_job *job, struct yc_score_plan *plan);
	/* Each epoch below plan->epochs, in order; NULL if only the model matters. */
	void (*observe)(const void *cfg, void *state, const struct yc_dyn_epoch *e);
	/* Fills score [plan->columns][job->data->n]. */
	int (*finish)(const void *cfg, void *state, const struct yc_score_job *job,
		float *score);
	/* Name of column i; NULL: the method's. */
	void (*column)(const void *cfg, int i, char name[YC_SCORE_NAME_MAX]);
};

/* The table, NULL-terminated; every entry is the first member of a struct yc_score. */
extern const struct yc_method *const yc_scores[];

/* Bits of enum yc_score_need that any of these has. */
unsigned yc_scores_need(const struct yc_method *const *method, int n);
/* What each score needs, a paragraph for --help, at most `size` bytes. */
void yc_scores_describe(char *buf, size_t size);
/* Names of rules that are no scores, and what to do instead: pairs, NULL-terminated. */
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
	int epochs;	/* maximum over the items */
	int next;	/* next epoch */
	unsigned needs; /* of all */
	size_t bytes;	/* of all states */
	float *logp, *err, *loss;
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
	bool full; /* all epochs, even if no score needs them */
	/* outputs of a pass over the unaugmented images after each epoch, instead of
	 * those of training (D20) */
	bool clean;
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
		.max = 100, .help = "trainings, one after the other, each with its own scores"), \
	YC_OPT(S, f.full, .name = "full", .help = "train all epochs even if no score needs them"), \
	YC_OPT(S, f.clean, .name = "clean", .help = "use outputs for unaugmented images " \
		"after every epoch, not those of training"), \
	YC_OPT(S, f.dynamics, .name = "save-dynamics", .arg = "file", .unit = YC_WRITES, \
		.run_only = true, .help = "save the outputs of every epoch trained to this stream"), \
	YC_OPT(S, f.half, .name = "half", .run_only = true, \
		.help = "save them in half precision: half the size, three digits")
/* clang-format on */

/*
 * Trains how->repeats networks one after the other, each with random streams of its own
 * (yc-methods(7), "Training dynamics": schedule by iterations), passes the scores the
 * epochs that they need and adds them to the set that the data came from: score.NAME for
 * the first run, score.NAME.r for run r. Saves the last network with training->save_net.
 * Nothing is trained if no score needs it.
 */
int yc_scoring_train(struct yc_scoring *s, const struct yc_score_training *how,
	struct yc_set *set, struct yc_watch *watch) YC_CHECKED;

/* The same without training, from such a stream. */
struct yc_dyn_source {
	/* The caller opens and closes it; NULL: the dynamics are `pickle`. */
	struct yc_reader *reader;
	struct yc_dyn_pickle *pickle;
	const struct yc_data *data;
	struct yc_set *set;
	int epochs;	  /* of the schedule, as the job wants them */
	bool has_history; /* their history is now part of that of the set */
	size_t rows;	  /* compared with the data so far */
	int next;	  /* next epoch */
};
/* Set reader, data and set; reads the beginning, and adds its history to that of the set.
 */
int yc_dyn_open(struct yc_dyn_source *d) YC_CHECKED;
/* Instead of the reader, a file of YOCO's code, td-*.pickle, which has no history: set data
 * and set; YC_NO: the file is no pickle. The caller releases d->pickle. */
int yc_dyn_pickle_open(struct yc_dyn_source *d, const char *path) YC_CHECKED;
void yc_dyn_pickle_close(struct yc_dyn_pickle *p); /* NULL is fine */
/* Scores that need the model find it in training->init_net. */
int yc_scoring_read(struct yc_scoring *s, const struct yc_train_opts *training,
	struct yc_dyn_source *d, struct yc_watch *watch) YC_CHECKED;

/* YC_USAGE for options that exclude each other; needs: yc_scores_need. */
int yc_score_check_options(const struct yc_score_training *how,
	const struct yc_train_opts *training, const struct yc_score_window *window,
	bool from_file, bool random_view, unsigned needs) YC_CHECKED;
/*
 * Training options, the first n rows of `opts`, may be omitted or repeated as they were
 * when the dynamics were `made`, but must not differ: they would have no effect. Values
 * are the effective ones.
 */
int yc_dyn_check_options(
	const struct yc_meta *made, const struct yc_opts *opts, size_t n) YC_CHECKED;
/* Scores use hard labels if the dynamics were made with them. */
void yc_dyn_labels(const struct yc_meta *made, struct yc_train_opts *training);

#endif
