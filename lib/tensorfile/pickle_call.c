/* SPDX-License-Identifier: MIT */
/*
 * Imports and calls of a pickle. Nothing is ever called: for a name in this table the
 * function here is used instead, any other name gives an opaque value.
 */
#include "lib/tensorfile/pickle.h"
#include "yc/real.h"

#define ON_CPU(name, dtype) {"torch", #name, NULL, dtype},
#define ON_CUDA(name, dtype) {"torch.cuda", #name, NULL, dtype},

static const struct {
	const char *module, *name;
	yc_pickle_call *call;  /* NULL: a class that is only referenced */
	enum yc_dtype storage; /* dtype of PyTorch's storage classes */
} globals[] = {{"numpy.core.multiarray", "_reconstruct", yc_pickle_array, YC_OTHER},
	{"numpy._core.multiarray", "_reconstruct", yc_pickle_array,
		YC_OTHER}, /* NumPy 2 */
	{"numpy.core.numeric", "_frombuffer", yc_pickle_from_buffer, YC_OTHER},
	{"numpy._core.numeric", "_frombuffer", yc_pickle_from_buffer, YC_OTHER},
	{"numpy", "ndarray", NULL, YC_OTHER},
	{"numpy", "dtype", yc_pickle_dtype, YC_OTHER},
	{"_codecs", "encode", yc_pickle_encode, YC_OTHER},
	{"collections", "OrderedDict", yc_pickle_ordered_dict, YC_OTHER},
	{"torch._utils", "_rebuild_tensor", yc_pickle_rebuild_tensor, YC_OTHER},
	{"torch._utils", "_rebuild_tensor_v2", yc_pickle_rebuild_tensor, YC_OTHER},
	{"torch._utils", "_rebuild_parameter", yc_pickle_first_argument, YC_OTHER},
	{"torch.storage", "_load_from_bytes", yc_pickle_load_from_bytes, YC_OTHER},
	{"torch", "Size", yc_pickle_first_argument, YC_OTHER},
	YC_TORCH_STORAGES(ON_CPU) YC_TORCH_STORAGES(ON_CUDA)};

static int push_name(
	struct yc_pickle *m, size_t module, size_t module_n, size_t name, size_t name_n)
{
	struct yc_pickle_value v = {.kind = V_OPAQUE, .n = (uint32_t)name_n, .at = name};

	for (size_t i = 0; i < YC_COUNT(globals); i++)
		if (yc_pickle_same_text(m, module, module_n, globals[i].module) &&
			yc_pickle_same_text(m, name, name_n, globals[i].name))
			v = (struct yc_pickle_value){
				.kind = V_GLOBAL, .number = (int64_t)i};
	return yc_pickle_push(m, v);
}

int yc_pickle_global(struct yc_pickle *m)
{
	size_t module, module_n, name, name_n;

	if (yc_pickle_take_line(m, &module, &module_n) < 0 ||
		yc_pickle_take_line(m, &name, &name_n) < 0)
		return YC_FAIL;
	return push_name(m, module, module_n, name, name_n);
}

int yc_pickle_stack_global(struct yc_pickle *m)
{
	struct yc_pickle_value module, name;

	if (yc_pickle_pop(m, &name) < 0 || yc_pickle_pop(m, &module) < 0)
		return YC_FAIL;
	if (!yc_pickle_is_string(&module) || !yc_pickle_is_string(&name))
		return yc_pickle_bad(m, "a name that is not a string");
	return push_name(m, module.at, module.n, name.at, name.n);
}

enum yc_dtype yc_pickle_storage_dtype(const struct yc_pickle_value *v)
{
	return v->kind == V_GLOBAL ? globals[v->number].storage : YC_OTHER;
}

bool yc_pickle_is_ndarray(const struct yc_pickle_value *v)
{
	return v->kind == V_GLOBAL && !globals[v->number].call &&
	       globals[v->number].storage == YC_OTHER;
}

int yc_pickle_reduce(struct yc_pickle *m)
{
	struct yc_pickle_value args, callee;

	if (yc_pickle_pop(m, &args) < 0 || yc_pickle_pop(m, &callee) < 0)
		return YC_FAIL;
	if (callee.kind == V_OPAQUE)
		return yc_pickle_push(m, callee);
	if (callee.kind == V_GLOBAL && globals[callee.number].call)
		return globals[callee.number].call(m, &args);
	return yc_pickle_bad(m, "calls what cannot be called");
}

int yc_pickle_build(struct yc_pickle *m)
{
	struct yc_pickle_value state, *to;

	if (yc_pickle_pop(m, &state) < 0)
		return YC_FAIL;
	if (yc_pickle_within_mark(m) == 0)
		return yc_pickle_bad(m, "pops from an empty stack");
	to = &m->stack[m->depth - 1];
	switch (to->kind) {
	case V_ARRAY:
		return yc_pickle_build_array(m, &m->tensor[to->box], &state);
	case V_DTYPE:
		return yc_pickle_build_dtype(m, &m->tensor[to->box], &state);
	case V_DICT: /* a state_dict has the versions of its modules in it */
	case V_TENSOR:
	case V_OPAQUE:
		return YC_OK;
	default:
		return yc_pickle_bad(m, "sets the state of an object that has none");
	}
}
