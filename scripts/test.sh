#!/usr/bin/env bash
# Runs every test: installs what is missing, builds everything in Release, starts ctest.
#
#   scripts/test.sh [options of ctest, such as -R tensor]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

install_packages
build_release all

cd "$root" # where ctest looks for presets
status=0
ctest --preset release --parallel 2 "$@" || status=$?
((status == 0)) || say "Stopped: ctest found errors, shown above; run those tests again with: scripts/test.sh --rerun-failed"
exit "$status"
