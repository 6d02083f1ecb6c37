/* SPDX-License-Identifier: MIT */
/* The head of a stream, from and to metadata: yc-stream(5). */
#include <stdio.h>
#include <string.h>

#include "lib/stream/internal.h"
#include "yc/number.h"

enum { SIDE_MAX = 16384, NUMBERS_TEXT = 160 };

/* An integer in 1..max; an absent key has the value `absent`, 0: the key is required. */
static int get_int(
	const struct yc_meta *m, const char *key, int max, int absent, int *value)
{
	const char *text = yc_meta_get(m, key);
	uint64_t v;

	*value = absent;
	if (!text)
		return absent ? YC_OK : yc_fail(YC_FAIL, "the head has no key %s", key);
	if (!yc_count_parse(text, (uint64_t)max, &v) || v < 1)
		return yc_fail(YC_FAIL, "%s '%.32s' is not in 1..%d", key, text, max);
	*value = (int)v;
	return YC_OK;
}

/* Numbers separated by commas; *n = 0 if the key is absent. */
static int get_numbers(const struct yc_meta *m, const char *key, double *v, int *n)
{
	const char *p = yc_meta_get(m, key);

	*n = 0;
	while (p) {
		if (*n == YC_CHANNELS_MAX)
			return yc_fail(YC_FAIL, "%s has more than %d numbers", key,
				YC_CHANNELS_MAX);
		if (yc_take_double(&p, &v[*n]) != YC_NUMBER || (*p && *p != ','))
			return yc_fail(YC_FAIL, "%s is not a list of numbers", key);
		++*n;
		p = *p ? p + 1 : NULL;
	}
	return YC_OK;
}

int yc_head_parse(struct yc_head *h, const struct yc_meta *m)
{
	const char *version = yc_meta_get(m, "yc.version");
	int nstd;

	*h = (struct yc_head){0};
	if (version && strcmp(version, YC_STREAM_VERSION) != 0)
		return yc_fail(YC_FAIL, "yc.version is '%.32s', this program reads %s",
			version, YC_STREAM_VERSION);
	if (get_int(m, "yc.classes", YC_CLASSES_MAX, 0, &h->classes) < 0 ||
		get_int(m, "yc.side", SIDE_MAX, 0, &h->side) < 0 ||
		get_int(m, "yc.factor", YC_FACTOR_MAX, 1, &h->factor) < 0 ||
		get_numbers(m, "yc.mean", h->mean, &h->nmean) < 0 ||
		get_numbers(m, "yc.std", h->std, &nstd) < 0)
		return YC_FAIL;
	if (h->nmean != nstd)
		return yc_fail(YC_FAIL, "yc.mean and yc.std differ in length");
	for (int i = 0; i < nstd; i++)
		if (!(h->std[i] > 0))
			return yc_fail(YC_FAIL, "yc.std is not positive");
	if (h->factor > h->side)
		return yc_fail(YC_FAIL, "yc.factor exceeds yc.side");
	return YC_OK;
}

static int set_int(struct yc_meta *m, const char *key, int value)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%d", value);
	return yc_meta_set(m, key, text);
}

/* The shortest decimals that read back as the same doubles. */
static void print_numbers(char *text, const double *v, int n)
{
	size_t at = 0;

	text[0] = '\0';
	for (int i = 0; i < n; i++) {
		char one[YC_DOUBLE_TEXT];

		yc_double_text(v[i], one);
		at += (size_t)snprintf(
			text + at, NUMBERS_TEXT - at, "%s%s", i ? "," : "", one);
	}
}

static int set_numbers(struct yc_meta *m, const char *key, const double *v, int n)
{
	char text[NUMBERS_TEXT];

	if (!n) {
		yc_meta_drop(m, key);
		return YC_OK;
	}
	print_numbers(text, v, n);
	return yc_meta_set(m, key, text);
}

int yc_head_store(const struct yc_head *h, struct yc_meta *m)
{
	struct yc_head check;

	if (yc_meta_set(m, "yc.version", YC_STREAM_VERSION) < 0 ||
		set_int(m, "yc.classes", h->classes) < 0 ||
		set_int(m, "yc.side", h->side) < 0 ||
		set_int(m, "yc.factor", h->factor) < 0 ||
		set_numbers(m, "yc.mean", h->mean, h->nmean) < 0 ||
		set_numbers(m, "yc.std", h->std, h->nmean) < 0)
		return YC_FAIL;
	return yc_head_parse(&check, m);
}

static bool is_set(const struct yc_meta *m, const char *key)
{
	const char *text = yc_meta_get(m, key);

	return text && strcmp(text, "1") == 0;
}

bool yc_head_normalised(const struct yc_meta *m)
{
	return is_set(m, "yc.normalised");
}

bool yc_head_computed(const struct yc_meta *m)
{
	return is_set(m, "yc.computed");
}
