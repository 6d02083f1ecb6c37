# SPDX-License-Identifier: MIT
# Table 2: the two rules of YOCO, low error and balance, each alone and both, on sets by several
# condensers.
# Variables and targets: see rules.mk.
table      := table2
title      := The two rules of YOCO
condensers := idc dream mtt kip
rules      := random random_balance yoco_imbalance yoco
ipc_f      := 10
ipc_t      := 1
across     := condenser
rows       := condenser
columns    := rule

# The name of this file; if that has spaces, ? stands for each, and files are found by it all the same.
table.mk := $(or $(wildcard $(lastword $(MAKEFILE_LIST))),$(patsubst ?%,%,$(subst $() ,?,$(MAKEFILE_LIST))))
include $(dir $(table.mk))rules.mk
