#!/usr/bin/env bash
# Compares every op, loss, layer and optimizer with PyTorch on random cases: values, gradients, second derivatives, both
# dtypes. Exits with 1 after a disagreement that docs/differences.md does not know, and says how to repeat it. Without
# PyTorch (bench/install_peers.sh pytorch) nothing is measured. Usage: bench/conformance.sh [cases] [seed] [name]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

program=$bench/../build/release/bench/conformance
[[ -x $program ]] || {
  say "bench: conformance is not built; scripts/test.sh or cmake --build --preset release --target conformance does it"
  exit 1
}
for peer in pytorch system; do
  if installed "$peer" 2>/dev/null; then
    exec "${pythons[$peer]}" -B -W ignore "$bench/conformance/conformance.py" "$program" "${@:-20000}"
  fi
done
say "conformance: not measured: torch is not installed (bench/install_peers.sh pytorch installs it)"
