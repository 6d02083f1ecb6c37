/* SPDX-License-Identifier: MIT */
/*
 * Convolutions in tiles of bf16 (lib/kern/conv_amx.h) with emulated instructions, on every
 * processor: sums, how many instructions they take, and that a set of kernels whose
 * instructions compute something else is noticed; then as compiled, with instructions that
 * are trapped. Where they exist, test_kern.c checks the same forms as every other.
 */
#define _GNU_SOURCE
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef YC_DOUBLE
int main(void)
{
	printf("1..0 # SKIP single precision only\n");
	return 0;
}
#else
/* Vectors of 64 bytes are arguments of inlined functions only. */
#pragma GCC diagnostic ignored "-Wpsabi"
#include "tests/unit/conv_check.h"

#define AMX_OPS "tests/unit/amx_emulated.h"
#include "lib/kern/conv_amx.h"

#include "lib/kern/amx_check.h"
#if defined(__x86_64__)
#include "tests/unit/amx_trapped.h"
#endif

/* Twice what is usual; gradients of a map of 3 pixels are the worst. */
static void sums(void **state)
{
	(void)state;
	check_form(&amx1, 2e-2);
	check_form(&amx2, 2e-5);
}

/* 16x16x128 to 128 channels, as in ConvNet-D3: 64 positions in 4 tiles, outputs in 8, for
 * 6 points and 3*128/32 steps; four loads for four products of one piece, eight for twelve
 * of two. Weights are read once per 64 positions. */
static void instructions(void **state)
{
	(void)state;
	for (int pieces = 1; pieces <= 2; pieces++) {
		const long parts = pieces == 1 ? 1 : 3, dots = 6 * 4 * 8 * 12 * parts,
			   loads = pieces == 1 ? dots : dots / 12 * 8;
		struct conv_case t = {.form = pieces == 1 ? &amx1 : &amx2,
			.c = {16, 16, 128, 128, 3, 0, 0, 0, 0},
			.n = 1};

		conv_new(&t);
		struct yc_conv_term x = {t.x[0], t.kept_x[0], false, t.pack[0], false},
				    dy = {t.dy[0], t.kept_dy[0], false, t.pack[0], false};
		yc_real *y = reals(t.ny), *grad = reals(t.size.grad);

		memset(&amx, 0, sizeof amx);
		t.form->forward(&t.c, 1, &x, 1, y, t.scratch);
		assert_int_equal(amx.dots, dots);
		assert_int_equal(amx.loads, loads);
		assert_int_equal(amx.stores, 6 * 4 * 8);

		memset(&amx, 0, sizeof amx);
		t.form->adjoint(&t.c, 1, &dy, 1, y, t.scratch);
		assert_int_equal(amx.dots, dots);
		assert_int_equal(amx.loads, loads);

		/* 18 matrices of 8 by 8 tiles, which are loaded and stored; 64 positions
		 * are 2 steps */
		x.ready = dy.ready = true;
		memset(&amx, 0, sizeof amx);
		t.form->weights(&t.c, 1, &x, &dy, true, grad, t.scratch);
		assert_int_equal(amx.dots, 18 * 64 * 2 * parts);
		assert_int_equal(amx.stores, 18 * 64);
		assert_int_equal(amx.loads, amx.stores + loads);
		yc_free(y);
		yc_free(grad);
		conv_free(&t);
	}
}

/* An error must stay visible: a NaN of any bits, also one that rounds up to infinity. */
static void not_a_number(void **state)
{
	const uint32_t bits[] = {0x7fc00000, 0x7fffffff, 0xffffffff, 0x7f800001};

	(void)state;
	for (size_t i = 0; i < 2 * YC_COUNT(bits); i++) {
		struct conv_case t = {.form = i % 2 ? &amx1 : &amx2,
			.c = {6, 8, 32, 32, 3, 0, 0, 0, 0},
			.n = 1};

		conv_new(&t);
		struct yc_conv_term x = {t.x[0], t.kept_x[0], false, t.pack[0], false};
		yc_real *y = reals(t.ny);

		/* pixel (0, 4) is next to output (0, 3), not to (3, 3) */
		memcpy(t.x[0] + t.c.xrow + (size_t)5 * 32, &bits[i / 2], sizeof *bits);
		t.form->forward(&t.c, 1, &x, 1, y, t.scratch);
		assert_true(isnan(y[3 * (size_t)32]));
		assert_true(!isnan(y[3 * t.c.yrow + 3 * (size_t)32]));
		yc_free(y);
		conv_free(&t);
	}
}

/* kern_amx.c uses what it has only if this finds nothing wrong. */
static void faults_are_noticed(void **state)
{
	(void)state;
	assert_int_equal(check_amx(&amx1, 2e-2), YC_OK);
	assert_int_equal(check_amx(&amx2, 1e-4), YC_OK);
	for (enum amx_fault f = FAULT_NONE + 1; f < COUNT_FAULTS; f++) {
		amx.fault = f;
		assert_int_equal(check_amx(&amx1, 2e-2), YC_FAIL);
		assert_int_equal(check_amx(&amx2, 1e-4), YC_FAIL);
		assert_memory_equal(yc_errmsg(), "AMX is not used: ", 17);
	}
	amx.fault = FAULT_NONE;
}

#if defined(__x86_64__)
/* The object that tools have, with its instructions trapped. */
static void compiled(void **state)
{
	extern const struct yc_kern_set yc_kern_amx;
	struct yc_kern k = {0};
	struct sigaction before;

	(void)state;
	if (!lacks_only_tiles())
		skip();
	yc_kern_amx.fill(&k);
	trap_tiles(&before);
	memset(&amx, 0, sizeof amx);
	check_form(k.conv[YC_FASTEST][0], 2e-2);
	check_form(k.conv[YC_FAST][0], 2e-5);
	assert_true(amx.dots > 0);
	assert_int_equal(sigaction(SIGILL, &before, NULL), 0);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums),
		cmocka_unit_test(instructions),
		cmocka_unit_test(not_a_number),
		cmocka_unit_test(faults_are_noticed),
#if defined(__x86_64__)
		cmocka_unit_test(compiled),
#endif
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
