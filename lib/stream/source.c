/* SPDX-License-Identifier: MIT */
/* The bytes of a stream: a file or pipe, raw or in zstd frames, read and decompressed. */
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>

#include "lib/stream/internal.h"
#include "yc/infile.h"
#include "yc/mem.h"
#include "yc/pool.h"
#include "yc/spill.h"

/*
 * Complete frames in the input buffer that state a modest content size are decompressed
 * as a whole, several in parallel; any other zstd data goes through the streaming
 * decoder, so the result does not depend on the division into frames.
 */
enum {
	IN_SIZE = 4 << 20, /* size of the input buffer */
	FRAME_MAX =
		8 << 20, /* maximum content of a frame that is decompressed as a whole */
	BATCH_MAX = 32 << 20,	  /* maximum content of all frames of one batch */
	CHUNK = 256 << 10,	  /* output step of the streaming decoder */
	PARALLEL_MIN = 512 << 10, /* minimum content for several threads */
	FRAMES_MAX = 64,
	WINDOW_LOG = 27,
	GROW_FIRST =
		4 << 20, /* initial memory for a tensor, before its bytes have arrived */
	PIPE_SIZE = 1 << 20
};

enum mode { UNKNOWN, RAW, ZSTD };

struct frame {
	const unsigned char *src;
	unsigned char *dst;
	size_t nsrc, ndst, result;
};

struct yc_source {
	int fd, threads;
	enum mode mode;
	bool eof;      /* of the compressed bytes */
	bool inside;   /* of a frame, in the streaming decoder */
	bool boundary; /* at a record boundary */
	bool mixed;    /* zstd data was seen */
	off_t raw_size;
	struct yc_spill *copy; /* of all bytes read, or NULL */
	unsigned char *in;
	size_t in_at, in_end;
	unsigned char *out;
	size_t out_at, out_end, out_room;
	ZSTD_DCtx *dctx; /* streaming */
	ZSTD_DCtx **worker;
	size_t error; /* error of zstd in the frame after out_end */
	int nframes;
	struct frame frame[FRAMES_MAX];
};

int yc_source_open(struct yc_source **out, const char *path, int threads)
{
	struct yc_source *s = yc_calloc(1, sizeof(*s));
	struct stat st;
	off_t at;

	*out = NULL;
	if (!s)
		return YC_FAIL;
	s->fd = -1;
	s->threads = threads < 1 ? 1 : threads > FRAMES_MAX ? FRAMES_MAX : threads;
	s->raw_size = -1;
	s->boundary = true;
	s->fd = yc_infile_open(path);
	if (s->fd < 0)
		goto fail;
	if (fstat(s->fd, &st) < 0) {
		(void)yc_fail(YC_FAIL, "cannot open:");
		goto fail;
	}
	if (S_ISDIR(st.st_mode)) {
		(void)yc_fail(YC_FAIL, "a folder, not a stream: yc-load KIND makes a "
				       "dataset in it a stream (yc-load --help)");
		goto fail;
	}
	if (S_ISREG(st.st_mode)) {
		at = lseek(s->fd, 0, SEEK_CUR);
		if (at >= 0 && at <= st.st_size)
			s->raw_size = st.st_size - at;
	}
#ifdef F_SETPIPE_SZ
	if (S_ISFIFO(st.st_mode))
		(void)fcntl(s->fd, F_SETPIPE_SZ, PIPE_SIZE); /* affects speed only */
#endif
	s->in = yc_grow(NULL, 0, IN_SIZE);
	s->worker = yc_calloc((size_t)s->threads, sizeof(*s->worker));
	if (!s->in || !s->worker)
		goto fail;
	*out = s;
	return YC_OK;
fail:
	yc_source_close(s);
	return YC_FAIL;
}

void yc_source_copy(struct yc_source *s, struct yc_spill *to)
{
	s->copy = to;
}

int yc_source_file(const struct yc_source *s, struct yc_source_file *file)
{
	struct stat st;

	if (fstat(s->fd, &st) < 0)
		return yc_fail(YC_FAIL, "read error:");
	*file = (struct yc_source_file){.known = true,
		.device = st.st_dev,
		.inode = st.st_ino,
		.size = st.st_size,
		.begin = S_ISREG(st.st_mode) ? lseek(s->fd, 0, SEEK_CUR) : 0,
		.modified = st.st_mtim};
	return YC_OK;
}

int yc_source_unchanged(const struct yc_source *s, const struct yc_source_file *file)
{
	struct yc_source_file now = {0};

	if (yc_source_file(s, &now) < 0)
		return YC_FAIL;
	if (now.device != file->device || now.inode != file->inode ||
		now.size != file->size || now.modified.tv_sec != file->modified.tv_sec ||
		now.modified.tv_nsec != file->modified.tv_nsec)
		return yc_fail(YC_FAIL, "the file changed while it was read");
	return YC_OK;
}

int yc_source_again(struct yc_source *s, const struct yc_source_file *file)
{
	int status = yc_source_unchanged(s, file);

	if (status == YC_OK && lseek(s->fd, file->begin, SEEK_SET) < 0)
		status = yc_fail(YC_FAIL, "read error:");
	if (s->raw_size >= 0)
		s->raw_size = file->size - file->begin;
	return status;
}

void yc_source_close(struct yc_source *s)
{
	if (!s)
		return;
	if (s->fd >= 0)
		(void)close(s->fd);
	ZSTD_freeDCtx(s->dctx);
	for (int i = 0; s->worker && i < s->threads; i++)
		ZSTD_freeDCtx(s->worker[i]);
	yc_free(s->worker);
	yc_free(s->in);
	yc_free(s->out);
	yc_free(s);
}

/* -- compressed bytes -- */

static int read_some(struct yc_source *s, void *buf, size_t n, size_t *got)
{
	ssize_t done;

	do
		done = read(s->fd, buf, n);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return yc_fail(YC_FAIL, "read error:");
	*got = (size_t)done;
	if (!done)
		s->eof = true;
	return s->copy ? yc_spill_write(s->copy, buf, *got) : YC_OK;
}

/* One read into the free end of the input buffer, after moving what is left to its front.
 */
static int fill(struct yc_source *s)
{
	size_t got = 0;
	int status;

	if (s->in_at) {
		memmove(s->in, s->in + s->in_at, s->in_end - s->in_at);
		s->in_end -= s->in_at;
		s->in_at = 0;
	}
	if (s->in_end == IN_SIZE || s->eof)
		return YC_OK;
	status = read_some(s, s->in + s->in_end, IN_SIZE - s->in_end, &got);
	s->in_end += got;
	return status;
}

/* Ensures at least n unread bytes unless the file ends before. */
static int want(struct yc_source *s, size_t n)
{
	while (s->in_end - s->in_at < n && !s->eof) {
		int status = fill(s);

		if (status < 0)
			return status;
	}
	return YC_OK;
}

static bool readable_now(const struct yc_source *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	return !s->eof && poll(&p, 1, 0) > 0 && (p.revents & (POLLIN | POLLHUP));
}

static bool is_zstd(const unsigned char *p, size_t n)
{
	uint32_t magic;

	if (n < 4)
		return false;
	magic = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	return magic == ZSTD_MAGICNUMBER ||
	       (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

/* As a header length these magic numbers would exceed any limit, so a file may change
 * between raw and compressed wherever a record or frame ends: `cat` works on any mixture. */
static int detect(struct yc_source *s)
{
	int status = want(s, 4);

	if (status < 0)
		return status;
	s->mode = is_zstd(s->in + s->in_at, s->in_end - s->in_at) ? ZSTD : RAW;
	s->mixed = s->mixed || s->mode == ZSTD;
	return YC_OK;
}

void yc_source_boundary(struct yc_source *s)
{
	if (s->mode == RAW)
		s->mode = UNKNOWN;
	s->boundary = true;
}

off_t yc_source_raw_size(const struct yc_source *s)
{
	return s->mixed ? -1 : s->raw_size;
}

/* -- decompression -- */

static void decompress(void *ctx, int unit, int worker)
{
	struct yc_source *s = ctx;
	struct frame *f = &s->frame[unit];

	f->result =
		ZSTD_decompressDCtx(s->worker[worker], f->dst, f->ndst, f->src, f->nsrc);
}

static int room_out(struct yc_source *s, size_t n)
{
	if (s->out_room >= n)
		return YC_OK;
	s->out_room = 0;
	yc_free(s->out);
	s->out = yc_grow(NULL, 0, n);
	if (!s->out)
		return YC_FAIL;
	s->out_room = n;
	return YC_OK;
}

/* Collects complete frames from the input buffer, at most as many as the threads can use. */
static size_t find_frames(struct yc_source *s)
{
	size_t at = s->in_at, total = 0;

	s->nframes = 0;
	while (s->nframes < s->threads && is_zstd(s->in + at, s->in_end - at)) {
		unsigned long long content =
			ZSTD_getFrameContentSize(s->in + at, s->in_end - at);
		size_t n = ZSTD_findFrameCompressedSize(s->in + at, s->in_end - at);

		if (ZSTD_isError(n) || content > FRAME_MAX || total + content > BATCH_MAX)
			break;
		s->frame[s->nframes++] = (struct frame){
			.src = s->in + at, .nsrc = n, .ndst = (size_t)content};
		total += (size_t)content;
		at += n;
	}
	return total;
}

/* True if the frame at in_at could fit into the buffer and be decompressed as a whole. */
static bool modest(const struct yc_source *s)
{
	size_t n = s->in_end - s->in_at;

	return n < IN_SIZE && !s->eof &&
	       ZSTD_getFrameContentSize(s->in + s->in_at, n) <= FRAME_MAX;
}

/* Decompresses the complete frames in the buffer, if any. */
static int batch(struct yc_source *s)
{
	size_t total, at = 0;
	int status;

	status = want(s, 18); /* a frame's header */
	if (status < 0)
		return status;
	total = find_frames(s);
	while (s->nframes == 0 ? modest(s) : s->nframes < s->threads && readable_now(s)) {
		size_t before = s->in_end - s->in_at;

		status = fill(s);
		if (status < 0)
			return status;
		total = find_frames(s);
		if (s->in_end - s->in_at == before)
			break;
	}
	if (!s->nframes)
		return YC_OK;
	status = room_out(s, total);
	if (status < 0)
		return status;
	for (int i = 0; i < s->threads && i < s->nframes; i++) {
		if (!s->worker[i])
			s->worker[i] = ZSTD_createDCtx();
		if (!s->worker[i])
			return yc_no_memory(0);
	}
	for (int i = 0; i < s->nframes; i++) {
		s->frame[i].dst = s->out + at;
		at += s->frame[i].ndst;
	}
	yc_parallel(s->nframes, total < PARALLEL_MIN ? 1 : s->threads, decompress, s);
	s->out_at = s->out_end = 0;
	for (int i = 0; i < s->nframes; i++) {
		if (s->frame[i].result != s->frame[i].ndst) {
			/* The data before it are good: hand them out first. */
			s->error = ZSTD_isError(s->frame[i].result) ? s->frame[i].result
								    : (size_t)-1;
			break;
		}
		s->out_end += s->frame[i].ndst;
		s->in_at += s->frame[i].nsrc;
	}
	return YC_OK;
}

static int damaged(size_t error)
{
	return yc_fail(YC_FAIL, "damaged zstd data: %s", ZSTD_getErrorName(error));
}

/* One step of the streaming decoder. */
static int stream(struct yc_source *s)
{
	ZSTD_inBuffer in;
	ZSTD_outBuffer out;
	size_t left;
	int status = room_out(s, CHUNK);

	if (status == YC_OK && !s->dctx) {
		s->dctx = ZSTD_createDCtx();
		if (!s->dctx || ZSTD_isError(ZSTD_DCtx_setParameter(
					s->dctx, ZSTD_d_windowLogMax, WINDOW_LOG)))
			status = yc_no_memory(0);
	}
	if (status < 0)
		return status;
	in = (ZSTD_inBuffer){s->in + s->in_at, s->in_end - s->in_at, 0};
	out = (ZSTD_outBuffer){s->out, s->out_room, 0};
	left = ZSTD_decompressStream(s->dctx, &out, &in);
	if (ZSTD_isError(left))
		return damaged(left);
	s->in_at += in.pos;
	s->out_at = 0;
	s->out_end = out.pos;
	s->inside = left > 0;
	if (s->inside && !out.pos && s->in_at == s->in_end) {
		if (s->eof)
			return yc_fail(YC_CUT, "the input ends inside a zstd frame");
		return fill(s);
	}
	return YC_OK;
}

/* Refills the empty output buffer; with nothing at the end of the file, or if the file
 * continues raw. */
static int refill(struct yc_source *s)
{
	s->out_at = s->out_end = 0;
	if (s->error)
		return damaged(s->error);
	while (s->out_at == s->out_end) {
		int status = YC_OK;

		if (!s->inside) {
			status = detect(s);
			if (status < 0)
				return status;
			if (s->mode != ZSTD && s->in_at < s->in_end && !s->boundary)
				return yc_fail(
					YC_FAIL, "other data follows a zstd frame");
			if (s->mode != ZSTD)
				return YC_OK;
			status = batch(s);
			if (status == YC_OK && s->nframes) {
				if (s->error && !s->out_end)
					return damaged(s->error);
				continue;
			}
		}
		if (status == YC_OK)
			status = stream(s);
		if (status < 0)
			return status;
	}
	return YC_OK;
}

int yc_source_ended(struct yc_source *s, bool *ended)
{
	int status = YC_OK;

	yc_source_boundary(s);
	if (s->out_at == s->out_end)
		status = s->mode == ZSTD ? refill(s) : want(s, 1);
	*ended = s->out_at == s->out_end && s->in_at == s->in_end;
	return status;
}

int yc_source_read(struct yc_source *s, void *buf, size_t n, size_t *got)
{
	unsigned char *p = buf;

	*got = 0;
	while (*got < n) {
		size_t left = n - *got, k = 0;
		int status = YC_OK;

		if (s->out_at < s->out_end) {
			k = s->out_end - s->out_at < left ? s->out_end - s->out_at : left;
			memcpy(p + *got, s->out + s->out_at, k);
			s->out_at += k;
		} else if (s->mode != RAW) {
			status = s->mode == UNKNOWN ? detect(s) : YC_OK;
			if (status == YC_OK && s->mode == ZSTD)
				status = refill(s);
			if (status < 0)
				return status;
			if (s->mode == RAW && s->in_at == s->in_end)
				return YC_OK;
			continue;
		} else if (s->in_at < s->in_end) {
			k = s->in_end - s->in_at < left ? s->in_end - s->in_at : left;
			memcpy(p + *got, s->in + s->in_at, k);
			s->in_at += k;
		} else {
			/* Bypasses the buffer: large tensors are read in place. */
			status = s->eof ? YC_OK : read_some(s, p + *got, left, &k);
			if (status < 0 || !k)
				return status;
		}
		*got += k;
		s->boundary = false;
	}
	return YC_OK;
}

int yc_source_tensor(struct yc_source *s, struct yc_tensor *t)
{
	size_t have = 0, got;

	do {
		size_t capacity = have ? 2 * have : GROW_FIRST;
		int status;

		if (capacity > t->bytes)
			capacity = t->bytes;
		t->data = yc_grow(t->data, have, capacity);
		if (!t->data)
			return YC_FAIL;
		status = yc_source_read(
			s, (unsigned char *)t->data + have, capacity - have, &got);
		if (status < 0)
			return yc_fail_in(status, "tensor '%s'", t->name);
		have += got;
		if (have < capacity)
			return yc_fail(
				YC_CUT, "the input ends inside tensor '%s'", t->name);
	} while (have < t->bytes);
	return YC_OK;
}
