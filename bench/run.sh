#!/usr/bin/env bash
# Times the article's training step here and in every peer that is installed, in turn, round after round, and prints
# medians and the ratio to ours. Usage: bench/run.sh [rounds] [threads]
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
python3 - "$results" <<'PY'
import collections, json, statistics, sys
runs = collections.defaultdict(list)
loss = {}
for line in open(sys.argv[1]):
    r = json.loads(line)
    runs[r["peer"]].append(r["ms"])
    loss.setdefault(r["peer"], r.get("loss_after_5_steps"))
ours = runs["gibbs"]
print(f"{'who':32} {'ms/step':>9} {'min':>8} {'max':>8} {'times ours':>11} {'loss after 5 steps':>19}")
for peer, ms in runs.items():
    ratio = statistics.median(b / a for a, b in zip(ours, ms))
    print(f"{peer:32} {statistics.median(ms):9.1f} {min(ms):8.1f} {max(ms):8.1f} {ratio:11.2f} {loss[peer]:19.6f}")
PY
