/* SPDX-License-Identifier: MIT */
/* From which dataset a published set was condensed: the user says it, or it follows from
 * the size of the images, the number of classes, names in the path, and the means of the
 * channels. What is only assumed is noted, what contradicts is an error. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/dataset/condensed.h"

#define DIGITS "[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]"

/* By preference, where several are possible. */
static const struct yc_condensed_dataset cifar10 = {
	.method = {.name = "cifar10", .summary = "CIFAR-10"},
	.classes = 10,
	.channels = 3,
	.side = 32,
	.norm = &yc_norm_cifar,
	.names =
		"[\"airplane\",\"automobile\",\"bird\",\"cat\",\"deer\",\"dog\",\"frog\","
		"\"horse\",\"ship\",\"truck\"]",
};
static const struct yc_condensed_dataset cifar100 = {
	.method = {.name = "cifar100", .summary = "CIFAR-100"},
	.classes = 100,
	.least = 11,
	.channels = 3,
	.side = 32,
	.norm = &yc_norm_cifar,
	.other_norm = &yc_norm_cifar100,
};
static const struct yc_condensed_dataset svhn = {
	.method = {.name = "svhn", .summary = "SVHN, cropped house numbers"},
	.classes = 10,
	.channels = 3,
	.side = 32,
	.norm = &yc_norm_svhn,
	.names = DIGITS,
};
static const struct yc_condensed_dataset mnist = {
	.method = {.name = "mnist", .summary = "MNIST"},
	.classes = 10,
	.channels = 1,
	.side = 28,
	.norm = &yc_norm_mnist,
	.names = DIGITS,
};
static const struct yc_condensed_dataset fashionmnist = {
	.method = {.name = "fashionmnist", .summary = "Fashion-MNIST"},
	.classes = 10,
	.channels = 1,
	.side = 28,
	.norm = &yc_norm_fashionmnist,
	.names = "[\"T-shirt/top\",\"Trouser\",\"Pullover\",\"Dress\",\"Coat\","
		 "\"Sandal\",\"Shirt\",\"Sneaker\",\"Bag\",\"Ankle boot\"]",
};
static const struct yc_condensed_dataset imagenet = {
	.method = {.name = "imagenet",
		.summary = "ImageNet or Tiny ImageNet, or some of their classes"},
	.channels = 3,
	.norm = &yc_norm_imagenet,
};
const struct yc_method *const yc_condensed_datasets[] = {&cifar10.method,
	&cifar100.method, &svhn.method, &mnist.method, &fashionmnist.method,
	&imagenet.method, NULL};

static const struct yc_condensed_dataset *entry(size_t i)
{
	return (const struct yc_condensed_dataset *)yc_condensed_datasets[i];
}

/* ---- size and classes ---- */

/* Can it be of d at all? YC_NO with a message. */
static int check_fits(
	const struct yc_condensed_dataset *d, const struct yc_condensed_facts *f)
{
	if (d->channels != f->channels)
		return yc_fail(YC_FAIL, "images of %d channel%s: not condensed from %s",
			f->channels, f->channels == 1 ? "" : "s", d->method.name);
	if (d->classes && f->classes > d->classes)
		return yc_fail(YC_FAIL, "labels of %d classes: not condensed from %s",
			f->classes, d->method.name);
	return YC_OK;
}

/* Is it of d if nothing else is known? 28 pixels are often padded to 32. */
static bool is_plausible(
	const struct yc_condensed_dataset *d, const struct yc_condensed_facts *f)
{
	if (d->channels != f->channels || f->classes < d->least ||
		(d->classes && f->classes > d->classes))
		return false;
	if (!d->side)
		return f->side != cifar10.side || f->classes > cifar100.classes;
	return f->side == d->side || (d->channels == 1 && f->side == 32);
}

/* ---- names in the path ---- */

/* A hyphen stands for any separator, or none. Longer names come first. */
static const struct {
	const char *word;
	const struct yc_condensed_dataset *dataset;
} words[] = {
	{"fashion-mnist", &fashionmnist},
	{"fmnist", &fashionmnist},
	{"mnist", &mnist},
	{"svhn", &svhn},
	{"cifar-100", &cifar100},
	{"cifar-10", &cifar10},
	{"tiny-imagenet", &imagenet},
	{"imagenet", &imagenet},
};

/* Length of the word at the beginning of `text`; 0: it is not there. */
static size_t word_length(const char *text, size_t n, const char *word)
{
	size_t at = 0;

	for (const char *w = word; *w; w++) {
		if (*w == '-') {
			at += at < n && strchr("-_ ", text[at]) != NULL;
			continue;
		}
		if (at == n || tolower((unsigned char)text[at]) != *w)
			return 0;
		at++;
	}
	/* cifar1000 is another one */
	return at < n && isdigit((unsigned char)text[at - 1]) &&
			       isdigit((unsigned char)text[at])
		       ? 0
		       : at;
}

/* The dataset that a component of a path names; NULL: none, or several. */
static const struct yc_condensed_dataset *named_in(const char *text, size_t n)
{
	const struct yc_condensed_dataset *found = NULL;

	for (size_t at = 0; at < n; at++) {
		/* kmnist is another one, too */
		if (at > 0 && isalpha((unsigned char)text[at - 1]))
			continue;
		for (size_t i = 0; i < YC_COUNT(words); i++) {
			const size_t length =
				word_length(text + at, n - at, words[i].word);

			if (!length)
				continue;
			if (found && found != words[i].dataset)
				return NULL;
			found = words[i].dataset;
			at += length - 1; /* there is an mnist in fashion-mnist */
			break;
		}
	}
	return found;
}

/* By the last component that names one: the file before its folders. */
static const struct yc_condensed_dataset *named(const char *path)
{
	const struct yc_condensed_dataset *found = NULL;
	size_t end = strlen(path);

	while (end > 0 && !found) {
		size_t at = end;

		while (at > 0 && path[at - 1] != '/')
			at--;
		found = named_in(path + at, end - at);
		end = at > 0 ? at - 1 : 0;
	}
	return found;
}

/* ---- means ---- */

static double distance(
	const struct yc_condensed_dataset *d, const struct yc_condensed_facts *f)
{
	double sum = 0;

	for (int c = 0; c < d->channels; c++) {
		double gap = f->mean[c] - d->norm->mean[c];

		sum += gap * gap;
	}
	return sqrt(sum);
}

/* The plausible dataset whose means are by far the nearest; NULL: none is, or the values
 * are normalised, so that all means are near 0. */
static const struct yc_condensed_dataset *by_means(const struct yc_condensed_facts *f)
{
	const struct yc_condensed_dataset *best = NULL;
	double least = INFINITY, second = INFINITY;

	for (size_t i = 0; f->pixels && yc_condensed_datasets[i]; i++) {
		double d = distance(entry(i), f);

		if (!is_plausible(entry(i), f))
			continue;
		if (d < least) {
			second = least;
			least = d;
			best = entry(i);
		} else if (d < second) {
			second = d;
		}
	}
	return isfinite(second) && 3 * least < second ? best : NULL;
}

/* ---- the choice ---- */

static int by_user(const struct yc_condensed_facts *f, const struct yc_load *what,
	const struct yc_condensed_dataset **out)
{
	const struct yc_condensed_dataset *says = named(f->path);
	const struct yc_method *m = yc_method_find(
		yc_condensed_datasets, "dataset", f->given, strlen(f->given));

	if (!m)
		return YC_USAGE;
	*out = (const struct yc_condensed_dataset *)m;
	if (says && says != *out)
		yc_load_note(what, "%s: the name says %s, but --dataset %s holds",
			f->path, says->method.name, m->name);
	return check_fits(*out, f);
}

static int by_name(const struct yc_condensed_dataset *says,
	const struct yc_condensed_facts *f, const struct yc_condensed_dataset **out)
{
	const struct yc_condensed_dataset *means = by_means(f);

	if (!is_plausible(says, f))
		return yc_fail(YC_FAIL,
			"the name says %s, but there are %d classes of %d x %d pixels "
			"and %d channel%s: say which with --dataset",
			says->method.name, f->classes, f->side, f->side, f->channels,
			f->channels == 1 ? "" : "s");
	if (means && means != says)
		return yc_fail(YC_FAIL,
			"the name says %s, but the means of the channels are those of "
			"%s: say which with --dataset",
			says->method.name, means->method.name);
	*out = says;
	return YC_OK;
}

/* Without any name; tells what else was possible. */
static int by_size(const struct yc_condensed_facts *f, const struct yc_load *what,
	const struct yc_condensed_dataset **out)
{
	const struct yc_condensed_dataset *means = by_means(f);
	char list[128] = "";
	int n = 0;

	for (size_t i = 0; yc_condensed_datasets[i]; i++) {
		size_t at = strlen(list);

		if (!is_plausible(entry(i), f))
			continue;
		if (!n++)
			*out = entry(i);
		(void)snprintf(list + at, sizeof list - at, "%s%s", at ? " or " : "",
			entry(i)->method.name);
	}
	if (!n)
		return yc_fail(YC_FAIL,
			"%d classes of %d x %d pixels and %d channel%s are of no dataset "
			"known here: --dataset names the nearest",
			f->classes, f->side, f->side, f->channels,
			f->channels == 1 ? "" : "s");
	if (means)
		*out = means;
	if (n > 1)
		yc_load_note(what,
			"%d classes of %d x %d pixels may be of %s: taken as %s%s; "
			"--dataset says otherwise",
			f->classes, f->side, f->side, list, (*out)->method.name,
			means ? " by the means of the channels" : "");
	else if (*out == &imagenet)
		yc_load_note(what,
			"%d classes of %d x %d pixels are taken as imagenet, with its "
			"mean and std and without names of the classes: for other "
			"photographs give --mean and --std",
			f->classes, f->side, f->side);
	return YC_OK;
}

int yc_condensed_choose(const struct yc_condensed_facts *f, const struct yc_load *what,
	const struct yc_condensed_dataset **out)
{
	const struct yc_condensed_dataset *says;

	if (f->given)
		return by_user(f, what, out);
	says = named(f->path);
	return says ? by_name(says, f, out) : by_size(f, what, out);
}
