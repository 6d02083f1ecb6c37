/* SPDX-License-Identifier: MIT */
#ifndef VIEW_INFO_NETWORKS_H
#define VIEW_INFO_NETWORKS_H

#include <stdio.h>

#include "yc/info.h"

/* Is this passthrough record a network with a description? */
bool yc_info_is_network(const struct yc_info *info, const struct yc_record *r);
/* Prints the lines for all that are. */
int yc_info_networks(FILE *f, const struct yc_info *info) YC_CHECKED;

#endif
