#!/usr/bin/env bash
# Kills every writer of the command line in the middle of its work, again and again: its target must be the old or the new file, whole, and
# the next run must leave nothing but it.
#
#   tests/kill-writers.sh [-k KILLS] [-t TERMS] [WRITER...]
#
# KILLS times SIGKILL (36) and TERMS times SIGTERM (24) for each of the writers quantize, convert, calibrate, imatrix, session, build, add
# (all of them by default), after a time drawn from what a whole run takes; a run that ended before is checked and not counted. A process
# that SIGTERM stopped must have cleaned up by itself. Needs a Release build of the command line, in WINNOW or where the build leaves it.
# Takes about a minute for each writer on 2 free cores.
set -u
cd "$(dirname "$0")/.."
W=${WINNOW:-$PWD/src/Winnow.Cli/bin/Release/net10.0/Winnow.Cli}
MODEL=$PWD/models/lab-q8_0.gguf
KILLS=36 TERMS=24
while getopts k:t:h option; do
  case $option in
    k) KILLS=$OPTARG ;;
    t) TERMS=$OPTARG ;;
    *) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- quantize convert calibrate imatrix session build add
RANDOM=1 failures=0
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
[[ " $* " != *" convert "* ]] || dotnet run -c Release --project tests/Winnow.Benchmarks -- models "$T/models" llama || exit 1
FOLDER=$T/models/llama
seq 1 400 | sed 's/.*/The code of box & is &&7./' > "$T/base.txt"
seq 400 2000 | sed 's/.*/The code of chest & is &&3./' > "$T/more.txt"

fail() { echo "FAIL $1: $2"; failures=$((failures + 1)); }
hidden() { find "$D" -name '.*.winnow.*' | wc -l; }

# What each writer does, and whether what it leaves is whole.
run_quantize() { exec "$W" quantize "$MODEL" "$D/out.gguf" Q6_K --allow-requantize -t 1; }
good_quantize() { [ ! -e "$D/out.gguf" ] || [ "$(sha256sum < "$D/out.gguf")" = "$NEW" ]; }
run_convert() { exec "$W" convert "$FOLDER" "$D/out.gguf" -t 1; }
good_convert() { good_quantize; }
run_calibrate() { exec "$W" calibrate -m "$MODEL" -o "$D/out.gguf" -f "$T/base.txt" --methods token-sparse --tune token-sparse:tau=0.9 --tokens 600 -t 1; }
good_calibrate() { [ ! -e "$D/out.gguf" ] || "$W" run -m "$MODEL" --calibration "$D/out.gguf" -p hi -n 1 --attention token-sparse -t 1; }
run_imatrix() { exec "$W" imatrix -m "$MODEL" -f "$T/base.txt" -o "$D/out.gguf" --chunks 2 -t 1; }
good_imatrix() { good_quantize; }
run_session() { exec "$W" chat -m "$MODEL" --ctx 2048 -n 2 -t 1 < "$T/saves"; }
good_session() { [ ! -e "$D/out.gguf" ] || echo "/load $D/out.gguf" | "$W" chat -m "$MODEL" --ctx 2048 -t 1 2>&1 | grep -q "^loaded .*gguf$"; }
run_build() { exec "$W" index build -m "$MODEL" --words-only "$D/out.gguf" "$T/base.txt" "$T/more.txt" -t 1; }
good_build() { [ ! -e "$D/out.gguf" ] || [ "$(sha256sum < "$D/out.gguf")" = "$NEW" ]; }
run_add() { exec "$W" index add -m "$MODEL" --words-only "$D/out.gguf" "$T/more.txt" -t 1; }
good_add() { "$W" index list -m "$MODEL" "$D/out.gguf" -t 1 | grep -q base.txt; }

for writer; do
  D=$T/$writer
  mkdir "$D"
  { echo "Say something."; yes "/save $D/out.gguf" | head -n 400; } > "$T/saves"
  [ $writer != add ] || "$W" index build -m "$MODEL" --words-only "$D/out.gguf" "$T/base.txt" -t 1 2>/dev/null
  [ $writer != add ] || cp "$D/out.gguf" "$T/add.base"
  # The second run is timed: the first one finds neither a file nor warm caches.
  (run_$writer) > /dev/null 2>&1 || fail $writer "does not run"
  [ $writer != add ] || cp "$T/add.base" "$D/out.gguf"
  start=$(date +%s%N)
  (run_$writer) > /dev/null 2>&1 || fail $writer "does not run twice"
  whole=$((($(date +%s%N) - start) / 1000000))
  NEW=$(sha256sum < "$D/out.gguf")
  runs=0
  for ((i = 0; i < KILLS + TERMS; )); do
    [ $((runs++)) -lt $((10 * (KILLS + TERMS))) ] || { fail $writer "only $i of $runs runs could be stopped"; break; }
    signal=$([ $i -lt $KILLS ] && echo KILL || echo TERM)
    # Every other time there is no file before.
    case $writer in
      add) cp "$T/add.base" "$D/out.gguf" ;;
      quantize | convert | imatrix | build | session) [ $((runs % 2)) = 0 ] || rm -f "$D/out.gguf" "$D/out.gguf.kv" ;;
    esac
    (run_$writer) > /dev/null 2>&1 &
    process=$!
    delay=$((RANDOM * whole / 32768))
    sleep "$(printf '%d.%03d' $((delay / 1000)) $((delay % 1000)))"
    kill -$signal $process 2>/dev/null
    wait $process 2>/dev/null
    code=$?
    good_$writer > /dev/null 2>&1 || fail $writer "no whole file after SIG$signal ($i, exit $code)"
    [ $signal = KILL ] || [ "$(hidden)" = 0 ] || fail $writer "files left behind after SIGTERM ($i, exit $code): $(find "$D" -name '.*.winnow.*')"
    [ $signal = KILL ] || [ $code = 143 ] || [ $code = 0 ] || fail $writer "exit $code after SIGTERM ($i)"
    [ $code != 0 ] || continue
    i=$((i + 1))
    [ $i != $KILLS ] || { [ $writer != add ] || cp "$T/add.base" "$D/out.gguf"; (run_$writer) > /dev/null 2>&1; [ "$(hidden)" = 0 ] || fail $writer "the next run left $(find "$D" -name '.*.winnow.*')"; }
  done
  [ $writer != add ] || cp "$T/add.base" "$D/out.gguf"
  (run_$writer) > /dev/null 2>&1 || fail $writer "does not run any more"
  [ "$(hidden)" = 0 ] || fail $writer "the next run left $(find "$D" -name '.*.winnow.*')"
  echo "$writer: $i of $runs runs were stopped; a whole one takes $whole ms"
done
[ $failures = 0 ] && echo "all targets were whole, nothing was left behind"
exit $((failures > 0))
