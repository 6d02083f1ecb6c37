/* SPDX-License-Identifier: MIT */
/* The kind cifar10: the binary files of CIFAR-10. */
#include "lib/dataset/save_cifar.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {YC_CIFAR_SAVE_ROWS};
static const char *const train[] = {"data_batch_1.bin", "data_batch_2.bin",
	"data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin", NULL};
static const char *const test[] = {"test_batch.bin", NULL};
static const struct yc_cifar_save cifar = {
	"cifar10", 10, NULL, train, test, "batches.meta.txt"};

const struct yc_saver yc_save_cifar10 = {
	.method = {.name = "cifar10",
		.summary = "the binary files of CIFAR-10, for images of 32 x 32",
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
