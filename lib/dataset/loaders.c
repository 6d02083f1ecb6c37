/* SPDX-License-Identifier: MIT */
/* The table of dataset kinds: a new one is its file and one line here. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/dataset/internal.h"

#define LOADERS(X) \
	X(cifar10) \
	X(cifar100) \
	X(folder) \
	X(imagenet10) \
	X(idx) \
	X(npz) \
	X(npy) \
	X(torch) \
	X(safetensors) \
	X(csv) \
	X(demo) \
	X(stream) \
	X(idc) \
	X(dream) \
	X(dsa) \
	X(mtt) \
	X(kip)

#define DECLARE(name) extern const struct yc_loader yc_load_##name;
#define ENTRY(name) &yc_load_##name.method,

LOADERS(DECLARE)
/* clang-format off */
const struct yc_method *const yc_loaders[] = {LOADERS(ENTRY) NULL};
/* clang-format on */

void yc_load_note(const struct yc_load *what, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	if (!what->watch || !what->watch->note)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	what->watch->note(what->watch, text);
}
