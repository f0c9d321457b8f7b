"""Names that others chose (of folders, classes, runs) are text in pictures, tables and messages, never a command: not to
gnuplot, not to a shell, not to a terminal, not to a reader of SVG."""
import json
import os
import pathlib
import random
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

from programs import (COLOURS, PATIENCE, ProgramTest, png, read_png_size, read_safetensors, write_class_folders,
                      write_safetensors)

HISTORY = ("epoch,loss,accuracy,val_loss,val_accuracy,seconds\n1,2.1,0.2,2.0,0.25,1.0\n2,1.9,0.3,1.8,0.35,1.0\n")
# Each would run `touch canary` if it were read as a script, a shell's word or a double-quoted string.
COMMANDS = ["a\n!touch canary\n", "a\nsystem \"touch canary\"\n#", "a'\nsystem('touch canary')\nset title 'b",
            'a"\nsystem("touch canary")\n#', "`touch canary`", "$(touch canary)", "EOD\nsystem('touch canary')\n",
            "'.system('touch canary').'", "a'; system 'touch canary'; #", "a\\'\nsystem('touch canary')\n", "@system", "\\",
            "$run0", "{/Bold x}", "a;b|c&d>e<f", "%s%n%d", "100%", "50% off", "'", '"', "''", '""', "a\tb",
            "\x1b]0;title\x07", "é 猫 🐈", "<b>&amp;</b> ]]> <!--", "-rf", "--help", "a\u202eb", "\uffff", "x" * 250,
            "猫" * 80, " ", "a b", "#", ". hidden"]
NOT_UTF8 = [b"\xff\xfe", b"caf\xe9", b"\xed\xa0\x80"]
CONTROLS = [chr(c) for c in (*range(0x20), *range(0x7f, 0xa0)) if chr(c) != "\n"]


class HostileNames(ProgramTest):
    def assert_harmless(self, text):
        for c in CONTROLS:
            self.assertNotIn(c, text)

    def assert_pictures(self, folder, *names):
        for name in names:
            path = folder / name
            if path.suffix == ".png":
                read_png_size(path)
            else:
                xml.etree.ElementTree.parse(path)

    def run_bytes(self, command, **options):
        """Standard output and error as text, in which bytes that are not UTF-8 would be an error."""
        result = subprocess.run(command, capture_output=True, timeout=PATIENCE, cwd=self.folder, env=self.environment(),
                                **options)
        self.assertEqual(list(self.folder.rglob("canary")), [], "a name was run as a command")
        return result.returncode, result.stdout.decode(), result.stderr.decode()

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_legends(self):
        run = self.folder / "run"
        run.mkdir()
        (run / "history.csv").write_text(HISTORY)
        for names in (COMMANDS, NOT_UTF8):
            arguments = [os.fsencode(name) + b"=" + os.fsencode(run) for name in names if "=" not in os.fsdecode(name)]
            code, output, error = self.run_bytes([*self.command("compare_runs", "--out", self.out, "--"), *arguments])
            self.assertEqual((code, output, error), (0, "", ""))
            self.assert_pictures(self.out, "loss.svg", "loss.png", "accuracy.svg", "accuracy.png")
        self.run_bytes(self.command("compare_runs", "--out", self.out, f"50% \\'{{x}}_1^2 $ @ `id` & <a>={run}"))
        text = "".join(xml.etree.ElementTree.parse(self.out / "loss.svg").getroot().itertext())
        self.assertIn("50% \\'{x}_1^2 $ @ `id` & <a>, validation", text)
        self.run_bytes(self.command("compare_runs", "--out", self.out, f"{'n' * 300}={run}"))
        text = "".join(xml.etree.ElementTree.parse(self.out / "loss.svg").getroot().itertext())
        self.assertIn("n" * 37 + "..., validation", text)

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_folders(self):
        for name in (*COMMANDS, *NOT_UTF8):
            name = os.fsencode(name)
            if b"/" in name or b"\0" in name:
                continue
            folder = pathlib.Path(os.fsdecode(os.fsencode(self.folder) + b"/out/" + name))
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "history.csv").write_text(HISTORY)
            relative = name if name.startswith(b"-") else b"out/" + name
            if name.startswith(b"-"):
                shutil.copytree(folder, self.folder / os.fsdecode(name))
            code, output, error = self.run_bytes([*self.command("compare_runs"), b"--out=" + relative, b"--",
                                                  b"x=" + relative])
            self.assertEqual((code, output, error), (0, "", ""), name)
            self.assert_pictures(self.folder / os.fsdecode(relative), "loss.svg", "loss.png", "accuracy.svg")

    def class_folders(self, names):
        """Three pictures of each class to train with, one to test with."""
        data = self.folder / "data"
        colours = list(COLOURS.values())
        for i, name in enumerate(names):
            for part, count in (("train", 3), ("test", 1)):
                folder = pathlib.Path(os.fsdecode(os.fsencode(data / part) + b"/" + os.fsencode(name)))
                folder.mkdir(parents=True)
                for k in range(count):
                    (folder / f"{k}.png").write_bytes(png(32, 32, colours[i % 3], random.Random(k)))
        return data

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_classes(self):
        names = [name for name in map(os.fsencode, (*COMMANDS, *NOT_UTF8)) if b"/" not in name and not name.startswith(b".")]
        names += [f"class {i}".encode() for i in range(120)]
        data = self.class_folders(names)
        command = self.command("cifar10_convnet", "--data", data, "--out", self.out, "--batch-size", 50, "--epochs", 1)
        code, output, error = self.run_bytes(command)
        self.assertEqual((code, error), (0, ""))
        self.assert_harmless(output)
        self.assertIn("\n  50% off      ", output)
        self.assertIn("\n  \\x1b]0;title\\x07 ", output)
        self.assertIn("\n  \\xff\\xfe ", output)
        self.assert_pictures(self.out, "loss.svg", "loss.png", "accuracy.svg", "confusion.png", "mistakes.png")
        picture = data / "test" / "50% off" / "0.png"
        code, output, error = self.run_bytes(self.command("classify", "--model", self.out / "model.safetensors", "--top", 500,
                                                          picture))
        self.assertEqual((code, error, output.count("\n")), (0, "", 1))
        self.assert_harmless(output)
        self.assertIn(", 50% off ", output.replace(": ", ", "))

    def test_error_messages(self):
        for program, arguments in (("cifar10_convnet", ("--data", "a\x1b[2J\nb")),
                                   ("cifar10_convnet", ("--out", "/proc/\x1b[2J")),
                                   ("cifar10_convnet", ("--epochs", "\x1b[2J")),
                                   ("cifar10_convnet", ("\x1b[2J\n",)),
                                   ("classify", ("--model", "a\x1b[2J\nb", "x")),
                                   ("compare_runs", ("\x1b[2J=\x1b[2J\x9b\nb",)),
                                   ("entropy_lesson", ("--observed", "\x1b[2J\nerror: b")),
                                   ("doctor", ("--threads", "\x1b[2J\n"))):
            code, _, error = self.run_bytes(self.command(program, *arguments))
            self.assertEqual(code, 2)
            self.assert_harmless(error)
            self.assertIn("\\x1b[2J", error)
            self.assertNotIn("\nb", error)
            self.assertNotIn("\nerror", error)

    def test_names_of_a_model(self):
        self.trained("--quiet", environment={"PATH": ""})
        tensors, metadata = read_safetensors(self.out / "model.safetensors")
        picture = self.pictures / "test" / "red" / "000.png"
        model = self.folder / "model.safetensors"
        names = ["\x1b[2Jred", "a\nerror: b", "c" * 300]
        write_safetensors(model, tensors, {**metadata, "class_names": json.dumps(names)})
        code, output, error = self.run_bytes(self.command("classify", "--model", model, picture))
        self.assertEqual((code, error, output.count("\n")), (0, "", 1))
        self.assert_harmless(output)
        for name in ("\\x1b[2Jred ", "a\\x0aerror: b ", "c" * 300 + " "):
            self.assertIn(name, output)
        for key, text in (("class_names", "\x1b[2J" * 1000), ("gibbs.architecture", "\x1b[2J\nerror: x")):
            write_safetensors(model, tensors, {**metadata, key: text})
            code, output, error = self.run_bytes(self.command("classify", "--model", model, picture))
            self.assertEqual((code, output), (2, ""))
            self.assert_harmless(error)
            self.assertIn("\\x1b[2J", error)
            self.assertLess(len(error), 1000)

    def test_names_that_json_cannot_hold(self):
        path = os.fsencode(self.folder) + b"/\xff\x1b.csv"
        with open(path, "w") as file:
            file.write("1\n2\n3\n")
        figures = self.folder / "x.json"
        code, output, error = self.run_bytes([*self.command("entropy_lesson", "--json", figures, "--observed"), path])
        self.assertEqual((code, error), (0, ""))
        self.assert_harmless(output)
        self.assertIn("\\xff\\x1b.csv", output)
        json.loads(figures.read_text())

    def test_a_model_of_a_million_names_costs_no_memory(self):
        self.trained("--quiet", environment={"PATH": ""})
        tensors, metadata = read_safetensors(self.out / "model.safetensors")
        model = self.folder / "model.safetensors"
        for names, message in ((1_000_000, "the list of class names has 9888891 bytes, more than the limit of 1048576"),
                               (50_000, "names 50000 classes, but no tensor is the last layer of so many, [256, 50000]; "
                                        "nothing was loaded")):
            write_safetensors(model, tensors, {**metadata, "class_names": json.dumps([f"c{i}" for i in range(names)],
                                                                                     separators=(",", ":"))})
            usage = self.folder / "usage"
            with usage.open("w") as file:
                program = subprocess.Popen(self.command("classify", "--model", model, "x.png"), stderr=file)
                _, status, resources = os.wait4(program.pid, 0)
                program.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(program.returncode, 2)
            self.assertEqual(usage.read_text(), f"error: classify: {model}: {message}\n")
            self.assertLess(resources.ru_maxrss, 200_000)


if __name__ == "__main__":
    unittest.main()
