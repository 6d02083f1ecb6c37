#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # stderr is set by run --separate-stderr
# Where output goes: files are replaced through links, descriptors, pipes and devices written to,
# and no end of a run leaves a temporary file.
load helpers

setup() {
	mkdir "$BATS_TEST_TMPDIR/here"
	cd "$BATS_TEST_TMPDIR/here" || return
	"$YC_ROOT/tests/make/small.py" >small.yct
	yc-select random --tiles 1 --no-history small.yct -o wanted.yct
}

# Nothing is here but the files named and those of setup.
only() {
	[ "$(ls -A)" = "$(printf '%s\n' small.yct wanted.yct "$@" | sort)" ] || fail "$(ls -A)"
}

sel() {
	yc-select random --tiles 1 --no-history small.yct "$@"
}

@test "/dev/stdout and its like are written on, not anew" {
	for to in /dev/stdout /dev/fd/1 /proc/self/fd/1 /proc/thread-self/fd/1; do
		rm -f all.yct
		for _ in 1 2 3; do
			sel -o $to >>all.yct
		done
		run -0 yc-info all.yct
		[[ $output == *" 3 segments"* ]] || fail "$to: $output"
		{
			echo HEAD
			yc-info --tsv small.yct -o $to
			echo TAIL
		} >log
		same "cat log" "echo HEAD; yc-info --tsv small.yct; echo TAIL"
	done
	ln -s /dev/stdout link
	{
		sel -o link
		echo TAIL
	} >log
	[ "$(tail -c 5 log)" = TAIL ]
	[ -L link ]
}

@test "any descriptor can be written to" {
	sel -o /dev/fd/5 5>>two.yct
	sel -o /dev/fd/5 5>>two.yct
	[[ $(yc-info two.yct) == *" 2 segments"* ]]
	sel -o >(cat >sub.yct)
	wait $!
	yc-info --check sub.yct
	refused 1 "/dev/fd/77: Bad file descriptor" sel -o /dev/fd/77
	only sub.yct two.yct
}

@test "pipes with a name and devices are written to" {
	mkfifo pipe
	sel -o pipe &
	yc-info pipe >text
	wait $!
	same "cat text" "yc-info wanted.yct"
	[ -p pipe ]
	sel -o /dev/null
	[ -c /dev/null ]
	only pipe text
}

@test "files made again and again are files" {
	run="yc-condense idc --ipc 1 --outer 1 --inner 1 --n-real 4 --width 4 --depth 1 small.yct -q"
	mkfifo pipe
	for to in "-o /dev/stdout" "-o /dev/fd/5" "-o /dev/null" "-o pipe" ""; do
		# shellcheck disable=SC2086
		refused 2 "--save-every names its files after the output: it needs -o FILE" \
			$run --save-every 1 $to 5>&1
	done
	for to in /dev/null /dev/fd/5 pipe; do
		# shellcheck disable=SC2086
		refused 2 "--checkpoint is replaced again and again" $run -o out --checkpoint $to 5>&1
	done
	only pipe
}

@test "standard output has one use" {
	run -2 --separate-stderr yc-eval --test small.yct --predictions /dev/stdout small.yct \
		--epochs 1 --repeat 1 --width 4 --depth 1
	[[ $stderr == *"--predictions: standard output is taken"* ]]
}

@test "a link stays, and what it leads to is replaced or made" {
	mkdir real
	ln -s real/x.yct link
	sel -o link
	[ -L link ]
	cmp real/x.yct wanted.yct
	echo old >real/x.yct
	sel -o link
	[ -L link ]
	cmp real/x.yct wanted.yct
	# a chain, absolute and relative to the folder of each
	ln -s "$PWD/real/two" one
	ln -s ../real/three real/two
	sel -o one
	[ -L one ]
	[ -L real/two ]
	cmp real/three wanted.yct
	[ "$(echo real/*)" = "real/three real/two real/x.yct" ]
	ln -s nowhere/x lost
	refused 1 "lost: a link to nowhere/x: there is no folder 'nowhere/'" sel -o lost
	ln -s b a
	ln -s a b
	refused 1 "a: Too many levels of symbolic links" sel -o a
	only a b link lost one real
}

@test "names are as long as names may be" {
	name=$(printf 'é%.0s' {1..127})
	for n in "$name" "x$name"; do
		sel -o "$n"
		cmp "$n" wanted.yct
		only "$n"
		rm "$n"
	done
	refused 1 "File name too long" sel -o "xx$name"
	mkdir "$name"
	sel -o "$name/$name"
	cmp "$name/$name" wanted.yct
	only "$name"
}

@test "a folder is no output" {
	mkdir folder
	refused 1 "folder: Is a directory" sel -o folder
	refused 1 "folder/: Is a directory" sel -o folder/
	refused 1 "none/x: there is no folder 'none/'" sel -o none/x
	only folder
}

@test "a folder that takes no files is told before the work, with another way" {
	[ "$(id -u)" -eq 0 ] || skip "needs another user"
	mkdir folder
	echo old >folder/out
	chmod 666 folder/out
	chmod 755 folder
	other=(setpriv --reuid 65433 --clear-groups --inh-caps "+dac_read_search" --ambient-caps "+dac_read_search")
	run -1 --separate-stderr "${other[@]}" yc-select random --tiles 1 small.yct -o folder/out
	[[ $stderr == "yc-select: folder/out: its folder takes no file that could replace it (Permission denied)"*">FILE"* ]]
	run -1 --separate-stderr "${other[@]}" yc-eval --test small.yct small.yct --save-net folder/out
	[[ $stderr == "yc-eval: --save-net folder/out: its folder takes no file"* ]]
	[ "$(cat folder/out)" = old ]
	run -1 --separate-stderr "${other[@]}" yc-select random --tiles 1 small.yct -o folder/new
	[ "$stderr" = "yc-select: folder/new: Permission denied" ]
}

@test "a file that becomes too large is a failure with a message" {
	for c in "yc-load demo --train-images 2" "yc-info --tsv small.yct"; do
		status=0
		message=$(ulimit -f 0 && exec $c -o out 2>&1) || status=$?
		[ $status -eq 1 ] && [[ $message == "${c%% *}: out: "*"File too large" ]] ||
			fail "$status: $message"
		only
	done
}

@test "no signal leaves a temporary file" {
	mkfifo in
	# Not from here: bats, and shells in the background, ignore some, which tools respect.
	timeout 60 python3 - <<-'EOF'
		import os, resource, signal, subprocess
		names = """HUP INT QUIT ILL TRAP ABRT BUS FPE SEGV USR1 USR2 PIPE ALRM TERM STKFLT XCPU
		    XFSZ VTALRM PROF IO PWR SYS RTMIN RTMAX"""
		resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
		sound = [s for s in range(1, 32) if s not in (signal.SIGKILL, signal.SIGSTOP)]
		for name in names.split():
		    number = getattr(signal, "SIG" + name)
		    tool = subprocess.Popen(["yc-quantise", "in", "-o", "out"],
		        preexec_fn=lambda: [signal.signal(s, signal.SIG_DFL) for s in sound])
		    feed = open("in", "wb", 0)
		    feed.write(open("small.yct", "rb").read(3000))
		    while not any(n.startswith("out.") for n in os.listdir()):
		        pass
		    tool.send_signal(number)
		    assert tool.wait() == -number, (name, tool.returncode)
		    feed.close()
		    left = sorted(os.listdir())
		    assert left == ["in", "small.yct", "wanted.yct"], (name, left)
	EOF
}

@test "the first process of a container ends by a signal as well" {
	unshare -pf --kill-child true 2>/dev/null || skip "may not make namespaces of processes"
	for sig in HUP USR2 TERM; do
		mkfifo in
		timeout -s KILL 10 unshare -pf --kill-child yc-quantise in -o out 3>&- &
		exec 5>in
		head -c 3000 small.yct >&5
		until compgen -G "out.*" >/dev/null; do :; done
		# the temporary file has the number that the process has inside, which is 1
		kill -$sig "$(pgrep -x yc-quantise -P "$(pgrep -x unshare -P $!)")"
		status=0
		wait $! || status=$?
		[ $status -eq $((128 + $(kill -l $sig))) ] || fail "$sig: $status"
		exec 5>&-
		rm in
		only
	done
}

@test "a folder in the place of a file, and one file by two names, are refused before the work" {
	yc-load demo --per-class 4 -o in.yct
	mkdir -p place/folder
	ln -s target place/link
	small="-q --width 2 --depth 1"
	refused 1 "place/folder is a folder: name a file" yc-condense idc --ipc 1 --n-real 4 $small in.yct -o place/folder
	refused 1 "--save-net place/folder is a folder" yc-eval -r 1 $small --test in.yct --save-net place/folder in.yct
	refused 2 "place/target is the output twice" yc-eval -r 1 $small --test in.yct -o place/link --predictions place/target in.yct
	[ -z "$(ls place/folder)" ]
	[ ! -e place/target ]
	# yc-train's checkpoint is a folder
	yc-train --epochs 1 $small in.yct --checkpoint place/folder -o out.yct
}

@test "the reader of --metrics may leave: the result is there" {
	yc-load demo --per-class 4 -o in.yct
	run -1 --separate-stderr bash -c "yc-train -q --epochs 6 --width 2 --depth 1 in.yct -o out.yct --metrics >(head -n 1 >/dev/null; exec <&-)"
	[[ $stderr == *"lines are missing: its reader left" ]]
	yc-info --check out.yct
}
