/* SPDX-License-Identifier: MIT */
/* gzip in memory: single files inside of folders and archives. */
#define ZLIB_CONST
#include <zlib.h>

#include "lib/archive/gunzip.h"
#include "yc/mem.h"

enum { GZIP_BITS = 15 + 16 }; /* zlib.h: the largest window, with gzip's header around */
enum { FIRST = 1 << 16, CHUNK = 1 << 30 };

struct out {
	unsigned char *data;
	size_t n, capacity, most;
};

/* Makes space for more. */
static int grow(struct out *o)
{
	size_t more = o->capacity ? 2 * o->capacity : FIRST;

	if (o->n > o->most)
		return yc_fail(YC_FAIL, "expands to more than %zu bytes", o->most);
	o->data = yc_grow(o->data, o->n, more);
	o->capacity = more;
	return o->data ? YC_OK : YC_FAIL;
}

/* One member, from in[*at] on. */
static int member(struct out *o, const unsigned char *in, size_t n, size_t *at)
{
	z_stream z = {0};
	int status = YC_OK, r = Z_OK;

	if (inflateInit2(&z, GZIP_BITS) != Z_OK)
		return yc_no_memory(0);
	while (status == YC_OK && r != Z_STREAM_END) {
		size_t left = n - *at, room = o->capacity - o->n;

		if (!room) {
			status = grow(o);
			continue;
		}
		z.next_in = in + *at;
		z.avail_in = (uInt)(left < CHUNK ? left : CHUNK);
		z.next_out = o->data + o->n;
		z.avail_out = (uInt)(room < CHUNK ? room : CHUNK);
		left = z.avail_in;
		room = z.avail_out;
		r = inflate(&z, Z_NO_FLUSH);
		*at += left - z.avail_in;
		o->n += room - z.avail_out;
		if (r == Z_BUF_ERROR || (r == Z_OK && *at == n && z.avail_out))
			status = yc_fail(YC_FAIL, "gzip: the file ends too early");
		else if (r != Z_OK && r != Z_STREAM_END)
			status = yc_fail(YC_FAIL, "gzip: damaged");
	}
	inflateEnd(&z);
	return status;
}

static bool is_zeros(const unsigned char *p, size_t n)
{
	while (n > 0 && p[n - 1] == 0)
		n--;
	return n == 0;
}

int yc_gunzip(const unsigned char *data, size_t n, size_t most, unsigned char **out,
	size_t *size)
{
	struct out o = {.most = most};
	size_t at = 0;
	int status = grow(&o);

	while (status == YC_OK && at < n) {
		if (at && is_zeros(data + at, n - at))
			break; /* as tapes and some downloads are padded */
		if (at && !yc_is_gzip(data + at, n - at))
			status = yc_fail(YC_FAIL, "gzip: other bytes follow the data");
		else
			status = member(&o, data, n, &at);
	}
	if (status == YC_OK && o.n > most)
		status = yc_fail(YC_FAIL, "expands to more than %zu bytes", most);
	if (status < 0) {
		yc_free(o.data);
		return status;
	}
	*out = o.data;
	*size = o.n;
	return YC_OK;
}
