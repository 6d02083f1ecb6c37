/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* memfd_create */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <zstd.h>

#include "lib/dataset/arrays.h"
#include "lib/dataset/csv.h"
#include "lib/dataset/internal.h"
#include "lib/dataset/photos.h"
#include "lib/tensorfile/tensorfile.h"
#include "tests/fuzz/targets.h"
#include "yc/info.h"
#include "yc/mem.h"
#include "yc/set.h"

/* Small, so that a fuzzer's own limit is never what ends a run. */
enum { MEMORY = 16 << 20, FRAME_MAX = 1 << 16 };

#define MUST(x) \
	do { \
		if (!(x)) { \
			(void)fprintf(stderr, "%s: %s\n", #x, yc_errmsg()); \
			abort(); \
		} \
	} while (0)

/* A record that was read can be written, and reads back as the same. */
static void record_round_trip(const struct yc_record *r)
{
	struct yc_record back;
	unsigned char *blob;
	size_t bytes, data, n = 0;

	MUST(yc_record_encode(r, &blob, &bytes) == YC_OK);
	for (int i = 7; i >= 0; i--)
		n = n << 8 | blob[i];
	MUST(yc_record_header(&back, (const char *)blob + 8, n, &data) == YC_OK);
	MUST(8 + n + data == bytes);
	MUST(back.ntensors == r->ntensors && back.meta.n == r->meta.n);
	for (size_t i = 0; i < r->ntensors; i++) {
		const struct yc_tensor *t = yc_record_find(&back, r->tensor[i].name);

		MUST(t && t->bytes == r->tensor[i].bytes);
	}
	yc_record_release(&back);
	yc_free(blob);
}

static struct yc_reader *open_reader(char *const *path)
{
	const struct yc_limits limits = {.record_bytes = MEMORY, .threads = 1};
	struct yc_reader *r;

	MUST(yc_reader_open(&r, path, 1, &limits) == YC_OK);
	return r;
}

static void read_as_set(char *const *path)
{
	struct yc_reader *r = open_reader(path);
	struct yc_set s;

	if (yc_set_read(&s, r) == YC_OK) {
		/* Only what it says of itself may be wrong now. */
		if (yc_set_check_images(&s) == YC_OK)
			MUST(s.rows > 0);
		yc_set_release(&s);
	}
	yc_reader_close(r);
}

static void read_as_info(char *const *path)
{
	struct yc_info info = {.want_digest = true, .want_check = true};
	struct yc_reader *r = open_reader(path);
	struct yc_record *rec;
	char *text;
	int err;

	yc_reader_headless(r);
	while ((err = yc_reader_next(r, &rec)) > 0) {
		record_round_trip(rec);
		/* NULL if it has no column to print */
		if (yc_reader_is_data(r))
			free(yc_info_tsv(rec, true));
		err = yc_info_add(&info, r, rec);
		if (err < 0)
			break;
	}
	if (err == 0) {
		text = yc_info_text(&info);
		MUST(text);
		free(text);
		text = yc_info_json(&info);
		MUST(text);
		free(text);
	}
	yc_info_release(&info);
	yc_reader_close(r);
}

void fuzz_stream(const uint8_t *p, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char name[64], *path[] = {name};

	MUST(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	read_as_set(path);
	read_as_info(path);
	(void)close(fd);
}

void fuzz_frames(const uint8_t *p, size_t n)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t step, room, at = 0, have = 0;
	uint8_t *z;
	unsigned how;

	if (!n || !c) {
		ZSTD_freeCCtx(c);
		return;
	}
	how = *p++;
	n--;
	/* 0: one frame; else frames of 16 to 4096 bytes, with or without a size. */
	step = how & 15 ? (size_t)16 << (how & 15) / 2 : n + 1;
	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, how >> 4 & 1);
	(void)ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, how >> 5 & 1);
	room = ZSTD_compressBound(n) + 32 * (n / step + 1);
	z = malloc(room);
	MUST(z);
	do {
		size_t k = n - at < step ? n - at : step;
		size_t got = ZSTD_compress2(c, z + have, room - have, p + at, k);

		MUST(!ZSTD_isError(got));
		have += got;
		at += k;
	} while (at < n);
	/* A raw stream may follow, or a cut one. */
	if (how >> 6 == 1 && have + n <= room) {
		memcpy(z + have, p, n);
		have += n;
	} else if (how >> 6 == 2) {
		have -= have / 4;
	}
	fuzz_stream(z, have);
	free(z);
	ZSTD_freeCCtx(c);
}

void fuzz_record(const uint8_t *p, size_t n)
{
	struct yc_record r;
	size_t data;

	if (yc_record_header(&r, (const char *)p, n, &data) != YC_OK)
		return;
	/* What has no data yet cannot be written. */
	for (size_t i = 0; i < r.ntensors; i++) {
		if (r.tensor[i].bytes > MEMORY) {
			yc_record_release(&r);
			return;
		}
		r.tensor[i].data = yc_calloc(r.tensor[i].bytes, 1);
		MUST(r.tensor[i].data);
	}
	record_round_trip(&r);
	yc_record_release(&r);
}

void fuzz_pickle(const uint8_t *p, size_t n)
{
	struct yc_cifar_pickle batch;
	struct yc_names names;
	unsigned sum = 0;

	if (yc_cifar_unpickle(p, n, &batch) == YC_OK) {
		/* Every byte and label that it promises is there to be read. */
		for (size_t i = 0; i < batch.rows * 3072; i++)
			sum += batch.pixels[i];
		for (size_t i = 0; i < batch.rows; i++)
			sum += (unsigned)batch.label[i];
		MUST(sum || batch.rows);
		yc_cifar_pickle_release(&batch);
	}
	if (yc_cifar_unpickle_names(p, n, &names) == YC_OK)
		yc_names_release(&names);
}

/* Whatever it is, it can be looked at; lists and dicts one level deep. */
static int look_at(void *ctx, const char *key, const struct yc_pickle_value *value)
{
	struct yc_tensorfile *f = ctx;
	struct yc_tensorfile_cursor at;
	struct yc_pickle_value item;
	struct yc_strided v;
	size_t count;
	double *x;

	MUST(!key || strlen(key) <= YC_NAME_MAX);
	if (yc_tensorfile_numbers(f, value, &x, &count) == YC_OK)
		yc_free(x);
	if (!yc_tensorfile_begin(f, value, &at))
		return YC_OK;
	while (yc_tensorfile_next(f, &at, &item)) {
		(void)yc_pickle_find(&f->pickle, &item, "epoch");
		if (yc_tensorfile_view(f, &item, &v) == YC_OK)
			MUST(yc_strided_count(&v) <= UINT32_MAX);
	}
	return YC_OK;
}

/* As the dynamics and scores of others are read. */
static void values(const uint8_t *p, size_t n)
{
	uint8_t *own = yc_calloc(n, 1);
	struct yc_tensorfile f;
	struct yc_pickle_value root;

	MUST(own);
	memcpy(own, p, n);
	if (yc_tensorfile_open_pickle(&f, own, n) != YC_OK)
		return;
	if (yc_tensorfile_value(&f, "", &root))
		(void)yc_tensorfile_entries(&f, &root, look_at, &f);
	if (yc_tensorfile_value(&f, "training_dynamics", &root))
		(void)look_at(&f, NULL, &root);
	yc_tensorfile_close(&f);
}

void fuzz_tensors(const uint8_t *p, size_t n)
{
	static const char *const path[] = {"", "0", "1", "data/0/0", "images", "labels"};
	uint8_t *own = yc_calloc(n, 1);
	struct yc_tensorfile f;
	struct yc_strided v;

	values(p, n);
	MUST(own);
	memcpy(own, p, n);
	if (yc_tensorfile_open(&f, own, n) != YC_OK)
		return;
	for (size_t i = 0; i < sizeof(path) / sizeof(*path); i++) {
		if (yc_tensorfile_get(&f, path[i], &v) != YC_OK)
			continue;
		/* Every element that it promises is there to be read. */
		uint64_t count = yc_strided_count(&v);
		float *x = yc_calloc(count, sizeof(*x));
		int64_t *k = yc_calloc(count, sizeof(*k));

		MUST(x && k);
		yc_strided_floats(&v, x);
		(void)yc_strided_ints(&v, k);
		yc_free(x);
		yc_free(k);
	}
	yc_tensorfile_close(&f);
}

static int see(void *ctx, size_t row, const struct yc_tensor *image)
{
	size_t *next = ctx;

	MUST(row == *next);
	*next += image->shape[0];
	for (size_t i = 0; image->dtype == YC_F32 && i < image->bytes / sizeof(float);
		i++)
		MUST(((const float *)image->data)[i] >= 0 &&
			((const float *)image->data)[i] <= 1);
	return YC_OK;
}

/* The first array as images, the last as labels, as long as they are small. */
static void load_arrays(struct yc_arrays *a, const struct yc_photos *photos)
{
	static const char *const layouts[] = {NULL, "nchw", "nhwc"};
	const struct yc_load what = {
		.split = "train", .threads = 1, .mean = ".5,.5,.5", .std = "1,1,1"};
	const struct yc_array_file *f = &a->file[0];

	for (size_t i = 0; i < 3; i++) {
		const struct yc_arrays_cfg cfg = {
			.layout = layouts[i], .channels = i == 1 ? "1" : NULL};
		struct yc_set s = {0};
		size_t rows = 0;

		if (yc_arrays_load(a, &f->array[0], &f->array[f->n - 1], &cfg, &what,
			    "fuzz", &s) == YC_OK) {
			MUST(yc_load_each(&s, photos, 1, see, &rows) == YC_OK);
			MUST(rows == s.rows);
			MUST(yc_set_check_rows(&s.head, yc_set_col(&s, "label"), NULL) ==
				YC_OK);
		}
		yc_set_release(&s);
	}
}

void fuzz_arrays(const uint8_t *p, size_t n)
{
	static const char *const splits[] = {"train", "val", "test"};
	const struct yc_arrays_cfg cfg = {0};
	struct yc_photos *photos = NULL;
	struct yc_arrays *a = yc_arrays_new(&photos);
	const struct yc_array *images, *labels;
	uint8_t *own = yc_calloc(n, 1);

	MUST(a && own);
	memcpy(own, p, n);
	if (yc_array_file_take(&a->file[0], "fuzz", own, n) == YC_OK && a->file[0].n) {
		for (size_t i = 0; i < 3; i++)
			if (yc_array_pick_images(&a->file[0], &cfg, splits[i], &images) ==
				YC_OK)
				(void)yc_array_pick_labels(
					&a->file[0], &cfg, splits[i], images, &labels);
		load_arrays(a, photos);
	}
	yc_photos_free(photos);
}

void fuzz_csv(const uint8_t *p, size_t n)
{
	struct yc_csv t;
	size_t fields = 0, bytes = 0;

	if (yc_csv_parse(&t, (const char *)p, n) == YC_OK) {
		for (size_t i = 0; i < t.rows; i++) {
			MUST(t.row[i].first == fields && t.row[i].n > 0);
			fields += t.row[i].n;
		}
		for (size_t i = 0; i < fields; i++)
			bytes += strlen(t.field[i]) + 1;
		MUST(fields == t.fields && bytes <= n + 1);
	}
	yc_csv_release(&t);
}

struct bytes {
	const uint8_t *p;
	size_t n;
};

static ssize_t more_bytes(void *ctx, void *buf, size_t n)
{
	struct bytes *b = ctx;

	n = n < b->n ? n : b->n;
	n = n < 100 ? n : 100; /* as pipes do: less than asked for */
	memcpy(buf, b->p, n);
	b->p += n;
	b->n -= n;
	return (ssize_t)n;
}

/* A picture that can be decoded has the size that its header says. */
void fuzz_picture(const uint8_t *p, size_t n)
{
	struct bytes b = {p, n};
	struct yc_photo_header h;
	struct yc_photo photo = {0};
	int status = yc_photo_look(more_bytes, &b, &h);

	MUST(status == YC_OK || status == YC_NO);
	if (status == YC_OK && (int64_t)h.width * h.height > 1 << 20)
		return;
	if (yc_photo_whole(p, n, &photo) == YC_OK && status == YC_OK)
		MUST(photo.width == h.width && photo.height == h.height);
	yc_free(photo.rgb);
}

/* Names of members are normal, and their content is of the declared size or an error. */
static int visit(void *ctx, struct yc_member *m)
{
	size_t n, *left = ctx;
	unsigned char *data;

	if (!m->bare) {
		MUST(*m->name && *m->name != '/' && *m->name != '.');
		MUST(!strstr(m->name, "//") && !strstr(m->name, "/."));
	}
	if (!*left)
		return 1;
	--*left;
	if (m->read(m, 1 << 20, &data, &n) == YC_OK)
		yc_free(data);
	return YC_OK;
}

void fuzz_archive(const uint8_t *p, size_t n)
{
	size_t left = 100;
	const struct yc_walk w = {.ctx = &left, .file = visit, .tar_is_folder = true};
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	char path[32];

	MUST(fd >= 0 && write(fd, p, n) == (ssize_t)n);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	(void)yc_archive_visit(path, &w);
	(void)close(fd);
}
