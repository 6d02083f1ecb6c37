/* SPDX-License-Identifier: MIT */
/*
 * Winograd transforms of one 6x6 tile for one strip of channels. Included by sets of
 * kernels with T a vector, and with T four numbers or one for the channels left over. NAME(x)
 * gives the functions their suffix, PLANE is the type of V and dM, STORE_PLANE rounds to it.
 */
#include "wino_points.h"

#define PASS(x) NAME(tile_##x)
#define LINE(x) NAME(x##6)
#define SIDE 6
#define KINDS 6
#include "tile_passes.h"
