/* SPDX-License-Identifier: MIT */
/* Chooses the font of a sheet, and says which letters no font has. */
#include <stdio.h>
#include <string.h>

#include "lib/view/text.h"

enum { LETTERS_MAX = 8, PACKAGES_MAX = 4 };

/* Letters that cannot be drawn: the first of them, and the packages for all. */
struct missing {
	uint32_t letter[LETTERS_MAX];
	size_t n;
	const char *package[PACKAGES_MAX];
	size_t packages;
	bool more;
};

static void miss(void *ctx, uint32_t letter)
{
	struct missing *m = ctx;
	const char *package = yc_pango_package(letter);

	if (!package)
		return;
	for (size_t i = 0; i < m->packages && package; i++)
		if (!strcmp(m->package[i], package))
			package = NULL;
	if (package && m->packages < PACKAGES_MAX)
		m->package[m->packages++] = package;
	for (size_t i = 0; i < m->n; i++)
		if (m->letter[i] == letter)
			return;
	if (m->n < LETTERS_MAX)
		m->letter[m->n++] = letter;
	else
		m->more = true;
}

static bool is_ascii(const char *s)
{
	while (*s && !(*s & 0x80))
		s++;
	return !*s;
}

/* Every letter beyond ASCII of UTF-8 that was checked when it was read. */
static void miss_all(struct missing *m, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		uint32_t letter = c & (c < 0xe0 ? 0x1f : c < 0xf0 ? 0x0f : 0x07);

		if (c < 0xc0)
			continue;
		for (; ((unsigned char)s[1] & 0xc0) == 0x80; s++)
			letter = letter << 6 | ((unsigned char)s[1] & 0x3f);
		miss(m, letter);
	}
}

static size_t utf8(uint32_t c, char to[5])
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = n; i-- > 1; c >>= 6)
		to[i] = (char)(0x80 | (c & 0x3f));
	to[0] = (char)(n == 1 ? c : (0xf00u >> n & 0xff) | c);
	to[n] = '\0';
	return n;
}

static void tell(const struct missing *m, bool fonts, struct yc_watch *watch)
{
	char text[512];
	size_t at = 0;

	if (!m->n || !watch || !watch->note)
		return;
	at += (size_t)snprintf(text, sizeof(text), "%s: boxes stand for",
		fonts ? "no font has some letters of class names"
		      : "no fonts are installed");
	for (size_t i = 0; i < m->n; i++) {
		char letter[5];

		(void)utf8(m->letter[i], letter);
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s %s (U+%04X)",
			i ? "," : "", letter, (unsigned)m->letter[i]);
	}
	at += (size_t)snprintf(text + at, sizeof(text) - at,
		"%s; packages with them:", m->more ? " and others" : "");
	for (size_t i = 0; i < m->packages; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s %s",
			i ? "," : "", m->package[i]);
	watch->note(watch, text);
}

int yc_text_open(
	struct yc_text *t, const char *const *name, size_t n, struct yc_watch *watch)
{
	struct missing missing = {.n = 0};
	bool ascii = true;

	t->pango = NULL;
	for (size_t i = 0; i < n; i++)
		ascii &= is_ascii(name[i]);
	if (ascii)
		return YC_OK;
	t->pango = yc_pango_new();
	for (size_t i = 0; i < n; i++)
		if (t->pango)
			yc_pango_missing(t->pango, name[i], miss, &missing);
		else
			miss_all(&missing, name[i]);
	tell(&missing, t->pango != NULL, watch);
	return YC_OK;
}

void yc_text_put(const struct yc_text *t, const struct yc_text_at *at, const char *s,
	int *width, int *height)
{
	int w, h;

	if (t->pango)
		yc_pango_text(t->pango, at, s, &w, &h);
	else
		yc_font_text(at, s, &w, &h);
	if (width)
		*width = w;
	if (height)
		*height = h;
}

void yc_text_close(struct yc_text *t)
{
	yc_pango_free(t->pango);
	t->pango = NULL;
}
