/* SPDX-License-Identifier: MIT */
#include <stddef.h>

#include "lib/load/parts.h"

const struct yc_method *const yc_loaders[] = {
	&yc_load_cifar10.method,
	&yc_load_cifar100.method,
	&yc_load_folder.method,
	&yc_load_imagenet10.method,
	&yc_load_demo.method,
	NULL,
};
