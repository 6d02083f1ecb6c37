/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "yc/real.h"
#include "yc/select.h"

/* A new rule is one line here, and a file, or a row in select_ranked.c if it only ranks. */
#define SELECTORS(X) \
	X(yoco) \
	X(random) \
	X(first) \
	X(ssp) \
	X(entropy) \
	X(aum) \
	X(forgetting) \
	X(el2n) \
	X(small_loss) \
	X(ccs) \
	X(prefix)

#define DECLARE(name) extern const struct yc_selector yc_select_##name;
#define ENTRY(name) &yc_select_##name.method,

SELECTORS(DECLARE)
/* clang-format off */
const struct yc_method *const yc_selectors[] = {SELECTORS(ENTRY) NULL};
/* clang-format on */

/* Length of name[0..len-1] without its last suffix, which is recorded; len if there is
 * none. */
static size_t without_suffix(const char *name, size_t len, struct yc_suffixes *have)
{
	const struct {
		const char *word;
		bool *flag;
	} suffix[] = {{"_hard", &have->hard}, {"_easy", &have->easy},
		{"_balance", &have->balance}, {"_imbalance", &have->imbalance}};

	for (size_t i = 0; i < YC_COUNT(suffix); i++) {
		size_t n = strlen(suffix[i].word);

		if (len > n && !memcmp(name + len - n, suffix[i].word, n)) {
			*suffix[i].flag = true;
			return len - n;
		}
	}
	return len;
}

const struct yc_selector *yc_selector_find(
	const char *name, size_t len, struct yc_suffixes *suffixes)
{
	size_t base = len, shorter;

	*suffixes = (struct yc_suffixes){0};
	while ((shorter = without_suffix(name, base, suffixes)) < base)
		base = shorter;
	for (size_t i = 0; yc_selectors[i]; i++) {
		const struct yc_selector *s = (const struct yc_selector *)yc_selectors[i];

		if (s->alias && strlen(s->alias) == base && !memcmp(s->alias, name, base))
			return s;
	}
	return (const struct yc_selector *)yc_method_find(
		yc_selectors, "rule", name, base);
}
