/* SPDX-License-Identifier: MIT */
/* The content of members, whole or from its beginning on. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/archive/internal.h"
#include "yc/mem.h"

enum { CHUNK = 1 << 20 };

int yc_slurp(struct yc_member *m, size_t most, unsigned char **data, size_t *size)
{
	/* About as much as declared, growing as data arrive: sizes can be wrong. */
	size_t capacity = m->size < CHUNK ? (size_t)m->size + 1 : CHUNK, n = 0;
	unsigned char *p = yc_grow(NULL, 0, capacity);

	while (p) {
		if (n == capacity) {
			capacity *= 2;
			if (n >= CHUNK && m->size >= n && m->size < capacity)
				capacity = (size_t)m->size + 1;
			p = yc_grow(p, n, capacity);
			if (!p)
				break;
		}
		ssize_t got = m->more(m, p + n, capacity - n);

		if (got < 0)
			break;
		n += (size_t)got;
		if (n > most) {
			yc_fail(YC_FAIL, "larger than %zu bytes", most);
			break;
		}
		if (got == 0) {
			*data = p;
			*size = n;
			return YC_OK;
		}
	}
	yc_free(p);
	return YC_FAIL;
}

static ssize_t more_of_file(struct yc_member *m, void *buf, size_t n)
{
	struct yc_file_state *s = m->state;
	ssize_t got;

	if (s->fd < 0)
		s->fd = open(s->path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0)
		return yc_fail(YC_FAIL, "cannot open:");
	do
		got = read(s->fd, buf, n);
	while (got < 0 && errno == EINTR);
	return got < 0 ? yc_fail(YC_FAIL, "cannot read:") : got;
}

void yc_file_member(struct yc_member *m, const char *name, uint64_t size,
	struct yc_file_state *state, const char *path)
{
	*state = (struct yc_file_state){path, -1};
	*m = (struct yc_member){.name = name,
		.size = size,
		.read = yc_slurp,
		.more = more_of_file,
		.state = state,
		.file = path};
}

void yc_file_member_done(struct yc_file_state *state)
{
	if (state->fd >= 0)
		(void)close(state->fd);
	state->fd = -1;
}

static int refuse(struct yc_member *m, size_t most, unsigned char **data, size_t *size)
{
	(void)most;
	(void)data;
	(void)size;
	return yc_fail(YC_FAIL, "%s", m->refused);
}

static ssize_t refuse_more(struct yc_member *m, void *buf, size_t n)
{
	(void)buf;
	(void)n;
	return yc_fail(YC_FAIL, "%s", m->refused);
}

void yc_refused_member(struct yc_member *m, const char *name, const char *why)
{
	*m = (struct yc_member){.name = name,
		.size = UINT64_MAX,
		.read = refuse,
		.more = refuse_more,
		.refused = why};
}

void yc_special_member(struct yc_member *m, const char *name)
{
	yc_refused_member(m, name, "not a file but a device, pipe or socket");
	m->special = true;
}

int yc_file_read(const char *path, size_t most, unsigned char **data, size_t *size)
{
	struct yc_file_state state;
	struct yc_member m;
	struct stat sb;
	int status;

	if (stat(path, &sb) < 0)
		return yc_fail(YC_FAIL, "cannot open:");
	yc_file_member(&m, path, (uint64_t)sb.st_size, &state, path);
	status = m.read(&m, most, data, size);
	yc_file_member_done(&state);
	return status;
}
