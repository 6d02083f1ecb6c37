/* SPDX-License-Identifier: MIT */
/* What computes here, for yc-info --machine. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "lib/kern/internal.h"
#include "yc/blas.h"
#include "yc/machine.h"
#include "yc/mem.h"
#include "yc/pool.h"

/* "AMD EPYC 9R14 96-Core Processor", as it calls itself. */
static void put_processor(FILE *f)
{
	static const struct {
		unsigned bit;
		const char *name;
	} features[] = {{YC_CPU_AVX2, "avx2"}, {YC_CPU_AVX512, "avx512"},
		{YC_CPU_AVX512_BF16, "avx512_bf16"}, {YC_CPU_AMX, "amx_bf16"}};
	char brand[49] = "unknown";
	const unsigned has = yc_kern_cpu();
	const char *between = ", with ";

#if defined(__x86_64__)
	unsigned word[12];
	bool known = true;

	for (unsigned i = 0; i < 3 && known; i++)
		known = __get_cpuid(0x80000002 + i, &word[4 * i], &word[4 * i + 1],
			&word[4 * i + 2], &word[4 * i + 3]);
	if (known)
		memcpy(brand, word, sizeof word);
	brand[sizeof word] = 0;
#endif
	(void)fprintf(f, "processor   %s", brand + strspn(brand, " "));
	for (size_t i = 0; i < YC_COUNT(features); i++) {
		if (!(has & features[i].bit))
			continue;
		(void)fprintf(f, "%s%s", between, features[i].name);
		between = " ";
	}
	(void)fputc('\n', f);
}

/* The setting is the word in brackets: "always [madvise] never". */
static void put_huge_pages(FILE *f)
{
	FILE *from = fopen("/sys/kernel/mm/transparent_hugepage/enabled", "r");
	char line[128] = "", *chosen;

	if (from) {
		if (!fgets(line, sizeof line, from))
			line[0] = 0;
		(void)fclose(from);
	}
	chosen = strchr(line, '[');
	if (chosen)
		chosen[strcspn(chosen, "]")] = 0;
	(void)fprintf(f, "huge pages  %s\n", chosen ? chosen + 1 : "none");
}

char *yc_machine_text(void)
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);
	bool bad;

	if (!f) {
		yc_fail(YC_FAIL, "not enough memory");
		return NULL;
	}
	put_processor(f);
	(void)fprintf(f, "threads     %d\n", yc_cpus());
	for (int p = 0; p < YC_COUNT_PRECISION; p++)
		(void)fprintf(f, "%-11s %s\n", yc_precisions[p]->name,
			yc_kern_name((enum yc_precision)p));
	if (yc_kern_note())
		(void)fprintf(f, "note        %s\n", yc_kern_note());
	(void)fprintf(f, "algebra     %s\n",
		yc_blas_open(NULL) < 0 ? yc_errmsg() : yc_blas_name());
	put_huge_pages(f);
	bad = ferror(f);
	if (fclose(f) != 0 || bad) {
		free(text);
		yc_fail(YC_FAIL, "not enough memory");
		return NULL;
	}
	return text;
}
