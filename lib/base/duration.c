/* SPDX-License-Identifier: MIT */
/* How long something takes, in words. */
#include <stdio.h>

#include "yc/real.h"
#include "yc/watch.h"

void yc_duration(double seconds, char *buf, size_t size)
{
	static const struct {
		double least, unit;
		const char *name;
	} units[] = {{2 * 86400, 86400, "days"}, {2 * 3600, 3600, "hours"},
		{120, 60, "minutes"}, {0, 1, "seconds"}};
	size_t i = 0;

	while (i + 1 < YC_COUNT(units) && seconds < units[i].least)
		i++;
	(void)snprintf(buf, size, "%.*f %s", seconds / units[i].unit < 10 ? 1 : 0,
		seconds / units[i].unit, units[i].name);
}
