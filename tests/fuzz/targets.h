/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_TARGETS_H
#define FUZZ_TARGETS_H

/*
 * What a fuzzer throws bytes at: each function takes any bytes, and aborts where something
 * that must always hold does not. fuzz_NAME.c makes a libFuzzer program of one. What they
 * find becomes a test of the unit that it broke.
 */
#include <stddef.h>
#include <stdint.h>

void fuzz_stream(const uint8_t *p, size_t n); /* a stream as it comes, raw or zstd */
/* Byte 0 says how the rest, a raw stream, is cut into zstd frames. */
void fuzz_frames(const uint8_t *p, size_t n);
void fuzz_record(const uint8_t *p, size_t n);  /* the JSON header of a record */
void fuzz_pickle(const uint8_t *p, size_t n);  /* a CIFAR batch or its class names */
void fuzz_tensors(const uint8_t *p, size_t n); /* a file of PyTorch or NumPy */
void fuzz_arrays(const uint8_t *p, size_t n);  /* a file of arrays, as a dataset */
void fuzz_csv(const uint8_t *p, size_t n);     /* a table */
void fuzz_picture(const uint8_t *p, size_t n); /* a JPEG or PNG file */
void fuzz_archive(
	const uint8_t *p, size_t n); /* a tar or zip archive, compressed or not */

#endif
