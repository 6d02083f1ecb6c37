/* SPDX-License-Identifier: MIT */
/* Checks the option tables themselves when a tool starts: what it refuses is a mistake
 * in a table, not of a user. */
#include <ctype.h>
#include <string.h>

#include "lib/base/internal.h"

static int check_row(const struct yc_opts *g, const struct yc_opt *row)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	/* The default is parsed into this, not into the struct, which may not exist. */
	union {
		bool b;
		uint32_t u;
		uint64_t v;
		double d;
		const char *s;
	} into;
	struct yc_opts probe = *g;
	struct yc_opt at0 = *row;
	size_t len;

	if (!row->name[0] || strspn(row->name, allowed) != strlen(row->name) ||
		strlen(row->name) > 48)
		return yc_fail(
			YC_FAIL, "the name is not lower case letters, digits and '-'");
	len = row->help ? strlen(row->help) : 0;
	if (len == 0 || row->help[len - 1] == '.' || strchr(row->help, '\n'))
		return yc_fail(YC_FAIL,
			"the help text is missing, has a full stop or two lines");
	if (yc_opt_takes_text(row) != (row->arg != NULL || row->table != NULL))
		return yc_fail(YC_FAIL, "a flag has no .arg, all others have one");
	if (row->def && row->auto_help)
		return yc_fail(YC_FAIL, "both .def and .auto_help");
	if (row->letter && !isalnum((unsigned char)row->letter))
		return yc_fail(YC_FAIL, "the letter is neither letter nor digit");
	if (row->min > row->max)
		return yc_fail(YC_FAIL, "min is above max");
	if ((row->unit == YC_READS || row->unit == YC_WRITES ||
		    row->unit == YC_WRITES_FOLDER) &&
		row->type != YC_OPT_STR)
		return yc_fail(YC_FAIL, "a file is a string");
	if ((row->unit == YC_CHOICE &&
		    (row->type != YC_OPT_STR ||
			    (!row->table && !strchr(row->arg, '|')))) ||
		(row->table && (row->arg || row->unit != YC_CHOICE)))
		return yc_fail(
			YC_FAIL, "a choice is a string with words in .arg or .table");
	if ((row->unit == YC_BYTES && row->type != YC_OPT_U64) ||
		(row->unit == YC_SECONDS && row->type != YC_OPT_DOUBLE))
		return yc_fail(YC_FAIL, "unit and type do not fit");
	at0.at = 0;
	probe.cfg = &into;
	if (row->def && yc_opt_set(&probe, &at0, row->def) < 0)
		return yc_fail_in(YC_FAIL, "default");
	return YC_OK;
}

/* The same name, letter or opposite in two rows. */
static int check_pair(const struct yc_opt *a, const struct yc_opt *b)
{
	char other[64];

	if (strcmp(a->name, b->name) == 0)
		return yc_fail(YC_FAIL, "the name is used twice");
	if (a->letter && a->letter == b->letter)
		return yc_fail(YC_FAIL, "the letter -%c is used by --%s too", a->letter,
			b->name);
	yc_opt_opposite(a, other, sizeof(other));
	if (a->type == YC_OPT_FLAG && strcmp(other, b->name) == 0)
		return yc_fail(YC_FAIL, "it is the opposite of --%s", b->name);
	return YC_OK;
}

int yc_opt_check(const struct yc_opts *group, size_t ngroups)
{
	for (size_t i = 0; i < ngroups; i++) {
		if (group[i].n > YC_OPT_ROWS_MAX)
			return yc_fail(YC_FAIL, "a table has more than %d rows",
				YC_OPT_ROWS_MAX);
		for (size_t r = 0; r < group[i].n; r++) {
			const struct yc_opt *row = &group[i].row[r];
			int status = row->name ? check_row(&group[i], row)
					       : yc_fail(YC_FAIL, "a row without a name");

			for (size_t j = i; status == YC_OK && j < ngroups; j++)
				for (size_t s = j == i ? r + 1 : 0;
					status == YC_OK && s < group[j].n; s++) {
					status = check_pair(row, &group[j].row[s]);
					if (status == YC_OK)
						status =
							check_pair(&group[j].row[s], row);
				}
			if (status < 0)
				return yc_fail_in(
					status, "--%s", row->name ? row->name : "?");
		}
	}
	return YC_OK;
}
