"""The picture of docs/data.md is the one that its program draws, one row for each row of its table. $GIBBS_PROGRAMS is the folder
of the example programs."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"


class DataPage(unittest.TestCase):
    def test_picture(self):
        with tempfile.TemporaryDirectory() as folder:
            picture = pathlib.Path(folder, "picture.png")
            printed = subprocess.run([pathlib.Path(os.environ["GIBBS_PROGRAMS"], "augmentation"), "--out", picture], check=True,
                                     capture_output=True, text=True).stdout
            self.assertEqual(picture.read_bytes(), (DOCS / "images" / "augmentation.png").read_bytes())
        rows = re.findall(r"^\| (\d) \| `(\w+)\(", (DOCS / "data.md").read_text(), re.MULTILINE)
        self.assertEqual(re.findall(r"^(\d)\. (\w+)\(", printed, re.MULTILINE), rows)


if __name__ == "__main__":
    unittest.main()
