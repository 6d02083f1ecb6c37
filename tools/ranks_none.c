/* SPDX-License-Identifier: MIT */
/* A tool that runs alone. */
#include "tools/ranks.h"

struct yc_ranks *tool_ranks_begin(void)
{
	return NULL;
}

int tool_ranks_networks(struct yc_ranks *r)
{
	(void)r;
	return YC_OK;
}

int tool_ranks_input(struct yc_ranks *r)
{
	(void)r;
	return YC_OK;
}
