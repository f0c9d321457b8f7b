"""The C++ of a Markdown file as a header, so that what readers copy is compiled and run.

    extract_snippets.py INPUT.md OUTPUT.h [--namespace NAME] [--replace OLD NEW]...

A ```cpp block that begins with #include is a program: it, or its main if it has one, becomes a function
program_1(steps, on_step), program_2 ..., with its includes hoisted; a ```text block right after it is what it prints, and
becomes the constant output_1, output_2 ... Quotes of the source (quote_code.py), which stand right after a comment, are left
out. Every other block is declarations. All are in a namespace, `snippets` unless named, which sees
namespace gibbs. --replace changes the programs' text (fewer steps, a call of on_step); text that is not there is an
error, so that a test never quietly runs something else than it means to.
"""
import argparse
import pathlib
import re
import sys

BLOCK = re.compile(r"(?<!-->\n)^```cpp\n(.*?)^```$(?:\s*^```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
MAIN = "int main() {"
HEADER = """// Made by extract_snippets.py from {name}: change that file, not this one.
#pragma once

#include <functional>

#include <gibbs/gibbs.h>
{includes}
namespace {namespace} {{
using namespace gibbs;

{code}
}}  // namespace {namespace}
"""


def blocks(markdown):
    """(line of the first line of code, code, the output shown below it or None) for every block of C++."""
    return [(markdown[: match.start(1)].count("\n") + 1, match[1], match[2]) for match in BLOCK.finditer(markdown)]


def extract(markdown, name, replacements, namespace="snippets"):
    found = blocks(markdown)
    programs = "\n".join(code for _, code, _ in found if code.startswith("#include"))
    for old, _ in replacements:
        if old not in programs:
            raise ValueError(f"no program of {name} holds the text to be replaced: {old}")
    includes, code = [], []
    for line, text, output in found:
        body = f'#line {line} "{name}"\n{text}'  # compilers' messages then point into the Markdown file
        if text.startswith("#include"):
            includes += re.findall(r"^#include.*$", text, re.MULTILINE)
            body = re.sub(r"^#include.*$", "", body, flags=re.MULTILINE)
            for old, new in replacements:
                body = body.replace(old, new)
            number = sum("inline void program_" in earlier for earlier in code) + 1
            head = (f"inline void program_{number}([[maybe_unused]] int steps, "
                    f"[[maybe_unused]] const std::function<void(const Variable&)>& on_step) {{")
            body = body.replace(MAIN, head) if MAIN in body else f"{head}\n{body}}}\n"
            if output is not None:
                body += f'inline constexpr const char* output_{number} = R"text({output})text";\n'
        code.append(body)
    return HEADER.format(name=name, namespace=namespace, includes="".join(f"{include}\n" for include in includes), code="\n".join(code))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("input", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("--namespace", default="snippets")
    parser.add_argument("--replace", nargs=2, action="append", default=[], metavar=("OLD", "NEW"))
    arguments = parser.parse_args()
    try:
        header = extract(arguments.input.read_text(), arguments.input.name, arguments.replace, arguments.namespace)
    except ValueError as error:
        sys.exit(f"extract_snippets: {error}")
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(header)
