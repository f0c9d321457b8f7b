"""Who may include what: the folders, the rooms within them, and the one room of each third-party library.

    check_includes.py ROOT     prints each include that breaks a rule as file:line, and exits with 1 when there is one

- A folder sees itself and those that cmake/folders.txt lists behind it. Tests and benchmarks see everything, third parties
  too, but GoogleTest and rapidcheck stay in tests/.
- Headers in rooms that cmake/folders.txt calls internal are for the library's .cpp files, for each other and for tests. They
  are not installed: how wide a vector is, for one, depends on -march, and a program may be compiled for other CPUs.
- Rooms, the folders within folders, lie in an order, too: no two of them need each other, be it through others. A header
  and its .cpp count as one, and a room's detail/ belongs to it. The one exception is the engine of autograd/, which adds
  gradients up with autograd/ops.
- gibbs.h leads to every header that is installed, and so it is everything public.
"""
import pathlib
import re
import sys

PROJECT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = (PROJECT / "cmake/folders.txt").read_text()
SEES = {name: set(sees.split()) for name, sees in re.findall(r"^folder (\w+)(.*)$", FOLDERS, re.MULTILINE)}
LIBRARY = set(SEES)
SEES |= {"gibbs.h": LIBRARY,
         "examples": LIBRARY | {"gibbs.h"},
         "tests": LIBRARY | {"gibbs.h", "examples", "bench"},
         "bench": LIBRARY | {"gibbs.h", "examples", "tests"}}
INTERNAL = "|".join(re.findall(r"^internal (\w+)$", FOLDERS, re.MULTILINE))
IN_LIBRARY = "|".join(sorted(LIBRARY))
# name: (its headers, the files that may include them)
ROOMS = {
    "cblas": (r"cblas|openblas", r"tensor/kernels/gemm/blas\.cpp|(tests|bench)/.*"),
    "TBB": (r"(oneapi/)?tbb/|oneapi/tbb\.h|tbb\.h", r"tensor/parallel\.(h|cpp)|(tests|bench)/.*"),
    "stb_image": (r"(stb/)?stb_image", r"data/image\.cpp|(tests|bench)/.*"),
    "xxHash": (r"xxh", r"io/checksum\.cpp|(tests|bench)/.*"),
    "GoogleTest": (r"gtest/|gmock/|rapidcheck", r"tests/.*"),
    "what is internal": (rf"(gibbs/)?({IN_LIBRARY})/(.*/)?({INTERNAL})/",
                         rf"({IN_LIBRARY})/.*\.cpp|({IN_LIBRARY})/(.*/)?({INTERNAL})/.*|tests/.*"),
}
NEED_EACH_OTHER = {frozenset(("autograd", "autograd/ops"))}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def target_of(root, file, quote, name):
    """The project's file that is included, from its root; None for other people's."""
    if name.startswith("gibbs/"):
        return name.removeprefix("gibbs/")
    if quote == '"' and (file.parent / name).exists():
        return (file.parent / name).resolve().relative_to(root.resolve()).as_posix()
    return name if name.split("/")[0] in SEES and (root / name).exists() else None


def includes(root):
    """All includes: the file, its line's number, the name as it is written, and what target_of makes of it."""
    files = [root / "gibbs.h"] if (root / "gibbs.h").exists() else []
    for folder in SEES:
        files += sorted(path for path in (root / folder).glob("**/*") if path.suffix in (".h", ".cpp"))
    for file in files:
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if include := INCLUDE.match(line):
                quote, name = include.groups()
                yield file.relative_to(root).as_posix(), number, name, target_of(root, file, quote, name)


def reachable(graph):
    """For each node the nodes that a path of one arrow or more leads to."""
    result = {}
    for start in graph:
        seen, todo = set(), [start]
        while todo:
            new = graph.get(todo.pop(), set()) - seen
            seen |= new
            todo += new
        result[start] = seen
    return result


def room_of(unit):
    return unit.rsplit("/", 1)[0].removesuffix("/detail")


def rooms_that_need_each_other(all_includes):
    graph = {}
    for path, _, _, target in all_includes:
        if path.split("/")[0] in LIBRARY and target:
            graph.setdefault(path.rsplit(".", 1)[0], set()).add(target.rsplit(".", 1)[0])
    needs = reachable(graph)
    for unit, needed in sorted(needs.items()):
        for other in sorted(needed):
            rooms = frozenset((room_of(unit), room_of(other)))
            if unit < other and unit in needs.get(other, ()) and len(rooms) == 2 and rooms not in NEED_EACH_OTHER:
                yield f"{unit} and {other} need each other, from two rooms: one of them must not know of the other"


def not_in_gibbs_h(root, all_includes):
    graph = {}
    for path, _, _, target in all_includes:
        if target:
            graph.setdefault(path, set()).add(target)
    known = reachable(graph).get("gibbs.h", set())
    for folder in sorted(LIBRARY):
        for header in sorted((root / folder).glob("**/*.h")):
            path = header.relative_to(root).as_posix()
            if path not in known and not re.search(rf"/({INTERNAL})/", path):
                yield f"{path} is installed, but gibbs.h does not lead to it: include it there, or move it to a detail/"


def violations(root):
    found = list(includes(root))
    for path, number, name, target in found:
        own, other = path.split("/")[0], target.split("/")[0] if target else None
        if other is not None and other != own and other not in SEES[own]:
            yield f"{path}:{number}: {own} may not include {other} ({name})"
        for library, (headers, allowed) in ROOMS.items():
            if re.match(headers, name) and not re.fullmatch(allowed, path):
                yield f"{path}:{number}: {library} is not included here ({name})"
    yield from rooms_that_need_each_other(found)
    if (root / "gibbs.h").exists():
        yield from not_in_gibbs_h(root, found)


if __name__ == "__main__":
    found = list(violations(pathlib.Path(sys.argv[1])))
    print("\n".join(found) or "Every include keeps to the rules.")
    sys.exit(bool(found))
