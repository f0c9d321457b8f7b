"""The comparison of every op, loss, layer and optimizer with PyTorch: draws random cases, asks bench/conformance (see
conformance.cpp) and PyTorch for values, gradients and second derivatives, and compares (compare.py).

    conformance.py PROGRAM [CASES] [SEED] [NAME]

CASES in all, shared among the names in the tables, or among those that contain NAME. Prints, for every name, how many
cases were compared and the worst error as a share of its tolerance; every disagreement with the command that repeats
it; and how often each documented difference (docs/differences.md) was met. Exits with 1 after a disagreement."""
import collections
import json
import pathlib
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

    def references(self):
        """PyTorch's results in the case's dtype and in float64; and those in float64 of inputs that changed a little."""
        def run(dtype, change=lambda array: array):
            dy = lambda y: [None if d is None else change(d) for d in self.cotangents(y)]
            return evaluate(self.entry, [change(value) for value in self.x], self.options, dy,
                            [change(value) for value in self.v], dtype)
        own = run(torch.float32 if self.draw.dtype == np.float32 else torch.float64)
        exact = run(torch.float64) if self.draw.dtype == np.float32 else own
        random = np.random.default_rng(self.seed)
        near = lambda array: compare.changed(array.astype(np.float64), random)
        return own, exact, [run(torch.float64, near) for _ in range(2)] if self.draw.mode == "ordinary" else []

    def request(self):
        request = {"name": self.name, "x": self.x, "options": self.options}
        return request | ({"dy": self.dy, "v": self.v} if self.entry.gradients else {})


def compared(case, library):
    """(the worst error as a share of its tolerance, [what disagrees], documented differences met)."""
    try:
        own, exact, changed = case.references()
    except (RuntimeError, ValueError, IndexError) as error:
        return 0, [f"PyTorch refused: {error}"], set()
    ours = library(case.request())
    if "error" in ours:
        known = differences.of_refusal(case, ours["error"])
        return 0, [] if known else [f"refused: {ours['error']}"], {known} - {None}
    worst, wrong, met = 0, [], set()
    for field, values in ours.items():
        key = "g" if field == "g_with_graph" else field
        if own.get(key) is None or exact.get(key) is None:
            continue  # PyTorch has no second derivative
        for i, value in enumerate(values):
            references = [own[key][i], exact[key][i]]
            if value.shape != references[0].shape:
                wrong.append(f"{field}[{i}] has shape {value.shape}, PyTorch's {references[0].shape}")
                continue
            s = compare.sensitivity(exact[key][i], [other[key][i] for other in changed])
            excess = compare.least_excess(value, references, s)
            known = differences.explain(case, key, i, excess > 1) if (excess > 1).any() else None
            if known:
                met.add(known)
            elif (excess > 1).any():
                at = np.unravel_index(np.argmax(excess), excess.shape)
                at = tuple(int(j) for j in at)
                wrong.append(f"{field}[{i}]{list(at)} is {value[at]!s}, PyTorch's {references[0][at]!s}"
                             f" (in float64 {references[1][at]!s}; {int((excess > 1).sum())} of {excess.size} elements)")
            else:
                worst = max(worst, excess.max(initial=0))
    return worst, wrong, met


def described(case):
    numbers = {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in case.options.items()}
    shapes = " ".join(str(list(value.shape)) for value in case.x)
    return f"{case.draw.mode} {case.draw.dtype} {shapes} {str(numbers)[:300]}"


def main(program, cases=20000, seed=0, only=""):
    wanted = [name for name in tables.ALL if only in name]
    missing = names.missing(program, tables.ALL)
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
    print(f"{total} cases of {len(wanted)} functions against PyTorch {torch.__version__} in {time.time() - started:.0f} s: "
          f"{wrong_cases} disagreements")
    return wrong_cases > 0 or bool(missing)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
