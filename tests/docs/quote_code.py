"""Keeps the code that a Markdown page quotes equal to the code of this project.

    quote_code.py PAGE.md...           prints what a page quotes otherwise than it stands in the source, and exits with 1
    quote_code.py --write PAGE.md...   rewrites the quotes

A quote is a ```cpp block right after a comment with a file and a part of one of its lines, which only that line has:

    <!-- quote autograd/grad.cpp: void differentiate( -->

It begins with that line and the comment above it, and ends where the braces and parentheses that were opened are closed
and a statement ends. Two parts joined by "..." quote everything from the one line to the next that has the other. What
is indented is shifted to the left.
"""
import argparse
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUOTE = re.compile(r"^<!-- quote ([^\s:]+): (.+?) -->\n```cpp\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LITERAL_OR_COMMENT = re.compile(r"//.*|\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])'")


def quoted(source, part):
    """The lines of `source` that a quote of `part` shows. Raises ValueError when there is no such line, or several."""
    begin_part, _, end_part = part.partition(" ... ")
    lines = source.splitlines()
    begins = [i for i, line in enumerate(lines) if begin_part in line]
    if len(begins) != 1:
        raise ValueError(f"{len(begins)} lines have '{begin_part}', it should be one")
    begin = end = begins[0]
    if end_part:
        while end_part not in lines[end]:
            end += 1
            if end == len(lines):
                raise ValueError(f"no line after '{begin_part}' has '{end_part}'")
    else:
        depth = 0
        while True:
            code = LITERAL_OR_COMMENT.sub("", lines[end]).rstrip()
            depth += sum(code.count(c) for c in "{([") - sum(code.count(c) for c in "})]")
            if depth == 0 and code.endswith(("}", ";")):
                break
            end += 1
            if end == len(lines):
                raise ValueError(f"what begins with '{begin_part}' does not end")
    while begin > 0 and lines[begin - 1].lstrip().startswith(("//", "template <")):
        begin -= 1
    return textwrap.dedent("\n".join(lines[begin : end + 1])) + "\n"


def rewritten(page, read):
    """The page with its quotes renewed, and what was wrong with them. read(file) gives a source file's text."""
    wrong = []

    def renew(match):
        file, part, shown = match.groups()
        try:
            code = quoted(read(file), part)
        except (ValueError, OSError) as error:
            wrong.append(f"{file}: {part}: {error}")
            return match[0]
        if code != shown:
            wrong.append(f"{file}: {part}: the source says\n{code}")
        return f"<!-- quote {file}: {part} -->\n```cpp\n{code}```"

    return QUOTE.sub(renew, page), wrong


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--write", action="store_true")
    parser.add_argument("pages", type=pathlib.Path, nargs="+")
    arguments = parser.parse_args()
    failed = False
    for path in arguments.pages:
        before = path.read_text()
        page, complaints = rewritten(before, lambda file: (ROOT / file).read_text())
        if arguments.write:
            path.write_text(page)
            page, complaints = rewritten(page, lambda file: (ROOT / file).read_text())
        failed |= bool(complaints)
        for complaint in complaints:
            print(f"{path}: quotes {complaint}")
    if failed:
        sys.exit("quote_code: run tests/docs/quote_code.py --write on the pages above, and look at what they say then")
