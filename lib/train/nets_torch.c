/* SPDX-License-Identifier: MIT */
/* The weights in a file of torch.save: a state_dict, alone or as an entry of a
 * checkpoint, as the record that a safetensors file of the same weights would be. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/archive/archive.h"
#include "lib/tensorfile/tensorfile.h"
#include "lib/train/internal.h"

/* Where checkpoints have their state_dict; "": it is the file's only object. */
static const char *const homes[] = {
	"state_dict", "model_state_dict", "model", "net", "", NULL};

/* Networks trained on several devices have this before every name. */
static const char parallel[] = "module.";

static bool is_whole(enum yc_dtype t)
{
	return t != YC_F16 && t != YC_BF16 && t != YC_F32 && t != YC_F64;
}

static int add(void *ctx, const char *name, const struct yc_strided *v)
{
	struct yc_record *r = ctx;
	const bool whole = is_whole(v->dtype);
	struct yc_tensor *t;

	if (strncmp(name, parallel, sizeof parallel - 1) == 0)
		name += sizeof parallel - 1;
	t = yc_record_add(r, name, whole ? YC_I64 : YC_F32, v->rank, v->shape, NULL);
	if (!t)
		return YC_FAIL;
	if (whole)
		return yc_strided_ints(v, t->data);
	yc_strided_floats(v, t->data);
	return YC_OK;
}

static int take(struct yc_record *r, struct yc_tensorfile *f)
{
	int status = YC_OK;

	for (int i = 0; homes[i] && status == YC_OK && !r->ntensors; i++)
		status = yc_tensorfile_each(f, homes[i], add, r);
	if (status == YC_OK && !r->ntensors)
		status = yc_fail(
			YC_FAIL, "no state_dict in it: a dict of tensors by name");
	return status;
}

/* A zip or a pickle by its first bytes. The length that a safetensors file begins with may
 * look like the mark of a pickle, but zeros follow it. */
static bool looks_like_torch(const char *path)
{
	unsigned char head[4];
	FILE *file = fopen(path, "rb");
	size_t n = file ? fread(head, 1, sizeof head, file) : 0;

	if (file)
		(void)fclose(file);
	return n == sizeof head &&
	       (memcmp(head, "PK\3\4", 4) == 0 ||
		       (head[0] == 0x80 && head[1] >= 2 && head[1] <= 5 && head[2]));
}

int yc_nets_torch(struct yc_record *r, const char *path, uint64_t most)
{
	unsigned char *data = NULL;
	struct yc_tensorfile f;
	struct stat sb;
	size_t n = 0;
	int status;

	/* A pipe can only bring a stream. */
	if (stat(path, &sb) < 0 || !S_ISREG(sb.st_mode) || !looks_like_torch(path))
		return YC_NO;
	status = yc_file_read(path, most ? most : YC_RECORD_BYTES, &data, &n);
	if (status == YC_OK)
		status = yc_tensorfile_open(&f, data, n);
	if (status == YC_NO || (status == YC_OK && !f.pickled)) {
		if (status == YC_OK)
			yc_tensorfile_close(&f);
		return YC_NO;
	}
	if (status == YC_OK) {
		status = take(r, &f);
		yc_tensorfile_close(&f);
	}
	if (status < 0)
		yc_record_release(r);
	return status < 0 ? yc_fail_in(status, "%s", path) : YC_OK;
}
