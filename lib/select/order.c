/* SPDX-License-Identifier: MIT */
/* The key yc.order of a stream that yc-select --order wrote. */
#include <stdio.h>
#include <string.h>

#include "lib/select/internal.h"
#include "yc/number.h"

static const char key[] = "yc.order";

int yc_order_store(struct yc_meta *m, const struct yc_order *order, int classes)
{
	char text[64], some[16] = "";

	if (!order->rows) {
		yc_meta_drop(m, key);
		return YC_OK;
	}
	if (order->classes < classes)
		(void)snprintf(some, sizeof(some), " %d", order->classes);
	(void)snprintf(text, sizeof(text), "%s %zu%s",
		order->balanced ? "balanced" : "imbalanced", order->rows, some);
	return yc_meta_set(m, key, text);
}

/* "balanced ROWS" or "imbalanced ROWS", followed by " CLASSES" if these are not all. */
static bool parse(const char *text, struct yc_order *order, int classes)
{
	static const char *const word[] = {"imbalanced ", "balanced "};
	const bool balanced = text[0] == 'b';
	const char *s = text + strlen(word[balanced]);
	uint64_t rows = 0, some = (uint64_t)classes;

	if (strncmp(text, word[balanced], strlen(word[balanced])) != 0 ||
		yc_take_u64(&s, INT64_MAX, &rows) != YC_NUMBER)
		return false;
	if (*s == ' ') {
		s++;
		if (yc_take_u64(&s, (uint64_t)classes, &some) != YC_NUMBER)
			return false;
	}
	*order = (struct yc_order){
		.balanced = balanced, .rows = (size_t)rows, .classes = (int)some};
	return !*s && rows && some;
}

int yc_order_parse(const struct yc_meta *m, struct yc_order *order, int classes)
{
	const char *text = yc_meta_get(m, key);

	if (!text)
		return yc_fail(YC_FAIL,
			"the stream is not ordered: name a rule (yc-select --help), or "
			"take a part of what yc-select --order wrote");
	if (!parse(text, order, classes))
		return yc_fail(YC_FAIL, "%s '%.32s' is not an order", key, text);
	return YC_OK;
}
