#!/usr/bin/env bash
# Compiles a file of kernels to PTX, the same bytes each time: build-ptx.sh kernels|model|shuffles OUTPUT. Needs
# Debian's clang-19, and no header or library beside it. cc1, since the driver would raise the version of PTX to one that older
# display drivers refuse.
set -euo pipefail
output=$(realpath "$2")
cd "$(dirname "${BASH_SOURCE[0]}")"
# For which work-groups registers are allotted: 256 items, two groups at a time on a multiprocessor.
limits='/^\.visible \.entry/ { entry = 1 } entry && /^\{/ { print ".maxntid 256, 1, 1\n.minnctapersm 2"; entry = 0 } { print }'
clang-19 -cc1 -triple nvptx64-nvidia-cuda -target-cpu sm_75 -target-feature +ptx63 -x cl -cl-std=CL1.2 -O3 \
    -ffp-contract=off -relaxed-aliasing -include portable.h -S "$1.cl" -o - | awk "$limits" > "$output"
# What would round otherwise, or leave the registers. Scores are chains of fused multiply-adds alone.
unwanted='\.ftz|\.approx|\.sat|call|\.local'
[[ $1 == kernels ]] && unwanted+='|(mul|mad)\.(rn\.)?f32'
[[ $1 == shuffles ]] && unwanted+='|fma'
if grep -nE "$unwanted" "$output"; then
    echo "build-ptx: these instructions are not wanted" >&2
    exit 1
fi
