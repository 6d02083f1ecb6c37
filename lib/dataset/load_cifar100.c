/* SPDX-License-Identifier: MIT */
/* The 100 fine classes; the coarse label byte is skipped. */
#include "lib/dataset/internal.h"
#include "yc/real.h"

static const struct yc_opt opts[] = {YC_CIFAR_ROWS};

static int load(const void *cfg, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	static const char *const train[] = {"train.bin", NULL}, *const test[] = {
									"test.bin", NULL};
	static const char *const train_pickle[] = {"train", NULL}, *const test_pickle[] =
									   {"test", NULL};
	static const struct yc_cifar kind = {"cifar100", 100, 2, train, test,
		train_pickle, test_pickle, "fine_label_names.txt", "meta"};

	(void)photos;
	return yc_cifar_load(&kind, cfg, what, out);
}

const struct yc_loader yc_load_cifar100 = {
	.method = {.name = "cifar100",
		.summary = "CIFAR-100, fine labels, binary or Python distribution",
		.opts = opts,
		.nopts = YC_COUNT(opts),
		.cfg_size = sizeof(struct yc_cifar_cfg)},
	.load = load,
};
