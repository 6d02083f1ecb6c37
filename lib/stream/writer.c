/* SPDX-License-Identifier: MIT */
/* Writes a stream: records become zstd frames, compressed in parallel, written in order,
 * with the end mark and the digest. */
#define _GNU_SOURCE /* F_SETPIPE_SZ */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zstd.h>
#include <zstd_errors.h>

#include "lib/stream/internal.h"
#include "yc/mem.h"
#include "yc/outfile.h"
#include "yc/pool.h"

enum {
	THREADS_MAX = 64,
	QUEUE_BYTES = 64 << 20,	  /* records held back for parallel compression */
	PARALLEL_MIN = 512 << 10, /* minimum content for several threads */
	WINDOW_LOG_MAX = 23,	  /* what every zstd reader accepts */
	PIPE_SIZE = 1 << 20
};

/* A queued record: one frame. */
struct slot {
	struct yc_buffer raw, packed;
	size_t nraw, result;
};

struct yc_writer {
	struct yc_outfile out;
	int level, threads;
	bool digest_wanted;
	bool open;  /* inside a segment */
	bool ended; /* a segment was completed */
	uint64_t rows;
	struct yc_digest *digest;
	size_t queued;
	int nslots;
	struct slot slot[THREADS_MAX];
	ZSTD_CCtx *cctx[THREADS_MAX];
};

int yc_writer_open(struct yc_writer **out, const struct yc_writer_cfg *cfg)
{
	struct yc_writer *w = yc_calloc(1, sizeof(*w));
	struct stat st;
	int status;

	*out = NULL;
	if (!w)
		return YC_FAIL;
	status = yc_outfile_open(&w->out, cfg->path);
	if (status < 0) {
		yc_free(w);
		return status;
	}
	if (fstat(w->out.fd, &st) < 0)
		st.st_mode = 0;
#ifdef F_SETPIPE_SZ
	if (S_ISFIFO(st.st_mode))
		(void)fcntl(w->out.fd, F_SETPIPE_SZ, PIPE_SIZE); /* affects speed only */
#endif
	w->level = cfg->level ? cfg->level : S_ISREG(st.st_mode) ? 3 : 1;
	w->threads = cfg->threads < 1		  ? 1
		     : cfg->threads > THREADS_MAX ? THREADS_MAX
						  : cfg->threads;
	w->digest_wanted = cfg->digest;
	*out = w;
	return YC_OK;
}

/* Everything but the file. */
static void release(struct yc_writer *w)
{
	for (int i = 0; i < THREADS_MAX; i++) {
		yc_free(w->slot[i].raw.p);
		yc_free(w->slot[i].packed.p);
		ZSTD_freeCCtx(w->cctx[i]);
	}
	yc_digest_free(w->digest);
	yc_free(w);
}

void yc_writer_abort(struct yc_writer *w)
{
	if (!w)
		return;
	yc_outfile_abort(&w->out);
	release(w);
}

static ZSTD_CCtx *new_cctx(int level)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();

	if (c &&
		(ZSTD_isError(
			 ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, level)) ||
			ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1)) ||
			(level > 19 && ZSTD_isError(ZSTD_CCtx_setParameter(
					       c, ZSTD_c_windowLog, WINDOW_LOG_MAX))))) {
		ZSTD_freeCCtx(c);
		c = NULL;
	}
	return c;
}

static void compress(void *ctx, int unit, int worker)
{
	struct yc_writer *w = ctx;
	struct slot *s = &w->slot[unit];

	s->result = ZSTD_compress2(
		w->cctx[worker], s->packed.p, s->packed.size, s->raw.p, s->nraw);
}

static int refused(size_t error)
{
	if (ZSTD_getErrorCode(error) == ZSTD_error_memory_allocation)
		return yc_fail(YC_FAIL, "not enough memory to compress: fewer threads "
					"(-j), a lower --level or --raw take less");
	return yc_fail(YC_FAIL, "zstd: %s", ZSTD_getErrorName(error));
}

static int flush(struct yc_writer *w)
{
	int status = YC_OK;

	for (int i = 0; i < w->nslots; i++) {
		if (yc_buffer_room(
			    &w->slot[i].packed, ZSTD_compressBound(w->slot[i].nraw)) < 0)
			return YC_FAIL;
		if (!w->cctx[i])
			w->cctx[i] = new_cctx(w->level);
		if (!w->cctx[i])
			return yc_fail(YC_FAIL, "zstd level %d does not work", w->level);
	}
	yc_parallel(w->nslots, w->queued < PARALLEL_MIN ? 1 : w->threads, compress, w);
	for (int i = 0; status == YC_OK && i < w->nslots; i++) {
		const struct slot *s = &w->slot[i];

		status = ZSTD_isError(s->result)
				 ? refused(s->result)
				 : yc_outfile_write(&w->out, s->packed.p, s->result);
	}
	w->nslots = 0;
	w->queued = 0;
	return status;
}

/* Header and tensors one after the other into the next slot. */
static int queue(struct yc_writer *w, const struct yc_record *rec, const size_t *position,
	const unsigned char *head, size_t nhead)
{
	struct slot *s = &w->slot[w->nslots];
	size_t n = nhead;

	for (size_t i = 0; i < rec->ntensors; i++)
		if (__builtin_add_overflow(n, rec->tensor[i].bytes, &n))
			n = SIZE_MAX;
	if (yc_buffer_room(&s->raw, n) < 0)
		return YC_FAIL;
	memcpy(s->raw.p, head, nhead);
	s->nraw = nhead;
	for (size_t i = 0; i < rec->ntensors; i++) {
		const struct yc_tensor *t = &rec->tensor[position[i]];

		if (t->bytes)
			memcpy(s->raw.p + s->nraw, t->data, t->bytes);
		s->nraw += t->bytes;
	}
	w->nslots++;
	w->queued += s->nraw;
	return w->nslots == w->threads || w->queued >= QUEUE_BYTES ? flush(w) : YC_OK;
}

static int write_raw(struct yc_writer *w, const struct yc_record *rec,
	const size_t *position, const unsigned char *head, size_t nhead)
{
	int status = yc_outfile_write(&w->out, head, nhead);

	for (size_t i = 0; status == YC_OK && i < rec->ntensors; i++) {
		const struct yc_tensor *t = &rec->tensor[position[i]];

		if (t->bytes)
			status = yc_outfile_write(&w->out, t->data, t->bytes);
	}
	return status;
}

/* The caller may reuse the record afterwards. */
static int encode(struct yc_writer *w, const struct yc_record *rec)
{
	size_t *position = yc_calloc(rec->ntensors, sizeof *position), n;
	unsigned char *head;
	int status = position ? yc_record_encode_head(rec, position, &head, &n) : YC_FAIL;

	if (status == YC_OK) {
		status = (w->level < 0 ? write_raw : queue)(w, rec, position, head, n);
		yc_free(head);
	}
	yc_free(position);
	return status;
}

static int begin_segment(struct yc_writer *w, const struct yc_record *rec)
{
	struct yc_head head;

	if (!yc_meta_get(&rec->meta, "yc.version"))
		return yc_fail(YC_FAIL, "the first record of a stream needs a head");
	if (yc_head_parse(&head, &rec->meta) < 0)
		return YC_FAIL;
	w->rows = 0;
	if (w->digest_wanted) {
		w->digest = yc_digest_new();
		if (!w->digest)
			return YC_FAIL;
	}
	w->open = true;
	return YC_OK;
}

int yc_writer_put(struct yc_writer *w, const struct yc_record *rec)
{
	struct yc_record out = *rec; /* borrows everything but the list of pairs */
	uint64_t rows = 0;
	int status = YC_OK;

	if (!w->open)
		status = begin_segment(w, rec);
	if (status == YC_OK && yc_record_is_data(rec))
		status = yc_record_rows(rec, &rows);
	if (status < 0)
		return status;
	if (__builtin_add_overflow(w->rows, rows, &w->rows))
		return yc_fail(YC_FAIL, "too many rows");
	out.meta.n = 0;
	out.meta.pair = yc_calloc(rec->meta.n, sizeof(*out.meta.pair));
	if (!out.meta.pair)
		return YC_FAIL;
	for (size_t i = 0; i < rec->meta.n; i++)
		if (strcmp(rec->meta.pair[i].key, "yc.end") != 0 &&
			strcmp(rec->meta.pair[i].key, "yc.digest") != 0)
			out.meta.pair[out.meta.n++] = rec->meta.pair[i];
	if (w->digest)
		status = yc_digest_add(w->digest, &out);
	if (status == YC_OK)
		status = encode(w, &out);
	yc_free(out.meta.pair);
	return status;
}

int yc_writer_flush(struct yc_writer *w)
{
	return flush(w);
}

int yc_writer_end(struct yc_writer *w)
{
	struct yc_record end = {0};
	char text[YC_DIGEST_TEXT];
	int status;

	if (!w->open)
		return yc_fail(YC_FAIL, "a stream without a head cannot end");
	(void)snprintf(text, sizeof(text), "%" PRIu64, w->rows);
	status = yc_meta_set(&end.meta, "yc.end", text);
	if (status == YC_OK && w->digest) {
		status = yc_digest_text(w->digest, text);
		if (status == YC_OK)
			status = yc_meta_set(&end.meta, "yc.digest", text);
	}
	if (status == YC_OK)
		status = encode(w, &end);
	if (status == YC_OK)
		status = flush(w);
	yc_record_release(&end);
	yc_digest_free(w->digest);
	w->digest = NULL;
	w->open = false;
	w->ended = status == YC_OK;
	return status;
}

int yc_writer_close(struct yc_writer *w)
{
	int status;

	if (w->open || !w->ended) {
		yc_writer_abort(w);
		return yc_fail(YC_FAIL, "the output was not completed");
	}
	status = yc_outfile_commit(&w->out);
	release(w);
	return status;
}
