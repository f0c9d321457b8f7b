"""The library calls nothing whose numbers or letters depend on the locale: neither in its sources nor in what is compiled.

GIBBS_ARCHIVES names the static libraries, separated by ';'. What a compiler makes of inline functions of others is seen in
them: std::to_string(double) is vsnprintf there.
"""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = re.findall(r"^folder (\w+)", (ROOT / "cmake/folders.txt").read_text(), re.MULTILINE)
# Streams that take the global locale, functions of C, fmt's {:L}, which asks for the locale, and {:a}, which fmt 9 leaves
# to snprintf.
SOURCE = re.compile(r"std::[io]?stringstream|\{[^{}]*:[^{}]*[LaA]\}|std::(locale::global|setlocale|sto[dfl]|sto(ld|ul))\b|"
                    r"\b(v?s?n?printf|s?scanf|strto(d|f|ld|l|ul)|ato[fil]|to(upper|lower)|is(alpha|digit|space))\(")
STREAM_ROOM = "tensor/plain_text.h"  # which gives its stream the classic locale
SYMBOL = re.compile(r"_{0,2}(strto(d|f|ld|l|ul|ll|ull)|ato[fil]|v?f?s?n?printf(_chk)?|v?f?s?scanf|(isoc99_)?sscanf|localeconv|"
                    r"setlocale|nl_langinfo|strcoll|strxfrm|strftime|to(upper|lower)|is(alpha|alnum|digit|space|upper|lower|"
                    r"punct|print|cntrl|graph|xdigit))")
# nlohmann's parser, for JSON strings only, brings its reading of numbers along; fmt 9's headers, what {:a} would call.
ALLOWED = {"json_cursor.cpp.o": {"strtod", "strtoll", "strtoull", "localeconv", "snprintf"}}
FMT = {"snprintf"}


def uses_in(text):
    """The lines of a source that use what depends on the locale, comments aside."""
    return [line for line in (re.sub("//.*", "", line) for line in text.splitlines()) if SOURCE.search(line)]


class LocaleFree(unittest.TestCase):
    def test_sources(self):
        for folder in FOLDERS:
            for path in (ROOT / folder).glob("**/*"):
                name = path.relative_to(ROOT).as_posix()
                if path.suffix in (".h", ".cpp") and name != STREAM_ROOM:
                    self.assertEqual(uses_in(path.read_text()), [], name)

    def test_what_is_compiled(self):
        archives = [path for path in os.environ.get("GIBBS_ARCHIVES", "").split(";") if path]
        if not archives or not shutil.which("nm"):
            self.skipTest("no static libraries, or nm (package binutils) is not installed")
        seen = 0
        for archive in archives:
            listing = subprocess.run(["nm", "-u", "-A", archive], capture_output=True, text=True, check=True).stdout
            for line in listing.splitlines():
                file, symbol = line.split(":")[1], line.split()[-1]
                seen += 1
                if SYMBOL.fullmatch(symbol.split("@")[0]):
                    self.assertIn(symbol.split("@")[0], FMT | ALLOWED.get(file, set()), f"{file} of {archive}")
        self.assertGreater(seen, 1000)

    def test_finds_what_it_looks_for(self):
        for line in ("std::ostringstream out;", "std::istringstream in(x);", 'fmt::format("{:L}", 1)', 'f("{0:.3L}")',
                     'fmt::format("{:a}", x)', "std::stod(text)", 'snprintf(text, 9, "%f", x);', "std::tolower(c)"):
            self.assertEqual(uses_in(line), [line])
        for line in ("// std::ostringstream", 'fmt::format("{:.3f}", x)', "PlainText text;", "std::to_string(3)", "fmt::print(x)"):
            self.assertEqual(uses_in(line), [])
        for symbol in ("strtod", "snprintf", "vsnprintf", "__vsnprintf_chk", "__isoc99_sscanf", "tolower", "isspace", "atoi"):
            self.assertTrue(SYMBOL.fullmatch(symbol), symbol)
        for symbol in ("strlen", "isatty", "fprintf_", "printable", "isnan"):
            self.assertFalse(SYMBOL.fullmatch(symbol), symbol)


if __name__ == "__main__":
    unittest.main()
