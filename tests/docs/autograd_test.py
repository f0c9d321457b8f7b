"""docs/autograd.md: its code is the source's, its links lead somewhere, and the output that it shows is what the command
above it prints. $GIBBS_PROGRAMS is the folder of the example programs.
"""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from lesson_test import FENCE, missing_lines
from quote_code import QUOTE, ROOT, rewritten

PAGE = (ROOT / "docs" / "autograd.md").read_text()


class Autograd(unittest.TestCase):
    def test_quotes_are_the_source(self):
        _, wrong = rewritten(PAGE, lambda file: (ROOT / file).read_text())
        self.assertEqual(wrong, [], "run tests/docs/quote_code.py --write docs/autograd.md, and look at the page")
        self.assertEqual(len(QUOTE.findall(PAGE)), PAGE.count("```cpp\n"), "every block of C++ is a quote")

    def test_output_shown_is_what_the_command_prints(self):
        with tempfile.TemporaryDirectory() as folder:
            programs = pathlib.Path(folder, "build", "release", "examples")
            programs.parent.mkdir(parents=True)
            programs.symlink_to(pathlib.Path(os.environ["GIBBS_PROGRAMS"]).resolve())
            blocks = FENCE.findall(PAGE)
            shown = [(command, text) for (kind, command), (next_kind, text) in zip(blocks, blocks[1:])
                     if (kind, next_kind) == ("sh", "text")]
            self.assertTrue(shown)
            for command, text in shown:
                run = subprocess.run(["bash", "-euc", command], cwd=folder, capture_output=True, text=True, timeout=1200)
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertEqual(missing_lines(text, run.stdout), [])


class Links(unittest.TestCase):
    def test_the_readme_names_every_numbered_example(self):
        named = re.findall(r"^\| `(\d\d_\w+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
        self.assertEqual(named, sorted(file.stem for file in (ROOT / "examples").glob("[0-9]*.cpp")))

    def test_of_the_pages_about_the_engine(self):
        for name in ("autograd.md", "extending.md"):
            page = (ROOT / "docs" / name).read_text()
            for target in re.findall(r"\]\(([^)#]+)\)", re.sub(r"`[^`\n]*`(?!\]\()", "", FENCE.sub("", page))):
                self.assertTrue((ROOT / "docs" / target).exists(), f"{name}: {target}")


if __name__ == "__main__":
    unittest.main()
