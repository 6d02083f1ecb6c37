/* SPDX-License-Identifier: MIT */
/* Numbers as text, both ways. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yc/number.h"

enum yc_number yc_take_u64(const char **s, uint64_t max, uint64_t *v)
{
	unsigned long long value;
	char *end;

	/* strtoull itself would take blanks and a minus sign. */
	if (!isdigit((unsigned char)**s))
		return YC_NUMBER_NONE;
	errno = 0;
	value = strtoull(*s, &end, 10);
	*s = end;
	if (errno == ERANGE || value > max)
		return YC_NUMBER_LARGE;
	*v = value;
	return YC_NUMBER;
}

enum yc_number yc_take_i64(const char **s, int64_t *v)
{
	bool negative = **s == '-';
	const char *p = *s + (negative || **s == '+');
	uint64_t value = 0;
	enum yc_number n =
		yc_take_u64(&p, negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX, &value);

	if (n == YC_NUMBER_NONE)
		return n;
	*s = p;
	if (n == YC_NUMBER)
		*v = (int64_t)(negative ? 0 - value : value);
	return n;
}

/* Behind the decimal number at s, or s itself. */
static const char *skip_decimal(const char *s)
{
	static const char digits[] = "0123456789";
	const char *p = s + (*s == '+' || *s == '-'), *exponent;
	size_t whole = strspn(p, digits), part = 0;

	p += whole;
	if (*p == '.') {
		part = strspn(p + 1, digits);
		p += 1 + part;
	}
	if (whole + part == 0)
		return s;
	if (*p == 'e' || *p == 'E') {
		exponent = p + 1 + (p[1] == '+' || p[1] == '-');
		if (isdigit((unsigned char)*exponent))
			p = exponent + strspn(exponent, digits);
	}
	return p;
}

enum yc_number yc_take_double(const char **s, double *v)
{
	const char *end = skip_decimal(*s);
	char *read;
	double value;

	if (end == *s)
		return YC_NUMBER_NONE;
	value = strtod(*s, &read);
	if (read != end) /* strtod goes on where a hexadecimal begins with 0 */
		return YC_NUMBER_NONE;
	*s = end;
	if (!isfinite(value))
		return YC_NUMBER_LARGE;
	*v = value;
	return YC_NUMBER;
}

enum yc_number yc_parse_u64(const char *text, uint64_t max, uint64_t *v)
{
	uint64_t value = 0;
	enum yc_number n = yc_take_u64(&text, max, &value);

	if (*text)
		return YC_NUMBER_NONE;
	if (n == YC_NUMBER)
		*v = value;
	return n;
}

enum yc_number yc_parse_double(const char *text, double *v)
{
	double value = 0;
	enum yc_number n = yc_take_double(&text, &value);

	if (*text)
		return YC_NUMBER_NONE;
	if (n == YC_NUMBER)
		*v = value;
	return n;
}

enum yc_number yc_parse_bytes(const char *text, uint64_t max, uint64_t *v)
{
	static const char suffix[] = "KMGT";
	uint64_t value = 0;
	enum yc_number n = yc_take_u64(&text, max, &value);
	const char *at = *text ? strchr(suffix, *text) : NULL;
	unsigned shift = at ? 10 * (unsigned)(at - suffix + 1) : 0;

	if (n == YC_NUMBER_NONE || text[at != NULL])
		return YC_NUMBER_NONE;
	if (n == YC_NUMBER_LARGE || value > max >> shift)
		return YC_NUMBER_LARGE;
	*v = value << shift;
	return YC_NUMBER;
}

enum yc_number yc_parse_seconds(const char *text, double *v)
{
	static const char suffix[] = "smhd";
	static const double seconds[] = {1, 60, 3600, 86400};
	double value = 0;
	enum yc_number n = yc_take_double(&text, &value);
	const char *at = *text ? strchr(suffix, *text) : NULL;

	if (n == YC_NUMBER_NONE || text[at != NULL])
		return YC_NUMBER_NONE;
	if (at)
		value *= seconds[at - suffix];
	if (n == YC_NUMBER_LARGE || !isfinite(value))
		return YC_NUMBER_LARGE;
	*v = value;
	return YC_NUMBER;
}

int yc_parse_ranges(const char *text, const char *what, size_t n, bool *in)
{
	for (const char *s = text;; s++) {
		uint64_t first = 0, last = 0;
		enum yc_number got = yc_take_u64(&s, UINT64_MAX, &first);

		last = first;
		if (got == YC_NUMBER && *s == '-') {
			s++;
			got = yc_take_u64(&s, UINT64_MAX, &last);
		}
		if (got == YC_NUMBER_NONE || (*s && *s != ','))
			return yc_fail(YC_USAGE, "a list such as 0-4,7 expected");
		if (got == YC_NUMBER && last < first)
			return yc_fail(YC_USAGE,
				"%" PRIu64 "-%" PRIu64 " is the wrong way round", first,
				last);
		if (got == YC_NUMBER_LARGE || last >= n)
			return yc_fail(YC_USAGE, "%s go from 0 to %zu", what, n - 1);
		for (uint64_t i = first; i <= last; i++)
			in[i] = true;
		if (!*s)
			return YC_OK;
	}
}

void yc_double_text(double v, char text[YC_DOUBLE_TEXT])
{
	/* 17 digits hold every double. */
	for (int digits = 1; digits <= 17; digits++) {
		(void)snprintf(text, YC_DOUBLE_TEXT, "%.*g", digits, v);
		if (strtod(text, NULL) == v)
			break;
	}
}
