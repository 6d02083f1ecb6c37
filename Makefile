# SPDX-License-Identifier: MIT
# make, make demo, make check, make lint, make bench, make race, make fuzz, make install, make clean
# VARIANT=release|debug|asan|tsan|double   PEER=torch   DEPS=no   V=1   WERROR=1   PREFIX=/usr/local   DESTDIR=
VARIANT ?= release
PREFIX  ?= /usr/local
B       ?= build/$(VARIANT)
CC      := $(if $(filter default,$(origin CC)),gcc,$(CC))
Q       := $(if $(V),,@)

flags-release := -O3
flags-debug   := -O0
flags-asan    := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
flags-tsan    := -O1 -fsanitize=thread
flags-double  := -O2 -DYC_DOUBLE
# For make fuzz, with clang.
flags-fuzz    := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
ifeq ($(flags-$(VARIANT)),)
$(error unknown VARIANT '$(VARIANT)': one of release debug asan tsan double)
endif

pkgs    := openblas libarchive libzstd zlib jansson nettle libpng libjpeg
WARN    := -Wall -Wextra -Wshadow -Wconversion -Wcast-qual -Wvla -Wmissing-prototypes \
           -Wstrict-prototypes $(if $(WERROR),-Werror)
YC_CFLAGS = -std=gnu11 -g -fopenmp -fno-math-errno -Iinclude -I. $(WARN) $(flags-$(VARIANT)) \
           $(shell pkg-config --cflags $(pkgs) 2>/dev/null) $(CFLAGS)
YC_LIBS = -Wl,--as-needed $(shell pkg-config --libs $(pkgs) 2>/dev/null) -lm $(LDFLAGS)

tools   := $(patsubst tools/%.c,%,$(wildcard tools/yc-*.c))
toolobj := $(patsubst %.c,$(B)/%.o,$(wildcard tools/tool*.c))
libsrc  := $(wildcard lib/*/*.c lib/*/*/*.c)
libobj  := $(libsrc:%.c=$(B)/%.o)
units   := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
bins    := $(tools:%=$(B)/bin/%) $(B)/bin/yc
fuzzers := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
benches := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))

testpkgs := cmocka bats bats-support bats-assert bats-file prove mandoc python3 python3-numpy zstd script bzip2 xz
lintpkgs := clang-format shellcheck mandoc
fuzzpkgs := clang clang-rt libomp python3 zstd
DEPS_SH := DEPS='$(DEPS)' sh .ci/deps
# A second make sees the packages that the first one installed; all cores unless -j says less.
SUBMAKE = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

.PHONY: all check demo lint bench fuzz race install clean deps FORCE
.DELETE_ON_ERROR:
all: deps
	$(Q)+$(SUBMAKE) $(bins)

# Installs missing Debian packages (as root or through sudo); DEPS=no turns it off.
deps:
	$(Q)$(DEPS_SH) $(pkgs)

# Rewritten only when the flags change, so that a change of flags rebuilds everything.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(YC_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(YC_CFLAGS)' >$@

$(B)/lib/kern/kern_avx2.o:   simd := -mavx2 -mfma
$(B)/lib/kern/kern_avx512.o: simd := -mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma -mprefer-vector-width=512
# The same pictures on every machine: no contraction to FMA.
$(B)/lib/dataset/load_demo.o $(B)/lib/photo/scale.o: simd := -ffp-contract=off
$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@$(if $(V),,echo '  CC $<')
	$(Q)$(CC) $(YC_CFLAGS) $(simd) -MMD -MP -c -o $@ $<

$(B)/libyc.a: $(libobj)
	$(Q)rm -f $@; ar rcs $@ $^

$(tools:%=$(B)/bin/%): $(B)/bin/%: $(B)/tools/%.o $(toolobj) $(B)/libyc.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(YC_CFLAGS) -o $@ $^ $(YC_LIBS)

# It only starts the others, and needs none of their libraries.
$(B)/bin/yc: $(B)/tools/yc.o $(B)/libyc.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(YC_CFLAGS) -o $@ $^ $(LDFLAGS)

# A test that counts what the library allocates.
comma := ,
$(B)/tests/test_alloc: wrap := $(addprefix -Wl$(comma)--wrap=,malloc calloc realloc aligned_alloc posix_memalign free mmap)
$(units): $(B)/tests/%: $(B)/tests/unit/%.o $(B)/libyc.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(YC_CFLAGS) $(wrap) -o $@ $^ -lcmocka $(YC_LIBS)

$(benches): $(B)/bench/%: $(B)/tests/bench/%.o $(B)/libyc.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(YC_CFLAGS) -o $@ $^ $(YC_LIBS)

$(fuzzers): $(B)/fuzz/%: $(B)/tests/fuzz/%.o $(B)/tests/fuzz/targets.o $(B)/libyc.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(YC_CFLAGS) -fsanitize=fuzzer -o $@ $^ $(YC_LIBS)

.PHONY: built units fuzzers
fuzzers: $(fuzzers)
units: $(units)
built: $(bins) $(units) $(benches)

# Once is enough for what tests documents, Makefiles and arithmetic from outside: the sanitizers see
# the units and what reads that others wrote, doubles the units.
parsers := contract pictures published stream yc-info yc-load yc-plot
bats := $(if $(filter release debug,$(VARIANT)),$(wildcard tests/*.bats), \
          $(if $(filter asan,$(VARIANT)),$(parsers:%=tests/%.bats)))

check:
	$(Q)$(DEPS_SH) $(pkgs) $(testpkgs)
	$(Q)+$(SUBMAKE) built
	$(Q)OMP_WAIT_POLICY=passive YC_BIN='$(CURDIR)/$(B)/bin' prove -j2 $(sort $(units) $(bats))

lint:
	$(Q)$(DEPS_SH) $(pkgs) $(testpkgs) $(lintpkgs)
	$(Q)+$(SUBMAKE) WERROR=1 B=build/lint built
	$(Q).ci/lint build/lint/libyc.a $(CC) $(YC_CFLAGS)

# TSV: kernel, shape, rates, share of the peak, ratio to the plain C reference, and what tools take
# for a million images; PEER=torch: ratios to
# PyTorch in the same run, with Debian's Python, whose package it is; PHOTOS: a stream of
# yc-load folder --side 224 --raw for the large network.
bench: deps
	$(Q)+$(SUBMAKE) $(benches) $(bins)
ifeq ($(PEER),torch)
	$(Q)$(DEPS_SH) torch
	$(Q)/usr/bin/python3 tests/bench/compare.py $(B)/bench/engine
	$(Q)/usr/bin/python3 tests/bench/archs.py $(B)/bench/archs 5 $(PHOTOS)
else
	$(Q)$(B)/bench/bench
	$(Q)tests/bench/memory.py $(B)/bin
endif

# ThreadSanitizer on the pool, the one place where threads meet. With clang: its OpenMP runtime
# tells the sanitizer what it synchronises, gcc's looks like races of ours (libgomp's barriers are
# not instrumented).
race:
	$(Q)$(DEPS_SH) $(pkgs) cmocka prove clang clang-rt libomp
	$(Q)+$(SUBMAKE) VARIANT=tsan B=build/race CC=clang build/race/tests/test_base
	$(Q)TSAN_OPTIONS=ignore_noninstrumented_modules=1 prove build/race/tests/test_base

# libFuzzer at everything that reads what others wrote, FUZZ seconds each.
FUZZ ?= 60
fuzz:
	$(Q)$(DEPS_SH) $(pkgs) $(fuzzpkgs)
	$(Q)+$(SUBMAKE) VARIANT=fuzz B=build/fuzz CC=clang fuzzers
	$(Q)tests/fuzz/run.sh build/fuzz/runs $(FUZZ) $(fuzzers:$(B)/%=build/fuzz/%)

demo: all
	$(Q)PATH="$(CURDIR)/$(B)/bin:$$PATH" pipelines/demo.sh build/demo

install: all
	$(Q)CC='$(CC)' .ci/install '$(B)' '$(DESTDIR)' '$(PREFIX)' '$(pkgs)' '$(filter -DYC_DOUBLE,$(flags-$(VARIANT)))'

-include $(libobj:.o=.d) $(tools:%=$(B)/tools/%.d) $(B)/tools/yc.d $(toolobj:.o=.d) $(units:$(B)/tests/%=$(B)/tests/unit/%.d) \
         $(benches:$(B)/bench/%=$(B)/tests/bench/%.d) $(fuzzers:$(B)/fuzz/%=$(B)/tests/fuzz/%.d) $(B)/tests/fuzz/targets.d

clean:
	rm -rf build
