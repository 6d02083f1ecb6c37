/* SPDX-License-Identifier: MIT */
#ifndef SCORE_INTERNAL_H
#define SCORE_INTERNAL_H

#include "yc/score.h"

/* Writing dynamics: begin the stream, add one epoch after the other, end it. */
struct yc_dyn_sink {
	struct yc_writer *writer; /* NULL: writes nothing */
	bool half;		  /* logp as F16 */
};
int yc_dyn_begin(struct yc_dyn_sink *k, const char *path, const struct yc_set *set,
	const struct yc_score_job *job) YC_CHECKED;
int yc_dyn_epoch(struct yc_dyn_sink *k, const struct yc_scoring *s) YC_CHECKED;
int yc_dyn_end(struct yc_dyn_sink *k) YC_CHECKED;
/* Without yc_dyn_end no file remains. */
void yc_dyn_abort(struct yc_dyn_sink *k);

/* The next epoch of a source into s->logp; 1, or 0 at the end of the stream. */
int yc_dyn_next(struct yc_dyn_source *d, struct yc_scoring *s) YC_CHECKED;

/* The same for a pickle; its name; and a note if its outputs do not know the labels. */
int yc_dyn_pickle_next(struct yc_dyn_source *d, struct yc_scoring *s) YC_CHECKED;
const char *yc_dyn_pickle_name(const struct yc_dyn_pickle *p);
void yc_dyn_pickle_doubt(const struct yc_dyn_source *d, struct yc_watch *watch);

/* Puts scores of decoded images into the set as a column [rows, tiles]. */
int yc_score_store(struct yc_set *set, const struct yc_data *data, const char *column,
	const float *score) YC_CHECKED;

/* Shows the scores the table s->logp as the next epoch. */
void yc_scoring_epoch(struct yc_scoring *s);
/* Lets every score fill its item's `out`. */
int yc_scoring_finish(struct yc_scoring *s) YC_CHECKED;

#endif
