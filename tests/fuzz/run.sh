#!/bin/sh
# SPDX-License-Identifier: MIT
# Usage: run.sh FOLDER SECONDS FUZZER...
# Runs every fuzzer that long; what they find grows in FOLDER, what breaks them stays there.
set -eu
folder=$1 seconds=$2
shift 2
"$(dirname "$0")/seeds.py" "$folder/seeds"
failed=0
for fuzzer in "$@"; do
	name=${fuzzer##*/fuzz_}
	mkdir -p "$folder/corpus/$name"
	"$fuzzer" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=1024 \
		-print_final_stats=1 -verbosity=0 -artifact_prefix="$folder/$name-" \
		"$folder/corpus/$name" "$folder/seeds/$name" || {
		echo "fuzz: $name failed, see $folder/$name-*" >&2
		failed=1
	}
done
exit $failed
