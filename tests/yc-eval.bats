#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	"$YC_ROOT/tests/make/condensed.py" scores=0 >train.yct
	"$YC_ROOT/tests/make/condensed.py" scores=0 factor=1 labels=1,2,0,0,1,2,2,0,1 >test.yct
}

quick() {
	yc-eval --width 8 --epochs 4 --test test.yct "$@"
}

@test "the table has a line for every network, then mean and deviation" {
	run -0 quick train.yct
	[ "${lines[0]}" = "$(printf 'repeat\tbest\tlast\timages\tbytes\tepochs\tseconds\trecipe')" ]
	[ "$(awk '{ printf "%s ", $1 }' <<<"$output")" = "repeat 1 2 3 mean deviation " ]
	[ "$(awk -F'\t' '{ print NF }' <<<"$output" | sort -u)" = 8 ]
	[ "$(awk 'NR > 1 { print $4, $5, $6 }' <<<"$output" | sort -u)" = "28 1344 4" ]
}

@test "mean and deviation are those of the lines" {
	run -0 quick -r 4 --epochs 8 train.yct
	awk 'function abs(x) { return x < 0 ? -x : x }
		$1 ~ /^[0-9]/ { n++; s += $2; q += $2 * $2 }
		$1 == "mean" { m = s / n; bad += abs($2 - m) > 0.011 }
		$1 == "deviation" { v = q / n - m * m; bad += abs($2 - sqrt(v > 0 ? v : 0)) > 0.02 }
		END { exit bad || n != 4 }' <<<"$output"
}

@test "--sample-deviation is that of the lines over one less" {
	quick -r 4 --epochs 8 train.yct >plain
	quick -r 4 --epochs 8 --sample-deviation train.yct >sample
	same "head -n 6 plain | cut -f 1-6" "head -n 6 sample | cut -f 1-6"
	paste <(grep ^deviation plain) <(grep ^deviation sample) | awk '
		{ d = $2 * sqrt(4 / 3) - $10; ok = $2 > 0 && d < 0.02 && d > -0.02 } END { exit !ok }'
	run -2 --separate-stderr quick -r 1 --sample-deviation train.yct
	[ "$stderr" = "yc-eval: --sample-deviation needs at least two networks: --repeat 2" ]
}

@test "--steps train the same for sets of every size, and tests are spread over them" {
	"$YC_ROOT/tests/make/condensed.py" scores=0 labels=0,1,2 >small.yct
	steps=(yc-eval --width 8 --batch 8 --test test.yct -r 1)
	# 28 images are four batches, 12 are two
	"${steps[@]}" --steps 24 --save-net a train.yct >table
	[ "$(awk '$1 == 1 { print $4, $6 }' table)" = "28 6" ]
	[ "$("${steps[@]}" --steps 24 small.yct | awk '$1 == 1 { print $4, $6 }')" = "12 12" ]
	# whole passes, and so are their two thirds and five sixths
	"${steps[@]}" --epochs 6 --save-net b train.yct >epochs
	cmp a b
	same "cut -f 1,3-6 table" "cut -f 1,3-6 epochs"
	# nor must they be whole
	"${steps[@]}" --steps 13 --tests 13 --json train.yct | grep -q '"epochs":4,'
	run -2 --separate-stderr "${steps[@]}" --steps 5 --epochs 5 train.yct
	[ "$stderr" = "yc-eval: --steps and --epochs exclude each other" ]
}

@test "--aug-all applies every operation of the pool" {
	for o in "" --aug-all; do
		quick -r 1 --save-net net --aug scale_rotate $o train.yct
		sha256sum <net
	done | grep -v seconds | sort -u >nets
	[ "$(grep -c ' -$' nets)" = 2 ]
	quick -r 1 --save-net one --aug flip_rotate train.yct
	quick -r 1 --save-net two --aug flip_rotate --aug-all train.yct
	cmp one two
}

@test "best is at least last" {
	run -0 quick -r 4 --epochs 8 train.yct
	awk '$1 ~ /^[0-9]/ && $2 < $3 { exit 1 }' <<<"$output"
}

@test "both streams may be pipes" {
	same "quick train.yct | cut -f1-6" \
		"cat train.yct | yc-eval --width 8 --epochs 4 --test <(cat test.yct) | cut -f1-6"
}

@test "threads do not change the table, the seed does" {
	same "quick -j1 --epochs 12 --predictions one train.yct | cut -f1-6" \
		"quick -j2 --epochs 12 --predictions two train.yct | cut -f1-6"
	quick -s1 --epochs 12 --predictions other train.yct
	cmp one two
	run -1 cmp -s one other
}

@test "a kept network scores again what it scored" {
	same "quick -r 1 --save-net net train.yct | awk '\$1 == 1 { print \$3 }'" \
		"yc-eval -r 1 --epochs 0 --width 8 --init-net net --test test.yct | awk '\$1 == 1 { print \$3 }'"
	run -1 --separate-stderr quick --width 4 --init-net net train.yct
	[[ $stderr == "yc-eval: net: tensor "* ]]
	run -1 --separate-stderr quick --init-net train.yct train.yct
	[ "$stderr" = "yc-eval: train.yct: a stream without networks" ]
}

@test "predictions add up to the accuracy" {
	quick -r 2 --predictions p train.yct | awk '$1 ~ /^[0-9]/ { print $1, $3 }' >table
	[ "$(head -n1 p)" = "$(printf 'id\tlabel\tpredicted\trepeat')" ]
	[ "$(awk 'NR > 1 { print $1 }' p | head -n3 | paste -sd' ')" = "100 110 120" ]
	awk 'NR > 1 { n[$4]++; ok[$4] += $2 == $3 }
		END { for (r = 1; r <= 2; r++) printf "%d %.2f\n", r, 100 * ok[r] / n[r] }' p >sums
	cmp table sums
}

@test "json says the same as the table" {
	quick -r 2 train.yct | awk '$1 == "mean" { print $2, $3, $4, $5, $6 }' >table
	quick -r 2 --json train.yct >json
	python3 -c '
import json
j = json.load(open("json"))
assert [sorted(r) for r in j["repeats"]] == [["best", "last", "seconds"]] * 2
print("%.2f %.2f %d %d %d" % (j["best"]["mean"], j["last"]["mean"], j["images"], j["bytes"],
                              j["epochs"]))' >parsed
	cmp table parsed
}

@test "a test stream of other images is refused" {
	"$YC_ROOT/tests/make/condensed.py" factor=1 side=16 >big.yct
	run -1 --separate-stderr quick --test big.yct train.yct
	[ "$stderr" = "yc-eval: big.yct: has 16 pixels per side, the training stream 8: load both with the same --side, or yc-decode what has tiles" ]
	"$YC_ROOT/tests/make/condensed.py" factor=1 classes=4 >more.yct
	run -1 --separate-stderr quick --test more.yct train.yct
	[ "$stderr" = "yc-eval: more.yct: has 4 classes, the training stream 3" ]
}

@test "cut streams fail and say which" {
	head -c 700 test.yct >short
	run -3 --separate-stderr quick --test short train.yct
	[[ $stderr == "yc-eval: short: record 1"* ]]
	run -3 --separate-stderr quick short
	[[ $stderr == "yc-eval: short: record 1"* ]]
}

@test "a test stream of other mean or std is refused, unless it is normalised" {
	grey() {
		"$YC_ROOT/tests/make/made.py" yc.classes=2 yc.side=8 "yc.mean=$1" "yc.std=$2" "${@:3}" \
			image=U8:4x1x8x8 label=I64:4:0,1,0,1
	}
	grey 0.5 0.25 >a
	grey 0.5 0.26 >b
	grey 0.4 0.25 >c
	grey 0.4 0.25 yc.normalised=1 >d
	run -0 yc-eval --width 4 --depth 1 --epochs 1 -r 1 --test a a
	for other in b c; do
		run -1 --separate-stderr yc-eval --width 4 --depth 1 --epochs 1 --test $other a
		[ "$stderr" = "yc-eval: $other: is normalised by other mean and std than the training stream: load both with the same --mean and --std" ]
	done
	run -0 yc-eval --width 4 --depth 1 --epochs 1 -r 1 --test d a
	# those that were computed over test images give way to those of the training images
	grey 0.4 0.25 yc.computed=1 >e
	same "yc-eval --width 4 --depth 1 --epochs 1 -r 1 --test e a | cut -f1-4" \
		"yc-eval --width 4 --depth 1 --epochs 1 -r 1 --test a a | cut -f1-4"
	yc-eval --width 4 --depth 1 --epochs 0 -r 1 --save-net net --test a a >/dev/null
	run -0 --separate-stderr yc-eval --width 4 --depth 1 --epochs 0 -r 1 --init-net net --test e
	[[ $stderr == *"mean and std of the test images were computed over them"* ]]
	run -0 --separate-stderr yc-eval --width 4 --depth 1 --epochs 0 -r 1 --init-net net --test a
	[ -z "$stderr" ]
}

@test "wrong usage is reported in one line" {
	run -2 --separate-stderr yc-eval train.yct
	[ "$stderr" = "yc-eval: --test FILE is missing" ]
	run -2 --separate-stderr quick --predictions - train.yct
	[ "$stderr" = "yc-eval: --predictions: standard output is taken, name a file" ]
	run -2 --separate-stderr quick --predictions test.yct train.yct
	[ "$stderr" = "yc-eval: test.yct is both --predictions and --test" ]
	run -2 --separate-stderr yc-eval --test - <train.yct
	[ "$stderr" = "yc-eval: standard input is to be read twice: name a FILE instead" ]
	refused 2 "--tests: 0 is not in the range" quick --tests 0 train.yct
	run -2 --separate-stderr quick --net nothing train.yct
	[[ $stderr == *nothing* ]]
}

@test "a network learns the demo pictures" {
	yc-load demo --train-images 20 -o demo.yct
	yc-load demo --split test --test-images 20 -o demo-test.yct
	run -0 yc-eval --width 16 --epochs 40 -r 1 --test demo-test.yct demo.yct
	awk '$1 == "mean" { exit !($3 > 25) }' <<<"$output"
}

@test "optimiser, momentum, weight decay and schedule take effect, and are sgd, 0.9, 5e-4, step" {
	i=0
	for o in "" "--optimiser sgd --momentum 0.9 --weight-decay 5e-4 --schedule step" \
		"--optimiser adam" "--momentum 0" "--weight-decay 0" "--schedule constant" "--schedule half" \
		"--aug-one"; do
		# shellcheck disable=SC2086
		quick -r 1 --epochs 6 --save-net net$((i++)) $o train.yct >table
		[[ $o != *adam || $(awk '$1 == 1 { print $3 }' table) != nan ]]
	done
	cmp net0 net1
	[ "$(sha256sum net? | cut -d ' ' -f 1 | sort -u | wc -l)" = 7 ]
	run -2 --separate-stderr quick --optimiser lion train.yct
	[[ $stderr == *"--optimiser"* ]]
}

@test "the limits of a network are those of its options" {
	for o in "--depth 17" "--width 4097" "--batch 65537"; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr yc-eval $o --test test.yct train.yct
		[[ $stderr == "yc-eval: option ${o% *}: ${o#* } is not in the range "*" to $((${o#* } - 1))" ]]
	done
}

# The accuracies of the last lines are coarse: what was trained is compared by its weights.
@test "soft labels are trained on, by CutMix too, unless they are not wanted" {
	"$YC_ROOT/tests/make/condensed.py" scores=0 soft=mixed >mixed.yct
	"$YC_ROOT/tests/make/condensed.py" scores=0 soft=onehot >onehot.yct
	for p in 0 1; do
		quick -r 1 --mix-p $p --save-net plain$p train.yct
		quick -r 1 --mix-p $p --save-net hard$p --hard-labels mixed.yct
		cmp plain$p hard$p
		quick -r 1 --mix-p $p --save-net soft$p mixed.yct
		[ "$(cmp -l plain$p soft$p | wc -l)" -gt 1000 ]
		# but for rounding a class is a soft label, too
		quick -r 1 --mix-p $p --save-net onehot$p onehot.yct
		python3 - plain$p onehot$p <<-'PYTHON'
			import struct, sys
			a, b = (open(f, "rb").read() for f in sys.argv[1:])
			n, = struct.unpack_from("<Q", a)
			a, b = (struct.unpack("<%df" % ((len(x) - 8 - n) // 4), x[8 + n:]) for x in (a, b))
			gap = max(abs(x - y) for x, y in zip(a, b))
			sys.exit(not 0 <= gap < 1e-4)
		PYTHON
	done
	run -0 yc-info mixed.yct
	assert_line "targets   soft labels, column soft"
	run -0 yc-info train.yct
	assert_line "targets   hard labels"
}

# made_by "TOOL METHOD [OPTION=VALUE]...[; TOOL ...]" [FILE]: the stream, made by that as its history says.
made_by() {
	zstd -dcqf "${2:-train.yct}" | python3 -c '
import json, struct, sys
data = sys.stdin.buffer.read()
n, = struct.unpack("<Q", data[:8])
header = json.loads(data[8:8 + n])
def entry(text):
	tool, method, *options = text.split()
	return {"tool": tool, "version": "1", "method": method, "options": dict(o.split("=") for o in options)}
header["__metadata__"]["yc.history"] = json.dumps([entry(e) for e in sys.argv[1].split(";")])
header["__metadata__"].update(pair.split("=", 1) for pair in sys.argv[2:])
text = json.dumps(header).encode()
sys.stdout.buffer.write(struct.pack("<Q", len(text)) + text + data[8 + n:])' "$1" "${@:3}"
}

# Trains as the recipe of $1 tells, and with the options of $2: the same networks.
same_as() {
	# shellcheck disable=SC2086 # words
	quick -r 1 --save-net by-recipe $1 >by-recipe.tsv
	# shellcheck disable=SC2086 # words
	quick -r 1 --save-net by-options --recipe idc $2 >by-options.tsv
	cmp by-recipe by-options || fail "$1 is not $2"
}

@test "a recipe is its options, and those that are given win" {
	dc="--batch 256 --lr 0.01 --momentum 0.9 --weight-decay 5e-4 --schedule half --mix-p 0"
	dsa="$dc --aug-one --aug color_crop_cutout_flip_scale_rotate"
	kip="--loss mse --batch 100 --lr 0.1 --weight-decay 1e-3 --schedule cosine --mix-p 0 --aug none"
	same_as "--recipe dc train.yct" "$dc --aug none train.yct"
	[ "$(cut -f8 by-recipe.tsv | sort -u | tr '\n' ' ')" = "dc recipe " ]
	same_as "--recipe dsa train.yct" "$dsa train.yct"
	same_as "--recipe mtt train.yct" "$dsa train.yct"
	same_as "--recipe kip train.yct" "$kip train.yct"
	same_as "--recipe dsa --lr 0.02 --batch 4 --aug-all train.yct" \
		"${dsa/--aug-one/--aug-all} --lr 0.02 --batch 4 train.yct"
	# its length
	run -0 yc-eval --width 2 --depth 1 -r 1 --tests 1 --test test.yct --recipe dc train.yct
	[ "$(awk '$1 == 1 { print $6 }' <<<"$output")" = 301 ]
	run -0 yc-eval --width 2 --depth 1 -r 1 --tests 1 --test test.yct --recipe kip --json train.yct
	[[ $output == *'"epochs":5000,'*'"recipe":"kip"}' ]] # 28 images are a batch
	refused 2 "--recipe" quick --recipe yoco train.yct
}

@test "the recipe is the one of the method that made the set" {
	for m in "yc-condense idc idc" "yc-condense dream idc" "yc-condense dm dsa" "yc-condense dsa dsa" \
		"yc-condense dc dc" "yc-condense dm factor=1 dsa" "yc-condense dm factor=2 idc" "yc-condense mtt mtt" "yc-condense kip kip" "yc-load dsa dsa" "yc-load mtt mtt" \
		"yc-load kip kip" "yc-load cifar10 idc" "yc-load cifar10; yc-condense kip kip" \
		"yc-load dsa; yc-condense random dsa" "yc-condense idc factor=2; yc-condense kip kip" \
		"yc-condense dsa; yc-condense dm factor=2 idc"; do
		made_by "${m% *}" >set.yct
		run -0 --separate-stderr quick --epochs 1 -r 1 set.yct
		[ "$(cut -f8 <<<"${lines[1]}")" = "${m##* }" ] || fail "$m: ${lines[1]}"
		[ "${m##* }" = idc ] && [ -z "$stderr" ] ||
			[[ $stderr == "yc-eval: the recipe is ${m##* }, "*"--recipe idc"* ]] || fail "$m: $stderr"
	done
	run -0 --separate-stderr quick --epochs 1 -r 1 -q set.yct
	# Of joined sets, as of each.
	for m in "dm factor=2 idc" "dm factor=1 dsa"; do
		for s in 1 2; do made_by "yc-load cifar10; yc-condense ${m% *} seed=$s"; done >set.yct
		run -0 --separate-stderr quick --epochs 1 -r 1 -q set.yct
		[ "$(cut -f8 <<<"${lines[1]}")" = "${m##* }" ] || fail "$m: ${lines[1]}"
	done
	made_by "yc-condense kip" >set.yct
	run -0 --separate-stderr quick --epochs 1 -r 1 --recipe dc set.yct
	[ -z "$stderr" ]
}

@test "the recipe of MTT takes the learning rate of the set" {
	made_by "yc-condense mtt" train.yct yc.lr=0.03 >set.yct
	same_as set.yct "--batch 256 --lr 0.03 --schedule half --mix-p 0 --aug-one \
		--aug color_crop_cutout_flip_scale_rotate train.yct"
	same_as "--lr 0.04 set.yct" "--batch 256 --lr 0.04 --schedule half --mix-p 0 --aug-one \
		--aug color_crop_cutout_flip_scale_rotate train.yct"
	made_by "yc-condense mtt" train.yct yc.lr=much >set.yct
	refused 1 "--lr of the recipe mtt: " quick -q set.yct
}

@test "soft labels that are no probabilities are refused, and how to go on is said" {
	"$YC_ROOT/tests/make/condensed.py" scores=0 soft=centred >centred.yct
	for t in "eval --test test.yct" "score el2n" train; do
		# shellcheck disable=SC2086
		run -1 --separate-stderr yc-$t --width 4 --epochs 1 centred.yct
		[[ $stderr == "yc-${t%% *}: row 0: the soft label of class 1 is -0.333"*": --hard-labels trains on the classes instead" ]] ||
			fail "$stderr"
		# shellcheck disable=SC2086
		yc-$t --width 4 --epochs 1 --hard-labels -q centred.yct >out
	done
	# As values to take they are what classes stand for.
	same "quick -r 1 --loss mse centred.yct | cut -f1-6" "quick -r 1 --loss mse --hard-labels centred.yct | cut -f1-6"
	quick -r 1 --epochs 1 --save-net a --loss mse centred.yct >out
	quick -r 1 --epochs 1 --save-net b --loss mse --hard-labels centred.yct >out
	quick -r 1 --epochs 1 --save-net c centred.yct --hard-labels >out
	python3 -c '
import struct
a, b, c = (struct.unpack("<1000f", open(f, "rb").read()[-4000:]) for f in "abc")
near = lambda a, b: max(abs(x - y) for x, y in zip(a, b)) < 1e-5
assert near(a, b) and not near(a, c)'
}

@test "tiles and selections take their soft labels along" {
	"$YC_ROOT/tests/make/condensed.py" soft=mixed >mixed.yct
	yc-decode mixed.yct -o decoded.yct
	quick -r 1 --save-net one mixed.yct
	quick -r 1 --save-net two decoded.yct
	# shellcheck disable=SC2002
	cmp one two
	yc-select yoco --tiles 2 mixed.yct -o small.yct
	yc-info small.yct | grep -q "soft labels"
	quick -r 1 --save-net soft small.yct
	quick -r 1 --save-net hard --hard-labels small.yct
	run -1 cmp -s soft hard
	yc-quantise mixed.yct | yc-augment flip | yc-info | grep -q "soft labels"
}

@test "classes that the two streams name differently are not compared in silence" {
	yc-load demo --per-class 2 --raw -o demo.yct
	yc-load demo --split test --per-class 2 --raw | sed 's/\\"box\\"/\\"bag\\"/' >other.yct
	run -0 --separate-stderr yc-eval --width 8 --epochs 1 -r 1 --test demo.yct demo.yct
	[ "$stderr" = "" ]
	refused 1 "other.yct: class 2 is 'bag', in the training set 'box': labels must mean the same" \
		yc-eval -q --width 8 --epochs 1 -r 1 --test other.yct demo.yct
	refused 1 "class 2 is 'bag', in earlier records 'box'" yc-eval -r 1 --test demo.yct demo.yct other.yct
	# networks know what they have learnt
	yc-train -q --epochs 1 --width 8 demo.yct -o net.yct
	refused 1 "net.yct: class 2 is 'box', in the images 'bag'" yc-eval --epochs 0 -r 1 --init-net net.yct --test other.yct
	refused 1 "net.yct: class 2 is 'box', in the images 'bag'" \
		yc-score entropy --epochs 0 --init-net net.yct other.yct -o out.yct
	refused 1 "net.yct: class 2 is 'box', in the images 'bag'" yc-train --init-net net.yct --epochs 1 other.yct -o out.yct
	yc-score lbpe -q --width 8 --epochs 2 --save-dynamics dyn.yct demo.yct -o out.yct
	refused 1 "dyn.yct: record 1: class 2 is 'box', in the images 'bag'" \
		yc-score lbpe --dynamics dyn.yct other.yct -o none.yct
	refused 1 "class 2 is 'bag', in earlier records 'box'" \
		yc-condense dm --ipc 1 demo.yct other.yct -o none.yct
	run -0 pipe "cat demo.yct other.yct | yc-info"
	assert_line "names     segment 2: class 2 is 'bag', in the first one 'box': labels must mean the same"
	# a name that only one of them has is no other name
	yc-load demo --split test --per-class 2 --raw | sed 's/\\"box\\"/null   /' >less.yct
	run -0 yc-eval -q --width 8 --epochs 1 -r 1 --test less.yct demo.yct
}

@test "what makes an accuracy mean something else is noted" {
	yc-load demo --per-class 2 --raw -o all.yct
	yc-load demo --classes 0,2-9 --per-class 2 --raw -o some.yct
	run -0 --separate-stderr yc-eval --width 4 --depth 1 --epochs 1 -r 1 --test all.yct some.yct
	[ "$stderr" = "yc-eval: no training images of 1 of the 10 classes, the first is 1: their 2 test images count as errors" ]
	run -0 --separate-stderr yc-eval --width 4 --depth 1 --epochs 1 -r 1 --test some.yct all.yct all.yct
	[ "$stderr" = "yc-eval: 2 files are read as one training set" ]
	run -0 --separate-stderr yc-eval --width 4 --depth 1 --epochs 0 -r 1 --save-net net --test all.yct all.yct
	[ "$stderr" = "yc-eval: --epochs 0 without --init-net: these are networks that were not trained" ]
	run -0 --separate-stderr yc-eval --width 4 --depth 1 --epochs 0 -r 1 --init-net net --test all.yct
	[ "$stderr" = "" ]
	run -0 --separate-stderr yc-eval -q --width 4 --depth 1 --epochs 1 -r 1 --test all.yct some.yct some.yct
	[ "$stderr" = "" ]
}

@test "--kernel fits and predicts without a network, in one line" {
	yc-load demo --train-images 6 -o train.yct
	yc-load demo --split test --test-images 5 -o test.yct
	yc-condense kip --kernel fc2 --ipc 2 --n-real 6 --iterations 30 --learn-labels -o kip.yct train.yct
	# what is fitted almost without a ridge is predicted
	run -0 yc-eval --kernel fc3 --ridge 1e-9 --test train.yct --predictions p.tsv train.yct
	[ "${#lines[@]}" = 4 ]
	[ "$(cut -f 1-4,6 <<<"${lines[1]}")" = "$(printf '1\t100.00\t100.00\t60\t0')" ]
	awk -F'\t' 'NR > 1 && $2 != $3 { bad = 1 } END { exit bad || NR != 61 }' p.tsv
	# a huge one leaves nothing but the classes' mean kernels
	run -0 yc-eval --kernel fc3 --ridge 1e6 --test train.yct train.yct
	[ "$(awk '$1 == "mean" { print ($2 < 90) }' <<<"$output")" = 1 ]
	for o in "" --hard-labels --nngp "--kernel fc1" "--kernel conv3" "--ridge 0.5"; do
		# shellcheck disable=SC2086
		yc-eval -j1 --kernel fc2 --test test.yct --predictions one $o kip.yct
		# shellcheck disable=SC2086
		yc-eval -j2 --kernel fc2 --test test.yct --metrics m --predictions two $o kip.yct
		cmp one two
		grep '"phase":"test"' m | cut -d '"' -f 9- >>losses
	done
	[ "$(sort -u losses | wc -l)" = 6 ]
	# the batch that it was made for, better than real images
	yc-condense kip --kernel fc2 --ipc 2 --n-real 6 --iterations 1 --lr-img 0 -o real.yct train.yct
	accuracy() { yc-eval --kernel fc2 --test train.yct "$1" | awk '$1 == "mean" { print $2 }'; }
	awk -v a="$(accuracy kip.yct)" -v b="$(accuracy real.yct)" 'BEGIN { exit !(a > b + 5) }'
	run -2 yc-eval --kernel fc2 --epochs 3 --test test.yct kip.yct
	run -2 yc-eval --kernel fc99 --test test.yct kip.yct
	assert_output --partial "fc3"
}
