"""How programs end: what does not fit is refused, output that cannot be written is an error, signals are requests, and
every failure is one sentence with an exit code."""
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from programs import PATIENCE, PROGRAMS, ProgramTest, read_safetensors

WHOLE = ("3e9", "99999999999", "9223372036854775808", "18446744073709551616", "-1", "0x10", " 5", "5 ", "+5", "1e3",
         "1.5", "nan", "inf", "", "1_000", "1,000", "five", "٣", "--5")
FRACTION = ("nan", "inf", "-inf", "", " 1", "0x1", "1e400", "1,5", "half")
MANY = 2147483647
OPTIONS = (("cifar10_convnet", "--epochs", 1, MANY), ("cifar10_convnet", "--batch-size", 1, MANY),
           ("cifar10_convnet", "--limit", 0, MANY), ("cifar10_convnet", "--threads", 0, 512),
           ("cifar10_convnet", "--seed", 0, 2**64 - 1), ("ce_vs_kl", "--steps", 1, MANY), ("ce_vs_kl", "--epochs", 1, MANY),
           ("ce_vs_kl", "--batch-size", 1, MANY), ("ce_vs_kl", "--limit", 0, MANY), ("ce_vs_kl", "--threads", 0, 512),
           ("ce_vs_kl", "--seed", 0, 2**64 - 1), ("classify", "--top", 1, MANY), ("doctor", "--threads", 0, 512),
           *((program, option, 1, 2**63 - 1) for program in ("cifar10_convnet", "ce_vs_kl", "classify")
             for option in ("--largest-picture", "--largest-file")))
HELP = "\nRun with --help for more information.\n"
LESSONS = sorted(path.name for path in PROGRAMS.glob("[01][0-9]_*") if path.is_file() and os.access(path, os.X_OK))


class Options(ProgramTest):
    def assert_message(self, program, arguments, message):
        result = self.run_command(self.command(program, *arguments))
        self.assertEqual((result.returncode, result.stdout, result.stderr), (2, "", message + HELP), (program, arguments))

    def test_whole_numbers_that_do_not_fit(self):
        for program, option, least, most in OPTIONS:
            for text in (*WHOLE, str(least - 1), str(most + 1)):
                if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
                    self.assert_message(program, [f"{option}={text}"] if text else [option, ""],
                                        f"{option}: must be a whole number from {least} to {most}, it is {text or 'empty'}")

    def test_fractions_that_do_not_fit(self):
        for program, option, rule, more in (("cifar10_convnet", "--learning-rate", "a number above 0", ("0", "-1")),
                                            ("ce_vs_kl", "--learning-rate", "a number above 0", ("0", "-1")),
                                            ("cifar10_convnet", "--validation-split", "at least 0 and less than 1",
                                             ("1", "-0.1"))):
            for text in (*FRACTION, *more):
                self.assert_message(program, [f"{option}={text}"] if text else [option, ""],
                                    f"{option}: must be {rule}, it is {text or 'empty'}")

    def test_digits_are_decimal(self):
        self.trained("--epochs", "010", "--batch-size", "0045", "--seed", 2**64 - 1, "--validation-split", 0, "--quiet")
        self.assertEqual(self.summary()["epochs"], 10)

    def test_every_text_is_a_sentence(self):
        for arguments, message in ((("--epochs",), "--epochs: its value is missing"),
                                   (("--epochs=",), "--epochs: its value is missing"),
                                   (("--out",), "--out: its value is missing"),
                                   (("--loss",), "--loss: its value is missing"),
                                   (("--seed", 1, "--seed", 2), "--seed: given more than once; give it once"),
                                   (("--quiet=maybe",), "--quiet: takes no value"),
                                   (("--resume=0",), "--resume: takes no value"),
                                   (("--profile=-1",), "--profile: takes no value")):
            self.assert_message("cifar10_convnet", arguments, message)
        self.assert_message("ce_vs_kl", ("--lockstep=3",), "--lockstep: takes no value")
        self.assert_message("compare_runs", ("--article=2", "x"), "--article: takes no value")

    def test_environment(self):
        for text in ("off", "2", "-1", "00", " 0"):
            self.assert_refused(self.train(environment={"GIBBS_FUSE": text}), f"GIBBS_FUSE: must be 0 or 1, it is {text}")


class Output(ProgramTest):
    def every_program(self):
        """Arguments with which each program has something to print."""
        self.trained("--quiet", environment={"PATH": ""})
        picture = self.pictures / "test" / "red" / "000.png"
        return [*([lesson] for lesson in LESSONS),
                ["cifar10_convnet", *self.defaults(())], ["doctor"], ["entropy_lesson"],
                ["classify", "--model", self.out / "model.safetensors", picture],
                ["ce_vs_kl", "--data", "drawn", "--out", self.folder / "lab"],
                *([name, "--help"] for name in ("cifar10_convnet", "doctor", "entropy_lesson", "classify", "ce_vs_kl",
                                                "compare_runs"))]

    def test_that_cannot_be_written_is_an_error(self):
        programs = self.every_program()
        for arguments in programs:
            with self.subTest(arguments=arguments), open("/dev/full", "w") as full:
                result = subprocess.run(self.command(*arguments), stdout=full, stderr=subprocess.PIPE, text=True,
                                        timeout=PATIENCE)
                self.assertEqual(result.returncode, 2)
                self.assertEqual(result.stderr.count("\n"), 1, result.stderr)
                self.assertRegex(result.stderr, r"^error: cannot write to standard output: ")
        self.assertTrue((self.out / "summary.json").exists())

    def test_that_was_closed_is_an_error_and_no_file_takes_its_place(self):
        for arguments in (["entropy_lesson"], ["cifar10_convnet", *self.defaults(())]):
            result = subprocess.run(["sh", "-c", '"$0" "$@" >&-', *self.command(*arguments)],
                                    stderr=subprocess.PIPE, text=True)
            self.assertEqual(result.returncode, 2)
            self.assertEqual(result.stderr, "error: cannot write to standard output: Bad file descriptor\n")
        self.summary()
        read_safetensors(self.out / "model.safetensors")

    def test_a_reader_that_has_gone_needs_no_message(self):
        for ignored in (False, True):
            for arguments in (["entropy_lesson"], ["09_graph"], ["cifar10_convnet", "--help"]):
                reading, writing = os.pipe()
                os.close(reading)
                result = subprocess.run(self.command(*arguments), stdout=writing, stderr=subprocess.PIPE, text=True,
                                        restore_signals=not ignored)  # Python itself ignores SIGPIPE
                os.close(writing)
                code = 128 + signal.SIGPIPE if ignored else -signal.SIGPIPE
                self.assertEqual((result.returncode, result.stderr), (code, ""))

    def test_an_error_that_cannot_be_written_is_one_all_the_same(self):
        for output in ("/dev/null", "/dev/full"):
            with open("/dev/full", "w") as full, open(output, "w") as out:
                for arguments in (["cifar10_convnet", "--data", self.folder / "missing"], ["doctor", "--threads", "many"],
                                  ["09_graph", "/proc/x"]):
                    self.assertEqual(subprocess.run(self.command(*arguments), stdout=out, stderr=full).returncode, 2)

    def test_a_training_outlives_its_log(self):
        """The disk of the log is full: the results are there, and the exit code tells."""
        with open("/dev/full", "w") as full:
            result = subprocess.run(self.command("cifar10_convnet", *self.defaults(("--epochs",)), "--epochs", 100), stdout=full,
                                    stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(self.summary()["epochs"], 100)


class Signals(ProgramTest):
    def running(self, **options):
        """A training in its second epoch."""
        process = self.start("--epochs", 10_000, **options)
        for line in process.stdout:
            if line.startswith("Epoch 2/"):
                return process
        self.fail(process.stderr.read())

    def catches(self, status, number):
        """Whether a process, by its file status in /proc, has a handler of the signal: training has begun."""
        return int(re.search("SigCgt:\t(.*)", status.read_text())[1], 16) >> (number - 1) & 1

    def test_each_ends_the_run_after_its_step(self):
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = self.running()
            process.send_signal(name)
            output, error = process.communicate(timeout=PATIENCE)
            self.assertEqual((process.returncode, error), (128 + name, ""))
            self.assertIn("The checkpoint is saved; the same command with --resume goes on.", output)
            self.assertIn(f"checkpoint.safetensors", os.listdir(self.out))
            for file in self.out.iterdir():
                file.unlink()

    def test_what_a_parent_ignores_stays_ignored(self):
        for name in ("HUP", "INT", "TERM"):
            process = subprocess.Popen(["sh", "-c", f"trap '' {name}; exec \"$0\" \"$@\"",
                                        *self.command("cifar10_convnet", *self.defaults(("--epochs",)), "--epochs", 40)],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            for line in process.stdout:
                if line.startswith("Epoch 2/"):
                    break
            process.send_signal(getattr(signal, "SIG" + name))
            output, error = process.communicate(timeout=PATIENCE)
            self.assertEqual((process.returncode, error), (0, ""), name)
            self.assertIn("Epoch 40/40", output)

    def test_the_second_ends_a_step_that_takes_too_long(self):
        process = self.start("--data", "drawn", "--batch-size", 8000, "--epochs", 1000, "--threads", 1)
        for line in process.stdout:
            if line.startswith("Train on"):
                break
        status = pathlib.Path(f"/proc/{process.pid}/status")
        while not self.catches(status, signal.SIGTERM):
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        while any(int(pending, 16) for pending in re.findall("(?:SigPnd|ShdPnd):\t(.*)", status.read_text())):
            time.sleep(0.01)
        process.send_signal(signal.SIGHUP)
        self.assertIn(process.wait(timeout=PATIENCE), (-signal.SIGHUP, 128 + signal.SIGTERM))


def become_nobody():
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)


class NotRoot(unittest.TestCase):
    """Runs copies of the programs as a user who is not root, and who may not look into the folder of the build."""

    def setUp(self):
        programs, temporary = (tempfile.TemporaryDirectory(prefix="gibbs test ") for _ in range(2))
        self.addCleanup(programs.cleanup)
        self.addCleanup(temporary.cleanup)
        self.programs, self.folder = pathlib.Path(programs.name), pathlib.Path(temporary.name)
        self.programs.chmod(0o755)
        self.folder.chmod(0o755)

    def run_as_nobody(self, program, *arguments, before=lambda: None):
        def prepare():
            become_nobody()
            before()

        copy = self.programs / program
        if not copy.exists():
            shutil.copy(PROGRAMS / program, copy)
        try:
            return subprocess.run([copy, *arguments], capture_output=True, text=True, preexec_fn=prepare)
        except PermissionError:
            self.skipTest(f"nobody may not look into {self.programs}")


class Limits(NotRoot):
    """What the system gives too little of is named; nothing waits for what does not come."""

    def limited(self, kind, value, *arguments):
        return self.run_as_nobody("cifar10_convnet", "--data", "drawn", "--limit", "60", "--batch-size", "20", "--quiet",
                                  "--epochs", "1", "--out", self.folder / "out", *arguments,
                                  before=lambda: resource.setrlimit(kind, (value, value)))

    def test_memory(self):
        self.folder.chmod(0o777)
        for megabytes in (70, 100, 150, 200, 250, 300, 350, 400, 500):
            result = self.limited(resource.RLIMIT_AS, megabytes << 20)
            self.assertIn(result.returncode, (0, 2, 127), megabytes)  # 127: too little to load the libraries
            if result.returncode == 2:
                self.assertRegex(result.stderr, "^error: .*(memory|threads|thread that).*\n$", megabytes)

    def test_threads(self):
        result = self.limited(resource.RLIMIT_NPROC, 40, "--threads", "512")
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, r"^error: threads: the system lets this process have \d+ of the 512 that it asks for "
                                        r"\(.*\); ask for fewer, or raise the limit \(ulimit -u, ulimit -v\)\n$")


class Folders(NotRoot):

    def test_that_cannot_be_written_to(self):
        folder = self.folder / "ro"
        folder.mkdir(mode=0o555)
        for program, arguments in (("cifar10_convnet", ()), ("ce_vs_kl", ())):
            result = self.run_as_nobody(program, "--data", "drawn", "--out", folder, *arguments)
            self.assertEqual((result.returncode, result.stdout, result.stderr),
                             (2, "", f"error: --out: cannot write to {folder}: Permission denied; choose another folder\n"))
        (folder / "history.csv").write_text("epoch,loss,accuracy,val_loss,val_accuracy,seconds\n1,1,1,1,1,1\n")
        for out in (folder, folder / "new"):
            result = self.run_as_nobody("compare_runs", "--out", out, f"x={folder}")
            self.assertEqual(result.returncode, 2)
            self.assertRegex(result.stderr,
                             "^error: --out: cannot (write to|create) .*: Permission denied; choose another folder\n$")
        result = self.run_as_nobody("09_graph", folder / "new")
        self.assertEqual((result.returncode, result.stderr), (2, f"error: {folder / 'new'}: Permission denied\n"))

    def test_that_cannot_be_looked_into(self):
        hidden = self.folder / "hidden"
        hidden.mkdir(mode=0o700)
        for arguments in (("--out", hidden / "out"), ("--out", hidden), ("--out", hidden, "--resume")):
            result = self.run_as_nobody("cifar10_convnet", "--data", "drawn", *arguments)
            self.assertEqual((result.returncode, result.stdout), (2, ""))
            self.assertRegex(result.stderr, "^error: --out: cannot .*: Permission denied; choose another folder\n$")

    def test_what_killed_runs_left_is_removed_and_nothing_else(self):
        self.folder.chmod(0o777)
        kept = self.folder / "kept"
        kept.write_text("precious")
        (self.folder / "checkpoint.safetensors.partial.1.0").write_text("left over")
        (self.folder / "notes.partial.1").write_text("somebody's own")
        (self.folder / "loss.svg.partial.folder").mkdir()
        (self.folder / "loss.svg.partial.folder" / "file").touch()
        (self.folder / "loss.svg.partial.link").symlink_to(kept)
        result = self.run_as_nobody("ce_vs_kl", "--data", "drawn", "--out", self.folder)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(sorted(os.listdir(self.folder)), ["equivalence.json", "kept", "loss.svg.partial.folder",
                                                           "loss.svg.partial.link", "notes.partial.1"])
        self.assertEqual(kept.read_text(), "precious")

    def test_a_history_without_epochs(self):
        (self.folder / "history.csv").write_text("epoch,loss,accuracy,val_loss,val_accuracy,seconds\n")
        result = self.run_as_nobody("compare_runs", "--out", self.folder, f"x={self.folder}")
        self.assertEqual((result.returncode, result.stderr), (
            2, f"error: compare_runs: {self.folder / 'history.csv'} holds no epoch; nothing to draw\n"))


if __name__ == "__main__":
    unittest.main()
