# SPDX-License-Identifier: MIT
# What smaller sets are worth that are made of a condensed one, without its data or with them, by
# each of these ways.
#
#   yoco      pruned: the best tiles by YOCO
#   dm        condensed again, without the data, from these tiles, by DM
#   idc       likewise by IDC
#   down      by DM, each size from the next larger one of SIZES
#   afresh    condensed from the data to each size
#   mdc       a beginning of a set that was condensed from the data by MDC
#
#   make -f pipelines/squeeze.mk [VARIABLE=VALUE]... [plan]
#
# plan: says how long it will take.
#
#   SETS="FILE..."    condensed sets, each by another condenser; by default a small one of the built-in pictures
#   TEST=FILE         images to test on
#   TRAIN=FILE        the images that the sets are of, for afresh and mdc
#   SIZES="1 2 5"     images per class; of a set, those below its own
#   WAYS=             by default all that there is a TRAIN for
#                     How each condenses is a variable, METHOD OPTION... as for yc-condense: way-dm=dm,
#                     way-idc=idc, way-down=dm, way-afresh=idc, way-mdc=mdc. So is a way of your own, which gets
#                     the ordered set, as dm does: way-NAME='dsa --iterations 20', and NAME in WAYS
#   SEEDS= REPEAT=    scorings and condensings, and networks for each; 3 and 3
#   EPOCHS= TESTS=    of a network; 1000 and 1
#   SCORE_OPTS= CONDENSE_OPTS= EVAL_OPTS=     options of the tools, CONDENSE_OPTS of every way
#   OUT=FOLDER        runs/squeeze;  YC_BIN=FOLDER  where the tools are;  THREADS=N  of each
#
# Results: OUT/squeeze.tsv (every network), squeeze-tests.tsv, .md and .svg as of a table; squeeze-seconds.tsv, seconds of
# all processors that a set of each size took, with the score that its tiles were chosen by. Those of afresh and mdc, which
# can be interrupted, are told by cost.mk. Settings are not compared: change OUT with them.
.ONESHELL:
.SECONDEXPANSION:
.PHONY: squeeze plan
# If the name of this file has spaces, ? stands for each.
squeeze.mk := $(or $(wildcard $(lastword $(MAKEFILE_LIST))),$(patsubst ?%,%,$(subst $() ,?,$(MAKEFILE_LIST))))
here       := $(dir $(squeeze.mk))
comma      := ,

include $(here)tools.mk
include $(here)checks.mk
include $(here)condensers.mk
export YC_THREADS = $(threads)

$(call refuse-unknown,SETS TEST TRAIN SIZES WAYS SEEDS REPEAT EPOCHS TESTS SCORE_OPTS CONDENSE_OPTS EVAL_OPTS OUT YC_BIN \
	THREADS,$(squeeze.mk))
demo := $(if $(SETS),,yes)
OUT           ?= runs/squeeze
SIZES         ?= 1 2 5
SEEDS         ?= $(if $(demo),1,3)
REPEAT        ?= $(if $(demo),2,3)
EPOCHS        ?= $(if $(demo),2,1000)
TESTS         ?= 1
SCORE_OPTS    ?= $(if $(demo),--width 8 --epochs 4)
CONDENSE_OPTS ?= $(if $(demo),--width 8)
EVAL_OPTS     ?= $(if $(demo),--width 8)
short         := $(if $(demo), --outer 1 --inner 1)
way-dm        ?= dm$(if $(demo), --iterations 1)
way-idc       ?= idc$(short)
way-down      ?= $(way-dm)
way-afresh    ?= idc$(short)
way-mdc       ?= mdc$(short)
of-data       := afresh mdc
WAYS          ?= yoco dm idc down $(if $(demo)$(TRAIN),$(of-data))

$(call refuse-blanks,OUT TEST TRAIN)
$(call refuse-twice,SETS SIZES WAYS)
$(foreach w,$(patsubst way-%,%,$(foreach v,$(filter way-%,$(.VARIABLES)),$(if $(findstring command,$(origin $v)),$v))),\
	$(if $(filter $w,yoco dm idc down $(of-data) $(WAYS)),,$(error way-$w: there is no $w in WAYS=$(WAYS))))
$(foreach w,$(WAYS),$(if $(filter yoco,$w)$(way-$w),,$(error WAYS: $w is none of yoco dm idc down $(of-data) and there is no way-$w)))
$(foreach w,$(filter-out yoco,$(WAYS)),$(if $(filter $(firstword $(way-$w)),$(condenser-names)),,\
	$(error way-$w=$(way-$w): $(firstword $(way-$w)) is none of $(condenser-names))))
$(if $(filter $(of-data),$(WAYS)),$(if $(demo)$(TRAIN),,$(error TRAIN=FILE: the images are missing that $(filter $(of-data),$(WAYS)) condense)))
$(if $(demo)$(TEST),,$(error TEST=FILE: the images to test on are missing))
$(foreach n,$(SIZES),$(if $(shell echo '$n' | grep -xE '[1-9][0-9]{0,6}'),,$(error SIZES: $n is no number of images per class)))
seeds := $(shell seq $(SEEDS))
$(if $(seeds),,$(error SEEDS=$(SEEDS): how many there are, from 1 on))
$(foreach s,$(SETS),$(eval SET := $s)$(foreach v,TEST TRAIN,$(if $($v),$(call refuse-others,$v,SET))))

# A set is CONDENSER/IPC, file-CONDENSER/IPC its stream.
ifdef demo
sets := idc/3
file-idc/3 := $(OUT)/demo-set.yct
else
sets :=
$(foreach f,$(SETS),$(eval s := $(call condenser-of,$f)/$(call ipc-of,$f))$(if $(filter $s,$(sets)),\
	$(error SETS: $f and $(file-$s) are both of $(notdir $s) images per class by $(patsubst %/,%,$(dir $s))))\
	$(eval sets += $s)$(eval file-$s := $f))
endif
train := $(or $(TRAIN),$(OUT)/train.yct)
test  := $(or $(TEST),$(OUT)/test.yct)

# Sizes in falling order, and the one that down makes $2 of.
falling    := $(shell printf '%s\n' $(SIZES) | sort -rnu)
sizes       = $(foreach t,$(falling),$(if $(shell [ $t -lt $(notdir $1) ] || echo no),,$t))
larger-than = $(lastword $(foreach t,$(sizes),$(if $(shell [ $t -gt $2 ] && echo yes),$t)))
# SET/SIZE/WAY/NET/SEED, as the tables have cells.
stems := $(foreach s,$(sets),$(foreach t,$(sort $(call sizes,$s)),$(foreach w,$(WAYS),$(addprefix $s/$t/$w/convnet/,$(seeds)))))
$(if $(stems),,$(error SETS: none has more images per class than a size of SIZES=$(SIZES)))
cells   := $(stems:%=$(OUT)/cells/%.tsv)
smaller := $(sort $(stems:%=$(OUT)/sets/%.yct))
ordered := $(foreach s,$(sets),$(seeds:%=$(OUT)/ordered/$s/%.yct))
word-of  = $(word $1,$(subst /, ,$2))
set-of   = $(call word-of,1,$1)/$(call word-of,2,$1)
seed-of  = $(call word-of,6,$1)

squeeze: $(OUT)/squeeze.md $(OUT)/squeeze.svg $(OUT)/squeeze-seconds.tsv
	@cat $<

# What is missing, in the words of plan.awk: scorings, sets of each kind, cells. What is but the beginning of
# another set takes no time. All are timed with the largest set, which has images enough for every size.
largest = $(shell printf '%s\n' $(foreach s,$(sets),$(notdir $s):$(file-$s)) | sort -n | sed -n '$$s/[^:]*://p')
missing = $(filter-out $(wildcard $1),$1)
kinds   = $(foreach s,$1,$(if $(filter yoco mdc,$(call word-of,4,$s)),,/sets/$(call word-of,4,$s)/$(call word-of,3,$s).yct))
ways-of = $(foreach w,$(WAYS),$(if $(filter yoco,$w),,'$w $(way-$w) $(CONDENSE_OPTS)'))
plan:
	@{
		printf '%s\n' $(patsubst $(OUT)/ordered/%/,/scores/%/early,$(dir $(call missing,$(ordered)))) $(call missing,$(cells))
		printf '%s\n' $(call kinds,$(patsubst $(OUT)/sets/%.yct,%,$(call missing,$(smaller))))
		printf '%s\n' $(foreach s,$(patsubst $(OUT)/mdc/%.yct,%,$(call missing,$(mdc-sets))),/sets/mdc/$(call word-of,2,$s).yct)
	} | awk -v list=<(printf '%s\n' $(cells)) -v repeat=$(REPEAT) -v epochs=$(EPOCHS) -v title='$(title)' -v score_epochs=100 -v scorer=convnet \
		-v parallel=$$(printf '%s\n' $(or $(threads),$$(nproc)) $(REPEAT) | sort -n | head -n 1) -v tiles=4 \
		-v pace='$(here)pace.sh %s %d epochs $(REPEAT) $(strip $(EVAL_OPTS))' -v set=$(wildcard $(largest)) \
		-v train=$(wildcard $(train)) -v load='yc-load demo' -v again='$(filter-out $(of-data),$(WAYS))' \
		-v condense=<(printf '%s\n' $(ways-of)) -f $(here)plan.awk

define functions
$(spent)
mkdir -p $(@D)
endef
# The scoring that the condensers' authors, or YOCO's, chose; labels of KIP are no probabilities.
scored-as = $(addprefix --condenser ,$(filter $(published-scoring),$1)) $(hard)
hard      = $(if $(filter kip,$(call word-of,1,$*)),--hard-labels)
order     = yc-score lbpe -q $(strip $(call scored-as,$(call word-of,1,$*)) $(SCORE_OPTS)) --seed $1 $2 | yc-select -q yoco --order

$(ordered): $(OUT)/ordered/%.yct: $$(file-$$(call set-of,$$*))
	@$(functions)
	order() { $(call order,$(call word-of,3,$*),$<) -o $@; }
	spent $@.seconds order

$(filter $(foreach s,$(seeds),%/yoco/convnet/$s.yct),$(smaller)): $(OUT)/sets/%.yct: $(OUT)/ordered/$$(call set-of,$$*)/$$(call seed-of,$$*).yct
	@mkdir -p $(@D)
	yc-select first -q --ipc $(call word-of,3,$*) $< -o $@
	cp $<.seconds $@.seconds

# WAY,INPUT[,OPTIONS]
again  = yc-condense $(way-$1) -q --ipc $(call word-of,3,$*) --seed $(call seed-of,$*) $(CONDENSE_OPTS) $3 $2 -o $@
added  = awk '{ s += $$1 } END { print s }' $@.own $<.seconds >$@.seconds; rm $@.own
way    = $(call word-of,4,$*)
$(filter $(foreach s,$(seeds),$(foreach w,$(filter-out yoco down $(of-data),$(WAYS)),%/$w/convnet/$s.yct)),$(smaller)): \
		$(OUT)/sets/%.yct: $(OUT)/ordered/$$(call set-of,$$*)/$$(call seed-of,$$*).yct
	@$(functions)
	spent $@.own $(call again,$(way),$<)
	$(added)

# The size that this one is made of.
larger = $(foreach l,$(call larger-than,$(call set-of,$1),$(call word-of,3,$1)),$(OUT)/sets/$(call set-of,$1)/$l/down/convnet/$(call seed-of,$1).yct)
$(filter $(foreach s,$(seeds),%/down/convnet/$s.yct),$(smaller)): $(OUT)/sets/%.yct: $$(or $$(call larger,$$*),$(OUT)/ordered/$$(call set-of,$$*)/$$(call seed-of,$$*).yct)
	@$(functions)
	again() {
		$(if $(call larger,$*),$(call order,$(call seed-of,$*),$<) -o $@.ordered,cp $< $@.ordered)
		$(call again,down,$@.ordered)
		rm $@.ordered
	}
	spent $@.own again
	$(added)

# Of the data, the set condensed before has no part; one by MDC has all sizes.
kept = --checkpoint $@.ck --resume
$(filter $(foreach s,$(seeds),%/afresh/convnet/$s.yct),$(smaller)): $(OUT)/sets/%.yct: $(train)
	@mkdir -p $(@D)
	$(call again,afresh,$<,$(kept))
	rm -f $@.ck
mdc-sets := $(if $(filter mdc,$(WAYS)),$(foreach s,$(sets),$(seeds:%=$(OUT)/mdc/$s/%.yct)))
$(mdc-sets): $(OUT)/mdc/%.yct: $(train)
	@mkdir -p $(@D)
	yc-condense $(way-mdc) -q --ipc $(call word-of,2,$*) --seed $(call word-of,3,$*) $(CONDENSE_OPTS) $(kept) $< -o $@
	rm -f $@.ck
$(filter $(foreach s,$(seeds),%/mdc/convnet/$s.yct),$(smaller)): $(OUT)/sets/%.yct: $(OUT)/mdc/$$(call set-of,$$*)/$$(call seed-of,$$*).yct
	@mkdir -p $(@D)
	yc-select first -q --ipc $(call word-of,3,$*) $< -o $@

$(cells): $(OUT)/cells/%.tsv: $(OUT)/sets/%.yct $(test)
	@mkdir -p $(@D)
	yc-eval -q --recipe idc --test $(test) --epochs $(EPOCHS) --repeat $(REPEAT) --tests $(TESTS) $(strip $(hard) $(EVAL_OPTS)) --seed $(call seed-of,$*) $< -o $@
	awk -v what='$*' '$$1 == "mean" { printf "%-44s %6.2f %%\n", what, $$3 }' $@

# What they are from, as their heads say: cifar10 train.
source = $(or $(call source-of,$(SETS)),demo)
$(OUT)/squeeze.tsv: $(cells)
	@awk -v dataset='$(source)' -v list=<(printf '%s\n' $(cells)) -f $(here)runs.awk >$@

timed := $(filter-out $(foreach w,$(of-data),$(foreach s,$(seeds),%/$w/convnet/$s)),$(stems))
$(OUT)/squeeze-seconds.tsv: $(cells)
	@printf 'condenser\tipc_f\tipc_t\trule\tnet\tscore_seed\tcore_seconds\n' >$@.part
	for f in $(timed); do printf '%s\t%s\n' "$${f//\//$$'\t'}" "$$(cat $(OUT)/sets/$$f.yct.seconds)"; done >>$@.part
	mv $@.part $@

title := Smaller sets of a condensed one: $(source)
$(OUT)/squeeze-tests.tsv: $(OUT)/squeeze.tsv $(here)stats.awk $(here)compare.awk
	@awk -f $(here)stats.awk -f $(here)compare.awk $< >$@
$(OUT)/squeeze.md: $(OUT)/squeeze.tsv $(OUT)/squeeze-tests.tsv $(here)table.awk $(here)names.awk
	@awk -v title='$(title)' -v rows=condenser,ipc_f,ipc_t -v columns=rule -v tests=$(OUT)/squeeze-tests.tsv \
		-f $(here)names.awk -f $(here)table.awk $< >$@
$(OUT)/squeeze.svg: $(OUT)/squeeze.tsv $(here)names.awk $(here)relabel.awk
	@awk -v main=$(patsubst %/,%,$(dir $(firstword $(sets)))) -f $(here)names.awk -f $(here)relabel.awk $< | \
		yc-plot -q --log -x ipc_t -y last -b rule --unit network --x-label 'Images per class' \
		--y-label 'Test accuracy in percent' -t '$(title)' -o $@

include $(here)demo.mk
$(OUT)/demo-set.yct: $(OUT)/train.yct
	@yc-condense idc -q --ipc 3 --outer 1 --inner 1 --n-real 8 --width 8 $< -o $@
