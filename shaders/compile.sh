#!/usr/bin/env bash
# Compiles the shaders whose sources changed to src/Winnow.Vulkan/Spirv and writes manifest.txt: a hash of each shader's source with all
# that it includes. With a folder as argument it compiles all of them to there and leaves the manifest alone.
# Needs glslc (Debian: glslc; the Vulkan SDK has it too) and Python 3; shaders with matrices or integer dot products (*_cooperative, *_tensor,
# *_dot) need glslang 13 or later, from the Vulkan SDK or from $GLSLANG. To a folder, without it, they are left out.
set -euo pipefail
cd "$(dirname "$0")"
glslang=${GLSLANG:-glslang}
out=${1:-../src/Winnow.Vulkan/Spirv}
mkdir -p "$out"
python3 manifest.py > manifest.new
trap 'rm -f manifest.new' EXIT
while read -r hash name; do
    if [ $# -eq 0 ] && [ -e "$out/$name.spv" ] && grep -qxs "$hash $name" manifest.txt; then
        continue
    fi

    if [[ $name == *_cooperative || $name == *_tensor || $name == *_dot ]]; then
        if [ $# -eq 1 ] && ! command -v "$glslang" > /dev/null; then
            echo "$name.comp is left out: there is no glslang" >&2
            continue
        fi

        "$glslang" --quiet -V --target-env vulkan1.3 -Iinclude "$name.comp" -o "$out/$name.spv" || { echo "$name.comp cannot be compiled" >&2; exit 1; }
        continue
    fi

    # No shader takes a minute; one that does has made the optimizer unroll what it should not.
    timeout 60 glslc --target-env=vulkan1.3 -O -I include "$name.comp" -o "$out/$name.spv" || { echo "$name.comp cannot be compiled" >&2; exit 1; }
done < manifest.new

if [ $# -eq 0 ]; then
    for spirv in "$out"/*.spv; do
        [ -e "$(basename "${spirv%.spv}").comp" ] || rm "$spirv"
    done
    cp manifest.new manifest.txt
fi
