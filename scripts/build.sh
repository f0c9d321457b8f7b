#!/usr/bin/env bash
# Builds the programs of examples/: installs what is missing, builds in build/release, runs nothing.
#
#   scripts/build.sh [TARGET...]      other targets instead, such as 03_xor, or "all" for everything
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

install_packages
build_release "${@:-examples/all}"
