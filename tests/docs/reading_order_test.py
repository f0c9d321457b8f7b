"""One order to read the pages in: each shows it below its title, with itself in bold, and says at its end what comes next; the
README shows it, too; and every link of every page leads to a file, and to a heading of it."""
import pathlib
import re
import unittest

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
ORDER = (("Primer", "primer.md"), ("Lesson", "lesson.md"), ("Network", "network.md"), ("Engine", "autograd.md"),
         ("Extending", "extending.md"))
GLOSSARY = ("Glossary", "glossary.md")
CODE = re.compile(r"^```.*?^```$|`[^`\n]*`(?!\]\()", re.MULTILINE | re.DOTALL)


def line(own, folder=""):
    """The line of links on the page `own`."""
    return " · ".join(f"**{name}**" if file == own else f"[{name}]({folder}{file})" for name, file in (*ORDER, GLOSSARY))


def anchors(page):
    """What GitHub calls the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", CODE.sub("", page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(folder, page, read):
    """Links of a page that lead nowhere; read(path) gives a file's text and throws where there is none."""
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", CODE.sub("", page)):
        path, _, heading = target.partition("#")
        if target.startswith("https://"):
            continue
        try:
            text = read(folder / path) if path else page
        except OSError:
            text = None
        if text is None or heading and heading not in anchors(text):
            broken.append(target)
    return broken


def text_of(path):
    return path.read_text(errors="replace") if path.is_file() else "" if path.is_dir() else path.open().read()


class ReadingOrder(unittest.TestCase):
    def test_every_page_shows_it_below_its_title(self):
        for path in sorted(DOCS.glob("*.md")):
            if path.name != "lesson.zh.md":
                with self.subTest(page=path.name):
                    self.assertEqual(path.read_text().splitlines()[1:3], ["", line(path.name)])

    def test_so_does_the_chinese_page(self):
        links = re.findall(r"\]\((\w+\.md)\)", (DOCS / "lesson.zh.md").read_text().splitlines()[2])
        self.assertEqual(links, [file for _, file in (*ORDER, GLOSSARY)])

    def test_every_page_says_what_comes_next(self):
        for (_, page), (_, following) in zip(ORDER, ORDER[1:]):
            with self.subTest(page=page):
                self.assertRegex((DOCS / page).read_text().splitlines()[-1], rf"^\*\*Next:\*\* \[.*\]\({following}\)")

    def test_the_readme_shows_it(self):
        self.assertIn(line("", "docs/"), (DOCS.parent / "README.md").read_text().splitlines())


class Links(unittest.TestCase):
    def test_a_broken_one_is_noticed(self):
        files = {DOCS / "a.md": "# One, two\n```\n# no\n```\n"}

        def read(path):
            if path not in files:
                raise OSError
            return files[path]

        self.assertEqual(broken_links(DOCS, "[a](a.md) [b](b.md) [c](a.md#one-two) [d](a.md#no) `[e](e.md)` [f](https://f)",
                                      read), ["b.md", "a.md#no"])

    def test_all_lead_somewhere(self):
        for path in (DOCS.parent / "README.md", *sorted(DOCS.glob("*.md"))):
            with self.subTest(page=path.name):
                self.assertEqual(broken_links(path.parent, path.read_text(), text_of), [])


if __name__ == "__main__":
    unittest.main()
