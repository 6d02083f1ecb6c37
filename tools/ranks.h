/* SPDX-License-Identifier: MIT */
#ifndef RANKS_H
#define RANKS_H

#include "tools/tool.h"

/* Ranks of a tool: one of ranks_none.c and ranks_mpi.c is linked. */

/* Before anything else. NULL: this process is alone. */
struct yc_ranks *tool_ranks_begin(void);
/* How they train networks, by YC_RANK_NETWORKS. */
int tool_ranks_networks(struct yc_ranks *r) YC_CHECKED;
/* Standard input, which the first rank alone has, becomes that of all. */
int tool_ranks_input(struct yc_ranks *r) YC_CHECKED;

#endif
