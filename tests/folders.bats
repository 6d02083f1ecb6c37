#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Nothing in a folder or archive of pictures is lost in silence: what yc-load folder reads, what it
# names, and what it refuses.
# shellcheck disable=SC2154 # set by run --separate-stderr
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	pictures=pictures.py
	zips=zips.py
	made=made.py
}

# reads PATH "0: 1 ant 1: ..." [NOTE]...: loads it, with these classes, and says exactly these notes.
reads() {
	run -0 --separate-stderr env LC_ALL="${locale:-C}" yc-load folder "$1" --side 8 -o out.yct
	local notes=$stderr
	run -0 pipe "yc-info out.yct | sed -n 's/^class *//p' | paste -sd' '"
	assert_output "$2"
	assert_equal "$notes" "$(printf '%s\n' "${@:3}" | sed 's/^./yc-load: &/')"
	rm out.yct
}

# refuses "the message" ARGUMENTS: exit 1, that line, and no file.
refuses() {
	run -1 --separate-stderr yc-load folder "${@:2}" -o out.yct
	assert_equal "$stderr" "yc-load: $1"
	assert_file_not_exists out.yct
}

@test "names in UTF-8 of a zip archive are read in any locale" {
	"$pictures" p.png
	"$zips" u.zip ant/1.png=p.png ant/2é.png=p.png bee/1.png=p.png été/1.png=p.png 日本/1.png=p.png
	for locale in C POSIX C.UTF-8 en_US.ISO-8859-1 nowhere; do
		reads u.zip "0: 2 ant 1: 1 bee 2: 1 été 3: 1 日本"
	done
}

@test "names of zip archives from Windows, encrypted members, and names in no known encoding" {
	"$pictures" p.png
	# shellcheck disable=SC1003 # backslashes
	"$zips" w.zip --windows 'train\ant\1.png=p.png' --windows 'train\bee\1.png=p.png'
	reads w.zip "0: 1 ant 1: 1 bee"
	"$zips" s.zip a/1.png=p.png --secret b/1.png=p.png
	refuses "s.zip: b/1.png: encrypted: unpack it and give the folder" s.zip
	"$zips" c.zip a/1.png=p.png --cp437 été/1.png=p.png
	run -1 yc-load folder c.zip
	[[ $output == *": the name of this class folder is not UTF-8: rename it"* ]]
	"$zips" f.zip a/1.png=p.png --cp437 a/é.png=p.png
	reads f.zip "0: 2 a"
	"$zips" e.zip a/1.png=p.png a/2.png=
	refuses "e.zip: a/2.png: an empty file: --skip-bad leaves it out" e.zip --side 8
}

@test "linked class folders are followed, and loops end" {
	"$pictures" pool/ant/1.png pool/bee/1.png set/cow/1.png
	ln -s ../pool/ant ../pool/bee set
	reads set "0: 1 ant 1: 1 bee 2: 1 cow"
	ln -s . set/cow/here
	ln -s ../../set set/cow/up
	reads set "0: 1 ant 1: 1 bee 2: 1 cow" \
		"2 links to folders around themselves are not read, such as 'cow/here'"
	# one folder twice is no loop
	ln -s ant pool/eel
	ln -s ../pool/eel set
	rm set/cow/here set/cow/up
	reads set "0: 1 ant 1: 1 bee 2: 1 cow 3: 1 eel"
	ln -s set all
	reads all "0: 1 ant 1: 1 bee 2: 1 cow 3: 1 eel"
}

@test "links to nothing are errors, whether they would be pictures or folders" {
	"$pictures" set/ant/1.png set/bee/1.png
	ln -s nowhere set/ant/2.png
	refuses "set: ant/2.png: a link to nothing" set
	rm set/ant/2.png
	ln -s ../pool/cow set/cow
	refuses "set: cow: a link to nothing" set
	rm set/cow
	ln -s cow set/cow
	refuses "set: cow: a link that leads back to itself" set
}

@test "folders and pictures that cannot be read are errors" {
	"$pictures" set/ant/1.png set/bee/1.png
	chmod 755 .
	humble=(setpriv '--bounding-set=-dac_override,-dac_read_search')
	[ "$(id -u)" = 0 ] || humble=()
	chmod 0 set/bee
	run "${humble[@]}" ls set/bee
	[ "$status" -ne 0 ] || skip "this user may read everything"
	refused 1 "set: bee: cannot list: Permission denied" "${humble[@]}" yc-load folder set
	chmod 600 set/bee
	refused 1 "set: bee/1.png: Permission denied" "${humble[@]}" yc-load folder set
	chmod 700 set/bee
	chmod 0 set/bee/1.png
	refused 1 "set: bee/1.png: cannot open: Permission denied" "${humble[@]}" yc-load folder set
	run -0 "${humble[@]}" yc-load folder set --skip-bad -o out.yct
	assert_line "yc-load: left out: bee/1.png: cannot open: Permission denied"
}

@test "a link in an archive is an error unless it cannot matter" {
	"$pictures" set/ant/1.png
	ln -s ant set/bee
	tar -cf a.tar set
	refuses "a.tar: set/bee: a link in an archive: unpack it and give the folder" a.tar
	rm set/bee
	ln set/ant/1.png set/ant/2.png
	tar -cf b.tar --sort=name set
	refuses "b.tar: set/ant/2.png: a link in an archive: unpack it and give the folder" b.tar
	rm set/ant/2.png
	echo >set/a.txt
	ln set/a.txt set/b.txt
	tar -cf c.tar --sort=name set
	reads c.tar "0: 1 ant" "2 files that are no pictures by their names are not read, such as 'set/a.txt'"
}

@test "pictures are found any number of folders deep" {
	deep=set/ant/$(seq -s/ 30)
	"$pictures" "$deep/1.png" set/bee/1.png
	reads set "0: 1 ant 1: 1 bee"
	tar -cf d.tar set
	reads d.tar "0: 1 ant 1: 1 bee"
	deep=set/ant/$(seq -s/ 300)
	mkdir -p "$deep"
	run -1 yc-load folder set
	[[ $output == *"more than 256 folders deep" ]]
}

@test "JPEG files have many names" {
	"$pictures" set/a/1.jfif set/a/2.jpe set/a/3.JPG set/a/4.Jpeg set/a/5.PNG
	reads set "0: 5 a"
}

@test "hidden folders and files are not looked at, in folders and archives" {
	"$pictures" set/ant/1.png set/bee/1.png set/.ipynb_checkpoints/1.png set/ant/.ipynb_checkpoints/1.png \
		set/__MACOSX/ant/1.png set/bee/.1.png
	reads set "0: 1 ant 1: 1 bee" "4 hidden files or folders are not read, such as '.ipynb_checkpoints'"
	find set -type f | sort | tar -cf h.tar -T -
	reads h.tar "0: 1 ant 1: 1 bee" \
		"4 hidden files or folders are not read, such as 'set/.ipynb_checkpoints/1.png'"
	# what is given is not hidden
	mv set .set
	reads .set "0: 1 ant 1: 1 bee" "4 hidden files or folders are not read, such as '.ipynb_checkpoints'"
}

@test "a member has one name, however an archive spells it" {
	"$pictures" set/train/ant/1.png set/train/bee/1.png p.png
	tar -cf a.tar set/train/./ant set//train/bee
	reads a.tar "0: 1 ant 1: 1 bee"
	(cd set/train && tar -cf ../../b.tar ./ant .//bee)
	reads b.tar "0: 1 ant 1: 1 bee"
	tar -Pcf c.tar --transform 's,^,/some/where/,' set
	reads c.tar "0: 1 ant 1: 1 bee"
	(cd set/train/ant && tar -Pcf ../../../d.tar ../../train)
	reads d.tar "0: 1 ant 1: 1 bee"
	"$zips" e.zip train/x/../ant/1.png=p.png ../train/bee/./1.png=p.png /train/cow//1.png=p.png
	reads e.zip "0: 1 ant 1: 1 bee 2: 1 cow"
	"$zips" f.zip a/1.png=p.png a/b/../1.png=p.png
	refuses "f.zip: a/1.png: found twice" f.zip
}

@test "a class without pictures keeps its label, and a note says so" {
	"$pictures" set/cat/1.png set/emu/1.png
	mkdir -p set/dog/.git
	reads set "0: 1 cat 1: 0 dog 2: 1 emu" "1 hidden file or folder is not read: 'dog/.git'" \
		"1 of 3 classes has no pictures in train: dog"
	rmdir set/dog/.git
	tar -cf e.tar set
	reads e.tar "0: 1 cat 1: 0 dog 2: 1 emu" "1 of 3 classes has no pictures in train: dog"
	(cd set && tar -cf ../f.tar ./cat ./dog ./emu)
	reads f.tar "0: 1 cat 1: 0 dog 2: 1 emu" "1 of 3 classes has no pictures in train: dog"
	(cd set && python3 -m zipfile -c ../e.zip cat dog emu)
	reads e.zip "0: 1 cat 1: 0 dog 2: 1 emu" "1 of 3 classes has no pictures in train: dog"
	run -0 pipe "yc-load -q folder set --per-class 1 | yc-info"
	refuses "class 0 has only 1 of the 2 images asked for" -q set --per-class 2
	rm set/emu/1.png
	reads set "0: 1 cat 1: 0 dog 2: 0 emu" "2 of 3 classes have no pictures in train: dog, emu"
	rm set/cat/1.png
	refuses "set: no JPEG or PNG file in it" set
}

@test "labels are the same in all splits also for classes that one of them lacks" {
	"$pictures" set/train/b/1.png set/val/c/1.png other/1.txt
	mkdir -p set/test/a set/train/b/deeper set/docs
	reads set "0: 0 a 1: 1 b 2: 0 c" "2 of 3 classes have no pictures in train: a, c"
	mv set/train/b/1.png set/train/b/deeper
	reads set "0: 0 a 1: 1 b 2: 0 c" "2 of 3 classes have no pictures in train: a, c"
}

@test "folders of splits may be written in capitals, but not in both ways" {
	"$pictures" set/Train/ant/1.png set/Train/bee/1.png set/TEST/ant/1.png set/TEST/bee/1.png
	reads set "0: 1 ant 1: 1 bee"
	run -0 pipe "yc-load folder set --split test --side 4 | yc-info"
	assert_line --regexp "^source +folder test"
	"$pictures" set/train/ant/2.png
	refuses "set: splits in two places: 'Train' and 'train'" set
}

@test "pictures beside the class folders of splits are counted" {
	"$pictures" set/train/ant/1.png set/train/bee/1.png set/train/loose.png set/cover.png set/more/ant/1.png
	reads set "0: 1 ant 1: 1 bee" \
		"3 pictures outside of the class folders of the splits are not read, such as 'cover.png'"
}

@test "tar archives of every flavour are read, also without a mark" {
	"$pictures" set/ant/1.png set/bee/1.png
	for f in v7 oldgnu gnu ustar pax; do
		tar --format=$f -cf t.tar set
		reads t.tar "0: 1 ant 1: 1 bee"
		tar --format=$f -czf t.tar.gz set
		reads t.tar.gz "0: 1 ant 1: 1 bee"
	done
	tar --format=gnu -V label -cf t.tar set
	reads t.tar "0: 1 ant 1: 1 bee"
	# oldgnu is how a label without a mark comes about
	tar --format=v7 -cf v.tar set
	{
		tar --format=gnu -V label -cf - -T /dev/null | head -c 512
		cat v.tar
	} >w.tar
	reads w.tar "0: 1 ant 1: 1 bee"
}

@test "zip archives of every kind are read" {
	"$pictures" set/ant/1.png set/ant/2.jpg set/été/1.png
	"$YC_ROOT/tests/make/zip_kinds.py" set
	for z in *.zip; do
		reads "$z" "0: 2 ant 1: 1 été"
	done
	[ -s zip64.zip ]
	head -c -100 stored.zip >cut
	msg="a zip archive without members, or without its directory at the end: is it truncated?"
	refuses "cut: $msg" cut
	printf 'PK\5\6%18s' "" | tr ' ' '\0' >none
	refuses "none: $msg" none
}

@test "archives that were joined are an error, zeros and other padding are none" {
	"$pictures" a/ant/1.png b/bee/1.png
	tar -cf a.tar a
	tar -cf b.tar b
	msg="another archive follows in the same file: give them one by one, or unpack it with tar -i and give the folder"
	cat a.tar b.tar >c.tar
	refuses "c.tar: $msg" c.tar
	for z in gzip bzip2 xz zstd; do
		$z -c c.tar >"c.$z"
		refuses "c.$z: $msg" "c.$z"
	done
	{
		cat a.tar
		head -c 100000 /dev/zero
		echo garbage
	} >d.tar
	reads d.tar "0: 1 ant"
	gzip -c d.tar >d.tar.gz
	reads d.tar.gz "0: 1 ant"
	# also where the joined one is the archive of a class
	(cd a/ant && tar -cf ../../one.tar 1.png && cp 1.png 2.png && tar -cf ../../two.tar 2.png)
	mkdir in
	cat one.tar two.tar >in/ant.tar
	tar -C b/bee -cf in/bee.tar 1.png
	tar -C in -cf in.tar ant.tar bee.tar
	refuses "in.tar: ant.tar: $msg" in.tar
	cp one.tar in/ant.tar
	tar -C in -cf in.tar ant.tar bee.tar
	reads in.tar "0: 1 ant 1: 1 bee"
}

@test "archives that end between two members are an error" {
	"$pictures" set/ant/1.png set/bee/1.png
	tar -cf a.tar set
	python3 -c "
data = open('a.tar', 'rb').read()
end = (len(data.rstrip(b'\0')) + 511) // 512 * 512
for n in 0, 1, 2:
    open('%d.tar' % n, 'wb').write(data[:end + n * 512])"
	gzip -k 0.tar 1.tar
	refuses "0.tar: the archive has no end: is it truncated?" 0.tar
	refuses "0.tar.gz: the archive has no end: is it truncated?" 0.tar.gz
	for f in 1.tar 1.tar.gz 2.tar; do
		reads $f "0: 1 ant 1: 1 bee"
	done
	(cd set && tar -cf ../ant.tar ant && head -c 1536 ../ant.tar >../bee.tar)
	tar -cf n.tar ant.tar bee.tar
	refuses "n.tar: bee.tar: the archive has no end: is it truncated?" n.tar
	# a header whose checksum is wrong
	printf x | dd of=a.tar bs=1 seek=1600 conv=notrunc status=none
	run -1 yc-load folder a.tar
	"$zips" e.zip a/1.png=set/ant/1.png =set/ant/1.png
	refuses "e.zip: a member without a name: is the archive damaged?" e.zip
}

@test "what is no archive says so" {
	"$pictures" p.png
	echo text >t
	refuses "t: neither a folder nor a tar or zip archive" t
	head -c 512 /dev/zero >z
	refuses "z: neither a folder nor a tar or zip archive" z
	refuses "p.png: no class folders, only pictures such as 'p.png': give the folder whose folders are the classes" p.png
	gzip -k t
	refuses "t.gz: what is in it is not a tar archive" t.gz
	mv t t.tar
	tar -cf u.tar t.tar
	refuses "u.tar: t.tar: what is in it is not a tar archive" u.tar
	printf '7z\274\257\047\034....' >s.7z
	refuses "s.7z: a 7-Zip archive, which is not read: unpack it and give the folder" s.7z
	printf '070701...' >c
	refuses "c: a cpio archive, which is not read: unpack it and give the folder" c
}

@test "the tar archive of one tar archive per class, as ImageNet has it, is read" {
	"$pictures" n01/n01_1.JPEG n01/n01_2.JPEG n02/n02_1.JPEG n03/n03_1.png
	for c in n01 n02 n03; do
		(cd $c && tar -cf ../$c.tar ./*)
	done
	tar -cf all.tar n01.tar n02.tar n03.tar
	reads all.tar "0: 2 n01 1: 1 n02 2: 1 n03"
	same "yc-load folder all.tar --side 8 | yc-info --digest" "
		mkdir u && mv n01 n02 n03 u && yc-load folder u --side 8 | yc-info --digest"
	gzip -k all.tar
	same "yc-load folder all.tar --side 8 --shuffle | yc-info --digest" \
		"yc-load folder all.tar.gz --side 8 --shuffle | yc-info --digest"
	zips.py all.zip n01.tar=n01.tar n02.tar=n02.tar n03.tar=n03.tar
	reads all.zip "0: 2 n01 1: 1 n02 2: 1 n03"
	head -c 700 n02.tar >n04.tar
	tar -rf all.tar n04.tar
	refuses "all.tar: n04.tar: n04/n02_1.JPEG: Truncated tar archive" all.tar
	# in a folder they may be there beside what was unpacked
	refuses "u2: no JPEG or PNG file in it: 4 archives in it, which would have to be unpacked, are not read, such as 'n01.tar'" \
		"$(mkdir u2 && mv n0?.tar u2 && echo u2)"
}

@test "files that are no pictures are counted by kind" {
	"$pictures" set/ant/1.png
	echo >set/ant/Thumbs.db
	echo >set/readme.txt
	echo >set/more.zip
	mkfifo set/ant/pipe
	reads set "0: 1 ant" "1 device, pipe or socket is not read: 'ant/pipe'" \
		"1 archive in it, which would have to be unpacked, is not read: 'more.zip'" \
		"2 files that are no pictures by their names are not read, such as 'ant/Thumbs.db'"
	mkfifo set/ant/2.png
	refuses "set: ant/2.png: not a file but a device, pipe or socket" set
	rm set/ant/2.png
	tar -cf f.tar --sort=name set
	rm -r set/ant/pipe
	reads f.tar "0: 1 ant" "1 device, pipe or socket is not read: 'set/ant/pipe'" \
		"1 archive in it, which would have to be unpacked, is not read: 'set/more.zip'" \
		"2 files that are no pictures by their names are not read, such as 'set/ant/Thumbs.db'"
}

@test "the side is that of the pictures, if they agree" {
	"$pictures" set/a/1.png:9x9:1,2,3 set/a/2.png:9x9:4,5,6
	run -0 --separate-stderr yc-load folder set -o out.yct
	assert_equal "$stderr" ""
	run -0 pipe "yc-load folder set --raw | $made --rows image | cut -d' ' -f1,82,163"
	assert_line --index 0 "1 2 3"
	run -0 pipe "yc-info out.yct"
	assert_line --regexp "column +image U8 .2,3,9,9"
	tar -cf set.tar set
	same "yc-load folder set | yc-info --digest" "yc-load folder set.tar --side auto | yc-info --digest"
	"$pictures" set/val/a/1.png:9x9:1,2,3 set/train/a/1.png:7x7:1,2,3
	run -0 pipe "yc-load folder set --split val | yc-info"
	assert_line --regexp "column +image U8 .1,3,9,9"
	rm -r set
	"$pictures" set/a/1.png:9x9:1,2,3 set/a/2.jpg
	run -0 yc-load folder set -o out.yct
	assert_output "yc-load: pictures of 9 x 9 to 24 x 16 pixels are scaled to 224 pixels per side (--side)"
	rm set/a/1.png
	run -0 yc-load folder set -o out.yct
	assert_output "yc-load: pictures of 24 x 16 pixels are scaled to 224 pixels per side (--side)"
	refused 2 "--side: '0' is neither auto nor 1 to 4096" yc-load folder set --side 0
	refused 2 "--side: '4097' is neither auto nor 1 to 4096" yc-load folder set --side 4097
}

@test "--channels 1 stores the brightness" {
	"$pictures" set/a/1.png:4x4:200,60,20 set/b/1.png:4x4:77
	run -0 pipe "yc-load folder set --channels 1 | yc-info"
	assert_line --regexp "column +image U8 .2,1,4,4"
	assert_line --regexp "^mean +0.4589"
	run -0 pipe "yc-load folder set --channels 1 --raw | $made --rows image"
	assert_line --index 0 --regexp "^97( 97){15}$"
	assert_line --index 1 --regexp "^77( 77){15}$"
	run -0 pipe "yc-load folder set --channels 1 --mean auto | yc-info"
	assert_line --regexp "^mean +0.341176$"
	rm set/a/1.png
	"$pictures" set/a/1.png:8x8:9 set/b/1.png:8x8:7
	run -0 yc-load folder set -o out.yct
	assert_output "yc-load: all pictures are grey: --channels 1 stores a third of the bytes"
	run -0 yc-load folder set --channels 1 -o out.yct
	assert_output ""
	run -0 yc-eval -r 1 --epochs 1 --width 8 --test out.yct out.yct
}

@test "pictures that are stored turned are counted" {
	"$pictures" set/a/1.jpg set/a/2.jpg:turned
	run -0 --separate-stderr yc-load folder set --side 8 -o out.yct
	assert_equal "$stderr" "yc-load: 1 of 2 pictures is stored turned, and stays so, such as 'a/2.jpg': turn them by their EXIF data if that matters"
}

@test "--skip-bad names bad pictures and goes on" {
	"$pictures" set/a/1.png:9x9:1,2,3 set/a/2.jpg set/a/3.png set/b/1.png:9x9:4,5,6
	truncate -s -20 set/a/2.jpg
	echo hello >set/a/3.png
	cat >want <<-'END'
		yc-load: left out: a/2.jpg: JPEG: Premature end of JPEG file
		yc-load: left out: a/3.png: neither a JPEG nor a PNG picture
		yc-load: 2 of 4 pictures could not be read and are left out
	END
	# once, although computing the mean is a pass of its own
	run -0 --separate-stderr yc-load folder set --side 4 --skip-bad --mean auto -o out.yct
	assert_equal "$stderr" "$(cat want)"
	run -0 pipe "yc-load -q folder set --side 4 --skip-bad --raw | $made --rows id | paste -sd' '"
	assert_output "0 3"
	tar -cf set.tar --sort=name set
	same "yc-load -q folder set --side 4 --skip-bad | yc-info --digest" \
		"yc-load -q folder set.tar --side 4 --skip-bad | yc-info --digest"
	rm set/a/1.png set/b/1.png
	run -1 --separate-stderr yc-load -q folder set --side 4 --skip-bad -o no.yct
	assert_equal "$stderr" "yc-load: set: none of 2 pictures can be read"
	assert_file_not_exists no.yct
}

@test "--skip-bad names the classes that it empties" {
	"$pictures" set/a/1.png set/b/1.png
	echo hello | tee set/b/1.png set/c.png >/dev/null
	mkdir set/c
	mv set/c.png set/c/1.png
	for source in set set.tar; do
		tar -cf set.tar set
		run -0 --separate-stderr yc-load folder $source --side 4 --skip-bad -o out.yct
		assert_equal "${stderr_lines[2]}" "yc-load: 2 of 3 classes have no pictures that can be read: b, c"
		rm out.yct
	done
}

@test "a stream is no folder of pictures" {
	yc-load -q demo --train-images 1 -o demo.yct
	refuses "demo.yct: a stream already: every tool reads it without yc-load" demo.yct
	tar -cf d.tar demo.yct
	refuses "d.tar: no JPEG or PNG file in it: 1 file that is no picture by its name is not read: 'demo.yct'" d.tar
}

@test "--skip-bad names the first bad pictures and counts the others, for any threads" {
	for i in $(seq 100 400); do echo "set/a/$i.png:2x2:$((i % 256)),0,0"; done | xargs "$pictures"
	for i in $(seq 101 9 400); do echo bad >"set/a/$i.png"; done
	ln -s nowhere set/a/0.png
	"$pictures" set/b/1.webp
	run -0 --separate-stderr yc-load folder set --side 160 --skip-bad -j1 -o one.yct
	assert_equal "${#stderr_lines[@]}" 13
	assert_equal "${stderr_lines[0]}" "yc-load: 1 picture that is neither JPEG nor PNG is not read: 'b/1.webp'"
	assert_equal "${stderr_lines[1]}" "yc-load: 1 of 2 classes has no pictures in train: b"
	assert_equal "${stderr_lines[2]}" "yc-load: left out: a/0.png: cannot open: No such file or directory"
	assert_equal "${stderr_lines[12]}" \
		"yc-load: 35 of 302 pictures could not be read and are left out, of which the first are named above"
	yc-load -q folder set --side 160 --skip-bad -j3 --no-history -o three.yct
	yc-load -q folder set --side 160 --skip-bad -j1 --no-history -o one.yct
	cmp one.yct three.yct
	run -0 pipe "yc-info one.yct"
	assert_line --regexp "267 rows"
}

@test "any number of threads gives the same bytes, from folders and archives" {
	for i in $(seq 100 170); do echo "set/$((i % 3))/$i.png:$((i % 9 + 1))x$((i % 5 + 1)):$i,1,2"; done | xargs "$pictures"
	tar -cf set.tar set
	for n in 1 2 5 16; do
		yc-load folder set --side 200 --shuffle -q -j $n --no-history -o "$n.yct"
		cmp 1.yct "$n.yct"
		yc-load folder set.tar --side 200 --shuffle -q -j $n --no-history -o t.yct
		cmp 1.yct t.yct
	done
}
