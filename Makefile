# SPDX-License-Identifier: MIT
# Lines that begin with two of these signs are what make help prints.
##   VARIANT=release    or debug, asan (sanitizers), tsan, double (double precision)
##   CC=gcc             or clang; CFLAGS= and LDFLAGS= add to the flags
##   MPI=yes            yc-condense runs under mpirun, too; in build/release-mpi, with Open MPI
##   PREFIX=/usr/local  where make install puts things; DESTDIR= stands before it, for packages
##   DEPS=              no: packages are no concern; name, install: what is missing is named, installed
##   V=1                shows the commands; WERROR=1: warnings are errors
##   FUZZ=60            seconds of each fuzzer
##   PEER=torch         bench compares with PyTorch; PHOTOS=FILE.yct: of ResNet10-AP on these, too
##   PEER=condensers    bench compares yc-condense with PyTorch and NumPy doing the same iterations
##   PEER=pillow        bench compares yc-load folder with Pillow; PICTURES=FOLDER: on these
##   ORT=FOLDER         and with ONNX Runtime in these node_modules; OLD=FILE: and with this engine
VARIANT ?= release
PREFIX  ?= /usr/local
B       ?= build/$(VARIANT)$(if $(MPI),-mpi)
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

# One of its files knows MPI, and one tool has it.
ifneq ($(MPI),)
ifneq ($(MPI),yes)
$(error MPI='$(MPI)': yes, or nothing)
endif
mpi     := ompi-c
endif
pkgs    := libarchive libzstd zlib jansson nettle libpng libjpeg pangocairo
WARN    := -Wall -Wextra -Wshadow -Wconversion -Wcast-qual -Wvla -Wmissing-prototypes \
           -Wstrict-prototypes $(if $(WERROR),-Werror)
YC_CFLAGS = -std=gnu11 -g -fopenmp -fno-math-errno -Iinclude -I. $(WARN) $(flags-$(VARIANT)) \
           $(shell pkg-config --cflags $(pkgs) 2>/dev/null) $(CFLAGS)
YC_LIBS = -Wl,--as-needed $(shell pkg-config --libs $(pkgs) 2>/dev/null) -lm $(LDFLAGS)

tools   := $(patsubst tools/%.c,%,$(wildcard tools/yc-*.c))
toolobj := $(patsubst %.c,$(B)/%.o,$(wildcard tools/tool*.c))
ranks   := $(B)/tools/ranks_$(if $(MPI),mpi,none).o
libsrc  := $(wildcard lib/*/*.c lib/*/*/*.c)
libobj  := $(libsrc:%.c=$(B)/%.o)
units   := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
bins    := $(tools:%=$(B)/bin/%) $(B)/bin/yc
fuzzers := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
benches := $(patsubst tests/bench/%.c,$(B)/bench/%,$(wildcard tests/bench/*.c))

testpkgs := cmocka openblas bats bats-support bats-assert bats-file prove mandoc python3 python3-numpy zstd script bzip2 xz
lintpkgs := clang-format shellcheck mandoc
clusterpkgs := slurmctld slurmd sbatch munge parallel
fuzzpkgs := clang clang-rt libomp python3 zstd
# A compiler of another name is the user's to install.
compiler := $(if $(findstring clang,$(CC)),clang libomp,$(if $(filter gcc,$(CC)),gcc)) libc
# A target that everybody begins with installs what is missing; others name it.
DEPS_SH := DEPS='$(DEPS)' CC='$(CC)' sh .ci/deps
NAME    := $(DEPS_SH) name $(compiler)
INSTALL := $(DEPS_SH) install $(compiler)
# A second make sees the packages that the first one installed; all cores unless -j says less.
# -s: nothing is said of what is up to date.
SUBMAKE = $(MAKE) --no-print-directory $(if $(V),,-s) $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

.PHONY: all help check cluster-check demo lint bench fuzz race install uninstall deb clean deps FORCE
.DELETE_ON_ERROR:
##   make               the tools, in build/release/bin
all: deps
	$(Q)+$(SUBMAKE) $(bins)

deps:
	$(Q)$(NAME) $(pkgs) $(mpi) $(MPI:yes=mpirun)

##   make help          this list
help:
	@echo Targets:; sed -n 's/^##\(   make\)/\1/p' Makefile; echo; echo Variables:; sed -n 's/^##\(   [A-Z]\)/\1/p' Makefile

# Rewritten only when the flags change, so that a change of flags rebuilds everything.
$(B)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(CC) $(YC_CFLAGS)' | cmp -s - $@ || echo '$(CC) $(YC_CFLAGS)' >$@

$(B)/lib/kern/kern_avx2.o:   simd := -mavx2 -mfma
$(B)/lib/kern/kern_avx512.o: simd := -mavx512f -mavx512dq -mavx512bw -mavx512vl -mfma -mprefer-vector-width=512
$(B)/lib/kern/kern_avx512bf16.o: simd := -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx512bf16 -mfma -mprefer-vector-width=512
$(B)/lib/kern/kern_amx.o:    simd := -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx512bf16 -mfma -mprefer-vector-width=512
# Vectors compute both sides of a condition; nobody looks at exceptions.
$(B)/lib/kern/kern_%.o:      untrapped := -fno-trapping-math
# The same pictures on every machine: no contraction to FMA.
$(B)/lib/dataset/load_demo.o $(B)/lib/photo/scale.o: simd := -ffp-contract=off
$(B)/lib/view/page.o: lib/view/page.html
$(B)/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	@$(if $(V),,echo '  CC $<')
	$(Q)$(CC) $(YC_CFLAGS) $(simd) $(untrapped) $(own) -MMD -MP -c -o $@ $<

$(B)/libyc.a: $(libobj)
	$(Q)rm -f $@; ar rcs $@ $^

$(B)/bin/yc-condense: $(ranks)
$(B)/bin/yc-condense: private own := $(if $(MPI),$(shell pkg-config --libs $(mpi) 2>/dev/null))
$(B)/tools/ranks_mpi.o: private own := $(if $(MPI),$(shell pkg-config --cflags $(mpi) 2>/dev/null))
$(tools:%=$(B)/bin/%): $(B)/bin/%: $(B)/tools/%.o $(toolobj) $(B)/libyc.a
	@mkdir -p $(@D)
	$(Q)$(CC) $(YC_CFLAGS) -o $@ $^ $(YC_LIBS) $(own)

# It only starts the others, and needs none of their libraries.
$(B)/bin/yc: $(B)/tools/yc.o $(B)/tools/page.o $(B)/libyc.a
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

.PHONY: built units fuzzers bins
bins: $(bins)
fuzzers: $(fuzzers)
units: $(units)
built: $(bins) $(units) $(benches)

# Once is enough for what tests documents, Makefiles and arithmetic from outside: the sanitizers see
# the units and what reads that others wrote, doubles the units.
parsers := arrays contract folders pictures published stream yc-info yc-load yc-plot
bats := $(if $(filter release debug,$(VARIANT)),$(wildcard tests/*.bats), \
          $(if $(filter asan,$(VARIANT)),$(parsers:%=tests/%.bats)))

##   make check         all tests; installs what they need
check:
	$(Q)$(INSTALL) $(pkgs) $(testpkgs)
	$(Q)+$(SUBMAKE) built
	$(Q)OMP_WAIT_POLICY=passive YC_BIN='$(CURDIR)/$(B)/bin' prove -j2 $(sort $(units) $(bats))

# Root's, on a machine of its own or in a container: it starts munge, slurmctld and slurmd with keys,
# ports and folders of their own, and ends them.
##   make cluster-check  tests on a Slurm that it starts and ends, as root; installs what they need
cluster-check:
	$(Q)$(INSTALL) $(pkgs) $(testpkgs) $(clusterpkgs)
	$(Q)+$(SUBMAKE) $(bins)
	$(Q)YC_BIN='$(CURDIR)/$(B)/bin' tests/cluster/check

# tests/mpi.bats skips what is built without it.
##   make mpi-check     builds yc-condense with MPI=yes, and tests it under mpirun; installs Open MPI
.PHONY: mpi-check
mpi-check:
	$(Q)$(INSTALL) $(pkgs) ompi-c mpirun $(testpkgs)
	$(Q)+$(SUBMAKE) MPI=yes bins
	$(Q)YC_BIN='$(CURDIR)/build/$(VARIANT)-mpi/bin' prove tests/mpi.bats

##   make lint          what a compiler does not check: layers, formats, pages, scripts
lint:
	$(Q)$(NAME) $(pkgs) $(testpkgs) $(lintpkgs)
	$(Q)+$(SUBMAKE) WERROR=1 B=build/lint built
	$(Q).ci/lint build/lint/libyc.a $(CC) $(YC_CFLAGS)

# TSV: kernel, shape, rates, share of the peak, ratio to the plain C reference, and what tools take
# for a million images; PEER=torch: ratios to
# PyTorch in the same run, with Debian's Python, whose package it is; PHOTOS: a stream of
# yc-load folder --side 224 --raw for the large network. ORT: where npm i --ignore-scripts
# onnxruntime-node has been; OLD: an earlier build/release/bench/engine.
##   make bench         rates of every kernel, and what tools take for a million images
bench: deps
	$(Q)+$(SUBMAKE) $(benches) $(bins)
ifeq ($(PEER),torch)
	$(Q)$(NAME) torch
	$(Q)/usr/bin/python3 tests/bench/compare.py $(if $(ORT),--ort '$(ORT)') $(if $(OLD),--old '$(OLD)') $(B)/bench/engine
	$(Q)/usr/bin/python3 tests/bench/archs.py $(B)/bench/archs 5 $(PHOTOS)
else ifeq ($(PEER),condensers)
	$(Q)$(NAME) torch
	$(Q)tests/bench/condensers.py $(B)
else ifeq ($(PEER),pillow)
	$(Q)$(NAME) pillow python3-numpy
	$(Q)/usr/bin/python3 tests/bench/pictures.py $(B)/bin $(PICTURES)
else
	$(Q)$(B)/bench/bench
	$(Q)tests/bench/memory.py $(B)/bin
endif

# ThreadSanitizer on the pool, the one place where threads meet. With clang: its OpenMP runtime
# tells the sanitizer what it synchronises, gcc's looks like races of ours (libgomp's barriers are
# not instrumented).
##   make race          ThreadSanitizer on the thread pool
race:
	$(Q)$(NAME) $(pkgs) cmocka prove clang clang-rt libomp
	$(Q)+$(SUBMAKE) VARIANT=tsan B=build/race CC=clang build/race/tests/test_base
	$(Q)TSAN_OPTIONS=ignore_noninstrumented_modules=1 prove build/race/tests/test_base

# libFuzzer at everything that reads what others wrote, FUZZ seconds each.
##   make fuzz          libFuzzer at everything that reads files
FUZZ ?= 60
fuzz:
	$(Q)$(NAME) $(pkgs) $(fuzzpkgs)
	$(Q)+$(SUBMAKE) VARIANT=fuzz B=build/fuzz CC=clang fuzzers
	$(Q)tests/fuzz/run.sh build/fuzz/runs $(FUZZ) $(fuzzers:$(B)/%=build/fuzz/%)

##   make demo          builds, then runs the whole pipeline on built-in pictures; installs what it needs
demo:
	$(Q)$(INSTALL) $(pkgs)
	$(Q)+$(SUBMAKE) $(bins)
	$(Q)PATH="$(CURDIR)/$(B)/bin:$$PATH" pipelines/demo.sh build/demo

INSTALLED = '$(B)' '$(DESTDIR)' '$(PREFIX)' '$(pkgs)' '$(filter -DYC_DOUBLE,$(flags-$(VARIANT)))'
##   make install       tools, pages, library, headers and completions, under PREFIX
install: all
	$(Q).ci/install install $(INSTALLED)

##   make uninstall     removes what make install put there
uninstall:
	$(Q).ci/install uninstall $(INSTALLED)

##   make deb           Debian packages of the tools and of the library, in build/deb
deb:
	$(Q)$(NAME) $(pkgs) shlibdeps
	$(Q)+$(SUBMAKE) $(bins)
	$(Q).ci/deb '$(B)' '$(pkgs)'

-include $(libobj:.o=.d) $(tools:%=$(B)/tools/%.d) $(B)/tools/yc.d $(B)/tools/page.d $(toolobj:.o=.d) $(ranks:.o=.d) $(units:$(B)/tests/%=$(B)/tests/unit/%.d) \
         $(benches:$(B)/bench/%=$(B)/tests/bench/%.d) $(fuzzers:$(B)/fuzz/%=$(B)/tests/fuzz/%.d) $(B)/tests/fuzz/targets.d

##   make clean         removes build/
clean:
	rm -rf build
