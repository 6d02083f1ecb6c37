#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # stderr is set by run --separate-stderr
load helpers

setup_file() {
	cd "$BATS_FILE_TMPDIR" || return
	small.py >small.raw
	rows.py 700 16 U8 lab=north >w.raw
	made.py yc.classes=1 yc.side=2 yc.factor=1 image=U8:2x1x2x2 label=I64:2:0,0 id=I64:2 >a.raw
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	cp "$BATS_FILE_TMPDIR"/*.raw .
	made=made.py
}

digest() {
	yc-info --digest "$@"
}

# like KEY=TEXT...: a.raw with another head, or other tensors.
like() {
	local has=() word
	for word in yc.classes=1 yc.side=2 yc.factor=1 image=U8:2x1x2x2 label=I64:2:0,0 id=I64:2; do
		[[ " $*" == *" ${word%%=*}="* ]] || has+=("$word")
	done
	$made "${has[@]}" "$@"
}

# shards N WAY FILE: its shards, as s1.yct, s2.yct and so on; all of them, in order.
shards() {
	local i all=()
	for i in $(seq "$1"); do
		yc-cat -q --shard "$i/$1" --by "$2" "$3" -o "s$i.yct"
		all+=("s$i.yct")
	done
	echo "${all[@]}"
}

@test "streams become one segment, with the rows of all in their order" {
	yc-cat small.raw small.raw small.raw -o three.yct
	run -0 yc-info three.yct
	assert_line --regexp '1 segment, .* 48 rows$'
	run -0 yc-info --check three.yct
	assert_output --partial "digest right"
	same "yc-info --tsv three.yct" "yc-info --tsv small.raw small.raw small.raw"
	# a joined file, a pipe and standard input are the same, to the byte
	cat small.raw small.raw small.raw >joined
	yc-cat joined -o file.yct
	# shellcheck disable=SC2002
	cat joined | yc-cat -o pipe.yct
	yc-cat -o input.yct <joined
	yc-cat <(cat small.raw) - <(cat small.raw) -o mixed.yct <small.raw
	for f in pipe input mixed; do
		cmp file.yct $f.yct
	done
	cmp file.yct three.yct
}

@test "what it writes is what other tools make of the joined streams" {
	rows.py 500 16 U8 yc.source=second >b.raw
	cat w.raw b.raw w.raw >joined
	yc-cat joined -o cat.yct
	yc-select random --keep 1 joined -o all.yct
	same "digest cat.yct" "digest all.yct"
	same "yc-info --json cat.yct | sed 's/\"history\".*//; s/\"records\":[0-9]*//'" \
		"yc-info --json all.yct | sed 's/\"history\".*//; s/\"records\":[0-9]*//'"
	# a key that not all of them have is that of their rows
	yc-cat --raw w.raw b.raw | grep -ac '"lab":"north"' >n
	[ "$(cat n)" -ge 1 ]
	run -0 yc-info cat.yct
	refute_output --partial "lab "
	run -0 pipe "yc-cat w.raw w.raw | yc-info"
	assert_line --regexp '^lab +north$'
}

@test "shards are complete and disjoint, and joined they are the whole" {
	for n in 1 2 3 7; do
		run -0 shards $n rows w.raw
		# shellcheck disable=SC2086 # words
		same "yc-cat $output | yc-info --digest" "digest w.raw"
		for i in $(seq $n); do
			yc-info --tsv "s$i.yct" | tail -n +2 | wc -l
		done | sort -n >sizes
		[ $(($(tail -n 1 sizes) - $(head -n 1 sizes))) -le 1 ]
	done
	for n in 1 2 3 10; do
		run -0 shards $n classes w.raw
		# shellcheck disable=SC2086
		same "yc-cat $output | yc-info --tsv | tail -n +2 | sort" "yc-info --tsv w.raw | tail -n +2 | sort"
		for i in $(seq $n); do
			yc-info --tsv "s$i.yct" | tail -n +2 | cut -f 2 | sort -u
		done >classes
		[ "$(sort -n classes)" = "$(seq 0 9)" ]
	done
}

@test "more shards than rows leave some without any, which join all the same" {
	run -0 --separate-stderr yc-cat --shard 1/20 small.raw -o s.yct
	[ "$stderr" = "yc-cat: shard 1/20 by rows has no rows" ]
	run -0 yc-info s.yct
	assert_line --regexp '^column +image U8 \[0,3,8,8\]$'
	run -0 shards 20 rows small.raw
	same "yc-cat $output | yc-info --digest" "digest small.raw"
	run -0 shards 3 classes small.raw
	same "yc-cat $output | yc-info --tsv | tail -n +2 | sort" "yc-info --tsv small.raw | tail -n +2 | sort"
}

@test "shards of shards" {
	yc-cat --shard 2/3 w.raw -o second.yct
	run -0 shards 2 rows second.yct
	same "yc-cat $output | yc-info --digest" "digest second.yct"
}

@test "a shard that is missing, repeated or out of order is an error, unless --partial" {
	shards 12 rows w.raw
	refused 1 "these are shards, and 2/12 by rows is missing: add it" yc-cat s1.yct s3.yct
	refused 1 "3/12 by rows is there twice" yc-cat s1.yct s2.yct s3.yct s3.yct
	refused 1 "comes after a later one: name them in order" yc-cat s*.yct -o out.yct
	assert_not_exists out.yct
	same "yc-cat \$(ls -v s*.yct) | yc-info --digest" "digest w.raw"
	run -0 pipe "yc-cat --partial s1.yct s3.yct | yc-info"
	yc-cat --shard 1/2 w.raw -o half.yct
	refused 1 "2/12 by rows is of another division" yc-cat half.yct s2.yct
	yc-cat --shard 2/12 --by classes w.raw -o class.yct
	refused 1 "2/12 by classes is of another division" yc-cat s1.yct class.yct
	# One alone, and one with other streams, are no division.
	yc-cat s3.yct -o out.yct
	yc-cat s3.yct w.raw -o out.yct
	# Nor are they any more when they are joined, or have no history.
	yc-cat --no-history --partial s1.yct s3.yct | yc-cat - s1.yct -o out.yct
}

@test "records of other kinds that all shards have are written once" {
	yc-cat small.raw small.raw -o two.yct
	run -0 yc-info two.yct
	[ "$(grep -c '^other' <<<"$output")" -eq 1 ]
	[[ $output == *"other     strange: 1 tensors, 16 bytes"* ]]
	# Those that one stream has twice stay two.
	{
		python3 - <<-'END'
			import sys
			b = open("small.raw", "rb").read()
			at = b.index(b'{"__metadata__": {"yc.kind": "strange"') - 8
			end = b.index(b'{"__metadata__": {"yc.end"') - 8
			sys.stdout.buffer.write(b[:at] + 2 * b[at:end] + b[end:])
		END
	} >twice.raw
	yc-cat small.raw twice.raw small.raw -o out.yct
	[ "$(zstd -dc out.yct | grep -ac '"yc.kind":"strange"')" -eq 2 ] ||
		[ "$(zstd -dc out.yct | grep -ao '"yc.kind":"strange"' | wc -l)" -eq 2 ]
	same "digest twice.raw" "yc-cat twice.raw | yc-info --digest"
}

@test "a whitening map comes with every shard, and is one again" {
	yc-load demo --train-images 3 | yc-whiten mtt -o white.yct
	run -0 shards 3 rows white.yct
	for i in 1 2 3; do
		yc-info "s$i.yct" | grep -q '^other *zca'
	done
	same "yc-cat s1.yct s2.yct s3.yct | yc-info --digest" "digest white.yct"
	yc-load demo --train-images 3 -o plain.yct
	refused 1 "plain.yct: record 2: networks see these images normalised, earlier ones whitened: join first, yc-whiten then" \
		yc-cat white.yct plain.yct
	yc-load demo --train-images 2 | yc-whiten mtt -o other.yct
	refused 1 "other.yct: record 1: metadata 'yc.zca' is 'mtt 0.1 20 " yc-cat white.yct other.yct
	# The map alone goes with images that are to be whitened.
	yc-whiten mtt --map-only plain.yct | yc-cat - plain.yct | yc-info | grep -q '^other *zca'
}

@test "what does not fit is named, with its file, record, and what to do" {
	refuses() {
		like "${@:2}" >b.raw
		refused 1 "b.raw: record 1: $1" yc-cat a.raw b.raw -o out.yct
		assert_not_exists out.yct
	}
	refuses "yc.classes is 2, in a.raw: record 1 it is 1: labels must mean the same" yc.classes=2
	refuses "yc.side is 4, in a.raw: record 1 it is 2: load all parts with the same --side" yc.side=4
	refuses "yc.factor is 2, in a.raw: record 1 it is 1: yc-decode makes it 1" yc.factor=2
	refuses "yc.normalised is 1, in a.raw: record 1 it is 0: pixels must mean the same" yc.normalised=1
	refuses "images of 3 channels, earlier ones have 1: load all parts with the same --channels" image=U8:2x3x2x2
	refuses "tensor 'image' is F32 [N,1,2,2], in earlier records U8 [N,1,2,2]: yc-quantise makes all images bytes" \
		image=F32:2x1x2x2:0,0,0,0,0,0,0,0
	refuses "tensor 'score.el2n' is not in earlier records" score.el2n=F32:2x1
	refused 1 "a.raw: record 1: no tensor 'score.el2n', which earlier records have: yc-score makes scores" \
		yc-cat b.raw a.raw
	for part in a b c; do
		like yc.mean=0.$((1 + $(printf %d "'$part") % 3)) yc.std=1 >"$part.raw"
	done
	refused 1 "b.raw: record 1: yc.mean or yc.std is not that of a.raw: record 1: load all parts with the same --mean" \
		yc-cat a.raw b.raw
	# A stream without them says nothing about the ones after it.
	like >none.raw
	refused 1 "b.raw: record 1: yc.mean or yc.std is not that of" yc-cat none.raw a.raw b.raw
	like 'yc.names=["box"]' >a.raw
	like 'yc.names=["bag"]' >b.raw
	refused 1 "b.raw: record 1: class 0 is 'bag', in earlier records 'box'" yc-cat a.raw b.raw
}

@test "digests are verified before anything is written" {
	yc-cat --raw w.raw -o good.yct
	sed 's/"lab":"north"/"lab":"south"/' good.yct >keys.yct # no content
	yc-cat keys.yct -o out.yct
	rm out.yct
	python3 - <<-'END'
		b = bytearray(open("good.yct", "rb").read())
		b[len(b) // 2] ^= 1
		open("bad.yct", "wb").write(b)
	END
	run -1 --separate-stderr yc-cat w.raw bad.yct -o out.yct
	[[ $stderr == "yc-cat: bad.yct: record "*": damaged, or changed by a program that keeps the digest: yc.digest is "* ]]
	assert_not_exists out.yct
	run -1 pipe "yc-cat bad.yct | cat >piped"
	[ ! -s piped ]
}

@test "--shard is i/n, and --by goes with it" {
	for word in 0/3 4/3 1 1/ /3 1/3/5 -1/3 1/9999999 a/b; do
		refused 2 "--shard '$word': i/n, such as 1/4 to 4/4" yc-cat --shard=$word small.raw
	done
	refused 2 "--by says how --shard divides" yc-cat --by classes small.raw
	refused 2 "--by" yc-cat --shard 1/2 --by rank small.raw
	$made yc.classes=1 yc.side=2 yc.factor=1 x=F32:2x1 >x.raw
	refused 1 "shards by classes need a tensor 'label'" yc-cat --shard 1/2 --by classes x.raw
	yc-cat --shard 1/2 x.raw -o x.yct
}

@test "an order is kept alone, and lost among others and by shards" {
	yc-select yoco --order w.raw -q -o ordered.yct
	yc-cat ordered.yct | yc-info --json | grep -q yc.order
	yc-cat ordered.yct ordered.yct -o two.yct
	run -1 grep -q yc.order <(yc-info --json two.yct)
	yc-cat --shard 1/2 ordered.yct -o half.yct
	run -1 grep -q yc.order <(yc-info --json half.yct)
	same "yc-select --ipc 1 <(yc-cat ordered.yct) | yc-info --digest" "yc-select --ipc 1 ordered.yct | yc-info --digest"
}

@test "yc-load makes the same shards" {
	yc-load demo --train-images 7 --shuffle -o whole.yct
	for by in rows classes; do
		for i in 1 2 3; do
			yc-load demo --train-images 7 --shuffle --shard $i/3 --by $by -o "l$i.yct"
			same "digest l$i.yct" "yc-cat --shard $i/3 --by $by whole.yct | yc-info --digest"
		done
	done
	for i in 1 2 3; do
		yc-load demo --train-images 7 --shuffle --shard $i/3 -o "l$i.yct"
	done
	same "yc-cat l1.yct l2.yct l3.yct | yc-info --digest" "digest whole.yct"
	refused 1 "2/3 by rows is missing" yc-cat l1.yct l3.yct
	# Pictures are those of the shard, mean and deviation those of all.
	yc-save -q png whole.yct pictures
	yc-load folder pictures --mean auto --std auto -o all.yct
	for i in 1 2 3; do
		yc-load folder pictures --mean auto --std auto --shard $i/3 -o "p$i.yct"
	done
	same "yc-cat p1.yct p2.yct p3.yct | yc-info --digest" "digest all.yct"
	refused 2 "--shard '3/2'" yc-load demo --shard 3/2
}

@test "streams of networks join, one after the other" {
	for seed in 1 2; do
		yc-train -q --epochs 0 --width 4 --depth 1 --seed $seed small.raw -o n$seed.yct
	done
	yc-cat n1.yct n2.yct -o both.yct
	yc-info both.yct | grep -q '^networks .* 2 snapshots$'
	same "yc-eval --epochs 0 -r 2 --init-net both.yct --test small.raw --predictions p >t; cat p" \
		"cat n1.yct n2.yct | yc-eval --epochs 0 -r 2 --init-net - --test small.raw --predictions p >t; cat p"
}
