/* SPDX-License-Identifier: MIT */
/* What ranks say to each other, with threads as ranks. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "yc/ranks.h"

enum { RANKS = 3, UNITS = 6 };

/* Where they meet. */
static struct {
	pthread_barrier_t barrier;
	int32_t least[RANKS];
	const void *from;
	atomic_int here;
} room;

struct rank {
	struct yc_ranks r; /* first: hooks are given this */
	int arrivals, leasts, broadcasts;
	void (*work)(struct rank *);
	/* of the work */
	int status, again;
	atomic_int spared;
	char text[64];
	int32_t units[UNITS][2];
};

static struct rank *rank_of(struct yc_ranks *r)
{
	return (struct rank *)(void *)r;
}

static void least(struct yc_ranks *r, int32_t *v, int n)
{
	rank_of(r)->leasts++;
	for (int i = 0; i < n; i++) {
		room.least[r->rank] = v[i];
		pthread_barrier_wait(&room.barrier);
		for (int k = 0; k < RANKS; k++)
			v[i] = room.least[k] < v[i] ? room.least[k] : v[i];
		pthread_barrier_wait(&room.barrier);
	}
}

static void broadcast(struct yc_ranks *r, int from, void *p, size_t bytes)
{
	rank_of(r)->broadcasts++;
	if (r->rank == from)
		room.from = p;
	pthread_barrier_wait(&room.barrier);
	if (r->rank != from)
		memcpy(p, room.from, bytes);
	pthread_barrier_wait(&room.barrier);
}

static void arrive(struct yc_ranks *r)
{
	rank_of(r)->arrivals++;
	room.here++;
}

static bool arrived(struct yc_ranks *r)
{
	return room.here >= rank_of(r)->arrivals * RANKS;
}

static void *run(void *arg)
{
	struct rank *k = arg;

	k->work(k);
	return NULL;
}

/* The ranks do that work; k[] says afterwards what came of it. */
static void together(struct rank k[RANKS], void (*work)(struct rank *))
{
	pthread_t thread[RANKS];

	room.here = 0;
	assert_int_equal(pthread_barrier_init(&room.barrier, NULL, RANKS), 0);
	for (int i = 0; i < RANKS; i++) {
		k[i] = (struct rank){.r = {.rank = i,
					     .count = RANKS,
					     .least = least,
					     .broadcast = broadcast,
					     .arrive = arrive,
					     .arrived = arrived},
			.work = work};
		assert_int_equal(pthread_create(&thread[i], NULL, run, &k[i]), 0);
	}
	for (int i = 0; i < RANKS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	assert_int_equal(pthread_barrier_destroy(&room.barrier), 0);
}

static void agree(struct rank *k, int status)
{
	k->status = yc_ranks_agree(&k->r, status, NULL, NULL);
	(void)snprintf(k->text, sizeof(k->text), "%s", yc_errmsg());
	k->again = yc_ranks_agree(&k->r, 7, NULL, NULL);
}

static void none_fails(struct rank *k)
{
	agree(k, 10 + k->r.rank);
}

static void two_fail(struct rank *k)
{
	static const int status[RANKS] = {YC_OK, YC_USAGE, YC_FAIL};

	agree(k, k->r.rank ? yc_fail(status[k->r.rank], "rank %d fails", k->r.rank) : 3);
}

static void test_agree(void **state)
{
	struct rank k[RANKS];

	(void)state;
	together(k, none_fails);
	for (int i = 0; i < RANKS; i++) {
		assert_int_equal(k[i].status, 10 + i);
		assert_int_equal(k[i].again, 7);
		assert_int_equal(k[i].leasts, 2);
		assert_int_equal(k[i].broadcasts, 0);
		assert_false(k[i].r.failed);
	}
	/* All have the failure of the first one that has any, and fall silent. */
	together(k, two_fail);
	for (int i = 0; i < RANKS; i++) {
		assert_int_equal(k[i].status, YC_USAGE);
		assert_string_equal(k[i].text, "rank 1 fails");
		assert_int_equal(k[i].again, 7);
		assert_int_equal(k[i].leasts, 1);
		assert_int_equal(k[i].broadcasts, 1);
		assert_true(k[i].r.failed);
	}
	/* There are no others. */
	assert_int_equal(yc_ranks_agree(NULL, 5, NULL, NULL), 5);
}

static bool spare(void *ctx, int *status)
{
	struct rank *k = ctx;
	int spared = ++k->spared;

	if (spared == 3)
		*status = yc_fail(YC_FAIL, "the third piece fails");
	return spared % 2;
}

/* Rank 1 comes when rank 0 has done all that it can; rank 2 has failed and does nothing. */
static void wait_for_one(struct rank *k)
{
	int status = YC_OK;

	if (k->r.rank == 1)
		while (k[-1].spared < 3)
			;
	if (k->r.rank == 2)
		status = yc_fail(YC_USAGE, "rank 2 fails");
	k->status = yc_ranks_agree(
		&k->r, status, k->r.rank == 1 ? NULL : spare, k->r.rank == 1 ? NULL : k);
	(void)snprintf(k->text, sizeof(k->text), "%s", yc_errmsg());
}

/* There is always more of it. */
static bool endless(void *ctx, int *status)
{
	struct rank *k = ctx;

	(void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	if (++k->spared == 5000)
		*status = yc_fail(YC_FAIL, "it goes on when all have come");
	return true;
}

static void wait_with_more_to_do(struct rank *k)
{
	if (k->r.rank == 1)
		while (k[-1].spared < 3)
			;
	k->status = yc_ranks_agree(&k->r, YC_OK, k->r.rank ? NULL : endless, k);
}

static void test_spare(void **state)
{
	struct rank k[RANKS];

	(void)state;
	together(k, wait_for_one);
	assert_int_equal(k[0].spared, 3);
	assert_int_equal(k[2].spared, 0);
	for (int i = 0; i < RANKS; i++) {
		assert_int_equal(k[i].status, YC_FAIL);
		assert_string_equal(k[i].text, "the third piece fails");
	}
	together(k, wait_with_more_to_do);
	for (int i = 0; i < RANKS; i++)
		assert_int_equal(k[i].status, YC_OK);
}

static void share(struct rank *k)
{
	static const int32_t owner[UNITS] = {0, 0, 1, 2, 2, 0};

	for (int i = 0; i < UNITS; i++)
		for (int j = 0; j < 2; j++)
			k->units[i][j] = 100 * k->r.rank + 2 * i + j;
	yc_ranks_share(&k->r, k->units, sizeof(k->units[0]), UNITS, owner);
	yc_ranks_share(&k->r, k->units, sizeof(k->units[0]), 0, owner);
	yc_ranks_broadcast(&k->r, 2, NULL, 0);
	yc_ranks_broadcast(&k->r, 2, &k->status, sizeof(k->status));
}

static void test_share(void **state)
{
	static const int32_t want[UNITS][2] = {
		{0, 1}, {2, 3}, {104, 105}, {206, 207}, {208, 209}, {10, 11}};
	int32_t alone = 1, owner = 0;
	struct rank k[RANKS];

	(void)state;
	together(k, share);
	for (int i = 0; i < RANKS; i++) {
		assert_memory_equal(k[i].units, want, sizeof(want));
		/* Neighbours of one owner go together. */
		assert_int_equal(k[i].broadcasts, 4 + 1);
	}
	yc_ranks_share(NULL, &alone, sizeof(alone), 1, &owner);
	yc_ranks_broadcast(NULL, 0, &alone, sizeof(alone));
	assert_int_equal(alone, 1);
	/* Ranges of 8 parts for 3 ranks: all of them, one after the other. */
	for (int i = 0; i <= RANKS; i++)
		assert_int_equal(yc_ranks_begin(&k[0].r, i, 8), 8 * i / RANKS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_agree),
		cmocka_unit_test(test_spare),
		cmocka_unit_test(test_share),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
