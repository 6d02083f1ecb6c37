/* SPDX-License-Identifier: MIT */
/*
 * The pickles of CIFAR's Python distribution: protocol 2 as Python 2 wrote it, and
 * protocols 2 to 4 as Python 3 with NumPy writes the same dictionaries (spec 13.2, 13.7).
 * A pickle is a program for a stack machine; this one has no operation that calls or
 * imports anything. The four callables of an array of bytes are names that it knows,
 * every other name is an error.
 *
 * Strings stay where they are in the input, containers are lists of cells, and nothing
 * recurses, so nesting costs no stack. Everything that a pickle pushes, keeps or
 * remembers takes at least one of its bytes: room for the smaller of its size and a limit
 * is reserved once and never grows.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/load/parts.h"
#include "yc/mem.h"

enum {
	PIXELS = 3072,
	STACK_MAX = 1 << 16, /* values at once; picklers add to lists by 1000 */
	MARKS_MAX = 64,	     /* the longest chain in a CIFAR pickle is 4 */
	CELLS_MAX = 1 << 20, /* items of all containers; CIFAR-100 has 150,000 labels and
				names */
	BOXES_MAX = 1 << 16,
	MEMO_MAX = 1 << 20
};

/* The operations that are known, by the names of Python's pickletools. */
enum op {
	PROTO = 0x80,
	FRAME = 0x95,
	STOP = '.',
	MARK = '(',
	NONE = 'N',
	NEWTRUE = 0x88,
	NEWFALSE = 0x89,
	BININT = 'J',
	BININT1 = 'K',
	BININT2 = 'M',
	LONG1 = 0x8a,
	BINUNICODE = 'X',
	SHORT_BINUNICODE = 0x8c,
	BINSTRING = 'T',
	SHORT_BINSTRING = 'U',
	BINBYTES = 'B',
	SHORT_BINBYTES = 'C',
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
	BUILD = 'b'
};

enum kind {
	V_UNSET, /* no value: an empty place of the memo */
	V_NONE,
	V_BOOL,
	V_INT,
	V_TEXT,	  /* UTF-8 */
	V_BYTES,  /* and what Python 2 calls a string */
	V_LATIN1, /* bytes that protocol 2 holds as the UTF-8 of their Latin-1 text */
	V_TUPLE,
	V_LIST,
	V_DICT, /* keys and values in turn */
	V_GLOBAL,
	V_DTYPE, /* unsigned bytes: there is no other */
	V_ARRAY
};

struct value {
	enum kind kind;
	uint32_t n; /* bytes of a string */
	union {
		int64_t number; /* also the bool and the index of a global */
		size_t at;	/* where a string begins */
		uint32_t box;
	};
};

struct cell {
	struct value v;
	uint32_t next;
};

/* What a container or an array is, apart from the values that refer to it. */
struct box {
	uint32_t first, last, count;
	struct value pixels; /* of an array: V_UNSET until it is built */
	size_t rows;
};

enum global { G_RECONSTRUCT, G_NDARRAY, G_DTYPE, G_ENCODE };

static const struct {
	const char *module, *name;
	enum global is;
} globals[] = {
	{"numpy.core.multiarray", "_reconstruct", G_RECONSTRUCT},
	{"numpy._core.multiarray", "_reconstruct", G_RECONSTRUCT}, /* NumPy 2 */
	{"numpy", "ndarray", G_NDARRAY},
	{"numpy", "dtype", G_DTYPE},
	{"_codecs", "encode", G_ENCODE},
};

struct machine {
	const unsigned char *data;
	size_t n, at;
	size_t op_at; /* of the operation being done, for messages */
	unsigned op;
	struct value *stack, *memo;
	struct cell *cell;
	struct box *box;
	size_t depth, memo_set, stack_room, memo_room, cell_room, box_room;
	uint32_t cells, boxes;
	size_t mark[MARKS_MAX];
	size_t marks;
	bool stopped;
};

static int bad(const struct machine *m, const char *why)
{
	(void)yc_fail(
		YC_FAIL, "pickle: byte %zu: opcode 0x%02x: %s", m->op_at, m->op, why);
	return YC_FAIL; /* a constant, so that the compiler sees which results are set */
}

/* A finished pickle that is not what we came for. */
static int odd(const char *why)
{
	return yc_fail(YC_FAIL, "pickle: %s", why);
}

/* Reading */

static int take(struct machine *m, size_t n, size_t *at)
{
	if (n > m->n - m->at)
		return bad(m, "runs past the end of the pickle");
	*at = m->at;
	m->at += n;
	return YC_OK;
}

/* A little-endian number of n <= 8 bytes. */
static int take_number(struct machine *m, size_t n, uint64_t *number)
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

static int take_line(struct machine *m, size_t *at, size_t *n)
{
	const unsigned char *end = memchr(m->data + m->at, '\n', m->n - m->at);

	if (!end)
		return bad(m, "runs past the end of the pickle");
	*at = m->at;
	*n = (size_t)(end - m->data) - m->at;
	m->at += *n + 1;
	return YC_OK;
}

static bool same_text(const struct machine *m, size_t at, size_t n, const char *text)
{
	return n == strlen(text) && memcmp(m->data + at, text, n) == 0;
}

static bool is_string(const struct value *v)
{
	return v->kind == V_TEXT || v->kind == V_BYTES || v->kind == V_LATIN1;
}

static bool is_text(const struct machine *m, const struct value *v, const char *text)
{
	return is_string(v) && same_text(m, v->at, v->n, text);
}

/* Stack and containers */

static int push(struct machine *m, struct value v)
{
	if (m->depth == m->stack_room)
		return bad(m, "more values at once than any CIFAR pickle has");
	m->stack[m->depth++] = v;
	return YC_OK;
}

/* What lies below the last mark is out of reach until the mark is taken. */
static size_t within_mark(const struct machine *m)
{
	return m->depth - (m->marks ? m->mark[m->marks - 1] : 0);
}

static int pop(struct machine *m, struct value *v)
{
	if (within_mark(m) == 0)
		return bad(m, "takes from an empty stack");
	*v = m->stack[--m->depth];
	return YC_OK;
}

/* Values since the last mark, which is taken away; they stay in stack[*from..depth-1]. */
static int take_mark(struct machine *m, size_t *from)
{
	if (m->marks == 0)
		return bad(m, "no mark on the stack");
	*from = m->mark[--m->marks];
	return YC_OK;
}

static int new_box(struct machine *m, enum kind kind, struct value *v)
{
	if (m->boxes == m->box_room)
		return bad(m, "more containers than any CIFAR pickle has");
	*v = (struct value){.kind = kind, .box = m->boxes};
	m->box[m->boxes++] = (struct box){0};
	return YC_OK;
}

/* Moves stack[from..depth-1] to the end of a container. */
static int fill(struct machine *m, uint32_t box, size_t from)
{
	struct box *b = &m->box[box];

	for (size_t i = from; i < m->depth; i++) {
		if (m->cells == m->cell_room)
			return bad(m, "more items than any CIFAR pickle has");
		m->cell[m->cells] = (struct cell){.v = m->stack[i]};
		if (b->count++)
			m->cell[b->last].next = m->cells;
		else
			b->first = m->cells;
		b->last = m->cells++;
	}
	m->depth = from;
	return YC_OK;
}

static int add_items(struct machine *m, enum kind kind, size_t from)
{
	size_t below = m->marks ? m->mark[m->marks - 1] : 0;

	if (from <= below || m->stack[from - 1].kind != kind)
		return bad(m, kind == V_LIST ? "no list to add to" : "no dict to add to");
	if (kind == V_DICT && (m->depth - from) % 2)
		return bad(m, "a key without a value");
	return fill(m, m->stack[from - 1].box, from);
}

static int make_tuple(struct machine *m, size_t from)
{
	struct value v;

	if (new_box(m, V_TUPLE, &v) < 0 || fill(m, v.box, from) < 0)
		return YC_FAIL;
	return push(m, v);
}

static int make_empty(struct machine *m, enum kind kind)
{
	struct value v;

	return new_box(m, kind, &v) < 0 ? YC_FAIL : push(m, v);
}

/* The items of a tuple of exactly n; false for anything else. */
static bool items_of(
	const struct machine *m, const struct value *v, struct value *item, uint32_t n)
{
	uint32_t c;

	if (v->kind != V_TUPLE || m->box[v->box].count != n)
		return false;
	c = m->box[v->box].first;
	for (uint32_t i = 0; i < n; i++, c = m->cell[c].next)
		item[i] = m->cell[c].v;
	return true;
}

/* Operations */

static int do_number(struct machine *m, size_t n, bool with_sign)
{
	struct value v = {.kind = V_INT};
	uint64_t number;

	if (n > 8)
		return bad(m, "a number of more than 8 bytes");
	if (take_number(m, n, &number) < 0)
		return YC_FAIL;
	v.number = with_sign ? as_signed(number, n) : (int64_t)number;
	return push(m, v);
}

static int do_long(struct machine *m)
{
	uint64_t n;

	return take_number(m, 1, &n) < 0 ? YC_FAIL : do_number(m, n, true);
}

/* A string behind its length of `width` bytes. */
static int do_string(struct machine *m, enum kind kind, size_t width)
{
	struct value v = {.kind = kind};
	uint64_t n;
	size_t at;

	if (take_number(m, width, &n) < 0)
		return YC_FAIL;
	/* BINSTRING alone has a signed length. */
	if (m->op == BINSTRING && n > INT32_MAX)
		return bad(m, "a negative length");
	if (take(m, n, &at) < 0)
		return YC_FAIL;
	v.n = (uint32_t)n;
	v.at = at;
	return push(m, v);
}

static int do_mark(struct machine *m)
{
	if (m->marks == MARKS_MAX)
		return bad(m, "nested deeper than any CIFAR pickle");
	m->mark[m->marks++] = m->depth;
	return YC_OK;
}

static int do_put(struct machine *m, uint64_t place)
{
	if (within_mark(m) == 0)
		return bad(m, "takes from an empty stack");
	if (place >= m->memo_room)
		return bad(m, "a larger memo than any CIFAR pickle has");
	if (m->memo[place].kind == V_UNSET)
		m->memo_set++;
	m->memo[place] = m->stack[m->depth - 1];
	return YC_OK;
}

static int do_put_at(struct machine *m, size_t width)
{
	uint64_t place;

	return take_number(m, width, &place) < 0 ? YC_FAIL : do_put(m, place);
}

static int do_get(struct machine *m, size_t width)
{
	uint64_t place;

	if (take_number(m, width, &place) < 0)
		return YC_FAIL;
	if (place >= m->memo_room || m->memo[place].kind == V_UNSET)
		return bad(m, "asks for what the memo does not have");
	return push(m, m->memo[place]);
}

static int do_add(struct machine *m, enum kind kind, size_t items)
{
	/* One more for the container itself. */
	if (within_mark(m) < items + 1)
		return bad(m, "takes from an empty stack");
	return add_items(m, kind, m->depth - items);
}

static int do_add_many(struct machine *m, enum kind kind)
{
	size_t from;

	return take_mark(m, &from) < 0 ? YC_FAIL : add_items(m, kind, from);
}

static int do_tuple(struct machine *m, size_t n)
{
	if (within_mark(m) < n)
		return bad(m, "takes from an empty stack");
	return make_tuple(m, m->depth - n);
}

static int do_tuple_of_mark(struct machine *m)
{
	size_t from;

	return take_mark(m, &from) < 0 ? YC_FAIL : make_tuple(m, from);
}

static int push_global(
	struct machine *m, size_t module, size_t module_n, size_t name, size_t name_n)
{
	for (size_t i = 0; i < sizeof(globals) / sizeof(globals[0]); i++)
		if (same_text(m, module, module_n, globals[i].module) &&
			same_text(m, name, name_n, globals[i].name))
			return push(m, (struct value){.kind = V_GLOBAL,
					       .number = globals[i].is});
	return yc_fail(YC_FAIL,
		"pickle: byte %zu: opcode 0x%02x: '%.*s.%.*s' has no place in a CIFAR "
		"pickle",
		m->op_at, m->op, (int)(module_n < 64 ? module_n : 64),
		(const char *)m->data + module, (int)(name_n < 64 ? name_n : 64),
		(const char *)m->data + name);
}

static int do_global(struct machine *m)
{
	size_t module, module_n, name, name_n;

	if (take_line(m, &module, &module_n) < 0 || take_line(m, &name, &name_n) < 0)
		return YC_FAIL;
	return push_global(m, module, module_n, name, name_n);
}

static int do_stack_global(struct machine *m)
{
	struct value module, name;

	if (pop(m, &name) < 0 || pop(m, &module) < 0)
		return YC_FAIL;
	if (!is_string(&module) || !is_string(&name))
		return bad(m, "a name that is no string");
	return push_global(m, module.at, module.n, name.at, name.n);
}

static int reduce_encode(struct machine *m, const struct value *args)
{
	struct value item[2];

	if (!items_of(m, args, item, 2) || item[0].kind != V_TEXT ||
		!is_text(m, &item[1], "latin1"))
		return bad(m, "not a text to be encoded as latin1");
	item[0].kind = V_LATIN1;
	return push(m, item[0]);
}

static int reduce_dtype(struct machine *m, const struct value *args)
{
	struct value item[3];

	if (!items_of(m, args, item, 3) ||
		(!is_text(m, &item[0], "u1") && !is_text(m, &item[0], "|u1")))
		return bad(m, "an array of something else than unsigned bytes");
	return push(m, (struct value){.kind = V_DTYPE});
}

static int reduce_array(struct machine *m, const struct value *args)
{
	struct value item[3];

	if (!items_of(m, args, item, 3) || item[0].kind != V_GLOBAL ||
		item[0].number != G_NDARRAY)
		return bad(m, "not a plain array");
	return make_empty(m, V_ARRAY);
}

static int do_reduce(struct machine *m)
{
	struct value args, callee;

	if (pop(m, &args) < 0 || pop(m, &callee) < 0)
		return YC_FAIL;
	if (callee.kind == V_GLOBAL && callee.number == G_ENCODE)
		return reduce_encode(m, &args);
	if (callee.kind == V_GLOBAL && callee.number == G_DTYPE)
		return reduce_dtype(m, &args);
	if (callee.kind == V_GLOBAL && callee.number == G_RECONSTRUCT)
		return reduce_array(m, &args);
	return bad(m, "calls what cannot be called");
}

/* The state that NumPy gives an array: version, shape, dtype, Fortran order, bytes. */
static int build_array(struct machine *m, struct box *b, const struct value *state)
{
	struct value item[5], size[2];
	uint64_t bytes;

	if (b->pixels.kind != V_UNSET)
		return bad(m, "fills an array twice");
	if (!items_of(m, state, item, 5) || item[2].kind != V_DTYPE)
		return bad(m, "not the state of an array of unsigned bytes");
	if (!items_of(m, &item[1], size, 2) || size[0].kind != V_INT ||
		size[1].kind != V_INT || size[0].number < 1 ||
		size[0].number > UINT32_MAX || size[1].number != PIXELS)
		return bad(m, "the shape of the array is not rows x 3072");
	if ((item[3].kind != V_BOOL && item[3].kind != V_INT) || item[3].number != 0)
		return bad(m, "the array is in Fortran order");
	bytes = (uint64_t)size[0].number * PIXELS;
	/* Latin-1 as UTF-8 has one or two bytes a character. */
	if (!(item[4].kind == V_BYTES && item[4].n == bytes) &&
		!(item[4].kind == V_LATIN1 && item[4].n >= bytes &&
			item[4].n / 2 <= bytes))
		return bad(m, "the array has not the bytes of its shape");
	b->pixels = item[4];
	b->rows = (size_t)size[0].number;
	return YC_OK;
}

static int do_build(struct machine *m)
{
	struct value state, *to;

	if (pop(m, &state) < 0)
		return YC_FAIL;
	if (within_mark(m) == 0)
		return bad(m, "takes from an empty stack");
	to = &m->stack[m->depth - 1];
	if (to->kind == V_ARRAY)
		return build_array(m, &m->box[to->box], &state);
	/* Byte order and alignment mean nothing for single bytes. */
	if (to->kind == V_DTYPE && state.kind == V_TUPLE)
		return YC_OK;
	return bad(m, "gives a state to what has none");
}

static int do_proto(struct machine *m)
{
	uint64_t version;

	if (take_number(m, 1, &version) < 0)
		return YC_FAIL;
	if (m->op_at != 0)
		return bad(m, "not at the beginning");
	if (version < 2 || version > 4)
		return bad(m, "a protocol other than 2, 3 or 4");
	return YC_OK;
}

static int do_frame(struct machine *m)
{
	uint64_t n;

	if (take_number(m, 8, &n) < 0)
		return YC_FAIL;
	/* Frames are hints for buffering; only a lie is of interest. */
	return n > m->n - m->at ? bad(m, "runs past the end of the pickle") : YC_OK;
}

static int do_stop(struct machine *m)
{
	if (m->marks || m->depth != 1)
		return bad(m, "ends with other than one value");
	if (m->at != m->n)
		return bad(m, "bytes follow the end");
	m->stopped = true;
	return YC_OK;
}

static int do_string_op(struct machine *m)
{
	switch (m->op) {
	case BINUNICODE:
		return do_string(m, V_TEXT, 4);
	case SHORT_BINUNICODE:
		return do_string(m, V_TEXT, 1);
	case BINSTRING:
	case BINBYTES:
		return do_string(m, V_BYTES, 4);
	default:
		return do_string(m, V_BYTES, 1);
	}
}

static int do_container_op(struct machine *m)
{
	switch (m->op) {
	case EMPTY_LIST:
		return make_empty(m, V_LIST);
	case EMPTY_DICT:
		return make_empty(m, V_DICT);
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

static int do_op(struct machine *m)
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
		return push(m, (struct value){.kind = V_NONE});
	case NEWTRUE:
	case NEWFALSE:
		return push(
			m, (struct value){.kind = V_BOOL, .number = m->op == NEWTRUE});
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
	case BINSTRING:
	case SHORT_BINSTRING:
	case BINBYTES:
	case SHORT_BINBYTES:
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
		return do_global(m);
	case STACK_GLOBAL:
		return do_stack_global(m);
	case REDUCE:
		return do_reduce(m);
	case BUILD:
		return do_build(m);
	default:
		return bad(m, "not known in a CIFAR pickle");
	}
}

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int start(struct machine *m, const unsigned char *data, size_t n)
{
	*m = (struct machine){.data = data, .n = n};
	/* Lengths of strings are kept in 32 bits; the largest CIFAR pickle has 160 MB. */
	if (n > UINT32_MAX)
		return odd("larger than any CIFAR pickle");
	if (n < 2 || data[0] != PROTO)
		return odd("does not begin like one of protocol 2 to 4");
	m->stack_room = smaller(n, STACK_MAX);
	m->memo_room = smaller(n, MEMO_MAX);
	m->cell_room = smaller(n, CELLS_MAX);
	m->box_room = smaller(n, BOXES_MAX);
	m->stack = yc_grow(NULL, 0, m->stack_room * sizeof(*m->stack));
	m->cell = yc_grow(NULL, 0, m->cell_room * sizeof(*m->cell));
	m->box = yc_grow(NULL, 0, m->box_room * sizeof(*m->box));
	m->memo = yc_alloc(m->memo_room, sizeof(*m->memo));
	return m->stack && m->cell && m->box && m->memo ? YC_OK : YC_FAIL;
}

static void finish(struct machine *m)
{
	yc_free(m->stack);
	yc_free(m->cell);
	yc_free(m->box);
	yc_free(m->memo);
}

/* Runs the pickle to its end and leaves one value, a dict, on the stack. */
static int run(struct machine *m, const unsigned char *data, size_t n)
{
	if (start(m, data, n) < 0)
		return YC_FAIL;
	while (!m->stopped) {
		if (m->at == m->n)
			return yc_fail(
				YC_FAIL, "pickle: byte %zu: ends without a STOP", m->at);
		m->op_at = m->at;
		m->op = data[m->at++];
		if (do_op(m) < 0)
			return YC_FAIL;
	}
	return m->stack[0].kind == V_DICT ? YC_OK : odd("holds no dict");
}

/* Results */

/* The value of a key; of the last one, as in Python, if it is there twice. */
static const struct value *find(const struct machine *m, const char *key)
{
	const struct box *dict = &m->box[m->stack[0].box];
	const struct value *found = NULL;
	uint32_t c = dict->first;

	for (uint32_t i = 0; i < dict->count; i += 2) {
		uint32_t value = m->cell[c].next;

		if (is_text(m, &m->cell[c].v, key))
			found = &m->cell[value].v;
		c = m->cell[value].next;
	}
	return found;
}

/* Latin-1 out of UTF-8, exactly n characters. */
static int decode(const unsigned char *from, size_t bytes, unsigned char *to, size_t n)
{
	size_t k = 0;

	for (size_t i = 0; i < bytes; i++, k++) {
		unsigned c = from[i];

		if (c >= 0x80) {
			/* C2 and C3 begin U+0080 to U+00FF. */
			if ((c != 0xc2 && c != 0xc3) || i + 1 == bytes ||
				(from[i + 1] & 0xc0) != 0x80)
				return odd("the pixels are no Latin-1 text");
			c = (c & 3) << 6 | (from[++i] & 0x3f);
		}
		if (k == n)
			return odd("the array has more bytes than its shape");
		to[k] = (unsigned char)c;
	}
	return k == n ? YC_OK : odd("the array has fewer bytes than its shape");
}

static int get_pixels(const struct machine *m, struct yc_cifar_pickle *out)
{
	const struct value *v = find(m, "data");
	const struct box *b;

	if (!v || v->kind != V_ARRAY || m->box[v->box].pixels.kind == V_UNSET)
		return odd("no array 'data'");
	b = &m->box[v->box];
	out->rows = b->rows;
	out->pixels = m->data + b->pixels.at;
	if (b->pixels.kind == V_BYTES)
		return YC_OK;
	out->own = yc_grow(NULL, 0, b->rows * PIXELS);
	if (!out->own)
		return YC_FAIL;
	out->pixels = out->own;
	return decode(m->data + b->pixels.at, b->pixels.n, out->own, b->rows * PIXELS);
}

static int get_labels(const struct machine *m, struct yc_cifar_pickle *out)
{
	const struct value *v = find(m, "fine_labels");
	const struct box *list;
	uint32_t c;

	if (!v)
		v = find(m, "labels");
	if (!v || v->kind != V_LIST)
		return odd("no list 'labels' or 'fine_labels'");
	list = &m->box[v->box];
	if (list->count != out->rows)
		return yc_fail(YC_FAIL, "pickle: %zu images but %u labels", out->rows,
			(unsigned)list->count);
	out->label = yc_alloc(out->rows, sizeof(*out->label));
	if (!out->label)
		return YC_FAIL;
	c = list->first;
	for (size_t i = 0; i < out->rows; i++, c = m->cell[c].next) {
		v = &m->cell[c].v;
		if (v->kind != V_INT || v->number < INT32_MIN || v->number > INT32_MAX)
			return yc_fail(
				YC_FAIL, "pickle: label %zu is no small number", i);
		out->label[i] = (int32_t)v->number;
	}
	return YC_OK;
}

int yc_cifar_unpickle(const unsigned char *data, size_t n, struct yc_cifar_pickle *out)
{
	struct machine m;
	int err;

	*out = (struct yc_cifar_pickle){0};
	err = run(&m, data, n);
	if (err == YC_OK)
		err = get_pixels(&m, out);
	if (err == YC_OK)
		err = get_labels(&m, out);
	finish(&m);
	if (err < 0)
		yc_cifar_pickle_release(out);
	return err;
}

void yc_cifar_pickle_release(struct yc_cifar_pickle *p)
{
	yc_free(p->own);
	yc_free(p->label);
	*p = (struct yc_cifar_pickle){0};
}

static int names_json(const struct machine *m, const struct box *list, char **json)
{
	json_t *names = json_array();
	uint32_t c = list->first;
	int err = names ? YC_OK : yc_fail(YC_FAIL, "out of memory");

	for (uint32_t i = 0; err == YC_OK && i < list->count; i++, c = m->cell[c].next) {
		const struct value *v = &m->cell[c].v;

		if (!is_string(v) ||
			json_array_append_new(names,
				json_stringn((const char *)m->data + v->at, v->n)) < 0)
			err = odd("a class name is no UTF-8 text");
	}
	if (err == YC_OK) {
		*json = json_dumps(names, JSON_COMPACT);
		if (!*json)
			err = yc_fail(YC_FAIL, "out of memory");
	}
	json_decref(names);
	return err;
}

int yc_cifar_unpickle_names(const unsigned char *data, size_t n, char **json)
{
	struct machine m;
	const struct value *v;
	int err;

	*json = NULL;
	err = run(&m, data, n);
	if (err == YC_OK) {
		v = find(&m, "fine_label_names");
		if (!v)
			v = find(&m, "label_names");
		if (v && v->kind == V_LIST)
			err = names_json(&m, &m.box[v->box], json);
	}
	finish(&m);
	return err;
}
