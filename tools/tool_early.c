/* SPDX-License-Identifier: MIT */
/* What libraries read from the environment when they are loaded, which is before main. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/photo/photo.h"
#include "tools/tool_parts.h"

/*
 * libgomp's threads spin for milliseconds while they wait for work. That gains little
 * here, where work comes in large pieces, and where cores are shared with other
 * processes, such as the next stage of a pipe, it was measured to halve the speed. Their
 * stacks would be as small as that of the first thread may be.
 */
static const struct setting {
	const char *name;
	char *value;
	const char *unless; /* another variable for the same; or NULL */
} settings[] = {
	{"OMP_WAIT_POLICY=", "OMP_WAIT_POLICY=passive", "GOMP_SPINCOUNT="},
	{"OMP_STACKSIZE=", "OMP_STACKSIZE=1024", "GOMP_STACKSIZE="},
};
_Static_assert(YC_THREAD_STACK == 1024 << 10, "OMP_STACKSIZE");

static const char *find(char *const *env, const char *name)
{
	for (; *env; env++)
		if (strncmp(*env, name, strlen(name)) == 0)
			return *env;
	return NULL;
}

static bool missing(char *const *env, const struct setting *s)
{
	return !find(env, s->name) && !(s->unless && find(env, s->unless));
}

/* Tools that are linked neither with networks nor with a decoder of pictures have few
 * threads to settle. */
extern __typeof__(yc_net_new) yc_net_new __attribute__((weak));
extern __typeof__(yc_photo_fit) yc_photo_fit __attribute__((weak));

/*
 * Starts the program once more, with the settings, before its libraries begin. Nothing is
 * set up here, not even the C library's own environment.
 */
static void start_again(int argc, char **argv, char **env)
{
	const char *self = (const char *)getauxval(AT_EXECFN);
	bool wanted = false;
	size_t n = 0;
	char **changed;

	(void)argc;
	for (size_t i = 0; i < YC_COUNT(settings); i++)
		wanted |= missing(env, &settings[i]);
	if ((!yc_net_new && !yc_photo_fit) || !wanted || !self)
		return;
	while (env[n])
		n++;
	changed = mmap(NULL, (n + YC_COUNT(settings) + 1) * sizeof(*changed),
		PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (changed == MAP_FAILED)
		return;
	memcpy(changed, env, n * sizeof *changed);
	for (size_t i = 0; i < YC_COUNT(settings); i++)
		if (missing(env, &settings[i]))
			changed[n++] = settings[i].value;
	/* If this fails, the tool runs as it is. */
	(void)execve(self, argv, changed);
}

/* Constructors of the program would run after those of its libraries. */
__attribute__((section(".preinit_array"), used)) static void (*const early)(
	int, char **, char **) = start_again;
