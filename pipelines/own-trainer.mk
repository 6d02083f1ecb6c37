# SPDX-License-Identifier: MIT
# A trainer of one's own in the place of yc-eval: condense once, score once, prune to some sizes, and
# train on each in PyTorch. Everything that is made is a file, and condensing keeps a checkpoint: it
# can be interrupted, continued by the same command, and extended.
#
#   make -f pipelines/own-trainer.mk [VARIABLE=VALUE]...          the results
#   make -f pipelines/own-trainer.mk plan [VARIABLE=VALUE]...     how long condensing would take
#
#   TRAIN= TEST=           streams, both of yc-load; by default a few of the built-in pictures
#   RULES="random yoco"    rules of yc-select
#   IPC="1 2"              sizes, images per class; IPC_F=3  of the condensed set
#   TRAINER=COMMAND        reads a stream, knows --test FILE, prints a table like yc-eval's;
#                          by default train.py beside this file, by PYTHON, with EPOCHS, REPEAT and
#                          TRAIN_OPTS
#   CONDENSE_OPTS= SCORE_OPTS=    options of yc-condense and yc-score; as published, condensing
#                          takes days, --outer 20 has a usable set sooner
#   OUT=FOLDER             runs/own-trainer;  YC_BIN=FOLDER  where the tools are
#
# Results: OUT/own.tsv, and OUT/RULE-IPC.zip for each cell: the images that it trained on.
.SECONDARY:
# If the name of this file has spaces, ? stands for each.
own.mk := $(or $(wildcard $(lastword $(MAKEFILE_LIST))),$(patsubst ?%,%,$(subst $() ,?,$(MAKEFILE_LIST))))
here   := $(dir $(own.mk))

include $(here)tools.mk
include $(here)checks.mk

$(call refuse-unknown,TRAIN TEST RULES IPC IPC_F TRAINER PYTHON EPOCHS REPEAT TRAIN_OPTS CONDENSE_OPTS SCORE_OPTS OUT YC_BIN,\
	$(own.mk))
OUT    ?= runs/own-trainer
RULES  ?= random yoco
IPC    ?= 1 2
IPC_F  ?= 3
$(call refuse-blanks,OUT TRAIN TEST)
demo   := $(if $(TRAIN)$(TEST),,yes)
ifndef demo
$(if $(TEST),,$(error TRAIN=$(TRAIN): the images to test on are missing, TEST=FILE.yct))
$(if $(TRAIN),,$(error TEST=$(TEST): the images to train on are missing, TRAIN=FILE.yct))
$(call refuse-others,TRAIN,TEST)
endif
# Said before days are spent on a set.
$(call refuse-rules,$(RULES))
$(call refuse-twice,RULES IPC)
$(foreach n,$(IPC),$(if $(shell [ '$n' -ge 1 ] 2>/dev/null && [ '$n' -le '$(IPC_F)' ] 2>/dev/null && echo yes),,\
	$(error IPC: $n is no size from 1 to IPC_F=$(IPC_F), images per class of the condensed set)))
train  := $(or $(TRAIN),$(OUT)/train.yct)
test   := $(or $(TEST),$(OUT)/test.yct)
CONDENSE_OPTS ?= $(if $(demo),--outer 1 --inner 2 --n-real 16 --width 16)
SCORE_OPTS    ?= $(if $(demo),--epochs 12 --width 16)

EPOCHS ?= $(if $(demo),20,300)
REPEAT ?= $(if $(demo),1,3)
TRAIN_OPTS ?= $(if $(demo),--width 16)
ifndef TRAINER
# The first Python that has PyTorch: Debian's is /usr/bin/python3.
PYTHON ?= $(shell for p in python3 /usr/bin/python3; do $$p -c 'import torch, numpy' 2>/dev/null && echo $$p && break; done)
ifeq ($(PYTHON),)
$(error no Python has PyTorch and NumPy (apt-get install python3-torch): PYTHON names one, TRAINER another program)
endif
TRAINER = $(PYTHON) '$(subst ?,$() ,$(here))train.py' --epochs $(EPOCHS) --repeat $(REPEAT) $(TRAIN_OPTS)
endif

cells := $(foreach r,$(RULES),$(foreach n,$(IPC),$(OUT)/$r-$n))

$(OUT)/own.tsv: $(cells:%=%.tsv) $(cells:%=%.zip)
	@for f in $(cells:%=%.tsv); do
		cell=$${f##*/} cell=$${cell%.tsv}
		awk -v OFS='\t' -v rule="$${cell%-*}" -v n="$${cell##*-}" \
			'$$1 == "repeat" { print "rule", "ipc", $$1, $$2, $$3 } $$1 ~ /^[0-9]+$$/ { print rule, n, $$1, $$2, $$3 }' "$$f"
	done | awk 'NR == 1 || !/^rule\t/' >$@
	cat $@

.ONESHELL:
# What a cell trains on: pruned, and decoded to the images that networks see.
define cell
$(OUT)/$1-$2.yct: $(OUT)/scored.yct
	yc-select $1 --ipc $2 $$< | yc-decode -o $$@
endef
$(foreach r,$(RULES),$(foreach n,$(IPC),$(eval $(call cell,$r,$n))))

$(cells:%=%.tsv): %.tsv: %.yct $(test)
	$(TRAINER) --test $(test) <$< >$@.part
	mv $@.part $@

# The same as pictures, for anybody else's programs.
$(cells:%=%.zip): %.zip: %.yct
	yc-save -q png $< $@

$(OUT)/scored.yct: $(OUT)/cond.yct
	yc-score lbpe $(SCORE_OPTS) $< -o $@

condense   = yc-condense idc --ipc $(IPC_F) $(CONDENSE_OPTS)
# Its name stands for the settings, so that one of others is never resumed.
checkpoint = $(OUT)/cond.$(firstword $(shell echo '$(condense)' | cksum)).ck
# yc-condense says the time that it will take.
$(OUT)/cond.yct: $(train)
	@mkdir -p $(@D)
	$(condense) --checkpoint $(checkpoint) $$([ ! -e $(checkpoint) ] || echo --resume) $< -o $@
	rm -f $(checkpoint)

.PHONY: plan
plan: $(train)
	@$(condense) --dry-run $<

include $(here)demo.mk
