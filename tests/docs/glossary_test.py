"""docs/glossary.md and the pages in the reading order keep to each other: where a page first names a term, it explains the term
(*slanted* or **bold**) or links it; what the primer and the page on the network explain is in the glossary.

A term with a word in parentheses, "unit (of a layer)", is an ordinary word as well, and is not looked for.
"""
import re
import unittest

from reading_order_test import DOCS, ORDER, line

GLOSSARY = (DOCS / "glossary.md").read_text()
HEADINGS = re.findall(r"^### (.*)$", GLOSSARY, re.MULTILINE)
TERMS = [heading for heading in HEADINGS if "(" not in heading]
# Not prose: code, quotes of it, formulas, headings, comments, pictures, addresses.
NO_PROSE = re.compile(r"^```.*?^```$|^    [^\n]*$|\$\$.*?\$\$|\$[^$\n]*\$|^#[^\n]*$|<!--.*?-->|!\[[^\]]*\]\([^)]*\)|(?<=\])\([^)\n]*\)|"
                      r"(?<!\[)`[^`\n]*`", re.MULTILINE | re.DOTALL)
EXPLAINED = re.compile(r"\*\*[^*]+\*\*|\*(?!Guess first)[^*]+\*|\[[^\]]+\]")
QUESTION = re.compile(r"\*(?=Guess first)[^*]+\*")


def pattern(terms):
    """Matches any of the terms, the longest first, in the singular and the plural."""
    longest_first = sorted(terms, key=len, reverse=True)
    spelled = (re.sub(r"[ -]", r"[\\s-]+", term) for term in longest_first)
    return re.compile("|".join(rf"(?<![\w-])(?P<t{terms.index(term)}>{text})(?:e?s)?(?![\w-])"
                               for term, text in zip(longest_first, spelled)), re.IGNORECASE)


def unexplained(page, terms):
    """Terms that the page names before it explains or links them."""
    blank = lambda match: re.sub(r"\S", " ", match[0])
    prose = NO_PROSE.sub(blank, page)
    questions = [match.span() for match in QUESTION.finditer(prose)]
    explained = [match.span() for match in EXPLAINED.finditer(QUESTION.sub(blank, prose))]
    seen, wrong = set(), []
    for match in pattern(terms).finditer(prose):
        term = terms[int(match.lastgroup[1:])]
        if term not in seen:
            seen.add(term)
            within = any(begin <= match.start() and match.end() <= end for begin, end in explained)
            if not within:
                wrong.append(term)
    return wrong


class Mechanism(unittest.TestCase):
    def test_first_appearances(self):
        for page, wrong in (("A **loss** and a loss.", []), ("A loss is a *loss*.", ["loss"]), ("[Losses](a.md)", []),
                            ("cross entropy, **entropy**", ["cross entropy"]), ("*Guess first: what loss?*", ["loss"]),
                            ("loss scale, **loss**", ["loss scale"]),
                            ("# Loss\n`loss` $loss$\n```cpp\nloss\n```\n![loss](a) [a](loss.md) <!-- loss -->", []),
                            ("*cross\nentropy* and cross entropy", []), ("glossy closses", [])):
            with self.subTest(page=page):
                self.assertEqual(unexplained(page, ["entropy", "cross entropy", "loss", "loss scale"]), wrong)


class Glossary(unittest.TestCase):
    def test_every_entry_is_sorted_short_and_leads_on(self):
        self.assertEqual(HEADINGS, sorted(HEADINGS, key=str.lower))
        for entry in GLOSSARY.split("\n### ")[1:]:
            with self.subTest(entry=entry.split("\n")[0]):
                self.assertRegex(entry, r"\]\([\w./]+")
                self.assertLessEqual(len(entry.split()), 50)

    def test_pages_explain_or_link_a_term_where_they_first_name_it(self):
        for _, name in ORDER:
            page = (DOCS / name).read_text().replace(line(name), "")
            if name == "primer.md":  # its five questions are for those who know the terms
                page = page[page.index("\n## "):]
            with self.subTest(page=name):
                self.assertEqual(unexplained(page, TERMS), [])

    def test_every_term_is_named_on_some_page(self):
        pages = "".join(NO_PROSE.sub("", (DOCS / name).read_text()) for _, name in ORDER)
        named = [heading for heading in HEADINGS if pattern([heading.split(" (")[0]]).search(pages)]
        self.assertEqual(named, HEADINGS)

    def test_what_the_first_pages_explain_is_in_it(self):
        known = pattern([heading.split(" (")[0] for heading in HEADINGS])
        for name in ("primer.md", "network.md"):
            page = (DOCS / name).read_text().replace(line(name), "")
            bold = re.findall(r"\*\*([\w -]+)\*\*", page)
            with self.subTest(page=name):
                self.assertEqual([term for term in bold if not known.fullmatch(term)], [])


if __name__ == "__main__":
    unittest.main()
