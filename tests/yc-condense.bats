#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helpers

setup_file() {
	# Spinning threads make short steps slow where the cores are shared.
	export OMP_WAIT_POLICY=passive
	cd "$BATS_FILE_TMPDIR" || return
	yc-load demo --train-images 12 -o train.yct
	yc-condense idc "${tiny[@]}" --outer 2 -j1 -o want.yct train.yct
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	ln -s "$BATS_FILE_TMPDIR"/{train,want}.yct .
}

tiny=(--ipc 1 --inner 2 --n-real 5 --n-data 16 --net-batch 8 --width 8 --syn-max 3)

teardown() {
	[ -z "${pid:-}" ] || { kill -9 "$pid" && wait "$pid"; } 2>/dev/null || true
}

condense() {
	yc-condense idc "${tiny[@]}" "$@" train.yct
}

# Clusters in two of three inner iterations.
dream() {
	yc-condense dream "${tiny[@]}" --inner 3 --interval 2 "$@" train.yct
}

# rows FILE: label and pixels, as bytes
rows() {
	yc-quantise "$1" | zstd -dc >raw
	paste <(yc-info --tsv raw | tail -n +2 | cut -f 2) <(python3 "$YC_ROOT/tests/make/made.py" --rows image <raw)
}

# begins_with_real_images COMMAND...: its 20 images are drawn from train.yct, each from those of its class.
begins_with_real_images() {
	"$@" --lr-img 0 --iterations 1 -o drawn.yct
	rows train.yct | sort >train
	rows drawn.yct | sort >drawn
	[ "$(sort -u drawn | wc -l)" = 20 ]
	[ -z "$(comm -23 drawn train)" ]
}

# Few iterations of little.
dm() {
	yc-condense dm --ipc 2 --n-real 8 --width 8 "$@" train.yct
}

# Two updates of few images in an iteration, and two epochs of the network between them.
small=(--ipc 2 --n-real 8 --width 8 --outer 2 --inner 2)

dsa() {
	yc-condense dsa "${small[@]}" "$@" train.yct
}

# Runs `condense "$@"` in the background until run.ck was replaced $1 times, then sends signal $2.
interrupt() {
	local changes=$1 signal=$2
	shift 2
	interrupted "$changes" "$signal" idc "${tiny[@]}" "$@"
}

@test "the result has ipc images of every class, float, with factor and names of the input" {
	run -0 pipe "yc-condense idc ${tiny[*]} --ipc 2 --outer 1 train.yct | yc-info --tsv"
	[ "$(tail -n +2 <<<"$output" | wc -l)" = 20 ]
	[ "$(tail -n +2 <<<"$output" | awk '{print $2}' | sort | uniq -c | awk '{print $1}' | sort -u)" = 2 ]
	run -0 yc-info want.yct
	assert_line --regexp '^head .*10 classes, side 32, factor 2'
	assert_line --regexp '^column +image F32 \[10,3,32,32\]'
	assert_line --regexp '^class +9: 1 frame'
	assert_line --regexp '^other +log: 2 tensors'
	assert_line --regexp 'yc-condense idc ipc=1 .* outer=2 .* lr-img=0.0005 '
}

@test "any number of threads and a second run give the same bytes" {
	condense --outer 2 -j2 -o two.yct
	cmp two.yct want.yct
	condense --outer 2 --seed 1 -o other.yct
	run -1 cmp -s other.yct want.yct
}

@test "a run stopped by SIGTERM at several moments resumes to the same bytes" {
	# Long enough that a signal finds it running on a busy machine as well.
	condense --outer 10 -o long.yct
	# In both inner iterations: network and walks have a state then, too.
	for changes in 2 9 7; do
		run -1 interrupt "$changes" TERM --outer 10 --checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
		grep -q 'interrupted, checkpoint saved in run.ck; continue with --resume' err
		assert_not_exists out.yct
	done
	condense --outer 10 --checkpoint run.ck --resume -o out.yct
	cmp out.yct long.yct
}

@test "a run killed between two checkpoints resumes to the same bytes" {
	condense --outer 10 -o long.yct
	run -137 interrupt 2 KILL --outer 10 --checkpoint run.ck --resume -o out.yct
	condense --outer 10 --checkpoint run.ck --resume -o out.yct
	cmp out.yct long.yct

	# The network goes on from one outer iteration to the next.
	condense --outer 2 --fix-iter 2 -o shared.yct
	condense --outer 1 --fix-iter 2 --checkpoint again.ck -o out.yct
	condense --outer 2 --fix-iter 2 --checkpoint again.ck --resume -o out.yct
	cmp out.yct shared.yct
}

@test "a finished run resumes to more iterations, and its snapshots are shorter runs" {
	condense --outer 1 --checkpoint run.ck --save-every 1 -o out.yct
	cmp out.yct out.it0001.yct
	condense --outer 2 --checkpoint run.ck --resume -o out.yct
	cmp out.yct want.yct
	condense --outer 2 --save-every 1 -o again.yct
	cmp again.it0001.yct out.it0001.yct
	cmp again.it0002.yct want.yct
}

@test "the network that the side chooses is on record, and the same as the one named" {
	condense --outer 1 --checkpoint run.ck -o out.yct
	yc-info out.yct | grep -q ' net=convnet '
	condense --outer 2 --net convnet --checkpoint run.ck --resume -o out.yct
	same "yc-info --digest out.yct" "yc-info --digest want.yct"
}

@test "a checkpoint of another run is refused with the reason" {
	condense --outer 1 --checkpoint run.ck -o out.yct
	run -1 condense --outer 1 --checkpoint run.ck --resume --width 9 -o out.yct
	assert_output "yc-condense: run.ck: the checkpoint was made with --width 8, this run has --width 9"
	run -1 condense --outer 1 --checkpoint run.ck --resume --ipc 2 -o out.yct
	assert_output --partial "--ipc 1"
	run -1 condense --outer 1 --checkpoint run.ck --resume --seed 7 -o out.yct
	assert_output --partial "--seed 0"
	yc-load demo --train-images 12 --seed 1 -o train2.yct
	run -1 yc-condense idc "${tiny[@]}" --outer 1 --checkpoint run.ck --resume -o out.yct train2.yct
	assert_output "yc-condense: run.ck: the checkpoint was made from other input images"
	head -c 1000 run.ck >cut.ck
	run -1 condense --outer 1 --checkpoint cut.ck --resume -o out.yct
	assert_output --partial "cut.ck"
	refused 1 "want.yct: a stream of images" condense --outer 1 --checkpoint want.yct --resume -o out.yct
}

@test "an unfinished run is not overwritten without --resume" {
	run -1 interrupt 2 TERM --outer 2 --checkpoint run.ck --checkpoint-every 0 -o out.yct
	run -1 condense --outer 2 --checkpoint run.ck -o out.yct
	assert_output --partial "continue it with --resume"
	echo precious >note.txt
	refused 1 "note.txt: not a safetensors file" condense --outer 2 --checkpoint note.txt -o out.yct
	[ "$(cat note.txt)" = precious ]
}

@test "a time limit ends a run after a whole outer iteration" {
	run -0 condense --outer 100000 --time-limit 3s -o out.yct
	assert_output --regexp 'time limit: [0-9]+ of 100000 outer iterations done'
	[[ $output =~ ([0-9]+)\ of\ 100000 ]]
	condense --outer "${BASH_REMATCH[1]}" -o same.yct
	cmp out.yct same.yct
}

@test "a time limit too short for one iteration is an error before the work, with settings that fit" {
	run -1 condense --inner 1000000 --outer 2 --time-limit 20s --checkpoint run.ck -o out.yct
	assert_output --regexp '^yc-condense: --time-limit 20s: not one outer iteration fits, which takes about [0-9.]+ [a-z]+: --inner [0-9]+ would fit, or --time-limit [0-9.]+h$'
	assert_not_exists out.yct
	assert_not_exists run.ck
	run -1 condense --outer 2 --time-limit 0.000001s -o out.yct
	assert_output --regexp 'lower settings do not help, a smaller network may \(--width\), or --time-limit [0-9.]+s$'
	# where several would do
	run -1 condense --inner 1 --n-data 1000000 --outer 2 --time-limit 5s -o out.yct
	assert_output --regexp ': --n-data [0-9]+ would fit, or '
}

@test "a dry run measures, prints memory and time, and writes nothing" {
	run -0 --separate-stderr condense --inner 100000 --dry-run --checkpoint run.ck -o out.yct
	[ -z "$stderr" ]
	[ "${#lines[@]}" = 2 ]
	assert_line --index 0 --regexp '^memory  [0-9]+ MB$'
	assert_line --index 1 --regexp '^time    [0-9.]+ [a-z]+ per outer iteration, [0-9.]+ [a-z]+ for 2000; the published setting \(2000 outer of 100 inner\) [0-9.]+ [a-z]+$'
	assert_not_exists out.yct
	assert_not_exists run.ck
	run -0 --separate-stderr condense --outer 1000000 --dry-run --time-limit 1h
	assert_line --index 1 --regexp ' for [0-9]+ of 1000000, by the time limit; the published'
	run -1 condense --inner 1000000 --dry-run --time-limit 1s
	assert_output --partial 'not one outer iteration fits'
	refused 1 "No space left" pipe "yc-condense idc ${tiny[*]} --dry-run train.yct >/dev/full"
}

@test "dream with random batches and idc's beginning is idc" {
	dream --interval 0 --init mix --outer 2 --no-history -o a.yct
	condense --inner 3 --outer 2 --no-history -o b.yct
	cmp a.yct b.yct
}

@test "dream gives the same bytes for any number of threads, and its settings are told" {
	dream --outer 2 -j1 -o a.yct
	dream --outer 2 -j2 -o b.yct
	cmp a.yct b.yct
	yc-condense dream --ipc 1 --outer 1 --inner 1 --n-data 1 --width 4 --n-real 5 train.yct -o c.yct
	run -0 yc-info c.yct
	assert_line --regexp 'yc-condense dream ipc=1 .*interval=10 .* init=kmean .* n-real=5 .* net-batch=128 '
	yc-condense dream --help | grep -A 1 -e '--n-real' | grep -q 128
}

@test "dream stopped and killed at several moments resumes to the same bytes" {
	# One clustering in six inner iterations: most moments need the batches it chose.
	local rare=(--inner 6 --interval 6 --outer 5)
	dream "${rare[@]}" -o long.yct
	for changes in 2 7 12; do
		run -1 interrupted "$changes" TERM dream "${tiny[@]}" "${rare[@]}" \
			--checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
		grep -q 'interrupted, checkpoint saved in run.ck; continue with --resume' err
	done
	run -137 interrupted 2 KILL dream "${tiny[@]}" "${rare[@]}" \
		--checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
	dream "${rare[@]}" --checkpoint run.ck --resume -o out.yct
	cmp out.yct long.yct
}

@test "every option of dream changes the result" {
	for o in "" "--interval 1" "--interval 0" "--init mix" "--init random" "--factor 1" \
		"--embed-normalised" "--kmeans-replace" "--kmeans-replace --kmeans-reseed"; do
		# shellcheck disable=SC2086
		dream -j1 --outer 1 --n-real 8 $o --no-history | yc-info --digest >>digests
	done
	[ "$(sort -u digests | wc -l)" = 9 ]
	condense --init kmean --outer 1 --no-history | yc-info --digest >>digests
	for o in '' --bias --fc '--bias --fc'; do
		# shellcheck disable=SC2086
		condense --outer 1 --no-history $o | yc-info --digest >>digests
	done
	[ "$(sort -u digests | wc -l)" = 14 ]
}

@test "a run goes on from a condensed set, and its history has the digest and the history of it" {
	condense --init-from want.yct --lr-img 0 --outer 1 -o same.yct
	python3 "$YC_ROOT/tests/make/made.py" --rows image < <(zstd -dcqf want.yct) |
		awk '{ for (i = 1; i <= NF; i++) $i = $i < 0 ? 0 : $i > 1 ? 1 : $i } 1' >a
	python3 "$YC_ROOT/tests/make/made.py" --rows image < <(zstd -dcqf same.yct) >b
	python3 "$YC_ROOT/tests/make/made.py" --close 1e-6 a b
	run -0 yc-info same.yct
	assert_line --partial " init-from=$(yc-info --digest want.yct) "
	[[ ${lines[-1]} != *" init="* ]]
	# and what made it
	assert_line --regexp '^ +yc-condense idc ipc=1 .* init=mix .*outer=2 '

	# It goes by the content, not by the name, and a pipe will do.
	condense --init-from want.yct --outer 1 --checkpoint run.ck -o one.yct
	condense --init-from <(cat want.yct) --outer 2 --checkpoint run.ck --resume -o two.yct
	condense --init-from want.yct --outer 2 -o both.yct
	cmp two.yct both.yct
	run -1 condense --init-from one.yct --outer 2 --checkpoint run.ck --resume -o two.yct
	assert_output --regexp 'run.ck: the checkpoint was made with --init-from sha256:.*, this run has --init-from sha256:'
}

@test "dm, dc and dsa begin with a given set too" {
	yc-select first --ipc 1 -q train.yct -o one.yct
	rows one.yct | sort >want
	for m in dm dc dsa; do
		yc-condense $m --ipc 1 --width 8 --n-real 8 --iterations 1 --lr-img 0 --init-from one.yct -q train.yct -o $m.yct
		rows $m.yct | sort | cmp - want
		run -0 yc-info $m.yct
		assert_line --partial " init-from=$(yc-info --digest one.yct) "
		assert_line --regexp '^ +yc-select first ipc=1 '
		yc-condense $m --ipc 1 --width 8 --n-real 8 --iterations 2 --init-from one.yct -q train.yct -o want.$m
		yc-condense $m --ipc 1 --width 8 --n-real 8 --iterations 1 --init-from one.yct --checkpoint ck.$m -q train.yct -o half.$m
		yc-condense $m --ipc 1 --width 8 --n-real 8 --iterations 2 --init-from one.yct --checkpoint ck.$m --resume -q train.yct -o two.$m
		cmp want.$m two.$m
		run -2 yc-condense $m --ipc 1 --iterations 1 --init noise --init-from one.yct train.yct -o no.yct
		assert_output "yc-condense: --init and --init-from are mutually exclusive"
		yc-condense $m --help | tr -s ' \n' ' ' | grep -q "real images drawn at random, from noise, or from the first tiles or images of a condensed set (default: $([ $m = dc ] && echo noise || echo real), or tiles of a condensed set)"
	done
}

@test "tiles of a set, put together again, are the set" {
	yc-condense idc "${tiny[@]}" --ipc 2 --outer 1 -q train.yct | yc-quantise -q -o set.yct
	yc-select random --keep 1 -q set.yct -o tiles.yct
	yc-info tiles.yct | grep -q 'image  *U8 \[80,3,16,16\]'
	yc-condense idc "${tiny[@]}" --ipc 2 --outer 1 --lr-img 0 --init-from tiles.yct -q train.yct | yc-quantise -q -o same.yct
	rows set.yct >want
	rows same.yct | cmp - want
	# The best ones of a class become one image.
	yc-select yoco --order -q <(yc-score lbpe --epochs 1 --width 8 -q set.yct) | yc-select first -q --ipc 1 -o first.yct
	yc-condense idc "${tiny[@]}" --outer 1 --lr-img 0 --init-from first.yct -q train.yct -o one.yct
	rows first.yct | sort >want
	yc-select random --keep 1 -q one.yct -o tiles.yct
	rows tiles.yct | sort | cmp - want
	run -1 yc-condense idc "${tiny[@]}" --ipc 2 --outer 1 --init-from first.yct train.yct -o no.yct
	assert_output "yc-condense: first.yct: 40 tiles of side 16: 2 images per class of factor 2 take 80 of side 16"
	run -1 yc-condense dm -q --ipc 1 --iterations 1 --init-from first.yct train.yct -o no.yct
	assert_output "yc-condense: first.yct: 40 tiles of side 16: 1 images per class of factor 1 take 10 of side 32"
}

# first METHOD OPTION... FILE: the rows of the images that it begins with, ipc of a class or one, as bytes
first() {
	local one=(--outer 1 --inner 1)
	[ "$1" = idc ] || one=(--iterations 1)
	yc-condense "$1" --ipc ${ipc:-1} --width 4 --n-real 8 "${one[@]}" --lr-img 0 -q "${@:2}" | yc-quantise -q -o first.yct
	rows first.yct
}

@test "a condensed set is condensed again from its own first images or tiles, and of its own factor" {
	yc-condense idc "${tiny[@]}" --ipc 3 --outer 1 -q train.yct | yc-quantise -q -o set.yct
	yc-score lbpe --epochs 1 --width 4 -q set.yct | yc-select yoco -q --order -o ordered.yct
	yc-select first -q --ipc 1 ordered.yct -o best.yct
	for m in idc dm dc dsa; do
		first $m --init-from best.yct --factor 2 train.yct >want
		first $m ordered.yct | diff - want
		yc-info first.yct | grep -q 'factor 2$'
		yc-info first.yct | grep -Eq " yc-condense $m ipc=1 .* factor=2 init=tiles "
		# in decoded order where there is no other, as yc-select takes them
		first $m --init-from <(yc-select first -q --ipc 1 set.yct) --factor 2 train.yct >want
		first $m set.yct | diff - want
		first $m ordered.yct >other
		run -1 cmp -s want other
		# Decoded, they are the same tiles in the same order.
		ipc=2 first $m ordered.yct >other
		yc-select first -q --ipc 2 first.yct -o tiles.yct
		yc-select first -q --ipc 2 ordered.yct -o two.yct
		same "rows tiles.yct | sort -s -k1,1" "rows two.yct | sort -s -k1,1"
	done
	# Small images are tiles, even if nothing says where they come from.
	yc-select first -q --no-history --ipc 2 ordered.yct -o tiles.yct
	first dm --init-from best.yct --factor 2 train.yct >want
	first dm tiles.yct | diff - want
	# Of whole images they are whole images, which idc makes tiles of.
	yc-condense dm --ipc 4 --iterations 1 --width 4 --n-real 8 -q train.yct | yc-quantise -q -o whole.yct
	first dm whole.yct | cut -f2 >own
	rows whole.yct | cut -f2 | awk 'NR % 4 == 1' | diff own -
	first idc whole.yct >own
	yc-info first.yct | grep -Eq 'factor=2 init=mix '
	first dsa --factor 2 whole.yct >own
	yc-info first.yct | grep -Eq 'factor=2 init=real '
	# Thirds of 32 pixels differ.
	yc-condense idc "${tiny[@]}" --ipc 1 --factor 3 --init noise --outer 1 -q train.yct -o thirds.yct
	first idc thirds.yct >own
	yc-info first.yct | grep -Eq 'factor=3 init=mix '
	run -1 yc-condense idc --ipc 1 --factor 3 --init tiles -q thirds.yct -o no.yct
	assert_output "yc-condense: --init tiles: tiles of factor 3 differ in size, for a side of 32"
	# 4 pixels, of a ninth, are no eighth.
	yc-condense idc "${tiny[@]}" --ipc 1 --factor 9 --init noise --outer 1 -q train.yct | yc-select random --keep 1 -q -o ninths.yct
	first dm ninths.yct >own
	yc-info first.yct | grep -Eq ' yc-condense dm .*factor=1 init=real '
	# Nor are 5 of 8 pixels a half.
	"$YC_ROOT/tests/make/condensed.py" factor=1 h=5 scores=0 labels=0,0,0,0,1,1,1,1,2,2,2,2 >odd.yct
	first idc odd.yct >own
	yc-info first.yct | grep -Eq ' yc-condense idc .*factor=2 init=mix '
	# Joined ones are condensed, too; real images that a condenser has chosen are not.
	yc-condense dm --ipc 2 --iterations 1 --width 4 --n-real 8 --seed 1 -q train.yct | yc-quantise -q -o more.yct
	run -0 yc-condense dm --ipc 1 --width 4 --dry-run -q <(yc-cat -q whole.yct more.yct)
	assert_line --regexp '^time .* for 1000$'
	yc-condense random --ipc 8 -q train.yct -o chosen.yct
	run -0 yc-condense dm --ipc 1 --width 4 --dry-run -q chosen.yct
	assert_line --regexp '^time .* for 20000; '
	yc-condense random --ipc 3 -q whole.yct -o chosen.yct
	run -0 yc-condense dm --ipc 1 --width 4 --dry-run -q chosen.yct
	assert_line --regexp '^time .* for 1000$'
	run -2 yc-condense idc --ipc 1 --init-random ordered.yct -o no.yct
	assert_line "yc-condense: --init-random is for --init random and mix, and condensed images begin as they are"
	# The published number of iterations is no aim here.
	run -0 yc-condense dm --ipc 1 --width 4 --dry-run -q ordered.yct
	assert_line --regexp '^time .* for 1000$'
	run -2 yc-condense idc --ipc 1 --init-area ordered.yct -o no.yct
	assert_line "yc-condense: --init-area is for tiles of real images"
	run -1 yc-condense dm --ipc 1 --iterations 1 -q --init tiles train.yct -o no.yct
	assert_output "yc-condense: --init tiles takes those of condensed images, and these are no such images"
	run -1 yc-condense dm --ipc 1 --iterations 1 -q --factor 1 --init tiles ordered.yct -o no.yct
	assert_output "yc-condense: --init tiles: images of factor 1 cannot be put together from those of images of factor 2"
	run -1 yc-condense dm --ipc 4 --iterations 1 -q ordered.yct -o no.yct
	assert_output "yc-condense: class 0 has 12 of the 16 tiles that 4 images begin with; --init noise begins without"
	run -1 yc-condense dm --ipc 4 --dry-run -q set.yct
	assert_output "yc-condense: class 0 has 3 of the 4 images that 4 images begin with; --init noise begins without"
	[ ! -e no.yct ]
}

@test "the learning rate of the pixels may fall from one outer iteration to the next" {
	local two=("${tiny[@]}" --lr-img 1 --no-history)
	yc-condense idc "${two[@]}" --outer 2 -q train.yct -o constant.yct
	yc-condense idc "${two[@]}" --outer 2 --lr-img-decay 1 -q train.yct -o same.yct
	cmp same.yct constant.yct
	# After the first, by nothing at all: only momentum moves them on.
	yc-condense idc "${two[@]}" --momentum-img 0 --outer 1 -q train.yct -o one.yct
	yc-condense idc "${two[@]}" --momentum-img 0 --outer 2 --lr-img-decay 0 -q train.yct -o still.yct
	same "rows still.yct" "rows one.yct"
	# In the second by half, from where the first ended.
	yc-condense idc "${two[@]}" --momentum-img 0 --outer 2 --lr-img-decay 0.5 -q train.yct -o half.yct
	yc-condense idc "${two[@]}" --momentum-img 0 --outer 1 --checkpoint ck -q train.yct -o one.yct --lr-img-decay 0.5
	yc-condense idc "${two[@]}" --momentum-img 0 --outer 2 --checkpoint ck --resume -q train.yct --lr-img-decay 0.5 -o same.yct
	cmp same.yct half.yct
	for f in one half constant; do rows $f.yct; done | sort -u >all
	[ "$(wc -l <all)" = 30 ]
	run -2 yc-condense idc --lr-img-decay 1.5 train.yct -o no.yct
}

@test "a budget is a number of outer iterations by the work of one, and large steps that become smaller" {
	# by IPC: 6 passes of each of its 4 tiles, beside 3 of 64 real images, and 3 of 2000 for the network
	# and one of all 1280 for every clustering
	yc-load demo --train-images 128 -q -o many.yct
	for want in "idc 1h 10 22" "idc 1h 1 28" "idc 1h 50 15" "idc 8h 10 176" "dream 1h 10 18" "dream 1h 10 17 --interval 1"; do
		read -r method budget ipc outer more <<<"$want"
		# shellcheck disable=SC2086 # words
		run -0 --separate-stderr yc-condense "$method" --budget "$budget" --ipc "$ipc" --init noise --width 1 --depth 1 --dry-run -q $more many.yct
		assert_line --regexp " for $outer; the published"
	done
	run -0 --separate-stderr yc-condense idc --budget 1h --inner 50 --init noise --width 1 --depth 1 --dry-run -q many.yct
	assert_line --regexp " for 44; the published"
	# A batch has no more real images than a class; and there are never more than the published number.
	run -0 --separate-stderr yc-condense idc --budget 1h --init noise --width 1 --depth 1 --dry-run -q train.yct
	assert_line --regexp " for 26; the published"
	run -0 --separate-stderr yc-condense idc --budget 8h --inner 1 --init noise --width 1 --depth 1 --dry-run -q train.yct
	assert_line --regexp " for 2000; the published"
	# The learning rate falls by the schedule, wherever a run ends for now: a fifth after 2000.
	local three=(--budget 1h --ipc 3 --inner 1 --width 4 --n-real 8 --checkpoint ck -q train.yct)
	yc-condense idc "${three[@]}" --outer 2 -o out.yct
	yc-condense idc "${three[@]}" --outer 3 --resume -o out.yct
	run -0 yc-info out.yct
	assert_line --regexp ' init=mix .* budget=1h outer=3 inner=1 .* lr-img=0.03[0-9]* lr-img-decay=0.999195[0-9]* '
	# A checkpoint from before there were budgets goes on without.
	yc-condense idc "${tiny[@]}" --outer 1 --checkpoint new -q train.yct -o out.yct
	LC_ALL=C sed 's/yc.option.lr-img-decay/yc.option.of-other-use/; s/yc.option.budget/yc.option.others/' new >old
	run -1 grep -aqE 'yc.option.(lr-img-decay|budget)' old
	yc-condense idc "${tiny[@]}" --outer 2 --checkpoint new --resume -q train.yct -o out.yct
	yc-condense idc "${tiny[@]}" --outer 2 --checkpoint old --resume -q train.yct -o same.yct
	cmp out.yct same.yct
	# What is given, stays
	yc-condense dream --budget 8h --ipc 1 --outer 2 --inner 1 --width 4 --n-real 8 --lr-img-decay 1 -q train.yct -o out.yct
	run -0 yc-info out.yct
	assert_line --regexp ' init=kmean .* budget=8h outer=2 inner=1 .* lr-img=0.01 lr-img-decay=1 '
	yc-condense idc "${tiny[@]}" --outer 1 -q train.yct -o one.yct
	run -2 yc-condense idc --budget 1h one.yct -o no.yct
	assert_line "yc-condense: --budget is for real images: of condensed ones minutes are enough"
	yc-load demo --train-images 1 -q -o few.yct
	yc-save png -q few.yct pictures
	yc-load folder pictures --side 96 -q -o large.yct
	run -2 yc-condense idc --budget 1h large.yct -o no.yct
	assert_line "yc-condense: --budget has schedules for images of up to 64 pixels, not of 96"
}

# Prefixes of three images, chosen in iterations 1, 2, 4 and so on.
mdc() {
	yc-condense mdc "${tiny[@]}" --ipc 3 --syn-max 128 --period 2 "$@" train.yct
}

# logged NAME FILE: a tensor of the log
logged() {
	zstd -dcqf "$2" | python3 "$YC_ROOT/tests/make/made.py" --log "$1"
}

@test "mdc gives the same bytes for any number of threads, and its settings are told" {
	mdc --outer 5 -j1 -o a.yct
	mdc --outer 5 -j2 -o b.yct
	cmp a.yct b.yct
	run -0 yc-info a.yct
	assert_line --regexp '^head .*10 classes, side 32, factor 2'
	assert_line --regexp '^other +log: 4 tensors'
	assert_line --regexp 'yc-condense mdc ipc=3 .* period=2 class-wise=false no-freeze=false interval=0 .* init=mix '
	[[ $output != *" decode="* ]]
	yc-condense mdc --help | grep -A 2 -e '--period' | grep -q 100
	run -0 pipe "yc-condense mdc --ipc 2 --width 1 --inner 1 --dry-run train.yct"
	assert_line --regexp ' for 2000; the published setting \(2000 outer of 100 inner\) '
}

@test "mdc is idc until a prefix is chosen, and then matches it" {
	for o in "" "--interval 1 --init kmean"; do
		other="idc --ipc 3"
		[ -z "$o" ] || other="dream --ipc 3 --interval 1 --net-batch 8 --n-real 5"
		for outer in 1 2; do
			# shellcheck disable=SC2086
			mdc --outer $outer $o -o a.yct
			# shellcheck disable=SC2086
			yc-condense ${other%% *} "${tiny[@]}" --syn-max 128 ${other#* } --outer $outer train.yct -o b.yct
			rows a.yct >a
			rows b.yct >b
			logged condense.loss a.yct >loss
			if [ $outer = 1 ]; then
				cmp a b
				same "logged condense.loss a.yct" "logged condense.loss b.yct"
			else
				run -1 cmp -s a b
				differ "logged condense.loss a.yct" "logged condense.loss b.yct"
			fi
			# the first choice is the first image
			[ $outer = 2 ] || [ "$(logged condense.subset a.yct)" = 1 ]
		done
	done
	# a distance of each prefix; 2 decimals
	[ "$(logged condense.subset.distance a.yct | wc -w)" = 2 ]
	logged condense.subset.distance a.yct | tr ' ' '\n' | awk '{ x = $1 * 100; if (x <= 0 || (x - int(x + .5)) ^ 2 > 1e-4) exit 1 }'
}

@test "mdc stopped and killed at several moments resumes to the same bytes" {
	local more=(--ipc 3 --syn-max 128 --period 2 --class-wise --outer 7)
	mdc --class-wise --outer 7 -o long.yct
	for changes in 2 23 41; do
		run -1 interrupted "$changes" TERM mdc "${tiny[@]}" "${more[@]}" \
			--checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
		grep -q 'interrupted, checkpoint saved in run.ck; continue with --resume' err
	done
	run -137 interrupted 5 KILL mdc "${tiny[@]}" "${more[@]}" \
		--checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
	mdc --class-wise --outer 7 --checkpoint run.ck --resume -o out.yct
	cmp out.yct long.yct
	# and to more iterations
	mdc --class-wise --outer 8 --checkpoint run.ck --resume -o more.yct
	mdc --class-wise --outer 8 -o again.yct
	cmp more.yct again.yct
	# of which its snapshots are shorter runs
	mdc --class-wise --outer 8 --save-every 7 -o eight.yct
	cmp eight.it0007.yct long.yct
}

@test "every option of mdc changes the result, and idc's networks serve it" {
	for o in "" "--period 3" "--class-wise" "--no-freeze" "--interval 1" "--interval 1 --embed-normalised" \
		"--syn-max 5" "--factor 1" "--metric cos"; do
		# shellcheck disable=SC2086
		mdc -j2 --outer 8 $o --no-history | yc-info --digest >>digests
	done
	[ "$(sort -u digests | wc -l)" = 9 ]
	yc-train --like idc --inner 2 --n-data 16 --net-batch 8 --width 8 --outer 3 train.yct -o nets.yct
	same "yc-info --digest <(mdc --outer 3 --networks nets.yct)" "yc-info --digest <(mdc --outer 3)"
}

@test "mdc needs several images, and cuts them all by one factor" {
	refused 2 "mdc makes sets of every size up to --ipc n, which must be 2 or more" \
		yc-condense mdc --ipc 1 --outer 1 -o out.yct train.yct
	refused 2 "unknown option '--decode': it belongs to idc, dream" yc-condense mdc --decode multi train.yct -o out.yct
	assert_not_exists out.yct
}

# coreset METHOD OPTION...: of a network of two epochs, but for random.
coreset() {
	local method=$1 net=(--epochs 2 --batch 8 --width 8)
	shift
	[ "$method" != random ] || net=()
	yc-condense "$method" --ipc 2 "${net[@]}" "$@" train.yct
}

@test "coresets are real images, of which they tell the ids, and the same for any number of threads" {
	rows train.yct >train
	for m in random herding kcenter kmeans; do
		coreset $m -j1 -o a.yct
		coreset $m -j2 -o b.yct
		cmp a.yct b.yct
		run -0 yc-info a.yct
		assert_line --regexp '^column +source I64 \[20,1\]'
		assert_line --regexp '^head .*10 classes, side 32, factor 1'
		refute_line --partial "log:"
		# row id + 1 of the input, twenty different ones
		rows a.yct >got
		zstd -dcqf a.yct | python3 "$YC_ROOT/tests/make/made.py" --rows source >ids
		[ "$(sort -u ids | wc -l)" = 20 ]
		while read -r id; do
			sed -n "$((id + 1))p" train
		done <ids >want
		cmp got want
		# tiles: four sources, in decoded order what the longer list begins with
		coreset $m --factor 2 -o tiles.yct
		coreset $m --ipc 8 -o whole.yct
		zstd -dcqf tiles.yct | python3 "$YC_ROOT/tests/make/made.py" --rows source |
			awk '{ for (k = 1; k <= 4; k++) print int((NR - 1) / 2), k, NR, $k }' | sort -n -k1 -k2 -k3 | cut -d' ' -f4 >four
		zstd -dcqf whole.yct | python3 "$YC_ROOT/tests/make/made.py" --rows source | diff four -
	done
	# as dm begins, and idc --init-random
	coreset random -o drawn.yct
	dm --lr-img 0 --iterations 1 -o begin.yct
	same "rows drawn.yct" "rows begin.yct"
}

@test "a smaller coreset is the beginning of a larger one, which yc-select first takes" {
	for m in random herding kcenter; do
		coreset $m --ipc 5 | yc-select first --ipc 2 -o part.yct
		coreset $m -o two.yct
		same "rows part.yct" "rows two.yct"
	done
}

@test "every option of a coreset changes the choice, and its network is one of yc-train" {
	for o in "random" "random --seed 1" "herding" "herding --epochs 1" "herding --epochs 0" "herding --features pixels" \
		"herding --seed 1" "kcenter" "kcenter --start mean" "kmeans" "kmeans --net resnet10 --width 4" "herding --factor 2" \
		"herding --factor 2 --init-area"; do
		# shellcheck disable=SC2086
		if [[ $o == *pixels* ]]; then
			yc-condense $o --ipc 2 train.yct
		else
			coreset $o
		fi | yc-info --digest >>digests
	done
	[ "$(sort -u digests | wc -l)" = 13 ]
	yc-train --epochs 3 --width 8 --batch 8 train.yct -o net.yct
	yc-condense herding --ipc 2 --init-net net.yct train.yct -o a.yct
	yc-info a.yct | grep -q ' width=8 .* epochs=0 .* init-net=net.yct'
	differ "rows a.yct" "rows <(coreset herding --epochs 0)"
	yc-condense herding --help | grep -A 1 -e '--epochs' | grep -q 'default: 10,'
}

@test "coresets stopped and killed in their training or after it resume to the same bytes" {
	# Many more steps than are waited for: on a busy machine several pass unseen.
	local long=(--ipc 2 --width 8 --batch 8 --epochs 40)
	for m in herding kmeans; do
		rm -f run.ck out.yct
		yc-condense $m "${long[@]}" train.yct -o long.yct
		for changes in 2 20 15; do
			run -1 interrupted "$changes" TERM $m "${long[@]}" \
				--checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
			grep -q 'interrupted, checkpoint saved in run.ck; continue with --resume' err
		done
		run -137 interrupted 2 KILL $m "${long[@]}" --checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
		yc-condense $m "${long[@]}" --checkpoint run.ck --resume train.yct -o out.yct
		cmp out.yct long.yct
		yc-condense $m "${long[@]}" --checkpoint run.ck --resume train.yct -o again.yct
		cmp again.yct long.yct
	done
	# between the classes, which take longer where the network is wide
	local wide=(kcenter --ipc 2 --width 512 --epochs 0)
	yc-condense "${wide[@]}" train.yct -o long.yct
	rm run.ck
	run -1 interrupted 1 TERM "${wide[@]}" --checkpoint run.ck --checkpoint-every 0 -o out.yct
	yc-condense "${wide[@]}" --checkpoint run.ck --resume train.yct -o out.yct
	cmp out.yct long.yct
	refused 1 "run.ck: the checkpoint is of method 'kcenter', not 'herding'" \
		yc-condense herding "${long[@]}" --checkpoint run.ck --resume train.yct -o out.yct
}

@test "coresets have no iterations: their time is that of the run" {
	run -0 --separate-stderr yc-condense herding --ipc 1 --width 8 --dry-run train.yct
	assert_line --index 0 --regexp '^memory  [0-9]+ MB$'
	assert_line --index 1 --regexp '^time    [0-9.]+ [a-z]+$'
	run -1 yc-condense herding --ipc 1 --width 8 --epochs 1000000 --time-limit 20s train.yct -o out.yct
	assert_output --regexp '^yc-condense: --time-limit 20s: not one run fits, which takes about [0-9.]+ [a-z]+: --epochs [0-9]+ would fit, or --time-limit [0-9.]+h$'
	coreset herding --time-limit 1h -o a.yct
	coreset herding --save-every 1 -o b.yct
	cmp a.yct b.yct
	cmp b.it0001.yct b.yct
}

@test "coresets refuse what they cannot do" {
	refused 1 "class 0 has 12 images, --ipc 13 needs 13" coreset random --ipc 13 -o out.yct
	refused 1 "class 0 has 12 images, --ipc 4 of 4 tiles needs 16" coreset kmeans --ipc 4 --factor 2 -o out.yct
	refused 2 "--features pixels needs no network" coreset herding --features pixels -o out.yct
	refused 2 "--init-epoch needs --init-net FILE" coreset herding --init-epoch 1 -o out.yct
	refused 2 "unknown option '--start': it belongs to kcenter" coreset herding --start mean -o out.yct
	refused 1 "missing.yct" coreset herding --init-net missing.yct -o out.yct
	refused 2 "unknown option '--iterations': it belongs to" coreset herding --iterations 2 -o out.yct
	assert_not_exists out.yct
}

@test "dm gives the same bytes for any number of threads, and its settings are told" {
	dm --iterations 3 -j1 -o a.yct
	dm --iterations 3 -j2 -o b.yct
	cmp a.yct b.yct
	run -0 yc-info a.yct
	assert_line --regexp '^head .*10 classes, side 32, factor 1'
	assert_line --regexp '^column +image F32 \[20,3,32,32\]'
	assert_line --regexp 'yc-condense dm ipc=2 .*iterations=3 n-real=8 factor=1 init=real lr-img=1 momentum-img=0.5 aug=color_crop_cutout_flip_scale_rotate aug-all=false net=convnet width=8 '
	# ten times the step for large sets of ten classes, 256 real images, 20,000 iterations
	run -0 --separate-stderr dm --ipc 100 --init noise --n-real 12 --iterations 1 -o many.yct
	yc-info many.yct | grep -Eq ' init=noise lr-img=(10|1e\+01) '
	run -0 pipe "yc-condense dm --n-real 8 --width 1 --dry-run train.yct"
	assert_line --index 1 --regexp ' per iteration, .* for 20000; the published setting \(20000 iterations\) '
}

@test "dm stopped and killed at several moments resumes to the same bytes" {
	dm --iterations 100 -o long.yct
	for changes in 2 14 25; do
		run -1 interrupted "$changes" TERM dm --ipc 2 --n-real 8 --width 8 --iterations 100 \
			--checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
		grep -q 'interrupted, checkpoint saved in run.ck; continue with --resume' err
	done
	run -137 interrupted 5 KILL dm --ipc 2 --n-real 8 --width 8 --iterations 100 \
		--checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
	dm --iterations 100 --checkpoint run.ck --resume -o out.yct
	cmp out.yct long.yct
	# and to more of them
	dm --iterations 101 --checkpoint run.ck --resume -o more.yct
	dm --iterations 101 --save-every 100 -o again.yct
	cmp more.yct again.yct
	cmp again.it0100.yct long.yct
	run -1 condense --checkpoint run.ck --resume -o out.yct
	assert_output "yc-condense: run.ck: the checkpoint is of method 'dm', not 'idc'"
}

@test "a time limit ends dm after an iteration, or does not begin" {
	run -0 dm --iterations 1000000 --time-limit 2s -o out.yct
	[[ $output =~ time\ limit:\ ([0-9]+)\ of\ 1000000\ iterations\ done ]]
	dm --iterations "${BASH_REMATCH[1]}" -o same.yct
	cmp out.yct same.yct
	run -1 dm --time-limit 0.00001s -o out.yct
	assert_output --partial "not one iteration fits, which takes about 0."
}

@test "every option of dm changes the result" {
	for o in "" "--factor 2 --ipc 1" "--init noise" "--lr-img 2" "--momentum-img 0" "--aug color" "--aug none" \
		"--aug-all" "--depth 2" "--width 9" "--n-real 9" "--seed 1" "--net resnet10ap"; do
		# shellcheck disable=SC2086
		dm -j1 --iterations 2 --no-history $o | yc-info --digest >>digests
	done
	[ "$(sort -u digests | wc -l)" = 13 ]
	begins_with_real_images dm
}

@test "dm refuses networks with batch norm unless they are pretrained, and says why" {
	for n in resnet10 densenet; do
		run -2 dm --net $n --iterations 1 -o out.yct
		assert_output "yc-condense: dm embeds one class at a time, and the batch norms of $n would take their statistics from that: --net convnet or resnet10ap, or --pretrained networks"
	done
	yc-train --net resnet10 --width 4 --epochs 1 -q train.yct -o nets.yct
	dm --net resnet10 --width 4 --pretrained nets.yct --iterations 2 -j1 -o a.yct
	dm --net resnet10 --width 4 --pretrained nets.yct --iterations 2 -j2 -o b.yct
	cmp a.yct b.yct
}

@test "dm draws its networks from a file, which is known by its content" {
	yc-train --width 8 --epochs 2 -n 2 --snapshots every-epoch -q train.yct -o nets.yct
	dm --pretrained nets.yct --iterations 6 -j1 -o a.yct
	dm --pretrained <(cat nets.yct) --iterations 6 -j2 -o b.yct
	cmp a.yct b.yct
	yc-info a.yct | grep -Eq ' pretrained=sha256:[0-9a-f]{64} '
	dm --iterations 6 -o fresh.yct
	differ "yc-info --digest a.yct" "yc-info --digest fresh.yct"
	# all snapshots of a network count
	yc-train --width 8 --epochs 1 --snapshots 0 -q train.yct -o one.yct
	yc-train --width 8 --epochs 1 --snapshots 0,1 -q train.yct -o two.yct
	dm --pretrained one.yct --iterations 6 -o c.yct
	dm --pretrained two.yct --iterations 6 -o d.yct
	differ "yc-info --digest c.yct" "yc-info --digest d.yct"

	dm --pretrained nets.yct --iterations 3 --checkpoint run.ck -o part.yct
	run -1 dm --pretrained two.yct --iterations 6 --checkpoint run.ck --resume -o out.yct
	assert_output --regexp 'run.ck: the checkpoint was made with --pretrained sha256:.*, this run has --pretrained sha256:'
	dm --pretrained nets.yct --iterations 6 --checkpoint run.ck --resume -o out.yct
	cmp out.yct a.yct
}

@test "networks of another kind are no networks for dm" {
	yc-train --width 8 --epochs 1 -q train.yct -o nets.yct
	refused 1 "nets.yct: network 1: a network with --width 8, this run has --width 9" dm --width 9 --pretrained nets.yct -o out.yct
	refused 1 "nets.yct: network 1: a network with --depth 3, this run has --depth 2" dm --depth 2 --pretrained nets.yct -o out.yct
	refused 1 "nets.yct: network 1: a network with --net convnet, this run has --net resnet10ap" \
		dm --net resnet10ap --pretrained nets.yct -o out.yct
	"$YC_ROOT/tests/make/made.py" yc.classes=2 yc.side=16 image=U8:4x3x16x16 label=I64:4:0,1,0,1 >tiny.yct
	refused 1 "nets.yct: network 1: a network for 3 channels, side 32, 10 classes, not for 3, 16, 2" \
		yc-condense dm --ipc 2 --n-real 2 --width 8 --pretrained nets.yct tiny.yct -o out.yct
	refused 1 "train.yct: a stream without networks" dm --pretrained train.yct -o out.yct
	refused 1 "missing.yct" dm --pretrained missing.yct -o out.yct
	head -c $(($(stat -c %s nets.yct) / 2)) nets.yct >cut.yct
	refused 3 "cut.yct: record " dm --pretrained cut.yct -o out.yct
	assert_not_exists out.yct
}

@test "dm matches the output of any layer, by name or by block" {
	for o in "" "--embed 1" "--embed 2" "--embed layers.conv.0" "--embed layers.conv.2" "--net resnet10ap" \
		"--net resnet10ap --embed 1" "--net resnet10ap --embed layer2.0.bn1"; do
		# shellcheck disable=SC2086
		dm --iterations 2 -j1 --no-history $o | yc-info --digest >>digests
		# shellcheck disable=SC2086
		dm --iterations 2 -j2 --no-history $o | yc-info --digest | grep -Fxqf - <(tail -n 1 digests)
	done
	[ "$(sort -u digests | wc -l)" = 8 ]
	# the last block, which has the same name as its norm, is what the classifier sees
	for o in "--embed 3" "--embed layers.norm.2"; do
		# shellcheck disable=SC2086
		dm --iterations 2 -j1 --no-history $o | yc-info --digest | grep -Fxqf - <(head -n 1 digests)
	done
	run -2 dm --embed 4 -o out.yct
	assert_output "yc-condense: convnet has no layer '4' before the last: its blocks are 1 to 3, layers have names such as layers.conv.0"
	refused 2 "convnet has no layer 'classifier' before the last" dm --embed classifier -o out.yct
	refused 2 "the output of layer 'layer2.0.downsample.0' of resnet10ap is a part of a larger one: name a block, 1 to 4" \
		dm --net resnet10ap --embed layer2.0.downsample.0 -o out.yct
	yc-train --net densenet --width 4 --epochs 1 -q train.yct -o nets.yct
	dm --net densenet --width 4 --pretrained nets.yct --embed 2 --iterations 1 -o out.yct
}

@test "dc and dsa take networks with batch norm: the same bytes for any number of threads, and after a resume" {
	local few=(dsa --ipc 1 --n-real 5 --net resnet10 --width 4 --outer 2 --inner 2)
	yc-condense "${few[@]}" --iterations 4 -j1 train.yct -o a.yct
	yc-condense "${few[@]}" --iterations 4 -j2 train.yct -o b.yct
	cmp a.yct b.yct
	run -1 interrupted 9 TERM "${few[@]}" --iterations 4 --checkpoint run.ck --checkpoint-every 0 -o out.yct
	yc-condense "${few[@]}" --iterations 4 --checkpoint run.ck --resume train.yct -o out.yct
	cmp a.yct out.yct
	yc-condense dc --ipc 1 --n-real 5 --net densenet --width 4 --iterations 1 train.yct -o out.yct
}

@test "dc and dsa give the same bytes for any number of threads, and their settings are told" {
	for m in dc dsa; do
		yc-condense $m "${small[@]}" --net-batch 7 --iterations 3 -j1 train.yct -o $m.1.yct
		yc-condense $m "${small[@]}" --net-batch 7 --iterations 3 -j2 train.yct -o $m.2.yct
		cmp $m.1.yct $m.2.yct
		run -0 yc-info $m.1.yct
		assert_line --regexp '^head .*10 classes, side 32, factor 1'
		assert_line --regexp '^column +image F32 \[20,3,32,32\]'
	done
	local common="yc-condense METHOD ipc=2 seed=0 iterations=3 outer=2 inner=2 n-real=8 factor=1 init=INIT metric=ours lr-img=0.1 momentum-img=0.5 aug=AUG aug-all=false net=convnet width=8 precision=fp32 net-lr=0.01 net-batch=7 "
	yc-info dc.1.yct | grep -Fq "$(sed 's/METHOD/dc/; s/INIT/noise/; s/AUG/none/' <<<"$common")"
	yc-info dsa.1.yct | grep -Fq "$(sed 's/METHOD/dsa/; s/INIT/real/; s/AUG/color_crop_cutout_flip_scale_rotate/' <<<"$common")"
	# nothing else is different
	yc-condense dc "${small[@]}" --net-batch 7 --iterations 3 --init real --aug color_crop_cutout_flip_scale_rotate \
		--no-history train.yct -o as.yct
	same "yc-info --digest as.yct" "dsa --net-batch 7 --iterations 3 --no-history | yc-info --digest"
}

@test "dsa stopped and killed at several moments resumes to the same bytes" {
	local few=(dsa "${small[@]}" --iterations 20)
	yc-condense "${few[@]}" train.yct -o long.yct
	# 44 steps in an iteration: among classes and in the training of the network
	for changes in 2 13 25; do
		run -1 interrupted "$changes" TERM "${few[@]}" --checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
		grep -q 'interrupted, checkpoint saved in run.ck; continue with --resume' err
	done
	run -137 interrupted 5 KILL "${few[@]}" --checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
	yc-condense "${few[@]}" --checkpoint run.ck --resume train.yct -o out.yct
	cmp out.yct long.yct
	# and to more of them
	dsa --iterations 21 --checkpoint run.ck --resume -o more.yct
	dsa --iterations 21 --save-every 20 -o again.yct
	cmp more.yct again.yct
	cmp again.it0020.yct long.yct
	run -1 yc-condense dc "${small[@]}" --checkpoint run.ck --resume train.yct -o out.yct
	assert_output "yc-condense: run.ck: the checkpoint is of method 'dsa', not 'dc'"
}

@test "every option of dc and dsa changes the result" {
	for o in "" "--factor 2 --ipc 1" "--init noise" "--lr-img 2" "--momentum-img 0" "--metric mse" "--metric cos" \
		"--aug color" "--aug none" "--aug-all" "--depth 2" "--width 9" "--n-real 9" "--seed 1" "--net resnet10ap" \
		"--outer 3" "--inner 3" "--net-lr 0.5" "--net-batch 9"; do
		# shellcheck disable=SC2086
		dsa -j1 --iterations 2 --no-history $o | yc-info --digest >>digests
	done
	[ "$(sort -u digests | wc -l)" = 19 ]
	begins_with_real_images dsa
}

@test "updates and epochs of dc and dsa are those of the IPC, or between them, with a note" {
	loops() {
		# shellcheck disable=SC2086
		yc-condense dsa --n-real 4 --width 1 --depth 1 --lr-img 0 --iterations 1 --init noise --no-history train.yct \
			--checkpoint run.ck -o out.yct --ipc $1
		python3 - <<-'EOF_PYTHON'
		import re
		text = open("run.ck", "rb").read()
		print(*(re.search(b'"yc.option.%s":"([^"]*)"' % o, text)[1].decode() for o in (b"outer", b"inner")))
		EOF_PYTHON
		rm run.ck
	}
	run -0 loops 1
	assert_output "1 1"
	run -0 loops 10
	assert_output "10 50"
	run -0 loops 4
	assert_line "yc-condense: no --outer and --inner were published for --ipc 4: 4 and 17, between those of IPC 1 and 10"
	assert_line "4 17"
	run -0 loops "12 --inner 1"
	assert_line "yc-condense: no --outer and --inner were published for --ipc 12: 12 and 45, between those of IPC 10 and 20"
	assert_line "12 1"
	run -0 loops "51 --inner 2"
	assert_line "yc-condense: no --outer and --inner were published for --ipc 51: 50 and 10, those of IPC 50"
	assert_line "50 2"
	run -0 loops "5 --outer 2 --inner 2"
	assert_output "2 2"
	# only the published loops are called so
	run -0 pipe "yc-condense dc --ipc 10 --n-real 4 --width 1 --dry-run train.yct"
	assert_line --index 1 --regexp ' for 1000; the published setting \(1000 iterations\) '
	run -0 pipe "yc-condense dc --ipc 10 --inner 5 --n-real 4 --width 1 --dry-run train.yct"
	refute_line --index 1 --partial published
}

@test "a time limit ends dsa after an iteration, or does not begin and says what would fit" {
	run -0 dsa --iterations 1000000 --time-limit 2s -o out.yct
	[[ $output =~ time\ limit:\ ([0-9]+)\ of\ 1000000\ iterations\ done ]]
	dsa --iterations "${BASH_REMATCH[1]}" -o same.yct
	cmp out.yct same.yct
	run -1 dsa --inner 1000000 --time-limit 20s -o out.yct
	assert_output --regexp 'not one iteration fits, which takes about .*: --inner [0-9]+ would fit, or --time-limit '
}

@test "what dc and dsa cannot do is said at once" {
	refused 2 "--metric: 'l1' is not one of" dsa --metric l1 -o out.yct
	refused 2 "--init: 'mix' is not one of" dsa --init mix -o out.yct
	refused 2 "--inner: 0 is" dsa --inner 0 -o out.yct
	refused 2 "unknown option '--net-momentum'" dsa --net-momentum 0.9 -o out.yct
	run -1 dsa --ipc 13 --outer 1 --inner 1 -o out.yct
	assert_output --partial "class 0 has 12 images, initialisation 'random' of 13 images needs 13"
	run -1 dsa --lr-img 1e6 --iterations 50 --net-lr 1e6 -o out.yct
	assert_output --regexp "iteration [0-9]+: the (matching loss|network's loss) is not finite: --(lr-img|net-lr) is too large or the images are not sane"
	assert_not_exists out.yct
}

# A few images and pairs of a dense network or ConvNet.
kip() {
	yc-condense kip --kernel fc2 --ipc 2 --n-real 4 "$@" train.yct
}

kip_conv() {
	yc-condense kip --kernel conv3 --ipc 1 --n-real 1 "$@" train.yct
}

@test "kip gives the same bytes for any number of threads, and its settings are told" {
	for net in kip kip_conv; do
		$net --iterations 2 -j1 -o a.yct
		$net --iterations 2 -j2 -o b.yct
		cmp a.yct b.yct
	done
	run -0 yc-info a.yct
	assert_line --regexp '^column +image F32 \[10,3,32,32\]'
	assert_line --regexp '^other +log: 2 tensors'
	assert_line --regexp 'yc-condense kip ipc=1 seed=0 iterations=2 kernel=conv3 nngp=false n-real=1 init=real ridge=1e-06 lr-img=0.04 '
	run -0 kip --iterations 1 --n-real 4 --learn-labels -o c.yct
	yc-info c.yct | grep -Eq '^column +soft F32 \[20,10\]'
	# 5000 images a batch, 1000 times, or once through all
	run -0 --separate-stderr pipe "yc-condense kip --kernel fc1 --ipc 1 --dry-run -q train.yct"
	assert_line --index 1 --regexp ' per iteration, .* for 1000; the published setting \(1000 iterations\) '
	run -0 --separate-stderr pipe "yc-condense kip --kernel fc1 --ipc 1 --n-real 5 --label-solve --dry-run train.yct"
	assert_line --index 1 --regexp ' per iteration, .* for 3$'
}

@test "kip stopped and killed at several moments resumes to the same bytes" {
	local few=(--kernel conv3 --ipc 1 --n-real 1 --iterations 3 --learn-labels)
	yc-condense kip "${few[@]}" -o long.yct train.yct
	# among the steps forward, backward, and of another iteration
	for changes in 4 12 9; do
		run -1 interrupted "$changes" TERM kip "${few[@]}" \
			--checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
		grep -q 'interrupted, checkpoint saved in run.ck; continue with --resume' err
	done
	run -137 interrupted 3 KILL kip "${few[@]}" --checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
	yc-condense kip "${few[@]}" --checkpoint run.ck --resume -o out.yct train.yct
	cmp out.yct long.yct
	# and to more of them
	kip --iterations 3 --checkpoint more.ck -o short.yct
	kip --iterations 5 --checkpoint more.ck --resume -o more.yct
	kip --iterations 5 --save-every 3 -o again.yct
	cmp more.yct again.yct
	cmp again.it0003.yct short.yct
	kip --iterations 2 --label-solve --checkpoint solve.ck -o short.yct
	kip --iterations 3 --label-solve --checkpoint solve.ck --resume -o more.yct
	kip --iterations 3 --label-solve -o again.yct
	cmp more.yct again.yct
}

@test "a time limit ends kip after an iteration, or does not begin, with settings that fit" {
	run -0 kip --iterations 1000000 --time-limit 2s -o out.yct
	[[ $output =~ time\ limit:\ ([0-9]+)\ of\ 1000000\ iterations\ done ]]
	kip --iterations "${BASH_REMATCH[1]}" -o same.yct
	cmp out.yct same.yct
	# whatever the machine does beside
	run -0 --separate-stderr yc-condense kip --kernel conv4 --ipc 1 --n-real 12 --dry-run train.yct
	[[ ${lines[1]} =~ ([0-9.]+)\ seconds\ per\ iteration ]]
	run -1 yc-condense kip --kernel conv4 --ipc 1 --n-real 12 \
		--time-limit "$(awk -v s="${BASH_REMATCH[1]}" 'BEGIN { print s / 3 }')s" -o out.yct train.yct
	assert_output --regexp ': not one iteration fits, which takes about [0-9.]+ seconds: --n-real [1-9][0-9]* would fit, or --time-limit [0-9.]+s$'
	run -1 yc-condense kip --kernel conv4 --ipc 2 --n-real 1 --time-limit 0.01s -o out.yct train.yct
	assert_output --partial 'lower settings do not help, a cheaper kernel may (--kernel fc3), or --time-limit '
}

@test "every option of kip changes the result" {
	for o in "" "--kernel fc3" "--kernel conv3 --ipc 1 --n-real 1" "--nngp" "--n-real 5" "--init noise" \
		"--ridge 0.1" "--lr-img 0.1" "--learn-labels" "--learn-labels --lr-label 0.1" "--label-solve" "--seed 1"; do
		# shellcheck disable=SC2086
		kip -j1 --iterations 2 --no-history $o | yc-info --digest >>digests
	done
	[ "$(sort -u digests | wc -l)" = 12 ]
	kip --iterations 1 --label-solve -o first.yct
	kip --iterations 1 --init-from first.yct -o a.yct
	run -0 yc-info a.yct
	assert_line --partial " init-from=$(yc-info --digest first.yct) "
	run -2 kip --init noise --init-from first.yct --iterations 1 -o a.yct
	assert_output --partial "--init and --init-from are mutually exclusive"
	run -2 kip --learn-labels --label-solve --iterations 1 -o a.yct
	assert_output --partial "--learn-labels and --label-solve are mutually exclusive"
	# real images of the class, drawn, which come back but for rounding
	yc-quantise first.yct | rows - | sort >drawn
	rows train.yct | sort >train
	[ "$(sort -u drawn | wc -l)" = 20 ]
	[ -z "$(comm -23 drawn train)" ]
}

@test "kip lowers its loss, and images too small for the poolings are refused" {
	kip --iterations 20 --lr-img 0.1 --metrics m -o out.yct
	python3 -c '
import json
loss = [r["loss"] for r in map(json.loads, open("m")) if r["phase"] == "iteration"]
assert len(loss) == 20 and sum(loss[-5:]) < 0.9 * sum(loss[:5]), loss'
	made.py yc.classes=2 yc.side=4 yc.factor=1 yc.mean=0.5 yc.std=0.25 \
		image=U8:4x1x4x4 label=I64:4:0,1,0,1 >small.yct
	refused 1 "are too small for the poolings of --kernel conv4: fc3 has none" \
		yc-condense kip --ipc 1 --n-real 2 -o out.yct small.yct
}

@test "a set of another shape is no beginning" {
	run -1 condense --init-from want.yct --ipc 2 --outer 1 -o out.yct
	assert_output "yc-condense: want.yct: a set of 10 images in 10 classes, not of 20 in 10"
	run -1 condense --init-from want.yct --factor 3 --outer 1 -o out.yct
	assert_output "yc-condense: want.yct: a set of factor 2, not 3"
	run -1 condense --init-from missing.yct --outer 1 -o out.yct
	assert_output --partial missing.yct
	run -2 condense --init-from want.yct --init mix --outer 1 -o out.yct
	assert_output --partial "--init and --init-from are mutually exclusive"
}

@test "going on with other kernels, or with a checkpoint of an older version, is told or fine" {
	condense --outer 1 --checkpoint run.ck -o out.yct
	# without options that came later, whose defaults are what was done
	python3 - <<-'EOF_PYTHON'
	import re
	text = open("run.ck", "rb").read()
	for name, value in ("init-from", ""), ("init-random", "false"), ("class-momentum", "false"):
	    word = b',"yc.option.%s":"%s"' % (name.encode(), value.encode())
	    assert word in text
	    text = text.replace(word, b" " * len(word))
	open("old.ck", "wb").write(text)
	EOF_PYTHON
	# and with one that had another name
	sed -i 's/"yc.option.precision":"fp32"/"yc.option.exact":"false"   /' old.ck
	cp old.ck other.ck
	sed 's/"yc.option.exact":"false"/"yc.option.exact":"true" /' old.ck >exact.ck
	condense --outer 2 --checkpoint old.ck --resume -o two.yct
	cmp two.yct want.yct
	run -1 condense --outer 2 --class-momentum --checkpoint other.ck --resume -o two.yct
	assert_output --partial "made with --class-momentum (none), this run has --class-momentum true"
	run -1 condense --outer 2 --checkpoint exact.ck --resume -o two.yct
	assert_output --partial "made with --precision exact, this run has --precision fp32"
	condense --outer 2 --precision exact --checkpoint exact.ck --resume -o exact.yct
	sed -i 's/ float/ flout/' run.ck
	run -0 condense --outer 2 --checkpoint run.ck --resume -o two.yct
	assert_output --regexp '^yc-condense: the checkpoint was made with .* flout, this is .* float: '
	cmp two.yct want.yct
}

@test "a checkpoint from before its arrays had names of their own goes on to the same bytes" {
	local dream=(dream "${tiny[@]}" --inner 6 --interval 6 --outer 10)
	yc-condense "${dream[@]}" -o want.dream.yct train.yct
	run -1 interrupted 9 TERM "${dream[@]}" --checkpoint run.ck --checkpoint-every 0 -o out.yct
	python3 - <<-'EOF_PYTHON'
	import json, struct
	blob = open("run.ck", "rb").read()
	n = struct.unpack("<Q", blob[:8])[0]
	head, data = json.loads(blob[8 : 8 + n]), blob[8 + n :]
	meta = head.pop("__metadata__")
	t = {k: (v["dtype"], data[slice(*v["data_offsets"])]) for k, v in head.items()}
	take = lambda name: t.pop(name)[1]
	# iteration; early, inner, class, seen; place in the permutation; three streams; fingerprint
	counter = take("position")[:8] + take("inner") + take("net.at") + take("net.draws") + take("input")
	t["counter"] = ("U64", counter)
	t["net.walk"] = ("I32", take("net.perm"))
	t["real.walk"] = ("I32", take("real.perm"))
	del meta["yc.program"], meta["yc.iterations"]
	out, at, raw = {"__metadata__": meta}, 0, b""
	size = {"F32": 4, "F64": 8, "I32": 4, "U64": 8}
	for name, (dtype, b) in t.items():
	    out[name] = {"dtype": dtype, "shape": [len(b) // size[dtype]], "data_offsets": [at, at + len(b)]}
	    at, raw = at + len(b), raw + b
	text = json.dumps(out).encode()
	text += b" " * (-len(text) % 8)
	open("old.ck", "wb").write(struct.pack("<Q", len(text)) + text + raw)
	EOF_PYTHON
	# It is not finished, and is known to be so.
	run -1 yc-condense "${dream[@]}" --checkpoint old.ck -o out.yct train.yct
	assert_output --regexp '^yc-condense: old.ck: holds a run that stopped in iteration [0-9]+ of 10: continue it'
	yc-condense "${dream[@]}" --checkpoint old.ck --resume -o out.yct train.yct
	cmp out.yct want.dream.yct
}

@test "every metric, initialisation and decoding runs and differs" {
	for o in "--metric l1" "--metric l1_mean" "--metric cos" "--init noise" "--init random" \
		"--decode multi --syn-max 8" "--decode bound --bound 2" "--factor 1" "--factor 3" \
		"--early 0.2" "--aug none" "--net-aug color_crop_flip" "--mix-p 1"; do
		# shellcheck disable=SC2086
		condense -j1 --outer 1 $o --no-history | yc-info --digest >>digests
	done
	[ "$(sort -u digests | wc -l)" = 13 ]
}

@test "registered alternatives change what they are for, and are on record" {
	for o in "" --init-random --init-area --class-momentum "--net-aug crop_scale" "--net-aug crop_scale --aug-all" \
		"--aug scale_rotate" "--aug scale_rotate --aug-all" "--init-random --seed 1"; do
		# shellcheck disable=SC2086
		condense -j2 --outer 1 $o --no-history | yc-info --digest >>digests
	done
	[ "$(sort -u digests | wc -l)" = 9 ]
	condense -j1 --outer 1 --init-random --no-history | yc-info --digest | grep -Fxqf - <(sed -n 2p digests)
	run -0 pipe "yc-condense idc ${tiny[*]} --outer 1 --init-random --class-momentum train.yct | yc-info"
	assert_line --regexp ' init-random=true init-area=false .* class-momentum=true clamp=false .* aug-all=false '
	for o in "--init noise" "--init kmean" "--init-from want.yct"; do
		# shellcheck disable=SC2086
		run -2 condense --outer 1 --init-random $o -o out.yct
		assert_output --partial "--init-random is for --init random and mix"
	done
	refused 2 "--init-area is for" condense --outer 1 --init-area --init noise -o out.yct
}

@test "a random beginning is of different real images of the class" {
	condense --init random --init-random --factor 1 --ipc 4 --lr-img 0 --outer 1 -o drawn.yct
	condense --init random --factor 1 --ipc 4 --lr-img 0 --outer 1 -o first.yct
	rows train.yct | sort >train
	rows drawn.yct | sort >drawn
	rows first.yct | sort >first
	[ "$(sort -u drawn | wc -l)" = 40 ]
	[ -z "$(comm -23 drawn train)" ]
	[ "$(wc -l <first)" = 40 ]
	[ -z "$(comm -23 first train)" ]
	run -1 cmp -s drawn first
}

@test "clamped are only the pixels that are written, and a run that stops and goes on is the same" {
	values() {
		python3 "$YC_ROOT/tests/make/made.py" --rows image < <(zstd -dcqf "$1")
	}
	condense --outer 2 --lr-img 1 -o wild.yct
	condense --outer 2 --lr-img 1 --clamp -o tame.yct
	values wild.yct >wild
	values tame.yct >tame
	run -1 cmp -s wild tame
	awk '{ for (i = 1; i <= NF; i++) $i = $i < 0 ? 0 : $i > 1 ? 1 : $i } 1' wild >clamped
	python3 "$YC_ROOT/tests/make/made.py" --close 1e-6 clamped tame
	condense --outer 1 --lr-img 1 --clamp --checkpoint run.ck -o out.yct
	condense --outer 2 --lr-img 1 --clamp --checkpoint run.ck --resume -o out.yct
	cmp out.yct tame.yct
}

@test "a condensed set is condensed again, as its decoded images would be, by settings of its own" {
	yc-condense idc "${tiny[@]}" --ipc 2 --outer 1 -q -o two.yct train.yct
	run -0 --separate-stderr pipe "yc-condense idc ${tiny[*]} --outer 1 two.yct | tee again.yct | yc-info --digest"
	assert_regex "$stderr" "the images are condensed: these 80 are taken for the real ones"
	run -0 yc-info again.yct
	assert_line --regexp '^head .*10 classes, side 32, factor 2'
	assert_line --regexp '^column +image F32 \[10,3,32,32\]'
	[ "$(grep -c 'yc-condense idc' <<<"$output")" = 2 ]
	[ "$(grep -c '^other *log:' <<<"$output")" = 1 ]
	# decoded images have no tiles to begin with
	yc-decode two.yct -o decoded.yct
	yc-condense idc "${tiny[@]}" --init-from <(yc-select first --ipc 1 -q two.yct) --outer 1 -q -o same.yct decoded.yct
	same 'rows again.yct' 'rows same.yct'
	rows again.yct >again.rows
	rows two.yct >two.rows
	run -1 cmp -s again.rows two.rows
	for f in two.yct decoded.yct; do
		yc-condense idc --ipc 1 --inner 1 --width 4 --time-limit 1h -q --outer 1 -o out.yct "$f"
		run -0 yc-info out.yct
		assert_output --regexp "outer=1 inner=1 n-real=8 .*lr-img=0.01 .*n-data=80 "
	done
	# without tiles to begin with, as real images are
	yc-condense idc "${tiny[@]}" --init mix --outer 1 -q -o again.yct two.yct
	yc-condense idc "${tiny[@]}" --outer 1 -q -o same.yct decoded.yct
	same 'rows again.yct' 'rows same.yct'
	# tiles that yc-select took are real images for other methods, too
	yc-score lbpe --epochs 1 --width 4 -q two.yct | yc-select yoco --order -o order.yct
	yc-info --json order.yct | grep -q '"yc.order"'
	yc-condense dm --ipc 1 --iterations 2 --width 4 -q order.yct | yc-info --json >info
	grep -q '"tool":"yc-condense"' info
	run -1 grep yc.order info
	yc-condense kmeans --ipc 1 --epochs 1 --width 4 -q order.yct | yc-info | grep -q 'column *source I64 \[10,1\]'
	# networks that were trained before have the same defaults
	yc-train --like idc --outer 1 --inner 2 --width 8 --net-batch 8 -q two.yct -o nets.yct
	yc-condense idc --ipc 1 --n-real 5 --net-batch 8 --width 8 --syn-max 3 --outer 1 --inner 2 --networks nets.yct -q -o out.yct two.yct
}

@test "what cannot be done is said at once" {
	run -1 condense --ipc 4 --outer 1 -o out.yct
	assert_output --partial "class 0 has 12 images, initialisation 'mix' of 4 images needs 16"
	refused 2 "--metric: 'l2' is not one of" condense --metric l2 -o out.yct
	refused 2 "--resume needs --checkpoint" condense --resume -o out.yct
	refused 2 "it needs -o" condense --save-every 1
	refused 2 "unknown method 'nothing'" yc-condense nothing train.yct
	refused 2 "--net: 'nothing' is not one of" condense --outer 1 --net nothing -o out.yct
	refused 1 "no/such/folder/out.yct: there is no folder" condense -o no/such/folder/out.yct
	refused 1 "no/such/folder/run.ck: there is no folder" condense --checkpoint no/such/folder/run.ck -o out.yct
}

@test "a real batch larger than a class takes the class, and says so" {
	yc-load demo --per-class 9 --classes 1-9 >uneven.yct
	yc-load demo --per-class 4 --classes 0 >>uneven.yct
	for method in "dm --iterations 2" "dsa --iterations 2 --outer 2" "idc --outer 1" "dream --outer 1 --interval 1"; do
		common="$method --ipc 1 --width 4"
		[[ $method == d[ms]* ]] || common+=" --inner 2 --n-data 4 --factor 1"
		# by default, from ten images each up to the largest class
		yc-load demo --per-class 12 >even.yct
		run -0 --separate-stderr yc-condense $common even.yct -o default.yct
		[[ $stderr =~ ^"yc-condense: 10 of the classes have fewer than --n-real "(64|128|256)" images: their real batch is the whole class"$ ]]
		run -0 --separate-stderr yc-condense $common --n-real 12 even.yct -o whole.yct
		[ -z "$stderr" ]
		cmp default.yct whole.yct
		# one small class does not make the others' batches small
		run -0 --separate-stderr yc-condense $common --n-real 9 uneven.yct -j1 -o a.yct
		assert_equal "$stderr" "yc-condense: 1 of the classes have fewer than --n-real 9 images: their real batch is the whole class"
		yc-condense $common --n-real 9 -q uneven.yct -j2 -o b.yct
		cmp a.yct b.yct
		yc-condense $common --n-real 4 -q uneven.yct -o small.yct
		run -1 cmp -s a.yct small.yct
		yc-info a.yct | grep -q ' n-real=9 '
	done
}

@test "a short run prints nothing" {
	run -0 --separate-stderr condense --outer 1 --inner 1 -o out.yct
	[ -z "$output$stderr" ]
}

@test "a class without images does not count: the result has none of it" {
	yc-load demo --classes 2,7 --per-class 24 -o two.yct
	for m in "idc --outer 1 --inner 2" "dream --outer 1 --inner 2" "dm --iterations 2" "dsa --iterations 2 --outer 2"; do
		# shellcheck disable=SC2086 # words
		yc-condense $m --ipc 1 --width 8 -q two.yct -o out.yct
		run -0 pipe "yc-info out.yct | sed -n 's/^class *//p' | grep -v ': 0 '"
		assert_line --index 0 "2: 1 box"
		assert_line --index 1 "7: 1 corners"
		assert_equal "${#lines[@]}" 2
		run -0 pipe "yc-info out.yct"
		assert_line --regexp "^head +10 classes"
		yc-condense $m --ipc 1 --width 8 -q two.yct --checkpoint ck --seed 3 -o out.yct
		same "yc-condense $m --ipc 1 --width 8 -q two.yct --seed 3 -j2 | yc-info --digest" "yc-info --digest out.yct"
		rm ck
	done
	yc-condense idc --outer 1 --inner 1 --ipc 1 --width 8 -q two.yct -o a.yct
	yc-condense idc --outer 1 --inner 1 --ipc 1 --width 8 -q two.yct --init-from a.yct -o b.yct
	yc-load demo --classes 2,3 --per-class 24 -o other.yct
	refused 1 "a.yct: images of class 7, of which there are no real ones" \
		yc-condense idc --outer 1 --inner 1 --ipc 1 --width 8 -q other.yct --init-from a.yct -o c.yct
	# what follows in a pipeline
	yc-score lbpe,el2n,aum,entropy,forgetting --epochs 2 --width 8 -q a.yct -o s.yct
	for r in yoco random entropy aum forgetting el2n; do
		run -0 pipe "yc-select $r --balance --tiles 2 s.yct | yc-info | sed -n 's/^class *//p' | grep -v ': 0 ' | cut -d' ' -f1,2 | paste -sd' '"
		assert_output "2: 2 7: 2"
	done
	yc-score ssp --ipc 1 --epochs 2 --width 8 -q out.yct -o p.yct
	yc-eval -r 1 --epochs 1 --width 8 -q --test two.yct s.yct
}

@test "images to begin with that mean other classes are refused" {
	yc-load demo --per-class 8 --raw -o real.yct
	sed 's/\\"box\\"/\\"bag\\"/' real.yct >other.yct
	yc-condense idc --outer 1 --inner 1 --ipc 1 --width 8 -q real.yct -o a.yct
	refused 1 "a.yct: class 2 is 'box', in the real images 'bag'" \
		yc-condense idc --outer 1 --inner 1 --ipc 1 --width 8 -q other.yct --init-from a.yct -o b.yct
}

# ---- --networks

net=(--inner 2 --n-data 16 --net-batch 8 --width 8)

networks() {
	yc-train --like idc "${net[@]}" "$@" train.yct
}

@test "with networks that were trained before the result is the same, for every method, IPC, factor and seed" {
	networks --outer 2 -o nets.yct
	condense --outer 2 --networks nets.yct -o out.yct
	cmp out.yct want.yct
	for o in "idc --ipc 2" "idc --factor 1 --metric cos" "idc --ipc 2 --factor 1 -j1" "dream --interval 1" \
		"idc --init kmean" "dream --ipc 2 -j1" "idc --seed 3 --net-seed 0"; do
		# shellcheck disable=SC2086
		common="$o ${net[*]} --n-real 5 --outer 2 --no-history train.yct"
		[[ $o == *--ipc* ]] || common+=" --ipc 1"
		same "yc-condense $common --networks nets.yct | yc-info --digest" "yc-condense $common | yc-info --digest"
		# shellcheck disable=SC2086
		yc-condense $common | yc-info --digest >>digests
	done
	[ "$(sort -u digests | wc -l)" = 7 ]
	# the beginning of more of them
	condense --outer 1 --networks nets.yct -o short.yct
	condense --outer 1 -o one.yct
	cmp short.yct one.yct
	# from a pipe, and while they are still trained
	condense --outer 2 --networks - -o out.yct <nets.yct
	cmp out.yct want.yct
	networks --outer 2 -j1 | condense --outer 2 --networks - -j1 -o out.yct
	cmp out.yct want.yct
}

@test "the seed of the networks is that of the run, or one of its own, which is on record" {
	condense --outer 1 --seed 3 -o same.yct
	condense --outer 1 --seed 3 --net-seed 3 -o told.yct
	same "yc-info --digest same.yct" "yc-info --digest told.yct"
	condense --outer 1 --seed 3 --net-seed 0 -o other.yct
	differ "yc-info --digest same.yct" "yc-info --digest other.yct"
	yc-info other.yct | grep -q ' seed=3 .* net-seed=0'
	yc-info same.yct | grep -qv net-seed
	run -1 condense --outer 1 --seed 3 --net-seed 1 --checkpoint run.ck -o out.yct --networks <(networks --outer 1)
	assert_output --partial "--seed 0, those of this run with 1: --net-seed 0 takes these"
}

@test "networks that batch norms, early steps and shared iterations lead to are the same" {
	for o in "--net resnet10" "--early 0.3" "--early 0.3 --fix-iter 2" "--n-data 100 --net-aug crop_scale --aug-all"; do
		# shellcheck disable=SC2086
		networks --outer 3 $o -o nets.yct
		# shellcheck disable=SC2086
		condense --outer 3 $o -o a.yct
		# shellcheck disable=SC2086
		condense --outer 3 $o --networks nets.yct -o b.yct
		cmp a.yct b.yct
	done
}

@test "a run resumes with networks, without, and with them again, to the same bytes" {
	for o in "" "--early 0.3 --fix-iter 2"; do
		# shellcheck disable=SC2086
		networks --outer 5 $o -o nets.yct
		run5() {
			# shellcheck disable=SC2086
			dream --inner 2 --interval 1 $o --checkpoint run.ck --resume -o out.yct "$@"
		}
		rm -f run.ck
		run5 --outer 5
		mv out.yct whole.yct
		for first in 1 2 4; do
			rm -f run.ck
			run5 --outer "$first" --networks nets.yct
			run5 --outer 5
			cmp out.yct whole.yct
		done
		rm -f run.ck
		run5 --outer 1
		run5 --outer 3 --networks nets.yct
		run5 --outer 4
		run5 --outer 5 --networks nets.yct
		cmp out.yct whole.yct
	done
}

@test "a run with networks that is stopped resumes to the same bytes, with them or without" {
	condense --outer 10 -o long.yct
	networks --outer 10 -o nets.yct
	for how in "--networks nets.yct" ""; do
		rm -f run.ck
		for changes in 2 9 7; do
			run -1 interrupt "$changes" TERM --outer 10 --networks nets.yct --checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
			grep -q 'interrupted, checkpoint saved in run.ck; continue with --resume' err
		done
		# shellcheck disable=SC2086
		condense --outer 10 $how --checkpoint run.ck --resume -o out.yct
		cmp out.yct long.yct
		rm out.yct
	done
}

@test "networks that end early end the run as an incomplete stream, and what was done is kept" {
	networks --outer 2 -o nets.yct
	for part in 40 70 90; do
		head -c $(($(stat -c %s nets.yct) * part / 100)) nets.yct >cut.yct
		refused 3 "cut.yct: record " condense --outer 2 --networks cut.yct -o out.yct
		rm -f run.ck
		run -3 --separate-stderr condense --outer 2 --networks cut.yct --checkpoint run.ck -o out.yct
		assert_regex "$stderr" '^yc-condense: outer iteration [12], inner [12]: cut.yct: record [0-9]+: .*the input ends .*; checkpoint saved in run.ck; continue with --resume$'
		condense --outer 2 --checkpoint run.ck --resume -o out.yct
		cmp out.yct want.yct
		rm out.yct
	done
	# the one that trains them ends in the middle
	run -3 pipe "zstd -dc nets.yct | head -c 30000 | yc-condense idc ${tiny[*]} --outer 2 --networks - train.yct -o out.yct"
	assert_output --partial "outer iteration 2, inner"
}

@test "networks of anything else are refused before the work, with what differs" {
	networks --outer 2 -o nets.yct
	local made="nets.yct: the networks were made with"
	refused 1 "$made --width 8, this run has --width 9" condense --outer 2 --networks nets.yct --width 9 -o out.yct
	refused 1 "$made --net convnet, this run has --net resnet10" condense --outer 2 --networks nets.yct --net resnet10 -o out.yct
	refused 1 "$made --inner 2, this run has --inner 3" condense --outer 2 --networks nets.yct --inner 3 -o out.yct
	refused 1 "$made --net-lr 0.01, this run has --net-lr 0.02" condense --outer 2 --networks nets.yct --net-lr 0.02 -o out.yct
	refused 1 "$made --net-batch 8, this run has --net-batch 128" \
		yc-condense dream --ipc 1 --inner 2 --n-data 16 --width 8 --n-real 5 --outer 2 --networks nets.yct train.yct -o out.yct
	refused 1 "$made --aug-all false, this run has --aug-all true" condense --outer 2 --networks nets.yct --aug-all -o out.yct
	refused 1 "$made --early 0, this run has --early 1" condense --outer 2 --networks nets.yct --early 1 -o out.yct
	refused 1 "nets.yct: networks for 2 outer iterations, this run has --outer 3" condense --outer 3 --networks nets.yct -o out.yct
	refused 1 "$made --seed 0, those of this run with 5: --net-seed 0" condense --outer 2 --seed 5 --networks nets.yct -o out.yct
	yc-load demo --train-images 12 --seed 1 -o other.yct
	refused 1 "nets.yct: the networks were trained on other images" \
		yc-condense idc "${tiny[@]}" --outer 2 --networks nets.yct -o out.yct other.yct
	# the same images in another order give other batches
	yc-load demo --train-images 12 --shuffle -o other.yct
	refused 1 "nets.yct: the networks were trained on other images" \
		yc-condense idc "${tiny[@]}" --outer 2 --networks nets.yct -o out.yct other.yct
	refused 1 "train.yct: not the networks of a condensation: yc-train --like idc writes them" \
		condense --outer 2 --networks train.yct -o out.yct
	yc-train --width 8 --epochs 1 train.yct -o plain.yct
	refused 1 "plain.yct: not the networks of a condensation" condense --outer 2 --networks plain.yct -o out.yct
	# whatever follows
	for f in train plain; do
		cat $f.yct <(head -c 100 $f.yct) >cut.yct
		refused 1 "cut.yct: not the networks of a condensation" condense --outer 2 --networks cut.yct -o out.yct
	done
	echo text >text
	refused 1 "text: record 1: not a stream" condense --outer 2 --networks text -o out.yct
	refused 1 "missing.yct" condense --outer 2 --networks missing.yct -o out.yct
	refused 2 "standard input is to be read twice" pipe "yc-condense idc ${tiny[*]} --networks - -o out.yct - <train.yct"
	refused 2 "nets.yct is both input and output" condense --outer 2 --networks nets.yct -o nets.yct
	refused 2 "unknown option '--networks': it belongs to idc, dream, mdc" dm --networks nets.yct
	assert_not_exists out.yct
	# records out of order: two inner iterations, two outer ones
	for i in 3 4; do
		zstd -dc nets.yct | python3 -c '
import json, struct, sys
raw, at, part = sys.stdin.buffer.read(), 0, []
while at < len(raw):
    n, = struct.unpack_from("<Q", raw, at)
    head = json.loads(raw[at + 8:at + 8 + n])
    end = at + 8 + n + max([t["data_offsets"][1] for k, t in head.items() if k != "__metadata__"], default=0)
    part.append(raw[at:end])
    at = end
i = int(sys.argv[1])
part[2], part[i] = part[i], part[2]
sys.stdout.buffer.write(b"".join(part))' $i >swapped$i.yct
	done
	refused 1 "swapped3.yct: record 3: the network of outer iteration 1, inner 2, where that of 1, 1 is due" \
		condense --outer 2 --networks swapped3.yct -o out.yct
	refused 1 "swapped4.yct: record 3: the network of outer iteration 2, inner 1, where that of 1, 1 is due" \
		condense --outer 2 --networks swapped4.yct -o out.yct
}

@test "networks that are trained meanwhile are refused before the first one, and written when they are ready" {
	mkfifo pipe
	# A first network that nobody will see the end of, then a second one; more threads wait for more
	# records to compress.
	yc-train --like idc "${net[@]}" --outer 1 --early 1e6 -j4 -q train.yct >pipe 3>&- &
	pid=$!
	refused 1 "pipe: the networks were made with --width 8, this run has --width 9" \
		timeout 20 yc-condense idc "${tiny[@]}" --outer 1 --networks pipe --width 9 -o out.yct train.yct
	kill "$pid"
	wait "$pid" || true
	yc-train --like idc "${net[@]}" --outer 1 --n-data 1000000000 -j4 -q train.yct >begun.yct 3>&- &
	pid=$!
	for ((try = 0; try < 1000; try++)); do
		[ "$(zstd -dcq begun.yct 2>/dev/null | wc -c)" -lt 10000 ] || break
		sleep 0.02
	done
	[ "$try" -lt 1000 ]
}

@test "networks of other kernels are told, and a dry run leaves out their training" {
	networks --outer 2 --raw -o nets.yct
	sed -i 's/ float/ flout/g' nets.yct
	run -0 condense --outer 2 --networks nets.yct -o out.yct
	assert_output --regexp '^yc-condense: the networks were made with .* flout, this is .* float: the result will differ in rounding'
	cmp out.yct want.yct
	seconds() {
		yc-condense idc "${tiny[@]}" --inner 1000 --n-data 4000 --outer 1 --dry-run "$@" train.yct |
			awk '/^time/ { u = $3; print $2 * (u ~ /^m/ ? 60 : u ~ /^h/ ? 3600 : 1) }'
	}
	networks --inner 1000 --n-data 4000 --outer 1 2>/dev/null | head -c 20000 >begun.yct || true
	with=$(seconds --networks begun.yct)
	without=$(seconds)
	awk -v a="$with" -v b="$without" 'BEGIN { exit !(a > 0 && a < b / 2) }' || fail "$with with, $without without"
}
