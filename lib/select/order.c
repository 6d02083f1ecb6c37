/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/select/parts.h"

static const char key[] = "yc.order";

int yc_order_store(struct yc_meta *m, size_t rows, bool balanced)
{
	char text[48];

	if (!rows) {
		yc_meta_drop(m, key);
		return YC_OK;
	}
	(void)snprintf(
		text, sizeof(text), "%s %zu", balanced ? "balanced" : "imbalanced", rows);
	return yc_meta_set(m, key, text);
}

int yc_order_parse(const struct yc_meta *m, bool *balanced, size_t *rows)
{
	const char *text = yc_meta_get(m, key);
	char word[16] = "", number[19] = "", more;

	if (!text)
		return yc_fail(YC_FAIL,
			"the stream is in no order that can be cut: yc-select --order "
			"makes one");
	if (sscanf(text, "%15s %18[0-9]%c", word, number, &more) != 2 ||
		(strcmp(word, "balanced") != 0 && strcmp(word, "imbalanced") != 0) ||
		strtoull(number, NULL, 10) == 0)
		return yc_fail(YC_FAIL, "%s '%.32s' is no order", key, text);
	*rows = (size_t)strtoull(number, NULL, 10);
	*balanced = word[0] == 'b';
	return YC_OK;
}
