/* SPDX-License-Identifier: MIT */
/* The 100 fine classes; the coarse label byte is skipped (spec 1.1). */
#include "lib/load/parts.h"

static int load(const void *cfg, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	static const char *const train[] = {"train.bin", NULL}, *const test[] = {
									"test.bin", NULL};
	static const char *const train_pickle[] = {"train", NULL}, *const test_pickle[] =
									   {"test", NULL};
	static const struct yc_cifar kind = {"cifar100", 100, 2, train, test,
		train_pickle, test_pickle, "fine_label_names.txt", "meta"};

	(void)cfg;
	(void)photos;
	return yc_cifar_load(&kind, what, out);
}

const struct yc_loader yc_load_cifar100 = {
	.method = {.name = "cifar100",
		.summary = "CIFAR-100, fine labels, binary or Python distribution"},
	.load = load,
};
