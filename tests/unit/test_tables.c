/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/condense/gradmatch/gradmatch.h"
#include "yc.h"

/* Every registry whose entries begin with a struct yc_method. */
static const struct {
	const char *name;
	const struct yc_method *const *table;
} registries[] = {
	{"yc_loaders", yc_loaders},
	{"yc_savers", yc_savers},
	{"yc_augs", yc_augs},
	{"yc_aug_words", yc_aug_words},
	{"yc_corruptions", yc_corruptions},
	{"yc_chain_words", yc_chain_words},
	{"yc_scores", yc_scores},
	{"yc_selectors", yc_selectors},
	{"yc_combinations", yc_combinations},
	{"yc_condensers", yc_condensers},
	{"yc_optimisers", yc_optimisers},
	{"yc_schedules", yc_schedules},
	{"yc_archs", yc_archs},
	{"yc_decode_types", yc_decode_types},
	{"yc_metrics", yc_metrics},
	{"yc_inits", yc_inits},
	{"yc_kernels", yc_kernels},
	{"yc_layers", yc_layers},
};

static void every_table_of_options_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < YC_COUNT(registries); i++) {
		assert_non_null(registries[i].table[0]);
		for (size_t m = 0; registries[i].table[m]; m++) {
			const struct yc_method *a = registries[i].table[m];
			struct yc_opts g = {.row = a->opts, .n = a->nopts};

			if (yc_opt_check(&g, 1) < 0)
				fail_msg("%s, %s: %s", registries[i].name, a->name,
					yc_errmsg());
			for (size_t r = 0; r < a->nopts; r++)
				assert_true(a->opts[r].at < a->cfg_size);
		}
	}
}

static void every_method_says_what_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < YC_COUNT(registries); i++) {
		for (size_t m = 0; registries[i].table[m]; m++) {
			const struct yc_method *a = registries[i].table[m];
			size_t n = strlen(a->summary);

			assert_true(n > 0 && a->summary[n - 1] != '.');
			assert_int_equal(strcspn(a->name, ", \n"), strlen(a->name));
			/* Found, and so not hidden by another of its name. */
			assert_ptr_equal(yc_method_find(registries[i].table, "method",
						 a->name, strlen(a->name)),
				a);
		}
	}
}

/* The first operand is looked for before its method is known: an option of two methods
 * must take a value in both or in none. */
static void options_of_one_name_have_one_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < YC_COUNT(registries); i++) {
		const struct yc_method *const *t = registries[i].table;

		for (size_t m = 0; t[m]; m++)
			for (size_t o = m + 1; t[o]; o++)
				for (size_t r = 0; r < t[m]->nopts; r++)
					for (size_t s = 0; s < t[o]->nopts; s++) {
						const struct yc_opt *a = &t[m]->opts[r];
						const struct yc_opt *b = &t[o]->opts[s];

						if (!strcmp(a->name, b->name) ||
							(a->letter &&
								a->letter == b->letter))
							assert_int_equal(
								a->type == YC_OPT_FLAG,
								b->type == YC_OPT_FLAG);
					}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_table_of_options_is_sound),
		cmocka_unit_test(every_method_says_what_it_is),
		cmocka_unit_test(options_of_one_name_have_one_form),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
