/* SPDX-License-Identifier: MIT */
/* Values of options: text into the field of a config struct, checked by its row, and
 * back into text for help and history. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/internal.h"
#include "yc/near.h"
#include "yc/number.h"

static void *field(const struct yc_opts *g, const struct yc_opt *row)
{
	return (char *)g->cfg + row->at;
}

bool yc_opt_takes_text(const struct yc_opt *row)
{
	return row->type != YC_OPT_FLAG;
}

void yc_opt_opposite(const struct yc_opt *row, char *to, size_t size)
{
	if (strncmp(row->name, "no-", 3) == 0)
		(void)snprintf(to, size, "%s", row->name + 3);
	else
		(void)snprintf(to, size, "no-%s", row->name);
}

static int range(const struct yc_opt *row, double v, const char *text)
{
	if ((row->min != 0 || row->max != 0) && !(v >= row->min && v <= row->max))
		return yc_fail(YC_USAGE, "%s is not in the range %.10g to %.10g", text,
			row->min, row->max);
	return YC_OK;
}

static int whole(const struct yc_opt *row, const char *text, uint64_t most, uint64_t *out)
{
	bool bytes = row->unit == YC_BYTES;
	enum yc_number n =
		bytes ? yc_parse_bytes(text, most, out) : yc_parse_u64(text, most, out);

	if (n == YC_NUMBER_NONE)
		return yc_fail(YC_USAGE, "'%s' is not a whole number%s", text,
			bytes ? " (K, M, G or T may follow)" : "");
	if (n == YC_NUMBER_LARGE)
		return yc_fail(YC_USAGE, "%s is too large", text);
	return range(row, (double)*out, text);
}

static int decimal(const struct yc_opt *row, const char *text, double *out)
{
	bool time = row->unit == YC_SECONDS;
	enum yc_number n =
		time ? yc_parse_seconds(text, out) : yc_parse_double(text, out);

	if (n == YC_NUMBER_NONE)
		return yc_fail(YC_USAGE, "'%s' is not a number%s", text,
			time		    ? " (s, m, h or d may follow)"
			: strchr(text, '%') ? " (10% is 0.1)"
					    : "");
	if (n == YC_NUMBER_LARGE)
		return yc_fail(YC_USAGE, "%s is too large", text);
	return range(row, *out, text);
}

const char *yc_opt_words(const struct yc_opt *row, char buf[YC_OPT_WORDS])
{
	size_t used = 0;

	if (!row->table)
		return row->arg;
	for (size_t i = 0; row->table[i] && used < YC_OPT_WORDS; i++)
		used += (size_t)snprintf(buf + used, YC_OPT_WORDS - used, "%s%s",
			i ? "|" : "", row->table[i]->name);
	return buf;
}

/* Is text one of the words of "a|b|c"? */
static bool is_choice(const char *words, const char *text)
{
	size_t len = strlen(text);

	for (const char *w = words; w; w = strchr(w, '|')) {
		w += *w == '|';
		if (len && strcspn(w, "|") == len && memcmp(w, text, len) == 0)
			return true;
	}
	return false;
}

static int no_choice(const char *words, const char *text)
{
	char meant[YC_NEAR_TEXT];
	struct yc_near near;
	size_t len;

	yc_near_begin(&near, text, strlen(text));
	for (const char *w = words; *w; w += len + (w[len] == '|')) {
		len = strcspn(w, "|");
		yc_near_try(&near, w, len);
	}
	return yc_fail(YC_USAGE, "'%s' is not one of %s%s", text, words,
		yc_near_text(&near, "", meant));
}

int yc_opt_set(const struct yc_opts *group, const struct yc_opt *row, const char *text)
{
	char words[YC_OPT_WORDS];
	const char *known;
	void *to = field(group, row);
	uint64_t u = 0;
	double d = 0;
	int status;

	switch (row->type) {
	case YC_OPT_FLAG:
		if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
			return yc_fail(YC_USAGE, "'%s' is neither true nor false", text);
		*(bool *)to = text[0] == 't';
		return YC_OK;
	case YC_OPT_U32:
		status = whole(row, text, UINT32_MAX, &u);
		if (status == YC_OK)
			*(uint32_t *)to = (uint32_t)u;
		return status;
	case YC_OPT_U64:
		status = whole(row, text, UINT64_MAX, &u);
		if (status == YC_OK)
			*(uint64_t *)to = u;
		return status;
	case YC_OPT_DOUBLE:
		status = decimal(row, text, &d);
		if (status == YC_OK)
			*(double *)to = d;
		return status;
	case YC_OPT_STR:
		known = yc_opt_words(row, words);
		if (row->unit == YC_CHOICE && !is_choice(known, text))
			return no_choice(known, text);
		*(const char **)to = text;
		return YC_OK;
	}
	return yc_fail(YC_FAIL, "option --%s has no type", row->name);
}

static void unset(const struct yc_opts *group, const struct yc_opt *row)
{
	void *to = field(group, row);

	switch (row->type) {
	case YC_OPT_FLAG:
		*(bool *)to = false;
		break;
	case YC_OPT_U32:
		*(uint32_t *)to = row->unset;
		break;
	case YC_OPT_U64:
		*(uint64_t *)to = row->unset;
		break;
	case YC_OPT_DOUBLE:
		*(double *)to = NAN;
		break;
	case YC_OPT_STR:
		*(const char **)to = NULL;
		break;
	}
}

int yc_opt_defaults(const struct yc_opts *group, size_t ngroups)
{
	for (const struct yc_opts *g = group; g < group + ngroups; g++) {
		for (const struct yc_opt *row = g->row; row < g->row + g->n; row++) {
			unset(g, row);
			if (row->def && yc_opt_set(g, row, row->def) < 0)
				return yc_fail_in(YC_FAIL, "default of --%s", row->name);
		}
	}
	return YC_OK;
}

const char *yc_opt_default(const struct yc_opt *row)
{
	return row->def ? row->def : row->type == YC_OPT_FLAG ? "false" : NULL;
}

int yc_opt_preset(const struct yc_opts *group, const char *const (*preset)[2], size_t n)
{
	int status = YC_OK;

	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; status == YC_OK && i < group->n; i++)
			if (!(group->given >> i & 1) &&
				strcmp(group->row[i].name, preset[k][0]) == 0)
				status = yc_opt_set(group, &group->row[i], preset[k][1]);
	return status;
}

void yc_opt_value(
	const struct yc_opts *group, const struct yc_opt *row, char *buf, size_t size)
{
	const void *from = field(group, row);
	bool can_be_unset = !row->def && row->auto_help;
	char number[YC_DOUBLE_TEXT];

	buf[0] = '\0';
	switch (row->type) {
	case YC_OPT_FLAG:
		(void)snprintf(buf, size, "%s", *(const bool *)from ? "true" : "false");
		break;
	case YC_OPT_U32:
		if (*(const uint32_t *)from != row->unset || !can_be_unset)
			(void)snprintf(buf, size, "%u", *(const uint32_t *)from);
		break;
	case YC_OPT_U64:
		if (*(const uint64_t *)from != row->unset || !can_be_unset)
			(void)snprintf(buf, size, "%llu",
				(unsigned long long)*(const uint64_t *)from);
		break;
	case YC_OPT_DOUBLE:
		if (isnan(*(const double *)from))
			break;
		yc_double_text(*(const double *)from, number);
		(void)snprintf(buf, size, "%s", number);
		break;
	case YC_OPT_STR:
		if (*(char *const *)from)
			(void)snprintf(buf, size, "%s", *(char *const *)from);
		break;
	}
}
