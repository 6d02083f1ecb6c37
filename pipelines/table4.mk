# SPDX-License-Identifier: MIT
# Table 4: keeping the hard or the easy, on sets by several condensers.
# Variables and targets: see rules.mk.
table      := table4
title      := Hard or easy
condensers := idc dream mtt dsa
rules      := accumulated_margin accumulated_margin_easy forgetting forgetting_easy el2n el2n_easy yoco
ipc_f      := 10
ipc_t      := 1
across     := condenser
rows       := condenser
columns    := rule

# The name of this file; if that has spaces, ? stands for each, and files are found by it all the same.
table.mk := $(or $(wildcard $(lastword $(MAKEFILE_LIST))),$(patsubst ?%,%,$(subst $() ,?,$(MAKEFILE_LIST))))
include $(dir $(table.mk))rules.mk
