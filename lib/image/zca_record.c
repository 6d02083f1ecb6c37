/* SPDX-License-Identifier: MIT */
/* A whitening in a stream, yc-stream(5), "Whitening": the key of the head and the record.
 * The matrix is symmetric, so one triangle of it is written. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/image/zca.h"
#include "yc/mem.h"

static bool is_record(const struct yc_record *r)
{
	const char *kind = yc_meta_get(&r->meta, "yc.kind");

	return kind && strcmp(kind, YC_KIND_ZCA) == 0;
}

/* ---- writing ---- */

static int fill(const struct yc_zca *z, struct yc_record *r)
{
	const size_t d = (size_t)z->d;
	const uint64_t side = (uint64_t)z->side, channels = (uint64_t)z->channels,
		       triangle = (uint64_t)d * (d + 1) / 2;
	struct yc_tensor *t;
	float *p;

	if (yc_meta_set(&r->meta, "yc.kind", YC_KIND_ZCA) < 0 ||
		yc_meta_set(&r->meta, YC_ZCA_KEY, z->text) < 0)
		return YC_FAIL;
	t = yc_record_add(r, "mean", YC_F32, 3, (uint64_t[]){channels, side, side}, NULL);
	if (!t)
		return YC_FAIL;
	p = t->data;
	for (size_t k = 0; k < d; k++)
		p[k] = (float)z->mean[yc_zca_position(z, k)];
	t = yc_record_add(r, "std", YC_F32, 1, &channels, NULL);
	if (!t)
		return YC_FAIL;
	p = t->data;
	for (uint64_t c = 0; c < channels; c++)
		p[c] = (float)z->std[c];
	t = yc_record_add(r, "matrix", YC_F32, 1, &triangle, NULL);
	if (!t)
		return YC_FAIL;
	p = t->data;
	for (size_t i = 0; i < d; i++)
		for (size_t k = 0; k <= i; k++)
			*p++ = (float)z->matrix[yc_zca_position(z, i) * d +
						yc_zca_position(z, k)];
	return YC_OK;
}

int yc_zca_store(const struct yc_zca *z, struct yc_set *s)
{
	const char *has = yc_meta_get(&s->meta, YC_ZCA_KEY);
	struct yc_record r = {0};
	int status;

	if (has && strcmp(has, z->text) != 0)
		return yc_fail(YC_FAIL,
			"the images are whitened by '%s' already: yc-whiten none undoes "
			"it",
			has);
	yc_zca_drop(s);
	status = fill(z, &r);
	if (status == YC_OK)
		status = yc_set_add_passthrough(s, &r);
	yc_record_release(&r);
	return status < 0 ? status : yc_meta_set(&s->meta, YC_ZCA_KEY, z->text);
}

void yc_zca_drop_record(struct yc_set *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->npassthrough; i++)
		if (is_record(&s->passthrough[i]))
			yc_record_release(&s->passthrough[i]);
		else
			s->passthrough[kept++] = s->passthrough[i];
	s->npassthrough = kept;
}

void yc_zca_drop(struct yc_set *s)
{
	yc_zca_drop_record(s);
	yc_meta_drop(&s->meta, YC_ZCA_KEY);
}

/* ---- reading ---- */

/* A tensor of n finite floats, or NULL with yc_fail. */
static const float *floats(const struct yc_record *r, const char *name, size_t n)
{
	const struct yc_tensor *t = yc_record_find(r, name);
	const float *p;

	if (!t || t->dtype != YC_F32 || t->bytes != yc_size_mul(n, sizeof *p)) {
		(void)yc_fail(YC_FAIL, "the whitening has no '%s' of %zu F32", name, n);
		return NULL;
	}
	p = t->data;
	for (size_t i = 0; i < n; i++) {
		if (!isfinite(p[i])) {
			(void)yc_fail(YC_FAIL,
				"the whitening has values in '%s' that are not finite",
				name);
			return NULL;
		}
	}
	return p;
}

static int take(struct yc_zca *z, const struct yc_record *r)
{
	const size_t d = (size_t)z->d;
	const float *mean = floats(r, "mean", d),
		    *std = mean ? floats(r, "std", (size_t)z->channels) : NULL,
		    *p = std ? floats(r, "matrix", d * (d + 1) / 2) : NULL;

	if (!p)
		return YC_FAIL;
	for (int c = 0; c < z->channels; c++) {
		if (!(std[c] > 0))
			return yc_fail(YC_FAIL, "the whitening divides channel %d by %g",
				c, (double)std[c]);
		z->std[c] = (double)std[c];
	}
	for (size_t k = 0; k < d; k++)
		z->mean[yc_zca_position(z, k)] = (yc_real)mean[k];
	for (size_t i = 0; i < d; i++) {
		const size_t at = yc_zca_position(z, i);

		for (size_t k = 0; k <= i; k++, p++) {
			const size_t to = yc_zca_position(z, k);

			z->matrix[at * d + to] = z->matrix[to * d + at] = (yc_real)*p;
		}
		if (!(z->matrix[at * d + at] > 0))
			return yc_fail(
				YC_FAIL, "the matrix of the whitening is not positive");
	}
	return YC_OK;
}

/* The record that the key names. */
static const struct yc_record *find(const struct yc_set *s, const char *text)
{
	for (size_t i = 0; i < s->npassthrough; i++) {
		const char *of = yc_meta_get(&s->passthrough[i].meta, YC_ZCA_KEY);

		if (is_record(&s->passthrough[i]) && of && strcmp(of, text) == 0)
			return &s->passthrough[i];
	}
	return NULL;
}

static int parse(struct yc_zca **z, const struct yc_set *s, const struct yc_record *r,
	const char *text)
{
	const struct yc_tensor *image = yc_set_col(s, "image");
	const struct yc_method *how =
		yc_method_find(yc_whitenings, "whitening", text, strcspn(text, " "));
	const int side = s->head.side, channels = (int)image->shape[1];

	if (!how)
		return YC_FAIL;
	if (!how->opts || strlen(text) >= ZCA_TEXT ||
		(int64_t)side * side * channels > YC_ZCA_MAX)
		return yc_fail(YC_FAIL, "no whitening of '%.32s...' for %d x %d x %d",
			text, channels, side, side);
	*z = yc_zca_new((const struct yc_whitening *)(const void *)how, side, channels);
	if (!*z)
		return YC_FAIL;
	memcpy((*z)->text, text, strlen(text) + 1);
	if (take(*z, r) == YC_OK)
		return YC_OK;
	yc_zca_free(*z);
	*z = NULL;
	return YC_FAIL;
}

int yc_zca_load(struct yc_zca **z, const struct yc_set *s)
{
	const char *text = yc_meta_get(&s->meta, YC_ZCA_KEY);
	const struct yc_record *r = text ? find(s, text) : NULL;

	*z = NULL;
	if (!text)
		return YC_OK;
	if (!r)
		return yc_fail(YC_FAIL,
			"networks see these images whitened by '%s', which the stream "
			"lacks: read a stream that has it together with this one, such "
			"as "
			"yc-whiten --map-only makes of the images that it was fitted to",
			text);
	return parse(z, s, r, text);
}

int yc_zca_match(const struct yc_meta *head, const struct yc_zca *z)
{
	const char *of = yc_meta_get(head, YC_ZCA_KEY);

	if (!of || !*of)
		return z ? yc_fail(YC_FAIL,
				   "for images that are not whitened, these are "
				   "whitened by '%s'",
				   z->text)
			 : YC_OK;
	if (!z)
		return yc_fail(YC_FAIL,
			"for images whitened by '%s', these are not whitened: yc-whiten",
			of);
	return strcmp(of, z->text) == 0 ? YC_OK
					: yc_fail(YC_FAIL,
						  "for images whitened by '%s', these "
						  "are whitened by '%s'",
						  of, z->text);
}
