#!/usr/bin/env bash
# Measures Winnow and a llama.cpp that you built yourself in turn, on the same files, and prints medians and ratios as Markdown:
#
#   tests/Winnow.Benchmarks/compare-llama.sh /path/to/llama-bench model.gguf [model.gguf…]
#
# Then, of the first file: decoding at DEPTHS (4096; none for nothing; llama.cpp computes that many tokens first, which takes it minutes),
# with ATTENTION beside full attention at the deepest, and Winnow's instruction sets.
# Environment: THREADS (2), ROUNDS (3), PROMPT (512), GENERATE (64), DEPTHS, ATTENTION ("full;recycled;delta"), and WINNOW, the command to
# run (the Release build of this folder).
# A file of random weights does: winnow synth --shape llama-3.2-1b --type Q4_K_M model.gguf
set -euo pipefail
if [ $# -lt 2 ]; then
    sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi

llama=$1
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
winnow=${WINNOW:-dotnet $root/src/Winnow.Cli/bin/Release/net10.0/Winnow.Cli.dll}
threads=${THREADS:-2} rounds=${ROUNDS:-3} prompt=${PROMPT:-512} generate=${GENERATE:-64}
depths=${DEPTHS-4096} attention=${ATTENTION:-full;recycled;delta} first=$1

median() { sort -g | awk '{ v[NR] = $1 } END { if (NR) print (v[int((NR + 1) / 2)] + v[int((NR + 2) / 2)]) / 2; else print "nan" }'; }
speed() { grep -oE '"avg_ts": ?[0-9.]+' | grep -oE '[0-9.]+$'; }

processor=$(grep -m1 'model name' /proc/cpuinfo 2>/dev/null | cut -d: -f2- | sed 's/^ *//' || true)
echo "$(date -u +%F), ${processor:-$(uname -m)}, $threads threads, .NET $(dotnet --version), medians of $rounds rounds in turn,"
echo "llama.cpp $("$llama" -m "$1" -p 1 -n 0 -r 1 -o json 2>/dev/null | grep -oE '"build_commit": "[^"]*"' | cut -d'"' -f4)"
echo
echo "| model | test | llama.cpp tok/s | Winnow tok/s | ratio |"
echo "| --- | --- | ---: | ---: | ---: |"
for model in "$@"; do
    samples=$(mktemp -d)
    trap 'rm -rf "$samples"' EXIT
    for ((round = 0; round < rounds; round++)); do
        for test in pp tg; do
            if [ $test = pp ]; then sizes="-p $prompt -n 0"; else sizes="-p 0 -n $generate"; fi
            "$llama" -m "$model" -t "$threads" $sizes -r 1 -o json 2>/dev/null | speed >> "$samples/llama-$test"
            $winnow bench -m "$model" -t "$threads" $sizes -r 1 -o json 2>/dev/null | speed >> "$samples/winnow-$test"
        done
    done

    for test in pp tg; do
        theirs=$(median < "$samples/llama-$test")
        ours=$(median < "$samples/winnow-$test")
        size=$([ $test = pp ] && echo "$prompt" || echo "$generate")
        awk -v m="$(basename "$model" .gguf)" -v t="$test$size" -v a="$theirs" -v b="$ours" \
            'BEGIN { printf "| %s | %s | %.1f | %.1f | %.2f× |\n", m, t, a, b, b / a }'
    done

    rm -rf "$samples"
done

if [ -n "$depths" ]; then
    echo
    echo "| decode at depth | llama.cpp tok/s | Winnow tok/s | ratio |"
    echo "| ---: | ---: | ---: | ---: |"
    for depth in $depths; do
        theirs=$("$llama" -m "$first" -t "$threads" -p 0 -n 8 -d "$depth" -r 1 --no-warmup -o json 2>/dev/null | speed)
        ours=$($winnow bench -m "$first" -t "$threads" -p 0 -n "$generate" -d "$depth" -r "$rounds" -o json 2>/dev/null | speed)
        awk -v d="$depth" -v a="$theirs" -v b="$ours" 'BEGIN { printf "| %s | %.1f | %.1f | %.2f× |\n", d, a, b, b / a }'
    done

    echo
    $winnow bench -m "$first" -t "$threads" -p 0 -n "$generate" -d "${depths##* }" -r "$rounds" --attention "$attention" 2>/dev/null
fi

echo
echo "| instruction set | prefill, 1 thread | $threads threads | decode, 1 thread | $threads threads |"
echo "| --- | ---: | ---: | ---: | ---: |"
for isa in avx512 avxvnni avx2 armdot portable; do
    row="| $isa |"
    for test in "-p 128 -n 0" "-p 0 -n 16"; do
        for count in 1 "$threads"; do
            # An instruction set that this machine lacks is refused, and its row left out.
            value=$($winnow bench -m "$first" -t "$count" $test -r "$rounds" --isa "$isa" -o json 2>/dev/null | speed) || row=
            row=${row:+"$row $(printf '%.1f' "${value:-0}") |"}
        done
    done

    [ -z "$row" ] || echo "$row"
done
