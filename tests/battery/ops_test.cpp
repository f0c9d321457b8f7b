// Every registered op under the whole battery: each of its samples through check_op, each of its refusals word for
// word.
#include "gibbs/autograd/check_op.h"
#include "tests/battery/registry.h"
#include "tests/testing/expect_op.h"

namespace gibbs::battery {
namespace {

class Ops : public ::testing::TestWithParam<OpEntry> {};

TEST_P(Ops, Battery) {
  const OpEntry& op = GetParam();
  EXPECT_GE(op.samples.size(), 2U) << "an op is tried on several inputs";
  for (const Sample& sample : op.samples) {
    const CheckReport report = check_op(op.name + ", " + sample.what, sample.f, sample.inputs,
                                        {.oracle = sample.oracle,
                                         .tolerance = sample.options.tolerance,
                                         .float32_tolerance = sample.options.float32_tolerance,
                                         .repeated_input = sample.options.repeated_input});
    EXPECT_TRUE(report) << report;
  }
}

TEST_P(Ops, Refusals) {
  const OpEntry& op = GetParam();
  EXPECT_EQ(op.refusals.empty(), op.refuses_nothing) << "an op refuses something, or takes every tensor";
  for (std::size_t i = 0; i < op.refusals.size(); ++i) {
    EXPECT_EQ(testing::error_of(op.refusals[i].call), op.refusals[i].message) << "refusal " << i;
  }
}

/// "losses::huber" as part of a test's name.
std::string test_name(const ::testing::TestParamInfo<OpEntry>& info) {
  std::string name = info.param.name;
  for (std::size_t colons = name.find("::"); colons != std::string::npos; colons = name.find("::")) {
    name.replace(colons, 2, "_");
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Ops, ::testing::ValuesIn(all_ops()), test_name);

}  // namespace

/// What GoogleTest prints of a parameter.
void PrintTo(const OpEntry& op, std::ostream* out) { *out << op.name; }

}  // namespace gibbs::battery
