/* SPDX-License-Identifier: MIT */
/*
 * What test_grad.c cannot see of layers: numbers that are not finite, and graphs that the
 * net must refuse, because buffers of several outputs or their gradients would be wrong.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/nn/batch.h"
#include "lib/nn/internal.h"
#include "tests/unit/numbers.h"
#include "yc/kern.h"

/* Four pixels of one channel: a sum that the ReLU stops, one that it passes, NaN, and
 * minus infinity. */
enum { PIXELS = 4 };

static void sum_passes(bool relu, struct yc_pass *p)
{
	struct yc_layer l = {.ops = &yc_layer_sum,
		.in = {.h = 1, .w = PIXELS, .c = 1, .step = 1},
		.relu = relu};

	l.in2 = l.in;
	assert_int_equal(l.ops->plan(&l), YC_OK);
	l.ops->forward(&l, p);
	l.ops->backward(&l, p);
	l.ops->tangent_forward(&l, p);
	l.ops->tangent_backward(&l, p);
}

static void sum_of_what_is_not_finite(void **state)
{
	const yc_real inf = (yc_real)INFINITY, nan = (yc_real)NAN;
	const yc_real x[PIXELS] = {-1, 1, nan, -inf}, x2[PIXELS] = {-1, 1, 1, 1},
		      dy[PIXELS] = {inf, inf, 3, inf};
	yc_real out[7][PIXELS];
	struct yc_pass p = {.n = 1,
		.x = x,
		.x2 = x2,
		.tx = dy,
		.tx2 = x2,
		.dy = dy,
		.tdy = dy,
		.y = out[0],
		.dx = out[1],
		.dx2 = out[2],
		.ty = out[3],
		.tdx = out[4],
		.tdx2 = out[5]};

	(void)state;
	sum_passes(true, &p);
	assert_true(
		out[0][0] == 0 && out[0][1] == 2 && isnan(out[0][2]) && out[0][3] == 0);
	for (int i = 1; i < 6; i++)
		assert_true(out[i][0] == 0 && out[i][1] == inf && out[i][3] == 0);
	/* What reaches a sum that is NaN goes on. */
	assert_true(out[1][2] == 3 && out[3][2] == 4);
	sum_passes(false, &p);
	assert_true(out[0][0] == -2 && out[0][1] == 2 && isnan(out[0][2]) &&
		    out[0][3] == -inf);
	for (int i = 1; i < 6; i++)
		assert_true(out[i][0] == inf && out[i][1] == inf && out[i][3] == inf);
}

/* ---- batch norm ---- */

/* A channel of 1000, whose sum of squares was rounded down: its variance is zero, not below, in
 * the batch and in what is kept of it. */
static void a_constant_channel_has_no_variance(void **state)
{
	const yc_real w[2] = {2, 5};
	const double stat[2] = {1000 * PIXELS, 1e6 * PIXELS * (1 - 1e-7)};
	yc_real running[3], coef[16], kept[2] = {1000, (yc_real)-0.1};
	struct yc_layer l = {.ops = &yc_layer_batchnorm,
		.in = {.h = 1, .w = PIXELS, .c = 1, .step = 1}};
	struct yc_settle s = {.batch = 1, .w = w, .stat = stat, .coef = coef};
	const double scale = 2 / sqrt(1e-5);

	(void)state;
	assert_int_equal(l.ops->plan(&l), YC_OK);
	assert_true(l.ncoef <= YC_COUNT(coef) && l.nstate == YC_COUNT(running));
	l.ops->statistics(&l, stat, 1, running);
	assert_true(running[0] == 1000 && running[1] == 0 && running[2] == 1);
	for (int i = 0; i < 2; i++, s.state = kept) {
		const yc_real *first, *second;

		l.ops->settle[YC_PASS_FORWARD](&l, &s);
		first = yc_batch_of(&l, coef).scale;
		second = yc_batch_of(&l, coef).off;
		assert_true(fabs((double)*first - scale) < 1e-4 * scale);
		assert_true(fabs((double)*second - (5 - 1000 * scale)) < 1e-1);
	}
}

/* What reaches NaN goes on, also in tangents; what reaches zero does not. */
static void batch_norm_of_what_is_not_finite(void **state)
{
	const yc_real one = 1, zero = 0, nan = (yc_real)NAN;
	const struct yc_batch b = {&one, &zero, &zero, &zero, &zero, &zero, &zero, &zero};
	const yc_real x[PIXELS] = {-1, 1, nan, 0}, dy[PIXELS] = {3, 3, 3, 3};
	yc_real out[3][PIXELS];
	double sum[2][3] = {{0}};
	const struct yc_batch_arg a = {.pixels = PIXELS,
		.c = 1,
		.relu = true,
		.scale = &one,
		.off = &zero,
		.mean = &zero,
		.x = x,
		.dy = dy,
		.dx = out[0],
		.xstep = 1,
		.dystep = 1,
		.dxstep = 1,
		.sum = sum[0]};
	const struct yc_batch_tangents t = {.pixels = PIXELS,
		.c = 1,
		.relu = true,
		.x = x,
		.tx = dy,
		.dy = dy,
		.tdy = dy,
		.tdx = out[1],
		.xstep = 1,
		.dystep = 1,
		.tdxstep = 1,
		.sum = sum[1]};

	(void)state;
	yc_kern_get()->batch_backward(&a);
	yc_batch_tangent_adjoint(&b, &t);
	yc_batch_tangent(&b, PIXELS, 1, true, x, dy, 1, out[2], 1);
	for (int i = 0; i < 2; i++)
		assert_true(out[i][0] == 0 && out[i][1] == 3 && out[i][2] == 3 &&
			    out[i][3] == 0);
	assert_true(
		out[2][0] == 0 && out[2][1] == 3 && isnan(out[2][2]) && out[2][3] == 0);
}

/* ---- graphs ---- */

static const struct yc_layer point = {.ops = &yc_layer_normpoint,
				     .out.c = 2,
				     .relu = true,
				     .part = {"bn", "conv"}},
			     block = {.ops = &yc_layer_block, .room = 6},
			     small = {.ops = &yc_layer_block, .room = 3},
			     none = {.ops = &yc_layer_block, .room = 1},
			     norm = {.ops = &yc_layer_batchnorm, .relu = true},
			     pool = {.ops = &yc_layer_pool};

static int named(struct yc_net *net, int i)
{
	yc_net_name(net, i, "layer%d", i);
	return i;
}

static int begin(struct yc_net *net, const struct yc_layer *first)
{
	struct yc_layer conv = {.ops = &yc_layer_conv, .out.c = 2, .k = 3};

	named(net, yc_net_join(net, &conv, YC_NET_INPUT, YC_NET_INPUT));
	return yc_net_add(net, first);
}

static void end(struct yc_net *net, int x)
{
	struct yc_layer dense = {.ops = &yc_layer_dense, .out.c = net->cfg.classes};

	x = yc_net_join(net, &pool, x, x);
	named(net, yc_net_join(net, &dense, x, x));
}

/* Two layers put theirs in front of two channels, the last reader sees all. */
static void whole(struct yc_net *net)
{
	int x = begin(net, &block);

	x = named(net, yc_net_extend(net, &point, x, x));
	x = named(net, yc_net_extend(net, &point, x, x));
	end(net, named(net, yc_net_join(net, &norm, x, x)));
}

/* A map with four channels in a buffer of three. */
static void full(struct yc_net *net)
{
	int x = begin(net, &small);

	x = named(net, yc_net_extend(net, &point, x, x));
	end(net, named(net, yc_net_join(net, &norm, x, x)));
}

/* Two channels in a buffer of one. */
static void over(struct yc_net *net)
{
	end(net, begin(net, &none));
}

/* A pool that reads some of the channels. */
static void blind(struct yc_net *net)
{
	int x = begin(net, &block);

	end(net, named(net, yc_net_extend(net, &point, x, x)));
}

/* A layer that takes wider buffers, but overwrites gradients of others. */
static void careless(struct yc_net *net)
{
	int first = begin(net, &block), x, copy;

	x = named(net, yc_net_extend(net, &point, first, first));
	copy = yc_net_join(net, &block, first, first);
	named(net, yc_net_extend(net, &point, copy, copy));
	end(net, named(net, yc_net_join(net, &norm, x, x)));
}

/* The last reader sees the first channels alone. */
static void unseen(struct yc_net *net)
{
	const struct yc_layer sum = {.ops = &yc_layer_sum};
	int first = begin(net, &block), x, a, b;

	x = named(net, yc_net_extend(net, &point, first, first));
	a = named(net, yc_net_join(net, &point, x, x));
	b = named(net, yc_net_join(net, &norm, first, first));
	end(net, yc_net_join(net, &sum, a, b));
}

/* Nobody reads a layer. */
static void idle(struct yc_net *net)
{
	int x = begin(net, &block);

	named(net, yc_net_join(net, &norm, x, x));
	end(net, named(net, yc_net_join(net, &point, x, x)));
}

static void build(void (*fn)(struct yc_net *), const char *message)
{
	const struct yc_arch arch = {
		.method = {.name = "test"}, .width = 1, .depth = 1, .build = fn};
	const struct yc_net_cfg cfg = {
		.name = "test", .channels = 3, .side = 4, .classes = 5};
	struct yc_net *net = NULL;
	int status = yc_net_build(&net, &cfg, &arch);

	if (message) {
		assert_int_equal(status, YC_FAIL);
		if (!strstr(yc_errmsg(), message))
			fail_msg("'%s' instead of '%s'", yc_errmsg(), message);
		return;
	}
	assert_int_equal(status, YC_OK);
	yc_net_free(net);
}

static void graphs(void **state)
{
	(void)state;
	build(whole, NULL);
	build(full, "no room for its output in front of layer 1");
	build(over, "layer 1 (block): 2 channels for a block of 1");
	build(blind, "cannot read some channels of a wider buffer");
	build(careless, "layer 3 (block) cannot add to the gradient of some channels");
	build(unseen, "layer 2 (normpoint): the last reader of its buffer does not see");
	build(idle, "layer 2 (batchnorm): the last reader of its buffer does not see");
}

/* ---- precision ---- */

static bool is_among(const struct yc_conv_form *form, enum yc_precision p)
{
	const struct yc_conv_form *const *forms = yc_kern_get()->conv[p];

	while (*forms && *forms != form)
		forms++;
	return *forms;
}

/* Every convolution of every network takes a form that is for its precision, and all have
 * some for which single precision is not exact. */
static void convolutions_follow_the_precision_of_the_net(void **state)
{
	(void)state;
	for (int i = 0; yc_archs[i]; i++)
		for (enum yc_precision p = YC_FP32; p < YC_COUNT_PRECISION; p++) {
			const struct yc_net_cfg cfg = {.name = yc_archs[i]->name,
				.width = 64,
				.channels = 3,
				.side = 32,
				.classes = 10,
				.precision = p};
			struct yc_net *net;
			int others = 0;

			assert_int_equal(yc_net_new(&net, &cfg), YC_OK);
			for (int k = 0; k < net->nlayers; k++) {
				const struct yc_conv_form *form = net->layer[k].form;

				if (form && !is_among(form, p))
					fail_msg("%s, %s: layer %d is of the form %s",
						cfg.name, yc_precisions[p]->name, k,
						form->method.name);
				others += form && !is_among(form, YC_EXACT);
			}
			assert_int_equal(others > 0, p != YC_EXACT);
			yc_net_free(net);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sum_of_what_is_not_finite),
		cmocka_unit_test(a_constant_channel_has_no_variance),
		cmocka_unit_test(batch_norm_of_what_is_not_finite),
		cmocka_unit_test(graphs),
		cmocka_unit_test(convolutions_follow_the_precision_of_the_net),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
