/* SPDX-License-Identifier: MIT */
#ifndef YC_NUMBER_H
#define YC_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "yc/fail.h"

/*
 * Strict parsing of numbers: an integer is decimal digits, a real number may have a sign,
 * a point and an exponent; no blanks, no hexadecimal, no inf, no nan. yc_take_... read a
 * number at *s and advance *s past it; yc_parse_... require the whole text to be a
 * number. All return one of these, and set *v only with YC_NUMBER.
 */
enum yc_number {
	YC_NUMBER_NONE = 0,  /* no number; *s is unchanged */
	YC_NUMBER = 1,	     /* *v is set */
	YC_NUMBER_LARGE = -1 /* a number, but greater than max or the type's maximum */
};

enum yc_number yc_take_u64(const char **s, uint64_t max, uint64_t *v);
enum yc_number yc_take_i64(const char **s, int64_t *v); /* may have a sign */
enum yc_number yc_take_double(const char **s, double *v);

enum yc_number yc_parse_u64(const char *text, uint64_t max, uint64_t *v);
enum yc_number yc_parse_double(const char *text, double *v);
/* An integer with an optional suffix K, M, G or T: powers of 1024. */
enum yc_number yc_parse_bytes(const char *text, uint64_t max, uint64_t *v);
/* A real number with an optional suffix s, m, h or d. */
enum yc_number yc_parse_seconds(const char *text, double *v);
/* Marks the numbers of a list such as "0-4,7", all below n; YC_USAGE for any other text,
 * with a message that calls them `what` ("classes") and does not quote the list. */
int yc_parse_ranges(const char *text, const char *what, size_t n, bool *in) YC_CHECKED;

/* The shortest text that reads back as the same finite number. */
enum { YC_DOUBLE_TEXT = 32 };
void yc_double_text(double v, char text[YC_DOUBLE_TEXT]);

#endif
