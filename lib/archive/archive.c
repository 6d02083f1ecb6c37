/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* newlocale */
/* Walks what a path names: a folder, an archive (tar or zip, compressed or not) or a bare
 * file, which is its own only member. */
#include <string.h>
#include <sys/stat.h>

#include "lib/archive/members.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/near.h"

static int walk_bare(
	const struct yc_members *s, const char *path, const struct yc_walk *w)
{
	const char *slash = strrchr(path, '/'), *foreign = yc_format_foreign(&s->in);
	struct yc_file_state state;
	struct yc_member m;
	int status;

	if (foreign)
		return yc_fail(YC_FAIL,
			"%s, which is not read: unpack it and give the folder", foreign);
	yc_file_member(
		&m, slash ? slash + 1 : path, s->in.size, &state, yc_infile_path(path));
	m.bare = true;
	status = w->file(w->ctx, &m);
	yc_file_member_done(&state);
	return status;
}

static int walk_file(struct yc_members *s, const char *path, const struct yc_walk *w)
{
	enum yc_format format = YC_BARE;
	int status = yc_input_open(&s->in, path);

	if (status == YC_OK)
		status = yc_format_of(&s->in, &format);
	if (status == YC_OK && format == YC_BARE)
		return walk_bare(s, path, w);
	if (status == YC_OK)
		status = yc_members_open(s, path, format);
	return status == YC_OK ? yc_members_walk(s, "", w) : status;
}

int yc_archive_visit(const char *path, const struct yc_walk *w)
{
	const char *name = yc_infile_name(path), *real = yc_infile_path(path);
	struct yc_members *s;
	struct stat sb;
	int status;

	if (real && stat(real, &sb) < 0) {
		(void)yc_fail(YC_FAIL, "%s:", name);
		return yc_near_file(real);
	}
	if (real && S_ISDIR(sb.st_mode)) {
		status = yc_walk_folder(real, w);
		return status < 0 ? yc_fail_in(status, "%s", name) : YC_OK;
	}
	s = yc_calloc(1, sizeof *s);
	if (!s)
		return YC_FAIL;
	s->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	status = walk_file(s, path, w);
	archive_read_free(s->a);
	yc_unpack_close(s->unpack);
	yc_input_close(&s->in);
	if (s->utf8)
		freelocale(s->utf8);
	yc_free(s);
	return status < 0 ? yc_fail_in(status, "%s", name) : YC_OK;
}

int yc_archive_walk(
	const char *path, int (*fn)(void *ctx, struct yc_member *m), void *ctx)
{
	const struct yc_walk w = {.ctx = ctx, .file = fn};

	return yc_archive_visit(path, &w);
}
