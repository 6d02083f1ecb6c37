# SPDX-License-Identifier: MIT
# Table 6, beyond the paper: every rule where labels are wrong or images corrupted, before condensing, or
# labels before scoring; and rules that combine scores. A set that is given has the latter noise alone.
# Variables and targets: see rules.mk.
table      := table6
title      := Noisy data
condensers := idc
rules      := random ssp entropy accumulated_margin forgetting el2n ccs yoco small-loss_balance \
              accumulated_margin_easy_balance lbpe-aum-mean lbpe-aum-max
# YOCO by what LBPE and AUM agree on.
rule-lbpe-aum-mean := yoco --score lbpe,aum --combine rank-mean
rule-lbpe-aum-max  := yoco --score lbpe,aum --combine rank-max
# All scores, in one training.
scored     := all
noise      := none labels-20 labels-40 corrupt-3 corrupt-5 set-labels-20 set-labels-40
ipc_f      := 10
whole      := yes
across     := condenser
one-size   := yes
rows       := condenser,ipc_t
columns    := rule

# The name of this file; if that has spaces, ? stands for each, and files are found by it all the same.
table.mk := $(or $(wildcard $(lastword $(MAKEFILE_LIST))),$(patsubst ?%,%,$(subst $() ,?,$(MAKEFILE_LIST))))
include $(dir $(table.mk))rules.mk
