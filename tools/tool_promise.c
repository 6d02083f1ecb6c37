/* SPDX-License-Identifier: MIT */
/* What the name of an output promises: a stream that is called x.png would be taken for a
 * picture by everything that opens it. */
#include <string.h>
#include <strings.h>

#include "tools/tool_parts.h"

#define ARCHIVE "an archive", "yc-save writes archives"
#define PICTURE \
	"a picture", "yc-save png writes pictures, yc-view draws all images as one"

/* Other endings promise nothing. */
static const struct {
	const char *end, *what, *instead;
} promises[] = {
	{".png", PICTURE},
	{".jpg", PICTURE},
	{".jpeg", PICTURE},
	{".gif", PICTURE},
	{".webp", PICTURE},
	{".bmp", PICTURE},
	{".tif", PICTURE},
	{".tiff", PICTURE},
	{".svg", "a drawing", "yc-plot draws tables"},
	{".pdf", "a document", NULL},
	{".html", "a page", NULL},
	{".npz", "NumPy arrays", "yc-save npz writes them"},
	{".npy", "a NumPy array", "yc-save npy writes them"},
	{".pt", "tensors of PyTorch", "yc-save torch writes them"},
	{".pth", "tensors of PyTorch", "yc-save torch writes them"},
	{".pickle", "a pickle", "yc-save torch --scores writes one of scores"},
	{".pkl", "a pickle", "yc-save torch --scores writes one of scores"},
	{".safetensors", "a single safetensors record", "yc-save safetensors writes it"},
	{".zip", ARCHIVE},
	{".tar", ARCHIVE},
	{".tar.gz", ARCHIVE},
	{".tgz", ARCHIVE},
	{".tar.bz2", ARCHIVE},
	{".tar.xz", ARCHIVE},
	{".txz", ARCHIVE},
	{".tar.zst", ARCHIVE},
	{".txt", "text", "yc-info prints text"},
	{".tsv", "a table", "yc-info --tsv prints one"},
	{".csv", "a table", "yc-info --tsv prints one"},
	{".json", "JSON", "yc-info --json prints it"},
	{".yct", "a stream", NULL},
};

static bool ends_in(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n > m && strcasecmp(path + n - m, end) == 0;
}

void tool_check_promise(struct tool_run *t, const char *path, const char *writes,
	const char *const *endings)
{
	bool stream = t->use & TOOL_OUT;

	for (; endings && *endings; endings++)
		if (ends_in(path, *endings))
			return;
	for (size_t i = 0; i < YC_COUNT(promises); i++)
		if (ends_in(path, promises[i].end))
			die_usage(t, "%s: the name promises %s, but %s writes %s%s%s",
				path, promises[i].what, t->tool->name, writes,
				stream && promises[i].instead ? ": " : "",
				stream && promises[i].instead ? promises[i].instead : "");
}

void tool_check_output(struct tool_run *t)
{
	static const char *const stream[] = {".yct", NULL}, *const text[] = {".txt",
								    ".tsv", ".csv",
								    ".json", NULL};
	const struct tool *tool = t->tool;

	if (!t->common.output || (t->use & (TOOL_PATH | TOOL_PICTURE)))
		return;
	if (t->use & TOOL_OUT)
		tool_check_promise(t, t->common.output, "a stream", stream);
	else
		tool_check_promise(t, t->common.output,
			tool->writes ? tool->writes : "text",
			tool->endings ? tool->endings : text);
}
