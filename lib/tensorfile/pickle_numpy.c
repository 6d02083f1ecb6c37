/* SPDX-License-Identifier: MIT */
/* NumPy arrays in pickles: a dtype, an empty array, and a state that fills it; in protocol
 * 5, an array from a buffer. */
#include <string.h>

#include "lib/tensorfile/npy.h"
#include "lib/tensorfile/pickle.h"

int yc_pickle_encode(struct yc_pickle *m, const struct yc_pickle_value *args)
{
	struct yc_pickle_value item[2];

	if (yc_pickle_length(m, args) != 2 || !yc_pickle_items(m, args, item, 2) ||
		item[0].kind != V_TEXT || !yc_pickle_is_text(m, &item[1], "latin1"))
		return yc_pickle_bad(m, "not a string to encode as latin1");
	item[0].kind = V_LATIN1;
	return yc_pickle_push(m, item[0]);
}

int yc_pickle_dtype(struct yc_pickle *m, const struct yc_pickle_value *args)
{
	struct yc_pickle_value item[3];
	struct yc_pickle_tensor *t;

	if (!yc_pickle_items(m, args, item, 3) || !yc_pickle_is_string(&item[0]))
		return yc_pickle_bad(m, "not a dtype");
	t = yc_pickle_push_tensor(m, V_DTYPE);
	if (!t)
		return YC_FAIL;
	t->dtype = yc_npy_dtype(
		(const char *)m->data + item[0].at, item[0].n, &t->big_endian);
	return YC_OK;
}

/* The byte order comes with the state: version, order, ... */
int yc_pickle_build_dtype(struct yc_pickle *m, struct yc_pickle_tensor *t,
	const struct yc_pickle_value *state)
{
	struct yc_pickle_value item[2];

	if (!yc_pickle_items(m, state, item, 2) || !yc_pickle_is_string(&item[1]))
		return yc_pickle_bad(m, "not the state of a dtype");
	if (yc_pickle_is_text(m, &item[1], ">"))
		t->big_endian = true;
	return YC_OK;
}

int yc_pickle_array(struct yc_pickle *m, const struct yc_pickle_value *args)
{
	struct yc_pickle_value item[3];

	if (!yc_pickle_items(m, args, item, 3) || !yc_pickle_is_ndarray(&item[0]))
		return yc_pickle_bad(m, "not a plain array");
	return yc_pickle_push_tensor(m, V_ARRAY) ? YC_OK : YC_FAIL;
}

/* Gives an array its dtype, its shape, which is set, and its elements. */
static int fill(struct yc_pickle *m, struct yc_pickle_tensor *a,
	const struct yc_pickle_value *dtype, bool fortran,
	const struct yc_pickle_value *data)
{
	uint64_t bytes;

	a->dtype = m->tensor[dtype->box].dtype;
	a->big_endian = m->tensor[dtype->box].big_endian;
	/* A list instead of bytes, for example an array of objects, is not supported. */
	if (a->dtype == YC_OTHER)
		return YC_OK;
	bytes = yc_npy_strides(
		a->shape, a->rank, fortran, a->stride, yc_dtype_size(a->dtype));
	/* Latin-1 as UTF-8 has one or two bytes per character. */
	if (bytes == UINT64_MAX || (!(data->kind == V_BYTES && data->n == bytes) &&
					   !(data->kind == V_LATIN1 && data->n >= bytes &&
						   data->n / 2 <= bytes)))
		return yc_pickle_bad(m, "the size of the array does not match its shape");
	a->data = *data;
	return YC_OK;
}

/* The state that NumPy gives an array: version, shape, dtype, Fortran order, bytes. */
int yc_pickle_build_array(struct yc_pickle *m, struct yc_pickle_tensor *a,
	const struct yc_pickle_value *state)
{
	struct yc_pickle_value item[5];

	if (a->data.kind != V_UNSET)
		return yc_pickle_bad(m, "fills an array twice");
	if (yc_pickle_length(m, state) != 5 || !yc_pickle_items(m, state, item, 5) ||
		item[2].kind != V_DTYPE ||
		!yc_pickle_sizes(m, &item[1], a->shape, &a->rank) ||
		(item[3].kind != V_BOOL && item[3].kind != V_INT))
		return yc_pickle_bad(m, "not the state of an array");
	return fill(m, a, &item[2], item[3].number != 0, &item[4]);
}

/* Protocol 5: bytes, dtype, shape, and the order "C" or "F". */
int yc_pickle_from_buffer(struct yc_pickle *m, const struct yc_pickle_value *args)
{
	struct yc_pickle_value item[4];
	struct yc_pickle_tensor *a;

	if (yc_pickle_length(m, args) != 4 || !yc_pickle_items(m, args, item, 4) ||
		item[1].kind != V_DTYPE || !yc_pickle_is_string(&item[3]))
		return yc_pickle_bad(m, "not the parts of an array");
	a = yc_pickle_push_tensor(m, V_ARRAY);
	if (!a)
		return YC_FAIL;
	if (!yc_pickle_sizes(m, &item[2], a->shape, &a->rank))
		return yc_pickle_bad(m, "not the shape of an array");
	return fill(m, a, &item[1], yc_pickle_is_text(m, &item[3], "F"), &item[0]);
}

int yc_pickle_latin1(const struct yc_pickle *m, const struct yc_pickle_value *v,
	unsigned char *to, size_t n)
{
	const unsigned char *from = m->data + v->at;
	size_t k = 0;

	for (size_t i = 0; i < v->n; i++, k++) {
		unsigned c = from[i];

		if (c >= 0x80) {
			/* C2 and C3 begin U+0080 to U+00FF. */
			if ((c != 0xc2 && c != 0xc3) || i + 1 == v->n ||
				(from[i + 1] & 0xc0) != 0x80)
				return yc_pickle_odd(
					"the bytes of an array are not Latin-1 text");
			c = (c & 3) << 6 | (from[++i] & 0x3f);
		}
		if (k == n)
			return yc_pickle_odd("the array has more bytes than its shape");
		to[k] = (unsigned char)c;
	}
	return k == n ? YC_OK : yc_pickle_odd("the array has fewer bytes than its shape");
}
