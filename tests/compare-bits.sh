#!/usr/bin/env bash
# Compares two builds of the command line bit for bit: what a change of structure must leave as it was.
#
#   tests/compare-bits.sh BASE NEW               each the executable or .dll of a build, or a file of its hashes
#   tests/compare-bits.sh hashes BUILD > FILE    the hashes of a build, to compare several others with it
#
# Hashed are the logits after each of eight tokens forced behind a prompt, the tokens of greedy answers, and quantized files; over models,
# instruction sets (switched off in the runtime), attention methods and prompt lengths. Prints a table; exit code 1: something differs.
# Environment: MODEL (models/lab-q8_0.gguf: all methods, and all of TYPES made of it), TINY (folders of small models; the generated ones of
# the tests), TYPES, SPECS, LENGTHS, THREADS (1; two builds are run at once).
set -euo pipefail
if [ $# -ne 2 ]; then
    sed -n '2,11s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi

root=$(cd "$(dirname "$0")/.." && pwd)
model=${MODEL:-$root/models/lab-q8_0.gguf}
if [ -z "${TINY+given}" ]; then
    made=$(mktemp -d)
    trap 'rm -rf "$made"' EXIT
    dotnet run -c Release --project "$root/tests/Winnow.Benchmarks" -- models "$made" >&2
    export TINY=$(ls -d "$made"/*/)
fi
tiny=$TINY
types=${TYPES-F32 F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q4_K_M Q5_K_M Q6_K}
lengths=${LENGTHS:-1 3 17 600}
longest=${lengths##* }
threads=${THREADS:-1}

# METHOD[@TYPE of keys and values]; budgets far below the longest prompt, so that every method has something to leave out.
specs=${SPECS-full@f32 full@q8_0 recycled:k=64 recycled:k=64,stride=3@q8_0 delta:budget=128 delta:budget=128,heads=kv@f32
a2ats:budget=64,window=32 a2ats:budget=64,window=32,codebook=online@q8_0 a2ats:budget=64,window=32,tier=disk
token-sparse:min=64,from=0 token-sparse:min=64,from=0,layers=6-11,heads=query+recycled:k=64 streaming:window=64 snapkv:budget=64 random:budget=64}

# How an instruction set is called here, and what the runtime is denied for it.
declare -A denied=([widest]= [no-vnni]=DOTNET_EnableAVXVNNI=0 [no-avx512]=DOTNET_EnableAVX512=0
    [avx2]="DOTNET_EnableAVX512=0 DOTNET_EnableAVXVNNI=0" [no-avx2]=DOTNET_EnableAVX2=0 [none]=DOTNET_EnableHWIntrinsic=0)
vectors="widest no-vnni no-avx512 avx2 no-avx2"

# Runs a command and prints "MODEL SET CASE HASH", tabs between, of the file "out" that it writes, or of its standard output.
hash_of() {
    local hash status=0
    rm -f out
    "${@:4}" > stdout 2> stderr || status=$?
    [ -e out ] || tr -d ' \n' < stdout | grep -oE '"tokens":\[[^]]*\]' > out || status=1
    hash=$(sha256sum < out | cut -c1-16)
    [ $status = 0 ] || hash=refused-$status
    printf '%s\t%s\t%s\t%s\n' "$(basename "${1%/}" .gguf)" "$2" "$3" "$hash"
    return $status
}

# logits MODEL SET METHOD LENGTH [option…]
logits() {
    local kv=f16
    [[ $3 != *@* ]] || kv=${3##*@}
    [ -e "prompt$4" ] || awk -v n="$4" 'BEGIN { x = 7; while (n--) { x = (x * 1103515 + 12345) % 1048573; print 3 + x % 300 } }' > "prompt$4"
    hash_of "$1" "$2" "$3, prompt of $4${5+ ${*:5}}" env ${denied[$2]} "${build[@]}" logits -m "$1" -t "$threads" --attention "${3%@*}" \
        --kv-type "$kv" --tokens-file "prompt$4" --forced-file forced -o out "${@:5}" || return 1
}

greedy() {
    hash_of "$1" widest "$2, greedy answer" "${build[@]}" run -m "$1" -t "$threads" --attention "$2" --temp 0 -n 24 --json "${@:3}" || return 1
}

hashes() {
    build=("$(realpath "$1")")
    [[ $1 != *.dll ]] || build=(dotnet "${build[0]}")
    work=$(mktemp -d)
    trap 'rm -rf "$work" ${made+"$made"}' EXIT
    cd "$work"
    "${build[@]}" devices > /dev/null
    echo 5 77 300 9 41 100 22 8 > forced
    awk 'BEGIN { for (i = 1; i <= 150; i++)
            printf "House %d has a %s door and stands %d steps from the %s.\n", i, i % 3 ? "red" : "blue", i * 37 % 101, i % 7 ? "river" : "mill"
        print "\nHow many steps from the mill does house 49 stand?" }' > document

    for set in $vectors; do
        for length in $lengths; do logits "$model" $set full $length || true; done
    done

    # Short prompts leave a method nothing to choose, and methods know vectors by their width only.
    for spec in $specs; do
        for length in $lengths; do logits "$model" widest "$spec" $length || true; done
        for set in avx2 no-avx2; do logits "$model" $set "$spec" $longest || true; done
    done

    for count in 2 3; do threads=$count logits "$model" widest full $longest --chunk $((31 * count)) || true; done
    for spec in full $specs s3:chunk=64 s3:chunk=64+delta:budget=128; do
        [[ $spec = *@* ]] || greedy "$model" "$spec" --chat -f document || true
    done

    for type in $types; do
        if hash_of "$type" widest quantize "${build[@]}" quantize "$model" out "$type" --allow-requantize -t "$threads"; then
            mv out "$type.gguf"
            # Chunks of many tokens and of three, then single ones.
            for set in $vectors; do logits "$type.gguf" $set full $longest --chunk $((longest / 3 - 1)) || true; done
            rm "$type.gguf"
        fi
    done

    # Without any vectors a real model takes minutes. What is refused once is an architecture that there is no code for.
    for folder in $tiny; do
        logits "$folder" widest full 3 || continue
        for set in avx2 no-avx2 none; do logits "$folder" $set full 17 || true; done
        for spec in full recycled:k=16,pool=31 delta:budget=32@f32 token-sparse:min=16,from=0; do logits "$folder" widest "$spec" 100 || true; done
    done
}

if [ "$1" = hashes ]; then
    hashes "$2"
    exit
fi

results=$(mktemp -d)
trap 'rm -rf "$results" ${made+"$made"}' EXIT
for side in 1 2; do
    if head -c 4096 "${!side}" | grep -qP '^[^\t]+\t[^\t]+\t[^\t]+\t[0-9a-f]{16}$'; then
        cp "${!side}" "$results/$side"
    else
        (trap - EXIT; "$0" hashes "${!side}") > "$results/$side" &
        running[side]=$!
    fi
done
for process in "${running[@]}"; do wait "$process"; done

awk -F'\t' '
    { key = $1 FS $2 FS $3; row = $1 FS $2; if (!(row in cases)) { rows[++count] = row; cases[row] = 0 } }
    FNR == NR { base[key] = $4; next }
    { seen[key] = 1; cases[row]++; total++
      if ($4 ~ /^refused/) refused[row]++
      if (base[key] != $4) { different[row]++; list[++differences] = key FS (key in base ? base[key] : "absent") FS $4 } }
    END {
        for (key in base) if (!(key in seen)) { split(key, part, FS); different[part[1] FS part[2]]++; list[++differences] = key FS base[key] FS "absent" }
        print "| model | instructions | cases | refused | different |\n| --- | --- | ---: | ---: | ---: |"
        for (i = 1; i <= count; i++) { split(rows[i], part, FS); printf "| %s | %s | %d | %d | %d |\n", part[1], part[2], cases[rows[i]], refused[rows[i]], different[rows[i]] }
        for (i = 1; i <= differences; i++) { split(list[i], part, FS); printf "%s %s, %s: %s, then %s\n", part[1], part[2], part[3], part[4], part[5] }
        printf "%d cases, %d different\n", total, differences
        exit total == 0 || differences > 0 }' "$results/1" "$results/2"
