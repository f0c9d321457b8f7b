"""The comparison of every op, loss, layer and optimizer with PyTorch: draws random cases, asks bench/conformance (see
conformance.cpp) and PyTorch for values, gradients and second derivatives, and compares (compare.py).

    conformance.py PROGRAM [CASES] [SEED] [NAME]

CASES in all, shared among the names in the tables, or for NAME alone, or for those that contain it. Prints, for every name, how many
cases were compared and the worst error as a share of its tolerance; every disagreement with the command that repeats
it; and how often each documented difference (docs/differences.md) was met. Exits with 1 after a disagreement."""
import collections
import json
import subprocess
import sys
import time

import numpy as np
import torch

import compare
import differences
import names
import tables
from case import evaluate
from draw import Draw

SHOWN = 3  # disagreements of one name


def encoded(value):
    if isinstance(value, np.ndarray):
        return {"dtype": value.dtype.name, "shape": list(value.shape), "data": value.tobytes().hex()}
    raise TypeError(type(value))


def decoded(value):
    return np.frombuffer(bytes.fromhex(value["data"]), value["dtype"]).reshape(value["shape"])


class Library:
    """The program, as a function of requests."""
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self, request):
        self.process.stdin.write(json.dumps(request, default=encoded) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"conformance: the program ended with {self.process.wait()} at {request['name']}")
        answer = json.loads(line)
        return {key: value if key == "error" else [decoded(item) for item in value] for key, value in answer.items()}


class Case:
    """One case of one name: its numbers, and both sides' results."""
    def __init__(self, name, seed):
        self.name, self.seed, self.entry = name, seed, tables.ALL[name]
        self.draw = Draw(name, seed)
        self.x, self.options = self.entry.draw(self.draw)
        self.v = [self.draw.rounded(self.draw.random.normal(size=value.shape)) for value in self.x]
        self.dy = None

    def cotangents(self, y):
        """Drawn once the outputs are known; None for those without a gradient."""
        if self.dy is None:
            self.dy = [np.asarray(self.draw.random.normal(size=value.shape), value.dtype)
                       if value.dtype.kind == "f" else None for value in y]
        return self.dy

    def run(self, reference, dtype, change=lambda array: array):
        def dy(y):
            return [None if d is None else change(d) for d in self.cotangents(y)]
        return evaluate(self.entry, reference, [change(value) for value in self.x], self.options, dy,
                        [change(value) for value in self.v], dtype)

    def references(self, reference):
        """PyTorch's results in the case's dtype, and in float64."""
        own = self.run(reference, torch.float32 if self.draw.dtype == np.float32 else torch.float64)
        return [own, self.run(reference, torch.float64) if self.draw.dtype == np.float32 else own]

    def changed(self):
        """PyTorch's results in float64 for inputs that changed in their last digits. Not where there are kinks."""
        random = np.random.default_rng(self.seed)
        count = 2 if self.draw.mode == "ordinary" else 0
        return [self.run(self.entry.reference, torch.float64,
                         lambda array: compare.changed(array.astype(np.float64), random)) for _ in range(count)]

    def scale(self, key, i):
        """Of what is summed up in array i of y, g or h, whose last arrays are linear in v alone."""
        def largest(arrays):
            return max((float(np.abs(array).max(initial=0)) for array in arrays if array is not None), default=0)
        scale = self.entry.scale
        if key == "g" or key == "h" and i < len(self.x):
            scale *= largest(self.dy)
        return scale * largest(self.v) if key == "h" else scale

    def request(self):
        request = {"name": self.name, "x": self.x, "options": self.options}
        return request | ({"dy": self.dy, "v": self.v} if self.entry.gradients else {})


def compared(case, library):
    """(the worst error as a share of its tolerance, [what disagrees], documented differences met)."""
    try:
        references, changed = case.references(case.entry.reference), case.changed()
    except (RuntimeError, ValueError, IndexError) as error:
        return 0, [f"PyTorch refused: {error}"], set()
    results = library(case.request())
    if "error" in results:
        return 0, [f"refused: {results['error']}"], set()
    worst, wrong, met = 0, [], set()
    for field, values in results.items():
        key = "g" if field == "g_with_graph" else field
        for i, value in enumerate(values if references[0].get(key) is not None else []):  # PyTorch may have no h
            of_pytorch = [results[key][i] for results in references]
            if value.shape != of_pytorch[0].shape:
                wrong.append(f"{field}[{i}] has shape {value.shape}, PyTorch's {of_pytorch[0].shape}")
                continue
            s = compare.sensitivity(of_pytorch[1], [results[key][i] for results in changed])
            if case.draw.mode == "extreme" and value.dtype.kind == "f":
                s = s + compare.rounding(*of_pytorch)
            excess = compare.least_excess(value, of_pytorch, s, case.scale(key, i))
            if (excess > 1).any():
                excess, known = explained(case, key, i, value, s, excess, references)
                met |= known
            worst = max(worst, excess.max(initial=0))
            if (excess > 1).any():
                wrong.append(f"{field}[{i}]{disagreement(value, of_pytorch, excess)}")
    return (0 if wrong else worst), wrong, met


def explained(case, key, i, value, s, excess, references):
    """What is left of the excess once documented differences are taken into account, and those that were."""
    met = set()
    for name, spelling in case.entry.ours.items():
        ours = [results[key][i] for results in case.references(spelling) if results[key] is not None]
        less = np.minimum(excess, compare.least_excess(value, ours, s, case.scale(key, i))) if ours else excess
        if (less < excess).any():
            excess, met = less, met | {name}
    wrong, known = excess > 1, None
    if wrong.any():
        known = differences.explain(case, key, references[0]["y"], references[0][key][i], wrong)
    return (np.zeros_like(excess), met | {known}) if known else (excess, met)


def disagreement(value, references, excess):
    at = tuple(int(j) for j in np.unravel_index(np.argmax(excess), excess.shape))
    return (f"{list(at)} is {value[at]!s}, PyTorch's {references[0][at]!s} (in float64 {references[1][at]!s}; "
            f"{int((excess > 1).sum())} of {excess.size} elements)")


def described(case):
    numbers = {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in case.options.items()}
    shapes = " ".join(str(list(value.shape)) for value in case.x)
    return f"{case.draw.mode} {case.draw.dtype} {shapes} {str(numbers)[:300]}"


def main(program, cases=20000, seed=0, only=""):
    wanted = [only] if only in tables.ALL else [name for name in tables.ALL if only in name]
    missing = names.missing(program, tables.ALL) + differences.undocumented()
    print(*missing, sep="\n", end="\n" * bool(missing))
    library = Library(program)
    each, started = -(-int(cases) // len(wanted)), time.time()
    met, wrong_cases, total = collections.Counter(), 0, 0
    for name in wanted:
        worst, wrong_here = 0, 0
        for number in range(int(seed), int(seed) + each):
            case = Case(name, number)
            error, wrong, known = compared(case, library)
            worst, total = max(worst, error), total + 1
            met.update(known)
            if wrong:
                wrong_here += 1
                if wrong_here <= SHOWN:
                    print(f"{name}, seed {number}: {described(case)}")
                    print(*(f"    {line}" for line in wrong), sep="\n")
                    print(f"    again: bench/conformance.sh 1 {number} {name}", flush=True)
        print(f"{name}: {each} cases, worst error {worst:.2g} of its tolerance" +
              (f", {wrong_here} DISAGREE" if wrong_here else ""), flush=True)
        wrong_cases += wrong_here
    for name, count in sorted(met.items()):
        print(f"documented difference, met in {count} cases: {name}")
    print(f"{total} cases of {len(wanted)} functions against PyTorch {torch.__version__}"
          f" in {time.time() - started:.0f} s: {wrong_cases} disagreements")
    return wrong_cases > 0 or bool(missing)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
