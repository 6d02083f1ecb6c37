#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154 # set by run --separate-stderr
load helpers

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	"$YC_ROOT/tests/make/small.py" >small.yct
}

# record HEADER [DATA]: one safetensors record as any program may write it.
record() {
	python3 -c '
import struct, sys
h, d = sys.argv[1].encode(), sys.argv[2].encode()
sys.stdout.buffer.write(struct.pack("<Q", len(h)) + h + d)' "$1" "${2:-}"
}

@test "the text names head, columns, other records and rows of each class" {
	run -0 yc-info small.yct
	assert_line --regexp '^format +ycs/1, 1 segment, 3 records, 16 rows$'
	assert_line --regexp '^head +2 classes, side 8, factor 1$'
	assert_line --regexp '^column +image U8 \[16,3,8,8\]$'
	assert_line --regexp '^column +odd I16 \[16,2\]$'
	assert_line --regexp '^other +strange: 1 tensors, 16 bytes$'
	assert_line --regexp '^labels +8 of each$'
}

@test "unequal classes are listed, with their names" {
	label='"label":{"dtype":"I64","shape":[2],"data_offsets":[0,16]}'
	record "{\"__metadata__\":{\"yc.classes\":\"3\",\"yc.side\":\"1\",\"yc.names\":\"[\\\"cat\\\",\\\"dog\\\"]\"},$label}" \
		0123456789abcdef >plain.safetensors
	printf '\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0' | dd of=plain.safetensors bs=1 conv=notrunc \
		seek=$(($(stat -c %s plain.safetensors) - 16)) status=none
	run -0 yc-info plain.safetensors
	assert_line --regexp '^class +0: 0 cat$'
	assert_line --regexp '^class +1: 2 dog$'
	assert_line --regexp '^class +2: 0$'
}

@test "what would move a terminal's cursor is not printed as it is" {
	record '{"__metadata__":{"yc.version":"ycs/1","yc.classes":"1","yc.side":"1","yc.end":"0","note":"a\u009b2Jb\u0007c\u00e9"}}' >c1.raw
	run -0 yc-info c1.raw
	assert_line --regexp '^note +a\?2Jb\?c'$'\xc3\xa9''$'
	yc-info --json c1.raw >json
	run -1 grep '[^ -~]' json
}

@test "--tsv prints what awk wants" {
	run -0 pipe "yc-info --tsv small.yct | awk -F'\t' 'NR > 1 { n[\$2]++; s += \$3 } END { print n[0], n[1], s }'"
	assert_output "8 8 81"
	run -0 pipe "yc-info --tsv small.yct | head -n 3"
	assert_output $'id\tlabel\tscore.lbpe\n0\t0\t0\n1\t1\t7'
	[ "$(yc-info --tsv small.yct small.yct | wc -l)" -eq 33 ]
}

@test "--json is one object with everything" {
	run -0 pipe 'yc-info --json --digest small.yct | python3 -c "
import json, sys
j = json.load(sys.stdin)
print(j[\"rows\"], j[\"classes\"], j[\"per_class\"], j[\"columns\"][0][\"shape\"], j[\"other\"][0][\"metadata\"][\"note\"])
assert j[\"digest\"].startswith(\"sha256:\") and j[\"history\"] == []"'
	assert_output "16 2 [8, 8] [16, 3, 8, 8] passed through"
}

@test "--digest does not see compression and batching" {
	want=$(yc-info --digest small.yct)
	[ "$(zstd -c small.yct | yc-info --digest)" = "$want" ]
	differ "yc-info --digest small.yct small.yct" "yc-info --digest small.yct"
	same "cat small.yct small.yct | yc-info --digest" "yc-info --digest small.yct small.yct"
}

@test "--check says yes, no and incomplete" {
	seq 0 15 | yc-select --ids - small.yct --raw -o file.yct
	run -0 yc-info --check file.yct
	assert_output "16 rows complete, digest right"
	run -0 yc-info --check small.yct
	assert_output --partial "without a digest"
	run -0 yc-info --check file.yct file.yct
	assert_output "32 rows complete, digest right"
	# One flipped pixel, in raw data that have no other checksum.
	python3 - <<-'END'
		b = bytearray(open("file.yct", "rb").read())
		at = b.index(bytes((37 * i + i * i // 7) % 256 for i in range(50)))
		b[at + 20] ^= 1
		open("flipped.yct", "wb").write(b)
	END
	run -4 --separate-stderr yc-info --check flipped.yct
	[[ $stderr == "yc-info: flipped.yct: record "*"yc.digest is sha256:"*"but the content has sha256:"* ]]
	run -4 yc-info --check --json flipped.yct
	run -0 yc-info flipped.yct
	head -c 3000 file.yct >cut.yct
	run -3 yc-info --check cut.yct
}

@test "the history is shown, oldest first" {
	seq 0 15 | yc-select --ids - small.yct | zstd -dc | "$YC_ROOT/pipelines/stage.py" keep 0 >staged.yct
	run -0 yc-info staged.yct
	assert_line --regexp '^history +yc-select'
	assert_line --regexp '^ +stage.py arguments=keep 0$'
}

@test "network weights without a head are shown, tools that need a head name the key" {
	record '{"w":{"dtype":"U8","shape":[2,3],"data_offsets":[0,6]},"b":{"dtype":"U8","shape":[],"data_offsets":[6,7]}}' \
		1234567 >net.safetensors
	run -0 yc-info net.safetensors
	assert_line --regexp '^tensor +w U8 \[2,3\]$'
	run -0 yc-info --json net.safetensors
	run -1 yc-select yoco --tiles 1 net.safetensors
	assert_output --partial "net.safetensors: record 1: a safetensors file without a head (no key yc.classes) and without \
the tensors 'image' and 'label': yc-load safetensors takes others"
	run -3 pipe "head -c -1 net.safetensors | yc-info"
}

@test "of a plain file there is its completeness to check, but neither digest nor rows" {
	record '{"w":{"dtype":"U8","shape":[2,3],"data_offsets":[0,6]},"b":{"dtype":"U8","shape":[4],"data_offsets":[6,10]}}' \
		1234567890 >uneven.safetensors
	record '{"w":{"dtype":"U8","shape":[2,3],"data_offsets":[0,6]},"b":{"dtype":"U8","shape":[2],"data_offsets":[6,8]}}' \
		12345678 >even.safetensors
	for f in uneven even; do
		run -0 yc-info --check $f.safetensors
		assert_output "a plain safetensors file, not a stream: 2 tensors complete, without a digest"
		run -3 pipe "head -c -1 $f.safetensors | yc-info --check"
		run -1 --separate-stderr yc-info --digest $f.safetensors
		[ "$stderr" = "yc-info: $f.safetensors: record 1: a plain safetensors file without a head; digests are of streams" ]
	done
	run -1 --separate-stderr yc-info --tsv uneven.safetensors -o out
	[ "$stderr" = "yc-info: uneven.safetensors: record 1: a plain safetensors file, which has no rows" ]
	run -1 --separate-stderr yc-info --tsv even.safetensors -o out
	[ "$stderr" = "yc-info: even.safetensors: record 1: neither id, label, tile nor a score to print" ]
	assert_not_exist out
}

@test "--tsv excludes the other forms" {
	refused 2 --tsv yc-info --tsv --json small.yct
}

@test "--tsv has one heading, so later records with other columns fail" {
	"$YC_ROOT/tests/make/condensed.py" >scored.yct
	"$YC_ROOT/tests/make/condensed.py" scores=0 >unscored.yct
	run -0 pipe "cat scored.yct scored.yct | yc-info --tsv | awk '{ print NF }' | sort -u | wc -l"
	assert_output 1
	cat scored.yct unscored.yct >mixed.yct
	run -1 --separate-stderr yc-info --tsv mixed.yct
	[ "$stderr" = "yc-info: mixed.yct: record 2: no tensor 'score.lbpe', which earlier records have: yc-score makes scores" ]
}

@test "--machine says what computes here" {
	run -0 yc-info --machine
	assert_line --regexp '^processor +[A-Za-z]'
	assert_line --regexp '^threads +[1-9]'
	assert_line --regexp '^fp32 +(plain|avx2|avx512) float$'
	assert_line --regexp '^exact +(plain|avx2|avx512) float, exact convolutions$'
	assert_line --regexp '^algebra +OpenBLAS 0\.[0-9.]+, core [A-Za-z]+$'
	assert_line --regexp '^huge pages +[a-z]+$'
	YC_KERNELS=plain run -0 yc-info --machine
	assert_line --regexp '^fp32 +plain float$'
	for wrong in --json --tsv --check small.yct; do
		run -2 yc-info --machine $wrong
		assert_output --partial "--machine excludes files and the other options"
	done
}

@test "the core of OpenBLAS is one whose linear algebra is right" {
	cc -O1 -shared -fPIC -o libopenblas.so.0 "$YC_ROOT/tests/make/openblas.c" -lm
	export LD_LIBRARY_PATH=$PWD
	run -0 yc-info --machine
	assert_line --regexp '^algebra +OpenBLAS 9\.8\.7, core [A-Za-z]+$'
	[[ $(uname -m) == x86_64 ]] || skip "cores are chosen on x86-64 only"
	best=$(sed -n 's/^algebra.*core //p' <<<"$output")
	[[ $best =~ ^(SkylakeX|Haswell|Prescott)$ ]]
	WRONG="SkylakeX Haswell" run -0 yc-info --machine
	assert_line --regexp '^algebra +OpenBLAS 9\.8\.7, core Prescott( \(wrong on this processor: .*Haswell\))?$'
	[ "$best" = Prescott ] || assert_output --partial "(wrong on this processor: "
	WRONG="SkylakeX Haswell Prescott" run -0 yc-info --machine
	assert_line --regexp '^algebra +OpenBLAS 9\.8\.7, core Prescott multiplies matrices wrongly on this processor$'
	for way in "WRONG_FACTOR solves equations" "WRONG_VECTORS finds eigenvectors"; do
		run -0 env "${way%% *}=SkylakeX Haswell Prescott" yc-info --machine
		assert_line --regexp "^algebra +OpenBLAS 9\\.8\\.7, core Prescott ${way#* } wrongly on this processor$"
	done
	# The user's choice wins, but not over wrong numbers.
	OPENBLAS_CORETYPE=Nehalem WRONG=Haswell run -0 yc-info --machine
	assert_line --regexp '^algebra +OpenBLAS 9\.8\.7, core Nehalem$'
	OPENBLAS_CORETYPE=Nehalem WRONG=Nehalem run -0 yc-info --machine
	assert_line --partial "unset OPENBLAS_CORETYPE, which chose the core 'Nehalem'"
	cc -shared -fPIC -o libopenblas.so.0 -x c - <<<'void cblas_dgemm(void);'
	run -0 yc-info --machine
	assert_line --regexp '^algebra +libopenblas.so.0 is no OpenBLAS with LAPACK: .*undefined symbol.*'
	echo nonsense >libopenblas.so.0
	run -0 yc-info --machine
	assert_line --regexp '^algebra +no OpenBLAS: .*libopenblas.so.0.*\(on Debian: apt-get install libopenblas0\)$'
}
