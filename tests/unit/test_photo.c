/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <jpeglib.h>
#include <png.h>

#include "lib/photo/blend.h"
#include "lib/photo/photo.h"
#include "yc/mem.h"
#include "yc/real.h"
#include "yc/rng.h"

enum { ROOM = 1 << 16 };

/* Sample k of a picture is (37k + (k^2 mod 101)) mod 256. */
static struct yc_photo made(int width, int height)
{
	/* what may be read beyond it */
	const size_t rows =
		((size_t)height + YC_PHOTO_ROWS - 1) / YC_PHOTO_ROWS * YC_PHOTO_ROWS;
	struct yc_photo p = {width, height, NULL};

	p.rgb = yc_calloc(3 * (size_t)width * rows + YC_PHOTO_SPARE, 1);
	assert_non_null(p.rgb);
	for (int k = 0; k < 3 * width * height; k++)
		p.rgb[k] = (uint8_t)(k * 37 + k * k % 101);
	return p;
}

static void scale(const struct yc_photo *p, const struct yc_window *w, uint8_t *out)
{
	struct yc_scaler *s = yc_scaler_new();

	assert_non_null(s);
	assert_int_equal(yc_scaler_begin(s, p->width, p->height, w, 3), 0);
	yc_scaler_rows(s, p->rgb, 0, p->height);
	yc_scaler_end(s, out);
	yc_scaler_free(s);
}

/* As a file, so that it is decoded and scaled at once. */
static void fit(const struct yc_photo *p, int side, uint8_t *out)
{
	struct yc_scaler *s = yc_scaler_new();
	unsigned char *file;
	size_t n;

	assert_non_null(s);
	assert_int_equal(yc_png_encode(&(struct yc_png){p->rgb, (size_t)p->width,
					       (size_t)p->height, 3, 8, false},
				 &file, &n),
		0);
	assert_int_equal(yc_photo_fit(s, file, n, side, 3, out), 0);
	yc_scaler_free(s);
	yc_free(file);
}

/* Values by Pillow 9.4, Image.resize with the bilinear filter. */
static void scaling_is_that_of_an_imaging_library(void **state)
{
	static const uint8_t less[] = {104, 134, 126, 112, 113, 106, 107, 126, 104, 140,
		137, 104, 93, 131, 123, 96, 152, 114};
	static const uint8_t narrow[] = {79, 142, 107, 137, 153, 130, 135, 122, 101, 115,
		92, 86, 91, 74, 129, 127, 151, 159, 108, 141, 116, 124, 129, 96, 111, 98,
		85, 109, 121, 107, 152, 109, 164, 123, 172, 131, 141, 137, 119, 124, 83,
		102, 92, 128, 111, 165, 122, 145, 128, 127, 117, 116, 110, 110};
	static const uint8_t top[] = {0, 80, 68, 37, 158, 215, 139, 102, 175, 20, 108,
		134, 124, 167, 145, 115, 122, 172};
	struct yc_photo p = made(7, 5);
	uint8_t out[3 * 9 * 9];

	(void)state;
	scale(&p, &(struct yc_window){3, 2, 0, 0, 3, 2}, out);
	assert_memory_equal(out, less, sizeof less);
	scale(&p, &(struct yc_window){2, 9, 0, 0, 2, 9}, out);
	assert_memory_equal(out, narrow, sizeof narrow);
	/* the first two rows of the red plane of 9 x 8 */
	scale(&p, &(struct yc_window){9, 8, 0, 0, 9, 2}, out);
	assert_memory_equal(out, top, sizeof top);
	yc_free(p.rgb);
}

static void a_window_is_a_part_of_the_whole(void **state)
{
	static const struct yc_window part[] = {
		{13, 11, 2, 3, 5, 6}, {4, 3, 1, 2, 3, 1}, {20, 3, 19, 0, 1, 3}};
	struct yc_photo p = made(10, 7);
	uint8_t whole[3 * 13 * 20], out[3 * 13 * 20];

	(void)state;
	for (size_t t = 0; t < YC_COUNT(part); t++) {
		struct yc_window w = part[t],
				 all = {w.width, w.height, 0, 0, w.width, w.height};

		scale(&p, &all, whole);
		scale(&p, &w, out);
		for (int c = 0; c < 3; c++)
			for (int i = 0; i < w.rows; i++)
				for (int j = 0; j < w.cols; j++)
					assert_int_equal(
						out[(c * w.rows + i) * w.cols + j],
						whole[(c * w.height + w.y + i) * w.width +
							w.x + j]);
	}
	yc_free(p.rgb);
}

static void one_colour_stays_one_and_the_same_size_stays_itself(void **state)
{
	struct yc_photo p = made(6, 6);
	uint8_t out[3 * 40 * 40];

	(void)state;
	fit(&p, 6, out);
	for (int k = 0; k < 36; k++)
		for (int c = 0; c < 3; c++)
			assert_int_equal(out[c * 36 + k], p.rgb[3 * k + c]);
	for (int v = 0; v < 256; v += 51) {
		memset(p.rgb, v, 108);
		for (int side = 1; side <= 40; side++) {
			fit(&p, side, out);
			for (int k = 0; k < 3 * side * side; k++)
				assert_int_equal(out[k], v);
		}
	}
	yc_free(p.rgb);
}

/* Pillow's values again: resize, then crop at round((side - 4) / 2), half to even. */
static void the_middle_square_is_cut_half_to_even(void **state)
{
	static const struct {
		int width, height, side;
		uint8_t want[48];
	} row[] = {
		{7, 5, 4, /* 5 long: half a pixel, 0 */
			{54, 97, 148, 137, 91, 171, 148, 65, 88, 81, 108, 57, 144, 108,
				145, 146, 96, 109, 147, 79, 108, 99, 147, 88, 114, 108,
				161, 96, 165, 178, 156, 71, 110, 126, 142, 132, 78, 66,
				155, 90, 114, 98, 181, 121, 102, 94, 179, 107}},
		{5, 8, 4, /* 6 long: 1 */
			{116, 95, 143, 165, 130, 97, 108, 78, 145, 89, 73, 131, 53, 136,
				117, 188, 150, 136, 116, 92, 61, 127, 120, 111, 56, 148,
				124, 188, 106, 121, 80, 212, 154, 83, 71, 79, 97, 150,
				112, 134, 189, 125, 103, 145, 149, 133, 98, 45}},
	};
	struct yc_photo p = made(7, 4);
	uint8_t out[48];

	(void)state;
	/* 7 long, 4 high: one and a half, 2 */
	fit(&p, 4, out);
	for (int c = 0; c < 3; c++)
		for (int i = 0; i < 4; i++)
			for (int j = 0; j < 4; j++)
				assert_int_equal(out[(c * 4 + i) * 4 + j],
					p.rgb[3 * (i * 7 + 2 + j) + c]);
	yc_free(p.rgb);
	for (size_t t = 0; t < YC_COUNT(row); t++) {
		p = made(row[t].width, row[t].height);
		fit(&p, row[t].side, out);
		assert_memory_equal(out, row[t].want, sizeof out);
		yc_free(p.rgb);
	}
}

/* -- its arithmetic -- */

static int blended(const int32_t *w, int taps, const uint8_t *in, size_t step)
{
	int64_t sum = 1 << (YC_BLEND_POINT - 1);

	for (int t = 0; t < taps; t++)
		sum += (int64_t)w[t] * in[(size_t)t * step];
	sum >>= YC_BLEND_POINT;
	return (int)(sum < 255 ? sum : 255);
}

static void every_set_of_instructions_gives_the_same_sums(void **state)
{
	enum { TAPS = 13, STEP = 150, SPARE = 40 };
	static const size_t counts[] = {1, 2, 7, 16, 31, 33, 48, 64, 65, 130};
	struct yc_rng r = yc_rng_new(3, "blend");
	int32_t w[2][TAPS];
	uint8_t in[(TAPS + 1) * STEP], out[2 * STEP + SPARE], bright[5 * YC_GROUP];
	int at[2] = {0, 1}, len[2];
	const struct yc_axis axis = {2, TAPS, at, len, w[0]};

	(void)state;
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (uint8_t)(i % 5 ? yc_rng_below(&r, 256) : 255);
	for (const struct yc_blend *const *b = yc_blend_all(); *b; b++)
		for (size_t t = 0; t < TAPS * YC_COUNT(counts); t++) {
			const size_t m = counts[t / TAPS];
			const int taps = (int)(t % TAPS) + 1;

			len[0] = taps;
			len[1] = TAPS - taps + 1;
			/* more than one, as rounding may make it: 255 is the most */
			for (int i = 0; i < TAPS; i++) {
				w[0][i] = (1 << YC_BLEND_POINT) / taps + 9000 * (i < 3);
				w[1][i] = (int32_t)yc_rng_below(
					&r, (1u << YC_BLEND_POINT) / TAPS);
			}
			for (int i = 0; i < 2; i++)
				if (len[i] == 1)
					w[i][0] = 1 << YC_BLEND_POINT;
			memset(out, 0xaa, sizeof out);
			(*b)->blend(&axis, in, STEP, out, m);
			for (size_t k = 0; k < 2; k++)
				for (size_t j = 0; j < m; j++)
					assert_int_equal(out[k * m + j],
						blended(w[k], len[k], in + k * STEP + j,
							STEP));
			for (size_t j = 2 * m; j < sizeof out; j++)
				assert_int_equal(out[j], 0xaa);
		}
	/* Half of an odd number is rounded up. */
	memset(w, 0, sizeof w);
	w[0][0] = w[1][0] = 1 << (YC_BLEND_POINT - 1);
	in[0] = in[STEP] = 1;
	for (const struct yc_blend *const *b = yc_blend_all(); *b; b++)
		for (int taps = 2; taps <= TAPS; taps++) {
			len[0] = len[1] = taps;
			(*b)->blend(&axis, in, STEP, out, 1);
			assert_true(out[0] == 1 && out[1] == 1);
		}
	for (const struct yc_blend *const *b = yc_blend_all(); *b; b++) {
		(*b)->grey(in, bright, 5);
		for (size_t i = 0; i < 5; i++)
			for (size_t k = 0; k < YC_GROUP; k++) {
				const uint8_t *p = in + 3 * i * YC_GROUP + k;

				assert_int_equal(bright[i * YC_GROUP + k],
					(19595 * p[0] + 38470 * p[YC_GROUP] +
						7471 * p[2 * YC_GROUP] + 32768) >>
						16);
			}
	}
}

static void rows_and_columns_change_places(void **state)
{
	enum { N = 3 * YC_TURN, STEP = N + 7, WIDE = YC_GROUP + 9 };
	static uint8_t in[YC_GROUP][STEP], out[N + 1][YC_GROUP], apart[N][WIDE],
		back[YC_GROUP + 1][N];

	(void)state;
	for (int i = 0; i < YC_GROUP; i++)
		for (int j = 0; j < STEP; j++)
			in[i][j] = (uint8_t)(i * STEP + j * j);
	for (const struct yc_blend *const *b = yc_blend_all(); *b; b++) {
		memset(out, 0xaa, sizeof out);
		(*b)->turn(in[0] + 3, STEP, out[0], N);
		for (int i = 0; i < N; i++)
			for (int j = 0; j < YC_GROUP; j++)
				assert_int_equal(out[i][j], in[j][3 + i]);
		assert_int_equal(out[N][0], 0xaa);
		for (int i = 0; i < N; i++)
			memcpy(apart[i], out[i], YC_GROUP);
		memset(back, 0xaa, sizeof back);
		(*b)->turn_back(apart[0], WIDE, back[0], N);
		for (int i = 0; i < YC_GROUP; i++)
			assert_memory_equal(back[i], in[i] + 3, N);
		assert_int_equal(back[YC_GROUP][0], 0xaa);
	}
}

/* Rows come in groups, and what a scaler keeps is that of the picture before. */
static void a_scaler_serves_pictures_of_all_sizes_in_turn(void **state)
{
	static const struct {
		int width, height;
		struct yc_window w;
	} row[] = {{70, 50, {14, 10, 2, 0, 10, 10}}, {70, 50, {14, 10, 2, 0, 10, 10}},
		{9, 100, {4, 44, 0, 20, 4, 4}}, {3, 2, {90, 60, 15, 0, 60, 60}},
		{70, 50, {14, 10, 0, 0, 14, 10}}, {33, 17, {33, 17, 8, 1, 16, 16}},
		/* each unlike the one before in a single number of one axis */
		{70, 17, {33, 17, 8, 1, 16, 16}}, {70, 17, {40, 17, 8, 1, 16, 16}},
		{70, 17, {40, 17, 2, 1, 16, 16}}, {70, 17, {40, 17, 2, 1, 12, 16}}};
	static uint8_t want[3 * 60 * 60], got[3 * 60 * 60];
	struct yc_scaler *s = yc_scaler_new();

	(void)state;
	assert_non_null(s);
	for (size_t t = 0; t < YC_COUNT(row); t++) {
		const struct yc_window *w = &row[t].w;
		struct yc_photo p = made(row[t].width, row[t].height);

		scale(&p, w, want);
		assert_int_equal(yc_scaler_begin(s, p.width, p.height, w, 3), 0);
		for (int y = 0; y < p.height; y += YC_PHOTO_ROWS)
			yc_scaler_rows(s, p.rgb + 3 * y * p.width, y,
				p.height - y < YC_PHOTO_ROWS ? p.height - y
							     : YC_PHOTO_ROWS);
		yc_scaler_end(s, got);
		assert_memory_equal(got, want, (size_t)(3 * w->cols * w->rows));
		yc_free(p.rgb);
	}
	yc_scaler_free(s);
}

static void brightness_is_the_luma_of_a_picture(void **state)
{
	const struct yc_window w = {9, 20, 0, 0, 9, 20};
	/* the first a half to round up; the second just below the next number */
	static const uint8_t close[] = {0, 52, 184, 0, 201, 215};
	struct yc_photo p = made(9, 20);
	struct yc_scaler *s = yc_scaler_new();
	uint8_t out[9 * 20];

	(void)state;
	memcpy(p.rgb, close, sizeof close);
	assert_non_null(s);
	assert_int_equal(yc_scaler_begin(s, 9, 20, &w, 1), 0);
	yc_scaler_rows(s, p.rgb, 0, 20);
	yc_scaler_end(s, out);
	for (int k = 0; k < 9 * 20; k++)
		assert_int_equal(
			out[k], (19595 * p.rgb[3 * k] + 38470 * p.rgb[3 * k + 1] +
					7471 * p.rgb[3 * k + 2] + 32768) >>
					16);
	yc_scaler_free(s);
	yc_free(p.rgb);
}

/* -- decoding -- */

/* JPEG of finest quality; sample k of a row is 3k + i + 40c. */
static size_t jpeg(J_COLOR_SPACE space, int channels, int width, int height, uint8_t *to)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr err;
	unsigned char *data = NULL;
	unsigned long n = 0;
	uint8_t row[4 * 300];

	c.err = jpeg_std_error(&err);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &data, &n);
	c.image_width = (JDIMENSION)width;
	c.image_height = (JDIMENSION)height;
	c.input_components = channels;
	c.in_color_space = space;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, 100, TRUE);
	for (int k = 0; k < c.num_components; k++)
		c.comp_info[k].h_samp_factor = c.comp_info[k].v_samp_factor = 1;
	jpeg_start_compress(&c, TRUE);
	for (int i = 0; i < height; i++) {
		JSAMPROW rows = row;

		for (int k = 0; k < channels * width; k++)
			row[k] = (uint8_t)(3 * (k / channels) + i + 40 * (k % channels));
		jpeg_write_scanlines(&c, &rows, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	assert_true(n <= ROOM);
	memcpy(to, data, n);
	free(data);
	return n;
}

static void near(int a, int b)
{
	if (abs(a - b) > 3)
		fail_msg("%d is not %d", a, b);
}

static void jpegs_of_every_colour_space_become_rgb(void **state)
{
	static uint8_t file[ROOM];
	struct yc_photo p = {0};

	(void)state;
	assert_int_equal(yc_photo_whole(file, jpeg(JCS_RGB, 3, 24, 16, file), &p), 0);
	assert_int_equal(p.width, 24);
	assert_int_equal(p.height, 16);
	for (int k = 0; k < 3 * 24 * 16; k++)
		near(p.rgb[k], 3 * (k / 3 % 24) + k / 72 + 40 * (k % 3));
	yc_free(p.rgb);
	assert_int_equal(
		yc_photo_whole(file, jpeg(JCS_GRAYSCALE, 1, 24, 16, file), &p), 0);
	for (int k = 0; k < 3 * 24 * 16; k++)
		near(p.rgb[k], 3 * (k / 3 % 24) + k / 72);
	yc_free(p.rgb);
	/* inverted, as all store it: colour times black */
	assert_int_equal(yc_photo_whole(file, jpeg(JCS_CMYK, 4, 24, 16, file), &p), 0);
	for (int k = 0; k < 3 * 24 * 16; k++) {
		int x = 3 * (k / 3 % 24) + k / 72;

		near(p.rgb[k], (x + 40 * (k % 3)) * (x + 120) / 255);
	}
	yc_free(p.rgb);
	assert_int_equal(
		yc_photo_whole(file, jpeg(JCS_UNKNOWN, 2, 24, 16, file), &p), YC_FAIL);
	assert_non_null(strstr(yc_errmsg(), "2 components"));
	yc_free(p.rgb);
}

static void only_columns_beside_the_square_are_left_out(void **state)
{
	static uint8_t file[ROOM];
	const struct yc_window w = {150, 10, 70, 0, 10, 10};
	const size_t n = jpeg(JCS_RGB, 3, 300, 20, file);
	struct yc_scaler *s = yc_scaler_new();
	struct yc_photo p = {0};
	uint8_t want[3 * 10 * 10], got[3 * 10 * 10];

	(void)state;
	assert_non_null(s);
	assert_int_equal(yc_photo_whole(file, n, &p), 0);
	scale(&p, &w, want);
	assert_int_equal(yc_photo_fit(s, file, n, 10, 3, got), 0);
	assert_memory_equal(got, want, sizeof got);
	yc_scaler_free(s);
	yc_free(p.rgb);
}

static void a_cut_picture_is_an_error_wherever_it_is_cut(
	uint8_t *file, size_t n, const char *kind)
{
	for (size_t k = 0; k < n; k++) {
		struct yc_photo p = {0};
		/* of its own, so that a sanitizer sees reads beyond it */
		uint8_t *part = yc_calloc(k, 1);

		memcpy(part, file, k);
		if (yc_photo_whole(part, k, &p) != YC_FAIL)
			fail_msg("%s: %zu of %zu bytes are a picture", kind, k, n);
		yc_free(part);
		yc_free(p.rgb);
	}
}

/* Flipped bits: an error or another picture, but nothing else. */
static void flip(const uint8_t *file, size_t n, int times)
{
	struct yc_rng r = yc_rng_new(1, "flip");
	uint8_t *copy = yc_calloc(n, 1);

	for (int t = 0; t < times; t++) {
		struct yc_photo p = {0};

		memcpy(copy, file, n);
		for (uint32_t k = 1 + yc_rng_below(&r, 3); k > 0; k--)
			copy[yc_rng_below(&r, (uint32_t)n)] ^=
				(uint8_t)(1u << yc_rng_below(&r, 8));
		int st = yc_photo_whole(copy, n, &p);

		assert_true(st == YC_OK || st == YC_FAIL);
		yc_free(p.rgb);
	}
	yc_free(copy);
}

static void a_damaged_jpeg_is_never_half_a_picture(void **state)
{
	static uint8_t file[ROOM];
	size_t n = jpeg(JCS_RGB, 3, 24, 16, file);

	(void)state;
	a_cut_picture_is_an_error_wherever_it_is_cut(file, n, "JPEG");
	flip(file, n, 2000);
}

/* -- PNG -- */

struct sink {
	uint8_t *to;
	size_t n;
};

static void on_write(png_structp png, png_bytep data, size_t n)
{
	struct sink *s = png_get_io_ptr(png);

	assert_true(s->n + n <= ROOM);
	memcpy(s->to + s->n, data, n);
	s->n += n;
}

static void on_flush(png_structp png)
{
	(void)png;
}

enum { W = 9, H = 7 };

/* Rows of packed samples, `stride` bytes each. */
static size_t png(int depth, int colour, int interlace, const uint8_t *rows,
	size_t stride, uint8_t *to)
{
	static const png_color palette[4] = {
		{9, 8, 7}, {10, 20, 30}, {250, 1, 99}, {0, 0, 0}};
	static const png_byte trans[4] = {0, 255, 128, 7};
	struct sink s = {.to = to};
	png_structp w = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(w);
	const uint8_t *row[H];
	uint8_t own[H][8 * W];

	if (setjmp(png_jmpbuf(w)))
		fail_msg("libpng");
	png_set_write_fn(w, &s, on_write, on_flush);
	png_set_IHDR(w, info, W, H, depth, colour, interlace,
		PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	if (colour == PNG_COLOR_TYPE_PALETTE) {
		png_set_PLTE(w, info, palette, 4);
		png_set_tRNS(w, info, trans, 4, NULL);
	}
	for (int i = 0; i < H; i++) {
		memcpy(own[i], rows + (size_t)i * stride, stride);
		row[i] = own[i];
	}
	png_write_info(w, info);
	for (int pass = png_set_interlace_handling(w); pass > 0; pass--)
		for (int i = 0; i < H; i++)
			png_write_row(w, row[i]);
	png_write_end(w, info);
	png_destroy_write_struct(&w, &info);
	return s.n;
}

/* Sample c of pixel k, and its bits packed into rows. */
static unsigned sample(int k, int c, int depth)
{
	return (unsigned)(k * 7919 + c * 104729 + k * c * 31) & ((1u << depth) - 1);
}

static size_t pack(int depth, int channels, uint8_t *rows)
{
	size_t stride = (size_t)(W * channels * depth + 7) / 8;

	memset(rows, 0, stride * H);
	for (int k = 0; k < W * H; k++)
		for (int c = 0; c < channels; c++) {
			size_t bit = (size_t)((k % W) * channels + c) * (size_t)depth;
			uint8_t *at = rows + (size_t)(k / W) * stride + bit / 8;
			unsigned v = sample(k, c, depth);

			if (depth == 16) {
				at[0] = (uint8_t)(v >> 8);
				at[1] = (uint8_t)v;
			} else {
				*at |= (uint8_t)(v << (8 - (unsigned)depth - bit % 8));
			}
		}
	return stride;
}

static void pngs_of_every_kind_become_rgb(void **state)
{
	static const struct {
		int colour, channels, depth;
	} kind[] = {{PNG_COLOR_TYPE_GRAY, 1, 1}, {PNG_COLOR_TYPE_GRAY, 1, 2},
		{PNG_COLOR_TYPE_GRAY, 1, 4}, {PNG_COLOR_TYPE_GRAY, 1, 8},
		{PNG_COLOR_TYPE_GRAY, 1, 16}, {PNG_COLOR_TYPE_GA, 2, 8},
		{PNG_COLOR_TYPE_GA, 2, 16}, {PNG_COLOR_TYPE_RGB, 3, 8},
		{PNG_COLOR_TYPE_RGB, 3, 16}, {PNG_COLOR_TYPE_RGBA, 4, 8},
		{PNG_COLOR_TYPE_RGBA, 4, 16}};
	static uint8_t file[ROOM], rows[8 * W * H];

	(void)state;
	for (size_t t = 0; t < 2 * YC_COUNT(kind); t++) {
		int depth = kind[t / 2].depth, channels = kind[t / 2].channels;
		size_t stride = pack(depth, channels, rows);
		struct yc_photo p = {0};
		size_t n = png(depth, kind[t / 2].colour,
			t % 2 ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, rows, stride,
			file);

		assert_int_equal(yc_photo_whole(file, n, &p), 0);
		assert_int_equal(p.width, W);
		assert_int_equal(p.height, H);
		for (int k = 0; k < 3 * W * H; k++) {
			unsigned v = sample(k / 3, channels < 3 ? 0 : k % 3, depth),
				 most = (1u << depth) - 1;

			assert_int_equal(p.rgb[k], (v * 255 + most / 2) / most);
		}
		yc_free(p.rgb);
	}
}

static void palettes_give_their_colours_whatever_their_transparency(void **state)
{
	static const uint8_t colour[4][3] = {
		{9, 8, 7}, {10, 20, 30}, {250, 1, 99}, {0, 0, 0}};
	static uint8_t file[ROOM], rows[8 * W * H];
	size_t stride = pack(2, 1, rows);
	struct yc_photo p = {0};

	(void)state;
	size_t n = png(2, PNG_COLOR_TYPE_PALETTE, PNG_INTERLACE_NONE, rows, stride, file);

	assert_int_equal(yc_photo_whole(file, n, &p), 0);
	for (int k = 0; k < 3 * W * H; k++)
		assert_int_equal(p.rgb[k], colour[sample(k / 3, 0, 2)][k % 3]);
	yc_free(p.rgb);
}

static void a_damaged_png_is_never_half_a_picture(void **state)
{
	static uint8_t file[ROOM], rows[8 * W * H];
	size_t stride = pack(8, 3, rows);
	size_t n = png(8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, rows, stride, file);

	(void)state;
	a_cut_picture_is_an_error_wherever_it_is_cut(file, n, "PNG");
	flip(file, n, 2000);
}

static int any_size(void *ctx, int width, int height, int *left, int *right)
{
	(void)ctx;
	assert_int_equal(*left, 0);
	assert_int_equal(*right, width);
	return width == 3 && height == 5 ? YC_OK : YC_NO;
}

static int begin(uint32_t width, uint32_t height)
{
	const struct yc_photo_sink to = {NULL, any_size, NULL};
	uint8_t *rgb = NULL;
	int column[2], status = yc_photo_begin(&to, width, height, 1, &rgb, column);

	yc_free(rgb);
	return status;
}

static void other_files_and_monstrous_sizes_are_refused(void **state)
{
	struct yc_photo p = {0};

	(void)state;
	assert_int_equal(yc_photo_whole((const uint8_t *)"GIF89a..", 8, &p), YC_FAIL);
	assert_string_equal(yc_errmsg(), "neither a JPEG nor a PNG picture");
	assert_int_equal(yc_photo_whole((const uint8_t *)"", 0, &p), YC_FAIL);
	assert_string_equal(yc_errmsg(), "an empty file");
	assert_int_equal(begin(65501, 1), YC_FAIL);
	assert_int_equal(begin(20000, 20000), YC_FAIL);
	assert_int_equal(begin(0, 5), YC_FAIL);
	assert_int_equal(begin(3, 5), YC_OK);
	assert_null(p.rgb);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scaling_is_that_of_an_imaging_library),
		cmocka_unit_test(a_window_is_a_part_of_the_whole),
		cmocka_unit_test(one_colour_stays_one_and_the_same_size_stays_itself),
		cmocka_unit_test(the_middle_square_is_cut_half_to_even),
		cmocka_unit_test(every_set_of_instructions_gives_the_same_sums),
		cmocka_unit_test(rows_and_columns_change_places),
		cmocka_unit_test(a_scaler_serves_pictures_of_all_sizes_in_turn),
		cmocka_unit_test(brightness_is_the_luma_of_a_picture),
		cmocka_unit_test(jpegs_of_every_colour_space_become_rgb),
		cmocka_unit_test(only_columns_beside_the_square_are_left_out),
		cmocka_unit_test(a_damaged_jpeg_is_never_half_a_picture),
		cmocka_unit_test(pngs_of_every_kind_become_rgb),
		cmocka_unit_test(palettes_give_their_colours_whatever_their_transparency),
		cmocka_unit_test(a_damaged_png_is_never_half_a_picture),
		cmocka_unit_test(other_files_and_monstrous_sizes_are_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
