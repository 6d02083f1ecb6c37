/* SPDX-License-Identifier: MIT */
/* Chooses the set of kernels for this processor, once. */
#include <assert.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/kern/internal.h"
#include "yc/kern.h"

/* A new set is its file and one line here. */
#if defined(__x86_64__) && defined(YC_DOUBLE)
#define KERNELS(X) \
	X(plain) \
	X(avx2) \
	X(avx512)
#elif defined(__x86_64__)
#define KERNELS(X) \
	X(plain) \
	X(avx2) \
	X(avx512) \
	X(avx512bf16) \
	X(amx)
#else
#define KERNELS(X) X(plain)
#endif

#define DECLARE(name) extern const struct yc_kern_set yc_kern_##name;
#define ENTRY(name) &yc_kern_##name.method,

KERNELS(DECLARE)
/* clang-format off */
const struct yc_method *const yc_kernels[] = {KERNELS(ENTRY) NULL};
/* clang-format on */

/* Set once. */
static struct yc_kern table[YC_COUNT(yc_kernels)];
static const struct yc_kern *all[YC_COUNT(yc_kernels)];
static const struct yc_kern *chosen;
static char note[256];
static pthread_once_t once = PTHREAD_ONCE_INIT;

#if defined(__x86_64__)
static bool has_amx(void) /* compilers do not know it by name */
{
	enum { AMX_BF16 = 1 << 22, AMX_TILE = 1 << 24 };
	unsigned a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & AMX_BF16) &&
	       (d & AMX_TILE);
}
#endif

unsigned yc_kern_cpu(void)
{
	unsigned has = 0;

#if defined(__x86_64__)
	__builtin_cpu_init();
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
		has |= YC_CPU_AVX2;
	if (has && __builtin_cpu_supports("avx512f") &&
		__builtin_cpu_supports("avx512dq") &&
		__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
		has |= YC_CPU_AVX512;
	if ((has & YC_CPU_AVX512) && __builtin_cpu_supports("avx512bf16"))
		has |= YC_CPU_AVX512_BF16;
	if (has_amx())
		has |= YC_CPU_AMX;
#endif
	return has;
}

static void choose(void)
{
	const unsigned has = yc_kern_cpu();
	int n = 0;

	for (int i = 0; yc_kernels[i]; i++) {
		const struct yc_kern_set *set = (const struct yc_kern_set *)yc_kernels[i];

		if (set->needs & ~has)
			continue;
		if (set->probe && set->probe() < 0) {
			snprintf(note, sizeof note, "%s", yc_errmsg());
			continue;
		}
		if (n > 0)
			table[n] = table[n - 1];
		table[n].set = set;
		if (!set->forms)
			table[n].base = set;
		set->fill(&table[n]);
		all[n] = &table[n];
		n++;
	}
	chosen = all[n - 1];
}

void yc_kern_prefer(
	struct yc_kern *k, enum yc_precision p, const struct yc_conv_form *form)
{
	const struct yc_conv_form **list = k->conv[p];

	assert(!list[YC_FORMS_MAX - 1]);
	memmove(list + 1, list, (YC_FORMS_MAX - 1) * sizeof(*list));
	list[0] = form;
}

const struct yc_conv_form *yc_conv_choose(enum yc_precision p, const struct yc_conv *c)
{
	const struct yc_conv_form *const *form = yc_kern_get()->conv[p];

	while (c->ci < (*form)->channels || c->co < (*form)->channels ||
		!(*form)->fits(c))
		form++;
	return *form;
}

const struct yc_kern *yc_kern_get(void)
{
	pthread_once(&once, choose);
	return chosen;
}

const struct yc_kern *const *yc_kern_all(void)
{
	pthread_once(&once, choose);
	return all;
}

const char *yc_kern_note(void)
{
	pthread_once(&once, choose);
	return *note ? note : NULL;
}

int yc_kern_use(const char *want)
{
	const bool widest = strcmp(want, "auto") == 0;
	const struct yc_method *m = NULL;

	pthread_once(&once, choose);
	if (!widest) {
		m = yc_method_find(yc_kernels, "set of kernels", want, strlen(want));
		if (!m)
			return YC_USAGE;
	}
	for (int i = 0; all[i]; i++) {
		if (widest ? !all[i + 1] : &all[i]->set->method == m) {
			chosen = all[i];
			return YC_OK;
		}
	}
	if (*note)
		return yc_fail(YC_USAGE, "%s", note);
	return yc_fail(YC_USAGE,
		"this processor lacks instructions that the kernels '%s' need", want);
}

size_t yc_kern_packed(int k, int n)
{
	int nr = yc_kern_get()->nr;

	return (size_t)((n + nr - 1) / nr) * (size_t)k * (size_t)nr;
}
