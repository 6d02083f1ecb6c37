/* SPDX-License-Identifier: MIT */
/* The kind cifar100: the binary files of CIFAR-100. */
#include "lib/dataset/save_cifar.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {YC_CIFAR_SAVE_ROWS};
static const char *const train[] = {"train.bin", NULL};
static const char *const test[] = {"test.bin", NULL};
/* The superclass of each class in the original. */
static const unsigned char coarse[] = {4, 1, 14, 8, 0, 6, 7, 7, 18, 3, 3, 14, 9, 18, 7,
	11, 3, 9, 7, 11, 6, 11, 5, 10, 7, 6, 13, 15, 3, 15, 0, 11, 1, 10, 12, 14, 16, 9,
	11, 5, 5, 19, 8, 8, 15, 13, 14, 17, 18, 10, 16, 4, 17, 4, 2, 0, 17, 4, 18, 17, 10,
	3, 2, 12, 12, 16, 12, 1, 9, 19, 2, 10, 0, 1, 16, 12, 9, 13, 15, 13, 16, 19, 2, 4,
	6, 19, 5, 5, 8, 19, 18, 1, 2, 15, 6, 0, 17, 8, 14, 13};
static const struct yc_cifar_save cifar = {
	"cifar100", 100, coarse, train, test, "fine_label_names.txt"};

const struct yc_saver yc_save_cifar100 = {
	.method = {.name = "cifar100",
		.summary = "the binary files of CIFAR-100, for images of 32 x 32",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_cifar_save_cfg)},
	.format = &cifar,
	.state_size = sizeof(struct yc_spill),
	.ours = {.names = yc_cifar_save_files},
	.holds = yc_cifar_save_holds,
	.begin = yc_cifar_save_begin,
	.rows = yc_cifar_save_rows,
	.end = yc_cifar_save_end,
	.release = yc_cifar_save_release,
};
