#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Datasets of picture files: yc-load folder and yc-load imagenet10.
# shellcheck disable=SC2154 # set by run --separate-stderr
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	pictures=pictures.py
	made=made.py
}

# Three classes, train and val, in no order.
few() {
	"$pictures" set/train/cat/2.jpg set/train/cat/10.png:12x8:1,2,3 set/train/ant/x.JPEG \
		set/train/bee/deep/er/a.png set/train/bee/b.png:8x9:7,8,9 set/val/cat/v.png set/val/bee/v.jpg
	echo text >set/train/cat/notes.txt
	: >set/train/cat/._2.jpg
}

digest() {
	yc-load -q "$@" | yc-info --digest
}

names() {
	yc-load -q "$@" | yc-info | sed -n 's/^class *//p' | paste -sd' '
}

# refuses "a part of the message" ARGUMENTS: exit 1, one line, and no file.
refuses() {
	run -1 --separate-stderr yc-load -q "${@:2}" -o out.yct
	assert_equal "${#stderr_lines[@]}" 1
	[[ $stderr == "yc-load: "*"$1"* ]] || fail "'$1' expected in '$stderr'"
	assert_file_not_exists out.yct
}

@test "classes and files come in ascending order, and the head says what they are" {
	few
	run -0 pipe "yc-load -q folder set --side 4 --raw | $made --rows label | paste -sd' '"
	assert_output "0 1 1 2 2"
	# cat/10.png, then cat/2.jpg: by name, not by number
	run -0 pipe "yc-load -q folder set --side 4 --raw | $made --rows image | cut -d' ' -f1,17,33"
	assert_line --index 0 "201 59 19"
	assert_line --index 1 "7 8 9"
	assert_line --index 2 "0 0 0"
	assert_line --index 3 "1 2 3"
	assert_line --index 4 "201 59 19"
	run -0 pipe "yc-load -q folder set --side 4 | yc-info"
	assert_line --regexp "^head +3 classes, side 4, factor 1"
	assert_line --regexp "^source +folder train"
	assert_line --regexp "^mean +0.485,0.456,0.406"
	assert_line --regexp "^std +0.229,0.224,0.225"
	assert_line --regexp "^column +image U8 .5,3,4,4"
	assert_equal "$(names folder set)" "0: 1 ant 1: 2 bee 2: 2 cat"
}

@test "labels are the same in every split" {
	few
	assert_equal "$(names folder set --split val)" "0: 0 ant 1: 1 bee 2: 1 cat"
	run -0 pipe "yc-load -q folder set --split val --side 2 --raw | $made --rows label | paste -sd' '"
	assert_output "1 2"
}

@test "the side is 224 unless it is given" {
	few
	run -0 pipe "yc-load -q folder set --split val | yc-info"
	assert_line --regexp "image U8 .2,3,224,224"
}

@test "--names chooses folders and gives them their labels" {
	few
	assert_equal "$(names folder set --names cat,ant)" "0: 2 cat 1: 1 ant"
	refuses "set: no pictures of 1 of the 2 classes: dog" folder set --names cat,dog
	refuses "set: no pictures of 1 of the 1 classes: ant" folder set --split val --names ant
	run -2 --separate-stderr yc-load folder set --names cat,cat -o out.yct
	[ "$stderr" = "yc-load: --names: 'cat' is given twice" ]
	refused 2 "--names: an empty name" yc-load folder set --names cat, -o out.yct
}

@test "folders and archives of every kind have the same digest, for any threads" {
	few
	want=$(digest folder set)
	for z in tar tar.gz tar.bz2 tar.xz tar.zst; do
		tar -caf "s.$z" set
		assert_equal "$(digest folder "s.$z")" "$want"
	done
	python3 -m zipfile -c s.zip set
	assert_equal "$(digest folder s.zip)" "$want"
	# members in the opposite order, and below other folders
	mkdir -p far/away
	cp -r set far/away
	find far -type f | sort -r | tar -cf r.tar -T -
	assert_equal "$(digest folder r.tar)" "$want"
	assert_equal "$(digest folder set/)" "$want"
	same "digest folder set/train" "digest folder set --names ant,bee,cat"
	assert_equal "$(digest folder set -j3)" "$want"
	assert_equal "$(digest folder set -j1)" "$want"
}

@test "many pictures in many batches are the same for any threads and order of the archive" {
	# shellcheck disable=SC2046 # words
	"$pictures" $(for c in a b c; do
		for i in $(seq 50); do echo "m/$c/$i.png:$((i % 7 + 1))x$((i % 5 + 1)):$i,$((i * 3 % 256)),0"; done
	done)
	want=$(digest folder m --side 80)
	assert_equal "$(digest folder m --side 80 -j4)" "$want"
	find m -type f | sort -r | tar -cf m.tar -T -
	assert_equal "$(digest folder m.tar --side 80 -j2)" "$want"
	yc-load folder m --side 3 --shuffle --seed 5 --raw >a
	yc-load folder m.tar --side 3 --shuffle --seed 5 -j2 --raw >b
	cmp a b
	# every row has the picture of its label and id
	run -0 pipe "yc-load folder m --side 1 --shuffle --raw | $made --rows image | sort -n | uniq -c |
		awk '\$1 != 3 || \$3 != \$2 * 3 % 256 { bad++ } END { print NR, bad + 0 }'"
	assert_output "50 0"
}

@test "--per-class, --classes and --shuffle choose pictures" {
	few
	run -0 pipe "yc-load -q folder set --side 2 --per-class 1 --raw | $made --rows id | paste -sd' '"
	assert_output "0 1 3"
	run -0 pipe "yc-load -q folder set --side 2 --classes 1-2 --raw | $made --rows label | paste -sd' '"
	assert_output "1 1 2 2"
	refuses "class 0 has only 1 of the 2 images asked for" folder set --per-class 2
}

@test "a folder without splits is its train split" {
	"$pictures" pets/cats/1.png pets/cats/2.jpg pets/dogs/1.png
	assert_equal "$(names folder pets)" "0: 2 cats 1: 1 dogs"
	tar -cf pets.tar pets
	assert_equal "$(names folder pets.tar)" "0: 2 cats 1: 1 dogs"
	refuses "pets: no folder 'val' ('valid', 'validation') with one folder per class" folder pets --split val
	tar -cf cats.tar pets/cats
	assert_equal "$(names folder cats.tar)" "0: 2 cats"
	# a class may be called train
	"$pictures" pets/train/1.png
	assert_equal "$(names folder pets)" "0: 2 cats 1: 1 dogs 2: 1 train"
}

@test "splits that are called training, valid, validation or testing" {
	"$pictures" set/Training/{a,b}/1.png set/validation/b/{1,2}.png set/testing/a/1.png
	assert_equal "$(names folder set)" "0: 1 a 1: 1 b"
	assert_equal "$(names folder set --split val)" "0: 0 a 1: 2 b"
	assert_equal "$(names folder set --split test)" "0: 1 a 1: 0 b"
	mv set/validation set/Valid
	assert_equal "$(names folder set --split val)" "0: 0 a 1: 2 b"
	"$pictures" set/val/a/1.png
	refuses "set: splits in two places: 'Valid' and 'val'" folder set
}

@test "layouts that do not say what a picture is are refused" {
	few
	refuses "set: no folder 'test' ('testing') with one folder per class, only 'train' 'val'" folder set --split test
	cp -r set again
	mkdir two
	mv set again two
	refuses "two: splits in two places: 'again/train' and 'set/train'" folder two
	"$pictures" mixed/a/1.png mixed/2.png
	refuses "mixed: 2.png: a picture outside of the class folders: move it into one" folder mixed
	"$pictures" cat/1.png
	refuses "cat: no class folders, only pictures such as '1.png': give the folder whose folders are the classes" folder cat
	mkdir none
	refuses "none: no JPEG or PNG file in it" folder none
	"$pictures" gifs/a/1.png gifs/a/2.GIF
	refuses "gifs: a/2.GIF: only JPEG and PNG pictures can be read: --skip-bad leaves it out" folder gifs
	"$pictures" one/a/1.png
	tar -cf twice.tar one
	tar -rf twice.tar one
	refuses "twice.tar: one/a/1.png: found twice" folder twice.tar
}

@test "a damaged picture is named, and nothing is written" {
	few
	truncate -s -20 set/train/cat/2.jpg
	refuses "set: train/cat/2.jpg: JPEG: Premature end of JPEG file: --skip-bad leaves it out" folder set
	tar -cf s.tar set
	refuses "s.tar: set/train/cat/2.jpg: JPEG: " folder s.tar -j2
	: >set/train/cat/2.jpg
	refuses "set: train/cat/2.jpg: an empty file" folder set
	echo hello >set/train/cat/2.jpg
	refuses "set: train/cat/2.jpg: neither a JPEG nor a PNG picture" folder set
	cp set/train/ant/x.JPEG set/train/cat/2.jpg
	truncate -s -1 set/train/bee/b.png
	refuses "set: train/bee/b.png: PNG: " folder set
	# what went out before it is not taken for a stream
	run -3 --separate-stderr bash -c 'yc-load folder set 2>/dev/null | yc-info --digest'
}

@test "links are followed in a folder and refused in an archive" {
	few
	ln set/train/ant/x.JPEG set/train/ant/y.jpg
	ln -s ../ant/x.JPEG set/train/cat/z.jpg
	assert_equal "$(names folder set)" "0: 2 ant 1: 2 bee 2: 3 cat"
	tar -cf s.tar set
	refuses "a link in an archive" folder s.tar
}

@test "a picture's kind is told by its content" {
	"$pictures" set/a/1.png
	cp set/a/1.png set/a/2.JPEG
	run -0 pipe "yc-load -q folder set --side 2 | yc-info"
	assert_line --regexp "image U8 .2,3,2,2"
}

@test "pictures of every kind are what Pillow makes of them, bit for bit" {
	python3 -c "import PIL" || skip "no Pillow"
	python3 "$YC_ROOT/tests/reference/pictures.py" make set
	for side in 16 11 37; do
		python3 "$YC_ROOT/tests/reference/pictures.py" bytes set $side | od -An -v -tu1 -w1 | tr -d ' ' >want
		yc-load -q folder set --side $side --raw | "$made" --rows image | tr ' ' '\n' >got
		[ -s want ]
		cmp want got
	done
}

imagenet() {
	for w in n02869837 n01749939 n02488291 n02107142 n13037406 n02091831 n04517823 n04589890 n03062245 \
		n01773797 n09999999; do
		echo "ILSVRC/Data/CLS-LOC/train/$w/${w}_7.JPEG" "ILSVRC/Data/CLS-LOC/val/$w/v_1.JPEG"
	done
}

@test "imagenet10 has its ten classes, labelled by their list and in order of their folders" {
	# shellcheck disable=SC2046 # words
	"$pictures" $(imagenet)
	run -0 names imagenet10 ILSVRC
	assert_output "0: 1 bonnet 1: 1 green mamba 2: 1 langur 3: 1 Doberman 4: 1 gyromitra 5: 1 Saluki 6: 1 vacuum cleaner 7: 1 window screen 8: 1 cocktail shaker 9: 1 garden spider"
	run -0 pipe "yc-load -q imagenet10 ILSVRC --side 2 --raw | $made --rows label | paste -sd' '"
	assert_output "1 9 5 3 2 0 8 6 7 4"
	same "digest imagenet10 ILSVRC --split test" "digest imagenet10 ILSVRC --split val"
	rm -r ILSVRC/Data/CLS-LOC/train/n0[1-2]*
	refuses "ILSVRC: no pictures of 6 of the 10 classes: n02869837 (bonnet), n01749939 (green mamba), " imagenet10 ILSVRC
}

@test "the real photographs: 120 of each class to train on and 30 to test" {
	file=$(data imagenette-mini.tar) || skip "no imagenette-mini.tar"
	run -0 pipe "yc-load -q folder '$file' --side 64 | yc-info"
	[[ $output == *"1200 rows"*"120 of each"* ]]
	run -0 pipe "yc-load -q folder '$file' --split val --side 32 | yc-info --digest"
	# what Pillow makes of them, bit for bit
	assert_output sha256:82ed088f20a426ef2ddadcfae1c6b95c333dd94668d775a1d2e20043bf28b310
	refuses "imagenette-mini.tar: no pictures of 10 of the 10 classes: " imagenet10 "$file"
}
