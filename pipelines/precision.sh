#!/bin/bash
# SPDX-License-Identifier: MIT
# Usage: precision.sh SET TEST [FOLDER]
# What the precision of training changes: scores the tiles of SET by LBPE and trains networks on
# what YOCO selects, in each precision. FOLDER/accuracy.tsv has a line for every network,
# FOLDER/ranks.tsv the rank correlation of every two scorings; their means go to standard output.
# What FOLDER has already is not made again. SIZES (images per class), SEEDS (of scoring),
# PRECISIONS, REPEAT, EPOCHS, SCORE_OPTS and EVAL_OPTS replace what is below.
set -euo pipefail
shopt -s inherit_errexit

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
	sed -n '3,8s/^# //p' "$0"
	exit
fi
if [ $# -lt 2 ] || [ $# -gt 3 ]; then
	echo "precision.sh: a set and a test stream expected (precision.sh --help)" >&2
	exit 2
fi
set=$1 test=$2 folder=${3:-runs/precision}
read -ra sizes <<<"${SIZES:-1 2 10}"
read -ra seeds <<<"${SEEDS:-0 1 2}"
read -ra precisions <<<"${PRECISIONS:-exact fp32 fast fastest}"
read -ra score_opts <<<"${SCORE_OPTS:-}"
read -ra eval_opts <<<"--epochs ${EPOCHS:-1000} --repeat ${REPEAT:-5} --tests 1 ${EVAL_OPTS:-}"
mkdir -p "$folder"

# made FILE COMMAND...: the output of a command, complete or not there.
made() {
	[ -e "$1" ] && return
	"${@:2}" >"$1.part"
	mv "$1.part" "$1"
}

# ranks FILE: that of every tile by its score; equal values share the mean of theirs
ranks() {
	yc-info -q --tsv "$1" | awk -F'\t' 'NR == 1 { while ($(first + 1) !~ /^score/) first++ }
		NR > 1 { for (i = first + 1; i <= NF; i++) print ++n, $i }' | sort -k2,2g | awk '
		function give() { for (i in tied) print i, at - (n - 1) / 2; n = 0; split("", tied) }
		$2 != value { give(); value = $2 }
		{ tied[$1]; n++; at = NR }
		END { give() }' | sort -n
}

# spearman RANKS RANKS
spearman() {
	paste -d' ' "$1" "$2" | awk '{ n++; a += $2; b += $4; aa += $2 * $2; bb += $4 * $4; ab += $2 * $4 }
		END { printf "%.4f\n", (n * ab - a * b) / sqrt((n * aa - a * a) * (n * bb - b * b)) }'
}

for p in "${precisions[@]}"; do
	for s in "${seeds[@]}"; do
		made "$folder/$p-$s.yct" yc-score lbpe --precision "$p" --seed "$s" "${score_opts[@]}" "$set"
		made "$folder/$p-$s.ranks" ranks "$folder/$p-$s.yct"
	done
done
# Networks of every precision learn from the same images: those that the first scoring selects.
for n in "${sizes[@]}"; do
	made "$folder/$n.yct" yc-select yoco --ipc "$n" "$folder/${precisions[0]}-${seeds[0]}.yct"
	for p in "${precisions[@]}"; do
		made "$folder/$p-$n.tsv" yc-eval --precision "$p" --test "$test" "${eval_opts[@]}" "$folder/$n.yct"
	done
done

for n in "${sizes[@]}"; do
	for p in "${precisions[@]}"; do
		awk -v OFS='\t' -v n="$n" -v p="$p" '$1 ~ /^[0-9]+$/ { $1 = n OFS p OFS $1; print }' "$folder/$p-$n.tsv"
	done
done | awk 'BEGIN { OFS = "\t"; print "ipc_t", "precision", "repeat", "best", "last", "images", "bytes", "epochs" }
	{ print $1, $2, $3, $4, $5, $6, $7, $8 }' >"$folder/accuracy.tsv"

all=()
for p in "${precisions[@]}"; do
	all+=("${seeds[@]/#/$p }")
done
{
	printf 'precision_a\tseed_a\tprecision_b\tseed_b\tspearman\n'
	for ((i = 0; i < ${#all[@]}; i++)); do
		for ((j = i + 1; j < ${#all[@]}; j++)); do
			read -r pa sa <<<"${all[i]}"
			read -r pb sb <<<"${all[j]}"
			printf '%s\t%s\t%s\t%s\t%s\n' "$pa" "$sa" "$pb" "$sb" \
				"$(spearman "$folder/$pa-$sa.ranks" "$folder/$pb-$sb.ranks")"
		done
	done
} >"$folder/ranks.tsv"

echo "== test accuracy in percent: mean and deviation of the networks"
awk -v OFS='\t' 'NR > 1 { k = $1 OFS $2; if (!n[k]++) order[++rows] = k; s[k] += $5; q[k] += $5 * $5 }
	END {
		print "ipc_t", "precision", "last", "deviation", "networks"
		for (i = 1; i <= rows; i++) {
			k = order[i]; m = s[k] / n[k]; v = q[k] / n[k] - m * m
			print k, sprintf("%.2f", m), sprintf("%.2f", sqrt(v > 0 ? v : 0)), n[k]
		}
	}' "$folder/accuracy.tsv"
echo "== rank correlation of LBPE: mean and range"
awk -v OFS='\t' 'NR > 1 && ($1 == $3 || $2 == $4) {
		k = $1 == $3 ? $1 OFS "between seeds" : $1 OFS "and " $3 ", same seed"
		if (!n[k]++) { order[++rows] = k; low[k] = high[k] = $5 }
		s[k] += $5
		if ($5 < low[k]) low[k] = $5
		if ($5 > high[k]) high[k] = $5
	}
	END {
		print "precision", "scorings", "spearman", "lowest", "highest", "pairs"
		for (i = 1; i <= rows; i++) {
			k = order[i]; print k, sprintf("%.4f", s[k] / n[k]), low[k], high[k], n[k]
		}
	}' "$folder/ranks.tsv"
