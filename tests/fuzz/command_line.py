"""Starts the programs with arguments that nobody would type, on a small world of files, and looks at how they end.

    command_line.py [--seconds S] [--executions N] [--seed K] [--findings FOLDER] [--all]

Whatever the arguments: the exit code is one of those that programs have, a program that fails says why in a sentence, what is
printed holds no control characters, nothing is left half written, and nothing appears where it was not asked for. Options are
those of --help. Arguments that break a promise are shown and kept as JSON in FOLDER, and the run ends there unless --all is
given. What crashes/command_line holds comes first. GIBBS_PROGRAMS is where programs are. Standard library only.
"""
import argparse
import collections
import itertools
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

PROJECT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tests" / "examples"))
from programs import PROGRAMS as GIVEN, png, write_class_folders  # noqa: E402

PROGRAMS = GIVEN.resolve()  # they run in another folder
# A command of each program that works and takes no time, from which arguments are made. Weights say how often.
COMMANDS = {
    "cifar10_convnet": (6, "--data pictures --epochs 1 --batch-size 2 --quiet --threads 1 --out new"),
    "classify": (5, "--model run/model.safetensors --top 2 picture.png"),
    "compare_runs": (4, "--out new first=run run"),
    "ce_vs_kl": (2, "--lockstep --data pictures --steps 1 --batch-size 2 --threads 1 --out new"),
    "entropy_lesson": (1, "--json new.json"),
}
VALUES = [
    "", " ", "0", "1", "2", "-1", "+1", "010", "0x10", "1e3", "1e-400", "1e400", "3e9", "0.5", "1.5", "nan", "-inf", "1 ", " 1",
    "1_0", "2147483648", "9223372036854775807", "18446744073709551616", "-9223372036854775809", "9" * 400, "٣", "ce", "kl",
    "KL", "keras", "drawn", "hard", "softmax-detach", "-", "--", "---", "=", "a=b=c", "-x", "--help", "--no-such-option",
    "50% off", "%s%n%d", "a\nb", "a\"; system('touch planted')\n#", "$(touch planted)", "`touch planted`", "|touch planted",
    "x\nsystem 'touch planted'\n", "'", "\"", "\\", "\x1b[31mred", "\x07", "\x7f", "\u202eabc", "\u0085", "é", "日本",
    b"\xff\xfe", b"a\xc0\x80", "a" * 250, "a" * 5000, "a/" * 400, ".", "./", "new", "new/deep/er", "pictures", "pictures/train",
    "pictures/train/blue", "picture.png", "text.txt", "empty", "pipe", "loop", "nowhere", "run", "run/model.safetensors",
    "run/history.csv", "run/checkpoint.safetensors", "locked", "/dev/null", "/dev/full", "/dev/zero", "/proc/self/mem",
    "first=run", "\x1b]0;t\x07=run", "50%=run", "=run", "run=", "a'b\"c=run", "x\ny=run",
]
OUTSIDE = {b"/dev/null", b"/dev/full", b"/dev/zero", b"/proc/self/mem"}
PATIENCE = 3  # seconds, after which a program is asked to end, which is no fault of it
HANGS = 900  # seconds more, after which it is taken to hang
FOREIGN = re.compile(r"terminate called|std::|basic_string|filesystem error|json\.exception|vector::|bad_alloc|Success$", re.M)


def as_bytes(argument):
    return argument if isinstance(argument, bytes) else argument.encode()


def run(command, folder, environment, patience=HANGS):
    """(exit code, whether it was asked to end, standard output, standard error)."""
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE)
    asked = False
    try:
        out, error = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        asked = True
        process.send_signal(signal.SIGTERM)
        try:
            out, error = process.communicate(timeout=HANGS)
        except subprocess.TimeoutExpired:
            process.kill()
            out, error = process.communicate()
            error += b"\n(did not end)"
    return process.returncode, asked, out, error


def options_of(program, environment):
    text = run([PROGRAMS / program, "--help"], ".", environment)[2].decode()
    return sorted(set(re.findall(r"(?<=[\s,])--?[a-z][a-z0-9-]*", text)))


def make_world(folder):
    """What the arguments speak of: class folders, a finished run, odd files."""
    write_class_folders(folder / "pictures", classes=("blue", "red"), train=3, test=1, size=8)
    for part in ("train", "test"):
        (folder / "pictures" / part / "red").rename(folder / "pictures" / part / "50% off\x1b[1m")
    (folder / "picture.png").write_bytes(png(8, 8, (40, 60, 200), random.Random(1)))
    (folder / "text.txt").write_text("text\n")
    (folder / "empty").touch()
    (folder / "locked").mkdir(mode=0o500)
    (folder / "loop").symlink_to("loop")
    (folder / "nowhere").symlink_to("missing")
    os.mkfifo(folder / "pipe")


def mutate(arguments, options, dice):
    """A few changes: another value, an option more or less, a character, another order."""
    for _ in range(dice.choice((0, 1, 1, 1, 2, 2, 3, 5))):
        place = dice.randrange(len(arguments) + 1)
        kind = dice.randrange(7)
        if kind == 0 and place < len(arguments):
            arguments[place] = as_bytes(dice.choice(VALUES))
        elif kind == 1:
            arguments.insert(place, as_bytes(dice.choice(VALUES)))
        elif kind == 2 and place < len(arguments):
            del arguments[place]
        elif kind == 3:
            arguments[place:place] = [as_bytes(dice.choice(options)), as_bytes(dice.choice(VALUES))]
        elif kind == 4:
            arguments.insert(place, as_bytes(dice.choice(options)) + b"=" + as_bytes(dice.choice(VALUES)))
        elif kind == 5 and place < len(arguments) and arguments[place]:
            at = dice.randrange(len(arguments[place]))
            arguments[place] = arguments[place][:at] + bytes([dice.randrange(1, 256)]) + arguments[place][at + 1:]
        elif kind == 6 and place < len(arguments):
            arguments.insert(place, arguments[dice.randrange(len(arguments))])
    return [argument.replace(b"\0", b"") for argument in arguments]


def stays_inside(argument):
    """No path out of the world: a program may write where it is told to."""
    return argument in OUTSIDE or not (b".." in argument or re.search(rb"(^|[=-])[A-Za-z]?/", argument))


def control_characters(text):
    return re.findall(r"[^\n\t\x20-\x7e\u00a0-\u2029\u202f-\u2065\u206a-\U0010ffff]", text.replace("\r", ""))


def broken_promise(program, code, asked, out, error, folder, before):
    ended_when_asked = asked and code in (128 + signal.SIGTERM, -signal.SIGTERM)  # in training, before it
    if code not in (0, 1, 2) and not ended_when_asked or (code == 1 and program not in ("ce_vs_kl", "doctor")):
        return f"exit code {code}"
    for stream, text in (("output", out), ("error", error)):
        try:
            strange = control_characters(text.decode())
        except UnicodeDecodeError as problem:
            return f"standard {stream} is not UTF-8: {problem}"
        if strange:
            return f"standard {stream} has control characters: {strange[:5]}"
    message = error.decode()
    if code == 2 and not 1 <= len(message.splitlines()) <= 40:
        return f"{len(message.splitlines())} lines of error"
    if FOREIGN.search(message):
        return "an error in the words of a library"
    names = {path.relative_to(folder) for path in folder.rglob("*")}
    if any(name.name == "planted" or ".partial" in name.name for name in names):
        return "files appeared: " + ", ".join(map(str, sorted(names - before)))
    return None


class World:
    """A folder in which programs run, as make_world and a training have made it; made anew when a program has changed it."""

    def __init__(self, scratch, environment):
        self.folder, self.template, self.environment = scratch / "world", scratch / "template", environment
        self.template.mkdir()
        make_world(self.template)
        training = [word if word != "new" else "run" for word in COMMANDS["cifar10_convnet"][1].split()]
        result = run([PROGRAMS / "cifar10_convnet", *training], self.template, environment)
        assert (self.template / "run" / "summary.json").exists(), result
        self.runs = 0

    def make_anew(self):
        subprocess.run(["rm", "-rf", self.folder], check=True)
        subprocess.run(["cp", "-a", self.template, self.folder], check=True)
        self.before = {path.relative_to(self.folder) for path in self.folder.rglob("*")}

    def problem_of(self, program, given):
        """Runs a program: (its exit code, the promise that it breaks or None, what it printed)."""
        if self.runs % 25 == 0 or (self.folder / "new").exists():
            self.make_anew()
        self.runs += 1
        code, asked, out, error = run([PROGRAMS / program, *given], self.folder, self.environment, PATIENCE)
        problem = broken_promise(program, code, asked, out, error, self.folder, self.before)
        if problem:
            self.runs = 0
        return code, problem, out + error


def report(program, given, problem, printed, findings):
    words = [word.decode("utf-8", "surrogateescape") for word in given]
    print(f"{program} {words}\n{problem}\n{printed[-1500:]!r}", flush=True)
    if findings:
        text = json.dumps({"program": program, "arguments": words, "problem": problem})
        findings.mkdir(parents=True, exist_ok=True)
        (findings / f"command_line-{abs(hash(text))}.json").write_text(text)


def kept():
    """What was found before."""
    for file in sorted((PROJECT / "tests/fuzz/crashes/command_line").glob("*.json")):
        case = json.loads(file.read_text())
        yield case["program"], [word.encode("utf-8", "surrogateescape") for word in case["arguments"]]


def drawn(environment, seed):
    """Programs and arguments without end."""
    dice = random.Random(seed)
    options = {program: options_of(program, environment) for program in COMMANDS}
    weights = [weight for weight, _ in COMMANDS.values()]
    while True:
        program = dice.choices(list(COMMANDS), weights)[0]
        given = mutate([as_bytes(word) for word in COMMANDS[program][1].split()], options[program], dice)
        if all(map(stays_inside, given)) and sum(map(len, given)) < 100_000:
            yield program, given


def fuzz(arguments, environment, scratch):
    world, codes, begin = World(scratch, environment), collections.Counter(), time.monotonic()
    found = False
    for program, given in itertools.islice(itertools.chain(kept(), drawn(environment, arguments.seed)), arguments.executions):
        code, problem, printed = world.problem_of(program, given)
        codes[code] += 1
        if problem:
            found = True
            report(program, given, problem, printed, arguments.findings)
        if (found and not arguments.all) or time.monotonic() - begin > arguments.seconds:
            break
    print(f"{'command_line':<15} {codes.total()} executions, exit codes {dict(sorted(codes.items()))}")
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--executions", type=int, default=10**9)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--findings", type=pathlib.Path)
    parser.add_argument("--all", action="store_true", help="go on after a finding")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="gibbs_fuzz_") as folder:
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": folder, "LC_ALL": "C.UTF-8"}
        return fuzz(arguments, environment, pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(main())
