#!/usr/bin/env bash
# Times the article's training step here and in every peer that is installed, in turn, round after round, and prints
# medians, the ratio to ours, and how near the step is to sgemm. Writes bench/results/convnet_step.json and, with gnuplot,
# a bar chart beside it. Usage: bench/run.sh [rounds] [threads]
set -euo pipefail
rounds=${1:-5}
threads=${2:-2}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ours="$here/../build/release/bench/convnet_step"
[ -x "$ours" ] || { echo "bench: $ours is missing; run scripts/test.sh once to build it" >&2; exit 1; }
python=${PYTHON:-}
for candidate in python3 /usr/bin/python3; do
  [ -n "$python" ] || ! "$candidate" -c 'import torch' 2>/dev/null || python=$candidate
done
[ -n "$python" ] || echo "PyTorch: not installed, not measured (Debian: apt install python3-torch; or set PYTHON)"

results=$(mktemp)
trap 'rm -f "$results"' EXIT
for ((round = 1; round <= rounds; ++round)); do
  echo "round $round of $rounds" >&2
  extra=()
  [ "$round" -gt 1 ] || extra=(--verify)
  "$ours" --threads "$threads" "${extra[@]}" >>"$results"
  [ -z "$python" ] || for layout in nchw channels_last; do
    "$python" "$here/peers/pytorch_step.py" --threads "$threads" --layout "$layout" "${extra[@]}" >>"$results"
  done
done
python3 "$here/report.py" "$results" "$here/results"
