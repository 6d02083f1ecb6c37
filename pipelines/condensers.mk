# SPDX-License-Identifier: MIT
# What the Makefiles here know of condensers, the methods of yc-condense, with the tools of
# tools.mk.

condenser-names := idc dream mdc dm dc dsa mtt kip random herding kcenter kmeans
CONDENSER-NAMES := $(shell echo $(condenser-names) | tr a-z A-Z)
# Those whose scores YOCO computed in a way of their own.
published-scoring := idc dream dsa mtt kip

# Those whose authors whiten, each in a way of their own, a method of yc-whiten.
own-whitening := mtt kip

# $(call whiten-for,NAME,FILE): that stream as networks of a condenser see it, into a pipe, or nothing if
# that is as it is.
whiten-for = $(if $(filter $1,$(WHITEN)),yc-whiten -q $1 $2 |)
refuse-whitening = $(foreach c,$(filter-out $(own-whitening),$(WHITEN)),$(error WHITEN: $c is none of $(own-whitening); for others, whiten TRAIN))

# $(call condenser-of,FILE): the last one in a stream's history, here or in the file that was loaded; else its name.
condenser-of = $(or $(shell $(bin)yc-info --json $1 | sed -nE \
	's/.*"tool":"yc-(condense|load)","version":"[^"]*","method":"($(subst $() ,|,$(condenser-names)))".*/\2/p'),$(basename $(notdir $1)))

# $(call upper,NAME)
$(foreach p,$(join $(condenser-names:%=%/),$(CONDENSER-NAMES)),$(eval upper-$(patsubst %/,%,$(dir $p)) := $(notdir $p)))
upper = $(upper-$1)

# $(call known-to,NAME,OPTION=VALUE...): --OPTION VALUE of those that the condenser has.
known-to = $(foreach o,$2,$(if $(filter --$(firstword $(subst =, ,$o)),$(call options-of,$1)),--$(subst =, ,$o)))
options-of = $(options-of-$1)
$(foreach c,$(condenser-names),$(eval options-of-$c = \
	$$(eval options-of-$c := $$$$(shell $$(bin)yc-condense $c --help 2>/dev/null | grep -oE -e '^ +--[a-z-]+'))$$(options-of-$c)))

# The smallest that is a whole run: little data, one step, of the condensers that have these.
smoke := outer=1 inner=1 iterations=1 early=0 n-data=64 n-real=8 epochs=2 n-experts=1 expert-epochs=1 \
         max-start=1 syn-steps=2 kernel=fc1
# Minutes on two cores for 10 images a class of CIFAR's size: what condensing does; hours show it well.
hour-idc     := --outer 2
hour-dream   := --outer 2
hour-mdc     := --outer 2
hour-dm      := --iterations 300
hour-dc      := --iterations 3
hour-dsa     := --iterations 3
hour-mtt     := --n-experts 1 --epochs 5 --max-start 3 --iterations 20
hour-kip     := --kernel fc3 --iterations 100
hour-herding := --epochs 5
hour-kcenter := --epochs 5
hour-kmeans  := --epochs 5
