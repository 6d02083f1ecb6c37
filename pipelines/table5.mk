# SPDX-License-Identifier: MIT
# Table 5: every rule with and without as many images of every class.
# Variables and targets: see rules.mk.
table      := table5
title      := Balanced or not
condensers := idc
rules      := $(foreach r,random ssp accumulated_margin entropy forgetting el2n yoco,$r_imbalance $r_balance)
ipc_f      := 10
whole      := yes
across     := ipc_t
rows       := rule
columns    := ipc_t

# The name of this file; if that has spaces, ? stands for each, and files are found by it all the same.
table.mk := $(or $(wildcard $(lastword $(MAKEFILE_LIST))),$(patsubst ?%,%,$(subst $() ,?,$(MAKEFILE_LIST))))
include $(dir $(table.mk))rules.mk
