"""A gradient lambda that `record` cannot call does not compile, and the compiler says what it should look like.

GIBBS_COMPILER and GIBBS_INCLUDE: the compiler and the folder of the headers.
"""
import os
import subprocess
import unittest

SENTENCE = "wrt(x, f): f is called as f(dy) or f(y, dy), each a const Variable&, and returns the gradient of x, a Variable"
OP = """#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/record.h"
#include "gibbs/tensor/kernels/pointwise.h"
using namespace gibbs;
Variable twice(const Variable& x) {{ return record("twice", kernels::mul(x.value(), 2), wrt(x, {})); }}
"""


def compile_op(gradient):
    """What the compiler prints for an op with this gradient; empty when it compiles."""
    return subprocess.run([os.environ["GIBBS_COMPILER"], "-std=c++20", "-fsyntax-only", "-I", os.environ["GIBBS_INCLUDE"],
                           "-x", "c++", "-"], input=OP.format(gradient), text=True, capture_output=True).stderr


class WrongGradient(unittest.TestCase):
    def test_right_ones_compile(self):
        for gradient in ("[](const Variable& dy) { return dy * 2.0; }",
                         "[](const Variable& y, const Variable& dy) { return dy * (y / y) * 2.0; }"):
            self.assertEqual(compile_op(gradient), "")

    def test_wrong_ones_are_told(self):
        for gradient in ("[] { return 2.0; }", "[](const Variable& dy) { return 2.0; }", "[](const Variable& dy) {}",
                         "[](const Variable& y, const Variable& dy, int i) { return dy; }", "[](Variable& dy) { return dy; }"):
            self.assertIn(SENTENCE, compile_op(gradient), gradient)


if __name__ == "__main__":
    unittest.main()
