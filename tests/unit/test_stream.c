/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <zstd.h>

#include "yc/half.h"
#include "yc/info.h"
#include "yc/mem.h"
#include "yc/outfile.h"
#include "yc/names.h"
#include "yc/real.h"
#include "yc/rng.h"
#include "yc/set.h"

static char dir[1024];

/* -- helpers -- */

static const char *in_dir(const char *name)
{
	static char path[4][sizeof(dir) + 64];
	static unsigned turn;
	char *p = path[turn++ % 4];

	(void)snprintf(p, sizeof(path[0]), "%s/%s", dir, name);
	return p;
}

struct blob {
	unsigned char *p;
	size_t n;
};

/* Blobs live to the end of their test. */
static void *kept[256];
static size_t nkept;

static struct blob new_blob(size_t room, size_t n)
{
	struct blob b = {malloc(room + 1), n};

	assert_true(nkept < YC_COUNT(kept));
	kept[nkept++] = b.p;
	return b;
}

static int free_blobs(void **state)
{
	(void)state;
	while (nkept)
		free(kept[--nkept]);
	return 0;
}

static struct blob slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct blob b;
	struct stat st;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	b = new_blob((size_t)st.st_size, (size_t)st.st_size);
	assert_int_equal(fread(b.p, 1, b.n, f), b.n);
	(void)fclose(f);
	return b;
}

static const char *spit(const char *name, const void *p, size_t n)
{
	const char *path = in_dir(name);
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
	return path;
}

static struct blob join(struct blob a, struct blob b)
{
	struct blob c = new_blob(a.n + b.n, a.n + b.n);

	memcpy(c.p, a.p, a.n);
	memcpy(c.p + a.n, b.p, b.n);
	return c;
}

/* A record as another program would write it: any header, any data. */
static struct blob by_hand(const char *json, const void *data, size_t ndata)
{
	size_t n = strlen(json);
	struct blob b = new_blob(8 + n + ndata, 8 + n + ndata);

	for (int i = 0; i < 8; i++)
		b.p[i] = (unsigned char)(n >> (8 * i));
	memcpy(b.p + 8, json, n);
	if (ndata)
		memcpy(b.p + 8 + n, data, ndata);
	return b;
}

/* n little pictures of 3x4x4 in three classes. */
static void make_set(struct yc_set *s, size_t n)
{
	uint64_t shape[4] = {n, 3, 4, 4};
	struct yc_tensor *t;

	*s = (struct yc_set){0};
	s->head = (struct yc_head){.classes = 3,
		.side = 4,
		.factor = 1,
		.nmean = 3,
		.mean = {0.1, 0.25, 1.0 / 3},
		.std = {1, 2, 0.5}};
	t = yc_set_put(s, "image", YC_U8, 4, shape, NULL);
	assert_non_null(t);
	for (size_t i = 0; i < t->bytes; i++)
		((uint8_t *)t->data)[i] = (uint8_t)(i * 7 + i / 48);
	t = yc_set_put(s, "label", YC_I64, 1, shape, NULL);
	for (size_t i = 0; i < n; i++)
		((int64_t *)t->data)[i] = (int64_t)(i % 3);
	t = yc_set_put(s, "id", YC_I64, 1, shape, NULL);
	for (size_t i = 0; i < n; i++)
		((int64_t *)t->data)[i] = (int64_t)i;
	assert_int_equal(yc_meta_set(&s->meta, "x.note", "h\xc3\xa9llo \"\n\x01"), YC_OK);
}

static const char *write_set(
	const struct yc_set *s, const char *name, int level, int threads)
{
	const char *path = in_dir(name);
	struct yc_writer_cfg cfg = {
		.path = path, .level = level, .threads = threads, .digest = true};
	struct yc_writer *w;

	assert_int_equal(yc_writer_open(&w, &cfg), YC_OK);
	assert_int_equal(yc_set_write(s, w), YC_OK);
	assert_int_equal(yc_writer_close(w), YC_OK);
	return path;
}

static struct blob set_blob(const struct yc_set *s, int level)
{
	return slurp(write_set(s, "blob", level, 1));
}

static struct blob sample(size_t n, int level)
{
	struct yc_set s;
	struct blob b;

	make_set(&s, n);
	b = set_blob(&s, level);
	yc_set_release(&s);
	return b;
}

/* Reads everything; the digest of what was read goes to text. */
static int digest_files(char *const *paths, int n, int threads, char *text)
{
	struct yc_limits limits = {.threads = threads};
	struct yc_digest *d = yc_digest_new();
	struct yc_reader *r;
	struct yc_record *rec;
	int err = yc_reader_open(&r, paths, n, &limits);

	if (err == YC_OK) {
		while ((err = yc_reader_next(r, &rec)) > 0)
			assert_int_equal(yc_digest_add(d, rec), YC_OK);
		yc_reader_close(r);
	}
	if (err == YC_OK)
		assert_int_equal(yc_digest_text(d, text), YC_OK);
	yc_digest_free(d);
	return err;
}

static int digest_blob(struct blob b, char *text)
{
	char *path = strdup(spit("digest", b.p, b.n));
	char *paths[] = {path};
	int err = digest_files(paths, 1, 2, text);

	free(path);
	return err;
}

static int read_file(struct yc_set *s, const char *path, const struct yc_limits *limits)
{
	char *copy = strdup(path), *paths[] = {copy};
	struct yc_reader *r;
	int err = yc_reader_open(&r, paths, 1, limits);

	*s = (struct yc_set){0};
	if (err == YC_OK) {
		err = yc_set_read(s, r);
		yc_reader_close(r);
	}
	free(copy);
	return err;
}

static int read_blob(struct yc_set *s, struct blob b)
{
	return read_file(s, spit("read", b.p, b.n), NULL);
}

/* The blob is refused with this status and this text in the message. */
static void refused(struct blob b, int status, const char *text)
{
	struct yc_set s;

	int err = read_blob(&s, b);

	if (err != status)
		fail_msg("%d, not %d: %s", err, status, err < 0 ? yc_errmsg() : "");
	if (!strstr(yc_errmsg(), text))
		fail_msg("'%s' lacks '%s'", yc_errmsg(), text);
}

static void same_set(const struct yc_set *a, const struct yc_set *b)
{
	assert_int_equal(a->rows, b->rows);
	assert_int_equal(a->ncols, b->ncols);
	assert_memory_equal(&a->head, &b->head, sizeof(a->head));
	for (size_t i = 0; i < a->ncols; i++) {
		const struct yc_tensor *t = &a->col[i], *u = yc_set_col(b, t->name);

		assert_non_null(u);
		assert_string_equal(t->dtype_name, u->dtype_name);
		assert_int_equal(t->rank, u->rank);
		assert_int_equal(t->bytes, u->bytes);
		assert_memory_equal(t->shape, u->shape, sizeof(t->shape));
		assert_memory_equal(t->data, u->data, t->bytes);
		assert_int_equal((uintptr_t)u->data % 64, 0);
	}
}

/* The raw stream inside a compressed blob. */
static struct blob expand(struct blob b)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	size_t room = 64 << 20;
	struct blob raw = new_blob(room, 0);
	ZSTD_inBuffer in = {b.p, b.n, 0};
	ZSTD_outBuffer out = {raw.p, room, 0};

	while (in.pos < in.size)
		assert_false(ZSTD_isError(ZSTD_decompressStream(d, &out, &in)));
	raw.n = out.pos;
	ZSTD_freeDCtx(d);
	return raw;
}

/* Frames of `step` raw bytes each, without a content size, skippable frames between. */
static struct blob reframe(struct blob raw, size_t step)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t room = ZSTD_compressBound(raw.n) + 64 * (raw.n / step + 2);
	struct blob b = new_blob(room, 0);

	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, 0);
	for (size_t at = 0; at < raw.n; at += step) {
		size_t n = raw.n - at < step ? raw.n - at : step;
		size_t k = ZSTD_compress2(c, b.p + b.n, room - b.n, raw.p + at, n);

		assert_false(ZSTD_isError(k));
		b.n += k;
		memcpy(b.p + b.n, "\x53\x2a\x4d\x18\x03\0\0\0abc", 11);
		b.n += 11;
	}
	ZSTD_freeCCtx(c);
	return b;
}

/* -- the codec -- */

static void header_refuses(void **state)
{
	static const struct {
		const char *json, *text;
	} bad[] = {
		{"", "header"},
		{"[]", "not a JSON object"},
		{"{", "header"},
		{"{}x", "only strings"},
		{"{\"__metadata__\":[]}", "not an object"},
		{"{\"__metadata__\":{\"a\":1}}", "not a string"},
		{"{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "duplicate"},
		{"{\"__metadata__\":{\"a\\nb\":\"1\"}}", "bad metadata key"},
		{"{\"\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}",
			"bad tensor name"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", "exactly"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"x\":"
		 "\"\"}}",
			"exactly"},
		{"{\"a\":{\"dtype\":8,\"shape\":[1],\"data_offsets\":[0,1]}}", "exactly"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[1.0],\"data_offsets\":[0,1]}}",
			"whole"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[1e0],\"data_offsets\":[0,1]}}",
			"whole"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,1]}}",
			"whole"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[true],\"data_offsets\":[0,1]}}",
			"whole"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[01],\"data_offsets\":[0,1]}}",
			"header"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[\"1\"],\"data_offsets\":[0,1]}}",
			"bad shape"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[9007199254740992],\"data_offsets\":"
		 "[0,1]}}",
			"bad shape"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[99999999999999999999],\"data_"
		 "offsets\":[0,1]}}",
			"header"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_"
		 "offsets\":[0,1]}}",
			"dimensions"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[[[[1]]]],\"data_offsets\":[0,1]}}",
			"nested"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,1]}}",
			"do not match"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,0]}}",
			"data_offsets"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,2]}}",
			"data_offsets"},
		{"{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,1]}}",
			"do not match"},
		{"{\"a\":{\"dtype\":\"0123456789abcdef\",\"shape\":[3],\"data_offsets\":["
		 "0,1]}}",
			"dtype"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[4294967296,4294967296],\"data_"
		 "offsets\":[0,0]}}",
			"overflows"},
		{"{\"a\":{\"dtype\":\"F64\",\"shape\":[4503599627370496,512],\"data_"
		 "offsets\":[0,0]}}",
			"do not match"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}",
			"hole"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
		 "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}",
			"overlaps"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
		 "\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[3,5]}}",
			"hole"},
		{"{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
		 "\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}",
			"duplicate"},
		{"{\"\xff\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
			"header"},
		{"{\"a\\u0000b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}"
		 "}",
			"header"},
		{"{\"a\\u009b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
			"bad tensor"},
	};
	struct yc_record r;
	size_t data;

	(void)state;
	for (size_t i = 0; i < YC_COUNT(bad); i++) {
		int err = yc_record_header(&r, bad[i].json, strlen(bad[i].json), &data);

		if (err != YC_FAIL || !strstr(yc_errmsg(), bad[i].text))
			fail_msg("%s: %d '%s'", bad[i].json, err, yc_errmsg());
	}
}

static void header_accepts(void **state)
{
	static const struct {
		const char *json;
		size_t tensors, data;
	} good[] = {
		{"{}", 0, 0},
		{" \n{}\t  ", 0, 0},
		{"{\"__metadata__\":{}}", 0, 0},
		{"{\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 1, 4},
		{"{\"a\":{\"dtype\":\"F32\",\"shape\":[0,9007199254740991,"
		 "9007199254740991],"
		 "\"data_offsets\":[0,0]}}",
			1, 0},
		{"{\"a\":{\"dtype\":\"F4\",\"shape\":[4],\"data_offsets\":[0,2]}}", 1, 2},
		{"{\"a\":{\"dtype\":\"Q7_NEW\",\"shape\":[3],\"data_offsets\":[0,5]}}", 1,
			5},
		{"{\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,3]},"
		 "\"z\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[2,2]},"
		 "\"a\":{\"data_offsets\":[0,2],\"shape\":[2],\"dtype\":\"U8\"}}",
			3, 3},
		{"{\"1.5e-3 "
		 "[{,\\\"\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}",
			1, 1},
	};
	struct yc_record r;
	size_t data;

	(void)state;
	for (size_t i = 0; i < YC_COUNT(good); i++) {
		if (yc_record_header(&r, good[i].json, strlen(good[i].json), &data) < 0)
			fail_msg("%s: %s", good[i].json, yc_errmsg());
		assert_int_equal(r.ntensors, good[i].tensors);
		assert_int_equal(data, good[i].data);
		yc_record_release(&r);
	}
}

static void header_counts_are_limited(void **state)
{
	size_t room = 1 << 20, data;
	char *json = malloc(room);
	struct yc_record r;

	(void)state;
	for (int n = 4096; n <= 4097; n++) {
		size_t at = (size_t)sprintf(json, "{");

		for (int i = 0; i < n; i++)
			at += (size_t)sprintf(json + at,
				"%s\"t%d\":{\"dtype\":\"U8\",\"shape\":[0],\"data_"
				"offsets\":[0,0]}",
				i ? "," : "", i);
		at += (size_t)sprintf(json + at, "}");
		assert_int_equal(yc_record_header(&r, json, at, &data),
			n == 4096 ? YC_OK : YC_FAIL);
		yc_record_release(&r);
	}
	for (int n = 4096; n <= 4097; n++) {
		size_t at = (size_t)sprintf(json, "{\"__metadata__\":{");

		for (int i = 0; i < n; i++)
			at += (size_t)sprintf(
				json + at, "%s\"k%d\":\"\"", i ? "," : "", i);
		at += (size_t)sprintf(json + at, "}}");
		assert_int_equal(yc_record_header(&r, json, at, &data),
			n == 4096 ? YC_OK : YC_FAIL);
		if (n > 4096)
			assert_non_null(strstr(yc_errmsg(), "4096 metadata keys"));
		yc_record_release(&r);
	}
	memset(json, '[', room);
	assert_int_equal(yc_record_header(&r, json, room, &data), YC_FAIL);
	memset(json, ',', room);
	assert_int_equal(yc_record_header(&r, json, room, &data), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "too many"));
	free(json);
}

static void codec_round_trip(void **state)
{
	uint64_t shape[2] = {2, 3};
	float f[6] = {1, 2, 3, 4, 5, 6};
	struct yc_record r = {0}, back;
	unsigned char *blob;
	uint64_t n = 0;
	size_t bytes, data;

	(void)state;
	assert_non_null(yc_record_add(&r, "u", YC_U8, 2, shape, "abcdef"));
	assert_non_null(yc_record_add(&r, "b", YC_F32, 2, shape, f));
	assert_non_null(yc_record_add(&r, "a", YC_F32, 2, shape, NULL));
	assert_non_null(yc_record_add(&r, "w", YC_I64, 1, shape, NULL));
	assert_non_null(yc_record_add(&r, "b", YC_F32, 2, shape, f)); /* replaces */
	assert_int_equal(r.ntensors, 4);
	assert_null(yc_record_add(&r, "", YC_U8, 2, shape, NULL));
	assert_null(yc_record_add(&r, "o", YC_OTHER, 2, shape, NULL));
	assert_int_equal(
		yc_meta_set(&r.meta, "k", "v \"quoted\" \\ \xf0\x9f\x98\x80"), YC_OK);
	assert_int_equal(yc_record_encode(&r, &blob, &bytes), YC_OK);
	for (int i = 7; i >= 0; i--)
		n = n << 8 | blob[i];
	assert_int_equal(n % 8, 0);
	assert_int_equal(yc_record_header(&back, (char *)blob + 8, n, &data), YC_OK);
	assert_int_equal(8 + n + data, bytes);
	/* Aligned: large elements first, then by name. */
	assert_string_equal(back.tensor[0].name, "w");
	assert_string_equal(back.tensor[1].name, "a");
	assert_string_equal(back.tensor[2].name, "b");
	assert_string_equal(back.tensor[3].name, "u");
	assert_memory_equal(blob + bytes - 6, "abcdef", 6);
	assert_memory_equal(blob + bytes - 6 - 24, f, 24);
	assert_string_equal(yc_meta_get(&back.meta, "k"), yc_meta_get(&r.meta, "k"));
	yc_free(blob);
	yc_record_release(&back);
	assert_int_equal(yc_meta_set(&r.meta, "k", "\xff"), YC_OK);
	assert_int_equal(yc_record_encode(&r, &blob, &bytes), YC_FAIL);
	yc_record_release(&r);
}

static void meta_is_an_ordered_map(void **state)
{
	struct yc_meta m = {0};
	char key[16];

	(void)state;
	for (int i = 0; i < 40; i++) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		assert_int_equal(yc_meta_set(&m, key, key + 1), YC_OK);
	}
	for (int i = 0; i < 40; i += 2) {
		(void)snprintf(key, sizeof(key), "k%d", i);
		yc_meta_drop(&m, key);
	}
	assert_int_equal(m.n, 20);
	assert_int_equal(yc_meta_set(&m, "k7", "new"), YC_OK);
	assert_int_equal(yc_meta_set(&m, "k0", "again"), YC_OK);
	assert_string_equal(m.pair[3].value, "new");
	assert_string_equal(m.pair[20].key, "k0");
	assert_null(yc_meta_get(&m, "k2"));
	yc_meta_release(&m);
}

static void plain_files_are_saved_and_loaded(void **state)
{
	uint64_t shape[1] = {5};
	struct yc_record r = {0}, back;
	const char *path = in_dir("net.safetensors");
	struct blob b;

	(void)state;
	assert_non_null(yc_record_add(&r, "layers.0.weight", YC_U8, 1, shape, "12345"));
	assert_int_equal(yc_record_save(&r, path), YC_OK);
	assert_int_equal(yc_record_load(&back, path, 0), YC_OK);
	assert_memory_equal(yc_record_find(&back, "layers.0.weight")->data, "12345", 5);
	yc_record_release(&back);
	b = slurp(path);
	/* Refused by what its header says, before the data is read. */
	assert_int_equal(yc_record_load(&back, path, b.n - 8), YC_OK);
	yc_record_release(&back);
	assert_int_equal(yc_record_load(&back, path, b.n - 9), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "net.safetensors"));
	assert_non_null(strstr(yc_errmsg(), "--memory"));
	(void)spit("net2", b.p, b.n - 1);
	assert_int_equal(yc_record_load(&back, in_dir("net2"), 0), YC_CUT);
	b.p[b.n] = 'x';
	(void)spit("net2", b.p, b.n + 1);
	assert_int_equal(yc_record_load(&back, in_dir("net2"), 0), YC_FAIL);
	(void)spit("net2", "\x89PNG\r\n\x1a\n", 8);
	assert_int_equal(yc_record_load(&back, in_dir("net2"), 0), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "PNG"));
	assert_int_equal(yc_record_load(&back, in_dir("absent"), 0), YC_FAIL);
	assert_int_equal(yc_record_save(&r, in_dir("no/such/folder")), YC_FAIL);
	yc_record_release(&r);
}

/* -- streams -- */

static void set_round_trip(void **state)
{
	struct yc_set s, back;

	(void)state;
	for (int level = -1; level <= 22; level += level == 3 ? 19 : 1) {
		make_set(&s, 1000);
		assert_int_equal(
			read_file(&back, write_set(&s, "set", level, 2), NULL), YC_OK);
		same_set(&s, &back);
		assert_string_equal(yc_meta_get(&back.meta, "x.note"),
			yc_meta_get(&s.meta, "x.note"));
		assert_null(yc_meta_get(&back.meta, "yc.end"));
		assert_null(yc_meta_get(&back.meta, "yc.digest"));
		assert_int_equal(yc_set_check_images(&back), YC_OK);
		yc_set_release(&s);
		yc_set_release(&back);
	}
}

static void any_thread_count_gives_the_same_bytes(void **state)
{
	char text[2][YC_DIGEST_TEXT]; /* with one thread, and with more */
	struct blob a = {0}, b;
	struct yc_set s;

	(void)state;
	make_set(&s, 100000); /* seven records */
	for (int threads = 1; threads <= 5; threads++) {
		char *path = strdup(write_set(&s, "threads", 1, threads));
		char *paths[] = {path};

		b = slurp(path);
		if (threads == 1)
			a = b;
		assert_int_equal(a.n, b.n);
		assert_memory_equal(a.p, b.p, a.n);
		assert_int_equal(
			digest_files(paths, 1, threads, text[threads > 1]), YC_OK);
		assert_string_equal(text[threads > 1], text[0]);
		free(path);
	}
	yc_set_release(&s);
}

static void how_frames_are_cut_does_not_matter(void **state)
{
	struct blob small = sample(50, 0), raw = expand(small), b;
	char want[YC_DIGEST_TEXT], text[YC_DIGEST_TEXT];
	static const size_t steps[] = {1, 2, 3, 7, 100, 1000, 1 << 30};

	(void)state;
	assert_int_equal(digest_blob(small, want), YC_OK);
	assert_int_equal(digest_blob(raw, text), YC_OK);
	assert_string_equal(want, text);
	for (size_t i = 0; i < YC_COUNT(steps); i++) {
		b = reframe(raw, steps[i]);
		assert_int_equal(digest_blob(b, text), YC_OK);
		assert_string_equal(want, text);
	}
	/* Larger than any buffer of the reader, in one frame. */
	small = sample(200000, 1);
	raw = expand(small);
	b = reframe(raw, raw.n);
	assert_int_equal(digest_blob(small, want), YC_OK);
	assert_int_equal(digest_blob(b, text), YC_OK);
	assert_string_equal(want, text);
}

static void cat_is_a_stream(void **state)
{
	struct blob z = sample(5, 0), raw = expand(z), b;
	struct yc_set s;

	(void)state;
	const struct blob pair[][2] = {{z, z}, {z, raw}, {raw, z}, {raw, raw}};
	for (size_t i = 0; i < YC_COUNT(pair); i++) {
		b = join(pair[i][0], pair[i][1]);
		assert_int_equal(read_blob(&s, b), YC_OK);
		assert_int_equal(s.rows, 10);
		yc_set_release(&s);
	}
}

/* Raw data may follow compressed data where a record ends, nowhere else. */
static void formats_do_not_change_inside_a_record(void **state)
{
	struct blob z = sample(5, 0), raw = expand(z), head = raw;

	(void)state;
	for (size_t n = 1; n < raw.n; n += 13) {
		head.n = n;
		refused(join(reframe(head, n), (struct blob){raw.p + n, raw.n - n}),
			YC_FAIL, "");
		nkept -= 2; /* the two blobs of this turn */
		free(kept[nkept]);
		free(kept[nkept + 1]);
	}
}

static void segments_must_agree(void **state)
{
	struct blob a = sample(5, 0), b, c;
	struct yc_set s;

	(void)state;
	for (int i = 0; i < 5; i++) {
		static const char *const text[] = {
			"yc.classes", "yc.side", "yc.factor", "yc.mean", "channels"};
		uint64_t shape[4] = {5, 1, 4, 4};

		make_set(&s, 5);
		s.head.classes += i == 0;
		s.head.side += i == 1;
		s.head.factor += i == 2;
		s.head.mean[1] += i == 3;
		if (i == 4)
			assert_non_null(yc_set_put(&s, "image", YC_U8, 4, shape, NULL));
		b = set_blob(&s, 0);
		c = join(a, b);
		refused(c, YC_FAIL, text[i]);
		yc_set_release(&s);
	}
}

/* What yc-info makes of a blob. */
static int info_blob(struct blob b)
{
	char *path = strdup(spit("info", b.p, b.n)), *paths[] = {path};
	struct yc_info info = {0};
	struct yc_reader *r;
	struct yc_record *rec;
	int err = yc_reader_open(&r, paths, 1, NULL);

	assert_int_equal(err, YC_OK);
	while ((err = yc_reader_next(r, &rec)) > 0) {
		err = yc_info_add(&info, r, rec);
		if (err < 0)
			break;
	}
	yc_reader_close(r);
	yc_info_release(&info);
	free(path);
	return err;
}

/* n copies of a record. */
static struct blob many(struct blob one, size_t n)
{
	struct blob b = new_blob(n * one.n, n * one.n);

	for (size_t i = 0; i < n; i++)
		memcpy(b.p + i * one.n, one.p, one.n);
	return b;
}

/* Segments, records without rows and keys all stay in memory: of each there is a most. */
static void what_is_kept_is_counted(void **state)
{
	enum { MOST = 65536 };
	struct blob head, end = by_hand("{\"__metadata__\":{\"yc.end\":\"0\"}}", NULL, 0);
	struct blob segment = by_hand("{\"__metadata__\":{\"yc.version\":\"ycs/1\","
				      "\"yc.classes\":\"1\",\"yc.side\":\"1\","
				      "\"yc.end\":\"0\"}}",
		NULL, 0);
	struct blob other = by_hand("{\"__metadata__\":{\"yc.kind\":\"x\"}}", NULL, 0);
	char keys[64 << 10];
	struct yc_set s;

	(void)state;
	head = by_hand("{\"__metadata__\":{\"yc.version\":\"ycs/1\",\"yc.classes\":\"1\","
		       "\"yc.side\":\"1\"}}",
		NULL, 0);
	for (size_t n = MOST; n <= MOST + 1; n++) {
		struct blob segments = many(segment, n);
		struct blob others = join(join(head, many(other, n)), end);
		int want = n == MOST ? YC_OK : YC_FAIL;

		assert_int_equal(read_blob(&s, segments), want);
		yc_set_release(&s);
		if (want < 0)
			assert_non_null(strstr(yc_errmsg(), "65536 segments"));
		assert_int_equal(info_blob(segments), want);
		if (want < 0)
			assert_non_null(strstr(yc_errmsg(), "65536 segments"));
		assert_int_equal(read_blob(&s, others), want);
		yc_set_release(&s);
		if (want < 0)
			assert_non_null(strstr(yc_errmsg(), "65536 records"));
		assert_int_equal(info_blob(others), want);
		if (want < 0)
			assert_non_null(strstr(yc_errmsg(), "65536 records"));
	}
	/* 3 keys of the head and those of ours in the record behind it. */
	for (int n = 4093; n <= 4094; n++) {
		size_t at = (size_t)sprintf(keys, "{\"__metadata__\":{\"yc.end\":\"0\"");

		for (int i = 0; i < n; i++)
			at += (size_t)sprintf(keys + at, ",\"yc.%d\":\"\"", i);
		(void)sprintf(keys + at, "}}");
		if (n == 4093) {
			assert_int_equal(
				read_blob(&s, join(head, by_hand(keys, NULL, 0))), YC_OK);
			yc_set_release(&s);
		} else {
			refused(join(head, by_hand(keys, NULL, 0)), YC_FAIL,
				"4096 metadata keys in all");
		}
	}
}

static void a_cut_stream_is_never_complete(void **state)
{
	struct blob z = sample(3, 0), raw = expand(z), big = reframe(raw, raw.n);
	const struct blob all[] = {z, raw, big};
	struct yc_set s;

	(void)state;
	big.n -= 11; /* the skippable frame behind the end may go */
	for (size_t i = 0; i < YC_COUNT(all); i++)
		for (size_t n = 0; n < (i == 2 ? big.n : all[i].n); n++) {
			int err = read_blob(&s, (struct blob){all[i].p, n});

			if (err != YC_CUT)
				fail_msg("blob %zu cut at %zu: %d %s", i, n, err,
					yc_errmsg());
			assert_non_null(strstr(yc_errmsg(), "record "));
		}
}

static void a_cut_file_among_several_is_named(void **state)
{
	struct blob z = sample(3, 0);
	char *good = strdup(spit("good", z.p, z.n)),
	     *cut = strdup(spit("cut", z.p, z.n - 40));
	char *empty = strdup(spit("empty", "", 0));
	char *all[][3] = {{good, cut, good}, {good, empty, good}}, text[YC_DIGEST_TEXT];

	(void)state;
	assert_int_equal(digest_files(all[0], 3, 1, text), YC_CUT);
	assert_non_null(strstr(yc_errmsg(), "/cut: record "));
	assert_int_equal(digest_files(all[1], 3, 1, text), YC_CUT);
	assert_non_null(strstr(yc_errmsg(), "/empty: record 1: the input is empty"));
	free(good);
	free(cut);
	free(empty);
}

/* With the address sanitizer a try takes six times as long, nearly all of it page faults. */
#ifdef __SANITIZE_ADDRESS__
enum { ONE_IN = 6 };
#else
enum { ONE_IN = 1 };
#endif

/* 10,000 times one byte of a compressed stream gets another value: either that is an
 * error or the data are those that were written. */
static void flips_never_change_data(void **state)
{
	enum { TRIES = 10000 / ONE_IN };
	struct blob z = sample(40, 0);
	struct yc_rng rng = yc_rng_new(1, "flips");
	char want[YC_DIGEST_TEXT], text[YC_DIGEST_TEXT];
	int refusals = 0;

	(void)state;
	assert_int_equal(digest_blob(z, want), YC_OK);
	for (int i = 0; i < TRIES; i++) {
		size_t at = yc_rng_below(&rng, (uint32_t)z.n);
		unsigned char old = z.p[at];
		int err;

		z.p[at] = (unsigned char)(old ^ (1 + yc_rng_below(&rng, 255)));
		err = digest_blob(z, text);
		refusals += err < 0;
		assert_true(err == YC_OK || err == YC_FAIL || err == YC_CUT);
		if (err == YC_OK && strcmp(want, text) != 0)
			fail_msg("byte %zu: %02x -> %02x went unnoticed", at, old,
				z.p[at]);
		z.p[at] = old;
	}
	assert_true(refusals > TRIES / 10 * 9);
}

/* yc-info --check: YC_OK if a digest was there and right. */
static int check_file(char *path)
{
	struct yc_info info = {.want_check = true};
	struct yc_reader *r;
	struct yc_record *rec;
	int err = yc_reader_open(&r, &path, 1, NULL);

	assert_int_equal(err, YC_OK);
	while ((err = yc_reader_next(r, &rec)) > 0) {
		err = yc_info_add(&info, r, rec);
		if (err < 0)
			break;
	}
	if (err == YC_OK && info.checked < info.segments)
		err = YC_NO;
	yc_reader_close(r);
	yc_info_release(&info);
	return err;
}

/* Where the data of the first record with tensors lie in a raw stream. */
static void find_data(struct blob raw, size_t *from, size_t *to)
{
	struct yc_record rec;
	size_t at = 0, data = 0, n = 0;

	while (!data) {
		at += n + data;
		n = 0;
		for (size_t i = 8; i > 0; i--)
			n = n << 8 | raw.p[at + i - 1];
		assert_int_equal(
			yc_record_header(&rec, (const char *)raw.p + at + 8, n, &data),
			YC_OK);
		yc_record_release(&rec);
		n += 8;
	}
	*from = at + n;
	*to = *from + data;
}

/* Raw records have no checksum but the digest at the end. Every bit of the data, and of each
 * other byte one, in turn: what a reader takes for sound although content changed does not
 * pass the check; all changes of data are of that kind. */
static void flips_of_a_raw_stream_are_found(void **state)
{
	struct blob raw = sample(3, -1);
	char *path = strdup(spit("flipped", raw.p, raw.n));
	char want[YC_DIGEST_TEXT], text[YC_DIGEST_TEXT];
	size_t from, to, tries = 0, wrong = 0, changed = 0;

	(void)state;
	find_data(raw, &from, &to);
	assert_int_equal(to - from, 3 * (48 + 8 + 8));
	assert_int_equal(digest_files(&path, 1, 1, want), YC_OK);
	assert_int_equal(check_file(path), YC_OK);
	for (size_t i = 0; i < 8 * raw.n; i++) {
		struct yc_set s;
		size_t at = i / 8;
		bool data = at >= from && at < to;
		int err;

		if ((!data && i % 8 != at % 8) || tries++ % ONE_IN)
			continue;
		wrong += data;
		raw.p[at] ^= (unsigned char)(1 << i % 8);
		(void)spit("flipped", raw.p, raw.n);
		err = digest_files(&path, 1, 1, text);
		assert_true(err == YC_OK || err == YC_FAIL || err == YC_CUT);
		if (data && (err != YC_OK || !strcmp(want, text)))
			fail_msg("bit %zu of byte %zu of the data: %d", i % 8, at, err);
		if (err == YC_OK && strcmp(want, text) != 0) {
			changed++;
			if (check_file(path) != YC_NO)
				fail_msg("bit %zu of byte %zu passes the check", i % 8,
					at);
		} else if (err < 0) {
			assert_int_equal(check_file(path), err);
		}
		if (read_file(&s, path, NULL) == YC_OK) {
			assert_int_equal(err, YC_OK);
			yc_set_release(&s);
		}
		raw.p[at] ^= (unsigned char)(1 << i % 8);
	}
	assert_true(wrong >= 8 * (to - from) / ONE_IN && changed > wrong);
	free(path);
}

static void wrong_counts_are_refused(void **state)
{
	static const char head[] = "{\"__metadata__\":{\"yc.version\":\"ycs/1\","
				   "\"yc.classes\":\"2\",\"yc.side\":\"1\"}}";
	static const char row[] =
		"{\"label\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}";
	static const struct {
		const char *end;
		int status;
		const char *text;
	} cases[] = {
		{"2", YC_OK, ""},
		{"1", YC_CUT, "promises 1 rows but 2 came"},
		{"3", YC_CUT, "promises 3"},
		{"02", YC_FAIL, "not a number"},
		{"-2", YC_FAIL, "not a number"},
		{"", YC_FAIL, "not a number"},
		{"99999999999999999999", YC_FAIL, "not a number"},
	};
	struct blob a = join(by_hand(head, "", 0), by_hand(row, "ab", 2));
	struct yc_set s;

	(void)state;
	for (size_t i = 0; i < YC_COUNT(cases); i++) {
		char json[128];
		struct blob b;

		(void)snprintf(json, sizeof(json),
			"{\"__metadata__\":{\"yc.end\":\"%s\"}}", cases[i].end);
		b = join(a, by_hand(json, "", 0));
		if (cases[i].status < 0) {
			refused(b, cases[i].status, cases[i].text);
		} else {
			assert_int_equal(read_blob(&s, b), YC_OK);
			yc_set_release(&s);
		}
	}
	refused(a, YC_CUT, "without yc.end");
	refused(join(by_hand(row, "ab", 2), by_hand(head, "", 0)), YC_FAIL, "yc.version");
}

static void rows_must_match(void **state)
{
#define HEAD \
	"\"__metadata__\":{\"yc.version\":\"ycs/" \
	"1\",\"yc.classes\":\"2\",\"yc.side\":\"1\"" \
	",\"yc.end\":\"2\"}"
	(void)state;
	refused(by_hand("{" HEAD
			",\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
			"\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[2,5]}}",
			"12345", 5),
		YC_FAIL, "3 rows");
	refused(by_hand("{" HEAD
			",\"a\":{\"dtype\":\"U8\",\"shape\":[],\"data_offsets\":[0,1]}}",
			"1", 1),
		YC_FAIL, "no rows");
	refused(by_hand("{" HEAD ",\"a\":{\"dtype\":\"F4\",\"shape\":[2,3],\"data_"
			"offsets\":[0,3]},"
			"\"b\":{\"dtype\":\"ODD\",\"shape\":[2],\"data_offsets\":[3,6]}}",
			"123456", 6),
		YC_FAIL, "not whole bytes");
}

static void heads_are_checked(void **state)
{
	static const struct {
		const char *keys, *text;
	} bad[] = {
		{"\"yc.version\":\"ycs/2\",\"yc.classes\":\"2\",\"yc.side\":\"1\"",
			"ycs/2"},
		{"\"yc.version\":\"ycs/1\",\"yc.side\":\"1\"", "no key yc.classes"},
		{"\"yc.version\":\"ycs/1\",\"yc.classes\":\"2\"", "no key yc.side"},
		{"\"yc.version\":\"ycs/1\",\"yc.classes\":\"0\",\"yc.side\":\"1\"",
			"yc.classes"},
		{"\"yc.version\":\"ycs/1\",\"yc.classes\":\"65537\",\"yc.side\":\"1\"",
			"yc.classes"},
		{"\"yc.version\":\"ycs/"
		 "1\",\"yc.classes\":\"2\",\"yc.side\":\"1\",\"yc.factor\":\"2\"",
			"yc.factor"},
		{"\"yc.version\":\"ycs/"
		 "1\",\"yc.classes\":\"2\",\"yc.side\":\"1\",\"yc.mean\":\"1\"",
			"length"},
		{"\"yc.version\":\"ycs/1\",\"yc.classes\":\"2\",\"yc.side\":\"1\","
		 "\"yc.mean\":\"1,2,3,4,5\",\"yc.std\":\"1,2,3,4,5\"",
			"more than"},
		{"\"yc.version\":\"ycs/1\",\"yc.classes\":\"2\",\"yc.side\":\"1\","
		 "\"yc.mean\":\"nan\",\"yc.std\":\"1\"",
			"list of numbers"},
		{"\"yc.version\":\"ycs/1\",\"yc.classes\":\"2\",\"yc.side\":\"1\","
		 "\"yc.mean\":\"1,\",\"yc.std\":\"1\"",
			"list of numbers"},
		{"\"yc.version\":\"ycs/1\",\"yc.classes\":\"2\",\"yc.side\":\"1\","
		 "\"yc.mean\":\"1\",\"yc.std\":\"0\"",
			"positive"},
		{"\"yc.version\":\"ycs/1\",\"yc.classes\":\"2\",\"yc.side\":\"1\","
		 "\"yc.end\":\"0\",\"yc.history\":\"[1\"",
			"record 1: yc.history is not a JSON list"},
	};
	struct yc_head h = {.classes = 10,
			       .side = 32,
			       .factor = 2,
			       .nmean = 3,
			       .mean = {0.4914, 1.0 / 3, 1e-30},
			       .std = {0.2470, 2e22, 1}},
		       back;
	struct yc_meta m = {0};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(bad); i++) {
		char json[512];

		(void)snprintf(
			json, sizeof(json), "{\"__metadata__\":{%s}}", bad[i].keys);
		refused(by_hand(json, "", 0), YC_FAIL, bad[i].text);
	}
	assert_int_equal(yc_head_store(&h, &m), YC_OK);
	assert_int_equal(yc_head_parse(&back, &m), YC_OK);
	assert_memory_equal(&h, &back, sizeof(h));
	assert_string_equal(yc_meta_get(&m, "yc.std"), "0.247,2e+22,1");
	yc_meta_release(&m);
}

static void unknown_things_survive(void **state)
{
	static const char json[] =
		"{\"__metadata__\":{\"yc.version\":\"ycs/"
		"1\",\"yc.classes\":\"2\",\"yc.side\":\"1\","
		"\"yc.future\":\"x\",\"other\":\"y\"},"
		"\"label\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},"
		"\"half\":{\"dtype\":\"F4\",\"shape\":[2,4],\"data_offsets\":[2,6]},"
		"\"odd\":{\"dtype\":\"Q7_NEW\",\"shape\":[2,9],\"data_offsets\":[6,12]}}";
	static const char kind[] =
		"{\"__metadata__\":{\"yc.kind\":\"weights\",\"yc.end\":\"2\","
		"\"arch\":\"convnet\"},\"w\":{\"dtype\":\"C64\",\"shape\":[],"
		"\"data_offsets\":[0,8]}}";
	static const size_t rows[] = {1, 0, 1};
	struct blob b =
		join(by_hand(json, "01abcdABCXYZ", 12), by_hand(kind, "complex!", 8));
	struct yc_set s, picked, back;
	char one[YC_DIGEST_TEXT], two[YC_DIGEST_TEXT];

	(void)state;
	assert_int_equal(digest_blob(b, one), YC_OK);
	assert_int_equal(read_blob(&s, b), YC_OK);
	assert_int_equal(digest_blob(set_blob(&s, 0), two), YC_OK);
	assert_string_equal(one, two);
	assert_int_equal(yc_set_pick(&picked, &s, rows, 3), YC_OK);
	assert_int_equal(read_blob(&back, set_blob(&picked, 0)), YC_OK);
	assert_int_equal(back.rows, 3);
	assert_string_equal(yc_meta_get(&back.meta, "yc.future"), "x");
	assert_string_equal(yc_meta_get(&back.meta, "other"), "y");
	assert_memory_equal(yc_set_col(&back, "odd")->data, "XYZABCXYZ", 9);
	assert_string_equal(yc_set_col(&back, "odd")->dtype_name, "Q7_NEW");
	assert_memory_equal(yc_set_col(&back, "half")->data, "cdabcd", 6);
	assert_int_equal(back.npassthrough, 1);
	assert_string_equal(yc_meta_get(&back.passthrough[0].meta, "arch"), "convnet");
	assert_memory_equal(back.passthrough[0].tensor[0].data, "complex!", 8);
	yc_set_release(&s);
	yc_set_release(&picked);
	yc_set_release(&back);
}

/* A record with these keys, and rows of one byte each, counted from `first`, or none. */
static struct blob noted(const char *head, const char *keys, int first, int rows)
{
	char json[512], data[256];

	for (int i = 0; i < rows; i++)
		data[i] = (char)(first + i);
	(void)snprintf(json, sizeof(json), "{\"__metadata__\":{%s%s%s}%s", head,
		*head && *keys ? "," : "", keys, rows ? "" : "}");
	if (rows)
		(void)snprintf(json + strlen(json), sizeof(json) - strlen(json),
			",\"x\":{\"dtype\":\"U8\",\"shape\":[%d],"
			"\"data_offsets\":[0,%d]}}",
			rows, rows);
	return by_hand(json, data, (size_t)rows);
}

static const char a_head[] =
	"\"yc.version\":\"ycs/1\",\"yc.classes\":\"2\",\"yc.side\":\"1\"";

/* What counts for row i of s: the values of the keys a, b and c, "-" where there is none. */
static void row_says(const struct yc_set *s, size_t i, const char *want)
{
	char have[64] = "";

	for (const char *k = "abc"; *k; k++) {
		const char key[2] = {*k}, *v = yc_meta_get(yc_set_row_meta(s, i), key);

		v = v ? v : yc_meta_get(&s->meta, key);
		strcat(have, v ? v : "-");
	}
	assert_string_equal(have, want);
}

static void keys_of_others_may_differ(void **state)
{
	struct blob one = join(join(noted(a_head, "\"a\":\"1\",\"b\":\"1\"", 0, 2),
				       noted("", "\"a\":\"2\"", 2, 2)),
		join(noted("", "\"b\":\"5\"", 0, 0),
			noted("\"yc.end\":\"5\"", "\"c\":\"1\"", 4, 1)));
	struct blob two = join(noted(a_head, "\"a\":\"1\",\"b\":\"2\"", 5, 1),
		noted("\"yc.end\":\"1\"", "\"a\":\"9\"", 0, 0));
	struct blob empty =
		noted(a_head, "\"yc.end\":\"0\",\"a\":\"1\",\"b\":\"3\"", 0, 0);
	static const char *const want[] = {"11-", "11-", "21-", "21-", "111", "12-"};
	static const size_t row[] = {5, 0, 3, 1, 1, 2};
	struct yc_set s, picked, back;

	(void)state;
	assert_int_equal(read_blob(&s, join(join(one, two), empty)), YC_OK);
	assert_string_equal(yc_meta_get(&s.meta, "a"), "1");
	assert_null(yc_meta_get(&s.meta, "b"));
	for (size_t i = 0; i < 6; i++)
		row_says(&s, i, want[i]);
	/* What is said of no rows stays, but for what the head has. */
	assert_int_equal(s.npassthrough, 3);
	assert_string_equal(yc_meta_get(&s.passthrough[0].meta, "b"), "5");
	assert_string_equal(yc_meta_get(&s.passthrough[1].meta, "a"), "9");
	assert_string_equal(yc_meta_get(&s.passthrough[2].meta, "b"), "3");
	assert_int_equal(s.passthrough[2].meta.n, 1);

	assert_int_equal(yc_set_pick(&picked, &s, row, 6), YC_OK);
	assert_int_equal(read_blob(&back, set_blob(&picked, -1)), YC_OK);
	assert_int_equal(back.rows, 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(
			((const uint8_t *)yc_set_col(&back, "x")->data)[i], row[i]);
		row_says(&back, i, want[row[i]]);
	}
	assert_int_equal(back.npassthrough, 3);
	yc_set_release(&back);
	yc_set_release(&picked);
	/* Rows that leave take their keys with them. */
	assert_int_equal(yc_set_pick(&picked, &s, row + 1, 1), YC_OK);
	assert_int_equal(picked.nmetas, 1);
	yc_set_release(&picked);
	yc_set_release(&s);

	assert_int_equal(read_blob(&s, join(two, two)), YC_OK);
	assert_int_equal(s.nmetas, 0);
	assert_string_equal(yc_meta_get(&s.meta, "b"), "2");
	yc_set_release(&s);
	/* Our own must agree. */
	refused(join(noted(a_head, "\"yc.future\":\"1\",\"yc.end\":\"0\"", 0, 0),
			noted(a_head, "\"yc.future\":\"2\",\"yc.end\":\"0\"", 0, 0)),
		YC_FAIL, "'yc.future' is '2', earlier records have '1'");
}

/* A long key of the first head goes to each of 100 records of changing keys. */
static void copies_of_keys_are_counted(void **state)
{
	enum { LONG = 1 << 20, RECORDS = 100 };
	char *json = malloc(LONG + 512);
	struct blob b, rows, end = noted("\"yc.end\":\"100\"", "", 0, 0);
	struct blob two =
		join(noted(a_head, "", 0, 0), noted("\"yc.end\":\"0\"", "", 0, 0));
	size_t n = (size_t)sprintf(json, "{\"__metadata__\":{%s,\"long\":\"", a_head);
	struct yc_set s;

	(void)state;
	memset(json + n, 'x', LONG);
	strcpy(json + n + LONG, "\"}}");
	rows = many(
		join(noted("", "\"a\":\"1\"", 0, 1), noted("", "", 0, 1)), RECORDS / 2);
	b = join(join(by_hand(json, NULL, 0), rows), end);
	free(json);
	assert_int_equal(read_blob(&s, b), YC_OK);
	yc_set_release(&s);
	refused(join(b, two), YC_FAIL, "metadata of rows takes more than");
}

static void plain_safetensors_are_input(void **state)
{
#define LABEL "\"label\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}"
	struct blob with = by_hand(
		"{\"__metadata__\":{\"yc.classes\":\"2\",\"yc.side\":\"1\"}," LABEL "}",
		"ab", 2);
	struct blob without = by_hand("{" LABEL "}", "ab", 2), b;
	char *paths[1];
	struct yc_reader *r;
	struct yc_record *rec;
	struct yc_set s;

	(void)state;
	assert_int_equal(read_blob(&s, with), YC_OK);
	assert_int_equal(s.rows, 2);
	yc_set_release(&s);
	refused(without, YC_FAIL, "no key yc.classes");
	paths[0] = strdup(in_dir("read"));
	assert_int_equal(yc_reader_open(&r, paths, 1, NULL), YC_OK);
	yc_reader_headless(r);
	assert_int_equal(yc_reader_next(r, &rec), 1);
	assert_int_equal(yc_reader_rows(r), 2);
	assert_int_equal(yc_reader_head(r)->classes, 0);
	assert_int_equal(yc_reader_next(r, &rec), 0);
	yc_reader_close(r);
	/* Longer, or compressed: nothing says that it is complete. */
	b = join(with, with);
	refused(b, YC_FAIL, "yc.version");
	b = reframe(with, with.n);
	refused(b, YC_FAIL, "yc.version");
	/* With yc.version it knows the end mark and lacks it. */
	b = by_hand("{\"__metadata__\":{\"yc.version\":\"ycs/1\",\"yc.classes\":\"2\","
		    "\"yc.side\":\"1\"}," LABEL "}",
		"ab", 2);
	refused(b, YC_CUT, "without yc.end");
	free(paths[0]);
}

static void a_lying_header_reserves_nothing(void **state)
{
	struct blob b = by_hand(
		"{\"__metadata__\":{\"yc.version\":\"ycs/1\",\"yc.classes\":\"2\","
		"\"yc.side\":\"1\"},\"a\":{\"dtype\":\"U8\",\"shape\":[1000000000],"
		"\"data_offsets\":[0,1000000000]}}",
		"abc", 3);
	struct yc_set s;

	(void)state;
	/* A sanitizer needs all addresses for itself. */
#ifndef __SANITIZE_ADDRESS__
	struct rlimit old, tight;
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	assert_true(f && fscanf(f, "%ld", &pages) == 1);
	(void)fclose(f);
	assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
	tight = old;
	tight.rlim_cur = (rlim_t)(pages * sysconf(_SC_PAGESIZE)) + (200 << 20);
	assert_int_equal(setrlimit(RLIMIT_AS, &tight), 0);
#endif
	refused(b, YC_CUT, "inside tensor 'a'");
#ifndef __SANITIZE_ADDRESS__
	assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
#endif
	assert_int_equal(
		read_file(&s, in_dir("read"), &(struct yc_limits){.record_bytes = 1000}),
		YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "--memory"));
}

static void wrong_files_are_named(void **state)
{
	char tar[512] = "folder/file";
	struct {
		const char *p;
		size_t n;
		const char *name;
	} files[] = {
		{"version https://git-lfs.github.com/spec/v1\n", 43, "Git LFS"},
		{"<!DOCTYPE html><html>", 21, "HTML"},
		{"\n <html lang=\"en\">", 18, "HTML"},
		{"\x1f\x8b\x08\0\0\0\0\0\0\x03", 10, "gzip"},
		{"\xfd"
		 "7zXZ\0\0\x04",
			8, "xz"},
		{"PK\x03\x04\x14\0\0\0\x08\0", 10, "zip"},
		{"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", 16, "PNG"},
		{"\xff\xd8\xff\xe0\0\x10JFIF", 10, "JPEG"},
		{"\x93NUMPY\x01\0v\0{'de", 14, "npy"},
		{"\x80\x02}q\x01(U\x04", 8, "pickle"},
		{"id\tlabel\n0\t1\n", 13, "text"},
		{"text", 4, "text"},
		{tar, 512, "tar"},
		{"\x12\x34\x56\x78\x9a\xbc\xde\xf0\xff", 9, "not a stream"},
	};

	(void)state;
	memcpy(tar + 257, "ustar", 5);
	for (size_t i = 0; i < YC_COUNT(files); i++) {
		unsigned char copy[512];
		struct blob b = {copy, files[i].n}, z;

		memcpy(copy, files[i].p, files[i].n);
		refused(b, YC_FAIL, files[i].name);
		z = reframe(b, b.n);
		refused(z, YC_FAIL, files[i].name);
	}
}

static void output_is_whole_or_absent(void **state)
{
	const char *path = in_dir("whole");
	struct yc_writer_cfg cfg = {.path = path};
	struct yc_record *none = &(struct yc_record){0};
	struct yc_writer *w;
	struct yc_set s;

	(void)state;
	make_set(&s, 3);
	assert_int_equal(yc_writer_open(&w, &cfg), YC_OK);
	assert_int_equal(yc_writer_put(w, none), YC_FAIL); /* no head */
	assert_int_equal(yc_writer_end(w), YC_FAIL);
	assert_int_equal(yc_writer_close(w), YC_FAIL);
	assert_int_equal(access(path, F_OK), -1);
	/* Nothing is left beside it either. */
	assert_int_equal(yc_writer_open(&w, &cfg), YC_OK);
	assert_int_equal(yc_set_write(&s, w), YC_OK);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(yc_writer_close(w), YC_OK);
	assert_int_equal(access(path, F_OK), 0);
	cfg.path = "/dev/full";
	assert_int_equal(yc_writer_open(&w, &cfg), YC_OK);
	assert_int_equal(yc_set_write(&s, w), YC_FAIL);
	assert_int_equal(errno, ENOSPC);
	yc_writer_abort(w);
	assert_int_equal(access("/dev/full", F_OK), 0);
	cfg.path = in_dir("no/folder");
	assert_int_equal(yc_writer_open(&w, &cfg), YC_FAIL);
	yc_set_release(&s);
}

/* Files of the folder whose names begin with `name`. */
static int files_like(const char *name)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	int n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		n += strncmp(e->d_name, name, strlen(name)) == 0;
	(void)closedir(d);
	return n;
}

/* What a signal handler does at the end: output, checkpoint and snapshot at once. */
static void no_temporary_file_survives_the_process(void **state)
{
	struct yc_writer_cfg cfg = {.path = in_dir("temp-out")};
	struct yc_outfile file[YC_OUTFILES_MAX];
	struct yc_writer *w;
	char path[128];
	int n = 0;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s", in_dir("temp-text"));
	assert_int_equal(yc_writer_open(&w, &cfg), YC_OK);
	assert_int_equal(files_like("temp-out"), 1);
	while (yc_outfile_open(&file[n], path) == YC_OK)
		n++;
	assert_int_equal(n, YC_OUTFILES_MAX - 1);
	assert_non_null(strstr(yc_errmsg(), "more than 16 files"));
	assert_int_equal(files_like("temp-"), YC_OUTFILES_MAX);
	yc_outfile_abort(&file[--n]);
	assert_int_equal(files_like("temp-"), YC_OUTFILES_MAX - 1);
	yc_outfile_unlink_all();
	assert_int_equal(files_like("temp-"), 0);
	yc_writer_abort(w);
	while (n)
		yc_outfile_abort(&file[--n]);
	/* The places are free again, and a finished file is left alone. */
	assert_int_equal(yc_outfile_open(&file[0], path), YC_OK);
	assert_int_equal(yc_outfile_write(&file[0], "x", 1), YC_OK);
	assert_int_equal(yc_outfile_commit(&file[0]), YC_OK);
	yc_outfile_unlink_all();
	assert_int_equal(files_like("temp-text"), 1);
}

static void the_digest_covers_content_only(void **state)
{
	char want[YC_DIGEST_TEXT], text[YC_DIGEST_TEXT];
	struct yc_set s;
	struct blob b;

	(void)state;
	make_set(&s, 60000);
	assert_int_equal(digest_blob(set_blob(&s, 1), want), YC_OK);
	/* Other batches: two segments; other compression; another history. */
	for (int i = 0; i < 3; i++) {
		struct yc_set half[2];
		size_t *row = malloc(60000 * sizeof(*row));

		for (size_t k = 0; k < 60000; k++)
			row[k] = k;
		assert_int_equal(yc_set_pick(&half[0], &s, row, 20011), YC_OK);
		assert_int_equal(
			yc_set_pick(&half[1], &s, row + 20011, 60000 - 20011), YC_OK);
		assert_int_equal(yc_meta_set(&half[0].meta, "yc.history", "[]"), YC_OK);
		b = join(set_blob(&half[0], i - 1), set_blob(&half[1], 3));
		assert_int_equal(digest_blob(b, text), YC_OK);
		assert_string_equal(want, text);
		yc_set_release(&half[0]);
		yc_set_release(&half[1]);
		free(row);
	}
	((uint8_t *)yc_set_col(&s, "image")->data)[5000] ^= 1;
	assert_int_equal(digest_blob(set_blob(&s, 1), text), YC_OK);
	assert_string_not_equal(want, text);
	((uint8_t *)yc_set_col(&s, "image")->data)[5000] ^= 1;
	s.head.classes++;
	assert_int_equal(digest_blob(set_blob(&s, 1), text), YC_OK);
	assert_string_not_equal(want, text);
	yc_set_release(&s);
}

static void class_names_are_read_found_and_written(void **state)
{
	static const struct {
		const char *text, *first, *second; /* NULL: no name */
		int b;				   /* class of the name b */
	} known[] = {
		{"[\"a\",\"b\"]", "a", "b", 1},
		{" [ \"b\" , 7, \"b\" ] ", "b", NULL, 0},
		{"[null,\"b\"]", NULL, "b", 1},
		{"{\"0\":\"b\"}", NULL, NULL, -1},
		{"\"b\"", NULL, NULL, -1},
		{"[\"b\"", NULL, NULL, -1},
		{"", NULL, NULL, -1},
		{NULL, NULL, NULL, -1},
	};
	struct yc_names names = {0};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(known); i++) {
		struct yc_meta m = {0};

		if (known[i].text)
			assert_int_equal(
				yc_meta_set(&m, "yc.names", known[i].text), YC_OK);
		assert_int_equal(yc_names_read(&names, &m), YC_OK);
		for (int c = 0; c < 2; c++) {
			const char *have = yc_names_of(&names, c),
				   *want = c ? known[i].second : known[i].first;

			if (!have != !want || (have && strcmp(have, want) != 0))
				fail_msg("%s: class %d", known[i].text, c);
		}
		assert_null(yc_names_of(&names, -1));
		assert_null(yc_names_of(&names, 3));
		assert_int_equal(yc_names_find(&names, "b"), known[i].b);
		yc_names_release(&names);
		yc_meta_release(&m);
	}

	struct yc_meta m = {0};

	assert_int_equal(yc_names_add(&names, "caf\xc3\xa9, \"x\"", 8), YC_OK);
	assert_int_equal(yc_names_add(&names, NULL, 0), YC_OK);
	assert_int_equal(yc_names_add(&names, "\xff", 1), YC_FAIL);
	assert_int_equal(yc_names_add(&names, "a\0b", 3), YC_FAIL);
	assert_int_equal(yc_names_store(&names, &m), YC_OK);
	assert_string_equal(yc_meta_get(&m, "yc.names"), "[\"caf\xc3\xa9, \\\"\",null]");
	yc_names_release(&names);
	yc_meta_release(&m);

	struct yc_names a = {0}, b = {0};

	for (int i = 0; i < 3; i++) {
		assert_int_equal(yc_names_add(&a, i == 1 ? NULL : "x", 1), YC_OK);
		assert_int_equal(yc_names_add(&b, i == 1 ? "y" : "x", 1), YC_OK);
	}
	assert_int_equal(yc_names_add(&a, "x", 1), YC_OK);
	assert_int_equal(yc_names_differ(&a, &b), -1);
	assert_int_equal(yc_names_add(&b, "y", 1), YC_OK);
	assert_int_equal(yc_names_differ(&a, &b), 3);
	yc_names_release(&a);
	yc_names_release(&b);

	assert_true(yc_names_same("[\"a\",\"b\"]", "[ \"\\u0061\", \"b\"]"));
	assert_false(yc_names_same("[\"a\",\"b\"]", "[\"b\",\"a\"]"));
	assert_false(yc_names_same("[", "["));
}

static void histories_are_kept_and_folded(void **state)
{
	struct cfg {
		uint32_t n;
		bool on;
		uint32_t threads;
	} cfg = {7, true, 2};
	static const struct yc_opt opts[] = {
		YC_OPT(struct cfg, n, .name = "n", .arg = "n", .help = "number"),
		YC_OPT(struct cfg, on, .name = "on", .help = "flag"),
		YC_OPT(struct cfg, threads, .name = "threads", .arg = "n",
			.run_only = true, .help = "threads"),
	};
	struct yc_opts group = {.row = opts, .n = YC_COUNT(opts), .cfg = &cfg};
	struct yc_meta a = {0}, b = {0}, merged = {0};
	const struct yc_meta *both[] = {&a, &b};
	const char *text;

	(void)state;
	assert_int_equal(yc_history_add(&a, "yc-load", "demo", &group, 1, NULL), YC_OK);
	assert_int_equal(yc_meta_copy(&b, &a), YC_OK);
	assert_int_equal(yc_history_merge(&merged, both, 2), YC_OK);
	assert_string_equal(
		yc_meta_get(&merged, "yc.history"), yc_meta_get(&a, "yc.history"));
	cfg.n = 8;
	assert_int_equal(yc_history_add(&b, "yc-score", NULL, &group, 1, "plain"), YC_OK);
	text = yc_meta_get(&b, "yc.history");
	assert_non_null(strstr(text, "\"n\":\"8\""));
	assert_non_null(strstr(text, "\"kernel\":\"plain\""));
	assert_null(strstr(text, "threads"));
	assert_int_equal(yc_history_merge(&merged, both, 2), YC_OK);
	text = yc_meta_get(&merged, "yc.history");
	assert_non_null(
		strstr(text, "{\"tool\":\"cat\",\"parts\":[[],[{\"tool\":\"yc-score\""));
	assert_int_equal(yc_meta_set(&b, "yc.history", "{}"), YC_OK);
	assert_int_equal(yc_history_merge(&merged, both, 2), YC_FAIL);
	assert_int_equal(yc_history_add(&b, "yc-score", NULL, &group, 1, NULL), YC_FAIL);
	yc_meta_release(&a);
	yc_meta_release(&b);
	yc_meta_release(&merged);
}

static void image_sets_are_checked(void **state)
{
	static const size_t rows[] = {0, 9};
	uint64_t shape[4] = {3, 3, 4, 4};
	struct yc_set s, t;
	struct yc_tensor *image;

	(void)state;
	make_set(&s, 3);
	assert_int_equal(yc_set_check_images(&s), YC_OK);
	assert_int_equal(yc_set_pick(&t, &s, rows, 2), YC_FAIL);
	((int64_t *)yc_set_col(&s, "label")->data)[2] = 3;
	assert_int_equal(yc_set_check_images(&s), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "row 2: label 3"));
	((int64_t *)yc_set_col(&s, "label")->data)[2] = 2;
	s.head.side = 8; /* tiles of 4x4 that decode to 8x8 */
	assert_int_equal(yc_set_check_images(&s), YC_OK);
	s.head.factor = 2;
	assert_int_equal(yc_set_check_images(&s), YC_FAIL);
	s.head.side = 4;
	assert_int_equal(yc_set_check_images(&s), YC_OK);
	image = yc_set_put(&s, "image", YC_F32, 4, shape, NULL);
	assert_int_equal(yc_set_check_images(&s), YC_OK);
	((float *)image->data)[17] = __builtin_nanf("");
	assert_int_equal(yc_set_check_images(&s), YC_FAIL);
	assert_null(yc_set_put(&s, "x", YC_U8, 1, (uint64_t[]){4}, NULL));
	yc_set_release(&s);
	assert_int_equal(yc_set_check_images(&(struct yc_set){0}), YC_FAIL);
}

static void an_empty_set_keeps_its_columns(void **state)
{
	struct yc_set s, none, back;

	(void)state;
	make_set(&s, 3);
	assert_int_equal(yc_set_pick(&none, &s, NULL, 0), YC_OK);
	assert_int_equal(read_blob(&back, set_blob(&none, 0)), YC_OK);
	assert_int_equal(back.rows, 0);
	assert_int_equal(back.ncols, 3);
	assert_int_equal(yc_set_check_images(&back), YC_FAIL);
	yc_set_release(&s);
	yc_set_release(&none);
	yc_set_release(&back);
}

static int remove_dir(void **state)
{
	char command[sizeof(dir) + 16];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command) != 0;
}

static int make_dir(void **state)
{
	(void)state;
	const char *tmp = getenv("TMPDIR");

	(void)snprintf(dir, sizeof(dir), "%s/yc-stream-XXXXXX", tmp ? tmp : "/tmp");
	return mkdtemp(dir) == NULL;
}

/* All of them, and what lies between two neighbours. */
static void halves_round_to_nearest_even(void **state)
{
	(void)state;
	assert_float_equal(yc_half_to_float(0x3c00), 1, 0);
	assert_float_equal(yc_half_to_float(0xc500), -5, 0);
	assert_float_equal(yc_half_to_float(1), 0x1p-24f, 0);
	assert_int_equal(yc_half_from_float(-INFINITY), 0xfbff);
	assert_int_equal(yc_half_from_float(65519), 0x7bff);
	assert_true(isnan(yc_half_to_float(yc_half_from_float(NAN))));
	assert_true(isinf(yc_half_to_float(0x7c00)));
	for (uint16_t h = 0; h < 0x7c00; h++) {
		float x = yc_half_to_float(h), next = yc_half_to_float(h + 1);
		float middle = (x + next) / 2;

		assert_int_equal(yc_half_from_float(x), h);
		assert_int_equal(yc_half_from_float(-x), h | 0x8000);
		if (h == 0x7bff) /* next is infinite */
			break;
		assert_true(x < next);
		assert_int_equal(yc_half_from_float(middle), h + h % 2);
		assert_int_equal(yc_half_from_float(nextafterf(middle, 0)), h);
		assert_int_equal(yc_half_from_float(nextafterf(middle, 1e9F)), h + 1);
	}
}

#define TEST(f) cmocka_unit_test_teardown(f, free_blobs)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(header_refuses),
		TEST(header_accepts),
		TEST(header_counts_are_limited),
		TEST(codec_round_trip),
		TEST(meta_is_an_ordered_map),
		TEST(a_lying_header_reserves_nothing),
		TEST(plain_files_are_saved_and_loaded),
		TEST(set_round_trip),
		TEST(any_thread_count_gives_the_same_bytes),
		TEST(how_frames_are_cut_does_not_matter),
		TEST(cat_is_a_stream),
		TEST(formats_do_not_change_inside_a_record),
		TEST(segments_must_agree),
		TEST(what_is_kept_is_counted),
		TEST(a_cut_stream_is_never_complete),
		TEST(a_cut_file_among_several_is_named),
		TEST(flips_never_change_data),
		TEST(flips_of_a_raw_stream_are_found),
		TEST(wrong_counts_are_refused),
		TEST(rows_must_match),
		TEST(heads_are_checked),
		TEST(unknown_things_survive),
		TEST(keys_of_others_may_differ),
		TEST(copies_of_keys_are_counted),
		TEST(plain_safetensors_are_input),
		TEST(wrong_files_are_named),
		TEST(output_is_whole_or_absent),
		TEST(no_temporary_file_survives_the_process),
		TEST(the_digest_covers_content_only),
		TEST(class_names_are_read_found_and_written),
		TEST(histories_are_kept_and_folded),
		TEST(image_sets_are_checked),
		TEST(an_empty_set_keeps_its_columns),
		TEST(halves_round_to_nearest_even),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
