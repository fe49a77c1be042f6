#!/usr/bin/env bash
# Compiles every shader to src/Winnow.Vulkan/Spirv, or to the folder given, and writes manifest.txt: a hash of each shader's source with
# all that it includes. Needs glslc (Debian: glslc; the Vulkan SDK has it too) and Python 3.
set -euo pipefail
cd "$(dirname "$0")"
out=${1:-../src/Winnow.Vulkan/Spirv}
mkdir -p "$out"
for shader in *.comp; do
    spirv="$out/${shader%.comp}.spv"
    # Written only where it differs, so that builds stay current.
    glslc --target-env=vulkan1.3 -O -I include "$shader" -o "$spirv.new"
    if cmp -s "$spirv.new" "$spirv"; then rm "$spirv.new"; else mv "$spirv.new" "$spirv"; fi
done

if [ $# -eq 0 ]; then
    for spirv in "$out"/*.spv; do
        [ -e "$(basename "${spirv%.spv}").comp" ] || rm "$spirv"
    done
    python3 manifest.py > manifest.txt
fi
