// The checker is checked: every mutant of every registered op must be caught. Prints how many there were.
#include "tests/battery/mutants.h"

#include <fmt/format.h>

#include <iostream>
#include <map>

#include "gibbs/autograd/check_op.h"
#include "gibbs/autograd/ops/ops.h"
#include "tests/testing/expect_op.h"

namespace gibbs::battery {
namespace {

struct Count {
  int made = 0, caught = 0;
};

bool is_caught(const Sample& sample, const Mutant& mutant) {
  return !check_op(mutant.what, mutant.f, sample.inputs,
                   {.oracle = sample.oracle,
                    .tolerance = sample.options.tolerance,
                    .float32_tolerance = sample.options.float32_tolerance,
                    .repeated_input = sample.options.repeated_input,
                    .stop_at_failure = true});
}

TEST(Mutants, EveryOneIsCaught) {
  std::map<std::string, Count> kinds;
  Count all;
  for (const OpEntry& op : all_ops()) {
    int of_this_op = 0;
    for (const Sample& sample : op.samples) {
      for (const Mutant& mutant : mutants_of(sample)) {
        const bool caught = is_caught(sample, mutant);
        EXPECT_TRUE(caught) << op.name << ", " << sample.what << ": the battery passes " << mutant.what;
        for (Count* count : {&kinds[mutant.kind], &all}) {
          ++count->made;
          count->caught += caught ? 1 : 0;
        }
        ++of_this_op;
      }
    }
    EXPECT_GT(of_this_op, 0) << op.name << " has no sample with a gradient";
  }
  for (const auto& [kind, count] : kinds) {
    std::cout << fmt::format("{:<50} {:>5} of {:>5} caught\n", kind, count.caught, count.made);
  }
  std::cout << fmt::format("{:<50} {:>5} of {:>5} caught ({} %)\n", "all mutants", all.caught, all.made,
                           100 * all.caught / all.made);
  EXPECT_GT(all.made, 1000);
  EXPECT_EQ(all.caught, all.made);
}

TEST(Mutants, EquivalentOnesAreNotMade) {
  const auto kinds = [](const Sample& sample) {
    std::map<std::string, int> found;
    for (const Mutant& mutant : mutants_of(sample)) {
      ++found[mutant.kind];
    }
    return found;
  };
  const Tensor a = testing::f64({1, 2}), b = testing::f64({3, 4});
  const Sample sum_of_two{"a + b", [](const Variables& x) { return x[0] + x[1]; }, {a, b}, {}};
  EXPECT_EQ(kinds(sum_of_two).count("two gradients swapped"), 0U);
  EXPECT_EQ(kinds(sum_of_two)["a gradient zeroed"], 2);
  const Sample product{"a b", [](const Variables& x) { return x[0] * x[1]; }, {a, b}, {}};
  EXPECT_EQ(kinds(product)["two gradients swapped"], 1);
  const Sample first_only{"a", [](const Variables& x) { return x[0] + x[1] * 0.0; }, {a, b}, {}};
  EXPECT_EQ(kinds(first_only)["a gradient zeroed"], 1);
}

TEST(Mutants, AreOnlyAsWrongAsTheySay) {
  // A check that lets 10 % pass does not see them: nothing else about a mutant betrays it.
  const Sample sample{"square", [](const Variables& x) { return square(x[0]); }, {testing::f64({1, 2})}, {}};
  int slight = 0;
  for (const Mutant& mutant : mutants_of(sample)) {
    EXPECT_TRUE(is_caught(sample, mutant)) << mutant.what;
    if (mutant.kind == "a gradient times 1.01") {
      const CheckReport report = check_op(mutant.what, mutant.f, sample.inputs, {.gradcheck = {.tolerance = 0.1}});
      EXPECT_TRUE(report) << report;
      ++slight;
    }
  }
  EXPECT_EQ(slight, 1);
}

}  // namespace
}  // namespace gibbs::battery
