# SPDX-License-Identifier: MIT
# One page of HTML of a folder of results, whole in itself: no script, no other file, no date.
#
#   make -f pipelines/report.mk [VARIABLE=VALUE]...
#
#   RESULTS=FOLDER    pipelines/results; or the OUT of a table or a curve. What it has of: README.md, the
#                     text, with its pictures in place; .md, tables; .svg, pictures; .tsv, what they are
#                     made of; settings/, of the Makefiles. If it has a draw.sh, that draws tables
#                     and pictures from the .tsv anew, into a folder that is its operand
#   OUT=FILE          the page; runs/report.html
#   YC_BIN=FOLDER     where the tools are, if not on the PATH
.ONESHELL:
.PHONY: report
# If the name of this file has spaces, ? stands for each.
report.mk := $(or $(wildcard $(lastword $(MAKEFILE_LIST))),$(patsubst ?%,%,$(subst $() ,?,$(MAKEFILE_LIST))))
here      := $(dir $(report.mk))

include $(here)tools.mk
# The order of files, and what is long, are the same everywhere.
export LC_ALL := C
include $(here)checks.mk

$(call refuse-unknown,RESULTS OUT YC_BIN,$(report.mk))
RESULTS ?= $(here)results
OUT     ?= runs/report.html
$(call refuse-blanks,OUT RESULTS)
# Patterns: what they find may have spaces in its path, like this file.
from := $(foreach f,draw.sh *.tsv *.md *.svg,$(if $(wildcard $(RESULTS)/$f),$(RESULTS)/$f))
$(if $(filter %.tsv,$(from)),,$(error RESULTS=$(RESULTS): no results there: no table (.tsv)))

report: $(OUT)
	@echo $(OUT)

# What is drawn takes the place of what is there.
$(OUT): $(from) $(here)*.awk $(here)published.tsv
	@mkdir -p $(@D)
	drawn=$$(mktemp -d)
	trap 'rm -rf "$$drawn"' EXIT
	[ ! -e $(RESULTS)/draw.sh ] || $(RESULTS)/draw.sh "$$drawn"
	for f in $(RESULTS)/*.{tsv,md,svg}; do
		[ ! -e "$$f" ] || [ -e "$$drawn/$${f##*/}" ] || cp "$$f" "$$drawn"
	done
	cd $(RESULTS)
	settings=$$(find settings -type f ! -name '*.todo' 2>/dev/null | sort | paste -sd ' ' || true)
	cd - >/dev/null
	(cd "$$drawn" && ls) | awk -v from="$$drawn" -v settings="$$settings" -v results=$(RESULTS) -f $(here)page.awk >$@.part
	mv $@.part $@
