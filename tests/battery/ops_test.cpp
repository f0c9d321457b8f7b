// Every registered op under the whole battery: each of its samples through check_op, each of its refusals word for
// word; and whatever else it refuses, it refuses in its own name.
#include "gibbs/autograd/check_op.h"
#include "tests/battery/registry.h"
#include "tests/battery/spoiled.h"
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

/// Nothing, or an error that begins with the name of the op: of all that op's caller knows only that.
void expect_own_name(const OpEntry& op, const Sample& sample, const Variables& inputs, const std::string& how) {
  const std::string name = op.name.substr(op.name.rfind(':') + 1);
  const std::string message = testing::error_of([&] { sample.f(inputs); });
  EXPECT_TRUE(message.empty() || message.starts_with(name + ": ")) << sample.what << ", " << how << "\n" << message;
}

TEST_P(Ops, ErrorsNameTheOp) {
  const OpEntry& op = GetParam();
  for (const Sample& sample : op.samples) {
    if (!sample.options.alone) {
      continue;
    }
    for (const DType dtype : {DType::float32, DType::int64, DType::uint8}) {
      Variables all;
      for (const Tensor& x : sample.inputs) {
        all.emplace_back(kernels::cast(kernels::abs(x), dtype));
      }
      expect_own_name(op, sample, all, std::string("all inputs as ") + name_of(dtype));
    }
    const Variables right(sample.inputs.begin(), sample.inputs.end());
    for (std::size_t i = 0; i < right.size(); ++i) {
      for (const Spoiled& wrong : spoiled(sample.inputs[i])) {
        Variables inputs = right;
        inputs[i] = is_floating(wrong.x.dtype()) ? Variable::leaf(wrong.x) : Variable(wrong.x);
        expect_own_name(op, sample, inputs, "input " + std::to_string(i) + " " + wrong.how);
      }
    }
  }
}

/// "losses::huber" as part of a test's name.
std::string op_name(const ::testing::TestParamInfo<OpEntry>& info) {
  std::string name = info.param.name;
  for (std::size_t colons = name.find("::"); colons != std::string::npos; colons = name.find("::")) {
    name.replace(colons, 2, "_");
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, Ops, ::testing::ValuesIn(all_ops()), op_name);

}  // namespace

/// What GoogleTest prints of a parameter.
void PrintTo(const OpEntry& op, std::ostream* out) { *out << op.name; }

}  // namespace gibbs::battery
