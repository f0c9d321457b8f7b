"""What cifar10_convnet prints and leaves behind: history, summary, model, pictures, and who reads them."""
import fcntl
import json
import os
import pathlib
import pty
import re
import shutil
import struct
import subprocess
import termios
import unittest
import xml.etree.ElementTree

from programs import ProgramTest, read_png_size, read_safetensors

SOURCES = pathlib.Path(__file__).resolve().parents[2]
SUMMARY = ["loss_name", "epochs", "train_images", "val_loss", "val_accuracy", "test_loss", "test_accuracy",
           "step_ms_median", "images_per_second", "epoch_over_steps", "validation_images_per_second",
           "peak_rss_mb", "threads", "blas_core", "gemm", "bits", "training_data", "weights_sha256"]
DRAWN_BY_GNUPLOT = ["accuracy.png", "accuracy.svg", "confusion.png", "loss.png", "loss.svg", "mistakes.png"]
FILES = ["checkpoint.safetensors", "filters.png", "history.csv", "model.safetensors", "summary.json"]


class Outputs(ProgramTest):
    def test_history(self):
        self.trained("--epochs", 3)
        lines = (self.out / "history.csv").read_text().splitlines()
        self.assertEqual(lines[0], "epoch,loss,accuracy,val_loss,val_accuracy,seconds")
        rows = [[float(cell) for cell in line.split(",")] for line in lines[1:]]
        self.assertEqual([row[0] for row in rows], [1, 2, 3])
        for _, loss, accuracy, val_loss, val_accuracy, seconds in rows:
            self.assertTrue(0 < loss < 10 and 0 < val_loss < 10 and seconds > 0, rows)
            self.assertTrue(0 <= accuracy <= 1 and 0 <= val_accuracy <= 1, rows)
        self.assertLess(rows[2][1], rows[0][1], "it learns")
        summary = self.summary()
        self.assertEqual([summary["val_loss"], summary["val_accuracy"]], rows[2][3:5])

    def test_summary(self):
        self.trained("--threads", 2, "--loss", "kl")
        summary = self.summary()
        self.assertEqual(list(summary), SUMMARY)
        self.assertEqual((summary["loss_name"], summary["epochs"], summary["train_images"], summary["threads"]),
                         ("kl_divergence", 2, 36, 2))
        self.assertTrue(0 < summary["test_loss"] < 10 and 0 <= summary["test_accuracy"] <= 1, summary)
        self.assertTrue(0 < summary["step_ms_median"] and 10 < summary["peak_rss_mb"] < 700, summary)
        self.assertAlmostEqual(summary["images_per_second"] * summary["step_ms_median"], 10 * 1000, delta=1e-6 * 10_000)
        self.assertGreater(summary["epoch_over_steps"], 1, "an epoch takes no less than its steps")
        self.assertGreater(summary["validation_images_per_second"], 0)
        self.assertRegex(summary["weights_sha256"], "^[0-9a-f]{64}$")
        self.assertTrue(summary["blas_core"] or summary["gemm"] == "own: built without OpenBLAS", summary)
        self.assertIn(summary["blas_core"] if "kernels for" in summary["gemm"] else "own", summary["gemm"])

    def test_says_who_multiplies(self):
        for asked, pattern in (("own", "own, as asked"), ("", "own.*|OpenBLAS.*")):
            output = self.trained("--epochs", 1, environment={"GIBBS_GEMM": asked}).stdout
            self.assertRegex(output, rf"\nMatrix products: ({pattern})\nTrain on ")
            self.assertIn(f"\nMatrix products: {self.summary()['gemm']}\n", output)

    def test_without_validation(self):
        output = self.trained("--validation-split", 0).stdout
        self.assertIn("Train on 45 images, validate on 0, ", output)
        self.assertNotIn("val_", output)
        self.assertIsNone(self.summary()["val_loss"])
        self.assertRegex((self.out / "history.csv").read_text().splitlines()[1], r"^1,[^,]+,[^,]+,,,[^,]+$")

    def test_model(self):
        self.trained("--quiet")
        tensors, metadata = read_safetensors(self.out / "model.safetensors")
        self.assertEqual({name: shape for name, (_, shape, _) in tensors.items()},
                         {"0.weight": [3, 3, 3, 32], "0.bias": [32], "4.weight": [3, 3, 32, 64], "4.bias": [64],
                          "9.weight": [2304, 256], "9.bias": [256], "11.weight": [256, 3], "11.bias": [3]})
        self.assertEqual({dtype for dtype, _, _ in tensors.values()}, {"F32"})
        self.assertEqual(json.loads(metadata["class_names"]), ["blue", "green", "red"])
        version = re.search(r"VERSION ([0-9.]+)\b", (SOURCES / "CMakeLists.txt").read_text().split("project(")[1])[1]
        self.assertEqual(metadata["gibbs.version"], version)
        self.assertEqual(metadata["gibbs.architecture"].splitlines()[:4],
                         ["0: Conv2d(3 -> 32, kernel 3x3)", "1: ReLU", "2: MaxPool2d(window 2x2)", "3: Dropout(0.5)"])

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_pictures(self):
        output = self.trained().stdout
        self.assertEqual(sorted(os.listdir(self.out)), sorted(FILES + DRAWN_BY_GNUPLOT))
        for name in FILES + DRAWN_BY_GNUPLOT:
            if name.endswith(".png"):
                width, height = read_png_size(self.out / name)
                self.assertTrue(300 <= width <= 2000 and 200 <= height <= 2000, (name, width, height))
            elif name.endswith(".svg"):
                root = xml.etree.ElementTree.parse(self.out / name).getroot()
                self.assertEqual((root.tag, root.get("width")), ("{http://www.w3.org/2000/svg}svg", "760"))
                self.assertIn("validation", (self.out / name).read_text())
        self.assertTrue(output.endswith(f"Results, model and pictures are in {self.out}\n"), output)

    def test_without_gnuplot(self):
        output = self.trained(environment={"PATH": str(self.folder)}).stdout
        self.assertEqual(sorted(os.listdir(self.out)), FILES)
        self.assertIn("gnuplot is not installed: loss, accuracy, confusion and mistakes are not drawn\n", output)
        self.assertTrue(output.endswith(f"Results and model are in {self.out}\n"), output)

    def test_a_gnuplot_that_fails_costs_the_pictures_only(self):
        (self.folder / "gnuplot").write_text('#!/bin/sh\n[ "$1" = --version ] || { echo "no pngcairo here" >&2; exit 1; }\n')
        (self.folder / "gnuplot").chmod(0o755)
        result = self.train(environment={"PATH": f"{self.folder}:/usr/bin:/bin"})
        self.assert_refused(result, f"gnuplot: drawing {self.out / 'loss.svg'} failed: no pngcairo here")
        self.assertEqual(sorted(os.listdir(self.out)), FILES)

    def test_limit_takes_training_images_before_the_validation_split(self):
        output = self.trained("--data", "drawn", "--limit", 100, "--quiet").stdout
        self.assertEqual(self.summary()["train_images"], 80)
        # A fifth as many test images: every share of a class has a denominator of at most 20.
        accuracy = self.summary()["test_accuracy"]
        self.assertAlmostEqual(accuracy * 20, round(accuracy * 20))
        self.assertRegex(output, "Test accuracy: 0\\.[0-9]+\n")

    def test_log_has_one_line_per_epoch(self):
        output = self.trained("--epochs", 3).stdout
        self.assertNotIn("\r", output)
        number = r"[0-9]+\.[0-9]{4}"
        line = (rf"Epoch EPOCH/3 - [0-9.]+s [0-9.]+ms/step - loss: {number} - accuracy: {number} - val_loss: {number} - "
                rf"val_accuracy: {number}\n")
        self.assertRegex(output, "with cross entropy.\n" + "".join(line.replace("EPOCH", i) for i in "123") +
                         "\nAccuracy on the test images by class:\n")

    def test_quiet_prints_results_only(self):
        lines = self.trained("--quiet", environment={"PATH": str(self.folder)}).stdout.splitlines()
        self.assertEqual([re.sub(r"[01]\.[0-9]{4}$", "#", line) for line in lines],
                         [f"class folders in {self.pictures}: 45 for training, 18 for testing, 3 classes, 32x32", "",
                          "Accuracy on the test images by class:", "  blue         #", "  green        #",
                          "  red          #", "Test loss: #", "Test accuracy: #",
                          "gnuplot is not installed: loss, accuracy, confusion and mistakes are not drawn",
                          f"Results and model are in {self.out}"])

    def on_terminal(self, columns):
        """What a terminal of so many columns receives from a training."""
        terminal, program_side = pty.openpty()
        fcntl.ioctl(program_side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        arguments = (*self.defaults(("--batch-size",)), "--batch-size", 3)
        process = subprocess.Popen(self.command("cifar10_convnet", *arguments), stdout=program_side,
                                   env=self.environment())
        os.close(program_side)
        text = ""
        while True:
            try:
                text += os.read(terminal, 65536).decode()
            except OSError:  # the program has ended and with it its side of the terminal
                break
        os.close(terminal)
        self.assertEqual(process.wait(), 0, text)
        return text.replace("\r\n", "\n")

    def test_terminal_shows_a_bar(self):
        text = self.on_terminal(130)
        self.assertRegex(text, r"Epoch 1/2\n\r(.*ETA: .*\r)?12/12 \[={10,30}\] - .*ms/step - loss: .* - val_accuracy: ")

    def test_no_terminal_is_too_narrow_for_a_redraw(self):
        for columns in (80, 40, 20):
            text = self.on_terminal(columns)
            training = text[text.index("Epoch 1/2"):text.index("\nAccuracy on the test images")]
            for line in re.split("[\r\n]", training):
                self.assertLess(len(line), max(columns, 24), line)
            lines = training.splitlines()
            self.assertEqual([line for line in lines if line.startswith("Epoch")], ["Epoch 1/2", "Epoch 2/2"])
            self.assertEqual(training.count("val_accuracy"), 2, "what an epoch reached stands there at every width")
            self.assertEqual(len([line for line in training.split("\n") if "\r" in line]), 2, "one line for all redraws")


if __name__ == "__main__":
    unittest.main()
