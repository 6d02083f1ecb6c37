# SPDX-License-Identifier: MIT
# What the Makefiles here refuse before anything runs, with the tools of tools.mk.

# $(call refuse-unknown,VARIABLES,FILE): what is misspelt would be ignored.
refuse-unknown = $(foreach v,$(filter $(foreach c,A B C D E F G H I J K L M N O P Q R S T U V W X Y Z,$c%),\
	$(foreach w,$(MAKEOVERRIDES),$(firstword $(subst =, ,$w)))),\
	$(if $(and $(findstring command,$(origin $v)),$(filter-out $1,$v)),$(error $v: no such variable; they are in $(subst ?,$() ,$(strip $2)))))

# $(call refuse-blanks,VARIABLES): names are words to make.
refuse-blanks = $(foreach v,$1,$(if $(word 2,$($v)),$(error $v='$($v)': make needs names without spaces)))

# $(call refuse-twice,VARIABLES): networks that a table has twice would count twice in its tests.
refuse-twice = $(foreach v,$1,$(if $(filter-out $(words $(sort $($v))),$(words $($v))),$(error $v='$(strip $($v))': one of these is there twice)))

# $(call refuse-rules,RULES)
refuse-rules = $(foreach r,$1,$(if $(shell $(bin)yc-select $r --help >/dev/null 2>&1 && echo known),,\
	$(error RULES: $r is no rule of yc-select)))

# $(call refuse-noise,WORDS)
refuse-noise = $(foreach n,$1,$(if $(shell echo '$n' | grep -xE 'none|(set-)?labels-([1-9][0-9]?|100)|corrupt-[1-5]'),,\
	$(error NOISE: $n is none of none labels-N corrupt-N set-labels-N, N being percent or a severity)))

# $(call look-of,FILE): classes, side and channels of a stream of labelled images; of others, nothing.
look-of = $(shell $(call look-from,$1))
look-from = $(bin)yc-info --json $1 2>/dev/null | \
	sed -nE 's/.*"name":"image",[^[]*\[[0-9]+,([0-9]+).*"classes":([0-9]+),"side":([0-9]+).*"per_class":.*/\2 \3 \1/p'

# $(call stream-of,VARIABLE): its look. A variable that names something else is an error.
stream-of = $(if $(wildcard $($1)),,$(error $1=$($1): no such file))$(if $(wildcard $($1)/.),$(error $1=$($1) is a folder: \
	yc-load folder $($1) -o FILE.yct makes a stream of it))$(or $(call look-of,$($1)),\
	$(error $1=$($1) is no stream of labelled images: yc-load makes one))

# $(call refuse-others,VARIABLE,VARIABLE): two streams that networks would see as different.
refuse-others = $(call compare-looks,$1,$2,$(call stream-of,$1),$(call stream-of,$2))
compare-looks = $(if $(filter-out $(subst $() ,/,$3),$(subst $() ,/,$4)),$(error $2=$($2) has $(call said-look,$4) \
	but $1=$($1) $(call said-look,$3): both must have the same))
said-look     = $(word 1,$1) classes of $(word 3,$1)x$(word 2,$1)x$(word 2,$1)

# $(call source-of,FILE...): the dataset that the first of these streams is of, as its head says: cifar10.
source-of = $(if $1,$(shell $(bin)yc-info --json $(firstword $1) 2>/dev/null | sed -nE 's/.*"yc.source":"([A-Za-z0-9]+)[ "].*/\1/p'))

# $(call ipc-of,FILE): images per class of a condensed set. Rows, width, side and rows of each class; a tile is as
# many times smaller as side is wider.
ipc-of = $(or $(shell $(bin)yc-info --json $1 2>/dev/null | sed -nE 's/.*"rows":([0-9]+),"bytes".*"name":"image",[^[]*\[([0-9]+,){3}([0-9]+)\].*"side":([0-9]+),.*"per_class":\[([0-9,]*)\].*/\1 \3 \4 \5/p' | \
	awk '{ f = int($$3 / $$2 + 0.5); n = split($$4, rows, ","); while (n) there += rows[n--] > 0; print int($$1 / there / f / f) }'),\
	$(error $1 is no stream of labelled images))
