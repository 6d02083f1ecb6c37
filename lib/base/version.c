/* SPDX-License-Identifier: MIT */
#include "yc/version.h"

const char yc_version[] = "0.1.0";
