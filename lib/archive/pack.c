/* SPDX-License-Identifier: MIT */
/* Where exported files go: a folder, an archive, or a single file. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/archive/bundle.h"
#include "lib/archive/pack.h"
#include "yc/mem.h"
#include "yc/outfile.h"
#include "yc/outfolder.h"
#include "yc/spill.h"

struct yc_pack {
	struct yc_outfolder folder; /* fd -1: none */
	struct yc_outfile file;	    /* fd -1: none */
	struct yc_bundle *bundle;
	struct yc_spill spill; /* a file of unknown size on its way into an archive */
	bool spilling;
	int fd; /* of the current file of a folder, -1: none */
	char *name, *path, scratch[PATH_MAX];
};

static int write_file(void *ctx, const void *p, size_t n)
{
	return yc_outfile_write(ctx, p, n);
}

/* Archives of other kinds would become folders of odd names. */
static int check_ending(const char *path)
{
	static const char *const others[] = {".7z", ".rar", ".tar.lz", ".tar.lzma",
		".tbz", ".tbz2", ".tar.Z", ".cpio", ".gz", ".xz", ".zst", ".bz2"};
	size_t n = strlen(path);

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (n > strlen(others[i]) &&
			strcasecmp(path + n - strlen(others[i]), others[i]) == 0)
			return yc_fail(YC_USAGE,
				"%s: not one of the archives written: %s", path,
				yc_bundle_endings);
	return YC_OK;
}

static int open_file(struct yc_pack *p, const struct yc_pack_cfg *cfg)
{
	struct stat st;

	if (cfg->path && stat(cfg->path, &st) == 0 && S_ISDIR(st.st_mode))
		return cfg->single
			       ? yc_fail(YC_USAGE,
					 "%s is a folder: name a file in it, such as %s",
					 cfg->path, cfg->single)
			       : yc_fail(YC_USAGE, "%s is a folder, not an archive",
					 cfg->path);
	return yc_outfile_open(&p->file, cfg->path);
}

static void find_scratch(struct yc_pack *p, const struct yc_pack_cfg *cfg)
{
	const char *path = cfg->path;
	size_t n = path ? strlen(path) : 0;

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n > 0 && path[n - 1] != '/')
		n--;
	if (!path)
		snprintf(p->scratch, sizeof p->scratch, "%s", cfg->scratch);
	else
		snprintf(p->scratch, sizeof p->scratch, "%.*s", n ? (int)n : 1,
			n ? path : ".");
	/* A device is in no place for files. */
	if (path && access(p->scratch, W_OK) != 0)
		snprintf(p->scratch, sizeof p->scratch, "%s", cfg->scratch);
}

int yc_pack_open(struct yc_pack **to, const struct yc_pack_cfg *cfg)
{
	const struct yc_bundle_form *form = cfg->path ? yc_bundle_form(cfg->path) : NULL;
	struct yc_pack *p = yc_calloc(1, sizeof *p);
	int status = YC_OK;

	*to = NULL;
	if (!p)
		return YC_FAIL;
	p->folder.fd = p->folder.temp = p->file.fd = p->file.temp = p->fd = p->spill.fd =
		-1;
	find_scratch(p, cfg);
	if (!form && !cfg->single && !cfg->path)
		status = yc_fail(YC_USAGE,
			"several files do not fit into standard output: name a folder or "
			"an archive (%s)",
			yc_bundle_endings);
	else if (!form && cfg->path)
		status = check_ending(cfg->path);
	p->path = yc_strdup(cfg->path ? cfg->path : "stdout");
	if (status == YC_OK && !p->path)
		status = YC_FAIL;
	if (status == YC_OK && !form && !cfg->single)
		status =
			yc_outfolder_open(&p->folder, cfg->path, cfg->replace, cfg->ours);
	else if (status == YC_OK)
		status = open_file(p, cfg);
	if (status == YC_OK && form) {
		const struct yc_sink sink = {write_file, &p->file};

		status = yc_bundle_open(&p->bundle, form, &sink);
	}
	if (status < 0) {
		yc_pack_abort(p);
		return status;
	}
	*to = p;
	return YC_OK;
}

const char *yc_pack_scratch(const struct yc_pack *p)
{
	return p->scratch;
}

/* Ends the current file. */
static int finish(struct yc_pack *p)
{
	int status = YC_OK;

	if (p->fd >= 0 && close(p->fd) < 0)
		status = yc_fail(YC_FAIL, "%s/%s: write error:", p->path, p->name);
	p->fd = -1;
	if (status == YC_OK && p->spilling) {
		struct yc_sink sink = yc_bundle_sink(p->bundle);

		status = yc_bundle_file(p->bundle, p->name, p->spill.bytes);
		if (status == YC_OK)
			status = yc_spill_copy(&p->spill, 0, p->spill.bytes, &sink);
	}
	if (p->spilling)
		yc_spill_release(&p->spill);
	p->spilling = false;
	yc_free(p->name);
	p->name = NULL;
	return status;
}

int yc_pack_file(struct yc_pack *p, const char *name, uint64_t size)
{
	int status = finish(p);

	p->name = yc_strdup(name);
	if (status == YC_OK && !p->name)
		status = YC_FAIL;
	if (status < 0)
		return status;
	if (p->bundle && size == UINT64_MAX) {
		status = yc_spill_open(&p->spill, p->scratch);
		p->spilling = status == YC_OK;
		return status;
	}
	if (p->bundle)
		return yc_bundle_file(p->bundle, name, size);
	if (p->folder.fd < 0)
		return YC_OK;
	p->fd = openat(p->folder.fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	return p->fd >= 0 ? YC_OK : yc_fail(YC_FAIL, "%s/%s:", p->path, name);
}

int yc_pack_folder(struct yc_pack *p, const char *name)
{
	int status = finish(p);

	if (status == YC_OK && p->bundle)
		return yc_bundle_folder(p->bundle, name);
	if (status == YC_OK && mkdirat(p->folder.fd, name, 0777) < 0)
		status = yc_fail(YC_FAIL, "%s/%s:", p->path, name);
	return status;
}

static int write_all(const struct yc_pack *p, const unsigned char *at, size_t n)
{
	while (n) {
		ssize_t done = write(p->fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return yc_fail(YC_FAIL, "%s/%s: write error:", p->path, p->name);
		at += done;
		n -= (size_t)done;
	}
	return YC_OK;
}

int yc_pack_write(struct yc_pack *p, const void *data, size_t n)
{
	if (p->spilling)
		return yc_spill_write(&p->spill, data, n);
	if (p->bundle)
		return yc_bundle_write(p->bundle, data, n);
	if (p->folder.fd < 0)
		return yc_outfile_write(&p->file, data, n);
	return write_all(p, data, n);
}

int yc_pack_put(struct yc_pack *p, const char *name, const void *data, size_t n)
{
	int status = yc_pack_file(p, name, n);

	return status == YC_OK ? yc_pack_write(p, data, n) : status;
}

static int sink_write(void *ctx, const void *p, size_t n)
{
	return yc_pack_write(ctx, p, n);
}

struct yc_sink yc_pack_sink(struct yc_pack *p)
{
	return (struct yc_sink){sink_write, p};
}

int yc_pack_commit(struct yc_pack *p)
{
	struct yc_bundle *b = p->bundle;
	int status = finish(p);

	if (status == YC_OK && b) {
		p->bundle = NULL;
		status = yc_bundle_close(b);
	}
	if (status == YC_OK && p->folder.fd >= 0)
		status = yc_outfolder_commit(&p->folder);
	else if (status == YC_OK)
		status = yc_outfile_commit(&p->file);
	yc_pack_abort(p);
	return status;
}

void yc_pack_abort(struct yc_pack *p)
{
	if (!p)
		return;
	if (p->fd >= 0)
		(void)close(p->fd);
	yc_spill_release(&p->spill);
	yc_bundle_abort(p->bundle);
	if (p->folder.temp >= 0)
		yc_outfolder_abort(&p->folder);
	if (p->file.fd >= 0)
		yc_outfile_abort(&p->file);
	yc_free(p->name);
	yc_free(p->path);
	yc_free(p);
}
