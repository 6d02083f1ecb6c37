# SPDX-License-Identifier: MIT
# What a set is worth while it is being condensed: accuracy against processor time, a curve for
# each condenser. Every point is some files, so it can be interrupted, and continued to more points.
#
#   make -f pipelines/curve.mk [VARIABLE=VALUE]...          the curves
#   make -f pipelines/curve.mk sets [VARIABLE=VALUE]...     the last set of each in bytes, as
#                          OUT/sets/DATA-CONDENSER-ipcN.yct
#
#   TRAIN= TEST=           streams; by default a few of the built-in pictures
#   METHODS="idc dream"    condensers
#   IPC=10                 images per class
#   ITERATIONS="1 2"       after which there is a point, ascending; outer ones of idc, dream, mdc
#   ITERATIONS_DM="100 200" ...     of one condenser
#   TIMES="20m 1h"         instead: for how long each runs, by the clock, until there is a point
#   INIT=noise             what to begin with, of those that can
#   WHITEN="mtt kip"       which of these condense images whitened by ZCA
#   CONDENSE_OPTS= EVAL_OPTS=    options of yc-condense and yc-eval;  CONDENSE_OPTS_DM= ... of one
#   RECIPES="own idc"      of yc-eval; own is that of the condenser
#   EPOCHS= REPEAT=        of the networks that a set is worth
#   OUT=FOLDER             runs/curve;  YC_BIN=FOLDER  where the tools are;  THREADS=N  of each
#
# Results: OUT/curve.tsv and curve.svg. Seconds are those of all processors together: on one that
# others share, clocks on the wall say little. Of a run that was killed they are those of the clock,
# times the threads. With TIMES, what is left of the time after that is run, but a tenth at least.
# Settings are not compared: change OUT with them.
.PHONY: curves sets
# If the name of this file has spaces, ? stands for each.
curve.mk := $(or $(wildcard $(lastword $(MAKEFILE_LIST))),$(patsubst ?%,%,$(subst $() ,?,$(MAKEFILE_LIST))))
here     := $(dir $(curve.mk))

include $(here)tools.mk
include $(here)checks.mk
include $(here)condensers.mk
export YC_THREADS = $(threads)

$(call refuse-unknown,TRAIN TEST METHODS IPC ITERATIONS $(CONDENSER-NAMES:%=ITERATIONS_%) TIMES INIT CONDENSE_OPTS \
	$(CONDENSER-NAMES:%=CONDENSE_OPTS_%) EVAL_OPTS WHITEN RECIPES EPOCHS REPEAT OUT YC_BIN THREADS,$(curve.mk))
$(call refuse-whitening)
OUT     ?= runs/curve
METHODS ?= idc dream
$(call refuse-blanks,OUT TRAIN TEST)
$(foreach m,$(METHODS),$(if $(filter $m,$(condenser-names)),,$(error METHODS: $m is none of $(condenser-names))))
$(call refuse-twice,METHODS RECIPES ITERATIONS TIMES)
demo    := $(if $(TRAIN),,yes)
IPC     ?= $(if $(demo),2,10)
EPOCHS  ?= $(if $(demo),20,1000)
REPEAT  ?= $(if $(demo),1,3)
RECIPES ?= own
CONDENSE_OPTS ?= $(if $(demo),$(call known-to,$1,inner=2 n-real=16 width=16))
EVAL_OPTS     ?= $(if $(demo),--width 16)
ITERATIONS    ?= 1 2
train := $(or $(TRAIN),$(OUT)/train.yct)
test  := $(or $(TEST),$(OUT)/test.yct)

# What a condenser counts; those that choose real images have no iterations, and one point.
count-of  = $(firstword $(filter iterations,$(patsubst --%,%,$(call options-of,$1))) $(filter outer,$(patsubst --%,%,$(call options-of,$1))))
points-of = $(if $(call count-of,$1),$(or $(TIMES),$(ITERATIONS_$(call upper,$1)),$(ITERATIONS)),all)
options   = $(strip --ipc $(IPC) $(call known-to,$1,$(addprefix init=,$(INIT))) $(CONDENSE_OPTS) $(CONDENSE_OPTS_$(call upper,$1)))
points   := $(foreach m,$(METHODS),$(addprefix $(OUT)/$m/,$(call points-of,$m)))
# The point before $2 of list $1, if there is one.
before = $(if $(filter $2,$(firstword $1)),,$(if $(filter $2,$(word 2,$1)),$(firstword $1),$(call before,$(wordlist 2,99,$1),$2)))

curves: $(OUT)/curve.svg
	@cat $(OUT)/curve.tsv

# A line is a condenser, or if there are several recipes one of its.
$(OUT)/curve.svg: $(OUT)/curve.tsv
	awk -f $(here)names.awk -f $(here)relabel.awk $< | \
		awk -F '\t' -v OFS='\t' -v recipes=$(words $(RECIPES)) 'NR > 1 && recipes > 1 { $$1 = $$1 ", recipe " $$4 } 1' | \
		yc-plot -x seconds -y last -b condenser --unit network -t 'Accuracy over the time spent condensing' \
		--x-label 'Seconds of all processors' --y-label 'Test accuracy in percent' -o $@

tables := $(foreach r,$(RECIPES),$(points:%=%.$r.tsv))
$(OUT)/curve.tsv: $(tables)
	printf 'condenser\titerations\tseconds\trecipe\trepeat\tbest\tlast\n' >$@.part
	for f in $(tables); do
		point=$${f%.*.tsv}
		m=$${point%/*}
		awk -v OFS='\t' -v of="$${m##*/}"$$'\t'"$$(cat "$$point.iterations")" -v spent="$$(cut -d' ' -f1 "$$point.seconds")" \
			-v recipe="$$(basename "$${f#"$$point".}" .tsv)" \
			'$$1 ~ /^[0-9]+$$/ { print of, spent, recipe, $$1, $$2, $$3 }' "$$f"
	done >>$@.part
	mv $@.part $@

define table
$(points:%=%.$1.tsv): %.$1.tsv: %.yct $(test)
	yc-eval -q --test $(test) $(if $(filter-out own,$1),--recipe $1) --epochs $(EPOCHS) --repeat $(REPEAT) $(EVAL_OPTS) $$< -o $$@
endef
$(foreach r,$(RECIPES),$(eval $(call table,$r)))

.ONESHELL:
# $(call point,CONDENSER,POINT,THE ONE BEFORE): goes on from the checkpoint of the one before.
define point
$(OUT)/$1/$2.yct: $(train) $(3:%=$(OUT)/$1/%.yct)
	@mkdir -p $$(@D)
	read -r had spent < <(cat $(3:%=$(OUT)/$1/%.seconds) /dev/null; echo 0 0)
	touch $(OUT)/$1.metrics
	now=$$$$(awk -f $(here)spent.awk $(OUT)/$1.metrics)
	TIMEFORMAT='%U %S'
	{ time { $(call whiten-for,$1,$(train)) yc-condense $1 -q $(call limit,$1,$2) $(call options,$1) --metrics $(OUT)/$1.metrics \
		--checkpoint $(OUT)/$1.ck --resume $(if $(filter $1,$(WHITEN)),-,$(train)) -o $$(@:.yct=.new); } 2>&3; } 3>&2 2>$$(@:.yct=.time)
	awk -v had="$$$$had" -v lost="$$$$now $$$$spent" -v threads="$$$${YC_THREADS:-$$$$(nproc)}" \
		-v spent="$$$$(awk -f $(here)spent.awk $(OUT)/$1.metrics)" '{
		split(lost, clock, " ")
		printf "%.1f %s\n", had + $$$$1 + $$$$2 + (clock[1] - clock[2]) * threads, spent }' \
		$$(@:.yct=.time) >$$(@:.yct=.seconds)
	rm $$(@:.yct=.time)
	yc-info --json $$(@:.yct=.new) | sed -nE 's/.*"$(or $(call count-of,$1),ipc)":"([0-9]+)".*/\1/p' >$$(@:.yct=.iterations)
	# Last, so that a set that is there has its seconds.
	mv $$(@:.yct=.new) $$@
endef
# By iterations or by the clock, of which some has been spent.
limit = $(if $(call count-of,$1),$(if $(TIMES),--time-limit $$$$(awk -v time=$2 -f $(here)spent.awk $(OUT)/$1.metrics)s,\
	--$(call count-of,$1) $2))
$(foreach m,$(METHODS),$(foreach n,$(call points-of,$m),$(eval $(call point,$m,$n,$(call before,$(call points-of,$m),$n)))))

# What it is from, as its head says: cifar10 train.
source = $(or $(call source-of,$(wildcard $(train))),demo)
sets := $(foreach m,$(METHODS),$(OUT)/sets/$(source)-$m-ipc$(IPC).yct)
sets: $(sets)
define bytes
$(OUT)/sets/$(source)-$1-ipc$(IPC).yct: $(OUT)/$1/$(lastword $(call points-of,$1)).yct
	@mkdir -p $$(@D)
	yc-quantise -q $$< -o $$@
endef
$(foreach m,$(METHODS),$(eval $(call bytes,$m)))

include $(here)demo.mk
