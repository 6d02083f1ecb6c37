/* SPDX-License-Identifier: MIT */
/* Writes NumPy's .npy and .npz. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/archive/bundle.h"
#include "lib/tensorfile/npy.h"
#include "lib/tensorfile/write.h"
#include "yc/mem.h"

bool yc_npy_writes(enum yc_dtype t)
{
	return yc_npy_code(t) != NULL;
}

uint64_t yc_tensor_out_bytes(const struct yc_tensor_out *t)
{
	uint64_t n = t->characters ? 4 * t->characters : yc_dtype_size(t->dtype);

	for (int i = 0; i < t->rank; i++)
		n = yc_size_mul(n, t->shape[i]);
	return n;
}

size_t yc_npy_head(const struct yc_tensor_out *t, unsigned char buf[YC_NPY_HEADER_MAX])
{
	enum { BEFORE = 10, ALIGN = 64 };
	char *text = (char *)buf + BEFORE, code[32];
	size_t room = YC_NPY_HEADER_MAX - BEFORE, n, total;

	if (t->characters)
		snprintf(code, sizeof code, "<U%" PRIu64, t->characters);
	else
		snprintf(code, sizeof code, "%c%s",
			yc_dtype_size(t->dtype) == 1 ? '|' : '<', yc_npy_code(t->dtype));
	n = (size_t)snprintf(
		text, room, "{'descr': '%s', 'fortran_order': False, 'shape': (", code);
	for (int i = 0; i < t->rank; i++)
		n += (size_t)snprintf(text + n, room - n, "%" PRIu64 "%s", t->shape[i],
			t->rank == 1	  ? ","
			: i + 1 < t->rank ? ", "
					  : "");
	n += (size_t)snprintf(text + n, room - n, "), }");
	total = (BEFORE + n + 1 + ALIGN - 1) / ALIGN * ALIGN;
	memset(text + n, ' ', total - BEFORE - n);
	buf[total - 1] = '\n';
	memcpy(buf, "\x93NUMPY\x01\x00", 8);
	buf[8] = (unsigned char)((total - BEFORE) & 0xff);
	buf[9] = (unsigned char)((total - BEFORE) >> 8);
	return total;
}

int yc_npz_write(const struct yc_tensor_out *t, size_t n, const struct yc_sink *to)
{
	struct yc_bundle *b;
	struct yc_sink member;
	int status = yc_bundle_open(&b, yc_bundle_form("x.zip"), to);

	if (status < 0)
		return status;
	member = yc_bundle_sink(b);
	for (size_t i = 0; status == YC_OK && i < n; i++) {
		unsigned char head[YC_NPY_HEADER_MAX];
		size_t bytes = yc_npy_head(&t[i], head);
		char name[YC_NAME_MAX + 8];

		snprintf(name, sizeof name, "%s.npy", t[i].name);
		status = yc_bundle_file(b, name, bytes + yc_tensor_out_bytes(&t[i]));
		if (status == YC_OK)
			status = yc_bundle_write(b, head, bytes);
		if (status == YC_OK)
			status = t[i].data(t[i].ctx, &member);
	}
	if (status < 0) {
		yc_bundle_abort(b);
		return status;
	}
	return yc_bundle_close(b);
}
