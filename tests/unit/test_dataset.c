/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/dataset/internal.h"
#include "yc/mem.h"
#include "yc/rng.h"

/* Pickles, written here operation by operation as Python writes them. */

enum { PIXELS = 3072, ROWS_MAX = 3, ROOM = 1 << 16 };

/* Who writes: Python 2, or Python 3 with one of its protocols. */
enum style { PY2, PY3_2, PY3_3, PY3_4, STYLES };

struct recipe {
	enum style style;
	int rows, rows_told, width, nlabels;
	int32_t label; /* of the first image */
	bool fortran;
	const char *dtype, *module, *key;
};

static const struct recipe plain = {.rows = 2,
	.rows_told = 2,
	.width = PIXELS,
	.nlabels = 2,
	.label = 7,
	.dtype = "u1",
	.module = "numpy.core.multiarray",
	.key = "labels"};

struct buf {
	unsigned char p[ROOM];
	size_t n, pixels; /* where the pixels begin */
	enum style style;
	unsigned memo;
};

static void add(struct buf *b, const void *p, size_t n)
{
	assert_true(b->n + n <= ROOM);
	memcpy(b->p + b->n, p, n);
	b->n += n;
}

#define OP(b, literal) add(b, literal, sizeof(literal) - 1)

static void number(struct buf *b, uint64_t v, int n)
{
	for (int i = 0; i < n; i++, v >>= 8)
		add(b, &(unsigned char){(unsigned char)v}, 1);
}

static void put(struct buf *b)
{
	if (b->style == PY3_4) {
		OP(b, "\x94");
		return;
	}
	OP(b, "q");
	/* cPickle counts from 1, pickle from 0. */
	number(b, b->memo++ + (b->style == PY2), 1);
}

static void integer(struct buf *b, int32_t v)
{
	if (v >= 0 && v < 256) {
		OP(b, "K");
		number(b, (uint64_t)v, 1);
	} else if (v >= 0 && v < 65536) {
		OP(b, "M");
		number(b, (uint64_t)v, 2);
	} else {
		OP(b, "J");
		number(b, (uint64_t)v, 4);
	}
}

static void text(struct buf *b, const char *s)
{
	if (b->style == PY3_2 || b->style == PY3_3) {
		OP(b, "X");
		number(b, strlen(s), 4);
	} else {
		add(b, b->style == PY2 ? "U" : "\x8c", 1);
		number(b, strlen(s), 1);
	}
	add(b, s, strlen(s));
	put(b);
}

static void global(struct buf *b, const char *module, const char *name)
{
	if (b->style == PY3_4) {
		text(b, module);
		text(b, name);
		OP(b, "\x93");
	} else {
		OP(b, "c");
		add(b, module, strlen(module));
		OP(b, "\n");
		add(b, name, strlen(name));
		OP(b, "\n");
	}
	put(b);
}

static void bytes(struct buf *b, const unsigned char *p, size_t n)
{
	if (b->style == PY3_2) {
		size_t at;

		global(b, "_codecs", "encode");
		OP(b, "X\0\0\0\0");
		at = b->n;
		if (n > 1)
			b->pixels = at;
		for (size_t i = 0; i < n; i++) {
			if (p[i] >= 0x80)
				number(b, 0xc0 | p[i] >> 6, 1);
			number(b, p[i] < 0x80 ? p[i] : 0x80u | (p[i] & 0x3f), 1);
		}
		for (int i = 0; i < 4; i++)
			b->p[at - 4 + (size_t)i] = (unsigned char)((b->n - at) >> 8 * i);
		put(b);
		text(b, "latin1");
		OP(b, "\x86");
		put(b);
		OP(b, "R");
	} else if (n < 256) {
		add(b, b->style == PY2 ? "U" : "C", 1);
		number(b, n, 1);
		add(b, p, n);
	} else {
		add(b, b->style == PY2 ? "T" : "B", 1);
		number(b, n, 4);
		b->pixels = b->n;
		add(b, p, n);
	}
	put(b);
}

static unsigned char pixel(size_t i)
{
	return (unsigned char)(i * 37 + i / 256);
}

static void array(struct buf *b, const struct recipe *r)
{
	unsigned char pixels[ROWS_MAX * PIXELS];
	size_t n = (size_t)r->rows * PIXELS;

	for (size_t i = 0; i < n; i++)
		pixels[i] = pixel(i);
	global(b, r->module, "_reconstruct");
	global(b, "numpy", "ndarray");
	OP(b, "K\0\x85");
	put(b);
	bytes(b, (const unsigned char *)"b", 1);
	OP(b, "\x87");
	put(b);
	OP(b, "R");
	put(b);
	OP(b, "(K\1");
	integer(b, r->rows_told);
	integer(b, r->width);
	OP(b, "\x86");
	put(b);
	global(b, "numpy", "dtype");
	text(b, r->dtype);
	if (b->style == PY2)
		OP(b, "K\0K\1\x87");
	else
		OP(b, "\x89\x88\x87");
	put(b);
	OP(b, "R");
	put(b);
	OP(b, "(K\3");
	text(b, "|");
	OP(b, "NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t");
	put(b);
	OP(b, "b");
	add(b, r->fortran ? "\x88" : "\x89", 1);
	bytes(b, pixels, n);
	OP(b, "t");
	put(b);
	OP(b, "b");
}

static void begin(struct buf *b, enum style style)
{
	static const unsigned char protocol[STYLES] = {2, 2, 3, 4};

	*b = (struct buf){.style = style};
	OP(b, "\x80");
	add(b, &protocol[style], 1);
	if (style == PY3_4)
		OP(b, "\x95\0\0\0\0\0\0\0\0");
	OP(b, "}");
	put(b);
	OP(b, "(");
}

static void end(struct buf *b)
{
	OP(b, "u.");
	for (int i = 0; b->style == PY3_4 && i < 8; i++)
		b->p[3 + i] = (unsigned char)((b->n - 11) >> 8 * i);
}

static void batch(struct buf *b, const struct recipe *r)
{
	begin(b, r->style);
	text(b, "batch_label");
	text(b, "training batch 1 of 5");
	text(b, r->key);
	OP(b, "]");
	put(b);
	OP(b, "(");
	for (int i = 0; i < r->nlabels; i++)
		integer(b, i ? i : r->label);
	OP(b, "e");
	text(b, "data");
	array(b, r);
	text(b, "filenames");
	OP(b, "]");
	put(b);
	text(b, "cat.png");
	OP(b, "a");
	end(b);
}

/* From a copy of exactly n bytes, so that sanitizers see every byte read beyond them. */
static int unpickle(const unsigned char *p, size_t n, bool look)
{
	unsigned char *copy = malloc(n ? n : 1);
	struct yc_cifar_pickle out;
	unsigned sum = 0;
	int err;

	assert_non_null(copy);
	memcpy(copy, p, n);
	err = yc_cifar_unpickle(copy, n, &out);
	assert_true(err == YC_OK || err == YC_FAIL);
	for (size_t i = 0; err == YC_OK && i < out.rows * PIXELS; i++) {
		sum += out.pixels[i] ^ (unsigned)out.label[i / PIXELS];
		if (look)
			assert_int_equal(out.pixels[i], pixel(i));
	}
	if (err < 0) {
		assert_null(out.label);
		assert_null(out.own);
	}
	/* Used, so that the reads above are not optimised away. */
	assert_true(sum <= UINT32_MAX);
	yc_cifar_pickle_release(&out);
	free(copy);
	return err;
}

static void refuses(const struct recipe *r, const char *why)
{
	static struct buf b;

	batch(&b, r);
	assert_int_equal(unpickle(b.p, b.n, false), YC_FAIL);
	if (!strstr(yc_errmsg(), why))
		fail_msg("'%s' expected in '%s'", why, yc_errmsg());
}

static void test_styles(void **state)
{
	static struct buf b;
	struct yc_cifar_pickle out;
	struct recipe r = plain;

	(void)state;
	for (int style = 0; style < STYLES; style++) {
		r.style = (enum style)style;
		batch(&b, &r);
		assert_int_equal(unpickle(b.p, b.n, true), YC_OK);
		assert_int_equal(yc_cifar_unpickle(b.p, b.n, &out), YC_OK);
		assert_int_equal(out.rows, 2);
		assert_int_equal(out.label[0], 7);
		assert_int_equal(out.label[1], 1);
		/* Borrowed where the bytes are there as they are. */
		if (style == PY3_2)
			assert_ptr_equal(out.pixels, out.own);
		else
			assert_ptr_equal(out.pixels, b.p + b.pixels);
		yc_cifar_pickle_release(&out);
		yc_cifar_pickle_release(&out);
	}
}

static void test_variants(void **state)
{
	static struct buf b;
	struct recipe r = plain;

	(void)state;
	r.module = "numpy._core.multiarray";
	r.key = "fine_labels";
	r.dtype = "|u1";
	batch(&b, &r);
	assert_int_equal(unpickle(b.p, b.n, true), YC_OK);
	/* A label out of range is for the caller to judge: it knows the classes. */
	r.label = -1;
	batch(&b, &r);
	assert_int_equal(unpickle(b.p, b.n, true), YC_OK);
}

static void test_wrong_content(void **state)
{
	(void)state;
	for (int i = 0; i < STYLES; i++) {
		struct recipe style = plain, r;

		style.style = (enum style)i;
		r = style;
		r.rows_told = 3;
		refuses(&r, i == PY3_2 ? "fewer bytes than its shape"
				       : "does not match its shape");
		r.rows_told = 0;
		refuses(&r, "does not match its shape");
		r.rows_told = -2;
		refuses(&r, "not the state of an array");
		r.rows_told = INT32_MAX;
		refuses(&r, "does not match its shape");
		r = style;
		r.rows_told = 1;
		refuses(&r, "does not match its shape");
		r = style;
		r.width = 1024;
		refuses(&r, "does not match its shape");
		r.rows_told *= 3;
		refuses(&r, "shape of the array is not rows x 3072");
		r = style;
		r.fortran = true;
		refuses(&r, "Fortran");
		r = style;
		r.dtype = "f4";
		refuses(&r, "does not match its shape");
		r.dtype = "i1";
		refuses(&r, "unsigned bytes");
		r.dtype = "O8";
		refuses(&r, "no array 'data'");
		r = style;
		r.nlabels = 1;
		refuses(&r, "2 images but 1 labels");
		r = style;
		r.key = "titles";
		refuses(&r, "no list 'labels'");
		r = style;
		r.module = "os";
		refuses(&r, "no array 'data'");
	}
}

/* Pixels that protocol 2 of Python 3 holds as text. */
static void test_wrong_text(void **state)
{
	static struct buf b;
	struct recipe r = plain;
	size_t high;

	(void)state;
	r.style = PY3_2;
	batch(&b, &r);
	for (high = b.pixels; b.p[high] < 0x80; high++)
		;
	b.p[high]++; /* from C2 to C3: another pixel */
	assert_int_equal(unpickle(b.p, b.n, false), YC_OK);
	b.p[high] = 0xc4; /* beyond Latin-1 */
	assert_int_equal(unpickle(b.p, b.n, false), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "not Latin-1 text"));
	b.p[high] = 0xc2;
	b.p[high + 1] = 'a';
	assert_int_equal(unpickle(b.p, b.n, false), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "not Latin-1 text"));
	b.p[high] = 'a';
	assert_int_equal(unpickle(b.p, b.n, false), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "more bytes than its shape"));
}

static void test_names(void **state)
{
	static struct buf b;
	struct yc_names names;

	(void)state;
	for (int style = 0; style < STYLES; style++) {
		begin(&b, (enum style)style);
		text(&b, style % 2 ? "label_names" : "fine_label_names");
		OP(&b, "](");
		text(&b, "ant");
		text(&b, "\"b\"");
		text(&b, "caf\xc3\xa9");
		OP(&b, "e");
		end(&b);
		assert_int_equal(yc_cifar_unpickle_names(b.p, b.n, &names), YC_OK);
		assert_int_equal(names.n, 3);
		assert_string_equal(yc_names_of(&names, 0), "ant");
		assert_string_equal(yc_names_of(&names, 1), "\"b\"");
		assert_string_equal(yc_names_of(&names, 2), "caf\xc3\xa9");
		yc_names_release(&names);
	}
	batch(&b, &plain);
	assert_int_equal(yc_cifar_unpickle_names(b.p, b.n, &names), YC_OK);
	assert_int_equal(names.n, 0);
	begin(&b, PY2);
	text(&b, "label_names");
	OP(&b, "](");
	text(&b, "\xff\xfe");
	OP(&b, "e");
	end(&b);
	assert_int_equal(yc_cifar_unpickle_names(b.p, b.n, &names), YC_FAIL);
	assert_int_equal(names.n, 0);
}

#define FROM_BUFFER "cnumpy.core.numeric\n_frombuffer\n"
#define F4 "cnumpy\ndtype\n(U\2f4\x89\x88tR"
/* Hostile programs, behind the bytes of protocol 2, and a part of the message. */
#define HOSTILE(literal, why) \
	{ \
		literal, sizeof(literal) - 1, why \
	}
static const struct {
	const char *p;
	size_t n;
	const char *why;
} hostile[] = {
	HOSTILE("", "byte 2: ends without a STOP"),
	HOSTILE("N.", "does not contain a dict"),
	HOSTILE("}", "byte 3: ends without"),
	HOSTILE(".", "byte 2: opcode 0x2e: does not end with exactly one value"),
	HOSTILE("}}.", "with exactly one value"),
	HOSTILE("}(.", "with exactly one value"),
	HOSTILE("}.}", "bytes follow the end"),
	HOSTILE("}\x80\2.", "byte 3: opcode 0x80: not at the beginning"),
	/* Operations that call, import or write text are not there. */
	HOSTILE("cos\nsystem\n", "ends without a STOP"),
	HOSTILE("cos\nsystem\n(U\2lstR.", "does not contain a dict"),
	HOSTILE("c__builtin__\neval\n(U\0011tR}b.", "does not contain a dict"),
	HOSTILE("ctorch\nFloatStorage\n(tR.", "calls what cannot be called"),
	HOSTILE("(U\7storagectorch\nFloatStorage\nU\1aU\1bJ\xff\xff\xff\xfftQ.",
		"not a reference to a storage"),
	HOSTILE("(U\7storagecnumpy\nndarray\nU\1aU\1bK\1tQ.", "not a storage class"),
	HOSTILE("cnumpy\nndarray", "byte 2: opcode 0x63: runs past"),
	HOSTILE("c", "runs past the end"),
	HOSTILE("I42\n.", "opcode 0x49: not known"),
	HOSTILE("S'a'\n.", "opcode 0x53: not known"),
	HOSTILE("G\0\0\0\0\0\0\0\0.", "does not contain a dict"),
	HOSTILE("G\0\0\0.", "opcode 0x47: runs past"),
	HOSTILE("}}\x81.", "opcode 0x81: calls what cannot be called"),
	HOSTILE("\x82\1.", "opcode 0x82: not known"),
	HOSTILE("Pid\n.", "opcode 0x50: not known"),
	HOSTILE("NQ.", "opcode 0x51: not a reference to a storage"),
	HOSTILE("\x8f.", "opcode 0x8f: not known"),
	HOSTILE("N0.", "opcode 0x30: not known"),
	HOSTILE("\0", "byte 2: opcode 0x00: not known"),
	/* Arrays of buffers. */
	HOSTILE(FROM_BUFFER "(tR.", "not the parts of an array"),
	HOSTILE(FROM_BUFFER "(U\4abcd" F4 "K\2\x85U\1CtR.", "does not match its shape"),
	HOSTILE(FROM_BUFFER "(U\4abcd" F4 "J\xff\xff\xff\xff\x85U\1CtR.",
		"not the shape of an array"),
	HOSTILE(FROM_BUFFER "(U\4abcdNK\1\x85U\1CtR.", "not the parts of an array"),
	HOSTILE(FROM_BUFFER "(K\4" F4 "K\1\x85U\1CtR.", "does not match its shape"),
	HOSTILE(FROM_BUFFER "(U\4abcd" F4 "J\0\0\0\x40J\0\0\0\x40"
			    "J\0\0\0\x40\x87U\1CtR.",
		"does not match its shape"),
	/* Lengths. */
	HOSTILE("\x96\6\0\0\0\0\0\0\0abcd.", "runs past the end"),
	HOSTILE("\x96\xff\xff\xff\xff\xff\xff\xff\xff.", "runs past the end"),
	HOSTILE("T\xff\xff\xff\xff", "a negative length"),
	HOSTILE("T\0\0\0\x80", "a negative length"),
	HOSTILE("T\xff\xff\xff\x7f", "runs past the end"),
	HOSTILE("B\xff\xff\xff\xff", "runs past the end"),
	HOSTILE("X\2\0\0\0a", "runs past the end"),
	HOSTILE("U\2a", "runs past the end"),
	HOSTILE("C\1", "runs past the end"),
	HOSTILE("\x8c\1", "runs past the end"),
	HOSTILE("T\1\0", "runs past the end"),
	HOSTILE("J\1\0\0", "runs past the end"),
	HOSTILE("\x8a\x09\1\1\1\1\1\1\1\1\1.", "more than 8 bytes"),
	HOSTILE("\x8a\x08\1", "runs past the end"),
	HOSTILE("\x95\xff\xff\xff\xff\xff\xff\xff\xff.", "runs past the end"),
	/* The memo. */
	HOSTILE("h\0.", "the memo does not have"),
	HOSTILE("}q\1h\0.", "the memo does not have"),
	HOSTILE("}h\xff.", "the memo does not have"),
	HOSTILE("}j\xff\xff\xff\xff.", "the memo does not have"),
	HOSTILE("}r\xff\xff\xff\xff.", "larger memo"),
	HOSTILE("q\0.", "empty stack"),
	HOSTILE("\x94.", "empty stack"),
	HOSTILE("}(q\0.", "empty stack"),
	/* The stack: nothing below a mark may be taken. */
	HOSTILE("}(a.", "empty stack"),
	HOSTILE("](Na.", "empty stack"),
	HOSTILE("]a.", "empty stack"),
	HOSTILE("NNa.", "no list to append to"),
	HOSTILE("](N(e.", "no list to append to"),
	HOSTILE("]((e.", "no list to append to"),
	HOSTILE("(e.", "no list to append to"),
	HOSTILE("]e.", "no mark"),
	HOSTILE("}u.", "no mark"),
	HOSTILE("t.", "no mark"),
	HOSTILE("}(Nu.", "a key without a value"),
	HOSTILE("](NNu.", "no dict to add to"),
	HOSTILE("]NNs.", "no dict to add to"),
	HOSTILE("}Ns.", "empty stack"),
	HOSTILE("\x85.", "empty stack"),
	HOSTILE("NN\x87.", "empty stack"),
	HOSTILE("N(\x85.", "empty stack"),
	HOSTILE("R.", "empty stack"),
	HOSTILE(")R.", "empty stack"),
	HOSTILE("N)R.", "calls what cannot be called"),
	HOSTILE("})R.", "calls what cannot be called"),
	HOSTILE("cnumpy\nndarray\n)R.", "calls what cannot be called"),
	HOSTILE("b.", "empty stack"),
	HOSTILE("}b.", "empty stack"),
	HOSTILE("}Nb.", "no array 'data'"), /* of a state_dict: nothing happens */
	HOSTILE("NNb.", "sets the state"),
	HOSTILE("NN\x93.", "a name that is not a string"),
	/* Calls that NumPy never wrote. */
	HOSTILE("c_codecs\nencode\n)R.", "latin1"),
	HOSTILE("c_codecs\nencode\nNN\x86R.", "latin1"),
	HOSTILE("c_codecs\nencode\nX\0\0\0\0X\5\0\0\0utf-8\x86R.", "latin1"),
	HOSTILE("c_codecs\nencode\nNR.", "latin1"),
	HOSTILE("cnumpy\ndtype\n)R.", "not a dtype"),
	HOSTILE("cnumpy\ndtype\nU\2O8K\0K\1\x87R.", "does not contain a dict"),
	HOSTILE("cnumpy\ndtype\nU\2f4K\0K\1\x87R)b.", "not the state of a dtype"),
	HOSTILE("cnumpy.core.multiarray\n_reconstruct\n)R.", "not a plain array"),
	HOSTILE("cnumpy.core.multiarray\n_reconstruct\nNNN\x87R.", "not a plain array"),
};

static void test_hostile(void **state)
{
	unsigned char p[256] = {0x80, 2};

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		assert_true(hostile[i].n + 2 <= sizeof(p));
		memcpy(p + 2, hostile[i].p, hostile[i].n);
		assert_int_equal(unpickle(p, hostile[i].n + 2, false), YC_FAIL);
		if (!strstr(yc_errmsg(), hostile[i].why))
			fail_msg("%zu: '%s' expected in '%s'", i, hostile[i].why,
				yc_errmsg());
	}
	assert_int_equal(unpickle((const unsigned char *)"\x80\1}.", 4, false), YC_FAIL);
	assert_int_equal(unpickle((const unsigned char *)"\x80\6}.", 4, false), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "protocol"));
	assert_int_equal(unpickle((const unsigned char *)"<!DOCTYPE", 9, false), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "does not begin like"));
	assert_int_equal(unpickle((const unsigned char *)"", 0, false), YC_FAIL);
}

/* `head`, then `again` n times, must be refused for this reason. */
static void repeated(
	const char *head, const char *again, size_t n, const char *tail, const char *why)
{
	size_t h = strlen(head), a = strlen(again), t = strlen(tail),
	       size = 2 + h + n * a + t;
	unsigned char *p = malloc(size);

	assert_non_null(p);
	memcpy(p, "\x80\2", 2);
	memcpy(p + 2, head, h);
	for (size_t i = 0; i < n; i++)
		memcpy(p + 2 + h + i * a, again, a);
	memcpy(p + 2 + h + n * a, tail, t);
	assert_int_equal(unpickle(p, size, false), YC_FAIL);
	if (!strstr(yc_errmsg(), why))
		fail_msg("'%s' expected in '%s'", why, yc_errmsg());
	free(p);
}

static void test_floods(void **state)
{
	(void)state;
	repeated("", "(", 65, ".", "nested deeper");
	repeated("", "N", 100000, ".", "more values on the stack");
	repeated("]", "]a", 100000, ".", "more containers");
	repeated("]", "Na", 1100000, ".", "more items");
	/* Depth costs nothing, and what refers to itself is never walked. */
	repeated(")", "\x85", 60000, ".", "does not contain a dict");
	repeated("]q\1", "h\1a", 1000, ".", "does not contain a dict");
	repeated("}q\1", "h\1h\1s", 1000, ".", "no array 'data'");
}

static void test_array_without_state(void **state)
{
	static struct buf b;

	(void)state;
	begin(&b, PY2);
	text(&b, "data");
	global(&b, "numpy.core.multiarray", "_reconstruct");
	global(&b, "numpy", "ndarray");
	OP(&b, "NN\x87R");
	text(&b, "labels");
	OP(&b, "]");
	end(&b);
	assert_int_equal(unpickle(b.p, b.n, false), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "no array 'data'"));
}

static void test_cut_anywhere(void **state)
{
	static struct buf b;
	struct recipe r = plain;

	(void)state;
	r.rows = r.rows_told = r.nlabels = 1;
	for (int style = 0; style < STYLES; style++) {
		r.style = (enum style)style;
		batch(&b, &r);
		for (size_t n = 0; n < b.n; n++)
			assert_int_equal(unpickle(b.p, n, false), YC_FAIL);
		assert_int_equal(unpickle(b.p, b.n, true), YC_OK);
	}
}

static void test_flips(void **state)
{
	static struct buf b, flipped;
	struct yc_rng rng = yc_rng_new(3, "flips");
	struct recipe r = plain;

	(void)state;
	r.rows = r.rows_told = r.nlabels = 1;
	for (int i = 0; i < 10000; i++) {
		if (i % 2500 == 0) {
			r.style = (enum style)(i / 2500);
			batch(&b, &r);
		}
		flipped = b;
		for (uint32_t k = 1 + yc_rng_below(&rng, 3); k > 0; k--) {
			size_t at = yc_rng_below(&rng, (uint32_t)b.n);

			/* Most of a batch are pixels, which may be anything: rather hit
			 * programs. */
			if (b.pixels && at >= b.pixels && at < b.pixels + PIXELS && k > 1)
				at = yc_rng_below(&rng, (uint32_t)b.pixels);
			flipped.p[at] ^= (unsigned char)(1 + yc_rng_below(&rng, 255));
		}
		(void)unpickle(flipped.p, flipped.n, false);
	}
}

/* Rows that yc-load keeps. */

enum { N = 12, CLASSES = 4 };

static void make(struct yc_set *s)
{
	static const int64_t label[N] = {0, 1, 2, 3, 3, 2, 1, 0, 0, 0, 1, 3};
	uint64_t image[4] = {N, 1, 2, 2};
	int64_t id[N];

	*s = (struct yc_set){.head = {.classes = CLASSES, .side = 2, .factor = 1}};
	for (int i = 0; i < N; i++)
		id[i] = i;
	assert_int_equal(yc_head_store(&s->head, &s->meta), YC_OK);
	assert_non_null(yc_set_put(s, "image", YC_U8, 4, image, NULL));
	assert_non_null(yc_set_put(s, "label", YC_I64, 1, image, label));
	assert_non_null(yc_set_put(s, "id", YC_I64, 1, image, id));
}

static void picks(struct yc_load_rows rows, const char *ids)
{
	struct yc_set all, some = {0};
	char got[128] = "";
	size_t n = 0;

	make(&all);
	assert_int_equal(yc_load_pick(&some, &all, &rows), YC_OK);
	assert_int_equal(some.head.classes, CLASSES);
	for (size_t i = 0; i < some.rows; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%d ",
			(int)((const int64_t *)yc_set_col(&some, "id")->data)[i]);
	assert_string_equal(got, ids);
	yc_set_release(&some);
	yc_set_release(&all);
}

static void test_pick(void **state)
{
	(void)state;
	picks((struct yc_load_rows){0}, "0 1 2 3 4 5 6 7 8 9 10 11 ");
	picks((struct yc_load_rows){.classes = "2"}, "2 5 ");
	picks((struct yc_load_rows){.classes = "3,0-1"}, "0 1 3 4 6 7 8 9 10 11 ");
	picks((struct yc_load_rows){.per_class = 2}, "0 1 2 3 4 5 6 7 ");
	picks((struct yc_load_rows){.per_class = 1, .classes = "0-0,1"}, "0 1 ");
}

static void test_pick_bad_lists(void **state)
{
	static const char *const lists[] = {"", "a", "4", "0-4", "-1", "0-", "3-1", "0,",
		",0", "0 1", "0;1", "+1", "0-1-2", "99999999999999999999"};
	struct yc_set all, some = {0};

	(void)state;
	make(&all);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct yc_load_rows rows = {.classes = lists[i]};

		assert_int_equal(yc_load_pick(&some, &all, &rows), YC_USAGE);
		assert_non_null(strstr(yc_errmsg(), "--classes"));
		assert_int_equal(some.rows, 0);
	}
	yc_set_release(&all);
}

static void test_pick_shuffled(void **state)
{
	struct yc_load_rows rows = {.shuffle = true, .seed = 1};
	struct yc_set all, a = {0}, b = {0}, c = {0};
	const int64_t *id;
	unsigned seen = 0;

	(void)state;
	make(&all);
	assert_int_equal(yc_load_pick(&a, &all, &rows), YC_OK);
	assert_int_equal(yc_load_pick(&b, &all, &rows), YC_OK);
	rows.seed = 2;
	assert_int_equal(yc_load_pick(&c, &all, &rows), YC_OK);
	id = yc_set_col(&a, "id")->data;
	for (int i = 0; i < N; i++) {
		seen |= 1u << id[i];
		assert_int_equal(((const int64_t *)yc_set_col(&a, "label")->data)[i],
			((const int64_t *)yc_set_col(&all, "label")->data)[id[i]]);
	}
	assert_int_equal(seen, (1u << N) - 1);
	assert_memory_equal(id, yc_set_col(&b, "id")->data, N * sizeof(*id));
	assert_memory_not_equal(id, yc_set_col(&c, "id")->data, N * sizeof(*id));
	assert_memory_not_equal(id, yc_set_col(&all, "id")->data, N * sizeof(*id));
	yc_set_release(&a);
	yc_set_release(&b);
	yc_set_release(&c);
	yc_set_release(&all);
}

static int normalise(struct yc_set *s, const char *mean, const char *std)
{
	const struct yc_load what = {.threads = 1, .mean = mean, .std = std};

	return yc_load_normalisation(s, NULL, &what);
}

static void constants_of_normalised_values_stay(void **state)
{
	struct yc_set s = {.head = {.classes = 2,
				   .side = 8,
				   .factor = 1,
				   .nmean = 1,
				   .mean = {0.5},
				   .std = {0.25}}};

	(void)state;
	assert_int_equal(yc_head_store(&s.head, &s.meta), YC_OK);
	assert_int_equal(normalise(&s, "0.4", NULL), YC_OK);
	assert_true(s.head.mean[0] == 0.4 && s.head.std[0] == 0.25);
	assert_int_equal(normalise(&s, NULL, "0.1,0.1"), YC_USAGE);
	assert_int_equal(yc_meta_set(&s.meta, "yc.normalised", "1"), YC_OK);
	assert_int_equal(normalise(&s, NULL, "0.1"), YC_USAGE);
	assert_int_equal(normalise(&s, "auto", NULL), YC_USAGE);
	yc_meta_release(&s.meta);
}

/* Two images of 1x2 pixels and two channels; the second channel is constant. */
static void constants_are_computed_where_none_are_known(void **state)
{
	const uint64_t shape[] = {2, 2, 1, 2};
	const uint8_t bytes[] = {0, 51, 255, 255, 102, 153, 255, 255};
	const float floats[] = {0, 0.2F, 1, 1, 0.4F, 0.6F, 1, 1};

	(void)state;
	for (int form = 0; form < 2; form++) {
		struct yc_set s = {.head = {.classes = 2, .side = 2, .factor = 1}};

		assert_int_equal(yc_head_store(&s.head, &s.meta), YC_OK);
		assert_non_null(yc_set_put(&s, "image", form ? YC_F32 : YC_U8, 4, shape,
			form ? (const void *)floats : (const void *)bytes));
		assert_int_equal(normalise(&s, NULL, NULL), YC_OK);
		assert_string_equal(yc_meta_get(&s.meta, "yc.mean"), "0.3,1");
		/* sqrt(0.05); of a constant, 1 */
		assert_string_equal(yc_meta_get(&s.meta, "yc.std"), "0.223607,1");
		assert_int_equal(normalise(&s, NULL, "0.5,0.5"), YC_OK);
		assert_int_equal(normalise(&s, "auto", NULL), YC_OK);
		assert_string_equal(yc_meta_get(&s.meta, "yc.mean"), "0.3,1");
		assert_string_equal(yc_meta_get(&s.meta, "yc.std"), "0.5,0.5");
		yc_set_release(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constants_of_normalised_values_stay),
		cmocka_unit_test(constants_are_computed_where_none_are_known),
		cmocka_unit_test(test_styles),
		cmocka_unit_test(test_variants),
		cmocka_unit_test(test_wrong_content),
		cmocka_unit_test(test_wrong_text),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_array_without_state),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_flips),
		cmocka_unit_test(test_pick),
		cmocka_unit_test(test_pick_bad_lists),
		cmocka_unit_test(test_pick_shuffled),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
