# SPDX-License-Identifier: MIT
# What table1.mk ... table6.mk share: a table of the paper is a grid of cells, a cell is one
# file, and make works out what is missing. Interrupt it, repeat it, run it with -j.
#
#   make -f pipelines/table1.mk [-j N] [VARIABLE=VALUE]...     the table
#   make -f pipelines/table1.mk plan [VARIABLE=VALUE]...       what that would take
#
#   DATA=demo       demo, cifar10, cifar100, imagenet10 or imagenette: settings, classes, sizes;
#                   or your own: a stream of training images, DATA=train.yct TEST=test.yct, or a
#                   folder or archive of pictures for yc-load folder, with a folder test or val
#                   in it unless there is TEST. Title and results have its name
#   SOURCE=PATH     archive or folder of a dataset; by default the one in YC_DATA (../shared/data)
#   TRAIN= TEST=    streams to use instead, of yc-load
#   COND=FILE.yct   prune this condensed set instead of condensing one
#   COND_IDC= COND_DREAM= COND_MTT= ...    or the set of each condenser of yc-condense;
#                   files that others published become streams by yc-load idc, mtt, ...
#   CONDENSERS=     whose sets the table is of; by default those of the paper and those named above
#   CONDENSE=       condensers that may run here, if there is no such set; by default all
#   BUDGET=smoke    seconds: does it work? Its accuracies are no results.  hour: about that, for one set of 10 images a
#                   class on two cores.  full: as published.
#   SEEDS= REPEAT=  scorings or selections, and networks for each; both 3 as published
#   EPOCHS= TESTS=  of a network;  SCORE_EPOCHS= of the one that scores
#   STEPS=          of a network, whatever the size of its set, instead of EPOCHS
#   DEVIATION=sample   in the table; population as published
#   PUBLISHED=FILE  accuracies or orders of rules that the table's is compared with: published.tsv, which has
#                   those that could be taken from public text; its columns for others. Nothing: none
#   IPC_F= IPC_T=   images per class to condense to, to prune to, where it is not by the table
#   RULES= NETS=    likewise;  WHOLE=yes or no: train on the whole condensed set too
#                   A rule of your own is a variable: rule-NAME='RULE OPTION...', as for yc-select, and NAME in RULES; it
#                   finds all scores
#   CUT_OFF=        of ccs, for sizes that the paper does not have
#   NOISE=          what is noisy, by default nothing, but in table6.mk: none, labels-20 (20 % of the labels wrong) or
#                   corrupt-3 (of severity 3) before condensing, set-labels-20 (of the labels of the tiles) before
#                   scoring; networks train on what is noisy and are tested on what is not
#   CORRUPTION=     a corruption of yc-augment; gaussian-noise
#   LOAD_OPTS= CONDENSE_OPTS= SCORE_OPTS= EVAL_OPTS=           more options of the tools
#   CONDENSE_OPTS_MTT= ...    of one condenser, such as --experts FILE or --time-limit 2h. Sets of several sizes by IDC
#                   or DREAM share what yc-train --like idc --outer N trains once, 130 MB for each
#                   iteration: CONDENSE_OPTS_IDC='--outer N --networks FILE'
#   WHITEN="mtt kip"    which of these condense images whitened by ZCA, as published for small sets
#                   of CIFAR; none by default
#   OUT=FOLDER      results and all that leads to them; runs/NAME-BUDGET, by the name of the data
#   YC_BIN=FOLDER   where the tools are, if not on the PATH
#   THREADS=N       of each tool; by default all processors, or 1 where make has a -j
#   LAUNCH='srun -n 1'   what starts the recipes of sets, scores and cells, with make -j: on the nodes of a cluster
#   V=1             print commands
#
# A plan says hours, measured in a few seconds where no cell is there to tell.
#
# Results: OUT/TABLE.tsv (every network), TABLE-tests.tsv (which rule is best, and is that significant;
# yc-methods(7), "Comparing rules"), .md (means, deviations, tests), .svg; of labels made wrong before
# scoring TABLE-auc.tsv (how well scores tell them, see auc.awk). Settings are
# compared like compiler flags: what depends on a changed one is made again, nothing else.
# To keep the results of both, change OUT too.
.SECONDEXPANSION:
.PHONY: table plan sets settings count task saved folder FORCE
table:
Q := $(if $(V),,@)
here := $(dir $(table.mk))
comma := ,
empty :=
space := $(empty) $(empty)

include $(here)tools.mk
info := $(bin)yc-info --json
export YC_THREADS = $(threads)

# ---- Settings by dataset and budget

# Images of one's own have the name of their file or folder; what is called train, that of the
# folder that is written before it.
data-name = $(shell case $1 in (*[!./]*) printf "%s\n" $1 ;; (*) realpath -s $1 ;; esac | sed -E 's|/+$$||; \
	s/\.(yct|zip|tgz|txz|tar(\.[a-z0-9]+)?)$$//; s,([^/.][^/]*)/+(train|data|images)$$,\1,; s|.*/||' | \
	tr -d '\47\42' | tr ' ' -)
# Of sets and tests without DATA, the dataset that they say they are from.
mine    := $(if $(DATA),,$(if $(TEST),$(firstword $(TRAIN) $(COND))))
DATA    ?= demo
BUDGET  ?= smoke
YC_DATA ?= $(if $(wildcard $(here)../../shared/data),$(here)../../shared/data)

# The shell knows ? for a space; make takes spaces between names for granted.
override YC_DATA := $(subst $(space),?,$(YC_DATA))
ifneq ($(SOURCE),)
override SOURCE := $(subst $(space),?,$(strip $(SOURCE)))
endif
override DATA := $(subst $(space),?,$(strip $(DATA)))

include $(here)checks.mk
include $(here)condensers.mk
cond-variables := COND $(CONDENSER-NAMES:%=COND_%)
$(call refuse-unknown,DATA SOURCE TRAIN TEST $(cond-variables) CONDENSERS CONDENSE BUDGET SEEDS REPEAT \
	EPOCHS TESTS SCORE_EPOCHS STEPS DEVIATION PUBLISHED IPC_F IPC_T RULES NETS WHOLE CUT_OFF NOISE CORRUPTION LOAD_OPTS CONDENSE_OPTS \
	$(CONDENSER-NAMES:%=CONDENSE_OPTS_%) SCORE_OPTS EVAL_OPTS WHITEN OUT YC_BIN YC_DATA THREADS LAUNCH V STAGE TASK PLANNING,$(here)rules.mk)
$(call refuse-blanks,OUT PUBLISHED TRAIN TEST $(cond-variables))

datasets          := demo cifar10 cifar100 imagenet10 imagenette
name := $(if $(mine),$(or $(filter $(datasets),$(call source-of,$(mine))),$(call data-name,$(mine))))
# data is what settings go by, name what results are called.
data := $(or $(filter $(datasets),$(DATA)),own)
ifeq ($(data),own)
$(if $(wildcard $(DATA)),,$(error DATA=$(DATA): one of $(datasets), or a stream, folder or archive that is there))
name := $(call data-name,$(DATA))
ifneq ($(filter %.yct,$(DATA)),)
$(if $(findstring ?,$(DATA)),$(error DATA='$(subst ?, ,$(DATA))': make needs names of streams without spaces))
TRAIN ?= $(DATA)
$(if $(TEST),,$(error DATA=$(DATA): the images to test on are missing, TEST=FILE.yct))
else
SOURCE ?= $(DATA)
endif
one-each = $(bin)yc-load -q folder $(SOURCE) $(LOAD_OPTS) --per-class 1
own-look := $(if $(TRAIN),$(call stream-of,TRAIN),$(shell $(one-each) 2>/dev/null | $(call look-from,-)))
$(if $(own-look),,$(error DATA=$(subst ?, ,$(DATA)): $(shell $(one-each) 2>&1 >/dev/null | head -n 1)))
large := $(if $(filter-out 0,$(shell echo $$(($(word 2,$(own-look)) > 64)))),1,0)
endif
name := $(or $(name),$(DATA))
OUT  ?= runs/$(name)-$(BUDGET)

archive-cifar10   := cifar-10-binary.tar.xz
archive-cifar100  := cifar-100-binary-mini.tar.xz
archive-imagenette := imagenette-mini.tar
name-demo         := the demo pictures
name-cifar10      := CIFAR-10
name-cifar100     := CIFAR-100
name-imagenet10   := ImageNet-10
name-imagenette   := Imagenette
kind-imagenette   := folder
kind-own          := folder
split-imagenette  := val
# If there is no test.
split-own         := val
ipcs-own          := 10
ipcs-demo         := 10
ipcs-cifar10      := 10 50
# The small archives have too few images to begin larger sets with.
ipcs-cifar100      = $(if $(findstring -mini,$(SOURCE)),10,10 20 50)
ipcs-imagenet10   := 10 20
ipcs-imagenette    = $(if $(findstring -mini,$(SOURCE)),10,10 20)
condense-cifar100  = $(if $(findstring -mini,$(SOURCE)),n-real=32)
# By the side of the images, as the tools do; those of a folder have it when they are loaded.
net-own            = $(if $(filter 1,$(large)),resnet10ap)
net-imagenet10    := resnet10ap
net-imagenette    := resnet10ap

# epochs, of the scorer, networks, seeds, tests
budget-smoke := 2 2 2 2 1
budget-hour  := 300 300 2 2 1
budget-full  := 1000 1000 3 3 4
# The smallest that is a whole run: little data, a thin network, one step.
thin := --width 4
# A mix of factor 3 begins with 90 images of a class, one of factor 2 with 40, of which noise may take some.
# Classes of one's own may have fewer.
load-smoke     = $(if $(filter own,$(data)),,--per-class $(if $(filter test,$*),10,$(if $(filter imagenet%,$(data)),90,$(if $(filter-out none,$(NOISE)),60,40))))
condense-smoke := $(smoke) width=4
score-smoke    := $(thin)
eval-smoke     := $(thin)

known = $(if $(filter $($1),$2),,$(error $1=$($1): one of $2))
$(call known,BUDGET,smoke hour full)
$(call refuse-whitening)
DEVIATION ?= population
$(call known,DEVIATION,population sample)
PUBLISHED ?= $(here)published.tsv
$(if $(PUBLISHED),$(if $(wildcard $(PUBLISHED)),,$(error PUBLISHED=$(PUBLISHED): no such file)))
budget = $(word $1,$(budget-$(BUDGET)))
EPOCHS       ?= $(call budget,1)
SCORE_EPOCHS ?= $(call budget,2)
REPEAT       ?= $(call budget,3)
SEEDS        ?= $(call budget,4)
TESTS        ?= $(call budget,5)
IPC_F        ?= $(or $(ipc_f),$(ipcs-$(data)))
RULES        ?= $(rules)
NETS         ?= $(or $(nets),$(net-$(data)),convnet)
WHOLE        ?= $(whole)
NOISE        ?= $(or $(noise),none)
CORRUPTION   ?= gaussian-noise
$(call refuse-noise,$(NOISE))
SOURCE       ?= $(and $(YC_DATA),$(archive-$(data)),$(YC_DATA)/$(archive-$(data)))

load-options     = $(or $(kind-$(data)),$(data)) $(SOURCE) $(load-$(BUDGET)) $(LOAD_OPTS)
# Of one condenser.
condense-options = $(strip $(call known-to,$1,$(condense-$(data)) $(addprefix net=,$(net-$(data))) $(condense-$(BUDGET))) \
                   $($(BUDGET)-$1) $(CONDENSE_OPTS) $(CONDENSE_OPTS_$(call upper,$1)))
score-options    = --net $(or $(net-$(data)),convnet) --epochs $(SCORE_EPOCHS) \
                   $(score-$(BUDGET)) $(SCORE_OPTS)
early-options    = lbpe,el2n $(score-options)
loss-options     = loss $(score-options)
all-options      = lbpe,el2n,loss,$(full-options)
# These sizes are scored for in any case: fewer of them leave the scores as they are.
full-options     = aum,forgetting,entropy,ssp $(score-options) \
                   $(if $(filter-out 1 2 5 10,$(IPC_T)),--ipc $(subst $(space),$(comma),$(strip $(IPC_T))))
ccs-options      = $(if $(CUT_OFF),--cut-off $(CUT_OFF))
eval-options     = $(if $(STEPS),--steps $(STEPS),--epochs $(EPOCHS)) --repeat $(REPEAT) --tests $(TESTS) \
                   $(eval-$(BUDGET)) $(EVAL_OPTS)

# ---- Condensed sets, named CONDENSER/IPC

$(foreach v,TRAIN TEST $(cond-variables),$(if $($v),$(if $(call stream-of,$v),)))
$(if $(TEST),$(foreach v,TRAIN $(cond-variables),$(if $($v),$(call refuse-others,$v,TEST))))
CONDENSE    ?= $(if $(COND),,$(condenser-names))
$(foreach c,$(condenser-names),$(eval given-$c = $$(COND_$(call upper,$c))))
ifneq ($(COND),)
cond-name   := $(call condenser-of,$(COND))
given-$(cond-name) := $(COND)
endif
# The file of set idc/10 is file-idc/10.
$(foreach c,$(sort $(condenser-names) $(cond-name)),$(if $(given-$c),\
	$(eval file-$c/$(call ipc-of,$(given-$c)) := $(given-$c))))

# Noise is a part of a set's name: idc+labels-20/10. What is noisy before condensing needs a set of its own.
plain    = $(firstword $(subst +, ,$1))
noise-of = $(word 2,$(subst +, ,$(firstword $(subst /, ,$1))))
clean-of = $(if $(noise-of),$(call plain,$1)/$(notdir $1),$1)
made-of  = $(if $(filter set-%,$(noise-of)),$(clean-of),$1)
with     = $(if $(filter none,$2),$1,$(patsubst %/,%,$(dir $1))+$2/$(notdir $1))
has      = $(or $(filter none set-%,$2),$(if $(file-$1),,condensed))

# What there is of condensers $1.
sets = $(foreach s,$(call clean-sets,$1),$(foreach n,$(NOISE),$(if $(call has,$s,$n),$(call with,$s,$n))))
clean-sets = $(foreach c,$1,$(or $(patsubst file-%,%,$(filter file-$c/%,$(.VARIABLES))),\
	$(if $(filter $c,$(CONDENSE)),$(addprefix $c/,$(IPC_F)))))
file-of = $(or $(file-$(made-of)),$(OUT)/sets/$(made-of).yct)
# What is scored and selected from, SET,SEED: labels of tiles are wrong anew for every seed.
input-of = $(if $(filter set-%,$(noise-of)),$(OUT)/noisy/$1-$2.yct,$(file-of))
train-of = $(if $(filter-out set-%,$(noise-of)),$(OUT)/data/train+$(noise-of).yct,$(train))
CONDENSERS ?= $(condensers) $(filter-out $(condensers) $(more),$(foreach c,$(condenser-names),$(if $(COND_$(call upper,$c)),$c)))
$(foreach c,$(CONDENSERS) $(CONDENSE),$(if $(filter $c,$(condenser-names)),,\
	$(error CONDENSERS, CONDENSE: $c is none of $(condenser-names))))
theirs    := $(cond-name) $(filter-out $(cond-name),$(CONDENSERS))
main-sets := $(call sets,$(theirs))
more-sets := $(filter-out $(main-sets),$(call clean-sets,$(more)))
left-out  := $(strip $(foreach c,$(CONDENSERS) $(more),$(if $(call clean-sets,$c),,$c)) \
	$(foreach s,$(call clean-sets,$(theirs)),$(foreach n,$(NOISE),$(if $(call has,$s,$n),,$(patsubst %/,%,$(dir $(call with,$s,$n)))))))
$(if $(main-sets),,$(if $(findstring +,$(left-out)),$(error NOISE=$(NOISE): a set that is given is condensed already: none or set-labels-N)))

# Sizes that a set of $1 images per class is pruned to (YOCO, table 1).
sizes-50 := 1 2 5 10
below = $(shell for t in $2; do [ "$$t" -ge 1 ] && [ "$$t" -lt $1 ] && echo $$t; done 2>/dev/null)
sizes = $(call below,$1,$(or $(IPC_T),$(ipc_t),$(sizes-$1),1 2 5))

# ---- The grid: cells CONDENSER/IPC_F/IPC_T/RULE/NET/SEED

# grid SETS,RULES
grid = $(foreach s,$1,$(foreach t,$(call sizes,$(notdir $s)),$(foreach r,$2,$(foreach n,$(NETS),$s/$t/$r/$n))))
wholes = $(foreach s,$1,$(if $(call sizes,$(notdir $s)),$(foreach n,$(NETS),$s/$(notdir $s)/whole/$n)))
groups := $(call grid,$(main-sets),$(RULES)) $(if $(filter yes,$(WHOLE)),$(call wholes,$(main-sets))) \
          $(call grid,$(more-sets),$(more-rules))
ifeq ($(strip $(groups)),)
$(error there is no condensed set that can be pruned to fewer images per class: \
	$(or $(foreach s,$(main-sets) $(more-sets),$s has $(notdir $s)$(comma)),none is here$(comma)) IPC_T is $(or $(IPC_T),$(ipc_t),1 2 5))
endif
$(foreach t,$(IPC_T),$(if $(filter $t,$(foreach s,$(main-sets) $(more-sets),$(call sizes,$(notdir $s)))),,\
	$(error IPC_T: $t is no size below that of a set: $(foreach s,$(main-sets) $(more-sets),$s))))
$(call refuse-twice,RULES NETS NOISE CONDENSERS IPC_F IPC_T)
seeds := $(shell seq $(SEEDS))
$(if $(seeds),,$(error SEEDS=$(SEEDS): how many there are, from 1 on))
# Said before the first network is trained.
select-of = $(or $(rule-$1),$1)
$(foreach r,$(RULES),$(call refuse-rules,$(firstword $(call select-of,$r))))
$(foreach n,$(NETS),$(if $(shell $(bin)yc-eval --help | grep -E '^ +--net=(.*[|])?$n([|]|$$)'),,\
	$(error NETS: $n is no network of yc-eval)))
stems := $(foreach g,$(groups),$(addprefix $g/,$(seeds)))
cells := $(stems:%=$(OUT)/cells/%.tsv)

# Words of a stem: $(call word-of,4,STEM) is the rule; the set is the first two.
word-of = $(word $1,$(subst /, ,$2))
set-of  = $(call word-of,1,$1)/$(call word-of,2,$1)

# Scores that a rule goes by: those of early epochs, those of a whole training, or none.
when-yoco    := early
when-el2n    := early
when-ccs     := early
when-aum         := full
when-accumulated := full
when-forgetting  := full
when-entropy     := full
when-ssp         := full
when-small-loss  := loss
# In one training if a table says so.
when   = $(if $(rule-$(call word-of,4,$1)),all,$(and $(when-$(base-rule)),$(or $(scored),$(when-$(base-rule)))))
base-rule = $(firstword $(subst _, ,$(call word-of,4,$1)))
# What a cell is made from.
source = $(if $(when),$(OUT)/scores/$(set-of)/$(when)-$(call word-of,6,$1).yct,$(call input-of,$(set-of),$(call word-of,6,$1)))

sources := $(sort $(foreach c,$(stems),$(call source,$c)))
scores  := $(filter $(OUT)/scores/%,$(sources))
made    := $(sort $(filter $(OUT)/sets/%,$(foreach s,$(main-sets) $(more-sets),$(call file-of,$s))))
noisy   := $(sort $(filter $(OUT)/noisy/%,$(foreach s,$(main-sets),$(foreach n,$(seeds),$(call input-of,$s,$n)))))
train   := $(or $(TRAIN),$(OUT)/data/train.yct)
noisy-trains := $(sort $(filter $(OUT)/data/train+%,$(foreach s,$(main-sets),$(call train-of,$s))))
test  := $(or $(TEST),$(OUT)/data/test.yct)

# What is to be loaded has to be there, before anything is planned or begun.
absent := $(foreach f,$(filter $(OUT)/data/%,$(if $(made),$(train)) $(test)),$(if $(wildcard $f),,$(basename $(notdir $f))))
ifneq ($(and $(absent),$(filter-out demo,$(data))),)
$(if $(wildcard $(SOURCE)),,$(error DATA=$(DATA): $(if $(SOURCE),no $(subst ?, ,$(SOURCE)),its images are missing): \
	SOURCE=PATH names an archive or a folder of them))
ifneq ($(and $(filter own,$(data)),$(filter test,$(absent))),)
$(if $(shell for split in test $(split-own); do $(one-each) --split $$split >/dev/null 2>&1 && echo there && break; done),,\
	$(error DATA=$(subst ?, ,$(DATA)): the images to test on are missing: a folder test or $(split-own) in it or TEST=FILE.yct))
endif
endif

# ---- Targets

# What neither rows nor columns say.
numbers-of   = $(shell printf '%s\n' $1 | sort -nu)
listed       = $(subst $(space),$(comma) ,$(strip $1))
sizes-of-set := $(call numbers-of,$(foreach s,$(main-sets),$(call sizes,$(notdir $s))))
pruned-to = $(comma) pruned from $(call listed,$(call numbers-of,$(notdir $(main-sets)))) to \
	$(call listed,$1) image$(if $(filter-out 1,$1),s) per class
subtitle := $(if $(filter ipc_t,$(across)),,$(call pruned-to,$(sizes-of-set)))
# A row is of one condenser, size and network: what there is several of is a column more.
several   = $(if $(word 2,$(sort $1)),$(filter-out $(subst $(comma), ,$(rows) $(columns)),$2))
all-rows := $(subst $(space),$(comma),$(strip $(subst $(comma), ,$(rows)) $(call several,$(dir $(main-sets)),condenser) \
	$(call several,$(notdir $(main-sets)),ipc_f) $(call several,$(sizes-of-set),ipc_t) $(call several,$(NETS),net)))
whose   := $(or $(name-$(name)),$(name))
results := $(OUT)/$(table).tsv $(OUT)/$(table)-tests.tsv $(OUT)/$(table).md
# Of labels that are known to be wrong, by what is scored.
noisy-scores := $(foreach s,$(main-sets),$(if $(filter set-%,$(call noise-of,$s)),$(filter $(OUT)/scores/$s/%,$(scores))))
results += $(if $(noisy-scores),$(OUT)/$(table)-auc.tsv)
# One picture, or where it goes over sizes one for each size that is pruned.
plots := $(if $(filter ipc_t,$(across)),$(sort $(foreach s,$(main-sets),$(OUT)/$(table)-ipc$(notdir $s).svg)),$(OUT)/$(table).svg)

table: $(results) $(plots)
	@cat $(OUT)/$(table).md; printf '\n%s\n' 'In full: $(results) $(plots)'
sets: $(made)
# For slurm.sh: what may be made side by side, one stage after the other.
stage-data   = $(if $(made),$(train)) $(test)
stage-trains = $(noisy-trains)
stage-sets   = $(made)
stage-noisy  = $(noisy)
stage-scores = $(scores)
stage-cells  = $(cells)
stage-table  = table
count: ; @echo $(words $(stage-$(STAGE)))
task: $(if $(TASK),$(word $(TASK),$(stage-$(STAGE))))
# The checkpoint that the task goes on from, if there is one.
saved: ; @ls $(basename $(word $(TASK),$(stage-$(STAGE)))).*.ck 2>/dev/null || true
folder: ; @echo $(OUT)

# Here alone: what make asks the shell for is not worth a step of a job.
ifneq ($(LAUNCH),)
$(made) $(scores) $(cells): SHELL := $(firstword $(LAUNCH))
$(made) $(scores) $(cells): .SHELLFLAGS := $(wordlist 2,99,$(LAUNCH)) bash $(.SHELLFLAGS)
endif

# A setting is a file that is written when it changes. Known before make decides anything, so that
# make -n says what would be made.
kept := $(OUT)/settings
define setting
$(kept)/$1: $$(if $$(shell printf '%s\n' $2 | cmp -s - $(kept)/$1 || echo other),FORCE)
	@mkdir -p $$(@D); printf '%s\n' $2 >$$@
settings: $(kept)/$1
endef
$(eval $(call setting,data,'$(strip $(load-options) $(split-$(data)))'))
$(foreach k,early full loss all,$(eval $(call setting,$k,'$(strip $($k-options))')))
$(eval $(call setting,ccs,'$(strip $(ccs-options))'))
$(foreach r,$(RULES),$(if $(rule-$r),$(eval $(call setting,rule-$r,'$(rule-$r)'))))
$(eval $(call setting,eval,'$(strip $(eval-options) $(TEST))'))
$(eval $(call setting,corruption,'$(CORRUPTION)'))
$(eval $(call setting,deviation,'$(DEVIATION)'))
$(eval $(call setting,published,'$(PUBLISHED)'))
$(eval $(call setting,$(table),$(cells)))
$(foreach s,$(sort $(main-sets) $(more-sets) $(foreach s,$(main-sets),$(call made-of,$s))),\
	$(eval $(call setting,sets/$s,'$(strip $(or $(file-$(call made-of,$s)),$(call condense-options,$(call plain,$(patsubst %/,%,$(dir $s)))) $(TRAIN) \
		$(addprefix whitened by ,$(filter $(call plain,$(patsubst %/,%,$(dir $s))),$(WHITEN))) $(if $(filter corrupt-%,$(call noise-of,$s)),$(CORRUPTION))))')))

# Names of the sets, scores and cells that are to be made, by the word of make itself. Under
# another name than MAKE, or make -n would run it too.
make      := $(MAKE)
remaining  = $(make) -n --no-print-directory -f $(if $(findstring ?,$(table.mk)),$(table.mk),$(firstword $(MAKEFILE_LIST))) PLANNING=yes table 2>/dev/null | \
	sed -n 's|.* -o \($(OUT)/[a-z]*/.*\)$$|\1|p'
todo      := $(kept)/$(table).todo
$(todo): FORCE
	@mkdir -p $(@D); $(remaining) | grep '^$(OUT)/cells/' >$@ || true
# Cells of the table that are done: those that were not to be made, and those made since.
count-done = $$(($(words $(cells)) - $$(wc -l <$(todo)) + \
	$$(find $(OUT)/cells -name '*.tsv' -newer $(todo) | grep -cFxf $(todo) || true)))

say = @printf '%-8s %s\n' $1 '$2'

$(OUT)/data/train.yct $(OUT)/data/test.yct: $(OUT)/data/%.yct: $(kept)/data
	$(call say,load,$(name) $*)
	@mkdir -p $(@D)
	$(Q)$(if $(filter owntest,$(data)$*),yc-load -q $(load-options) --split test -o $@ 2>/dev/null ||) \
		yc-load $(load-options) --split $(or $(if $(filter test,$*),$(split-$(data))),$*) -o $@

# Parts of a hundred, as a number up to 1.
part = $(shell echo '$1' | awk '{ print $$1 / 100 }')
$(filter $(OUT)/data/train+labels-%,$(noisy-trains)): $(OUT)/data/train+labels-%.yct: $(train)
	$(call say,noise,$(name) labels-$*)
	@mkdir -p $(@D)
	$(Q)yc-load stream $< --label-noise $(call part,$*) -o $@

$(filter $(OUT)/data/train+corrupt-%,$(noisy-trains)): $(OUT)/data/train+corrupt-%.yct: $(train) $(kept)/corruption
	$(call say,noise,$(name) corrupt-$*)
	@mkdir -p $(@D)
	$(Q)yc-augment $(CORRUPTION) --severity $* $< | yc-quantise -o $@

# CONDENSER+set-labels-PERCENT/IPC-SEED
noisy-set = $(dir $1)$(firstword $(subst -, ,$(notdir $1)))
$(noisy): $(OUT)/noisy/%.yct: $$(call file-of,$$(call noisy-set,$$*)) $(kept)/sets/$$(call noisy-set,$$*)
	$(call say,noise,$(name) $*)
	@mkdir -p $(@D)
	$(Q)yc-select -q random --keep 1 $< | \
		yc-load stream - --label-noise $(call part,$(patsubst set-labels-%,%,$(call noise-of,$*))) --seed $(lastword $(subst -, ,$*)) -o $@

# The checkpoint's name stands for the settings, so that one of others is never resumed. All
# processors may help with a single set: nothing can be done before it is there.
checkpoint = $(@:.yct=).$(firstword $(shell echo '$(call condense-options,$(condenser))$(filter $(condenser),$(WHITEN))$(if \
	$(filter corrupt-%,$(call noise-of,$*)),$(CORRUPTION))' | cksum)).ck
condenser  = $(call plain,$(*D))
$(made): $(OUT)/sets/%.yct: $(kept)/sets/% $$(call train-of,$$*)
	$(call say,condense,$(name) $*)
	@mkdir -p $(@D)
	$(Q)$(call whiten-for,$(condenser),$(call train-of,$*)) YC_THREADS=$(if $(word 2,$(made)),$(threads),$(THREADS)) yc-condense $(condenser) --ipc $(*F) \
		$(call condense-options,$(condenser)) --checkpoint $(checkpoint) $$([ ! -e $(checkpoint) ] || echo --resume) \
		$(if $(filter $(condenser),$(WHITEN)),-,$(call train-of,$*)) -o $@
	@rm -f $(checkpoint)

# The labels of KIP are no probabilities; YOCO trained on the classes that they mean.
hard = $(if $(filter kip,$(call plain,$(call word-of,1,$*))),--hard-labels)
# SET/early-SEED or SET/full-SEED
score-kind = $(firstword $(subst -, ,$(notdir $*)))
$(scores): $(OUT)/scores/%.yct: $$(call input-of,$$(call set-of,$$*),$$(lastword $$(subst -, ,$$*))) $(kept)/sets/$$(call set-of,$$*) \
		$(kept)/$$(score-kind)
	$(call say,score,$(name) $*)
	@mkdir -p $(@D)
	$(Q)yc-score $(strip $($(score-kind)-options) \
		$(and $(filter early all,$(score-kind)),$(addprefix --condenser ,$(filter $(published-scoring),$(call plain,$(call word-of,1,$*))))) $(hard)) --seed $(lastword $(subst -, ,$*)) $< -o $@

rule = $(call word-of,4,$*)
seed = $(call word-of,6,$*)
$(cells): $(OUT)/cells/%.tsv: $$(call source,$$*) $(kept)/sets/$$(call set-of,$$*) $(test) $(kept)/eval \
		$$(if $$(filter ccs%,$$(rule)),$(kept)/ccs) $$(if $$(rule-$$(rule)),$(kept)/rule-$$(rule)) | $(kept)/$(table) $(if $(TASK)$(PLANNING),,$(todo))
	@mkdir -p $(@D)
	$(Q)$(if $(filter-out whole,$(rule)),yc-select $(call select-of,$(rule)) --ipc $(call word-of,3,$*) \
		$(if $(filter ccs%,$(rule)),$(ccs-options)) --seed $(seed) $< |) \
		yc-eval --recipe idc --test $(test) --net $(call word-of,5,$*) $(strip $(eval-options) $(hard)) --seed $(seed) \
		$(if $(filter whole,$(rule)),$<) -o $@
	-@awk -v count="$(if $(TASK),cell,[$(count-done)/$(words $(cells))])" -v what='$*' '$$1 == "mean" { \
		printf "%-10s %-44s %6.2f %% %6.0f s\n", count, what, $$3, $$7 }' $@

$(OUT)/$(table).tsv: $(cells) $(kept)/$(table)
	@awk -v dataset='$(name)' -v list=$(kept)/$(table) -f $(here)runs.awk >$@

$(OUT)/$(table)-tests.tsv: $(OUT)/$(table).tsv $(here)stats.awk $(here)compare.awk $(PUBLISHED) $(kept)/published
	@awk -v published="$$(echo $(PUBLISHED))" -f $(here)stats.awk -f $(here)compare.awk $< >$@

$(OUT)/$(table).md: $(OUT)/$(table).tsv $(OUT)/$(table)-tests.tsv $(here)table.awk $(here)names.awk $(kept)/deviation
	@awk -v title='$(title): $(whose)$(subtitle)' -v rows=$(all-rows) -v columns=$(columns) \
		-v note='$(if $(left-out),Left out$(comma) for want of a set: $(left-out-names).)' \
		$(if $(filter sample,$(DEVIATION)),-v sample=1) $(if $(STEPS),-v steps=$(STEPS)) $(if $(filter smoke,$(BUDGET)),-v smoke=1) \
		-v tests=$(OUT)/$(table)-tests.tsv -f $(here)names.awk -f $(here)table.awk $< >$@

left-out-names = $(subst |,,$(subst |$(space),$(if $(findstring +,$(left-out)),;) ,$(foreach c,$(left-out),$(call label,$c)|)))

$(OUT)/$(table)-auc.tsv: $(noisy-scores) $(kept)/$(table) $(here)auc.awk
	@(printf 'dataset\tcondenser\tipc_f\tscore_seed\tscore\tauc\n'; $(foreach f,$(noisy-scores),$(foreach s,$(f:$(OUT)/scores/%.yct=%),yc-info --tsv $f | \
		awk -f $(here)auc.awk | awk 'NR > 1 { print "$(name)\t$(call word-of,1,$s)\t$(call word-of,2,$s)\t$(lastword $(subst -, ,$s))\t" $$0 }' &&)) true) >$@

# Names that readers know.
label = $(shell printf 'rule\n%s\n' '$1' | awk -f $(here)names.awk -f $(here)relabel.awk | tail -n 1)
# In a picture, what is not of the first condenser, network or size says so, unless it goes over these.
main := $(patsubst %/,%,$(dir $(firstword $(main-sets))))
label-condenser := Condensed by
label-net       := Network
ifeq ($(across),ipc_t)
ipc        = $(patsubst $(OUT)/$(table)-ipc%.svg,%,$@)
references = $(strip $(filter random,$(RULES)) $(if $(filter yes,$(WHOLE)),whole $(foreach n,$(wordlist 2,99,$(NETS)),whole($n))) \
             $(foreach s,$(filter %/$(ipc),$(more-sets)),random($(patsubst %/,%,$(dir $s)))))
reference  = $(subst $(space)$(comma),$(comma),$(foreach r,$(references),$(comma)$(call label,$r)))
rows-of    = -v ipc=$(ipc)
look       = --log --x-label 'Images per class' \
             --title '$(title): $(whose), condensed by $(call label,$(main)) to $(ipc) images per class' \
             $(if $(references),--reference '$(patsubst $(comma)%,%,$(reference))')
else
look       = --words --x-label '$(label-$(across))' --title '$(title): $(whose)$(if $(one-size),$(call pruned-to,$(firstword $(sizes-of-set))),$(subtitle))'
endif
$(plots): $(OUT)/$(table).tsv $(here)names.awk $(here)relabel.awk $(kept)/deviation
	@awk $(rows-of) $(if $(filter condenser,$(across)),,-v main=$(main)) $(if $(filter net,$(across)),,-v net=$(firstword $(NETS))) \
		$(if $(filter ipc_t,$(across)),,-v size=$(firstword $(sizes-of-set))) $(if $(one-size),-v only=1) -f $(here)names.awk -f $(here)relabel.awk $< | \
		yc-plot --x $(across) --y last --by rule --unit network $(if $(filter sample,$(DEVIATION)),--sample-deviation) \
		--y-label 'Test accuracy in percent' $(look) -o $@

# Changes no settings: what is there stays valid. Files that are to be made again count as none.
plan:
	@$(remaining) | awk -v list=<(printf '%s\n' $(cells)) -v repeat=$(REPEAT) -v epochs=$(EPOCHS) -v steps=$(STEPS) \
		-v title='$(table), $(whose), BUDGET=$(BUDGET)' -v score_epochs=$(SCORE_EPOCHS) -v scorer=$(or $(net-$(data)),convnet) \
		-v parallel=$$(printf '%s\n' $(or $(threads),$$(nproc)) $(REPEAT) | sort -n | head -n 1) \
		-v pace='$(here)pace.sh %s %d $(if $(STEPS),steps,epochs) $(REPEAT) $(eval-$(BUDGET)) $(EVAL_OPTS)' \
		-v set=$(firstword $(wildcard $(foreach s,$(main-sets),$(call file-of,$s)))) -v train=$(wildcard $(train)) \
		-v load='yc-load $(load-options)' $(if $(filter own,$(data)),-v whole=1) -v tiles=$(if $(filter resnet10ap,$(net-$(data))),9,4) \
		-v condense=<(printf '%s\n' $(foreach c,$(sort $(foreach s,$(main-sets) $(more-sets),$(call plain,$(patsubst %/,%,$(dir $s))))),'$c $c $(call condense-options,$c)')) -f $(here)plan.awk
