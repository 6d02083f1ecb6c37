/* SPDX-License-Identifier: MIT */
/* yc(1): lists the tools, runs one (`yc score` is yc-score), shows its page. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/page.h"
#include "yc/fail.h"
#include "yc/near.h"
#include "yc/real.h"
#include "yc/version.h"

/* In the order of a pipeline; tests hold the words to the NAME of each page. */
static const struct {
	const char *name, *does;
} commands[] = {
	{"load", "read a dataset and write it as a stream"},
	{"augment",
		"apply random augmentations and corruptions to the images of a stream"},
	{"whiten", "have networks see the images of a stream whitened"},
	{"condense", "synthesise a few training images per class"},
	{"train", "train networks on a stream of images and write them as a stream"},
	{"score", "add scores of training images to a stream"},
	{"select", "prune a stream of condensed images to a smaller size"},
	{"decode", "decode a condensed stream to full-size images"},
	{"cat", "join streams to one, or divide a stream into shards"},
	{"quantise", "store the images of a stream as bytes"},
	{"eval", "train networks on a stream of images and test them on another"},
	{"info", "show what a stream contains"},
	{"view", "draw a contact sheet of a stream of images, or a page for browsers"},
	{"save", "save a stream as files for other programs"},
	{"plot", "draw a table of tab-separated values as an SVG picture"},
	{"help", "show the page of a command, of stream or of methods"},
};

static const char about[] =
	"usage: yc COMMAND [ARGUMENT]...\n\n"
	"Runs the tools that condense a dataset once and resize it to any device.\n\n"
	"Examples:\n"
	"  yc load cifar10 cifar-10-binary.tar.xz -o train.yct\n"
	"  yc load cifar10 cifar-10-binary.tar.xz --split test -o test.yct\n"
	"  yc condense idc --ipc 10 train.yct -o cond.yct\n"
	"  yc score lbpe cond.yct -o scored.yct\n"
	"  yc select yoco --ipc 1 scored.yct | yc eval --test test.yct\n\n"
	"Options:\n"
	"  -h, --help              print this help\n"
	"  -V, --version           print the version\n\n"
	"Commands, each also a program of its own (yc score is yc-score):\n";

static _Noreturn void leave(int status)
{
	(void)fprintf(stderr, "yc: %s\n", yc_errmsg());
	exit(-status);
}

static int finish(void)
{
	if (fflush(stdout) != 0 || fclose(stdout) != 0)
		leave(yc_fail(YC_FAIL, "standard output:"));
	return 0;
}

static int list(void)
{
	(void)fputs(about, stdout);
	for (size_t i = 0; i < YC_COUNT(commands); i++)
		(void)printf("  %-8s  %s\n", commands[i].name, commands[i].does);
	return finish();
}

/* Becomes yc-NAME, its neighbour or one on the PATH; returns if there is none. */
static void run(const char *name, char **argv)
{
	char folder[PATH_MAX], path[2 * PATH_MAX], *tool = path;

	own_folder(folder);
	tool += sprintf(path, "%s", folder);
	(void)sprintf(tool, "yc-%s", name);
	argv[0] = tool;
	(void)execv(path, argv);
	if (errno != ENOENT)
		leave(yc_fail(YC_FAIL, "%s:", path));
	(void)execvp(tool, argv);
}

/* Shows the page of yc-NAME; returns if there is none, or no man, and it has a --help. */
static void page(const char *name)
{
	char path[2 * PATH_MAX];
	const bool found = page_find(name, path);

	if (found)
		(void)execlp("man", "man", "-l", path, (char *)NULL);
	if (page_alone(name) && found)
		leave(yc_fail(YC_FAIL, "there is no program 'man' that shows %s", path));
	if (page_alone(name))
		leave(yc_fail(YC_FAIL,
			"the page yc-%s is not installed: man -l man/yc-%s.* in "
			"the sources shows it",
			name, name));
}

static _Noreturn void unknown(const char *name)
{
	char meant[YC_NEAR_TEXT];
	const char *bare = strncmp(name, "yc-", 3) == 0 ? name + 3 : name;
	struct yc_near near;

	if (page_alone(bare))
		leave(yc_fail(
			YC_USAGE, "'%s' is a page, no command: yc help %s", name, bare));
	yc_near_begin(&near, bare, strlen(bare));
	for (const char *const *s = (const char *const[]){"stream", "methods", NULL}; *s;
		s++)
		yc_near_try(&near, *s, strlen(*s));
	for (size_t i = 0; i < YC_COUNT(commands); i++)
		if (strcmp(commands[i].name, name) != 0)
			yc_near_try(&near, commands[i].name, strlen(commands[i].name));
	leave(yc_fail(YC_USAGE, "unknown command '%s'%s (see yc --help)", name,
		yc_near_text(&near, "", meant)));
}

int main(int argc, char **argv)
{
	static char help[] = "--help";
	const char *word = argc > 1 ? argv[1] : help;

	if (strcmp(word, "help") == 0)
		word = argc > 2 ? argv[2] : help;
	if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0) {
		(void)printf("yc (yc) %s\n", yc_version);
		return finish();
	}
	if (strcmp(word, "-h") == 0 || strcmp(word, help) == 0)
		return list();
	if (!*word || strchr(word, '/') || strlen(word) > NAME_MAX - strlen("yc-"))
		unknown(word);
	if (word != argv[1]) {
		if (argc == 3 || page_alone(word))
			page(word);
		memmove(argv + 1, argv + 2, (size_t)(argc - 2) * sizeof(*argv));
		argv[argc - 1] = help;
	}
	run(word, argv + 1);
	unknown(word);
}
