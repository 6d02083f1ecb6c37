/* SPDX-License-Identifier: MIT */
/* "did you mean": the distance of words by Damerau and Levenshtein, where no two edits
 * touch the same characters, and the nearest of a list of names or of the files of a folder. */
#include <ctype.h>
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "yc/near.h"

/* Longer words than WORD_MAX are near to nothing. */
enum { WORD_MAX = 96, PREFIX_MIN = 2, FAR = 1000 };

static int fold(char c)
{
	return tolower((unsigned char)c);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned edits(const char *a, size_t n, const char *b, size_t m)
{
	unsigned row[3][WORD_MAX + 1];

	for (size_t j = 0; j <= m; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *now = row[i % 3];
		const unsigned *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			bool same = fold(a[i - 1]) == fold(b[j - 1]);

			now[j] = least(
				last[j - 1] + !same, 1 + least(last[j], now[j - 1]));
			if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
				fold(a[i - 2]) == fold(b[j - 1]))
				now[j] = least(now[j], before[j - 2] + 1);
		}
	}
	return row[n % 3][m];
}

/* 0 the same but for case, 1 a beginning, then the number of edits. */
static unsigned distance(const char *word, size_t n, const char *name, size_t m)
{
	size_t longer = n > m ? n : m, alike = 0;
	unsigned d, most = longer < 3 ? 0 : longer < 6 ? 1 : 2;

	if (n == 0 || longer > WORD_MAX)
		return FAR;
	while (alike < n && alike < m && fold(word[alike]) == fold(name[alike]))
		alike++;
	if (alike == n && (n == m || n >= PREFIX_MIN))
		return n < m;
	d = edits(word, n, name, m);
	return d <= most ? 1 + d : FAR;
}

void yc_near_begin(struct yc_near *near, const char *word, size_t len)
{
	near->word = word;
	near->len = len;
	near->distance = FAR;
	near->n = 0;
}

void yc_near_try(struct yc_near *near, const char *name, size_t len)
{
	unsigned d = distance(near->word, near->len, name, len);

	if (d > near->distance || d == FAR)
		return;
	if (d < near->distance)
		near->n = 0;
	near->distance = d;
	for (int i = 0; i < near->n && i < 2; i++)
		if (strlen(near->name[i]) == len && !memcmp(near->name[i], name, len))
			return;
	if (near->n < 2)
		(void)snprintf(near->name[near->n], YC_NEAR_NAME, "%.*s", (int)len, name);
	near->n++;
}

const char *yc_near_text(
	const struct yc_near *near, const char *dashes, char buf[YC_NEAR_TEXT])
{
	const char *open = *dashes ? dashes : "'", *close = *dashes ? "" : "'";
	bool two = near->n == 2;

	buf[0] = '\0';
	if (near->n == 1 || two)
		(void)snprintf(buf, YC_NEAR_TEXT, ", did you mean %s%s%s%s%s%s%s?", open,
			near->name[0], close, two ? " or " : "", two ? open : "",
			two ? near->name[1] : "", two ? close : "");
	return buf;
}

/* The same but for the digits, and with as many runs of them. */
static bool numbered_alike(const char *a, const char *b)
{
	static const char digits[] = "0123456789";

	for (;;) {
		size_t n = strspn(a, digits), m = strspn(b, digits);

		if ((n > 0) != (m > 0) || (n == 0 && fold(*a) != fold(*b)))
			return false;
		if (n == 0 && *a == '\0')
			return true;
		a += n ? n : 1;
		b += m ? m : 1;
	}
}

const char *yc_near_path(const char *path, char buf[YC_NEAR_TEXT])
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char folder[WORD_MAX * 8];
	struct yc_near near;
	struct dirent *entry;
	DIR *d;

	buf[0] = '\0';
	if (access(path, F_OK) == 0 || name - path >= (ptrdiff_t)sizeof(folder))
		return buf;
	(void)snprintf(folder, sizeof(folder), "%.*s", (int)(name - path), path);
	d = opendir(slash ? folder : ".");
	if (!d)
		return buf;
	yc_near_begin(&near, name, strlen(name));
	while ((entry = readdir(d)))
		if ((entry->d_name[0] != '.' || name[0] == '.') &&
			!numbered_alike(name, entry->d_name))
			yc_near_try(&near, entry->d_name, strlen(entry->d_name));
	(void)closedir(d);
	return yc_near_text(&near, "", buf);
}

int yc_near_file(const char *path)
{
	char text[YC_NEAR_TEXT];

	return yc_fail(YC_FAIL, "%s%s", yc_errmsg(), yc_near_path(path, text));
}
