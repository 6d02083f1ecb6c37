/* SPDX-License-Identifier: MIT */
/*
 * The head of a plain safetensors file with images and labels, as other programs write it:
 * classes and side follow from the tensors, mean and standard deviation are computed. What
 * a stream cannot have, such as other types, is left to yc-load.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/stream/internal.h"
#include "yc/image_sums.h"

bool yc_plain_images(const struct yc_record *r)
{
	const struct yc_meta *m = &r->meta;

	return !yc_meta_get(m, "yc.version") && !yc_meta_get(m, "yc.kind") &&
	       !yc_meta_get(m, "yc.classes") && yc_record_find(r, "image") &&
	       yc_record_find(r, "label");
}

static int convert(const char *what)
{
	return yc_fail(YC_FAIL, "%s: yc-load safetensors makes a stream of it", what);
}

/* Condensed images overshoot 0..1 a little. About half of normalised values are negative;
 * of values in 0..255 few may be outside, but those far. */
static int check_pixels(const struct yc_tensor *t)
{
	const float *x = t->data;
	const size_t n = t->bytes / sizeof(*x);
	size_t outside = 0;
	bool far = false;

	for (size_t i = 0; t->dtype == YC_F32 && i < n; i++) {
		outside += !(x[i] >= 0 && x[i] <= 1);
		far = far || !(x[i] >= -1 && x[i] <= 2); /* also what is no number */
	}
	return outside <= n / 3 && !far ? YC_OK
					: convert("'image' has values outside of 0 to 1");
}

static int check_image(const struct yc_tensor *t)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "'image' is %s, not U8 or F32", t->dtype_name);
	if (t->dtype != YC_U8 && t->dtype != YC_F32)
		return convert(text);
	if (t->rank != 4 || t->shape[0] < 1 || t->shape[1] < 1 ||
		t->shape[1] > YC_CHANNELS_MAX)
		return convert("'image' is not [N,C,H,W] with 1 to 4 channels");
	if (t->shape[2] != t->shape[3] || t->shape[2] < 1 || t->shape[2] > 16384)
		return yc_fail(YC_FAIL,
			"images of %" PRIu64 "x%" PRIu64 " are not square", t->shape[2],
			t->shape[3]);
	return check_pixels(t);
}

static int check_label(const struct yc_tensor *t, uint64_t rows, int64_t *most)
{
	const int64_t *label = t->data;
	char text[64];

	(void)snprintf(text, sizeof(text), "'label' is %s of %d dimensions, not I64 [N]",
		t->dtype_name, t->rank);
	if (t->dtype != YC_I64 || t->rank != 1)
		return convert(text);
	for (uint64_t i = 0; i < t->shape[0] && i < rows; i++) {
		if (label[i] < 0 || label[i] >= YC_CLASSES_MAX)
			return yc_fail(
				YC_FAIL, "row %" PRIu64 ": label %" PRId64, i, label[i]);
		*most = label[i] > *most ? label[i] : *most;
	}
	return YC_OK;
}

static int set_missing(struct yc_meta *m, const char *key, const char *value)
{
	return yc_meta_get(m, key) ? YC_OK : yc_meta_set(m, key, value);
}

static int set_number(struct yc_meta *m, const char *key, int64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, value);
	return set_missing(m, key, text);
}

static int set_normalisation(
	struct yc_meta *m, const struct yc_tensor *image, const struct yc_head *agreed)
{
	char mean[YC_IMAGE_SUMS_TEXT], std[YC_IMAGE_SUMS_TEXT];
	struct yc_image_sums sums = {0};
	struct yc_meta other = {0};
	int status;

	if (yc_meta_get(m, "yc.mean") || yc_meta_get(m, "yc.std"))
		return YC_OK;
	if (agreed && agreed->nmean == (int)image->shape[1]) {
		status = yc_head_store(agreed, &other);
		if (status == YC_OK)
			status =
				yc_meta_set(m, "yc.mean", yc_meta_get(&other, "yc.mean"));
		if (status == YC_OK)
			status = yc_meta_set(m, "yc.std", yc_meta_get(&other, "yc.std"));
		yc_meta_release(&other);
		return status;
	}
	yc_image_sums_add(&sums, image);
	(void)yc_image_sums_text(&sums, (int)image->shape[1], mean, std);
	status = yc_meta_set(m, "yc.mean", mean);
	if (status == YC_OK)
		status = yc_meta_set(m, "yc.std", std);
	return status == YC_OK ? yc_meta_set(m, "yc.computed", "1") : status;
}

static int add_ids(struct yc_record *r, uint64_t rows)
{
	struct yc_tensor *id = yc_record_find(r, "id");

	if (id)
		return YC_OK;
	id = yc_record_add(r, "id", YC_I64, 1, &rows, NULL);
	for (uint64_t i = 0; id && i < rows; i++)
		((int64_t *)id->data)[i] = (int64_t)i;
	return id ? YC_OK : YC_FAIL;
}

int yc_plain_head(struct yc_record *r, const struct yc_head *agreed)
{
	const struct yc_tensor *image = yc_record_find(r, "image"),
			       *label = yc_record_find(r, "label");
	struct yc_meta *m = &r->meta;
	int64_t most = 0, classes;
	int status = check_image(image);

	if (status == YC_OK)
		status = check_label(label, image->shape[0], &most);
	if (status < 0)
		return status;
	classes = most + 1;
	if (agreed && agreed->classes > classes)
		classes = agreed->classes;
	status = set_normalisation(m, image, agreed);
	if (status == YC_OK)
		status = set_number(m, "yc.classes", classes);
	if (status == YC_OK)
		status = set_number(m, "yc.side", (int64_t)image->shape[2]);
	if (status == YC_OK)
		status = set_number(m, "yc.factor", 1);
	if (status == YC_OK)
		status = set_missing(
			m, "yc.source", "a safetensors file, whose head was made");
	if (status == YC_OK)
		status = yc_meta_set(m, "yc.version", YC_STREAM_VERSION);
	return status == YC_OK ? add_ids(r, image->shape[0]) : status;
}
