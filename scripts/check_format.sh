#!/usr/bin/env bash
# Prints, as a diff, where the sources differ from what .clang-format asks for (version 14: others disagree on details).
#
#   scripts/check_format.sh [CLANG_FORMAT]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

clang_format=${1:-clang-format-14}
cd "$root"
status=0
mapfile -t folders < <(library_folders)
while IFS= read -r file; do
  "$clang_format" "$file" | diff -u --label "$file" --label "$file (formatted)" "$file" - || status=1
done < <(find gibbs.h "${folders[@]}" examples tests bench -name '*.h' -o -name '*.cpp' | sort)
((status == 0)) || fail "the files above are not formatted: run $clang_format -i on them."
