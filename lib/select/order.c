/* SPDX-License-Identifier: MIT */
/* The key yc.order of a stream that yc-select --order wrote. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/select/internal.h"

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

int yc_order_parse(const struct yc_meta *m, struct yc_order *order, int classes)
{
	const char *text = yc_meta_get(m, key);
	char word[16] = "", rows[19] = "", some[6] = "", more;
	int n;

	if (!text)
		return yc_fail(YC_FAIL,
			"the stream is in no order that can be cut: yc-select --order "
			"makes one");
	n = sscanf(text, "%15s %18[0-9]%c%5[0-9]%c", word, rows, &more, some, &more);
	*order = (struct yc_order){.balanced = word[0] == 'b',
		.rows = (size_t)strtoull(rows, NULL, 10),
		.classes = n == 4 ? atoi(some) : classes};
	if ((n != 2 && (n != 4 || more != ' ')) ||
		(strcmp(word, "balanced") != 0 && strcmp(word, "imbalanced") != 0) ||
		!order->rows || order->classes < 1 || order->classes > classes)
		return yc_fail(YC_FAIL, "%s '%.32s' is no order", key, text);
	return YC_OK;
}
