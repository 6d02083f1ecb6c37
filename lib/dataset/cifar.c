/* SPDX-License-Identifier: MIT */
/*
 * CIFAR-10 and CIFAR-100, binary distribution: records of label bytes and 3072 pixels (R,
 * G, B planes), and Python distribution: pickled batches of the same. Members are found
 * by name in any folder or archive and arranged in the distribution's order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/dataset/internal.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/normalisation.h"

enum { PIXELS = 3072, BATCHES_MAX = 5, CLASSES_MAX = 100 };
/* CIFAR-100's training pickle with file names has about 160 MB.
 */
static const size_t member_max = (size_t)256 << 20;

struct batch {
	unsigned char *data;
	size_t size;
	struct yc_cifar_pickle pickle; /* rows 0: a binary batch */
	size_t rows;
};

struct walk {
	const struct yc_cifar *kind;
	const char *const *binary, *const *pickled;
	struct batch bin[BATCHES_MAX], pkl[BATCHES_MAX];
	struct yc_names names;
};

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static int position(const char *const *list, const char *name)
{
	for (int i = 0; list[i]; i++) {
		if (strcmp(list[i], name) == 0)
			return i;
	}
	return -1;
}

/* Splits a text into lines, as many as there are classes. */
static int names_of_text(
	struct yc_names *names, const unsigned char *p, size_t n, int classes)
{
	size_t a = 0;
	int status = YC_OK;

	for (size_t i = 0; i <= n && !status && names->n < (size_t)classes; i++) {
		if (i < n && p[i] != '\n' && p[i] != '\r')
			continue;
		if (i > a)
			status = yc_names_add(names, (const char *)p + a, i - a);
		a = i + 1;
	}
	return status;
}

/* Names are optional: images load without them, or if they are those of another dataset. */
static void read_names(struct walk *w, bool text, const unsigned char *p, size_t n)
{
	int status;

	yc_names_release(&w->names);
	status = text ? names_of_text(&w->names, p, n, w->kind->classes)
		      : yc_cifar_unpickle_names(p, n, &w->names);
	if (status < 0 || w->names.n != (size_t)w->kind->classes)
		yc_names_release(&w->names);
}

static int visit(void *ctx, struct yc_member *m)
{
	struct walk *w = ctx;
	const char *name = last_part(m->name);
	int b = position(w->binary, name), p = position(w->pickled, name), status;
	unsigned char *data;
	size_t size;

	if (strcmp(name, w->kind->names_text) == 0 ||
		strcmp(name, w->kind->names_pickle) == 0) {
		if ((status = m->read(m, 1 << 20, &data, &size)) < 0)
			return yc_fail_in(status, "%s", m->name);
		read_names(w, strcmp(name, w->kind->names_text) == 0, data, size);
		yc_free(data);
		return YC_OK;
	}
	if (b < 0 && p < 0)
		return YC_OK;
	struct batch *to = b >= 0 ? &w->bin[b] : &w->pkl[p];

	if (to->data)
		return yc_fail(YC_FAIL, "%s: found twice", m->name);
	if ((status = m->read(m, member_max, &to->data, &to->size)) < 0)
		return yc_fail_in(status, "%s", m->name);
	if (m->size != UINT64_MAX && m->size != to->size)
		return yc_fail(YC_FAIL, "%s: %zu of %llu bytes", m->name, to->size,
			(unsigned long long)m->size);
	if (b >= 0) {
		size_t record = (size_t)w->kind->label_bytes + PIXELS;

		if (to->size == 0 || to->size % record)
			return yc_fail(YC_FAIL,
				"%s: %zu bytes are not whole records of %zu", m->name,
				to->size, record);
		to->rows = to->size / record;
	} else {
		if ((status = yc_cifar_unpickle(to->data, to->size, &to->pickle)) < 0)
			return yc_fail_in(status, "%s", m->name);
		to->rows = to->pickle.rows;
	}
	return YC_OK;
}

static int batches_of(const struct batch *b, const char *const *list)
{
	int n = 0;

	for (int i = 0; list[i]; i++)
		n += b[i].data != NULL;
	return n;
}

static int all_there(const struct batch *b, const char *const *list)
{
	for (int i = 0; list[i]; i++) {
		if (!b[i].data)
			return yc_fail(YC_FAIL, "no member '%s'", list[i]);
	}
	return YC_OK;
}

static int copy_rows(const struct yc_cifar *kind, const struct batch *b, const char *name,
	size_t at, struct yc_set *out)
{
	unsigned char *image = yc_set_col(out, "image")->data;
	int64_t *label = yc_set_col(out, "label")->data,
		*id = yc_set_col(out, "id")->data;
	size_t skip = (size_t)kind->label_bytes;

	for (size_t i = 0; i < b->rows; i++) {
		const unsigned char *rec = b->data + i * (skip + PIXELS);
		int64_t y = b->pickle.rows ? b->pickle.label[i] : rec[skip - 1];

		if (y < 0 || y >= kind->classes)
			return yc_fail(YC_FAIL,
				"%s: record %zu: label %lld is not in 0..%d", name, i,
				(long long)y, kind->classes - 1);
		memcpy(image + (at + i) * PIXELS,
			b->pickle.rows ? b->pickle.pixels + i * PIXELS : rec + skip,
			PIXELS);
		label[at + i] = y;
		id[at + i] = (int64_t)(at + i);
	}
	return YC_OK;
}

/* All classes that occur must have the same number of images. */
static int check_even(const struct yc_cifar *kind, const struct yc_set *set)
{
	const int64_t *label = yc_set_col(set, "label")->data;
	size_t count[CLASSES_MAX] = {0}, least = SIZE_MAX, most = 0;

	for (size_t i = 0; i < set->rows; i++)
		count[label[i]]++;
	for (int c = 0; c < kind->classes; c++) {
		if (count[c] && count[c] < least)
			least = count[c];
		if (count[c] > most)
			most = count[c];
	}
	if (least == most)
		return YC_OK;
	return yc_fail(YC_FAIL,
		"classes of %zu to %zu images: a truncated file? (--uneven accepts it)",
		least, most);
}

static int fill(const struct walk *w, const struct yc_cifar_cfg *cfg,
	const struct yc_load *what, struct yc_set *out)
{
	const struct yc_cifar *kind = w->kind;
	int nb = batches_of(w->bin, w->binary), np = batches_of(w->pkl, w->pickled),
	    status;
	const char *const *list = nb ? w->binary : w->pickled;
	const struct batch *b = nb ? w->bin : w->pkl;
	size_t rows = 0, at = 0;
	char source[64];

	if (!nb && !np)
		return yc_fail(YC_FAIL,
			"no member '%s' or '%s': not the %s distribution?", w->binary[0],
			w->pickled[0], kind->kind);
	if (nb && np)
		return yc_fail(YC_FAIL,
			"holds the binary and the Python distribution; give one of them");
	if ((status = all_there(b, list)) < 0)
		return status;
	for (int i = 0; list[i]; i++) {
		/* A batch truncated between two records would otherwise go unnoticed. */
		if (!cfg->uneven && b[i].rows != b[0].rows)
			return yc_fail(YC_FAIL,
				"%s has %zu records, %s has %zu: a truncated file? "
				"(--uneven accepts it)",
				list[i], b[i].rows, list[0], b[0].rows);
		rows += b[i].rows;
	}
	out->head = (struct yc_head){.classes = kind->classes, .side = 32, .factor = 1};
	yc_head_normalise(&out->head, &yc_norm_cifar);
	if ((status = yc_head_store(&out->head, &out->meta)) < 0)
		return status;
	snprintf(source, sizeof source, "%s %s", kind->kind, what->split);
	if ((status = yc_meta_set(&out->meta, "yc.source", source)) < 0)
		return status;
	if (w->names.n && (status = yc_names_store(&w->names, &out->meta)) < 0)
		return status;
	uint64_t shape[] = {rows, 3, 32, 32};

	if (!yc_set_put(out, "image", YC_U8, 4, shape, NULL) ||
		!yc_set_put(out, "label", YC_I64, 1, shape, NULL) ||
		!yc_set_put(out, "id", YC_I64, 1, shape, NULL))
		return YC_FAIL;
	for (int i = 0; list[i]; at += b[i].rows, i++) {
		if ((status = copy_rows(kind, &b[i], list[i], at, out)) < 0)
			return status;
	}
	return YC_OK;
}

int yc_cifar_load(const struct yc_cifar *kind, const struct yc_cifar_cfg *cfg,
	const struct yc_load *what, struct yc_set *out)
{
	bool test = strcmp(what->split, "test") == 0;
	struct walk w = {.kind = kind,
		.binary = test ? kind->test : kind->train,
		.pickled = test ? kind->test_pickle : kind->train_pickle};
	int status = yc_archive_walk(what->path, visit, &w);

	if (status == YC_OK) {
		status = fill(&w, cfg, what, out);
		if (status == YC_OK && !cfg->uneven)
			status = check_even(kind, out);
		if (status < 0)
			status = yc_fail_in(status, "%s", yc_infile_name(what->path));
	}
	for (int i = 0; i < BATCHES_MAX; i++) {
		yc_free(w.bin[i].data);
		yc_free(w.pkl[i].data);
		yc_cifar_pickle_release(&w.pkl[i].pickle);
	}
	yc_names_release(&w.names);
	return status;
}
