#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
# yc-condense mtt, and the experts that yc-train --like mtt makes for it.
load helpers

setup_file() {
	# Spinning threads make short steps slow where the cores are shared.
	export OMP_WAIT_POLICY=passive
	cd "$BATS_FILE_TMPDIR" || return
	yc-load demo --train-images 12 -o train.yct
	yc-train --like mtt -n 3 --epochs 3 --width 8 -o experts.yct train.yct
	yc-condense mtt "${few[@]}" -j1 -o want.yct train.yct
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	ln -s "$BATS_FILE_TMPDIR"/{train,want,experts}.yct .
}

# Three batches in an epoch.
few=(--ipc 1 --n-experts 2 --max-start 2 --width 8 --syn-steps 4 --iterations 6 --expert-batch 50)

mtt() {
	yc-condense mtt "${few[@]}" "$@" train.yct
}

read_experts() {
	yc-condense mtt --ipc 1 --max-start 2 --syn-steps 4 --iterations 3 "$@" train.yct
}

# A record of the log, as numbers.
logged() {
	zstd -dcqf "$1" | python3 -c '
import json, struct, sys
raw, at = sys.stdin.buffer.read(), 0
while at < len(raw):
    n, = struct.unpack_from("<Q", raw, at)
    head = json.loads(raw[at + 8:at + 8 + n])
    meta, at = head.pop("__metadata__", {}), at + 8 + n
    if sys.argv[1] in head:
        a, b = head[sys.argv[1]]["data_offsets"]
        print(*struct.unpack("<%df" % ((b - a) // 4), raw[at + a:at + b]))
    at += max([t["data_offsets"][1] for t in head.values()], default=0)' "$2"
}

@test "mtt gives the same bytes for any number of threads, logs the step size, and tells its settings" {
	mtt -j2 -o two.yct
	cmp two.yct want.yct
	run -0 yc-info want.yct
	assert_line --regexp '^other +log: 2 tensors'
	assert_line --regexp 'yc-condense mtt ipc=1 .*iterations=6 n-experts=2 epochs=3 .*expert-epochs=2 max-start=2 syn-steps=4 batch-syn=10 lr-syn=0.01 lr-lr=1e-07 .*width=8 '
	run -0 logged want.yct condense.lr
	[ "$(wc -w <<<"$output")" = 6 ]
	[ "$(tr ' ' '\n' <<<"$output" | sort -u | wc -l)" = 6 ]
	# the last one is in the head, in full
	last=${output##* }
	run -0 bash -c "yc-info want.yct | awk '\$1 == \"lr\" { print (\$2 - $last) / $last }'"
	awk -v d="$output" 'BEGIN { exit !(d * d < 1e-12) }'
}

@test "mtt stopped and killed, in the training of experts and in descents, resumes to the same bytes" {
	# Many more steps than are waited for: on a busy machine several pass unseen.
	local few=("${few[@]}" --iterations 60)
	mtt -o long.yct
	for changes in 1 4 9 14; do
		run -1 interrupted "$changes" TERM mtt "${few[@]}" \
			--checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
		grep -q 'interrupted, checkpoint saved in run.ck; continue with --resume' err
		assert_not_exists out.yct
	done
	run -137 interrupted 5 KILL mtt "${few[@]}" --checkpoint run.ck --checkpoint-every 0 --resume -o out.yct
	mtt --checkpoint run.ck --resume -o out.yct
	cmp out.yct long.yct
	# killed among the experts
	rm run.ck
	run -137 interrupted 5 KILL mtt "${few[@]}" --checkpoint run.ck --checkpoint-every 0 -o out.yct
	mtt --checkpoint run.ck --resume -o out.yct
	cmp out.yct long.yct
	# and to more of them; snapshots are shorter runs
	mtt --iterations 61 --checkpoint run.ck --resume -o more.yct
	mtt --iterations 61 --save-every 60 -o again.yct
	cmp more.yct again.yct
	cmp again.it0060.yct long.yct
	# learned labels are part of the state
	mtt --labels learned -o labels.yct
	rm run.ck
	run -1 interrupted 12 TERM mtt "${few[@]}" --labels learned --checkpoint run.ck --checkpoint-every 0 -o out.yct
	mtt --labels learned --checkpoint run.ck --resume -o out.yct
	cmp out.yct labels.yct
}

@test "experts of yc-train --like mtt are those that a run trains" {
	# with the same batch
	yc-train --like mtt -n 2 --epochs 3 --width 8 --batch 50 -o two.yct train.yct
	read_experts --experts two.yct --iterations 6 -o read.yct
	same "yc-info --digest read.yct" "yc-info --digest want.yct"
	# of a file only those that are asked for, from a pipe as well
	yc-train --like mtt -n 3 --epochs 4 --width 8 --batch 50 train.yct |
		read_experts --experts - --n-experts 2 --iterations 6 -o piped.yct
	same "yc-info --digest piped.yct" "yc-info --digest want.yct"
	yc-info read.yct | grep "yc-condense mtt ipc=1 .*experts=$(yc-info --digest two.yct) n-experts=2 .*net=convnet width=8 depth=3"
	# a run that reads them is resumed with them, under any name
	cp two.yct same.yct
	read_experts --experts two.yct --iterations 2 --checkpoint run.ck -o out.yct
	read_experts --experts same.yct --iterations 6 --checkpoint run.ck --resume -o out.yct
	cmp out.yct read.yct
	refused 1 "the checkpoint was made with --experts sha256:" read_experts --experts experts.yct --iterations 6 --checkpoint run.ck --resume -o out.yct
}

@test "--like mtt trains plainly, and every default can be another" {
	yc-train -n 3 --epochs 3 --width 8 --snapshots every-epoch --batch 256 --momentum 0 --weight-decay 0 \
		--schedule constant --mix-p 0 --aug color_crop_cutout_flip_scale_rotate --aug-one -o plain.yct train.yct
	same "yc-info --digest plain.yct" "yc-info --digest experts.yct"
	yc-train --like=mtt -n 3 --epochs 3 --width 8 --momentum 0.9 --snapshots 0,3 -o other.yct train.yct
	refused 1 "network 1 has no snapshot of epoch 1, of 0 to 3 that --max-start 2 and --expert-epochs 2 need: yc-train --like mtt --epochs 3 writes them" \
		read_experts -q --experts other.yct -o out.yct
	yc-train --like mtt --epochs 3 --width 8 --momentum 0.9 -o other.yct train.yct
	run -0 --separate-stderr read_experts --experts other.yct -o out.yct
	assert_equal "$stderr" "yc-condense: the experts were trained with --momentum 0.9; those of the paper are not, see yc-train --like mtt"
}

@test "experts that do not fit are refused, with record and cause" {
	refused 1 "experts.yct: record 2: convnet of width 8 and depth 3, but this run asks for convnet of width 9 and depth 3" \
		read_experts --experts experts.yct --width 9 -o out.yct
	refused 1 "experts.yct: network 1 has no snapshot of epoch 4, of 0 to 6 that --max-start 5 and --expert-epochs 2 need: yc-train --like mtt --epochs 6 writes them, or --max-start 2" \
		read_experts --experts experts.yct --max-start 5 -o out.yct
	refused 1 "experts.yct: 3 experts, but --n-experts 4" read_experts --experts experts.yct --n-experts 4 -o out.yct
	head -c 60000 experts.yct >cut.yct
	refused 3 "cut.yct" read_experts --experts cut.yct -o out.yct
	refused 1 "train.yct: a stream without networks: yc-train --like mtt writes experts" \
		read_experts --experts ./train.yct -o out.yct
	yc-train --like idc --outer 1 --inner 4 --width 8 --n-data 40 -o idc.yct train.yct
	refused 1 "idc.yct: record 3: networks for gradient matching, not the trajectories of experts" \
		read_experts -q --experts idc.yct -o out.yct
	"$YC_ROOT/tests/make/condensed.py" scores=0 factor=1 labels=1,2,0,0,1,2,2,0,1 >small.yct
	yc-train --like mtt --epochs 3 --width 8 -o small.nets small.yct
	refused 1 "small.nets: experts for images of side " \
		read_experts --experts small.nets -o out.yct
	refused 2 "--epochs is for experts that are trained here" read_experts --experts experts.yct --epochs 9 -o out.yct
	refused 2 "--epochs 2: --max-start 2 and --expert-epochs 2 need 3" mtt --epochs 2 -o out.yct
	# a weight that is no number
	zstd -dcqf experts.yct | python3 -c '
import json, struct, sys
raw, at, seen = bytearray(sys.stdin.buffer.read()), 0, 0
while at < len(raw):
    n, = struct.unpack_from("<Q", raw, at)
    head = json.loads(raw[at + 8:at + 8 + n])
    meta, at = head.pop("__metadata__", {}), at + 8 + n
    seen += meta.get("yc.kind") == "network"
    if seen == 6:
        struct.pack_into("<f", raw, at + 40, float("nan"))
        break
    at += max([t["data_offsets"][1] for t in head.values()], default=0)
sys.stdout.buffer.write(raw)' >nan.yct
	refused 1 "nan.yct: record 7: tensor" read_experts --experts nan.yct -o out.yct
	assert_not_exists out.yct
}

@test "settings of an IPC that was not published are interpolated, with a note" {
	run -0 --separate-stderr mtt --ipc 4 --iterations 1 -o out.yct
	assert_equal "$stderr" "yc-condense: no settings were published for 4 images per class, interpolated between 1 and 10: --expert-epochs 2 --batch-syn 40 --lr-img 1e+03 --lr-lr 1.6e-06 --lr-syn 0.01"
	run -0 --separate-stderr mtt --ipc 4 --iterations 1 --expert-epochs 2 --batch-syn 40 --lr-img 1000 --lr-lr 1e-6 --lr-syn 0.01 -o out.yct
	assert_equal "$stderr" ""
	run -0 --separate-stderr mtt --ipc 10 --iterations 1 -o out.yct
	assert_equal "$stderr" ""
	yc-info out.yct | grep "lr-lr=1e-05"
}

@test "a step size that runs away is told of and held; one that is no number ends the run" {
	run -0 --separate-stderr mtt --lr-lr 1e-3 --lr-limit 50 -o out.yct
	assert_line_of_stderr() { grep -q "$1" <<<"$stderr" || fail "$stderr"; }
	assert_line_of_stderr '^yc-condense: iteration [0-9]*: the learned step size is held at \(0.5\|0.0002\), by --lr-limit$'
	# told once
	[ "$(grep -c held <<<"$stderr")" = 1 ]
	run -0 logged out.yct condense.lr
	for v in $output; do
		awk -v v="$v" 'BEGIN { exit !(v > 0.000199 && v < 0.501) }'
	done
	refused 1 "is not finite: --lr-syn, --lr-lr or --lr-img is too large, or the images are not sane" \
		mtt -q --lr-img 1e9 --lr-syn 100 --iterations 50 -o out.yct
}

@test "labels of an expert, and learned ones, are probabilities that yc-eval trains towards" {
	mtt --labels expert --iterations 1 -o expert.yct
	mtt --labels expert -o still.yct
	mtt --labels learned -o learned.yct
	for f in expert still learned; do
		zstd -dc $f.yct | python3 "$YC_ROOT/tests/make/made.py" --rows soft >$f.soft
		yc-info $f.yct | grep -q '^targets *soft labels, column soft'
	done
	cmp expert.soft still.soft
	run -1 cmp -s expert.soft learned.soft
	yc-eval --width 4 --epochs 2 --test train.yct -r 1 learned.yct | cut -f 3 >soft
	yc-eval --width 4 --epochs 2 --test train.yct -r 1 --hard-labels learned.yct | cut -f 3 >hard
	refused 2 "--labels learned needs --init real: what would an expert say to noise?" mtt --labels learned --init noise -o out.yct
}

@test "every option of mtt changes the result" {
	for o in "" "--factor 2" "--init noise" "--lr-img 2" "--momentum-img 0" "--aug color" "--aug none" \
		"--aug-all" "--depth 2" "--width 9" "--seed 1" "--net resnet10ap" "--net resnet10" "--syn-steps 3" \
		"--batch-syn 7" "--max-start 1" "--expert-epochs 1" "--lr-syn 0.02" "--lr-lr 1e-6" "--momentum-lr 0" \
		"--n-experts 1" "--expert-lr 0.02" "--expert-batch 60" "--shortcut" "--labels expert" \
		"--labels learned" "--labels learned --lr-label 1" "--labels learned --momentum-label 0.6" \
		"--labels expert --epochs 5" "--ipc 2"; do
		# shellcheck disable=SC2086
		mtt -j1 -q --iterations 3 --no-history $o | yc-info --digest >>digests
	done
	[ "$(sort -u digests | wc -l)" = 30 ]
}

@test "time of experts is told before, and counts" {
	run -0 mtt --dry-run
	assert_line --regexp '^memory +[0-9]+ MB$'
	assert_line --regexp '^time .* per iteration, .* for 6, with .* before for 2 experts of 3 epochs; the published setting \(5000 iterations\) .*$'
	refused 1 "not one iteration fits, which takes about" mtt --time-limit 0.00001s -o out.yct
	run -0 grep -F ", with 2 experts of 3 epochs: " <<<"$stderr"
	run -0 mtt --iterations 1000000 --time-limit 4s -o out.yct
	[[ $output =~ "time limit: "([0-9]+)" of 1000000 iterations done" ]]
	mtt --iterations "${BASH_REMATCH[1]}" -o same.yct
	cmp out.yct same.yct
	refused 2 "a checkpoint would have" mtt --n-experts 90 --width 128 --memory 100M --checkpoint run.ck -o out.yct
}
