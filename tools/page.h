/* SPDX-License-Identifier: MIT */
#ifndef PAGE_H
#define PAGE_H

#include <limits.h>
#include <stdbool.h>

/* page.c: what yc(1) finds beside itself. */

/* The folder of this program with its slash, or "" if that is not to be known. */
void own_folder(char path[PATH_MAX]);
/* Whether there is a page yc-NAME that is not about a program: yc-stream(5), yc-methods(7). */
bool page_alone(const char *name);
/* The file of the page yc-NAME, installed or in the sources; false if there is none. */
bool page_find(const char *name, char path[2 * PATH_MAX]);

#endif
