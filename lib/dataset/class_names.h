/* SPDX-License-Identifier: MIT */
#ifndef DATASET_CLASS_NAMES_H
#define DATASET_CLASS_NAMES_H

#include "lib/dataset/internal.h"

/* The value of --names: names joined by commas, or "@FILE" for the lines of a file. */
int yc_class_names(const char *list, struct yc_names *names) YC_CHECKED;
/* Notes which classes of a set have no images, if any. */
int yc_load_note_empty(const struct yc_load *what, const struct yc_set *set) YC_CHECKED;

#endif
