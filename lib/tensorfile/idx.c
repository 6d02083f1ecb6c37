/* SPDX-License-Identifier: MIT */
/* The IDX format of the MNIST family: two zeros, a type, the rank, big-endian sizes and
 * elements. */
#include "lib/tensorfile/npy.h"
#include "lib/tensorfile/tensorfile.h"
#include "yc/real.h"

int yc_idx_open(struct yc_strided *v, const unsigned char *data, size_t n)
{
	static const struct {
		unsigned char code;
		enum yc_dtype dtype;
	} types[] = {{0x08, YC_U8}, {0x09, YC_I8}, {0x0b, YC_I16}, {0x0c, YC_I32},
		{0x0d, YC_F32}, {0x0e, YC_F64}};
	size_t head;
	uint64_t bytes;

	*v = (struct yc_strided){.big_endian = true};
	if (n < 4 || data[0] || data[1])
		return YC_NO;
	for (size_t i = 0; i < YC_COUNT(types); i++)
		if (types[i].code == data[2])
			v->dtype = types[i].dtype;
	if (v->dtype == YC_OTHER || data[3] == 0 || data[3] > YC_RANK_MAX)
		return YC_NO;
	v->rank = data[3];
	head = 4 + 4 * (size_t)v->rank;
	if (n < head)
		return yc_fail(YC_FAIL, "idx: the file ends too early");
	for (int i = 0; i < v->rank; i++) {
		const unsigned char *p = data + 4 + 4 * i;

		v->shape[i] = (uint64_t)p[0] << 24 | (uint64_t)p[1] << 16 |
			      (uint64_t)p[2] << 8 | p[3];
	}
	v->at = data + head;
	bytes = yc_npy_strides(
		v->shape, v->rank, false, v->stride, yc_dtype_size(v->dtype));
	if (bytes != n - head)
		return yc_fail(YC_FAIL, "idx: %s bytes than its sizes say",
			bytes > n - head ? "fewer" : "more");
	return YC_OK;
}
