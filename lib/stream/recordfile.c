/* SPDX-License-Identifier: MIT */
/* A single record in a plain safetensors file, such as the weights of a network. */
#include "lib/stream/internal.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/outfile.h"

int yc_record_load(struct yc_record *r, const char *path, uint64_t most)
{
	struct yc_source *s = NULL;
	unsigned char size[8];
	uint64_t n = 0;
	size_t got, data, end;
	char *json = NULL;
	int status;

	*r = (struct yc_record){0};
	status = yc_source_open(&s, path, 1);
	if (status < 0)
		return yc_fail_in(status, "%s", yc_infile_name(path));
	status = yc_source_read(s, size, sizeof(size), &got);
	if (status < 0)
		goto out;
	for (int i = 7; i >= 0; i--)
		n = n << 8 | size[i];
	if (got < 8 || n > YC_HEADER_MAX) {
		const char *what = yc_sniff(size, got);

		status = yc_fail(YC_FAIL, "not a safetensors file%s%s%s",
			what ? " (it is " : "", what ? what : "", what ? ")" : "");
		goto out;
	}
	status = YC_FAIL;
	json = yc_grow(NULL, 0, (size_t)n);
	if (!json)
		goto out;
	status = yc_source_read(s, json, (size_t)n, &got);
	if (status == YC_OK && got < n)
		status = yc_fail(YC_CUT, "the file ends inside its header");
	if (status == YC_OK)
		status = yc_record_header(r, json, (size_t)n, &data);
	if (status == YC_OK && yc_meta_get(&r->meta, "yc.version"))
		status = yc_fail(
			YC_FAIL, "a stream of images, not a file of tensors alone");
	if (status == YC_OK)
		status = yc_record_fits(n + data, most);
	for (size_t i = 0; status == YC_OK && i < r->ntensors; i++)
		status = yc_source_tensor(s, &r->tensor[i]);
	if (status == YC_OK)
		status = yc_source_read(s, size, 1, &end);
	if (status == YC_OK && end)
		status = yc_fail(YC_FAIL, "data follows the last tensor");
out:
	yc_free(json);
	yc_source_close(s);
	if (status < 0) {
		yc_record_release(r);
		return yc_fail_in(status, "%s", yc_infile_name(path));
	}
	return YC_OK;
}

int yc_record_save(const struct yc_record *r, const char *path)
{
	struct yc_outfile out;
	unsigned char *blob;
	size_t bytes;
	int status = yc_record_encode(r, &blob, &bytes);

	if (status < 0)
		return yc_fail_in(status, "%s", path);
	status = yc_outfile_open(&out, path);
	if (status == YC_OK) {
		status = yc_outfile_write(&out, blob, bytes);
		if (status == YC_OK)
			status = yc_outfile_commit(&out);
		else
			yc_outfile_abort(&out);
	}
	yc_free(blob);
	return status;
}
