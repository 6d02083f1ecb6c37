/* SPDX-License-Identifier: MIT */
#ifndef YC_VERSION_H
#define YC_VERSION_H

/* Of the library and its tools, "major.minor.patch". */
extern const char yc_version[];

#endif
