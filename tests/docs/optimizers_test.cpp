// The C++ of docs/optimizers.md. optimizers_snippets.h is made from it by extract_snippets.py.
#include "optimizers_snippets.h"
#include "tests/docs/printed_by.h"

namespace gibbs {
namespace {

TEST(OptimizersPage, AllOfThemAtWork) { EXPECT_EQ(printed_by(optimizers::program_1), optimizers::output_1); }

}  // namespace
}  // namespace gibbs
