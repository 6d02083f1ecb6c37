/* SPDX-License-Identifier: MIT */
/*
 * Pickles: those of CIFAR's Python distribution, protocol 2 as written by Python 2, and
 * protocols 2 to 5 as written by Python 3, with NumPy arrays and PyTorch tensors. A
 * pickle is a program for a stack machine; this machine never calls or imports anything.
 * A fixed set of names makes arrays and tensors; any other name gives an opaque value.
 *
 * Strings stay where they are in the input, containers are lists of cells, and nothing
 * recurses, so nesting costs no stack. Everything that a pickle pushes, stores or
 * memoises takes at least one of its bytes: capacity for the smaller of its size and a
 * limit is allocated once and never grows.
 */
#include <string.h>

#include "lib/tensorfile/pickle.h"
#include "yc/mem.h"

enum {
	STACK_MAX = 1
		    /* values on the stack; picklers append to lists in batches of 1000 */
		    << 16,
	CELLS_MAX = 1 << 20, /* items of all containers; CIFAR-100 has 150,000 labels and
				names */
	BOXES_MAX = 1 << 16,
	TENSORS_MAX = 1 << 12, /* also the maximum of storages */
	MEMO_MAX = 1 << 20
};

/* The supported operations, named as in Python's pickletools. */
enum op {
	PROTO = 0x80,
	FRAME = 0x95,
	STOP = '.',
	MARK = '(',
	NONE = 'N',
	NEWTRUE = 0x88,
	NEWFALSE = 0x89,
	BINFLOAT = 'G',
	BININT = 'J',
	BININT1 = 'K',
	BININT2 = 'M',
	LONG1 = 0x8a,
	BINUNICODE = 'X',
	SHORT_BINUNICODE = 0x8c,
	BINUNICODE8 = 0x8d,
	BINSTRING = 'T',
	SHORT_BINSTRING = 'U',
	BINBYTES = 'B',
	SHORT_BINBYTES = 'C',
	BINBYTES8 = 0x8e,
	BYTEARRAY8 = 0x96,
	EMPTY_LIST = ']',
	APPEND = 'a',
	APPENDS = 'e',
	EMPTY_DICT = '}',
	SETITEM = 's',
	SETITEMS = 'u',
	EMPTY_TUPLE = ')',
	TUPLE = 't',
	TUPLE1 = 0x85,
	TUPLE2 = 0x86,
	TUPLE3 = 0x87,
	BINPUT = 'q',
	LONG_BINPUT = 'r',
	MEMOIZE = 0x94,
	BINGET = 'h',
	LONG_BINGET = 'j',
	GLOBAL = 'c',
	STACK_GLOBAL = 0x93,
	REDUCE = 'R',
	NEWOBJ = 0x81,
	BUILD = 'b',
	BINPERSID = 'Q'
};

const unsigned char yc_pickle_legacy[15] = {0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46,
	0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};

int yc_pickle_bad(const struct yc_pickle *m, const char *why)
{
	(void)yc_fail(
		YC_FAIL, "pickle: byte %zu: opcode 0x%02x: %s", m->op_at, m->op, why);
	return YC_FAIL; /* a constant, so that the compiler knows which results are set */
}

int yc_pickle_odd(const char *why)
{
	return yc_fail(YC_FAIL, "pickle: %s", why);
}

/* Reading */

static int take(struct yc_pickle *m, size_t n, size_t *at)
{
	if (n > m->n - m->at)
		return yc_pickle_bad(m, "runs past the end of the pickle");
	*at = m->at;
	m->at += n;
	return YC_OK;
}

/* A little-endian number of n <= 8 bytes. */
static int take_number(struct yc_pickle *m, size_t n, uint64_t *number)
{
	size_t at;

	if (take(m, n, &at) < 0)
		return YC_FAIL;
	*number = 0;
	for (size_t i = n; i-- > 0;)
		*number = *number << 8 | m->data[at + i];
	return YC_OK;
}

/* Two's complement of n bytes, 0 <= n <= 8. */
static int64_t as_signed(uint64_t number, size_t n)
{
	if (n > 0 && n < 8 && number >> (8 * n - 1))
		number |= UINT64_MAX << (8 * n);
	return (int64_t)number;
}

int yc_pickle_take_line(struct yc_pickle *m, size_t *at, size_t *n)
{
	const unsigned char *end = memchr(m->data + m->at, '\n', m->n - m->at);

	if (!end)
		return yc_pickle_bad(m, "runs past the end of the pickle");
	*at = m->at;
	*n = (size_t)(end - m->data) - m->at;
	m->at += *n + 1;
	return YC_OK;
}

bool yc_pickle_same_text(const struct yc_pickle *m, size_t at, size_t n, const char *text)
{
	return n == strlen(text) && memcmp(m->data + at, text, n) == 0;
}

bool yc_pickle_is_string(const struct yc_pickle_value *v)
{
	return v->kind == V_TEXT || v->kind == V_BYTES || v->kind == V_LATIN1;
}

bool yc_pickle_is_text(
	const struct yc_pickle *m, const struct yc_pickle_value *v, const char *text)
{
	return yc_pickle_is_string(v) && yc_pickle_same_text(m, v->at, v->n, text);
}

/* Operations */

static int do_number(struct yc_pickle *m, size_t n, bool with_sign)
{
	struct yc_pickle_value v = {.kind = V_INT};
	uint64_t number;

	if (n > 8)
		return yc_pickle_bad(m, "a number of more than 8 bytes");
	if (take_number(m, n, &number) < 0)
		return YC_FAIL;
	v.number = with_sign ? as_signed(number, n) : (int64_t)number;
	return yc_pickle_push(m, v);
}

static int do_long(struct yc_pickle *m)
{
	uint64_t n;

	return take_number(m, 1, &n) < 0 ? YC_FAIL : do_number(m, n, true);
}

/* A string after its length of `width` bytes. */
static int do_string(struct yc_pickle *m, enum yc_pickle_kind kind, size_t width)
{
	struct yc_pickle_value v = {.kind = kind};
	uint64_t n;
	size_t at;

	if (take_number(m, width, &n) < 0)
		return YC_FAIL;
	/* Only BINSTRING has a signed length. */
	if (m->op == BINSTRING && n > INT32_MAX)
		return yc_pickle_bad(m, "a negative length");
	if (take(m, n, &at) < 0)
		return YC_FAIL;
	v.n = (uint32_t)n;
	v.at = at;
	return yc_pickle_push(m, v);
}

static int do_mark(struct yc_pickle *m)
{
	if (m->marks == YC_PICKLE_MARKS)
		return yc_pickle_bad(m, "nested deeper than any pickle read here");
	m->mark[m->marks++] = m->depth;
	return YC_OK;
}

static int do_put(struct yc_pickle *m, uint64_t place)
{
	if (yc_pickle_within_mark(m) == 0)
		return yc_pickle_bad(m, "pops from an empty stack");
	if (place >= m->memo_room)
		return yc_pickle_bad(m, "a larger memo than any pickle read here has");
	if (m->memo[place].kind == V_UNSET)
		m->memo_set++;
	m->memo[place] = m->stack[m->depth - 1];
	return YC_OK;
}

static int do_put_at(struct yc_pickle *m, size_t width)
{
	uint64_t place;

	return take_number(m, width, &place) < 0 ? YC_FAIL : do_put(m, place);
}

static int do_get(struct yc_pickle *m, size_t width)
{
	uint64_t place;

	if (take_number(m, width, &place) < 0)
		return YC_FAIL;
	if (place >= m->memo_room || m->memo[place].kind == V_UNSET)
		return yc_pickle_bad(m, "gets an entry that the memo does not have");
	return yc_pickle_push(m, m->memo[place]);
}

static int do_add(struct yc_pickle *m, enum yc_pickle_kind kind, size_t items)
{
	/* One more for the container itself. */
	if (yc_pickle_within_mark(m) < items + 1)
		return yc_pickle_bad(m, "pops from an empty stack");
	return yc_pickle_add_items(m, kind, m->depth - items);
}

static int do_add_many(struct yc_pickle *m, enum yc_pickle_kind kind)
{
	size_t from;

	return yc_pickle_take_mark(m, &from) < 0 ? YC_FAIL
						 : yc_pickle_add_items(m, kind, from);
}

static int do_tuple(struct yc_pickle *m, size_t n)
{
	if (yc_pickle_within_mark(m) < n)
		return yc_pickle_bad(m, "pops from an empty stack");
	return yc_pickle_push_tuple(m, m->depth - n);
}

static int do_tuple_of_mark(struct yc_pickle *m)
{
	size_t from;

	return yc_pickle_take_mark(m, &from) < 0 ? YC_FAIL
						 : yc_pickle_push_tuple(m, from);
}

static int do_proto(struct yc_pickle *m)
{
	uint64_t version;

	if (take_number(m, 1, &version) < 0)
		return YC_FAIL;
	if (m->op_at != 0)
		return yc_pickle_bad(m, "not at the beginning");
	if (version < 2 || version > 5)
		return yc_pickle_bad(m, "a protocol other than 2 to 5");
	return YC_OK;
}

static int do_frame(struct yc_pickle *m)
{
	uint64_t n;

	if (take_number(m, 8, &n) < 0)
		return YC_FAIL;
	/* Frames are hints for buffering; only their bounds are checked. */
	return n > m->n - m->at ? yc_pickle_bad(m, "runs past the end of the pickle")
				: YC_OK;
}

static int do_stop(struct yc_pickle *m)
{
	if (m->marks || m->depth != 1)
		return yc_pickle_bad(m, "does not end with exactly one value");
	m->stopped = true;
	return YC_OK;
}

/* The only number that is big-endian. */
static int do_float(struct yc_pickle *m)
{
	struct yc_pickle_value v = {.kind = V_FLOAT};
	uint64_t bits = 0;
	size_t at;

	if (take(m, 8, &at) < 0)
		return YC_FAIL;
	for (size_t i = 0; i < 8; i++)
		bits = bits << 8 | m->data[at + i];
	memcpy(&v.real, &bits, sizeof v.real);
	return yc_pickle_push(m, v);
}

static int do_string_op(struct yc_pickle *m)
{
	switch (m->op) {
	case BINUNICODE:
		return do_string(m, V_TEXT, 4);
	case SHORT_BINUNICODE:
		return do_string(m, V_TEXT, 1);
	case BINUNICODE8:
		return do_string(m, V_TEXT, 8);
	case BINSTRING:
	case BINBYTES:
		return do_string(m, V_BYTES, 4);
	case BINBYTES8:
	case BYTEARRAY8:
		return do_string(m, V_BYTES, 8);
	default:
		return do_string(m, V_BYTES, 1);
	}
}

static int do_container_op(struct yc_pickle *m)
{
	switch (m->op) {
	case EMPTY_LIST:
		return yc_pickle_push_empty(m, V_LIST);
	case EMPTY_DICT:
		return yc_pickle_push_empty(m, V_DICT);
	case EMPTY_TUPLE:
		return do_tuple(m, 0);
	case TUPLE1:
	case TUPLE2:
	case TUPLE3:
		return do_tuple(m, m->op - TUPLE1 + 1);
	case TUPLE:
		return do_tuple_of_mark(m);
	case APPEND:
		return do_add(m, V_LIST, 1);
	case SETITEM:
		return do_add(m, V_DICT, 2);
	case APPENDS:
		return do_add_many(m, V_LIST);
	default:
		return do_add_many(m, V_DICT);
	}
}

static int do_op(struct yc_pickle *m)
{
	switch (m->op) {
	case PROTO:
		return do_proto(m);
	case FRAME:
		return do_frame(m);
	case STOP:
		return do_stop(m);
	case MARK:
		return do_mark(m);
	case NONE:
		return yc_pickle_push(m, (struct yc_pickle_value){.kind = V_NONE});
	case NEWTRUE:
	case NEWFALSE:
		return yc_pickle_push(m, (struct yc_pickle_value){.kind = V_BOOL,
						 .number = m->op == NEWTRUE});
	case BINFLOAT:
		return do_float(m);
	case BININT:
		return do_number(m, 4, true);
	case BININT1:
		return do_number(m, 1, false);
	case BININT2:
		return do_number(m, 2, false);
	case LONG1:
		return do_long(m);
	case BINUNICODE:
	case SHORT_BINUNICODE:
	case BINUNICODE8:
	case BINSTRING:
	case SHORT_BINSTRING:
	case BINBYTES:
	case SHORT_BINBYTES:
	case BINBYTES8:
	case BYTEARRAY8:
		return do_string_op(m);
	case EMPTY_LIST:
	case EMPTY_DICT:
	case EMPTY_TUPLE:
	case TUPLE:
	case TUPLE1:
	case TUPLE2:
	case TUPLE3:
	case APPEND:
	case APPENDS:
	case SETITEM:
	case SETITEMS:
		return do_container_op(m);
	case BINPUT:
		return do_put_at(m, 1);
	case LONG_BINPUT:
		return do_put_at(m, 4);
	case MEMOIZE:
		return do_put(m, m->memo_set);
	case BINGET:
		return do_get(m, 1);
	case LONG_BINGET:
		return do_get(m, 4);
	case GLOBAL:
		return yc_pickle_global(m);
	case STACK_GLOBAL:
		return yc_pickle_stack_global(m);
	case REDUCE:
	case NEWOBJ:
		return yc_pickle_reduce(m);
	case BUILD:
		return yc_pickle_build(m);
	case BINPERSID:
		return yc_pickle_persistent_id(m);
	default:
		return yc_pickle_bad(m, "not known");
	}
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* What a pickle of n bytes may need: of a large one, which is mostly elements of tensors,
 * a sixteenth of its size, up to 256 times the limit. */
static size_t capacity(size_t n, size_t most, bool large)
{
	size_t usual = smaller(n, most), more = smaller(n / 16, most << 8);

	return large && more > usual ? more : usual;
}

static int start(struct yc_pickle *m, const unsigned char *data, size_t n, bool large)
{
	*m = (struct yc_pickle){.data = data, .n = n};
	/* Lengths of strings are kept in 32 bits; the largest, of CIFAR-100, has 160 MB.
	 */
	if (n > UINT32_MAX)
		return yc_pickle_odd("larger than any pickle read here");
	if (n < 2 || data[0] != PROTO)
		return yc_pickle_odd("does not begin like protocol 2 to 5");
	m->stack_room = smaller(n, STACK_MAX);
	m->memo_room = capacity(n, MEMO_MAX, large);
	m->cell_room = capacity(n, CELLS_MAX, large);
	m->box_room = capacity(n, BOXES_MAX, large);
	m->tensor_room = capacity(n, TENSORS_MAX, large);
	m->stack = yc_grow(NULL, 0, m->stack_room * sizeof(*m->stack));
	m->cell = yc_grow(NULL, 0, m->cell_room * sizeof(*m->cell));
	m->box = yc_grow(NULL, 0, m->box_room * sizeof(*m->box));
	m->tensor = yc_grow(NULL, 0, m->tensor_room * sizeof(*m->tensor));
	m->storage = yc_grow(NULL, 0, m->tensor_room * sizeof(*m->storage));
	m->memo = yc_calloc(m->memo_room, sizeof(*m->memo));
	return m->stack && m->cell && m->box && m->tensor && m->storage && m->memo
		       ? YC_OK
		       : YC_FAIL;
}

void yc_pickle_release(struct yc_pickle *m)
{
	yc_free(m->stack);
	yc_free(m->cell);
	yc_free(m->box);
	yc_free(m->tensor);
	yc_free(m->storage);
	yc_free(m->memo);
	for (size_t i = 0; i < m->owned; i++)
		yc_free(m->own[i]);
	yc_free(m->own);
}

static int run(struct yc_pickle *m)
{
	while (!m->stopped) {
		if (m->at == m->n)
			return yc_fail(
				YC_FAIL, "pickle: byte %zu: ends without a STOP", m->at);
		m->op_at = m->at;
		m->op = m->data[m->at++];
		if (do_op(m) < 0)
			return YC_FAIL;
	}
	return YC_OK;
}

int yc_pickle_run_first(struct yc_pickle *m, const unsigned char *data, size_t n)
{
	return start(m, data, n, false) < 0 ? YC_FAIL : run(m);
}

int yc_pickle_run_inner(struct yc_pickle *m, const unsigned char *data, size_t n)
{
	if (start(m, data, n, false) < 0)
		return YC_FAIL;
	m->inner = true;
	return run(m);
}

static int check_end(const struct yc_pickle *m)
{
	return m->at == m->n ? YC_OK : yc_pickle_bad(m, "bytes follow the end");
}

int yc_pickle_run(struct yc_pickle *m, const unsigned char *data, size_t n)
{
	return yc_pickle_run_first(m, data, n) < 0 ? YC_FAIL : check_end(m);
}

int yc_pickle_run_large(struct yc_pickle *m, const unsigned char *data, size_t n)
{
	return start(m, data, n, true) < 0 || run(m) < 0 ? YC_FAIL : check_end(m);
}

const struct yc_pickle_value *yc_pickle_root(const struct yc_pickle *m)
{
	return &m->stack[0];
}
