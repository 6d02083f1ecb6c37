/* SPDX-License-Identifier: MIT */
/*
 * The kernels for x86 with AMX: those for AVX-512, and convolutions 3x3 in tiles of bf16
 * for the precisions "fast" and "fastest".
 *
 * Nobody has run these instructions yet: conv_amx.h is tested with instructions emulated
 * in plain C, by tests/unit/test_amx.c. So the set is left out, with a note, on a processor
 * on which a small convolution comes out wrong.
 */
#if defined(__x86_64__) && !defined(YC_DOUBLE)
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/kern/internal.h"

#define AMX_OPS "lib/kern/amx_ops.h"
#include "lib/kern/conv_amx.h"

#include "lib/kern/amx_check.h"

/* Asks the system for the tiles' 8 KiB in every thread, once for the whole process. It
 * refuses where it is too old or the stack for signals of a thread too small. */
static int permit(void)
{
	enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_TILE_DATA = 18 };

	if (syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_TILE_DATA) == 0)
		return YC_OK;
	return yc_fail(YC_FAIL, "AMX is not used: the system does not permit it: %s",
		strerror(errno));
}

static int probe(void)
{
	if (permit() < 0 || check_amx(&amx1, 2e-2) < 0 || check_amx(&amx2, 1e-4) < 0)
		return YC_FAIL;
	return YC_OK;
}

static void fill(struct yc_kern *k)
{
	yc_kern_prefer(k, YC_FAST, &amx2);
	yc_kern_prefer(k, YC_FASTEST, &amx1);
}

const struct yc_kern_set yc_kern_amx = {
	.method = {.name = "amx",
		.summary = "avx512, with tiles for the precisions fast and fastest"},
	.needs = YC_CPU_AVX2 | YC_CPU_AVX512 | YC_CPU_AVX512_BF16 | YC_CPU_AMX,
	.forms = true,
	.probe = probe,
	.fill = fill,
};
#endif
