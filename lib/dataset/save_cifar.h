/* SPDX-License-Identifier: MIT */
#ifndef DATASET_SAVE_CIFAR_H
#define DATASET_SAVE_CIFAR_H

#include "lib/dataset/saving.h"

/* CIFAR's binary distribution, written: `format` of a kind. */
struct yc_cifar_save {
	const char *name; /* "cifar10" */
	int classes;
	const unsigned char *coarse; /* [classes] first label byte, or NULL: one label */
	const char *const *train, *const *test; /* files, NULL-terminated */
	const char *names;			/* file of the class names */
};
struct yc_cifar_save_cfg {
	const char *split;
};
#define YC_CIFAR_SAVE_ROWS \
	YC_OPT(struct yc_cifar_save_cfg, split, .name = "split", .arg = "train|test", \
		.unit = YC_CHOICE, .def = "train", \
		.help = "whose file names the images get")
bool yc_cifar_save_holds(const void *cfg, const struct yc_tensor *column);
int yc_cifar_save_begin(struct yc_saving *s, const struct yc_set *first) YC_CHECKED;
int yc_cifar_save_rows(struct yc_saving *s, struct yc_set *part) YC_CHECKED;
int yc_cifar_save_end(struct yc_saving *s) YC_CHECKED;
void yc_cifar_save_release(struct yc_saving *s);
extern const char *const yc_cifar_save_files[];

#endif
