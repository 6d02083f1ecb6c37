#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
load helpers

setup_file() {
	"$YC_ROOT/tests/make/condensed.py" scores=0 >"$BATS_FILE_TMPDIR/train.yct"
	"$YC_ROOT/tests/make/condensed.py" scores=0 factor=1 labels=1,2,0,0,1,2,2,0,1 \
		>"$BATS_FILE_TMPDIR/test.yct"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	ln -s "$BATS_FILE_TMPDIR"/{train,test}.yct .
}

teardown() {
	[ -z "${pid:-}" ] || { kill -9 "$pid" && wait "$pid"; } 2>/dev/null || true
}

small() {
	yc-train --width 4 --epochs 4 --batch 8 "$@"
}

# The snapshots in a stream of networks, as "network epoch", a line each.
snapshots() {
	yc-info --json "$1" | python3 -c '
import json, sys
for r in json.load(sys.stdin)["other"]:
    m = r["metadata"]
    print(m["yc.net.network"], m["yc.net.epoch"])'
}

# The hash of every snapshot in a stream, in order.
weights() {
	zstd -dcqf "$1" | python3 -c '
import hashlib, json, struct, sys
raw, at, plain = sys.stdin.buffer.read(), 0, None
while at < len(raw):
    n, = struct.unpack_from("<Q", raw, at)
    head = json.loads(raw[at + 8:at + 8 + n])
    meta, at = head.pop("__metadata__", {}), at + 8 + n
    end = at + max([t["data_offsets"][1] for t in head.values()], default=0)
    plain = "yc.version" not in meta if plain is None else plain
    if meta.get("yc.kind") == "network" or plain:
        print(hashlib.sha256(raw[at:end]).hexdigest())
    at = end'
}

@test "network i is that of yc-eval's repeat i" {
	small -n 3 -o nets.yct train.yct
	weights nets.yct >nets
	[ "$(sort -u nets | wc -l)" = 3 ]
	for r in 1 2 3; do
		yc-eval --width 4 --epochs 4 --batch 8 -r $r --test test.yct --save-net net train.yct >table
		weights net
	done >repeats
	cmp nets repeats
	yc-eval --width 4 --epochs 4 --batch 8 -r 3 --tests 1 --test test.yct train.yct |
		cut -f 1,3 >trained
	yc-eval --epochs 0 -r 3 --init-net nets.yct --test test.yct | cut -f 1,3 >started
	cmp trained started
}

@test "threads do not change a byte, the seed does" {
	small -n 3 --snapshots every-epoch -j1 -o one train.yct
	small -n 3 --snapshots every-epoch -j2 -o two train.yct
	small -n 3 --snapshots every-epoch -j2 --memory 4096 -o less train.yct
	cmp one two
	cmp one less
	small -n 3 --snapshots every-epoch -s1 -o other train.yct
	run -1 cmp -s one other
	yc-info --check one
}

@test "snapshots are those asked for, network by network" {
	small -n 2 --snapshots every-epoch -o every train.yct
	[ "$(snapshots every | paste -sd,)" = "1 0,1 1,1 2,1 3,1 4,2 0,2 1,2 2,2 3,2 4" ]
	small -n 2 --snapshots 0,2-3 -o list train.yct
	[ "$(snapshots list | paste -sd,)" = "1 0,1 2,1 3,2 0,2 2,2 3" ]
	weights every | sed -n '1p;3,4p;6p;8,9p' >picked
	weights list | cmp - picked
	small -o final train.yct
	[ "$(snapshots final)" = "1 4" ]
	small --epochs 0 -o start train.yct
	[ "$(snapshots start)" = "1 0" ]
	weights every | head -n 1 >initial
	weights start | cmp - initial
	run -2 --separate-stderr small --snapshots 0,5 train.yct
	[ "$stderr" = "yc-train: --snapshots '0,5': epochs go from 0 to 4" ]
	run -2 --separate-stderr small --snapshots last train.yct
	[ "$stderr" = "yc-train: --snapshots 'last': a list such as 0-4,7 expected" ]
}

@test "records say what they are, and yc-info sums them up" {
	small -n 2 --snapshots 0,2-4 -s 7 -o nets.yct train.yct
	run -0 yc-info nets.yct
	[[ $output == *"networks  2, convnet, width 4, depth 3, "*" bytes each, epochs 0,2-4: 8 snapshots"* ]]
	[[ $output == *"0 rows"* ]]
	yc-info --json nets.yct | python3 -c '
import json, sys
m = [r["metadata"] for r in json.load(sys.stdin)["other"]]
assert "yc.net.loss" not in m[0] and m[0]["yc.net.channels"] == "3"
assert all(x["yc.net.seed"] == "7" for x in m)
for x in m[1:4]:
    assert 0 < float(x["yc.net.loss"]) < 10 and 0 <= float(x["yc.net.accuracy"]) <= 1'
}

@test "names and layout are those of --save-net" {
	small -o nets.yct train.yct
	yc-eval --width 4 --epochs 4 --batch 8 -r 1 --test test.yct --save-net net train.yct
	zstd -dcq nets.yct | python3 -c '
import json, struct, sys
def headers(raw):
    at = 0
    while at < len(raw):
        n, = struct.unpack_from("<Q", raw, at)
        h = json.loads(raw[at + 8:at + 8 + n])
        at += 8 + n
        m = h.pop("__metadata__", {})
        at += max([t["data_offsets"][1] for t in h.values()], default=0)
        if h:
            yield h
net, = headers(open("net", "rb").read())
snap, = headers(sys.stdin.buffer.read())
assert net == snap and "layers.conv.0.weight" in net, (net, snap)'
}

@test "every tool that trains can start from a saved network" {
	small -n 2 --snapshots every-epoch -o nets.yct train.yct
	# what --epochs 0 of a later seed writes is what it read
	yc-train --epochs 0 -n 2 --init-net nets.yct -s 5 train.yct -o again
	weights nets.yct | sed -n '5p;10p' | cmp - <(weights again)
	yc-train --epochs 0 -n 2 --init-net nets.yct --init-epoch 2 train.yct -o again
	weights nets.yct | sed -n '3p;8p' | cmp - <(weights again)
	# one network serves all
	small -o one.yct train.yct
	yc-train --epochs 0 -n 3 --init-net one.yct train.yct -o again
	[ "$(weights again | sort -u | wc -l)" = 1 ]
	yc-score entropy --epochs 0 --init-net one.yct train.yct | yc-info | grep -q score.entropy
	cat one.yct | yc-eval --epochs 0 --init-net - --test test.yct >piped
	yc-eval --epochs 0 --init-net one.yct --test test.yct | cut -f 1-6 | cmp - <(cut -f 1-6 piped)
	run -1 --separate-stderr yc-eval --epochs 0 -r 3 --init-net nets.yct --test test.yct
	[ "$stderr" = "yc-eval: nets.yct: 2 networks, but 3 are needed: one for each, or one for all" ]
	run -1 --separate-stderr yc-eval --epochs 0 -r 2 --init-net nets.yct --init-epoch 9 --test test.yct
	[ "$stderr" = "yc-eval: nets.yct: has no network of epoch 9" ]
	run -2 --separate-stderr yc-eval --epochs 1 --init-epoch 9 --test test.yct train.yct
	[[ $stderr == *"--init-net"*FILE ]]
	run -1 --separate-stderr yc-eval --epochs 0 --net resnet10 --init-net one.yct --test test.yct
	[[ $stderr == "yc-eval: one.yct: no tensor "* ]]
	head -c 1000 one.yct >cut
	run -3 --separate-stderr yc-eval --epochs 0 --init-net cut --test test.yct
}

@test "weights that are not finite are an error that names the tensor" {
	small -o nets.yct train.yct
	zstd -dcq nets.yct | python3 -c '
import json, struct, sys
raw = bytearray(sys.stdin.buffer.read())
at = 0
while True:
    n, = struct.unpack_from("<Q", raw, at)
    h = json.loads(raw[at + 8:at + 8 + n])
    h.pop("__metadata__", None)
    at += 8 + n
    if h:
        break
t = h["layers.norm.1.weight"]["data_offsets"]
struct.pack_into("<f", raw, at + t[0] + 4, float("nan"))
sys.stdout.buffer.write(raw)' >nan.yct
	run -1 --separate-stderr yc-eval --epochs 0 -r 1 --init-net nan.yct --test test.yct
	[[ $stderr == "yc-eval: nan.yct: tensor 'layers.norm.1.weight' has a value that is not finite"* ]]
	[ -z "$output" ]
}

@test "networks pass through tools on images, and are no images" {
	small -n 2 -o nets.yct train.yct
	cat train.yct nets.yct >both.yct
	for t in "score el2n --epochs 1 --width 4" "quantise" "decode" "augment flip" "select random --tiles 4"; do
		# shellcheck disable=SC2086
		yc-$t both.yct -q -o out
		weights out | cmp - <(weights nets.yct) || fail "yc-$t"
		# shellcheck disable=SC2086
		run -1 --separate-stderr yc-$t -q nets.yct
		[ "$stderr" = "yc-${t%% *}: a stream of networks, not of images: use it with --init-net" ] ||
			fail "$stderr"
	done
	run -1 --separate-stderr yc-eval --epochs 1 --test nets.yct train.yct
	[ "$stderr" = "yc-eval: a stream of networks, not of images: use it with --init-net" ]
}

@test "a run that is killed, and one that is stopped, go on to the same bytes" {
	small -n 3 --epochs 30 --snapshots every-epoch -o whole train.yct
	go=(yc-train --width 4 --epochs 30 --batch 8 -n 3 --snapshots every-epoch
		--checkpoint ck --checkpoint-every 0 --resume -o out train.yct)
	for signal in KILL TERM KILL TERM; do
		"${go[@]}" -j2 -q 3>&- 2>err &
		pid=$!
		until [ -e ck/1.yct ] || ! kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
		sleep 0.1
		kill -"$signal" "$pid" 2>/dev/null || true
		status=0
		wait "$pid" || status=$?
		pid=
		[ ! -e out ] || break
		[ "$signal" = KILL ] || grep -q "yc-train: interrupted: --resume continues" err || {
			# a signal before the first step ends the tool by itself
			[ "$status" = $((128 + 15)) ] || fail "$status $(cat err)"
		}
	done
	"${go[@]}" -j1
	cmp whole out
	# each file of the folder is a stream, and a finished run only writes
	yc-info ck/2.yct | grep -q "epochs 0-30: 31 snapshots"
	weights whole | sed -n 32,62p | cmp - <(weights ck/2.yct)
	"${go[@]}" -j1
	cmp whole out
	# more networks may follow
	small -n 4 --epochs 30 --snapshots every-epoch -o more train.yct
	"${go[@]}" -n 4
	cmp more out
}

@test "a checkpoint of another run is refused" {
	small --checkpoint ck -o out train.yct
	run -1 --separate-stderr small --checkpoint ck -o out train.yct
	[ "$stderr" = "yc-train: ck: holds a run already: continue it with --resume, or remove the folder" ]
	run -1 --separate-stderr small --checkpoint ck --resume --lr 0.1 -o out train.yct
	[ "$stderr" = "yc-train: ck: the checkpoint was made with --lr 0.01, this run has --lr 0.1" ]
	run -1 --separate-stderr small --checkpoint ck --resume -s 3 -o out train.yct
	[[ $stderr == *"--seed 0, this run has --seed 3" ]]
	run -1 --separate-stderr small --checkpoint ck --resume -o out test.yct
	[ "$stderr" = "yc-train: ck: the checkpoint was made from other images" ]
	run -2 --separate-stderr small --resume train.yct
	[ "$stderr" = "yc-train: --resume needs --checkpoint FOLDER" ]
	truncate -s 100 ck/1.yct
	run -1 --separate-stderr small --checkpoint ck --resume -o out train.yct
	[ "$stderr" = "yc-train: ck/1.yct: shorter than the checkpoint says" ]
}

@test "a checkpoint from before --precision goes on with the same" {
	small --precision exact --checkpoint ck -o out train.yct
	grep -aq '"yc.option.precision":"exact"' ck/run
	sed -i 's/"yc.option.precision":"exact"/"yc.option.exact":"true"     /' ck/run
	run -1 --separate-stderr small --checkpoint ck --resume -o out train.yct
	[ "$stderr" = "yc-train: ck: the checkpoint was made with --precision exact, this run has --precision fp32" ]
	small --precision exact --checkpoint ck --resume -o again train.yct
	cmp out again
}

# kernels FILE: what the history says of them
kernels() {
	yc-info --json "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)["history"][-1]["kernel"])'
}

@test "the precision is on record, asked for and used, and told where there is nothing for it" {
	local wide=(small --width 16 train.yct)
	"${wide[@]}" -o fp32
	"${wide[@]}" --precision exact -o exact
	YC_PRECISION=exact "${wide[@]}" -o default
	cmp exact default
	kernels exact >said
	grep -q ", exact convolutions" said
	kernels fp32 >said
	run -1 grep -q convolutions said
	differ "weights fp32" "weights exact"
	export YC_KERNELS=plain
	"${wide[@]}" -o plain
	for p in fast fastest; do
		run -0 --separate-stderr "${wide[@]}" --precision $p -o $p
		[ "$stderr" = "yc-train: --precision $p: this processor has nothing faster than fp32, which is used" ]
		YC_PRECISION=$p run -0 --separate-stderr "${wide[@]}" -o $p
		[ "$stderr" = "yc-train: YC_PRECISION=$p: this processor has nothing faster than fp32, which is used" ]
		run -0 --separate-stderr "${wide[@]}" --precision $p -q -o again
		[ -z "$stderr" ]
		kernels $p >said
		grep -q "^plain .*, fp32 convolutions for $p" said
		same "weights $p" "weights plain"
	done
}

@test "options of the training take effect" {
	for o in "" "--optimiser adam" "--momentum 0" "--weight-decay 0" "--schedule constant" \
		"--lr 0.02" "--mix-p 0" "--aug none"; do
		# shellcheck disable=SC2086
		small $o train.yct | weights -
	done >all
	[ "$(sort -u all | wc -l)" = 8 ]
	[ "$(wc -l <all)" = 8 ]
}

# ---- --like: the networks of yc-condense

like() {
	yc-train --like idc --width 4 --inner 3 --n-data 40 --net-batch 8 "$@" images.yct
}

images() {
	yc-load demo --per-class 6 --classes 0-3 -o images.yct
}

@test "--like writes a network for every inner iteration, in the order of use, for any number of threads" {
	images
	like --outer 4 --fix-iter 2 -j1 -o one.yct
	like --outer 4 --fix-iter 2 -j2 -o two.yct
	cmp one.yct two.yct
	yc-info --check one.yct
	yc-info --json one.yct | python3 -c '
import json, sys
first, *nets = [r["metadata"] for r in json.load(sys.stdin)["other"]]
assert first["yc.kind"] == "trajectory", first
assert first["yc.option.net-batch"] == "8" and first["yc.option.width"] == "4", first
for m in nets:
    print(m["yc.net.network"], m["yc.net.outer"], m["yc.net.inner"], m["yc.net.epoch"])
    assert ("yc.net.loss" in m) == (m["yc.net.outer"] in "24" or m["yc.net.inner"] != "1"), m' >where
	# 24 images are three batches; 40 images two passes, with their last batch whole
	cat >want <<-'END'
	1 1 1 0
	1 1 2 1
	1 1 3 3
	1 2 1 5
	1 2 2 6
	1 2 3 8
	2 3 1 0
	2 3 2 1
	2 3 3 3
	2 4 1 5
	2 4 2 6
	2 4 3 8
	END
	diff want where
	[ "$(weights one.yct | sort -u | wc -l)" = 12 ]
	# fewer outer iterations are the beginning, the rest of the settings matter
	like --outer 2 --fix-iter 2 | weights - >few
	weights one.yct | head -n 6 | cmp - few
	for o in "" "--net-lr 0.02" "--net-momentum 0" "--net-decay 0" "--net-batch 9" "--n-data 9" "--early 0.4" \
		"--net-aug none" "--net-aug crop_scale" "--net-aug crop_scale --aug-all" "--mix-p 0" "--seed 1" "--inner 2"; do
		# shellcheck disable=SC2086
		like --outer 2 --fix-iter 2 $o | weights - | tail -n 1
	done >last
	[ "$(sort -u last | wc -l)" = 13 ]
}

@test "the networks of --like serve as any others do" {
	images
	like --outer 2 -o nets.yct
	run -0 yc-info nets.yct
	[[ $output == *"networks  2, convnet, width 4, depth 3, "*": 6 snapshots"* ]]
	yc-train --epochs 0 -n 2 --init-net nets.yct images.yct -o again
	weights nets.yct | sed -n '3p;6p' | cmp - <(weights again)
}

@test "a run of --like that is killed, and one that is stopped, go on to the same bytes, and to more" {
	images
	like --outer 9 --early 2 -o whole.yct
	go=(yc-train --like idc --width 4 --inner 3 --n-data 40 --net-batch 8 --early 2
		--checkpoint ck --checkpoint-every 0 --resume images.yct)
	for signal in KILL TERM KILL TERM; do
		"${go[@]}" --outer 9 -j2 -q -o out.yct 3>&- 2>err &
		pid=$!
		was=$(stat -c %i ck/1.state 2>/dev/null || true)
		until [ "$(stat -c %i ck/1.state 2>/dev/null)" != "$was" ] || ! kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
		kill -"$signal" "$pid" 2>/dev/null || true
		wait "$pid" || true
		pid=
		[ ! -e out.yct ] || break
		[ "$signal" = KILL ] || grep -q "yc-train: interrupted: --resume continues from the checkpoint ck" err
	done
	"${go[@]}" --outer 9 -j1 -o out.yct
	cmp whole.yct out.yct
	same "yc-info --digest ck/1.yct" "yc-info --digest whole.yct"
	like --outer 11 --early 2 -o more.yct
	"${go[@]}" --outer 11 -o out.yct
	cmp more.yct out.yct
	"${go[@]}" --outer 11 -o out.yct
	cmp more.yct out.yct
	refused 1 "ck: the checkpoint is in outer iteration 11, past --outer 9" "${go[@]}" --outer 9 -o out.yct
	refused 1 "made with --net-lr 0.01, this run has --net-lr 0.1" "${go[@]}" --outer 11 --net-lr 0.1 -o out.yct
	refused 1 "holds a run already" like --outer 9 --early 2 --checkpoint ck -o out.yct
}

@test "what --like cannot do is said at once" {
	images
	refused 2 "unknown option '--lr': it belongs to yc-train without --like" like --lr 1
	refused 2 "unknown option '--net-lr': it belongs to yc-train with --like" yc-train --net-lr 1 images.yct
	refused 2 "--like: 'dm' is not one of idc|dream" yc-train --like dm images.yct
	refused 2 "--resume needs --checkpoint" like --resume
	refused 1 "outer iteration 1, inner 1: the network's loss is not finite" like --outer 1 --net-lr 1e6
	# the default batch is the method's
	yc-train --like dream --width 4 --inner 1 --n-data 1 --outer 1 images.yct | yc-info | grep -q ' net-batch=128 '
	yc-train --like idc --width 4 --inner 1 --n-data 1 --outer 1 images.yct | yc-info | grep -q ' net-batch=64 '
	# soft labels do not count: yc-condense does not know them
	python3 - <<-'END'
	import os, sys
	sys.path.insert(0, os.environ["YC_ROOT"] + "/pipelines")
	import yct
	arrays, meta = yct.read("images.yct")
	import numpy
	arrays["soft"] = numpy.full((len(arrays["label"]), int(meta["yc.classes"])), 1 / int(meta["yc.classes"]), "float32")
	yct.write("soft.yct", arrays, meta)
	END
	like --outer 2 | weights - >hard
	yc-train --like idc --width 4 --inner 3 --n-data 40 --net-batch 8 --outer 2 soft.yct | weights - | cmp - hard
}
