/* SPDX-License-Identifier: MIT */
/* The version of the suite, its one home. */
#include "yc/version.h"

const char yc_version[] = "0.1.0";
