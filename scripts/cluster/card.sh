#!/usr/bin/env bash
# On a machine with a graphics card: first everything that the card must give right, then how fast it does. Prints
# devices, drivers and the lines of the table in docs/engines.md, where they belong with the card's name.
#
#   scripts/cluster/card.sh PEAK [MODEL] [FOLDER]
#
# PEAK is the card's float32 peak in TFLOP/s (66.9 for an H100 SXM, 0 if unknown), MODEL a decoder's folder or file
# (SmolLM2-135M, say), FOLDER keeps the inputs, 250 MB. The goals on an H100: four folds over 465,780,981 pairs x 768
# in 20 ms and over all pairs of 50,257 in 55 ms, top 5 of 768 queries with the table on the device in 2 ms, a token of
# SmolLM2-135M in 3 ms. Timings are not taken from a card that fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
peak=${1:?PEAK in TFLOP/s, or 0}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet tool restore > /dev/null
if command -v nvidia-smi > /dev/null; then
    nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
fi
dotnet test tests/Workbench.Core.Tests -c Release \
    --filter "FullyQualifiedName~GpuEngineTests|FullyQualifiedName~FamilyTests"
dotnet run --project tests/Workbench.Benchmarks -c Release -- \
    engines "${3:-${TMPDIR:-/tmp}/workbench-inputs}" "${2:-}" "$peak"
