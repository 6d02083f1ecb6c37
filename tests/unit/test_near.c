/* SPDX-License-Identifier: MIT */
/* "did you mean": what is suggested, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "yc/near.h"
#include "yc/opt.h"

static const char *nearest(const char *word, const char *const *names)
{
	static char text[YC_NEAR_TEXT];
	struct yc_near near;

	yc_near_begin(&near, word, strlen(word));
	for (; *names; names++)
		yc_near_try(&near, *names, strlen(*names));
	return yc_near_text(&near, "", text);
}

static void near_words_are_suggested_and_others_not(void **state)
{
	static const char *const names[] = {"lbpe", "el2n", "aum", "forgetting",
		"entropy", "ssp", "idc", "dream", "dm", "cifar10", "cifar100", "folder",
		"convnet", "resnet18", "densenet", NULL};
	static const char *const known[][2] = {
		{"lpbe", ", did you mean 'lbpe'?"},	       /* swapped */
		{"lbp", ", did you mean 'lbpe'?"},	       /* a beginning */
		{"LBPE", ", did you mean 'lbpe'?"},	       /* case */
		{"llbpe", ", did you mean 'lbpe'?"},	       /* inserted */
		{"el2m", ", did you mean 'el2n'?"},	       /* replaced */
		{"forgeting", ", did you mean 'forgetting'?"}, /* dropped */
		{"entorpi", ", did you mean 'entropy'?"},      /* two edits */
		{"fo", ", did you mean 'forgetting' or 'folder'?"},
		{"cifar", ", did you mean 'cifar10' or 'cifar100'?"},
		{"dmm", ", did you mean 'dm'?"},
		{"fldr", ", did you mean 'folder'?"}, /* of six letters two edits */
		{"foledrs", ", did you mean 'folder'?"},
		{"drean", ", did you mean 'dream'?"}, /* five: one edit */
		{"drenn", ""},
		/* Too short, too far, or too many: the same distance from all. */
		{"", ""},
		{"d", ""},
		{"md", ""},
		{"mtt", ""},
		{"ram", ""},
		{"mnist", ""},
		{"banana", ""},
		{"no-such-method", ""},
		{"cond.yct", ""},
		{"resnet", ", did you mean 'resnet18'?"},
		{"vgg", ""},
	};
	static const char *const many[] = {"one1", "one2", "one3", NULL};
	char long_word[400];

	(void)state;
	for (size_t i = 0; i < YC_COUNT(known); i++)
		assert_string_equal(nearest(known[i][0], names), known[i][1]);
	assert_string_equal(nearest("one", many), "");
	/* A beginning comes before a slip. */
	assert_string_equal(
		nearest("cat", (const char *const[]){"cap", "category", NULL}),
		", did you mean 'category'?");
	/* Words of any length are read and names of any length kept. */
	memset(long_word, 'a', sizeof(long_word) - 1);
	long_word[sizeof(long_word) - 1] = '\0';
	assert_string_equal(nearest(long_word, names), "");
	assert_string_equal(nearest("aa", (const char *const[]){long_word, NULL}), "");
}

static void the_option_that_was_meant_is_named(void **state)
{
	static const char *const known[][2] = {
		{"x --epohcs 5",
			"unknown option '--epohcs', did you mean --epochs? (see --help)"},
		{"x --Epochs=5",
			"unknown option '--Epochs', did you mean --epochs? (see --help)"},
		{"x -epochs 5", "unknown option '-epochs', did you mean --epochs?"},
		{"x -Epochs 5", "unknown option -E, did you mean --epochs? (see --help)"},
		{"x --outer=2", "unknown option '--outer': it belongs to idc, dream (see "
				"--help)"},
		{"x --elsewhere", "unknown option '--elsewhere' (see --help)"},
		{"x -Z", "unknown option -Z (see --help)"},
	};
	struct cfg {
		uint32_t epochs;
		bool quiet;
		const char *file;
	} cfg;
	static const struct yc_opt rows[] = {
		YC_OPT(struct cfg, epochs, .name = "epochs", .letter = 'e', .arg = "n",
			.help = "a number"),
		YC_OPT(struct cfg, quiet, .name = "quiet", .letter = 'q',
			.help = "a flag"),
		YC_OPT(struct cfg, file, .name = "file", .letter = 'f', .arg = "file",
			.help = "a name"),
	};
	static const struct yc_opt others[] = {
		YC_OPT(struct cfg, epochs, .name = "outer", .arg = "n",
			.help = "a number"),
		YC_OPT(struct cfg, file, .name = "file", .arg = "file", .help = "a name"),
	};
	struct yc_opts g[] = {
		{.row = rows, .n = YC_COUNT(rows), .cfg = &cfg},
		{.row = others, .n = YC_COUNT(others), .title = "idc"},
		{.row = others, .n = 1, .title = "dream"},
	};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(known); i++) {
		char *argv[8], words[64];
		int argc = 0, first;

		(void)snprintf(words, sizeof(words), "%s", known[i][0]);
		for (char *w = strtok(words, " "); w; w = strtok(NULL, " "))
			argv[argc++] = w;
		argv[argc] = NULL;
		/* Not in use, which is not unknown. */
		assert_int_equal(yc_opt_parse(g, 3, argc, argv, &first),
			strstr(known[i][1], "it belongs to") ? YC_NO : YC_USAGE);
		assert_string_equal(yc_errmsg(), known[i][1]);
	}
}

static void touch(const char *path)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	(void)fclose(f);
}

/* What is added to the message for a path in the folder of the test. */
static const char *added(const char *path)
{
	assert_int_equal(yc_fail(YC_FAIL, "no"), YC_FAIL);
	assert_int_equal(yc_near_file(path), YC_FAIL);
	assert_memory_equal(yc_errmsg(), "no", 2);
	return yc_errmsg() + 2;
}

static void a_missing_file_points_to_one_that_is_there(void **state)
{
	char folder[] = "/tmp/test_near.XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(chdir(folder), 0);
	touch("cond.yct");
	touch("run2.yct");
	touch(".hidden");
	touch("a\nb.yct");
	assert_int_equal(mkdir("sets", 0700), 0);
	touch("sets/cifar.tar.xz");
	assert_string_equal(added("cnod.yct"), ", did you mean 'cond.yct'?");
	assert_string_equal(added("./cond"), ", did you mean 'cond.yct'?");
	assert_string_equal(added("sets/cifar.tar.gz"), ", did you mean 'cifar.tar.xz'?");
	assert_string_equal(added("anb.yct"), ", did you mean 'a?b.yct'?");
	/* It is there; it is another of a series; nothing is similar; no such folder. */
	assert_string_equal(added("cond.yct"), "");
	assert_string_equal(added("run1.yct"), "");
	assert_string_equal(added("hidden"), "");
	assert_string_equal(added("test.yct"), "");
	assert_string_equal(added("nowhere/cond.yct"), "");
	assert_string_equal(added("sets/"), "");
	assert_string_equal(added(""), "");
	for (const char *const *s = (const char *const[]){"cond.yct", "run2.yct",
		     ".hidden", "a\nb.yct", "sets/cifar.tar.xz", NULL};
		*s; s++)
		assert_int_equal(unlink(*s), 0);
	assert_int_equal(rmdir("sets"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(near_words_are_suggested_and_others_not),
		cmocka_unit_test(the_option_that_was_meant_is_named),
		cmocka_unit_test(a_missing_file_points_to_one_that_is_there),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
