"""The program ce_vs_kl as a user meets it: exit codes, equivalence.json, steps.csv, every mode. $GIBBS_PROGRAMS is the
folder of the example programs. Pictures are the built-in ones, a few per step."""

import csv
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

PROGRAM = pathlib.Path(os.environ["GIBBS_PROGRAMS"]) / "ce_vs_kl"
COLUMNS = ["step", "loss_ce", "loss_kl", "target_entropy", "residual", "max_abs_gradient_difference",
           "max_ulp_difference", "weights_equal"]
SMALL = ["--data", "drawn", "--limit", "60", "--batch-size", "20", "--threads", "2"]


class CeVsKl(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.out = pathlib.Path(self.folder.name) / "out"
        self.addCleanup(self.folder.cleanup)

    def run_program(self, *arguments, code=0):
        result = subprocess.run([PROGRAM, *SMALL, "--out", self.out, *arguments], capture_output=True, text=True)
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result

    def figures(self):
        return json.loads((self.out / "equivalence.json").read_text())

    def steps(self):
        with open(self.out / "steps.csv", newline="") as file:
            return list(csv.DictReader(file))

    def test_without_a_mode_it_shows_gradients_on_logits(self):
        self.assertIn("CE - (q-p)", self.run_program().stdout)
        figures = self.figures()
        self.assertEqual((figures["mode"], figures["verdict"]), ("logits", "equivalent"))
        self.assertEqual(list(figures["logit_gradients"]), ["one-hot", "smoothed", "soft"])
        for row in figures["logit_gradients"].values():
            self.assertGreater(row["largest_gradient"], 0.01)
            self.assertLess(row["ce_against_kl"], 1e-14)
            self.assertLess(row["kl_against_formula"], 1e-14)
            self.assertLess(row["ce_against_plain"], 1e-14)
            self.assertLess(row["kl_against_plain"], 1e-14)
            self.assertLess(row["ce_value_against_plain"], 1e-13)
            self.assertLess(row["ce_against_central_differences"], 1e-8)

    def test_lockstep_finds_the_losses_equal(self):
        for targets in ("one-hot", "smoothed", "soft"):
            result = self.run_program("--lockstep", "--float64", "--steps", "3", "--targets", targets)
            self.assertIn("EQUIVALENT in every step, up to rounding.", result.stdout)
            summary = self.figures()["summary"]
            self.assertEqual(summary["steps"], 3)
            self.assertLess(summary["max_relative_gradient_difference"], 1e-12)
            self.assertLess(summary["max_abs_residual"], 1e-13)
            self.assertLess(summary["max_abs_plain_residual"], 1e-13)
            self.assertLess(summary["max_plain_gradient_difference"], 1e-13)
            self.assertIn("|CE - plain|", result.stdout)
            rows = self.steps()
            self.assertEqual([row["step"] for row in rows], ["1", "2", "3"])
            self.assertEqual(list(rows[0])[:8], COLUMNS)
            for row in rows:
                self.assertEqual(float(row["target_entropy"]) > 0.3, targets != "one-hot")

    def test_epochs_count_passes(self):
        self.run_program("--lockstep", "--epochs", "2")
        self.assertEqual(len(self.steps()), 6)
        self.assertEqual(self.figures()["dtype"], "float32")

    def test_free_trainings_drift(self):
        result = self.run_program("--free", "--steps", "4", "--targets", "soft")
        self.assertNotIn("EQUIVALENT", result.stdout)
        drift = [float(row["max_abs_weight_difference"]) for row in self.steps()]
        self.assertGreater(drift[-1], 0)
        self.assertLess(drift[-1], 1e-2)
        self.assertEqual(self.figures()["verdict"], "drift")

    def test_a_diverged_training_ends_with_1_and_names_the_step(self):
        result = self.run_program("--lockstep", "--steps", "5", "--learning-rate", "1e30", code=1)
        message = "the losses are not finite at step 2: training has diverged, lower the learning rate"
        self.assertEqual(result.stderr, f"NOT EQUIVALENT: {message}\n")
        self.assertEqual(self.figures()["verdict"], message)
        self.assertEqual(len(self.steps()), 2)

    def test_every_break_is_seen_in_the_first_step(self):
        for name in ("clip", "mean", "moving-target", "reverse", "js"):
            result = self.run_program("--break", name, "--steps", "2")
            self.assertIn("The gradients differ from step 1: ", result.stdout)
            figures = self.figures()
            self.assertEqual(figures["first_step_with_different_gradients"], 1)
            self.assertGreater(figures["relative_gradient_difference_there"], 0.1)
            self.assertEqual(len(figures["trainings"]), 4 if name == "mean" else 2)

    def test_the_clipped_loss_is_that_of_the_article(self):
        self.run_program("--break", "clip", "--steps", "1")
        example = self.figures()["break"]["example"]
        self.assertAlmostEqual(example["first"]["loss"], 21.68, delta=0.005)
        self.assertAlmostEqual(example["second"]["loss"], 16.12, delta=0.005)
        for found, expected in zip(example["first"]["gradient"], (-1, 0.19, 0.51, 0.31)):
            self.assertAlmostEqual(found, expected, delta=0.005)
        for found in example["second"]["gradient"]:
            self.assertAlmostEqual(found, 0, delta=1e-6)

    def test_numbers_out_of_range_are_named(self):
        for arguments, message in ((["--steps", "0"], "--steps: must be a whole number from 1 to 2147483647, it is 0\n"),
                                   (["--batch-size", "0"], "--batch-size: must be a whole number from 1 to 2147483647, it is 0\n"),
                                   (["--learning-rate", "nan"], "--learning-rate: must be a number above 0, it is nan\n")):
            self.assertIn(message, self.run_program("--lockstep", *arguments, code=2).stderr)

    def test_wrong_arguments_end_with_2(self):
        for arguments in (["--lockstep", "--free"], ["--break", "nothing"], ["--targets", "hard"],
                          ["--lockstep", "--steps", "1", "--epochs", "1"]):
            self.run_program(*arguments, code=2)
        self.assertFalse(self.out.exists())


if __name__ == "__main__":
    unittest.main()
