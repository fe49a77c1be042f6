#!/usr/bin/env bash
# Measures Winnow and a llama.cpp that you built yourself in turn, on the same files, and prints medians and ratios as Markdown:
#
#   tests/Winnow.Benchmarks/compare-llama.sh /path/to/llama-bench model.gguf [model.gguf…]
#
# Environment: THREADS (2), ROUNDS (3), PROMPT (512), GENERATE (64), and WINNOW, the command to run (the Release build of this folder).
# A file of random weights does: winnow synth --shape llama-3.2-1b --type Q4_K_M model.gguf
set -euo pipefail
if [ $# -lt 2 ]; then
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi

llama=$1
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
winnow=${WINNOW:-dotnet $root/src/Winnow.Cli/bin/Release/net10.0/Winnow.Cli.dll}
threads=${THREADS:-2} rounds=${ROUNDS:-3} prompt=${PROMPT:-512} generate=${GENERATE:-64}

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
