#!/usr/bin/env bash
# Times the article's network at inference, here and in every PyTorch that is installed (bench/install_peers.sh): images
# per second in batches of 1,000, and how long one image takes. Writes bench/results/convnet_inference.json.
# Usage: bench/inference.sh [rounds] [threads]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

threads=${2:-2}
one_round() {
  local setting
  ours convnet_inference --threads "$threads"
  for setting in nchw channels_last; do
    peer system pytorch_inference.py --setting "$setting" --threads "$threads"
  done
  for setting in nchw channels_last compile compile_channels_last; do
    peer pytorch pytorch_inference.py --setting "$setting" --threads "$threads"
  done
}
rounds "${1:-5}" one_round
report inference
