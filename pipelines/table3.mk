# SPDX-License-Identifier: MIT
# Table 3: networks other than the one that the set was condensed and scored with.
# Variables and targets: see rules.mk.
table      := table3
title      := Pruning rules for other networks
condensers := idc
rules      := random ssp accumulated_margin entropy forgetting el2n yoco
nets       := convnet resnet10 densenet
ipc_f      := 10
ipc_t      := 1
across     := net
rows       := net
columns    := rule

# The name of this file; if that has spaces, ? stands for each, and files are found by it all the same.
table.mk := $(or $(wildcard $(lastword $(MAKEFILE_LIST))),$(patsubst ?%,%,$(subst $() ,?,$(MAKEFILE_LIST))))
include $(dir $(table.mk))rules.mk
