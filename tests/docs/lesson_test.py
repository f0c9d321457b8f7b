"""The lesson, docs/lesson.md and its Chinese sister docs/lesson.zh.md: its commands run, what it shows of their output is
what they print, every decimal number in its prose is a figure that they computed, and its links lead somewhere.
$GIBBS_PROGRAMS is the folder of the example programs.

A comment after a number names the figure, which must round to it:

    0.13668<!-- A4.kl_uniform_nats -->                                 in lesson.json, which the first command writes
    21.6803<!-- runs/clip/equivalence.json break.example.first.loss -->

A whole number needs no comment; where it has one right after it, it is compared, too. A figure that is a list covers as many
numbers before the comment. A comment "... < 1e-13" covers none and states a bound.
"""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARKER = re.compile(r"<!--\s*(?:(\S+\.json)\s+)?([\w.-]+)(?:\s*<\s*(\S+))?\s*-->")
NUMBER = re.compile(r"(?<![\w.])[-−]?\d*\.\d+")
WHOLE = re.compile(r"(?<![\w.,])[-−]?\d[\d,]*$")
OTHER = re.compile(r"\$\$.*?\$\$|\$[^$\n]*\$|`[^`\n]*`|(?<=\])\([^)\n]*\)", re.DOTALL)  # formulas, code, addresses


def prose(page):
    """The text without code, formulas and addresses; comments stay."""
    return OTHER.sub(" ", FENCE.sub("", page))


def figure(figures, path):
    """The figure at "A3.entropy_bits.1"."""
    for name in path.split("."):
        figures = figures[int(name)] if isinstance(figures, list) else figures[name]
    return figures


def complaints(page, load, default="lesson.json"):
    """What is wrong with the numbers of a page; load(file) gives the figures of a JSON file, `default` where none is named."""
    text, begin, wrong = prose(page), 0, []
    for marker in MARKER.finditer(text):
        file, path, bound = marker.groups()
        before = NUMBER.findall(text, begin, marker.start())
        whole = WHOLE.search(text[begin:marker.start()])
        begin = marker.end()
        try:
            value = figure(load(file or default), path)
        except (KeyError, IndexError, ValueError, TypeError, OSError):
            wrong.append(f"{marker[0]}: there is no such figure")
            continue
        if bound is not None:
            wrong += [f"{number} is not covered" for number in before]
            if not abs(value) < float(bound):
                wrong.append(f"{marker[0]}: it is {value}")
            continue
        if whole:
            wrong += [f"{number} is not covered" for number in before]
            if f"{value:.0f}" != whole[0].replace("−", "-").replace(",", ""):
                wrong.append(f"{marker[0]}: {whole[0]} should be {value:,.0f}")
            continue
        values = value if isinstance(value, list) else [value]
        covered = before[max(0, len(before) - len(values)):]
        wrong += [f"{number} is not covered" for number in before[: len(before) - len(covered)]]
        if len(covered) < len(values):
            wrong.append(f"{marker[0]}: {len(covered)} numbers before it, expected {len(values)}")
        for number, exact in zip(covered, values):
            digits = len(number.split(".")[1])
            if f"{exact:.{digits}f}" != number.replace("−", "-"):
                wrong.append(f"{marker[0]}: {number} should be {exact:.{digits}f}")
    return wrong + [f"{number} is not covered" for number in NUMBER.findall(text, begin)]


def missing_lines(shown, printed):
    """Lines of `shown` that `printed` does not have, in this order; a line ... stands for any."""
    lines = iter(printed.splitlines())
    return [line for line in shown.splitlines() if line != "..." and line not in lines]


class Mechanism(unittest.TestCase):
    """The test's own eyes."""

    def test_numbers_are_compared_as_printed(self):
        figures = {"A1": {"x": 1.16783, "list": [-0.5, 2.25], "tiny": 1e-15, "many": 3072.0, "below": -6}}
        for page, wrong in (
                ("It is 1.168<!-- A1.x --> nats, `0.5` $0.5$ [a](b0.5.png) 10 of 2021.", []),
                ("| 1.17 nats<!-- A1.x --> |\n```sh\n0.3\n```\n", []),
                ("It is 1.169<!-- A1.x -->.", ["<!-- A1.x -->: 1.169 should be 1.168"]),
                ("It is 1.168.", ["1.168 is not covered"]),
                ("3,072<!-- A1.many --> or 3072<!-- A1.many --> and −6<!-- A1.below -->, 1<!-- A1.x -->", []),
                ("0.5 and 3,073<!-- A1.many -->", ["0.5 is not covered", "<!-- A1.many -->: 3,073 should be 3,072"]),
                ("0.3 and 1.2<!-- A1.x --> and .7", ["0.3 is not covered", ".7 is not covered"]),
                ("−0.5, 2.25<!-- A1.list --> and 2.2<!-- A1.list.1 -->", []),
                ("2.25<!-- A1.list -->", ["<!-- A1.list -->: 1 numbers before it, expected 2",
                                          "<!-- A1.list -->: 2.25 should be -0.50"]),
                ("1.2<!-- A1.y -->", ["<!-- A1.y -->: there is no such figure"]),
                ("10⁻¹⁴<!-- other.json A1.tiny < 1e-14 -->", []),
                ("10⁻¹⁶<!-- A1.tiny < 1e-16 -->", ["<!-- A1.tiny < 1e-16 -->: it is 1e-15"])):
            with self.subTest(page=page):
                self.assertEqual(complaints(page, lambda _: figures), wrong)

    def test_output_is_compared_line_by_line(self):
        self.assertEqual(missing_lines("b\n...\nd\n", "a\nb\nc\nd\n"), [])
        self.assertEqual(missing_lines("b\na\n", "a\nb\n"), ["a"])


class Lesson(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Runs every command once, in a folder that looks like the project's to it."""
        temporary = tempfile.TemporaryDirectory(prefix="gibbs test ")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        (cls.folder / "build" / "release").mkdir(parents=True)
        (cls.folder / "build" / "release" / "examples").symlink_to(pathlib.Path(os.environ["GIBBS_PROGRAMS"]).resolve())
        cls.pages = {name: (DOCS / name).read_text() for name in ("lesson.md", "lesson.zh.md")}
        environment = {name: text for name, text in os.environ.items() if name != "GIBBS_DATA"}
        cls.printed = {}
        for language, commands in FENCE.findall(cls.pages["lesson.md"]):
            if language == "sh":
                result = subprocess.run(["bash", "-euc", commands], cwd=cls.folder, env=environment, capture_output=True,
                                        text=True, timeout=1200)
                assert result.returncode == 0, commands + result.stderr
                cls.printed[commands] = result.stdout

    def each_page(self):
        for name, page in self.pages.items():
            with self.subTest(page=name):
                yield page

    def load(self, file):
        return json.loads((self.folder / file).read_text())

    def test_numbers(self):
        for page in self.each_page():
            self.assertEqual(complaints(page, self.load), [])
            self.assertGreater(len(MARKER.findall(page)), 60)

    def test_output_shown_is_what_commands_print(self):
        for page in self.each_page():
            blocks = FENCE.findall(page)
            shown = [(commands, text) for (kind, commands), (next_kind, text) in zip(blocks, blocks[1:])
                     if (kind, next_kind) == ("sh", "text")]
            self.assertTrue(shown)
            for commands, text in shown:
                self.assertEqual(missing_lines(text, self.printed[commands]), [])

    def test_both_languages_have_the_same_code_figures_and_pictures(self):
        english, chinese = self.pages.values()
        self.assertEqual(FENCE.findall(english), FENCE.findall(chinese))
        self.assertEqual(sorted(MARKER.findall(english)), sorted(MARKER.findall(chinese)))
        pictures = re.compile(r"!\[[^\]]+\]\((.*?)\)")
        self.assertEqual(pictures.findall(english), pictures.findall(chinese))
        drawn = {f"images/{file.name}" for file in (self.folder / "pictures").glob("*.png")}
        if drawn:  # with gnuplot
            self.assertEqual(set(pictures.findall(english)), drawn)

    def test_no_line_begins_with_a_comment(self):
        """There, Markdown would take it for a block of HTML and end the paragraph."""
        for page in self.each_page():
            self.assertEqual(re.findall(r"^\s*<!--.*", page, re.MULTILINE), [])

    def test_links(self):
        for page in self.each_page():
            for target in re.findall(r"\]\(([^)#]+)\)", FENCE.sub("", page)):
                self.assertTrue(target.startswith("https://") or (DOCS / target).exists(), target)


if __name__ == "__main__":
    unittest.main()
