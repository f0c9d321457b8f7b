"""Torture: all that a system can do to a training, done on purpose; afterwards it goes on to the same bits.

    tests/torture/run.sh [--seconds N] [--seed N] [TORTURE ...]

Each round starts a small training, hurts it in one way (a signal, a failing or deadly system call, a full disk, a limit, a
damaged file), looks at how it ended, and lets it finish without pain. What must hold: the program ends by itself, never by a
crash; it says a sentence when it fails; and the weights and the history are those of a run that nobody hurt. Rounds take
turns until the time is over. strace hurts system calls, and tmpfs is the disk that gets full, which takes root; what is not
there is reported as not measured.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = pathlib.Path(os.environ["GIBBS_PROGRAMS"]) / "cifar10_convnet"
TRAINING = ["--data", "drawn", "--limit", "120", "--batch-size", "20", "--epochs", "4", "--quiet", "--resume"]
CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL}
PATIENCE = 120  # seconds, of a training that takes one
CALLS = ("openat", "read", "pread64", "write", "fsync", "rename", "close", "unlink", "mkdir", "fstat", "flock", "mmap")
ERRORS = ("ENOSPC", "EIO", "EACCES", "EMFILE", "ENOMEM", "EROFS", "EINTR", "EDQUOT")
LIMITS = {
    resource.RLIMIT_AS: lambda pain: pain.randrange(60, 700) << 20,
    resource.RLIMIT_FSIZE: lambda pain: pain.choice((0, 100, 10_000, 1_000_000, pain.randrange(10**7))),
    resource.RLIMIT_NOFILE: lambda pain: pain.randrange(3, 20),
    resource.RLIMIT_STACK: lambda pain: pain.randrange(100, 2000) << 10,
    resource.RLIMIT_DATA: lambda pain: pain.randrange(10, 400) << 20,
}


class Failure(Exception):
    """Something that must hold does not."""


class Training:
    """One run in a folder of its own, hurt at most once."""

    def __init__(self, pain, folder):
        self.pain, self.out = pain, folder / "out"

    def command(self, *before):
        return [*before, str(PROGRAM), *TRAINING, "--out", str(self.out)]

    def start(self, *before, **options):
        return subprocess.Popen(self.command(*before), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)

    def wait(self, process):
        """How it ended, in a word. The program may have been killed by what hurt it, but never by a mistake of its own."""
        try:
            _, error = process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Failure(f"hangs: {process.communicate()[1][-300:]}") from None
        code = process.returncode
        if -code in CRASHES or code - 128 in CRASHES:
            raise Failure(f"crashed with {code}: {error[-300:]}")
        if code == 2 and not error.strip().startswith(("error: ", "left out: ")):
            raise Failure(f"failed without a sentence: {error[-300:]!r}")
        return {0: "finished", 2: "refused"}.get(code, f"exit {code}")

    def hurt(self, *before, **options):
        return self.wait(self.start(*before, **options))

    def finish(self):
        ending = self.wait(self.start())
        if ending != "finished":
            raise Failure(f"does not go on afterwards: {ending}")
        left = [name for name in os.listdir(self.out) if ".partial" in name]
        if left:
            raise Failure(f"leaves {left}")
        rows = (self.out / "history.csv").read_text().splitlines()
        return (json.loads((self.out / "summary.json").read_text())["weights_sha256"],
                [row.rsplit(",", 1)[0] for row in rows])  # without the seconds


def after_a_while(training):
    process = training.start()
    time.sleep(training.pain.uniform(0, training.seconds))
    return process


def kill(training):
    process = after_a_while(training)
    process.kill()
    return training.wait(process)


def signals(training):
    """One or two polite requests to end, with some of them ignored by the parent."""
    asked = training.pain.choices((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), k=training.pain.randrange(1, 3))
    ignored = training.pain.choice((None, None, signal.SIGHUP, signal.SIGINT))
    process = training.start(preexec_fn=lambda: ignored and signal.signal(ignored, signal.SIG_IGN))
    time.sleep(training.pain.uniform(0, training.seconds))
    for request in asked:
        process.send_signal(request)
        time.sleep(training.pain.uniform(0, 0.01))
    return training.wait(process)


def strace(training, what):
    call = training.pain.choice(CALLS)
    when = training.pain.randrange(1, 40 if call != "write" else 8)
    return training.hurt("strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e",
                         f"inject={call}:{what}:when={when}")


def kill_in_a_system_call(training):
    return strace(training, "signal=KILL")


def failing_system_call(training):
    return strace(training, f"error={training.pain.choice(ERRORS)}")


def full_disk(training):
    """A file system of a few kilobytes up to some megabytes, so that it is full now and then; later there is room."""
    training.out.mkdir()
    size = training.pain.choice((8, 100, 1000, 4000, 9000)) << 10
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", training.out], check=True)
    try:
        ending = training.hurt()
        kept = training.out.parent / "kept"
        shutil.copytree(training.out, kept)
    finally:
        subprocess.run(["umount", training.out], check=True)
    training.out.rmdir()
    kept.rename(training.out)
    return ending


def limit(training):
    kind = training.pain.choice(list(LIMITS))
    value = LIMITS[kind](training.pain)
    return training.hurt(preexec_fn=lambda: resource.setrlimit(kind, (value, value)))


def damaged_checkpoint(training):
    """A byte, the end, or everything of the checkpoint is changed: it is refused and, once it is gone, training begins anew."""
    kill(training)
    checkpoint = training.out / "checkpoint.safetensors"
    if not checkpoint.exists():
        return "no checkpoint"
    data = bytearray(checkpoint.read_bytes())
    at = training.pain.randrange(len(data))
    how = training.pain.randrange(3)
    if how == 0:
        data[at] ^= 1 << training.pain.randrange(8)
    else:
        data = data[:at] if how == 1 else bytearray(training.pain.randbytes(at))
    checkpoint.write_bytes(data)
    ending = training.hurt()
    if ending != "refused":
        raise Failure(f"a damaged checkpoint (way {how}, byte {at}): {ending}")
    checkpoint.unlink()
    return ending


TORTURES = (kill, signals, kill_in_a_system_call, failing_system_call, full_disk, limit, damaged_checkpoint)


def not_measured(torture):
    """Why this torture cannot be done here; empty when it can."""
    if torture in (kill_in_a_system_call, failing_system_call):
        works = shutil.which("strace") and subprocess.run(["strace", "-qq", "-o", "/dev/null", "true"]).returncode == 0
        return "" if works else "strace is not installed, or may not trace"
    if torture is full_disk:
        with tempfile.TemporaryDirectory() as folder:
            if subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True).returncode != 0:
                return "a file system of a few kilobytes needs root"
            subprocess.run(["umount", folder], check=True)
    return ""


def one_round(torture, seed, whole):
    """The ending of one hurt training that then went on to `whole`."""
    with tempfile.TemporaryDirectory(prefix="gibbs torture ") as folder:
        training = Training(random.Random(f"{torture.__name__} {seed}"), pathlib.Path(folder))
        if whole is None:  # nobody is hurt: what the others must reach, and how long it takes
            start = time.monotonic()
            result = training.finish()
            Training.seconds = time.monotonic() - start
            return result
        ending = torture(training)
        if training.finish() != whole:
            raise Failure(f"ends with other weights or another history after: {ending}")
        return ending


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("tortures", nargs="*", metavar="TORTURE", help=", ".join(t.__name__ for t in TORTURES))
    arguments = parser.parse_args()
    asked = [t for t in TORTURES if not arguments.tortures or t.__name__ in arguments.tortures]
    ready = []
    for torture in asked:
        reason = not_measured(torture)
        print(f"{torture.__name__}: not measured: {reason}" if reason else f"{torture.__name__}: ready")
        ready += [] if reason else [torture]

    print(f"seed {arguments.seed}", flush=True)
    whole = one_round(kill, arguments.seed, None)
    endings, failures = collections.Counter(), 0
    end, seed = time.monotonic() + arguments.seconds, arguments.seed
    while ready and (time.monotonic() < end or seed == arguments.seed):
        for torture in ready:
            try:
                endings[f"{torture.__name__}: {one_round(torture, seed, whole)}"] += 1
            except Failure as failure:
                failures += 1
                print(f"FAILED: {torture.__name__} --seed {seed}: {failure}", flush=True)
        seed += 1
    for ending, count in sorted(endings.items()):
        print(f"{count:6}  {ending}")
    print(f"{sum(endings.values()) + failures} rounds, {failures} failed")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
