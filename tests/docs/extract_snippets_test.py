"""What extract_snippets.py makes of a Markdown file."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).with_name("extract_snippets.py")
MARKDOWN = """Text.

```cpp
#include <gibbs/gibbs.h>
#include <cmath>
for (int i = 0; i < 100; ++i) run(i);
```

    indented: not C++

```
no language: not C++
```

```cpp
int twice(int x) { return 2 * x; }  // i < 100 stays here
```

```cpp
#include <gibbs/gibbs.h>
second();
```

```text
1 2
3
```

```text
not its output
```

<!-- quote page.h: int quoted -->
```cpp
int quoted = 1;
```
"""


def extract(*replacements, markdown=MARKDOWN):
    """(exit code, the header or None, messages)"""
    with tempfile.TemporaryDirectory() as folder:
        source, header = pathlib.Path(folder, "page.md"), pathlib.Path(folder, "made", "page.h")
        source.write_text(markdown)
        run = subprocess.run([sys.executable, "-B", SCRIPT, source, header, *replacements], capture_output=True, text=True)
        return run.returncode, header.read_text() if header.exists() else None, run.stderr


class ExtractSnippets(unittest.TestCase):
    def test_programs_become_functions_and_declarations_stay_as_they_are(self):
        code, header, _ = extract()
        self.assertEqual(code, 0)
        before, inside = header.split("namespace snippets {")
        self.assertIn("#include <cmath>\n", before)
        self.assertNotIn("#include", inside)
        self.assertRegex(inside, r"void program_1\([^{]*\{\n#line 4 \"page.md\"\n\n\nfor \(int i = 0; i < 100; \+\+i\) run")
        self.assertIn('#line 16 "page.md"\nint twice(int x) { return 2 * x; }', inside)
        self.assertRegex(inside, r"void program_2\([^{]*\{\n#line 20 \"page.md\"\n\nsecond\(\);\n\}")
        self.assertNotIn("not C++", header)
        self.assertNotIn("quoted", header)

    def test_the_text_after_a_program_is_its_output(self):
        _, header, _ = extract("--namespace", "page")
        self.assertIn('inline constexpr const char* output_2 = R"text(1 2\n3\n)text";\n', header)
        self.assertNotIn("output_1", header)
        self.assertNotIn("not its", header)
        self.assertIn("\nnamespace page {\n", header)
        self.assertNotIn("snippets {", header)

    def test_a_program_with_a_main_keeps_what_stands_before_it(self):
        page = "```cpp\n#include <cmath>\nusing namespace std;\n\nint main() {\n  run();\n}\n```\n\n```text\n1\n```\n"
        _, header, _ = extract(markdown=page)
        self.assertRegex(header, r'\n#line 2 "page.md"\n\nusing namespace std;\n\ninline void program_1\([^{]*\{\n  run\(\);\n'
                                 r'\}\ninline constexpr const char\* output_1')
        self.assertNotIn("main", header)

    def test_replacements_change_programs_only(self):
        code, header, _ = extract("--replace", "i < 100", "i < steps", "--replace", "run(i)", "walk(i)")
        self.assertEqual(code, 0)
        self.assertIn("for (int i = 0; i < steps; ++i) walk(i);", header)
        self.assertIn("// i < 100 stays here", header)

    def test_a_replacement_of_nothing_is_an_error(self):
        code, header, message = extract("--replace", "twice", "thrice")
        self.assertEqual(code, 1)
        self.assertIsNone(header)
        self.assertEqual(message, "extract_snippets: no program of page.md holds the text to be replaced: twice\n")


if __name__ == "__main__":
    unittest.main()
