#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # set by run --separate-stderr
# yc-load of condensed sets as others publish them
load helpers

setup() {
	published=published.py
	T=$BATS_TEST_TMPDIR
	cd "$T" || return
}

# made FORM SHAPE FILE KEY=VALUE...; loads KIND FILE OPTION... -- KEY=VALUE...
made() {
	"$published" "$@"
}

loads() {
	local load=()
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		load+=("$1")
		shift
	done
	run -0 pipe "yc-load -q $(printf '%q ' "${load[@]}") --raw | '$published' check ${*:2}"
	assert_output same
}

refuses() {
	run -1 --separate-stderr yc-load -q "${@:2}" -o out.yct
	assert_equal "${#stderr_lines[@]}" 1
	[[ $stderr == "yc-load: "*"$1"* ]] || fail "'$1' expected in '$stderr'"
	[ -z "$output" ]
	assert_file_not_exists out.yct
}

@test "idc and dream: a list of pixels and labels, whatever wrote it" {
	for form in zip legacy pickle2 pickle4 nested2 nested4 pickle5 "pickle5 numpy=2"; do
		made ${form%% *} list data.pt ipc=1 "numpy=${form##*=}"
		loads idc data.pt -- ipc=1
		loads dream data.pt -- ipc=1
	done
	made pickle5 list data.pt ipc=1 'dtype=>f8'
	loads idc data.pt -- ipc=1
	made zip tuple data.pt ipc=1 dtype=f8
	loads idc data.pt -- ipc=1
	made legacy list data.pt ipc=1 dtype=f2
	loads idc data.pt -- ipc=1 dtype=f2
	run -0 pipe "yc-load idc data.pt | yc-info"
	assert_line "head      10 classes, side 32, factor 2"
	assert_line "source    cifar10 condensed by idc"
	assert_line "class     9: 1 truck"
	run -0 pipe "yc-load idc data.pt --factor 4 | yc-info"
	assert_line "head      10 classes, side 32, factor 4"
}

@test "dsa: one of the runs, beside numbers of another kind" {
	for form in zip legacy pickle4; do
		made $form runs res_DSA.pt ipc=1 what=normalised
		loads dsa res_DSA.pt -- ipc=1 what=normalised
		loads dsa res_DSA.pt --run 2 -- ipc=1 what=normalised run=2
	done
	refuses "res_DSA.pt: has 3 runs, numbered from 0; there is no run 3" dsa res_DSA.pt --run 3
	run -0 pipe "yc-load dsa res_DSA.pt | yc-info"
	assert_line "head      10 classes, side 32, factor 1"
	assert_line "normalised 1"
}

@test "mtt: images and labels in two files, in a folder, an archive or side by side" {
	mkdir set
	made zip images set/images_best.pt ipc=1 what=normalised
	made zip labels set/labels_best.pt ipc=1
	loads mtt set -- ipc=1 what=normalised
	loads mtt set/images_best.pt -- ipc=1 what=normalised
	tar -cJf set.tar.xz set
	loads mtt set.tar.xz -- ipc=1 what=normalised
	(cd set && python3 -m zipfile -c ../set.zip labels_best.pt images_best.pt)
	loads mtt set.zip -- ipc=1 what=normalised
	cp set/images_best.pt set/images_200.pt
	refuses "set/labels_200.pt: cannot open: No such file" mtt set/images_200.pt
	rm set/labels_best.pt
	refuses "set: images_best.pt: no file of labels beside it" mtt set
	cp set/images_best.pt set/all.pt
	refuses "set/all.pt: no 'images' in the name" mtt set/all.pt
}

@test "kip: NumPy's archives, channels last, labels as rows" {
	for form in npz deflated; do
		for dtype in '<f4' '<f8' '>f8' '>f4'; do
			made $form named kip.npz ipc=1 what=normalised layout=nhwc labels=soft "dtype=$dtype"
			loads kip kip.npz -- ipc=1 what=normalised
		done
	done
	made npz named kip.npz ipc=1 what=normalised layout=nhwc labels=soft bad=fortran
	loads kip kip.npz -- ipc=1 what=normalised
	made zip list kip_ipc1.pt ipc=1 what=normalised layout=nhwc labels=soft
	loads kip kip_ipc1.pt -- ipc=1 what=normalised
	run -0 pipe "yc-load kip kip.npz | yc-info"
	assert_line "column    soft F32 [10,10]"
	run -0 pipe "yc-load -q kip kip.npz | yc-info --tsv | tail -1 | cut -f2"
	assert_output 9
}

@test "standard input: a file is a file, a pipe may bring a tar archive" {
	made zip list data.pt ipc=1
	run -0 pipe "yc-load -q idc - --raw <data.pt | '$published' check ipc=1"
	assert_output same
	tar -czf set.tgz data.pt
	run -0 pipe "cat set.tgz | yc-load -q idc - --raw | '$published' check ipc=1"
	assert_output same
	run -1 --separate-stderr pipe "cat data.pt | yc-load idc - -o out.yct"
	assert_equal "$stderr" "yc-load: stdin: a zip archive cannot be read from a pipe, since its directory is at the end: give the file"
}

@test "other sizes: classes, mean and std follow, or are said" {
	made zip list data.pt classes=100 ipc=1 side=32
	run -0 pipe "yc-load idc data.pt | yc-info"
	assert_line "head      100 classes, side 32, factor 2"
	assert_line "source    cifar100 condensed by idc"
	made zip list data.pt classes=3 ipc=1 side=66
	run -0 pipe "yc-load idc data.pt | yc-info"
	assert_line "head      3 classes, side 66, factor 3"
	assert_line "mean      0.485,0.456,0.406"
	made zip list data.pt classes=3 ipc=1 side=8
	run -0 pipe "yc-load idc data.pt --dataset cifar100 --uneven | yc-info"
	assert_line "head      100 classes, side 8, factor 2"
	refuses "data.pt: classes of 0 to 1 images: a part of a set? (--uneven" idc data.pt --dataset cifar10
	made zip list data.pt classes=11 ipc=1 side=8
	refuses "data.pt: labels of 11 classes: not condensed from cifar10" idc data.pt --dataset cifar10
}

# note TEXT yc-load-ARGUMENTS...: the only note
note() {
	run -0 --separate-stderr yc-load "${@:2}" -o loaded.yct
	assert_equal "$stderr" "${1:+yc-load: $1}"
}

source_is() {
	yc-info loaded.yct | grep -Fx "source    $1" || fail "$(yc-info loaded.yct)"
}

@test "the dataset is told by the path, else by the means of pixels, and what is assumed is noted" {
	local maybe="10 classes of 32 x 32 pixels may be of cifar10 or svhn: taken as"
	made zip list data.pt ipc=1
	note "$maybe cifar10; --dataset says otherwise" idc data.pt
	made zip list data.pt ipc=1 like=cifar10
	note "$maybe cifar10 by the means of the channels; --dataset says otherwise" idc data.pt
	made zip list data.pt ipc=1 like=svhn
	note "$maybe svhn by the means of the channels; --dataset says otherwise" idc data.pt
	source_is "svhn condensed by idc"
	yc-info loaded.yct | grep -Fx "mean      0.4377,0.4438,0.4728"
	yc-info loaded.yct | grep -Fx "class     7: 1 7"
	made zip runs res_.pt ipc=1 what=normalised
	note "$maybe cifar10; --dataset says otherwise" dsa res_.pt
	note "" dsa res_.pt --dataset svhn
	source_is "svhn condensed by dsa"
	for name in res_DSA_SVHN_ConvNet_10ipc.pt svhn.pt; do
		cp res_.pt $name
		note "" dsa $name
		source_is "svhn condensed by dsa"
		note "$name: the name says svhn, but --dataset cifar10 holds" dsa $name --dataset cifar10
		source_is "cifar10 condensed by dsa"
	done
	# the file before its folders, in archives too; kmnist and cifar1000 are others
	mkdir -p SVHN/kmnist
	cp res_.pt SVHN/kmnist/res_cifar1000.pt
	note "" dsa SVHN/kmnist/res_cifar1000.pt
	source_is "svhn condensed by dsa"
	(cd SVHN/kmnist && cp res_cifar1000.pt res_cifar-10_0.pt && tar cf ../../set.tar res_cifar-10_0.pt)
	note "" dsa SVHN/kmnist/res_cifar-10_0.pt
	source_is "cifar10 condensed by dsa"
	note "" dsa set.tar
	source_is "cifar10 condensed by dsa"
}

@test "a path that contradicts the images is an error" {
	made zip list svhn.pt classes=100 ipc=1
	refuses "svhn.pt: the name says svhn, but there are 100 classes of 32 x 32 pixels and 3 channels: say which with --dataset" idc svhn.pt
	note "svhn.pt: the name says svhn, but --dataset cifar100 holds" idc svhn.pt --dataset cifar100
	made zip list mnist.pt ipc=1
	refuses "mnist.pt: the name says mnist, but there are 10 classes of 32 x 32 pixels and 3 channels" idc mnist.pt
	refuses "mnist.pt: images of 3 channels: not condensed from mnist" idc mnist.pt --dataset mnist
	made zip list cifar10.pt ipc=1 like=svhn
	refuses "cifar10.pt: the name says cifar10, but the means of the channels are those of svhn: say which" idc cifar10.pt
	note "" idc cifar10.pt --dataset cifar10
	made zip list grey.pt ipc=1 channels=1 side=64
	refuses "grey.pt: 10 classes of 64 x 64 pixels and 1 channel are of no dataset known here: --dataset names the nearest" idc grey.pt
}

@test "one channel: MNIST and Fashion-MNIST, from every kind of file" {
	local small=(channels=1 side=28 ipc=1)
	made zip runs res_DM_FashionMNIST_ConvNet_1ipc.pt "${small[@]}" what=normalised
	loads dsa res_DM_FashionMNIST_ConvNet_1ipc.pt -- "${small[@]}" what=normalised
	note "" dsa res_DM_FashionMNIST_ConvNet_1ipc.pt
	source_is "fashionmnist condensed by dsa"
	yc-info loaded.yct | grep -Fx "mean      0.2861"
	yc-info loaded.yct | grep -Fx "class     9: 1 Ankle boot"
	cp res_DM_FashionMNIST_ConvNet_1ipc.pt res_.pt
	note "10 classes of 28 x 28 pixels may be of mnist or fashionmnist: taken as mnist; --dataset says otherwise" dsa res_.pt
	source_is "mnist condensed by dsa"
	yc-info loaded.yct | grep -Fx "std       0.3081"
	made npz named mnist.npz "${small[@]}" what=normalised layout=nhwc labels=soft
	loads kip mnist.npz -- "${small[@]}" what=normalised
	made zip list data.pt channels=1 ipc=1 like=fashionmnist
	note "10 classes of 32 x 32 pixels may be of mnist or fashionmnist: taken as fashionmnist by the means of the channels; --dataset says otherwise" idc data.pt
}

@test "photographs of any dataset are imagenet's, with a note unless it is named" {
	local at="of 64 x 64 pixels are taken as imagenet, with its mean and std and without names of the classes"
	made zip list data.pt classes=4 side=64 ipc=1
	note "4 classes $at: for other photographs give --mean and --std" idc data.pt
	source_is "imagenet condensed by idc"
	note "" idc data.pt --dataset imagenet
	cp data.pt imagenet_data.pt
	note "" idc imagenet_data.pt
}

@test "one channel passes every tool" {
	made zip list fashion-mnist.pt channels=1 side=28 ipc=2
	for name in fashion-mnist.pt fashion_mnist.pt fashionmnist_10.pt; do
		[ -e $name ] || cp fashion-mnist.pt $name
		yc-load -q idc $name -o set.yct
		yc-info set.yct | grep -q "^source *fashionmnist condensed by idc$" || fail "$name: $(yc-info set.yct)"
	done
	run -0 pipe "yc-score lbpe,entropy,ssp --ipc 1 --epochs 2 --width 4 set.yct | yc-select yoco --ipc 1 |
		yc-eval --test set.yct -r 1 --epochs 2 --width 4"
	assert_line --regexp '^mean'
	run -0 pipe "yc-train --epochs 1 --width 4 set.yct | yc-eval -r 1 --epochs 0 --init-net - --test set.yct"
	yc-decode set.yct | yc-augment color,crop,cutout,flip,scale,rotate >augmented.yct
	run -0 pipe "yc-quantise set.yct | yc-info"
	assert_line --regexp '^column +image U8 \[20,1,28,28\]'
	yc-view set.yct -o sheet.png
	# 1-channel photographs have no colours to change
	made zip list big.pt channels=1 side=66 classes=3 ipc=1
	run -0 --separate-stderr yc-load idc big.pt --dataset mnist --uneven -o big.yct
	run -0 yc-eval --test big.yct -r 1 --epochs 1 --width 4 big.yct
}

@test "labels of one column are numbers" {
	made npz named kip.npz ipc=1 what=normalised layout=nhwc labels=column
	loads kip kip.npz -- ipc=1 what=normalised
	note "10 classes of 32 x 32 pixels may be of cifar10 or svhn: taken as cifar10; --dataset says otherwise" kip kip.npz
	run -0 yc-info loaded.yct
	assert_line "class     9: 1 truck"
	refute_output --partial soft
}

@test "phases of a set: --classes-total says how many classes there are in all" {
	for phase in 0 20; do
		made zip list phase$phase.pt classes=20 ipc=2 side=66 first=$phase
	done
	refuses "phase20.pt: classes of 0 to 2 images: a part of a set? (--uneven accepts it, --classes-total says how many classes there are in all)" idc phase20.pt
	note "phase20.pt: 20 of 40 classes have images" idc phase20.pt --classes-total 40 --dataset imagenet
	run -0 yc-info loaded.yct
	assert_line "head      40 classes, side 66, factor 3"
	assert_line "class     39: 2"
	refuses "labels of 40 classes: --classes-total 39 does not fit" idc phase20.pt --classes-total 39
	yc-load idc -q phase0.pt --classes-total 40 | cat - loaded.yct | yc-info >both
	grep -q ' 80 rows$' both
	grep -Fx "labels    2 of each" both
	# the network tells all 40 apart, and it trains, is scored and pruned on those that are there
	run -0 --separate-stderr yc-eval -r 1 --epochs 1 --net convnet --width 1 --depth 1 --test loaded.yct loaded.yct
	run -0 pipe "yc-score el2n --early 1 --epochs 1 --net convnet --width 1 --depth 1 loaded.yct |
		yc-select el2n --balance --ipc 1 | yc-info"
	assert_line "head      40 classes, side 66, factor 1"
	assert_line --regexp ' 180 rows$'
	made zip list a.pt classes=20 ipc=2 side=66 first=20 bad=uneven
	refuses "a.pt: classes of 1 to 2 images: a part of a set? (--uneven accepts it)" idc a.pt --classes-total 40
	# of a dataset with names, the names of the classes that there are
	made zip list data.pt classes=2 ipc=1 first=3
	yc-load idc -q --dataset cifar10 --classes-total 5 data.pt | yc-info >five
	grep -Fx "head      5 classes, side 32, factor 2" five
	grep -Fx "class     4: 1 deer" five
	refuses "data.pt: labels of 11 classes: not condensed from cifar10" idc --dataset cifar10 --classes-total 11 data.pt
	made npz named kip.npz ipc=1 what=normalised layout=nhwc labels=soft
	refuses "kip.npz: labels of 10 classes: --classes-total 12 does not fit" kip kip.npz --classes-total 12
}

@test "dsa normalises CIFAR-100 by its own mean and std: the stream has those of the test set" {
	made zip runs res.pt classes=100 ipc=1 side=32 what=normalised
	run -0 pipe "yc-load dsa res.pt --raw | python3 -c '
import sys; sys.path.insert(0, sys.argv[1])
import published as p, struct
p.opts.update(classes=\"100\", ipc=\"1\", what=\"normalised\")
want = p.images().items
mean, std = (0.5071, 0.4866, 0.4409), (0.2673, 0.2564, 0.2762)
have = [x for _, t in p.records(sys.stdin.buffer.read()) if \"image\" in t
        for x, in struct.iter_unpack(\"<f\", t[\"image\"][1])]
far = 0
for i, x in enumerate(want):
    c = i // 1024 % 3
    far = max(far, abs((x * std[c] + mean[c] - p.MEAN[c]) / p.STD[c] - have[i]))
print(len(have) == len(want), far < 1e-6)' '$YC_ROOT/tests/make'"
	assert_output "True True"
}

@test "values of another kind are noticed, and can be forced: normalised twice, as YOCO did (D38)" {
	made zip runs res.pt ipc=1
	refuses "res.pt: values from 0 to 1, 0 % of them outside 0..1, do not look normalised" dsa res.pt
	loads dsa res.pt --values normalised -- ipc=1
	made zip list data.pt ipc=1 what=normalised
	refuses "do not look like pixels; say which with --values" idc data.pt
	loads idc data.pt --values pixels -- ipc=1 what=normalised
	run -0 pipe "yc-load idc data.pt --values pixels | yc-info"
	refute_line "normalised 1"
}

@test "what is no set of images and labels is an error that says why" {
	made zip list a.pt bad=pairs ipc=1
	refuses "a.pt: the images are 10 x 2 x 32 x 32: square ones of 1 or 3 channels expected" idc a.pt
	made zip list a.pt bad=nan ipc=1
	refuses "a.pt: row 5: a value is not finite" idc a.pt
	made zip list a.pt bad=few ipc=1
	refuses "a.pt: 10 images, but labels for 9 of 1 dimensions" idc a.pt
	made zip list a.pt bad=uneven
	refuses "a.pt: classes of 1 to 3 images" idc a.pt
	yc-load idc a.pt --uneven -o a.yct
	made zip list a.pt bad=negative ipc=1
	refuses "a.pt: row 0: label -1" idc a.pt
	made zip list a.pt bad=half ipc=1
	refuses "a.pt: the labels: element 0 is 0.5, not an integer" idc a.pt
	made zip images a.pt ipc=1
	refuses "a.pt: has no images and labels where idc has them" idc a.pt
	echo text >a.pt
	refuses "a.pt: neither PyTorch or NumPy tensors nor an archive" idc a.pt
	cp a.pt data_best.pt
	refuses "data_best.pt: neither PyTorch" idc data_best.pt
	tar cf a.tar a.pt
	refuses "a.tar: no file 'data_best.pt' of a set of idc; give the file itself" idc a.tar
	refuses "nothing: No such file" idc nothing
	mkdir two
	made npz named two/a.npz ipc=1
	made npz named two/b.npz ipc=1
	refuses "two: 'a.npz' or 'b.npz'? give the file itself" kip two
	run -2 yc-load idc a.pt --split test
	assert_output --partial "idc has no split 'test'"
}

@test "a lying file is an error, not a crash" {
	made zip list a.pt ipc=1 bad=short
	refuses "a.pt: set/data/0: " idc a.pt
	made zip list a.pt ipc=1 bad=missing
	refuses "a.pt: no member 'set/data/0'" idc a.pt
	made zip list a.pt ipc=1 bad=script
	refuses "a.pt: a TorchScript program" idc a.pt
	for form in zip legacy; do
		made $form list a.pt ipc=1 bad=outside
		refuses "a tensor that exceeds its storage" idc a.pt
		made $form list a.pt ipc=1 bad=stride
		refuses "a tensor that exceeds its storage" idc a.pt
	done
	python3 -c 'import zipfile
with zipfile.ZipFile("bomb.npz", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("images.npy", bytes(80 << 20))'
	refuses "bomb.npz: images.npy: expands to too many bytes" kip bomb.npz
	printf '\200\002cos\nsystem\n(U\010touch pwnR.' >a.pt
	refuses "a.pt: " idc a.pt
	assert_file_not_exists pwn
}

@test "a cut file is an error wherever it is cut" {
	for form in zip legacy pickle4 pickle5 npz; do
		shape=list kind=idc
		[ $form != npz ] || shape=named kind=kip
		made $form $shape whole ipc=1
		size=$(stat -c %s whole)
		for percent in 0 1 3 20 50 99; do
			head -c $((size * percent / 100)) whole >cut
			refuses "cut: " $kind cut --values pixels
		done
		head -c -1 whole >cut
		refuses "cut: " $kind cut --values pixels
	done
}

@test "a flipped bit never makes it crash" {
	for form in zip legacy pickle2 pickle5 npz; do
		shape=list kind=idc
		[ $form != npz ] || shape=named kind=kip
		made $form $shape whole ipc=1 side=2 classes=2
		python3 -c 'import random
for i in range(40):
    r, raw = random.Random(i + 1), bytearray(open("whole", "rb").read())
    raw[r.randrange(len(raw))] ^= 1 << r.randrange(8)
    open("flipped.%d" % i, "wb").write(raw)'
		for i in $(seq 0 39); do
			run yc-load $kind flipped.$i --values pixels -o out.yct
			[ "$status" -le 1 ] || fail "$form $i: $output"
		done
	done
}

@test "the pipeline runs on what was published" {
	made zip runs res.pt ipc=2 what=normalised
	yc-load -q dsa res.pt --run 1 -o test.yct
	run -0 pipe "yc-load dsa res.pt | yc-score lbpe --width 8 --epochs 4 |
		yc-select yoco --ipc 1 | yc-eval --test test.yct --width 8 --epochs 2 --repeat 1"
	assert_line --regexp '^mean'
}
