#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the Makefile puts on a machine, takes from it, and says that it lacks.
load helpers

setup() {
	cd "$YC_ROOT" || return
	# Of the make that runs the tests.
	unset DEPS CC B VARIANT WERROR
	stubs=$BATS_TEST_TMPDIR/stubs
	mkdir "$stubs"
}

# stub NAME <<<"commands": a program that is found before the real one.
stub() {
	{
		echo '#!/bin/sh'
		cat
	} >"$stubs/$1"
	chmod +x "$stubs/$1"
}

# An apt-get that knows no libfoo, notes what it is to install, and says what that takes.
stub_apt() {
	stub pkg-config <<<'[ "$2" != libarchive ] && [ "$2" != jansson ]'
	stub sudo <<<'exec "$@"'
	stub apt-get <<-'END'
		echo "$@" >>"$LOG"
		case "$*" in
		*--print-uris*)
			echo "'http://deb/a.deb' a.deb 1000 SHA256:0"
			echo "Need to get 81.6 MB/90.1 MB of archives."
			echo "After this operation, 1,369 MB of additional disk space will be used."
			;;
		install*) [ -z "${BROKEN-}" ] || { echo "E: Unable to fetch some archives"; exit 100; } ;;
		*) echo "Reading package lists..." ;;
		esac
	END
	export LOG=$BATS_TEST_TMPDIR/log
}

# A copy in which build/ is its own.
in_copy() {
	mkdir copy
	cp -r "$YC_ROOT"/.ci copy/
	cd copy || return
}

@test "make help has a line for every target and variable" {
	run -0 --separate-stderr make --no-print-directory help
	awk 'length > 110' <<<"$output" >"$BATS_TEST_TMPDIR/long"
	assert_file_empty "$BATS_TEST_TMPDIR/long"
	for target in $(sed -n 's/^\.PHONY: //p' Makefile); do
		case $target in all | deps | FORCE | built | bins | units | fuzzers) continue ;; esac
		grep -q "^   make $target  " <<<"$output" || fail "make $target"
	done
	for variable in VARIANT CC CFLAGS LDFLAGS PREFIX DESTDIR DEPS V WERROR FUZZ PEER PHOTOS ORT OLD; do
		grep -Eq "(^   | )$variable=" <<<"$output" || fail "$variable="
	done
}

@test "make and make install only name what is missing" {
	stub_apt
	for target in all install; do
		PATH=$stubs:$PATH DEPS='' run -2 --separate-stderr make --no-print-directory B="$BATS_TEST_TMPDIR/b" \
			DESTDIR="$BATS_TEST_TMPDIR/root" "$target"
		[[ $stderr == *"apt-get update && "*"apt-get install -y --no-install-recommends libarchive-dev libjansson-dev"* ]] ||
			fail "$target: $stderr"
		assert_file_not_exists "$LOG"
	done
	cd "$BATS_TEST_TMPDIR"
	in_copy
	PATH=$stubs:$PATH DEPS=no run -0 sh .ci/deps name gcc libarchive
	assert_output ""
	PATH=$stubs:$PATH run -1 sh .ci/deps name gcc foo
	assert_output "deps: no package is known for 'foo'"
	DEPS=maybe run -2 sh .ci/deps name gcc
}

@test "make demo and the checks install it, after saying how much that is" {
	run grep -c '(INSTALL)' Makefile
	assert_output 4
	for target in demo check cluster-check mpi-check; do
		[[ $(DEPS='' make -n "$target" 2>/dev/null | head -n 1) == *"sh .ci/deps install "* ]] || fail "$target"
	done
	stub_apt
	cd "$BATS_TEST_TMPDIR"
	in_copy
	PATH=$stubs:$PATH DEPS='' run -0 --separate-stderr sh .ci/deps install gcc libarchive zlib
	[ -z "$stderr" ]
	[ "${#lines[@]}" -eq 3 ]
	[[ ${lines[1]} == *"apt-get install -y --no-install-recommends libarchive-dev" ]]
	[ "${lines[2]}" = "    82 MB to fetch, 1369 MB on the disk: about 3 min" ]
	[ "$(tail -n 1 "$LOG")" = "install -y --no-install-recommends libarchive-dev" ]
	grep -q "Reading package lists" build/deps.log
	BROKEN=yes PATH=$stubs:$PATH DEPS='' run -1 --separate-stderr sh .ci/deps install gcc libarchive
	[[ $stderr == *"apt-get install failed"*"E: Unable to fetch some archives"* ]]
}

@test "clang needs its OpenMP library, gcc does not" {
	stub clang <<<'exit 1'
	cd "$BATS_TEST_TMPDIR"
	in_copy
	PATH=$stubs:$PATH CC=clang DEPS='' run -1 sh .ci/deps name clang libomp libc
	assert_output --partial "libomp-dev libc6-dev"
	cd "$YC_ROOT"
	[[ $(DEPS='' make -n CC=clang check 2>/dev/null | head -n 1) == *" install clang libomp libc "* ]]
	[[ $(DEPS='' make -n CC=gcc check 2>/dev/null | head -n 1) == *" install gcc libc "* ]]
}

# installer WHAT ROOT PREFIX
installer() {
	.ci/install "$1" "${YC_BIN%/bin}" "$2" "$3" "zlib" ""
}

@test "make uninstall removes what make install put there, and nothing else" {
	root="$BATS_TEST_TMPDIR/a root"
	mkdir -p "$root/usr/bin" "$root/usr/include/yc" "$root/usr/share/man/man1"
	touch "$root/usr/bin/yc-mine" "$root/usr/include/yc/mine.h" "$root/usr/share/man/man1/ls.1"
	(cd "$root" && find . -type f -o -type l) >"$BATS_TEST_TMPDIR/before"
	installer install "$root" /usr
	for file in bin/yc bin/yc-score lib/libyc.a lib/pkgconfig/yc.pc include/yc.h include/yc/near.h share/man/man1/yc.1 \
		share/man/man7/yc-methods.7 share/bash-completion/completions/yc-score share/zsh/site-functions/_yc \
		share/fish/vendor_completions.d/yc-score.fish; do
		[ -s "$root/usr/$file" ] || fail "$file is not installed"
	done
	run -0 "$root/usr/bin/yc" --version
	run -0 find "$root" -type f -newer "$BATS_TEST_TMPDIR/before" -perm /022
	assert_output ""
	run -0 installer uninstall "$root" /usr
	assert_output --partial "include/yc stays"
	same "cat '$BATS_TEST_TMPDIR/before'" "cd '$root' && find . -type f -o -type l"
	rm "$root/usr/include/yc/mine.h"
	installer install "$root" /usr
	run -0 installer uninstall "$root" /usr
	assert_output ""
	assert_file_not_exists "$root/usr/include/yc"
	run -0 bash -c "cd '$root/usr' && find . -type d -empty | sort | paste -sd ' '"
	assert_output "./include ./lib"
}

@test "make deb makes packages that lintian has nothing against" {
	command -v dpkg-shlibdeps >/dev/null || skip "no dpkg-dev here"
	cd "$BATS_TEST_TMPDIR"
	mkdir copy
	cp -r "$YC_ROOT"/{.ci,LICENSE,man,include,tools} copy/
	mkdir -p copy/lib/base
	cp "$YC_ROOT/lib/base/version.c" copy/lib/base/
	cd copy
	run -0 --separate-stderr .ci/deb "${YC_BIN%/bin}" "$(sed -n 's/^pkgs *:= *//p' "$YC_ROOT/Makefile")"
	[ "${#lines[@]}" -eq 2 ]
	version=$(yc --version)
	for deb in yc libyc-dev; do
		[ "$(dpkg-deb -f build/deb/"$deb"_*.deb Version)" = "${version##* }" ]
	done
	[[ $(dpkg-deb -f build/deb/yc_*.deb Depends) == *"libzstd1"* ]]
	[[ $(dpkg-deb -f build/deb/libyc-dev_*.deb Depends) == *"libzstd-dev"* ]]
	[ "$(dpkg-deb -f build/deb/yc_*.deb Suggests)" = libopenblas0 ]
	dpkg-deb -x build/deb/libyc-dev_*.deb there
	run -0 find there -name yc.pc -exec grep ^Libs {} +
	assert_output "Libs: -lyc -fopenmp -lm"
	command -v lintian >/dev/null || skip "no lintian here"
	run -0 lintian --allow-root --fail-on error,warning build/deb/*.deb
	assert_output ""
}
