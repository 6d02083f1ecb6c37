# SPDX-License-Identifier: MIT
# What it costs to have a condensed set of every size below that of one that is there: epochs of
# networks, seconds of processor cores and bytes, by each of these ways.
#
#   yoco      scored once, and pruned to each size
#   dm        condensed again by DM to each size without the data, from the best tiles by YOCO
#   idc       likewise by IDC
#   afresh    condensed from the data to each size
#   mdc       condensed once from the data by MDC, whose beginnings are the sizes
#
#   make -f pipelines/cost.mk [VARIABLE=VALUE]...
#
#   SET=FILE          the condensed set; by default a small one of the built-in pictures
#   TRAIN=FILE        the images that it is of, for afresh and mdc; of more than 64 pixels a side, their early
#                     epochs are not counted
#   SIZES="1 2 ..."   images per class; by default all below those of the set
#   WAYS="yoco dm idc afresh mdc"    those to measure
#   FULL="yoco"       those that run to their end. Of the others some iterations are measured, and what all of
#                     them come to is computed; the results say so
#   ITERATIONS=3      inner iterations that are measured, each for the second of two outer ones, so that what
#                     comes before is not counted; of dm so many iterations, likewise
#   OUTER=2000 INNER=100                iterations of afresh and mdc, as published for small images
#   OUTER_AGAIN=8 INNER_AGAIN=50 ITERATIONS_DM=1000    of idc and dm, as yc-condense has them for condensed images
#   SCORE_OPTS= CONDENSE_OPTS=          options of yc-score and of all condensing
#   OUT=FOLDER        runs/cost;  YC_BIN=FOLDER  where the tools are;  THREADS=N  of each
#   LAUNCH=COMMAND    what starts each training that is measured, such as one that waits for a quiet machine
#
# Results: OUT/cost.tsv and cost.md. Seconds are those of all processors together, bytes those of a file of
# whole numbers as yc-quantise makes them. Settings are not compared: change OUT with them.
.ONESHELL:
.PHONY: cost
# If the name of this file has spaces, ? stands for each.
cost.mk := $(or $(wildcard $(lastword $(MAKEFILE_LIST))),$(patsubst ?%,%,$(subst $() ,?,$(MAKEFILE_LIST))))
here    := $(dir $(cost.mk))
comma   := ,

include $(here)tools.mk
include $(here)checks.mk
export YC_THREADS = $(threads)

$(call refuse-unknown,SET TRAIN SIZES WAYS FULL ITERATIONS OUTER INNER OUTER_AGAIN INNER_AGAIN ITERATIONS_DM SCORE_OPTS \
	CONDENSE_OPTS OUT YC_BIN THREADS LAUNCH,$(cost.mk))
ways := yoco dm idc afresh mdc
demo := $(if $(SET),,yes)
OUT           ?= runs/cost
WAYS          ?= $(if $(demo)$(TRAIN),$(ways),yoco dm idc)
FULL          ?= yoco
ITERATIONS    ?= $(if $(demo),1,3)
OUTER         ?= 2000
INNER         ?= 100
OUTER_AGAIN   ?= 8
INNER_AGAIN   ?= 50
ITERATIONS_DM ?= 1000
SCORE_OPTS    ?= $(if $(demo),--width 8 --epochs 4)
CONDENSE_OPTS ?= $(if $(demo),--width 8 --n-real 8)
$(call refuse-blanks,OUT SET TRAIN)
$(foreach w,$(WAYS) $(FULL),$(if $(filter $w,$(ways)),,$(error WAYS, FULL: $w is none of $(ways))))
$(if $(filter afresh mdc,$(WAYS)),$(if $(demo)$(TRAIN),,$(error TRAIN=FILE: the images are missing that afresh and mdc condense)))
$(if $(and $(SET),$(TRAIN)),$(call refuse-others,TRAIN,SET))
set   := $(or $(SET),$(OUT)/demo-set.yct)
train := $(or $(TRAIN),$(OUT)/train.yct)
N     := $(if $(demo),3,$(call ipc-of,$(SET)))
SIZES ?= $(shell seq $$(($N - 1)))
$(foreach n,$(SIZES),$(if $(filter $n,$(shell seq $$(($N - 1)))),,$(error SIZES: $n is no size below that of the set$(comma) $N)))
$(if $(SIZES),,$(error SET=$(SET) has one image per class: there is no size below))

$(call refuse-twice,WAYS SIZES)

costs := $(foreach w,$(WAYS),$(if $(filter afresh,$w),,$(OUT)/$w/once.cost) $(SIZES:%=$(OUT)/$w/%.cost) $(if $(filter afresh,$w),$(OUT)/$w/$N.cost))

cost: $(OUT)/cost.md
	@cat $<

$(OUT)/cost.md: $(OUT)/cost.tsv $(here)cost.awk
	@awk -v N=$N -f $(here)cost.awk $< >$@.part
	mv $@.part $@

# A cost is a line: epochs, images of one, seconds, bytes, and how these are known.
$(OUT)/cost.tsv: $(costs)
	@printf 'way\tipc\tepochs\timages\tcore_seconds\tbytes\thow\n' >$@.part
	for f in $(costs); do
		size=$${f##*/} way=$${f%/*}
		printf '%s\t%s\t%s\n' "$${way##*/}" "$${size%.cost}" "$$(cat "$$f")"
	done >>$@.part
	mv $@.part $@

define functions
$(spent)
option() { yc-info --json "$$1" | grep -o '"tool":"[^}]*}' | tail -n 1 | sed -nE "s/.*\"$$2\":\"([^\"]*)\".*/\1/p"; }
images() { yc-info --json "$$1" | sed -nE 's/.*"name":"image",[^[]*\[([0-9]+),[0-9]+,([0-9]+).*"side":([0-9]+).*/\1 \2 \3/p' |
	awk -v f="$$(yc-info --json "$$1" | sed -nE 's/.*"factor":([0-9]+).*/\1/p')" '{ print $$2 < $$3 ? $$1 : $$1 * f * f }'; }
# Of a file: into a pipe, streams are compressed piece by piece.
bytes() {
	yc-info "$$1" | grep -q '^column  *image U8' || yc-quantise -q "$$1" -o $@.yct
	wc -c <"$$([ -e $@.yct ] && echo $@.yct || echo "$$1")"
	rm -f $@.yct
}
cost() { printf '%s\t%s\t%s\t%s\t%s\n' "$$@" >$@.part; mv $@.part $@; }
mkdir -p $(@D)
endef

scored := $(OUT)/ordered.yct
$(scored): $(set)
	@$(functions)
	spent $(OUT)/scored.seconds $(LAUNCH) yc-score lbpe -q $(SCORE_OPTS) $(set) -o $(OUT)/scored.yct
	spent $(OUT)/ordered.seconds yc-select yoco -q --order $(OUT)/scored.yct -o $@

# The training ends where the score needs no more.
$(OUT)/yoco/once.cost: $(scored)
	@$(functions)
	stop=$$(yc-info --json $(OUT)/scored.yct | sed -nE 's/.*"tool":"yc-score"[^}]*"epochs":"([0-9]+)"[^}]*"stop":"([0-9]+)".*/\1 \2/p' | awk '{ print $$1 < $$2 ? $$1 : $$2 }')
	cost "$$stop" "$$(images $(set))" "$$(cat $(OUT)/scored.seconds $(OUT)/ordered.seconds | awk '{ s += $$1 } END { print s }')" \
		"$$(bytes $<)" measured

$(SIZES:%=$(OUT)/yoco/%.cost): $(OUT)/yoco/%.cost: $(scored)
	@$(functions)
	spent $@.seconds yc-select first -q --ipc $* $< -o $(OUT)/yoco/$*.yct
	cost 0 0 "$$(cat $@.seconds)" "$$(bytes $(OUT)/yoco/$*.yct)" measured

# They begin with what YOCO does.
$(OUT)/dm/once.cost $(OUT)/idc/once.cost: $(OUT)/yoco/once.cost
	@mkdir -p $(@D)
	cp $< $@

# METHOD,OUTER,INNER: those of dm are iterations, and no network is trained in them.
length = $(if $(filter dm,$1),--iterations $$(($2 * $3)),--outer $2 --inner $3)
# condensed METHOD,SIZE,INPUT,OUTER,INNER,WAY
define condensed
@$(functions)
set=$(@:.cost=.yct)
run() { spent $@.seconds $(LAUNCH) yc-condense $1 -q --ipc $2 "$${@:2}" $(CONDENSE_OPTS) $3 -o $$set; seconds=$$(cat $@.seconds); }
if $(if $(filter $6,$(FULL)),true,false); then
	run - $(call length,$1,$4,$5)
	how=measured
else
	run - $(call length,$1,1,$(ITERATIONS))
	first=$$seconds
	run - $(call length,$1,2,$(ITERATIONS))
	seconds=$$(awk -v one="$$first" -v two="$$seconds" 'BEGIN {
		s = (two - one) / $(ITERATIONS)
		if (s <= 0) {
			print "$@: too short to be measured: more ITERATIONS than $(ITERATIONS)" >"/dev/stderr"
			exit 1
		}
		printf "%.1f\n", one - s * $(ITERATIONS) + s * $4 * $5 }')
	how="$(ITERATIONS) of $$(($4 * $5)) iterations"
fi
of=$$(images $3)
epochs=$$(awk -v data="$$(option $$set n-data)" -v of="$$of" 'BEGIN { print $4 * $5 * data / of }')
cost "$$epochs" "$$of" "$$seconds" "$$(bytes $$set)" "$$how"
endef

$(SIZES:%=$(OUT)/dm/%.cost): $(OUT)/dm/%.cost: $(scored)
	$(call condensed,dm,$*,$<,$(ITERATIONS_DM),1,dm)
$(SIZES:%=$(OUT)/idc/%.cost): $(OUT)/idc/%.cost: $(scored)
	$(call condensed,idc,$*,$<,$(OUTER_AGAIN),$(INNER_AGAIN),idc)
$(foreach n,$(SIZES) $N,$(OUT)/afresh/$n.cost): $(OUT)/afresh/%.cost: $(train)
	$(call condensed,idc,$*,$<,$(OUTER),$(INNER),afresh)
$(OUT)/mdc/once.cost: $(train)
	$(call condensed,mdc,$N,$<,$(OUTER),$(INNER),mdc)

$(SIZES:%=$(OUT)/mdc/%.cost): $(OUT)/mdc/%.cost: $(OUT)/mdc/once.cost
	@$(functions)
	spent $@.seconds yc-select first -q --ipc $* $(OUT)/mdc/once.yct -o $(OUT)/mdc/$*.yct
	cost 0 0 "$$(cat $@.seconds)" "$$(bytes $(OUT)/mdc/$*.yct)" measured

include $(here)demo.mk
$(OUT)/demo-set.yct: $(OUT)/train.yct
	@yc-condense idc -q --ipc 3 --outer 1 --inner 1 --n-real 8 --width 8 $< -o $@
