/* SPDX-License-Identifier: MIT */
/*
 * PyTorch tensors in pickles: a persistent id names a storage, whose elements are outside
 * of the pickle, and a call makes a view of it.
 */
#include "lib/tensorfile/pickle.h"

/* An OrderedDict, empty or of a list of pairs. */
int yc_pickle_ordered_dict(struct yc_pickle *m, const struct yc_pickle_value *args)
{
	struct yc_pickle_value pairs;
	uint32_t c, n;

	if (yc_pickle_push_empty(m, V_DICT) < 0)
		return YC_FAIL;
	if (!yc_pickle_items(m, args, &pairs, 1))
		return YC_OK;
	n = yc_pickle_length(m, &pairs);
	c = n ? m->box[pairs.box].first : 0;
	for (uint32_t i = 0; i < n; i++, c = m->cell[c].next) {
		struct yc_pickle_value item = m->cell[c].v, pair[2];

		if (yc_pickle_length(m, &item) != 2 ||
			!yc_pickle_items(m, &item, pair, 2))
			return yc_pickle_bad(m, "an OrderedDict of other than pairs");
		if (yc_pickle_push(m, pair[0]) < 0 || yc_pickle_push(m, pair[1]) < 0 ||
			yc_pickle_add_items(m, V_DICT, m->depth - 2) < 0)
			return YC_FAIL;
	}
	return YC_OK;
}

/* A parameter becomes its tensor, a torch.Size a tuple. */
int yc_pickle_first_argument(struct yc_pickle *m, const struct yc_pickle_value *args)
{
	struct yc_pickle_value item;

	if (!yc_pickle_items(m, args, &item, 1))
		return yc_pickle_bad(m, "called without arguments");
	return yc_pickle_push(m, item);
}

/* storage, offset, size, stride, and unused arguments. */
int yc_pickle_rebuild_tensor(struct yc_pickle *m, const struct yc_pickle_value *args)
{
	struct yc_pickle_value item[4];
	struct yc_pickle_tensor t = {0}, *to;
	const struct yc_pickle_storage *s;
	uint64_t last, count = 1;
	bool empty = false;
	int strides;

	if (!yc_pickle_items(m, args, item, 4))
		return yc_pickle_bad(m, "not the parts of a tensor");
	if (item[0].kind == V_OPAQUE) /* complex numbers, untyped bytes */
		return yc_pickle_push(m, item[0]);
	if (item[0].kind != V_STORAGE || item[1].kind != V_INT || item[1].number < 0 ||
		!yc_pickle_sizes(m, &item[2], t.shape, &t.rank) ||
		!yc_pickle_sizes(m, &item[3], t.stride, &strides) || strides != t.rank)
		return yc_pickle_bad(m, "not the parts of a tensor");
	s = &m->storage[item[0].box];
	t.dtype = s->dtype;
	t.data = item[0];
	t.offset = last = (uint64_t)item[1].number;
	for (int i = 0; i < t.rank; i++)
		empty = empty || t.shape[i] == 0;
	for (int i = 0; i < t.rank && !empty; i++) {
		uint64_t step;

		if (__builtin_mul_overflow(t.shape[i] - 1, t.stride[i], &step) ||
			__builtin_add_overflow(last, step, &last) ||
			__builtin_mul_overflow(count, t.shape[i], &count))
			return yc_pickle_bad(m, "a tensor that is too large");
	}
	/* A stride of 0 would make any number of elements out of one. */
	if (!empty && (last >= s->numel || count > s->numel))
		return yc_pickle_bad(m, "a tensor that exceeds its storage");
	to = yc_pickle_push_tensor(m, V_TENSOR);
	if (!to)
		return YC_FAIL;
	*to = t;
	return YC_OK;
}

int yc_pickle_push_storage(struct yc_pickle *m, const struct yc_pickle_storage *s)
{
	if (m->storages == m->tensor_room)
		return yc_pickle_bad(m, "more storages than any pickle read here has");
	m->storage[m->storages] = *s;
	return yc_pickle_push(
		m, (struct yc_pickle_value){.kind = V_STORAGE, .box = m->storages++});
}

/* ('storage', class, key, location, number of elements, ...) */
int yc_pickle_persistent_id(struct yc_pickle *m)
{
	struct yc_pickle_value id, item[5];
	struct yc_pickle_storage s;

	if (yc_pickle_pop(m, &id) < 0)
		return YC_FAIL;
	if (!yc_pickle_items(m, &id, item, 5) ||
		!yc_pickle_is_text(m, &item[0], "storage") ||
		!yc_pickle_is_string(&item[2]) || item[4].kind != V_INT ||
		item[4].number < 0)
		return yc_pickle_bad(m, "not a reference to a storage");
	if (item[1].kind == V_OPAQUE)
		return yc_pickle_push(m, item[1]);
	s = (struct yc_pickle_storage){.key = item[2],
		.dtype = yc_pickle_storage_dtype(&item[1]),
		.numel = (uint64_t)item[4].number};
	if (s.dtype == YC_OTHER)
		return yc_pickle_bad(m, "not a storage class");
	return yc_pickle_push_storage(m, &s);
}
