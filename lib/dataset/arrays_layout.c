/* SPDX-License-Identifier: MIT */
/* Which dimension of an array of images is what. Nothing is guessed where there are two
 * ways to read it. */
#include <stdio.h>
#include <string.h>

#include "lib/dataset/arrays.h"

static void say_shape(const struct yc_strided *v, char *text, size_t size)
{
	size_t at = (size_t)snprintf(text, size, "[");

	for (int i = 0; i < v->rank && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, "%s%llu", i ? "," : "",
			(unsigned long long)v->shape[i]);
	if (at < size)
		(void)snprintf(text + at, size - at, "]");
}

static bool is_channels(uint64_t n)
{
	return n == 1 || n == 3 || n == 4;
}

/* Moves dimension 3, the channels, to place 1. */
static void channels_first(struct yc_strided *v)
{
	uint64_t shape = v->shape[3], stride = v->stride[3];

	for (int i = 3; i > 1; i--) {
		v->shape[i] = v->shape[i - 1];
		v->stride[i] = v->stride[i - 1];
	}
	v->shape[1] = shape;
	v->stride[1] = stride;
}

/* One channel is a dimension of its own. */
static void add_channel(struct yc_strided *v)
{
	v->shape[3] = 1;
	v->stride[3] = 0;
	v->rank = 4;
	channels_first(v);
}

/* Which of the two orders of four dimensions can it be? */
static int four(const struct yc_strided *v, const char *shape, bool *last)
{
	bool nchw = is_channels(v->shape[1]), nhwc = is_channels(v->shape[3]);

	if (nchw && nhwc) {
		nchw = v->shape[2] == v->shape[3];
		nhwc = v->shape[1] == v->shape[2];
	}
	if (nchw == nhwc && nchw)
		return yc_fail(YC_FAIL,
			"images %s: channels first or last? --layout nchw or nhwc",
			shape);
	if (nchw == nhwc)
		return yc_fail(YC_FAIL,
			"images %s: no dimension of 1, 3 or 4 channels, first or last",
			shape);
	*last = nhwc;
	return YC_OK;
}

int yc_array_arrange(struct yc_strided *v, const char *layout)
{
	const int want = !layout ? 0 : strcmp(layout, "nhw") == 0 ? 3 : 4;
	char shape[200];
	bool last = false;

	say_shape(v, shape, sizeof shape);
	if (v->text || v->dtype == YC_OTHER)
		return yc_fail(YC_FAIL, "images %s are not numbers", shape);
	if (want && v->rank != want)
		return yc_fail(YC_FAIL, "images %s: --layout %s has %d dimensions", shape,
			layout, want);
	if (v->rank < 2 || (v->rank == 2 && v->shape[1] == 1))
		return yc_fail(YC_FAIL,
			"images %s look like labels: are the two swapped? Images are "
			"[N,H,W], [N,C,H,W] or [N,H,W,C]",
			shape);
	if (v->rank != 3 && v->rank != 4)
		return yc_fail(YC_FAIL,
			"images %s of %d dimensions: reshape them to [N,H,W], [N,C,H,W] "
			"or "
			"[N,H,W,C]",
			shape, v->rank);
	if (v->rank == 3) {
		add_channel(v);
	} else {
		if (layout)
			last = strcmp(layout, "nhwc") == 0;
		else if (four(v, shape, &last) < 0)
			return YC_FAIL;
		if (last)
			channels_first(v);
	}
	if (!is_channels(v->shape[1]))
		return yc_fail(YC_FAIL, "images %s: %llu channels, not 1, 3 or 4", shape,
			(unsigned long long)v->shape[1]);
	if (v->shape[2] != v->shape[3] || v->shape[2] == 0)
		return yc_fail(YC_FAIL,
			"images %s are not square: crop or pad them, or save them as "
			"pictures, which yc-load folder scales and crops",
			shape);
	if (v->shape[2] > 16384)
		return yc_fail(YC_FAIL, "images of %llu pixels per side",
			(unsigned long long)v->shape[2]);
	if (v->shape[0] == 0 || v->shape[0] > INT32_MAX)
		return yc_fail(YC_FAIL, "%llu images", (unsigned long long)v->shape[0]);
	return YC_OK;
}
