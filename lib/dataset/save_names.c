/* SPDX-License-Identifier: MIT */
/* Names of classes and columns as names of files. */
#include <string.h>

#include "lib/dataset/saving.h"
#include "yc/mem.h"

void yc_file_name(const char *name, char to[YC_FILE_NAME_MAX + 1])
{
	size_t n = 0;

	for (; name[n] && n < YC_FILE_NAME_MAX; n++) {
		unsigned char c = (unsigned char)name[n];

		to[n] = c < ' ' || c == 127 || strchr("/\\:*?\"<>|", c) ? '_' : name[n];
	}
	/* not within a character of UTF-8 */
	while (name[n] && n > 0 && ((unsigned char)name[n] & 0xc0) == 0x80)
		n--;
	while (n > 0 && (to[n - 1] == ' ' || to[n - 1] == '.'))
		to[--n] = '_';
	if (n == 0 || to[0] == '.')
		to[n ? 0 : n++] = '_';
	to[n] = '\0';
}

int yc_names_text(const struct yc_set *head, char **text, size_t *bytes)
{
	struct yc_names names;
	size_t n = 0, at = 0;
	bool whole = true;

	*text = NULL;
	*bytes = 0;
	if (yc_names_read(&names, &head->meta) < 0)
		return YC_FAIL;
	for (int c = 0; c < head->head.classes; c++) {
		const char *name = yc_names_of(&names, c);

		/* a line each is only possible for names of one line */
		whole = whole && name && *name && !strpbrk(name, "\r\n");
		n += whole ? strlen(name) + 1 : 0;
	}
	if (whole) {
		*text = yc_calloc(n, 1);
		for (int c = 0; *text && c < head->head.classes; c++) {
			const char *name = yc_names_of(&names, c);

			memcpy(*text + at, name, strlen(name));
			at += strlen(name);
			(*text)[at++] = '\n';
		}
		*bytes = *text ? at : 0;
	}
	yc_names_release(&names);
	return whole && !*text ? YC_FAIL : YC_OK;
}
