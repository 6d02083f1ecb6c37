/* SPDX-License-Identifier: MIT */
/* The table of dataset kinds: a new one is its file and one line here. */
#include <stddef.h>

#include "lib/dataset/internal.h"

const struct yc_method *const yc_loaders[] = {
	&yc_load_cifar10.method,
	&yc_load_cifar100.method,
	&yc_load_folder.method,
	&yc_load_imagenet10.method,
	&yc_load_demo.method,
	&yc_load_idc.method,
	&yc_load_dream.method,
	&yc_load_dsa.method,
	&yc_load_mtt.method,
	&yc_load_kip.method,
	NULL,
};
