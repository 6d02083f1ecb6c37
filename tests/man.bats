#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helpers

setup() {
	tools=$(cd "$YC_ROOT/tools" && ls yc-*.c)
	tools=${tools//.c/}
}

# Long options in help text: those that begin a line.
help_options() {
	sed -n 's/^  \(-.,\|   \) --\([a-z0-9-]*\).*/\2/p'
}

@test "every tool has a page, and every page is clean" {
	for t in yc $tools; do
		[ -e "$YC_ROOT/man/$t.1" ] || fail "man/$t.1 is missing"
	done
	run mandoc -T lint -W warning "$YC_ROOT"/man/*.[1-8]
	assert_success
}

@test "pages and --help have the same options" {
	for t in yc $tools; do
		page=$YC_ROOT/man/$t.1
		[ -e "$page" ] || continue
		"$t" --help | help_options >"$BATS_TEST_TMPDIR/help"
		for m in $("$t" --help | sed -n '/NAME --help/,/^$/s/^  \([^ ]*\)  .*/\1/p'); do
			"$t" "$m" --help | help_options
		done >>"$BATS_TEST_TMPDIR/help"
		[ -s "$BATS_TEST_TMPDIR/help" ] || fail "$t --help has no options"
		sed -n '/^\.It /s/.*Fl Fl \([a-z0-9-]*\).*/\1/p' "$page" >"$BATS_TEST_TMPDIR/page"
		run diff <(sort -u "$BATS_TEST_TMPDIR/help") <(sort -u "$BATS_TEST_TMPDIR/page")
		[ "$status" -eq 0 ] || fail "$t: --help (<) and man/$t.1 (>) differ: $output"
	done
}

@test "yc lists every tool in the words of its page, and yc(7) and the README list it too" {
	yc | sed -n '/^Commands/,$s/^  \([^ ]*\)  *\(.*\)/\1 \2/p' | grep -v '^help ' >"$BATS_TEST_TMPDIR/yc"
	for t in $tools; do
		echo "${t#yc-} $(sed -n 's/^\.Nd //p' "$YC_ROOT/man/$t.1")"
		grep -q "^\.It Xr $t 1\$" "$YC_ROOT/man/yc.7" || echo "yc(7) has no $t"
		grep -q "^|.*\`$t\`" "$YC_ROOT/README.md" || echo "README.md has no $t"
	done >"$BATS_TEST_TMPDIR/pages"
	run diff <(sort "$BATS_TEST_TMPDIR/yc") <(sort "$BATS_TEST_TMPDIR/pages")
	[ "$status" -eq 0 ] || fail "yc (<) and NAME of the pages (>): $output"
}

@test "pages list the shared options in the order of --help" {
	for t in $tools; do
		page=$YC_ROOT/man/$t.1
		[ -e "$page" ] || continue
		"$t" --help | sed -n '/^Common options/,$p' | help_options >"$BATS_TEST_TMPDIR/help"
		sed -n '/^\.It /s/.*Fl Fl \([a-z0-9-]*\).*/\1/p' "$page" |
			grep -Fx -f "$BATS_TEST_TMPDIR/help" >"$BATS_TEST_TMPDIR/page"
		[ -s "$BATS_TEST_TMPDIR/help" ] || fail "$t --help has no common options"
		run diff "$BATS_TEST_TMPDIR/help" "$BATS_TEST_TMPDIR/page"
		[ "$status" -eq 0 ] || fail "$t: order of --help (<) and man/$t.1 (>): $output"
	done
}

@test "every page has the sections that readers expect" {
	for t in $tools; do
		[ -e "$YC_ROOT/man/$t.1" ] || continue
		for s in NAME SYNOPSIS DESCRIPTION STREAM "EXIT STATUS" EXAMPLES "SEE ALSO"; do
			grep -q "^\.Sh $s\$" "$YC_ROOT/man/$t.1" || fail "$t.1 has no $s"
		done
	done
}

# page_setting NAME: its value up to 64 pixels, in the table of yc-methods(7), "Settings".
page_setting() {
	sed -n "s/^$1  \+\([^ ]*\).*/\1/p" "$YC_ROOT/man/yc-methods.7"
}

@test "the settings in yc-methods(7) are those that take effect" {
	for method in idc dream; do
		pipe "yc-load demo --per-class 128 |
			yc-condense $method --ipc 10 --outer 1 --inner 1 --width 1 -q |
			yc-info --json" >"$BATS_TEST_TMPDIR/$method"
	done
	cd "$BATS_TEST_TMPDIR"
	{
		echo "idc n-real $(page_setting 'n_real: IDC, DREAM' | tr -d ,)"
		echo "idc net-batch $(page_setting 'network batch: IDC')"
		echo "dream net-batch $(page_setting 'network batch: DREAM')"
		echo "idc lr-img $(sed -n 's/^10  *\([0-9.]*\)  *40 .*/\1/p' "$YC_ROOT/man/yc-methods.7")"
		while read -r option name; do
			echo "idc $option $(page_setting "$name")"
			echo "dream $option $(page_setting "$name")"
		done <<-'END'
			factor f
			syn-max syn_max
			metric metric
			momentum-img momentum of pixels
			net-lr network lr
			n-data n_data
			early early
			fix-iter fix_iter
			mix-p mix_p
			decode decode type
		END
	} >page
	run -0 python3 - <<-'END'
		import json
		for line in open("page"):
		    method, option, *value = line.split()
		    history = json.load(open(method))["history"][-1]["options"]
		    if value != [history[option]]:
		        print(method, option, "is", history[option], "and in the page", *value)
	END
	refute_output
}

@test "what a tool does is a sentence" {
	for t in $tools; do
		"$t" --help | awk 'NR == 3' | grep -Eq "^[A-Z][a-z]+s " || fail "$t: begins with another form than 'Reads'"
		"$t" --help | awk 'NR > 2 && !NF { exit } NR > 2' | tail -1 | grep -q '\.$' || fail "$t: no full stop"
	done
}
