"""In `step_parameter`, `learning_rate()` does not compile, since it knows no groups; the compiler shows what to write.

GIBBS_COMPILER and GIBBS_INCLUDE: the compiler and the folder of the headers.
"""
import os
import subprocess
import unittest

SENTENCE = "In step_parameter write rate(i), which knows the groups."
METHOD = """#include "gibbs/optim/optim.h"
#include "gibbs/tensor/kernels/pointwise.h"
using namespace gibbs;
class Mine : public optim::Method {{
 public:
  explicit Mine(const optim::Groups& groups) : Method("Mine", groups, 0.1) {{}}
 private:
  void step_parameter([[maybe_unused]] std::size_t i, Parameter& parameter) override {{
    parameter.mutable_value().copy_from(kernels::mul(parameter.gradient(), {}));
  }}
}};
double outside(const optim::Optimizer& any, const optim::SGD& sgd, const optim::AdamW& adamw) {{
  return any.learning_rate() + sgd.learning_rate() + adamw.learning_rate();
}}
"""


def compile_method(rate):
    """What the compiler prints for a method that multiplies with this rate; empty when it compiles."""
    return subprocess.run([os.environ["GIBBS_COMPILER"], "-std=c++20", "-fsyntax-only", "-I", os.environ["GIBBS_INCLUDE"],
                           "-x", "c++", "-"], input=METHOD.format(rate), text=True, capture_output=True).stderr


class LearningRate(unittest.TestCase):
    def test_the_rate_of_a_parameter_compiles(self):
        self.assertEqual(compile_method("rate(i)"), "")

    def test_the_rate_of_none_is_told(self):
        for rate in ("learning_rate()", "this->learning_rate()"):
            self.assertIn(SENTENCE, compile_method(rate), rate)


if __name__ == "__main__":
    unittest.main()
