/* SPDX-License-Identifier: MIT */
/* The stack of the pickle machine, and the containers, tuples and tensors on it. */
#include "lib/tensorfile/pickle.h"

int yc_pickle_push(struct yc_pickle *m, struct yc_pickle_value v)
{
	if (m->depth == m->stack_room)
		return yc_pickle_bad(
			m, "more values on the stack than any pickle read here has");
	m->stack[m->depth++] = v;
	return YC_OK;
}

size_t yc_pickle_within_mark(const struct yc_pickle *m)
{
	return m->depth - (m->marks ? m->mark[m->marks - 1] : 0);
}

int yc_pickle_pop(struct yc_pickle *m, struct yc_pickle_value *v)
{
	if (yc_pickle_within_mark(m) == 0)
		return yc_pickle_bad(m, "pops from an empty stack");
	*v = m->stack[--m->depth];
	return YC_OK;
}

int yc_pickle_take_mark(struct yc_pickle *m, size_t *from)
{
	if (m->marks == 0)
		return yc_pickle_bad(m, "no mark on the stack");
	*from = m->mark[--m->marks];
	return YC_OK;
}

static int new_box(
	struct yc_pickle *m, enum yc_pickle_kind kind, struct yc_pickle_value *v)
{
	if (m->boxes == m->box_room)
		return yc_pickle_bad(m, "more containers than any pickle read here has");
	*v = (struct yc_pickle_value){.kind = kind, .box = m->boxes};
	m->box[m->boxes++] = (struct yc_pickle_box){0};
	return YC_OK;
}

/* Moves stack[from..depth-1] to the end of a container. */
static int fill(struct yc_pickle *m, uint32_t box, size_t from)
{
	struct yc_pickle_box *b = &m->box[box];

	for (size_t i = from; i < m->depth; i++) {
		if (m->cells == m->cell_room)
			return yc_pickle_bad(
				m, "more items than any pickle read here has");
		m->cell[m->cells] = (struct yc_pickle_cell){.v = m->stack[i]};
		if (b->count++)
			m->cell[b->last].next = m->cells;
		else
			b->first = m->cells;
		b->last = m->cells++;
	}
	m->depth = from;
	return YC_OK;
}

int yc_pickle_add_items(struct yc_pickle *m, enum yc_pickle_kind kind, size_t from)
{
	size_t below = m->marks ? m->mark[m->marks - 1] : 0;

	if (from <= below || m->stack[from - 1].kind != kind)
		return yc_pickle_bad(
			m, kind == V_LIST ? "no list to append to" : "no dict to add to");
	if (kind == V_DICT && (m->depth - from) % 2)
		return yc_pickle_bad(m, "a key without a value");
	return fill(m, m->stack[from - 1].box, from);
}

int yc_pickle_push_tuple(struct yc_pickle *m, size_t from)
{
	struct yc_pickle_value v;

	if (new_box(m, V_TUPLE, &v) < 0 || fill(m, v.box, from) < 0)
		return YC_FAIL;
	return yc_pickle_push(m, v);
}

int yc_pickle_push_empty(struct yc_pickle *m, enum yc_pickle_kind kind)
{
	struct yc_pickle_value v;

	return new_box(m, kind, &v) < 0 ? YC_FAIL : yc_pickle_push(m, v);
}

struct yc_pickle_tensor *yc_pickle_push_tensor(
	struct yc_pickle *m, enum yc_pickle_kind kind)
{
	if (m->tensors == m->tensor_room) {
		yc_pickle_bad(m, "more arrays than any pickle read here has");
		return NULL;
	}
	if (yc_pickle_push(m, (struct yc_pickle_value){.kind = kind, .box = m->tensors}) <
		0)
		return NULL;
	m->tensor[m->tensors] = (struct yc_pickle_tensor){.dtype = YC_OTHER};
	return &m->tensor[m->tensors++];
}

uint32_t yc_pickle_length(const struct yc_pickle *m, const struct yc_pickle_value *v)
{
	return v->kind == V_TUPLE || v->kind == V_LIST ? m->box[v->box].count : 0;
}

bool yc_pickle_items(const struct yc_pickle *m, const struct yc_pickle_value *v,
	struct yc_pickle_value *item, uint32_t n)
{
	uint32_t c;

	if ((v->kind != V_TUPLE && v->kind != V_LIST) || yc_pickle_length(m, v) < n)
		return false;
	c = m->box[v->box].first;
	for (uint32_t i = 0; i < n; i++, c = m->cell[c].next)
		item[i] = m->cell[c].v;
	return true;
}

bool yc_pickle_sizes(const struct yc_pickle *m, const struct yc_pickle_value *v,
	uint64_t *size, int *rank)
{
	struct yc_pickle_value item[YC_PICKLE_RANK];
	uint32_t n = yc_pickle_length(m, v);

	if (n > YC_PICKLE_RANK || !yc_pickle_items(m, v, item, n))
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (item[i].kind != V_INT || item[i].number < 0)
			return false;
		size[i] = (uint64_t)item[i].number;
	}
	*rank = (int)n;
	return true;
}

const struct yc_pickle_value *yc_pickle_find(
	const struct yc_pickle *m, const struct yc_pickle_value *v, const char *key)
{
	const struct yc_pickle_value *found = NULL;
	uint32_t c, n = v->kind == V_DICT ? m->box[v->box].count : 0;

	c = n ? m->box[v->box].first : 0;
	for (uint32_t i = 0; i < n; i += 2) {
		uint32_t value = m->cell[c].next;

		if (yc_pickle_is_text(m, &m->cell[c].v, key))
			found = &m->cell[value].v;
		c = m->cell[value].next;
	}
	return found;
}

bool yc_pickle_is_tensor(const struct yc_pickle *m, const struct yc_pickle_value *v)
{
	return v->kind == V_TENSOR ||
	       (v->kind == V_ARRAY && m->tensor[v->box].data.kind != V_UNSET);
}
