"""The folder that scripts/portable.sh lays out: programs get the library for the CPU that they run on, and all libraries
compute the same. Lesser CPUs are played by the dynamic linker, which can be told which of them it may take.

GIBBS_PROGRAMS is the folder's bin. Not a part of ctest, since three libraries take minutes to build; .ci/run --full runs it.
"""
import json
import subprocess
import unittest

from programs import ProgramTest

LINKER = "/lib64/ld-linux-x86-64.so.2"
LEVELS = ("x86-64", "x86-64-v3", "x86-64-v4")  # from any CPU to the best


def runs_here(level):
    usable = subprocess.run([LINKER, "--help"], text=True, capture_output=True).stdout
    return level == "x86-64" or f"{level} (supported" in usable


class Portable(ProgramTest):
    def run_at(self, level, program, *arguments):
        """Runs the program as a CPU of this level would. No CPU has a level "x86-64", so it leaves nothing to choose."""
        if not runs_here(level):
            self.skipTest(f"this CPU does not run {level}")
        result = self.run_command([LINKER, "--glibc-hwcaps-mask", level, *self.command(program, *arguments)])
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout

    def doctor(self, run):
        """What `run` makes of the doctor: its words and figures."""
        path = self.folder / "doctor.json"
        return run("doctor", "--json", path), json.loads(path.read_text())

    def test_the_doctor_names_the_library_that_is_loaded(self):
        for level in LEVELS:
            with self.subTest(level):
                words, figures = self.doctor(lambda *command: self.run_at(level, *command))
                self.assertIn(f", optimized, compiled for {level}: vectors of ", words)
                self.assertEqual(figures["compiled_instruction_set"], level)
                self.assertEqual(figures["compiled_vector_bytes"], 16 << LEVELS.index(level))
                lesser = any(text.startswith(f"the library was compiled for {level} ") for text in figures["findings"])
                self.assertEqual(lesser, level < figures["instruction_set"])

    def test_nobody_need_choose(self):
        _, figures = self.doctor(lambda *command: self.run_command(self.command(*command)).stdout)
        self.assertEqual(figures["compiled_instruction_set"], max(filter(runs_here, LEVELS)))

    def test_every_library_trains_alike(self):
        losses = {}
        for level in filter(runs_here, LEVELS):
            self.run_at(level, "cifar10_convnet", "--data", "drawn", "--limit", 10_000, "--batch-size", 160, "--epochs", 1,
                        "--seed", 1, "--quiet", "--out", self.folder / level)
            losses[level] = self.summary(self.folder / level)["val_loss"]
        # Long enough to have learned something, as guessing costs ln 10 = 2.303; too short for roundings to grow.
        self.assertLess(max(losses.values()), 2.29, losses)
        self.assertLess(max(losses.values()) - min(losses.values()), 1e-3, losses)


if __name__ == "__main__":
    unittest.main()
