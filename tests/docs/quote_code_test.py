"""What quote_code.py quotes, and that it notices when a page and the source disagree."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

from quote_code import QUOTE, ROOT, quoted, rewritten

SOURCE = """// A file.
namespace a {

/// Twice x.
/// Always.
template <class T>
T twice(T x) {
  if (x) {  // a brace in a comment: }
    return "}" + x;
  }
  return call(
      x);
}

class B {
  void f() { g(); }
  int first = 1;
  int second = 2;
};

"""
PAGE = """Text.

<!-- quote a.h: int first -->
```cpp
int first = 0;
```

```cpp
int second = 0;
```
"""


class Quoted(unittest.TestCase):
    def test_a_function_with_its_comment(self):
        self.assertEqual(quoted(SOURCE, "T twice(T x)"), SOURCE[SOURCE.index("/// Twice") : SOURCE.index("\nclass")])

    def test_a_line_of_a_class_is_shifted_to_the_left(self):
        self.assertEqual(quoted(SOURCE, "void f()"), "void f() { g(); }\n")
        self.assertEqual(quoted(SOURCE, "class B").count("\n"), 5)

    def test_from_line_to_line(self):
        self.assertEqual(quoted(SOURCE, "int first ... second"), "int first = 1;\nint second = 2;\n")

    def test_what_cannot_be_quoted(self):
        for part, message in (("int", "2 lines have 'int', it should be one"),
                              ("gone", "0 lines have 'gone', it should be one"),
                              ("int first ... gone", "no line after 'int first' has 'gone'"),
                              ("namespace a {", "what begins with 'namespace a {' does not end")):
            with self.assertRaises(ValueError) as caught:
                quoted(SOURCE, part)
            self.assertEqual(str(caught.exception), message)


class Pages(unittest.TestCase):
    def test_an_old_quote_is_noticed_and_rewritten(self):
        page, wrong = rewritten(PAGE, lambda _: SOURCE)
        self.assertEqual(wrong, ["a.h: int first: the source says\nint first = 1;\n"])
        self.assertEqual(page, PAGE.replace("first = 0", "first = 1"))
        self.assertEqual(rewritten(page, lambda _: SOURCE), (page, []))

    def test_quotes_of_every_page_are_the_source(self):
        quotes = 0
        for path in sorted((ROOT / "docs").glob("*.md")):
            with self.subTest(page=path.name):
                page = path.read_text()
                quotes += len(QUOTE.findall(page))
                _, wrong = rewritten(page, lambda file: (ROOT / file).read_text())
                self.assertEqual(wrong, [], "run tests/docs/quote_code.py --write on the page, and look at it")
        self.assertGreater(quotes, 10)

    def test_a_quote_of_nothing_stays_and_is_told(self):
        page, wrong = rewritten(PAGE, lambda _: "int other;\n")
        self.assertEqual(wrong, ["a.h: int first: 0 lines have 'int first', it should be one"])
        self.assertEqual(page, PAGE)

    def test_the_program_fails_until_it_has_written(self):
        script = pathlib.Path(__file__).with_name("quote_code.py")
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder, "page.md")
            page.write_text(PAGE.replace("a.h: int first", "autograd/grad.h: bool create_graph"))
            codes = [subprocess.run([sys.executable, "-B", script, *options, page], capture_output=True).returncode
                     for options in ([], ["--write"], [])]
            self.assertEqual(codes, [1, 0, 0])
            self.assertIn("bool create_graph = false;\n", page.read_text())


if __name__ == "__main__":
    unittest.main()
