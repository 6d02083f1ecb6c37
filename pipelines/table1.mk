# SPDX-License-Identifier: MIT
# Table 1: every rule, every size, pruned from condensed sets; in the paper also random subsets of
# sets by DREAM.
# Variables and targets: see rules.mk.
table      := table1
title      := Pruning rules
condensers := idc
rules      := random ssp entropy accumulated_margin forgetting el2n ccs yoco
more       = $(if $(filter imagenet%,$(DATA)),,dream)
more-rules := random
whole      := yes
across     := ipc_t
rows       := condenser,ipc_f,ipc_t
columns    := rule

# The name of this file; if that has spaces, ? stands for each, and files are found by it all the same.
table.mk := $(or $(wildcard $(lastword $(MAKEFILE_LIST))),$(patsubst ?%,%,$(subst $() ,?,$(MAKEFILE_LIST))))
include $(dir $(table.mk))rules.mk
