/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "lib/load/pickle.h"
#include "yc/real.h"

/* What a name of the pickle may stand for. */
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

static int push_global(
	struct yc_pickle *m, size_t module, size_t module_n, size_t name, size_t name_n)
{
	for (size_t i = 0; i < YC_COUNT(globals); i++)
		if (yc_pickle_same_text(m, module, module_n, globals[i].module) &&
			yc_pickle_same_text(m, name, name_n, globals[i].name))
			return yc_pickle_push(
				m, (struct yc_pickle_value){
					   .kind = V_GLOBAL, .number = globals[i].is});
	return yc_fail(YC_FAIL,
		"pickle: byte %zu: opcode 0x%02x: '%.*s.%.*s' has no place in a CIFAR "
		"pickle",
		m->op_at, m->op, (int)(module_n < 64 ? module_n : 64),
		(const char *)m->data + module, (int)(name_n < 64 ? name_n : 64),
		(const char *)m->data + name);
}

int yc_pickle_global(struct yc_pickle *m)
{
	size_t module, module_n, name, name_n;

	if (yc_pickle_take_line(m, &module, &module_n) < 0 ||
		yc_pickle_take_line(m, &name, &name_n) < 0)
		return YC_FAIL;
	return push_global(m, module, module_n, name, name_n);
}

int yc_pickle_stack_global(struct yc_pickle *m)
{
	struct yc_pickle_value module, name;

	if (yc_pickle_pop(m, &name) < 0 || yc_pickle_pop(m, &module) < 0)
		return YC_FAIL;
	if (!yc_pickle_is_string(&module) || !yc_pickle_is_string(&name))
		return yc_pickle_bad(m, "a name that is no string");
	return push_global(m, module.at, module.n, name.at, name.n);
}

static int reduce_encode(struct yc_pickle *m, const struct yc_pickle_value *args)
{
	struct yc_pickle_value item[2];

	if (!yc_pickle_items(m, args, item, 2) || item[0].kind != V_TEXT ||
		!yc_pickle_is_text(m, &item[1], "latin1"))
		return yc_pickle_bad(m, "not a text to be encoded as latin1");
	item[0].kind = V_LATIN1;
	return yc_pickle_push(m, item[0]);
}

static int reduce_dtype(struct yc_pickle *m, const struct yc_pickle_value *args)
{
	struct yc_pickle_value item[3];

	if (!yc_pickle_items(m, args, item, 3) ||
		(!yc_pickle_is_text(m, &item[0], "u1") &&
			!yc_pickle_is_text(m, &item[0], "|u1")))
		return yc_pickle_bad(m, "an array of something else than unsigned bytes");
	return yc_pickle_push(m, (struct yc_pickle_value){.kind = V_DTYPE});
}

static int reduce_array(struct yc_pickle *m, const struct yc_pickle_value *args)
{
	struct yc_pickle_value item[3];

	if (!yc_pickle_items(m, args, item, 3) || item[0].kind != V_GLOBAL ||
		item[0].number != G_NDARRAY)
		return yc_pickle_bad(m, "not a plain array");
	return yc_pickle_push_empty(m, V_ARRAY);
}

int yc_pickle_reduce(struct yc_pickle *m)
{
	struct yc_pickle_value args, callee;

	if (yc_pickle_pop(m, &args) < 0 || yc_pickle_pop(m, &callee) < 0)
		return YC_FAIL;
	if (callee.kind == V_GLOBAL && callee.number == G_ENCODE)
		return reduce_encode(m, &args);
	if (callee.kind == V_GLOBAL && callee.number == G_DTYPE)
		return reduce_dtype(m, &args);
	if (callee.kind == V_GLOBAL && callee.number == G_RECONSTRUCT)
		return reduce_array(m, &args);
	return yc_pickle_bad(m, "calls what cannot be called");
}

/* The state that NumPy gives an array: version, shape, dtype, Fortran order, bytes. */
static int build_array(
	struct yc_pickle *m, struct yc_pickle_box *b, const struct yc_pickle_value *state)
{
	struct yc_pickle_value item[5], size[2];
	uint64_t bytes;

	if (b->pixels.kind != V_UNSET)
		return yc_pickle_bad(m, "fills an array twice");
	if (!yc_pickle_items(m, state, item, 5) || item[2].kind != V_DTYPE)
		return yc_pickle_bad(m, "not the state of an array of unsigned bytes");
	if (!yc_pickle_items(m, &item[1], size, 2) || size[0].kind != V_INT ||
		size[1].kind != V_INT || size[0].number < 1 ||
		size[0].number > UINT32_MAX || size[1].number != YC_PICKLE_PIXELS)
		return yc_pickle_bad(m, "the shape of the array is not rows x 3072");
	if ((item[3].kind != V_BOOL && item[3].kind != V_INT) || item[3].number != 0)
		return yc_pickle_bad(m, "the array is in Fortran order");
	bytes = (uint64_t)size[0].number * YC_PICKLE_PIXELS;
	/* Latin-1 as UTF-8 has one or two bytes a character. */
	if (!(item[4].kind == V_BYTES && item[4].n == bytes) &&
		!(item[4].kind == V_LATIN1 && item[4].n >= bytes &&
			item[4].n / 2 <= bytes))
		return yc_pickle_bad(m, "the array has not the bytes of its shape");
	b->pixels = item[4];
	b->rows = (size_t)size[0].number;
	return YC_OK;
}

int yc_pickle_build(struct yc_pickle *m)
{
	struct yc_pickle_value state, *to;

	if (yc_pickle_pop(m, &state) < 0)
		return YC_FAIL;
	if (yc_pickle_within_mark(m) == 0)
		return yc_pickle_bad(m, "takes from an empty stack");
	to = &m->stack[m->depth - 1];
	if (to->kind == V_ARRAY)
		return build_array(m, &m->box[to->box], &state);
	/* Byte order and alignment mean nothing for single bytes. */
	if (to->kind == V_DTYPE && state.kind == V_TUPLE)
		return YC_OK;
	return yc_pickle_bad(m, "gives a state to what has none");
}
