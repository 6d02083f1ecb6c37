/* SPDX-License-Identifier: MIT */
/* The kind cifar10: CIFAR-10 in the files of its authors. */
#include "lib/dataset/internal.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {YC_CIFAR_ROWS};

static int load(const void *cfg, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	static const char *const train[] = {"data_batch_1.bin", "data_batch_2.bin",
		"data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin", NULL};
	static const char *const test[] = {"test_batch.bin", NULL};
	static const char *const train_pickle[] = {"data_batch_1", "data_batch_2",
		"data_batch_3", "data_batch_4", "data_batch_5", NULL};
	static const char *const test_pickle[] = {"test_batch", NULL};
	static const struct yc_cifar kind = {"cifar10", 10, 1, train, test, train_pickle,
		test_pickle, "batches.meta.txt", "batches.meta"};

	(void)photos;
	return yc_cifar_load(&kind, cfg, what, out);
}

const struct yc_loader yc_load_cifar10 = {
	.method = {.name = "cifar10",
		.summary = "CIFAR-10, binary or Python distribution, folder or archive",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_cifar_cfg)},
	.load = load,
};
