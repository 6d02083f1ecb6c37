/* SPDX-License-Identifier: MIT */
/* A stream as it is, condensed or not, of which yc-load keeps a part or changes labels. */
#include "lib/dataset/internal.h"
#include "yc/normalisation.h"

static int load(const void *cfg, const struct yc_load *what, struct yc_set *out,
	struct yc_photos **photos)
{
	int status = yc_set_read_file(out, what->path);

	(void)cfg;
	(void)photos;
	if (status == YC_OK)
		status = yc_set_check_images(out);
	/* Where the head says none, networks stay with those that they took. */
	if (status == YC_OK && !out->head.nmean && !yc_head_normalised(&out->meta) &&
		yc_set_col(out, "image")->shape[1] == 3) {
		status = yc_head_complete(&out->head, 3);
		if (status == YC_OK)
			status = yc_head_store(&out->head, &out->meta);
	}
	return status;
}

const struct yc_loader yc_load_stream = {
	.method = {.name = "stream",
		.summary =
			"a stream of this program, condensed or not, to take a part of "
			"it or to change labels"},
	.whole = true,
	.load = load,
};
