# SPDX-License-Identifier: MIT
# What a set is worth while it is being condensed: accuracy against processor time, a curve for
# each condenser. Every point is three files, so it can be interrupted, and continued to more points.
#
#   make -f pipelines/curve.mk [VARIABLE=VALUE]...
#
#   TRAIN= TEST=           streams; by default a few of the built-in pictures
#   METHODS="idc dream"    condensers
#   OUTERS="1 2"           outer iterations after which there is a point, ascending
#   CONDENSE_OPTS= EVAL_OPTS=    options of yc-condense and yc-eval
#   EPOCHS= REPEAT=        of the networks that a set is worth
#   OUT=FOLDER             runs/curve;  YC_BIN=FOLDER  where the tools are;  THREADS=N  of each
#
# Results: OUT/curve.tsv and curve.svg. Seconds are those of all processors together: on one that
# others share, clocks on the wall say little. A point that was interrupted has those since then.
# Settings are not compared: change OUT with them.
SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS   += --no-builtin-rules
.DELETE_ON_ERROR:
# If the name of this file has spaces, ? stands for each.
curve.mk := $(or $(wildcard $(lastword $(MAKEFILE_LIST))),$(patsubst ?%,%,$(subst $() ,?,$(MAKEFILE_LIST))))

ifeq ($(YC_BIN)$(shell command -v yc-eval),)
YC_BIN := $(subst ?,$() ,$(dir $(curve.mk)))../build/release/bin
endif
tools := $(and $(YC_BIN),$(shell cd '$(YC_BIN)' && pwd))
export PATH := $(if $(tools),$(tools):)$(PATH)
bin := $(if $(tools),'$(tools)'/)
include $(dir $(curve.mk))checks.mk
export YC_THREADS = $(or $(THREADS),$(if $(findstring jobserver,$(MAKEFLAGS)),1))

$(call refuse-unknown,TRAIN TEST METHODS OUTERS CONDENSE_OPTS EVAL_OPTS EPOCHS REPEAT OUT YC_BIN THREADS,$(curve.mk))
OUT     ?= runs/curve
METHODS ?= idc dream
OUTERS  ?= 1 2
$(call refuse-blanks,OUT TRAIN TEST)
demo    := $(if $(TRAIN),,yes)
EPOCHS  ?= $(if $(demo),20,1000)
REPEAT  ?= $(if $(demo),1,3)
CONDENSE_OPTS ?= $(if $(demo),--ipc 2 --inner 2 --n-real 16 --width 16)
EVAL_OPTS     ?= $(if $(demo),--width 16)
train := $(or $(TRAIN),$(OUT)/train.yct)
test  := $(or $(TEST),$(OUT)/test.yct)

points := $(foreach m,$(METHODS),$(foreach n,$(OUTERS),$(OUT)/$m/$n))
# The point before $2 of list $1, if there is one.
before = $(if $(filter $2,$(firstword $1)),,$(if $(filter $2,$(word 2,$1)),$(firstword $1),$(call before,$(wordlist 2,99,$1),$2)))

$(OUT)/curve.svg: $(OUT)/curve.tsv
	awk -f $(dir $(curve.mk))names.awk -f $(dir $(curve.mk))relabel.awk $< | yc-plot -x seconds -y last -b condenser \
		--unit network -t 'Accuracy over the time spent condensing' --x-label 'Seconds of all processors' \
		--y-label 'Test accuracy in percent' -o $@
	@cat $<

$(OUT)/curve.tsv: $(points:%=%.tsv)
	printf 'condenser\touter\tseconds\trepeat\tbest\tlast\n' >$@.part
	for f in $(points); do
		m=$${f%/*}
		awk -v OFS='\t' -v m="$${m##*/}" -v n="$${f##*/}" -v s="$$(cat "$$f.seconds")" \
			'$$1 ~ /^[0-9]+$$/ { print m, n, s, $$1, $$2, $$3 }' "$$f.tsv"
	done >>$@.part
	mv $@.part $@

$(points:%=%.tsv): %.tsv: %.yct $(test)
	yc-eval -q --test $(test) --epochs $(EPOCHS) --repeat $(REPEAT) $(EVAL_OPTS) $< -o $@

.ONESHELL:
# One point goes on from the checkpoint of the one before.
define point
$(OUT)/$1/$2.yct: $(train) $(patsubst %,$(OUT)/$1/%.yct,$(call before,$(OUTERS),$2))
	@mkdir -p $$(@D)
	had=$$$$(cat $(patsubst %,$(OUT)/$1/%.seconds,$(call before,$(OUTERS),$2)) /dev/null)
	TIMEFORMAT='%U %S'
	{ time yc-condense $1 -q --outer $2 $(CONDENSE_OPTS) --checkpoint $(OUT)/$1.ck --resume $(train) \
		-o $$(@:.yct=.new) 2>&3; } 3>&2 2>$$(@:.yct=.time)
	awk -v had="$$$${had:-0}" '{ printf "%.1f\n", had + $$$$1 + $$$$2 }' $$(@:.yct=.time) >$$(@:.yct=.seconds)
	rm $$(@:.yct=.time)
	# Last, so that a set that is there has its seconds.
	mv $$(@:.yct=.new) $$@
endef
$(foreach m,$(METHODS),$(foreach n,$(OUTERS),$(eval $(call point,$m,$n))))

$(OUT)/train.yct:
	@mkdir -p $(@D)
	yc-load demo --train-images 64 -o $@
$(OUT)/test.yct:
	@mkdir -p $(@D)
	yc-load demo --split test --test-images 20 -o $@
