# SPDX-License-Identifier: MIT
# A few of the built-in pictures, for Makefiles here that were given none: OUT/train.yct and OUT/test.yct.
$(OUT)/train.yct:
	@mkdir -p $(@D)
	yc-load demo --train-images 64 -o $@
$(OUT)/test.yct:
	@mkdir -p $(@D)
	yc-load demo --split test --test-images 20 -o $@
