/* SPDX-License-Identifier: MIT */
/*
 * Colour and marker of a line follow from its name alone, so that a rule looks the same in
 * every picture. What the tools call by name is in a table; other names are hashed.
 */
#include <ctype.h>
#include <string.h>

#include "lib/plot/internal.h"
#include "yc/real.h"

enum { DISC, SQUARE, UP, DIAMOND, DOWN, PLUS, STAR, LEFT, RIGHT, CROSS };
enum { BLUE, GOLD, CRIMSON, TEAL, PURPLE, LAVENDER, GREEN, INK }; /* of plot_draw.c */

/* Words are separated by single spaces. */
struct known {
	const char *name;
	int colour, marker;
};

static const struct known known[] = {
	/* rules and the scores that they use */
	{"yoco", BLUE, DISC},
	{"lbpe", BLUE, DISC},
	{"random", INK, SQUARE},
	{"ssp", TEAL, UP},
	{"entropy", GREEN, DIAMOND},
	{"aum", LAVENDER, DOWN},
	{"accumulated margin", LAVENDER, DOWN},
	{"el2n", CRIMSON, PLUS},
	{"forgetting", PURPLE, STAR},
	{"ccs", GOLD, CROSS},
	{"small loss", GOLD, UP},
	{"prefix", GREEN, LEFT},
	{"first", GREEN, LEFT},
	{"whole", INK, DIAMOND},
	{"whole set", INK, DIAMOND},
	/* condensers */
	{"idc", BLUE, SQUARE},
	{"dream", CRIMSON, UP},
	{"dm", GOLD, DIAMOND},
	{"dsa", TEAL, DOWN},
	{"dc", LAVENDER, PLUS},
	{"mtt", GREEN, STAR},
	{"kip", PURPLE, CROSS},
	{"mdc", BLUE, LEFT},
	{"herding", INK, UP},
	{"kcenter", INK, PLUS},
	{"k center", INK, PLUS},
	{"kmeans", INK, STAR},
	{"k means", INK, STAR},
	/* networks */
	{"convnet", BLUE, UP},
	{"resnet10", CRIMSON, DIAMOND},
	{"resnet 10", CRIMSON, DIAMOND},
	{"resnet10ap", GOLD, DOWN},
	{"resnet10 ap", GOLD, DOWN},
	{"densenet", GREEN, PLUS},
};

/* Words that may follow a known name: a variant keeps the colour, and its marker is as many
 * further in the list. */
static const struct {
	const char *word;
	int shift;
} variant[] = {{"hard", 0}, {"easy", 5}, {"balance", 3}, {"balanced", 3},
	{"imbalance", 7}, {"imbalanced", 7}, {"idc", 1}, {"dream", 2}, {"mtt", 4},
	{"kip", 6}, {"dsa", 8}, {"dm", 9}, {"mdc", 3}, {"dc", 7}, {"convnet", 6},
	{"resnet", 0}, {"10", 4}, {"resnet10", 4}, {"ap", 4}, {"resnet10ap", 8},
	{"densenet", 2}, {"per", 0}, {"class", 0}};

/* Letters and digits of a name in lower case, one space for everything between them. */
static void simplify(char *out, size_t size, const char *name)
{
	size_t n = 0;

	for (; *name && n + 2 < size; name++) {
		const unsigned char c = (unsigned char)*name;

		if (isalnum(c) || c >= 0x80)
			out[n++] = c < 0x80 ? (char)tolower(c) : *name;
		else if (n && out[n - 1] != ' ')
			out[n++] = ' ';
	}
	n -= n && out[n - 1] == ' ';
	out[n] = '\0';
}

/* Shift of the word of n bytes, -1 if it is no variant. */
static int shift_of_word(const char *word, size_t n)
{
	/* "2 per class" */
	if (strspn(word, "0123456789") == n && strncmp(word + n, " per ", 5) == 0)
		return word[n - 1] - '0';
	for (size_t i = 0; i < YC_COUNT(variant); i++)
		if (strlen(variant[i].word) == n && memcmp(variant[i].word, word, n) == 0)
			return variant[i].shift;
	return -1;
}

/* Sum of the shifts of the words, -1 if one of them is no variant. */
static int shift_of(const char *words)
{
	int sum = 0;

	while (*words) {
		const size_t n = strcspn(words, " ");
		const int shift = shift_of_word(words, n);

		if (shift < 0)
			return -1;
		sum += shift;
		words += n + strspn(words + n, " ");
	}
	return sum;
}

/* FNV-1a, whose last letters would stay in the low bits but for the mixing. */
static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 16777619u;
	h = (h ^ h >> 16) * 0x85ebca6bu;
	h = (h ^ h >> 13) * 0xc2b2ae35u;
	return h ^ h >> 16;
}

bool yc_plot_style(const char *name, int *colour, int *marker)
{
	char simple[64];

	simplify(simple, sizeof simple, name);
	for (size_t i = YC_COUNT(known); i-- > 0;) { /* longer names come later */
		const size_t n = strlen(known[i].name);
		int shift;

		if (strncmp(simple, known[i].name, n) != 0 ||
			(simple[n] && simple[n] != ' '))
			continue;
		shift = shift_of(simple + n + (simple[n] == ' '));
		if (shift < 0)
			continue;
		*colour = known[i].colour;
		*marker = (known[i].marker + shift) % PLOT_MARKERS;
		return true;
	}
	*colour = (int)(hash(name) % PLOT_COLOURS);
	*marker = (int)(hash(name) / PLOT_COLOURS % PLOT_MARKERS);
	return false;
}

/* True if a line before i, or a known one after it, looks as line i does. */
static bool is_taken(const struct yc_plot *p, const bool *fixed, int i)
{
	for (int k = 0; k < p->nlines; k++)
		if (k != i && (k < i || (fixed[k] && !fixed[i])) &&
			p->line[k].colour == p->line[i].colour &&
			p->line[k].marker == p->line[i].marker)
			return true;
	return false;
}

void yc_plot_dress(struct yc_plot *p)
{
	bool fixed[PLOT_LINES_MAX] = {false};

	for (int i = 0; i < p->nlines && p->cfg->by; i++)
		fixed[i] = yc_plot_style(
			p->line[i].name, &p->line[i].colour, &p->line[i].marker);
	for (int i = 0; i < p->nlines; i++) {
		struct plot_line *l = &p->line[i];

		/* Colours stay as long as there is a marker that is not taken. */
		for (int tries = 1; is_taken(p, fixed, i); tries++) {
			l->marker = (l->marker + 1) % PLOT_MARKERS;
			if (tries % PLOT_MARKERS == 0)
				l->colour = (l->colour + 1) % PLOT_COLOURS;
		}
		for (int k = 0; k < i; k++)
			l->dash += p->line[k].reference == l->reference &&
				   p->line[k].colour == l->colour;
	}
}
