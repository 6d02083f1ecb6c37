# SPDX-License-Identifier: MIT
# How the Makefiles here run commands, and where they find the tools. They include this first, and
# set here before, the folder of this file; if its path has spaces, ? stands for each.
SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS   += --no-builtin-rules
.DELETE_ON_ERROR:

# YC_BIN, else those on the PATH, else those that were built in the tree of this file.
ifeq ($(YC_BIN)$(shell command -v yc-eval),)
YC_BIN := $(subst ?,$() ,$(here))../build/release/bin
endif
tools := $(and $(YC_BIN),$(shell cd '$(YC_BIN)' && pwd))
export PATH := $(if $(tools),$(tools):)$(PATH)
# The shell function of make before 4.4 does not see that.
bin := $(if $(tools),'$(tools)'/)

# Of each tool. Results do not depend on it.
threads = $(or $(THREADS),$(if $(findstring jobserver,$(MAKEFLAGS)),1))

# A function for recipes: spent FILE COMMAND..., its seconds on all processors, into the file.
define spent
spent() {
	local TIMEFORMAT='%U %S' file=$$1
	shift
	{ time "$$@" 2>&3; } 3>&2 2>"$$file.time"
	awk '{ print $$1 + $$2 }' "$$file.time" >"$$file"
	rm "$$file.time"
}
endef
