"""Who may include what: the layers of the folders, the one room of each third-party library, and the rooms of vectors.

    check_includes.py ROOT     prints each include that breaks a rule as file:line, and exits with 1 when there is one

A folder sees itself and the folders listed below. Tests and benchmarks see everything, third parties too, but GoogleTest
and rapidcheck stay in tests/. How wide a vector is depends on -march, and a program may be compiled for other CPUs than the
library. So the headers of vectors, those that cmake/GibbsTargets.cmake does not install, are for the library's .cpp files,
for each other, and for tests.
"""
import pathlib
import re
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = {"tensor", "autograd", "nn", "losses", "optim", "data", "train"}
SEES = {
    "tensor": set(),
    "autograd": {"tensor"},
    "nn": {"tensor", "autograd"},
    "losses": {"tensor", "autograd"},
    "optim": {"tensor", "autograd"},
    "data": {"tensor"},
    "train": LIBRARY,
    "gibbs.h": LIBRARY,
    "examples": LIBRARY | {"gibbs.h"},
    "tests": LIBRARY | {"gibbs.h", "examples", "bench"},
    "bench": LIBRARY | {"gibbs.h", "examples", "tests"},
}
# name: (its headers, the files that may include them)
VECTORS = re.search(r'REGEX "\(([\w|]+)\)\.h\$" EXCLUDE', (PROJECT / "cmake/GibbsTargets.cmake").read_text())[1]
ROOMS = {
    "cblas": (r"cblas|openblas", r"tensor/kernels/gemm\.cpp|(tests|bench)/.*"),
    "TBB": (r"(oneapi/)?tbb/|oneapi/tbb\.h|tbb\.h", r"tensor/parallel\.(h|cpp)|(tests|bench)/.*"),
    "stb_image": (r"(stb/)?stb_image", r"data/image\.cpp|(tests|bench)/.*"),
    "xxHash": (r"xxh", r"tensor/checksum\.cpp|(tests|bench)/.*"),
    "GoogleTest": (r"gtest/|gmock/|rapidcheck", r"tests/.*"),
    "vectors": (rf"(.*/)?({VECTORS})\.h", rf"({'|'.join(LIBRARY)})/.*\.cpp|.*/({VECTORS})\.h|tests/.*"),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def folder_of(root, file, quote, name):
    """The folder of the project in which an included header lies; None for other people's headers."""
    if name.startswith("gibbs/"):
        return name.split("/")[1]
    if quote == '"' and (file.parent / name).exists():
        return (file.parent / name).resolve().relative_to(root.resolve()).parts[0]
    first = name.split("/")[0]
    return first if first in SEES and (root / name).exists() else None


def violations(root):
    files = [root / "gibbs.h"] if (root / "gibbs.h").exists() else []
    for folder in SEES:
        files += sorted(path for path in (root / folder).glob("**/*") if path.suffix in (".h", ".cpp"))
    for file in files:
        path = file.relative_to(root).as_posix()
        own = path.split("/")[0]
        for number, line in enumerate(file.read_text().splitlines(), 1):
            include = INCLUDE.match(line)
            if not include:
                continue
            quote, name = include.groups()
            other = folder_of(root, file, quote, name)
            if other is not None and other != own and other not in SEES[own]:
                yield f"{path}:{number}: {own} may not include {other} ({name})"
            for library, (headers, allowed) in ROOMS.items():
                if re.match(headers, name) and not re.fullmatch(allowed, path):
                    yield f"{path}:{number}: {library} is not included here ({name})"


if __name__ == "__main__":
    found = list(violations(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "Every include keeps to the rules.")
    sys.exit(bool(found))
