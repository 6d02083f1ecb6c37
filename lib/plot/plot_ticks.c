/* SPDX-License-Identifier: MIT */
/* Ticks of both axes: round numbers, as many as there is space for, and their text. */
#include <math.h>
#include <string.h>

#include "lib/plot/plot_frame.h"

enum {
	TICKS_X = 12, /* at most */
	TICKS_Y = 24,
	PITCH_Y = 40, /* least distance of the ticks of y in pixels */
	SHORT = 8     /* a number of so many letters is written without an exponent */
};

/* Ticks are at whole multiples of digit * 10^power, digit one of 1, 2 and 5. */
struct step {
	int digit, power;
};

static double multiple(struct step s, double k)
{
	/* The powers of ten up to the 22nd are exact, their reciprocals are not. */
	return (s.power < 0 ? k * s.digit / pow(10, -s.power)
			    : k * s.digit * pow(10, s.power)) +
	       0.; /* no -0 */
}

static double size(struct step s)
{
	return multiple(s, 1);
}

static struct step next_step(struct step s)
{
	return s.digit == 5 ? (struct step){1, s.power + 1}
			    : (struct step){s.digit == 1 ? 2 : 5, s.power};
}

/* The smallest step that is not below v > 0. */
static struct step step_from(double v)
{
	struct step s = {1, (int)floor(log10(v))};

	while (size(s) < v * (1 - 1e-9))
		s = next_step(s);
	return s;
}

/* Text */

static int decimals(int power)
{
	return power < 0 ? -power : 0;
}

/* Whether v with these decimals fits into a struct plot_tick. */
static bool is_writable(double v, int power)
{
	return fabs(v) < 1e12 && power > -16;
}

/* "2.5e-9" */
static void write_scientific(char text[PLOT_NUMBER], double v, int digits)
{
	char all[PLOT_NUMBER], *e, *end;

	(void)snprintf(all, sizeof all, "%.*e", digits, v);
	e = strchr(all, 'e');
	for (end = e; digits && (end[-1] == '0' || end[-1] == '.'); end--)
		if (end[-1] == '.') {
			end--;
			break;
		}
	(void)snprintf(text, PLOT_NUMBER, "%.*s", (int)(end - all), all);
	if (v != 0) {
		const size_t n = strlen(text);

		(void)snprintf(text + n, PLOT_NUMBER - n, e[1] == '-' ? "e-%s" : "e%s",
			e + 2 + (e[2] == '0'));
	}
}

/* All ticks alike, with a fixed number of decimals or with an exponent; returns the letters of
 * the longest. The ticks are whole multiples of 10^power. */
static size_t write_all(
	struct plot_tick *tick, size_t n, int power, double largest, bool exponent)
{
	int digits = largest > 0 ? (int)floor(log10(largest) + 1e-9) - power : 0;
	size_t longest = 0;

	digits = digits < 0 ? 0 : digits > 15 ? 15 : digits;
	for (size_t i = 0; i < n; i++) {
		if (exponent)
			write_scientific(tick[i].text, tick[i].at, digits);
		else
			(void)snprintf(tick[i].text, PLOT_NUMBER, "%.*f", decimals(power),
				tick[i].at);
		longest = strlen(tick[i].text) > longest ? strlen(tick[i].text) : longest;
	}
	return longest;
}

static void write_ticks(struct plot_tick *tick, size_t n, int power)
{
	double largest = 0;
	size_t letters = PLOT_NUMBER;

	for (size_t i = 0; i < n; i++)
		largest = fmax(largest, fabs(tick[i].at));
	if (is_writable(largest, power))
		letters = write_all(tick, n, power, largest, false);
	if (letters > SHORT && write_all(tick, n, power, largest, true) > letters)
		(void)write_all(tick, n, power, largest, false);
}

/* Choice */

/* Stores the multiples from lo to hi if there are at most PLOT_TICKS; returns their number. */
static size_t multiples(struct step s, double lo, double hi, struct plot_tick *tick)
{
	const double first = ceil(lo / size(s) - 1e-9), last = floor(hi / size(s) + 1e-9);
	size_t n = 0;

	if (last - first >= PLOT_TICKS)
		return PLOT_TICKS + 1;
	for (; first + (double)n <= last; n++)
		tick[n].at = multiple(s, first + (double)n);
	write_ticks(tick, n, s.power);
	return n;
}

void yc_plot_ticks_y(struct plot_frame *fr, double lo, double hi)
{
	const double most = fmin(TICKS_Y, fmax(2, (fr->bottom - fr->top) / PITCH_Y));
	const struct step s = step_from((hi - lo) / most);

	fr->y0 = multiple(s, floor(lo / size(s) + 1e-9));
	fr->y1 = multiple(s, ceil(hi / size(s) - 1e-9));
	fr->ny = multiples(s, fr->y0, fr->y1, fr->yt);
}

double yc_plot_half(const char *number)
{
	return fmax(yc_plot_typical(number, strlen(number)) + PLOT_LETTER,
		       yc_plot_widest(number) + 1) /
	       2;
}

/* Whether these ticks are few enough for the numbers not to touch. */
static bool fits(const struct plot_frame *fr, const struct plot_tick *tick, size_t n,
	double pixels)
{
	if (n > TICKS_X)
		return false;
	for (size_t i = 1; i < n; i++) {
		const double a = fr->log ? log10(tick[i - 1].at) : tick[i - 1].at,
			     b = fr->log ? log10(tick[i].at) : tick[i].at;

		if ((b - a) / (fr->x1 - fr->x0) * pixels <
			yc_plot_half(tick[i - 1].text) + yc_plot_half(tick[i].text))
			return false;
	}
	return true;
}

/* Takes candidates as the ticks of x unless they are fewer than two; true if they fit. */
static bool take(
	struct plot_frame *fr, const struct plot_tick *tick, size_t n, double pixels)
{
	if (n < 2)
		return true; /* nor do coarser ones */
	if (n <= PLOT_TICKS) {
		memcpy(fr->xt, tick, n * sizeof *tick);
		fr->nx = n;
	}
	return fits(fr, tick, n, pixels);
}

static void choose_linear(
	struct plot_frame *fr, double lo, double hi, bool integers, double pixels)
{
	struct plot_tick tick[PLOT_TICKS];
	struct step s = step_from((hi - lo) / TICKS_X);

	if (integers && s.power < 0)
		s = (struct step){1, 0};
	while (!take(fr, tick, multiples(s, lo, hi, tick), pixels))
		s = next_step(s);
}

/* Of a logarithmic axis each by itself: exponents where some need them, but not for 1 to 100. */
static void write_powers(struct plot_tick *tick, size_t n)
{
	const bool exponents = n && (tick[0].at < 1e-4 || tick[n - 1].at >= 1e7);

	for (size_t i = 0; i < n; i++) {
		const int power = (int)floor(log10(tick[i].at) + 1e-9);

		if (exponents && (power < 0 || power > 2))
			write_scientific(tick[i].text, tick[i].at, 0);
		else
			(void)snprintf(tick[i].text, PLOT_NUMBER, "%.*f", decimals(power),
				tick[i].at);
	}
}

/* Powers of ten, `every` apart; with every = 0 also their double and fivefold. */
static size_t powers(const struct plot_frame *fr, int every, struct plot_tick *tick)
{
	static const int digit[] = {1, 2, 5};
	const int apart = every ? every : 1;
	size_t n = 0;

	for (int e = (int)floor(fr->x0 / apart) * apart; e <= fr->x1 + 1e-9; e += apart) {
		for (int d = 0; d < (every ? 1 : 3); d++) {
			const double v = multiple((struct step){digit[d], e}, 1);

			if (log10(v) < fr->x0 - 1e-9 || log10(v) > fr->x1 + 1e-9)
				continue;
			if (n == PLOT_TICKS)
				return PLOT_TICKS + 1;
			tick[n++].at = v;
		}
	}
	write_powers(tick, n);
	return n;
}

static void choose_log(
	struct plot_frame *fr, const double *x, size_t n, bool integers, double pixels)
{
	struct plot_tick tick[PLOT_TICKS];
	size_t m = powers(fr, 0, tick);

	if (m < 2)
		choose_linear(fr, x[0], x[n - 1], integers, pixels);
	for (int every = 1; m >= 2 && !take(fr, tick, m, pixels); every *= 2)
		m = powers(fr, every, tick);
}

void yc_plot_ticks_x(struct plot_frame *fr, const double *x, size_t n, double pixels)
{
	const double lo = x[0], hi = x[n - 1];
	bool integers = fabs(lo) < 1e15 && fabs(hi) < 1e15;

	for (size_t i = 0; i < n; i++)
		integers &= x[i] <= floor(x[i]);
	fr->nx = 0;
	/* Between numbers that are this close there are no round ones. */
	if (!yc_plot_is_close(lo, hi)) {
		if (fr->log)
			choose_log(fr, x, n, integers, pixels);
		else
			choose_linear(fr, lo, hi, integers, pixels);
	}
	if (fr->nx)
		return;
	/* The first number and the last. */
	for (size_t i = 0; i < (n > 1 ? 2 : 1); i++) {
		struct plot_tick *t = &fr->xt[fr->nx++];

		t->at = i ? hi : lo;
		(void)snprintf(t->text, PLOT_NUMBER, "%.*g",
			n > 1 ? yc_plot_tell(lo, hi) : PLOT_DIGITS, t->at);
	}
}
