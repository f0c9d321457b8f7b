"""The first pages, docs/primer.md and docs/network.md: the primer stays short; commands run, and the output shown is what they
print; every decimal number and every marked whole one is a figure that `primer` computed; code quoted is the source's; pictures
are those that the commands draw. $GIBBS_PROGRAMS is the folder of the example programs.
"""
import json
import math
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from lesson_test import FENCE, MARKER, complaints, missing_lines
from quote_code import ROOT, rewritten

DOCS = ROOT / "docs"
PAGES = {name: (DOCS / name).read_text() for name in ("primer.md", "network.md")}
MOST_WORDS = 2200
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
PICTURE = re.compile(r"!\[[^\]]+\]\(images/(.*?)\.png\)")


def words(page):
    """As many as a reader sees, code and formulas included."""
    return len(COMMENT.sub("", page).split())


class Primer(unittest.TestCase):
    def test_is_short(self):
        self.assertEqual(words("It is 1.5<!-- P1.x --> or\n`so`, <!-- a\nb -->yes."), 6)
        self.assertLessEqual(words(PAGES["primer.md"]), MOST_WORDS)

    def test_begins_with_five_questions_and_has_three_pictures(self):
        opening = PAGES["primer.md"].split("\n## ")[0]
        self.assertEqual(re.findall(r"^(\d)\. .*?\?", opening, re.MULTILINE), list("12345"))
        self.assertEqual(len(PICTURE.findall(PAGES["primer.md"])), 3)


class FirstPages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Runs every command once, in a folder that looks like the project's to it, but for the build itself."""
        temporary = tempfile.TemporaryDirectory(prefix="gibbs test ")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        (cls.folder / "build" / "release").mkdir(parents=True)
        (cls.folder / "build" / "release" / "examples").symlink_to(pathlib.Path(os.environ["GIBBS_PROGRAMS"]).resolve())
        cls.printed, cls.codes = {}, {}
        for command in [line for page in PAGES.values() for kind, block in FENCE.findall(page) if kind == "sh"
                        for line in block.splitlines() if not line.startswith("scripts/build.sh")]:
            run = subprocess.run(["bash", "-uc", command], cwd=cls.folder, capture_output=True, text=True, timeout=1200)
            assert run.returncode in (0, 1) and not run.stderr, command + run.stderr
            cls.printed[command], cls.codes[command] = run.stdout, run.returncode
        cls.figures = json.loads((cls.folder / "primer.json").read_text())

    def each_page(self):
        for name, page in PAGES.items():
            with self.subTest(page=name):
                yield page

    def test_numbers(self):
        for page in self.each_page():
            self.assertEqual(complaints(page, lambda _: self.figures), [])
            self.assertGreater(len(MARKER.findall(page)), 10)

    def check(self, number, name, expected):
        for a, b in zip(self.figures[number][name], expected, strict=True):
            self.assertAlmostEqual(a, b, delta=1e-12, msg=f"{number}.{name}")

    def test_figures_of_the_primer_are_right(self):
        for name, rate in (("creeping", .05), ("arriving", .25), ("jumping_out", 1.1), ("at_a_rate_of_1", 1)):
            self.check("P3", name, [3 - 3 * (1 - 2 * rate) ** step for step in range(6)])
        self.assertEqual([self.figures["P4"][name] for name in ("product", "y", "gradient_of_the_product", "gradient_of_v",
                                                                "gradient_of_w")], [10, 12, 1, 2, 6])
        powers = [math.exp(z) for z in (2, 1, 0)]
        self.check("P5", "softmax", [power / sum(powers) for power in powers])
        self.check("P5", "softmax_with_10_more", self.figures["P5"]["softmax"])
        self.assertAlmostEqual(self.figures["P5"]["loss_if_the_last_is_right"], math.log(sum(powers)))

    def test_figures_of_the_network_are_right(self):
        bright = [[int(row > 1 and column > 1) for column in range(5)] for row in range(5)]
        self.check("N1", "sums", [sum(bright[i + a][j + 2] - bright[i + a][j] for a in range(3))
                                  for i in range(3) for j in range(3)])
        sizes = [32 * 32 * 3, *[30 * 30 * 32] * 2, *[15 * 15 * 32] * 2, *[13 * 13 * 64] * 2, *[6 * 6 * 64] * 3, 256, 256, 10]
        self.check("N3", "numbers_after", sizes)
        self.check("N3", "weights", [0, (27 + 1) * 32, 0, 0, 0, (9 * 32 + 1) * 64, 0, 0, 0, 0, 2305 * 256, 0, 257 * 10])
        self.assertEqual(self.figures["N3"]["if_the_first_were_dense"], 3073 * 28800)

    def test_the_page_pools_as_the_program_does(self):
        drawing = next(block for block in PAGES["network.md"].split("\n\n") if "->" in block and "-----+" in block)
        pooled = re.findall(r" {6,}(\d)  (\d)", drawing)
        self.assertEqual([int(digit) for row in pooled for digit in row], self.figures["N2"]["pooled"])
        rows = [[int(digit) for digit in re.findall(r"\d", line[:15])] for line in drawing.splitlines() if "|" in line]
        self.assertEqual([max(rows[i][j:j + 2] + rows[i + 1][j:j + 2]) for i in (0, 2) for j in (0, 2)],
                         self.figures["N2"]["pooled"])
        gradient = self.figures["N2"]["gradient_of_their_sum"]
        self.assertEqual([number for number, slope in zip(sum(rows, []), gradient, strict=True) if slope], [3, 2, 5, 6])

    def test_wrong_options_of_xor(self):
        for arguments, message in ((["--rate", "0"], "--rate: must be a number above 0, it is 0"),
                                   (["--hidden", "0"], "--hidden: must be a whole number from 1 to 100000, it is 0"),
                                   (["--activation", "sine"], "--activation: sine not in {tanh,relu,none}")):
            run = subprocess.run([pathlib.Path(os.environ["GIBBS_PROGRAMS"], "03_xor"), *arguments], capture_output=True,
                                 text=True)
            self.assertEqual((run.returncode, run.stdout, run.stderr.splitlines()[0]), (2, "", message))

    def test_a_training_that_left_all_numbers_behind_ends_with_its_verdict(self):
        folder = self.folder / "no picture"
        run = subprocess.run([pathlib.Path(os.environ["GIBBS_PROGRAMS"], "03_xor"), "--rate", "3", "--out", folder],
                             capture_output=True, text=True)
        self.assertEqual((run.returncode, run.stderr, folder.exists()), (1, "", False))
        self.assertIn("No picture: the network's answers are no numbers any more.", run.stdout)

    def test_output_shown_is_what_commands_print(self):
        for page in self.each_page():
            blocks = FENCE.findall(page)
            for (kind, commands), (next_kind, text) in zip(blocks, blocks[1:]):
                if (kind, next_kind) == ("sh", "text"):
                    printed = "".join(f"$ {command}\n{self.printed[command]}" for command in commands.splitlines())
                    self.assertEqual(missing_lines(text, printed), [])

    def test_xor_is_learned_as_it_is_and_not_with_the_changes_that_the_primer_asks_about(self):
        codes = {command: code for command, code in self.codes.items() if "03_xor" in command}
        self.assertEqual(list(codes.values()), [0, 1, 1, 1, 1], codes)
        false = [self.printed[command].count("\nFALSE: ") for command in codes]
        self.assertEqual(false, [0, 3, 2, 2, 3], "what the primer's list says of each")

    def test_quotes_are_the_source(self):
        for page in self.each_page():
            _, wrong = rewritten(page, lambda file: (ROOT / file).read_text())
            self.assertEqual(wrong, [], "run tests/docs/quote_code.py --write on the page, and look at it")

    def test_pictures_are_drawn_by_the_commands(self):
        drawn = {file.stem for file in (self.folder / "pictures").glob("*.png")}
        if drawn:  # with gnuplot
            drawn.add("blame")  # takes graphviz
            self.assertEqual(sorted(name for page in PAGES.values() for name in PICTURE.findall(page)), sorted(drawn))
        for page in self.each_page():
            for name in PICTURE.findall(page):
                self.assertTrue((DOCS / "images" / f"{name}.png").exists(), name)

    def test_no_line_begins_with_a_figure(self):
        """There, Markdown would take the comment for a block of HTML and end the paragraph."""
        for page in self.each_page():
            self.assertEqual(re.findall(r"^\s*<!-- [PN]\d.*", page, re.MULTILINE), [])


if __name__ == "__main__":
    unittest.main()
