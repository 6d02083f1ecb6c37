/* SPDX-License-Identifier: MIT */
/* Layout of sheets, and text in both fonts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/view/layout.h"
#include "lib/view/text.h"
#include "yc/real.h"

/* fontconfig keeps patterns that Pango asked for until the process ends */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig";
}

/* ---- layout ---- */

static struct yc_view_layout sheet(size_t classes, size_t images)
{
	return (struct yc_view_layout){.classes = classes,
		.images = images,
		.cell_width = 64,
		.cell_height = 64,
		.name_width = 120,
		.name_height = 16,
		.space = YC_VIEW_GAP,
		.gutter = 32};
}

static double ratio(const struct yc_view_layout *l)
{
	return (double)l->width / (double)l->height;
}

static void small_sheets_have_a_line_for_each_class(void **state)
{
	struct yc_view_layout l = sheet(10, 20);
	size_t x, y;

	(void)state;
	yc_view_lay_out(&l);
	assert_int_equal(l.across, 1);
	assert_int_equal(l.per_line, 20);
	assert_int_equal(l.width, 2 * 8 + 120 + 20 * 66);
	assert_int_equal(l.height, 2 * 8 + 10 * 66);
	yc_view_cell_at(&l, 3, 2, &x, &y);
	assert_int_equal(x, 8 + 120 + 2 * 66);
	assert_int_equal(y, 8 + 3 * 66);
	/* high and narrow, but it fits on a screen */
	l = sheet(11, 1);
	yc_view_lay_out(&l);
	assert_int_equal(l.across, 1);
}

static void many_classes_wrap_into_columns(void **state)
{
	static const size_t classes[] = {100, 200, 1000, 65536}, images[] = {1, 3, 10};

	(void)state;
	for (size_t i = 0; i < YC_COUNT(classes); i++)
		for (size_t k = 0; k < YC_COUNT(images); k++) {
			struct yc_view_layout l = sheet(classes[i], images[k]);
			size_t x, y, rows;

			yc_view_lay_out(&l);
			assert_true(ratio(&l) > 1.05 && ratio(&l) < 2.05);
			/* the last column begins with the class after those of the others */
			rows = (classes[i] + l.across - 1) / l.across;
			assert_true((l.across - 1) * rows < classes[i]);
			yc_view_block_at(&l, rows, &x, &y);
			assert_int_equal(x, 8 + l.block_width + 32);
			assert_int_equal(y, 8);
			/* all is inside */
			yc_view_cell_at(&l, classes[i] - 1, images[k] - 1, &x, &y);
			assert_true(x + 64 + 8 <= l.width && y + 64 + 8 <= l.height);
		}
}

static void few_classes_wrap_into_lines(void **state)
{
	struct yc_view_layout l = sheet(1, 20);
	size_t x, y;

	(void)state;
	yc_view_lay_out(&l);
	assert_int_equal(l.across, 1);
	assert_true(ratio(&l) > 1.2 && ratio(&l) < 1.9);
	yc_view_cell_at(&l, 0, l.per_line, &x, &y);
	assert_int_equal(x, 8 + 120);
	assert_int_equal(y, 8 + 66);
	yc_view_cell_at(&l, 0, 19, &x, &y);
	assert_true(x + 64 + 8 <= l.width && y + 64 + 8 <= l.height);
}

static void columns_can_be_given(void **state)
{
	struct yc_view_layout l = sheet(100, 20);

	(void)state;
	l.across = 1;
	yc_view_lay_out(&l);
	assert_int_equal(l.height, 2 * 8 + 100 * 66);
	l = sheet(1, 20);
	l.across = 7; /* more than there are classes */
	yc_view_lay_out(&l);
	assert_int_equal(l.width, 2 * 8 + 120 + 20 * 66);
	l = sheet(3, 0);
	yc_view_lay_out(&l);
	assert_int_equal(l.height, 2 * 8 + 3 * 18);
}

/* ---- text ---- */

static void expect_font(const char *s, size_t chars, size_t lines, int width, int height)
{
	const struct yc_text_at at = {
		.box = {.scale = 1, .chars = chars, .lines = lines}};
	int w, h;

	yc_font_text(&at, s, &w, &h);
	if (w != width * YC_GLYPH_WIDTH || h != height * 9 - 1)
		fail_msg("'%s' in %zu x %zu: %d x %d", s, chars, lines,
			w / YC_GLYPH_WIDTH, (h + 1) / 9);
}

static void long_names_break_at_words(void **state)
{
	(void)state;
	expect_font("ant", 20, 3, 3, 1);
	expect_font("", 20, 3, 0, 1);
	expect_font("great white shark", 11, 3, 11, 2); /* great white|shark */
	expect_font("great white shark", 10, 3, 5, 3);
	expect_font("great white shark", 10, 1, 8, 1); /* great... */
	expect_font("abcdefghij", 4, 3, 4, 3);	       /* abcd|efgh|ij */
	expect_font("abcdefghij", 4, 2, 4, 2);	       /* abcd|e... */
	expect_font("abcdefghij", 2, 1, 3, 1);	       /* ... at least */
	expect_font("n_o-p", 3, 2, 3, 2);	       /* n_o|-p, or n_|o-p */
	expect_font("\xe6\x97\xa5\xe6\x9c\xac", 20, 1, 2, 1);
	expect_font("\xff\xfe\x80", 20, 1, 2, 1); /* not even UTF-8 */
}

static void dots_of(const char *s, int lines, uint8_t rgb[30][60][3])
{
	struct yc_canvas c = {.width = 60, .height = 30, .rgb = &rgb[0][0][0]};
	const struct yc_text_at at = {
		.box = {.scale = 1, .chars = 5, .lines = (size_t)lines},
		.canvas = &c,
		.x = 1,
		.y = 2};
	int w, h;

	memset(rgb, 255, 30 * 60 * 3);
	yc_font_text(&at, s, &w, &h);
}

static void lines_are_drawn_below_each_other(void **state)
{
	static uint8_t two[30][60][3], one[30][60][3];

	(void)state;
	dots_of("great white", 2, two);
	dots_of("great", 1, one);
	assert_memory_equal(two, one, 10 * sizeof(one[0]));
	dots_of("white", 1, one);
	assert_memory_equal(two + 11, one + 2, 8 * sizeof(one[0]));
	/* text over the edge is cut */
	dots_of("\n\t\x01", 1, one);
}

struct notes {
	struct yc_watch watch;
	char text[512];
};

static void keep_note(struct yc_watch *w, const char *text)
{
	(void)snprintf(
		((struct notes *)w)->text, sizeof(((struct notes *)w)->text), "%s", text);
}

static void ascii_needs_no_fonts(void **state)
{
	static const char *const name[] = {"ant", "b<script>", "\n"};
	struct notes notes = {.watch = {.note = keep_note}};
	struct yc_text t;

	(void)state;
	assert_int_equal(yc_text_open(&t, name, 3, &notes.watch), YC_OK);
	assert_null(t.pango);
	assert_string_equal(notes.text, "");
	yc_text_close(&t);
}

static void letters_without_a_font_are_named(void **state)
{
	/* a private letter, which no font has */
	static const char *const name[] = {"ant", "b\xef\xa3\xbf\xef\xa3\xbf"};
	struct notes notes = {.watch = {.note = keep_note}};
	const struct yc_text_at at = {.box = {.scale = 2, .chars = 20, .lines = 3}};
	struct yc_text t;
	int w, h;

	(void)state;
	assert_int_equal(yc_text_open(&t, name, 2, &notes.watch), YC_OK);
	if (t.pango)
		assert_non_null(strstr(notes.text, "no font has"));
	else
		assert_non_null(strstr(notes.text, "no fonts are installed"));
	assert_non_null(strstr(notes.text, "for \xef\xa3\xbf (U+F8FF); packages"));
	yc_text_put(&t, &at, name[1], &w, &h);
	assert_true(w > 0 && w <= 20 * 6 * 2 && h >= 8);
	yc_text_close(&t);
}

static void letters_name_their_package(void **state)
{
	(void)state;
	assert_string_equal(yc_pango_package(0xe9), "fonts-dejavu-core");
	assert_string_equal(yc_pango_package(0x65e5), "fonts-noto-cjk");
	assert_string_equal(yc_pango_package(0xd55c), "fonts-noto-cjk");
	assert_string_equal(yc_pango_package(0x1f436), "fonts-noto-color-emoji");
	assert_string_equal(yc_pango_package(0x915), "fonts-noto-core");
	/* spaces, ends of lines, changes of direction */
	assert_null(yc_pango_package(' '));
	assert_null(yc_pango_package('\n'));
	assert_null(yc_pango_package(0x2028));
	assert_null(yc_pango_package(0x202e));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(small_sheets_have_a_line_for_each_class),
		cmocka_unit_test(many_classes_wrap_into_columns),
		cmocka_unit_test(few_classes_wrap_into_lines),
		cmocka_unit_test(columns_can_be_given),
		cmocka_unit_test(long_names_break_at_words),
		cmocka_unit_test(lines_are_drawn_below_each_other),
		cmocka_unit_test(ascii_needs_no_fonts),
		cmocka_unit_test(letters_without_a_font_are_named),
		cmocka_unit_test(letters_name_their_package),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
