/* SPDX-License-Identifier: MIT */
/*
 * Datasets of picture files, one folder per class: the set that is made of them, without
 * the pixels, and what its user should know about the source.
 */
#include <stdio.h>
#include <string.h>

#include "lib/archive/input.h"
#include "lib/dataset/arrays.h"
#include "lib/dataset/photos.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/normalisation.h"
#include "yc/number.h"

static void release(struct yc_photo_files *list)
{
	for (size_t i = 0; i < list->n; i++)
		yc_free(list->file[i].path);
	yc_free(list->file);
}

void yc_photos_free(struct yc_photos *p)
{
	if (!p)
		return;
	yc_arrays_free(p->arrays);
	release(&p->found);
	release(&p->folders);
	for (int i = 0; i < YC_LEFT_KINDS; i++)
		yc_free(p->left[i].first);
	yc_free(p->bad_told);
	yc_free(p->names_file);
	yc_free(p->source);
	yc_free(p);
}

/* -- what to know -- */

void yc_photos_append(char *list, size_t size, size_t class, const char *name)
{
	char number[24];
	size_t n = strlen(list), m;

	snprintf(number, sizeof number, "%zu", class);
	name = name ? name : number;
	m = strlen(name) + 2;
	if (n + m + sizeof ", ..." <= size)
		snprintf(list + n, size - n, "%s%s", n ? ", " : "", name);
	else if (n < 3 || strcmp(list + n - 3, "...") != 0)
		snprintf(list + n, size - n, ", ...");
}

static int note_empty_classes(
	const struct yc_photos *p, const struct yc_names *names, const char *split)
{
	size_t *count = yc_calloc(names->n, sizeof *count), empty = 0;
	char list[256] = "";

	if (!count)
		return YC_FAIL;
	for (size_t i = 0; i < p->found.n; i++)
		count[p->found.file[i].label]++;
	for (size_t c = 0; c < names->n; c++) {
		if (count[c])
			continue;
		empty++;
		yc_photos_append(list, sizeof list, c, names->name[c]);
	}
	yc_free(count);
	if (empty)
		yc_load_note(&p->what, "%zu of %zu classes %s no pictures in %s: %s",
			empty, names->n, empty == 1 ? "has" : "have", split, list);
	return YC_OK;
}

static void note_left(const struct yc_photos *p)
{
	char text[1024];

	for (int i = 0; i < YC_LEFT_KINDS; i++) {
		yc_photos_left_text(p, (enum yc_photo_left)i, text, sizeof text);
		if (text[0])
			yc_load_note(&p->what, "%s", text);
	}
}

static void note_orientation(const struct yc_photos *p)
{
	size_t n = 0, first = 0;

	for (size_t i = p->found.n; i-- > 0;) {
		if (!p->found.file[i].header.rotated)
			continue;
		n++;
		first = i;
	}
	if (n)
		yc_load_note(&p->what,
			"%zu of %zu pictures %s so, such as '%s': turn them by their "
			"EXIF "
			"data if that matters",
			n, p->found.n,
			n == 1 ? "is stored turned, and stays"
			       : "are stored turned, and stay",
			p->found.file[first].path);
}

/* -- side and channels -- */

int yc_photos_side(const char *text, uint32_t *side)
{
	uint64_t v = 0;

	if (strcmp(text, "auto") != 0 &&
		(yc_parse_u64(text, YC_PHOTO_SIDE_MAX, &v) != YC_NUMBER || !v))
		return yc_fail(YC_USAGE, "--side: '%s' is neither auto nor 1 to %d", text,
			YC_PHOTO_SIDE_MAX);
	*side = (uint32_t)v;
	return YC_OK;
}

/* What the sides of the pictures have in common. */
struct sides {
	const struct yc_photo_header *least, *most; /* by number of pixels */
	bool same, square, grey;
};

static void measure(const struct yc_photo_files *list, struct sides *s)
{
	*s = (struct sides){.same = true, .square = true, .grey = true};
	for (size_t i = 0; i < list->n; i++) {
		const struct yc_photo_header *h = &list->file[i].header;
		const int64_t pixels = (int64_t)h->width * h->height;

		if (!h->width) /* damaged, as decoding will say */
			continue;
		if (!s->least)
			s->least = s->most = h;
		s->same = s->same && h->width == s->least->width &&
			  h->height == s->least->height;
		s->square = s->square && h->width == h->height;
		s->grey = s->grey && h->grey;
		if (pixels < (int64_t)s->least->width * s->least->height)
			s->least = h;
		if (pixels > (int64_t)s->most->width * s->most->height)
			s->most = h;
	}
	s->grey = s->grey && s->least;
}

static void choose_side(struct yc_photos *p, const struct yc_photo_kind *kind)
{
	char sizes[64] = "";
	struct sides s;

	p->side = (int)kind->side;
	p->channels = kind->channels;
	if (!kind->look)
		return;
	measure(&p->found, &s);
	if (s.grey && p->channels == 3)
		yc_load_note(&p->what, "all pictures are grey: --channels 1 stores a "
				       "third of the bytes");
	if (p->side)
		return;
	if (s.least && s.same && s.square && s.least->width <= YC_PHOTO_SIDE_MAX) {
		p->side = s.least->width;
		return;
	}
	p->side = YC_PHOTO_SIDE;
	if (s.least && s.same)
		snprintf(sizes, sizeof sizes, " of %d x %d pixels", s.least->width,
			s.least->height);
	else if (s.least)
		snprintf(sizes, sizeof sizes, " of %d x %d to %d x %d pixels",
			s.least->width, s.least->height, s.most->width, s.most->height);
	yc_load_note(&p->what, "pictures%s are scaled to %d pixels per side (--side)",
		sizes, p->side);
}

/* -- the set -- */

/* Channels that are equal: the mean is exact, the standard deviation that of the
 * brightness as far as the channels go together. */
static void normalise(struct yc_head *h, int channels)
{
	static const double luma[] = {0.299, 0.587, 0.114};

	yc_head_normalise(h, &yc_norm_imagenet);
	if (channels == 3)
		return;
	h->mean[0] = h->std[0] = 0;
	for (int c = 0; c < 3; c++) {
		h->mean[0] += luma[c] * yc_norm_imagenet.mean[c];
		h->std[0] += luma[c] * yc_norm_imagenet.std[c];
	}
	h->nmean = 1;
}

static int fill(const struct yc_photos *p, const struct yc_photo_kind *kind,
	const char *split, const struct yc_names *names, struct yc_set *out)
{
	const struct yc_photo_files *list = &p->found;
	const uint64_t shape[] = {list->n};
	char source[64];
	bool named = false;
	int status;

	out->head =
		(struct yc_head){.classes = (int)names->n, .side = p->side, .factor = 1};
	normalise(&out->head, p->channels);
	for (size_t c = 0; c < names->n; c++)
		named = named || names->name[c];
	snprintf(source, sizeof source, "%s %s", kind->name, split);
	status = yc_head_store(&out->head, &out->meta);
	if (status == YC_OK)
		status = yc_meta_set(&out->meta, "yc.source", source);
	if (status == YC_OK && named)
		status = yc_names_store(names, &out->meta);
	if (status < 0)
		return status;
	if (!yc_set_put(out, "label", YC_I64, 1, shape, NULL) ||
		!yc_set_put(out, "id", YC_I64, 1, shape, NULL))
		return YC_FAIL;
	for (size_t i = 0; i < list->n; i++) {
		((int64_t *)yc_set_col(out, "label")->data)[i] = list->file[i].label;
		((int64_t *)yc_set_col(out, "id")->data)[i] = (int64_t)i;
	}
	return YC_OK;
}

static int no_pictures(const struct yc_photos *p)
{
	const char *other = p->left[YC_LEFT_OTHERS].first;
	const size_t n = other ? strlen(other) : 0;
	char text[1024] = "";

	if (n > 4 && strcmp(other + n - 4, ".npy") == 0)
		return yc_fail(YC_FAIL,
			"no JPEG or PNG file in it, but arrays of NumPy, "
			"such as '%s': yc-load npz or npy reads them",
			other);
	for (int i = 0; i < YC_LEFT_KINDS && !text[0]; i++)
		yc_photos_left_text(p, (enum yc_photo_left)i, text, sizeof text);
	return yc_fail(
		YC_FAIL, "no JPEG or PNG file in it%s%s", text[0] ? ": " : "", text);
}

int yc_photos_set(struct yc_photos *p, const struct yc_photo_kind *kind,
	const char *split, const struct yc_names *names, struct yc_set *out)
{
	int status = yc_photos_look(p);

	if (status == YC_OK) {
		note_left(p);
		status = note_empty_classes(p, names, split);
	}
	if (status == YC_OK) {
		note_orientation(p);
		choose_side(p, kind);
		status = fill(p, kind, split, names, out);
	}
	return status;
}

static int list(struct yc_photos *p, const struct yc_photo_kind *kind, const char *split,
	struct yc_set *out)
{
	struct yc_names names = {0};
	int status =
		p->found.n ? yc_photos_layout(p, kind, split, &names) : no_pictures(p);

	if (status == YC_OK)
		status = yc_photos_set(p, kind, split, &names, out);
	yc_names_release(&names);
	return status;
}

struct yc_photos *yc_photos_new(
	const struct yc_photo_kind *kind, const struct yc_load *what, const char *source)
{
	struct yc_photos *p = yc_calloc(1, sizeof *p);

	if (!p)
		return NULL;
	p->what = *what;
	p->look = kind->look;
	p->skip_bad = kind->skip_bad;
	p->source = yc_strdup(source);
	p->bad_told = yc_calloc(1, sizeof *p->bad_told);
	if (p->source && p->bad_told)
		return p;
	yc_photos_free(p);
	return NULL;
}

/* Keeps the message of a failure otherwise. */
static bool is_stream(const char *path)
{
	const char *name = yc_infile_path(path);
	char *paths[] = {yc_strdup(name ? name : path)}, *before = yc_strdup(yc_errmsg());
	struct yc_reader *r = NULL;
	bool is = paths[0] && before && yc_reader_open(&r, paths, 1, NULL) == YC_OK &&
		  yc_reader_peek(r) == 1;

	yc_reader_close(r);
	if (!is && before)
		(void)yc_fail(YC_FAIL, "%s", before);
	yc_free(before);
	yc_free(paths[0]);
	return is;
}

int yc_photos_list(const struct yc_photo_kind *kind, const struct yc_load *what,
	const char *split, struct yc_set *out, struct yc_photos **photos)
{
	const char *name = yc_infile_name(what->path);
	struct yc_photos *p;
	int status;

	if (!yc_input_again(what->path))
		return yc_fail(YC_FAIL,
			"%s: pictures are read twice, which a pipe does not allow: give "
			"a file or a folder",
			name);
	*photos = p = yc_photos_new(kind, what, what->path);
	if (!p)
		return YC_FAIL;
	status = yc_photos_find(p);
	if (status < 0)
		return is_stream(what->path)
			       ? yc_fail(YC_FAIL,
					 "%s: a stream already: every tool reads it "
					 "without yc-load",
					 name)
			       : status;
	status = list(p, kind, split, out);
	return status < 0 ? yc_fail_in(status, "%s", name) : status;
}
