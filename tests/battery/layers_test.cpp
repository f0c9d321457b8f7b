// Every registered layer under check_layer, in float32 and float64, against its oracle, and word for word in what it
// refuses.
#include "gibbs/nn/check_layer.h"
#include "gibbs/tensor/random.h"
#include "tests/battery/registry.h"
#include "tests/testing/expect_op.h"

namespace gibbs::battery {
namespace {

class Layers : public ::testing::TestWithParam<LayerEntry> {};

TEST_P(Layers, Battery) {
  const LayerEntry& entry = GetParam();
  EXPECT_GE(entry.samples.size(), 2U) << "a layer is tried on several inputs";
  for (const LayerSample& sample : entry.samples) {
    const std::unique_ptr<nn::Module> layer = sample.make();
    for (const DType dtype : {DType::float32, DType::float64}) {
      nn::to(*layer, dtype);
      const CheckReport report = nn::check_layer(*layer, sample.input);
      EXPECT_TRUE(report) << entry.name << ", " << sample.what << "\n" << report;
    }
    const Tensor x = testing::random(sample.input, 4, -1, 1);
    EXPECT_TRUE(testing::near((*layer)(x).value(), sample.oracle(*layer, x), 1e-12))
        << entry.name << ", " << sample.what;
  }
}

TEST_P(Layers, Refusals) {
  const LayerEntry& entry = GetParam();
  EXPECT_FALSE(entry.refusals.empty()) << "a layer refuses integers, if nothing else";
  for (std::size_t i = 0; i < entry.refusals.size(); ++i) {
    EXPECT_EQ(testing::error_of(entry.refusals[i].call), entry.refusals[i].message) << "refusal " << i;
  }
}

std::string test_name(const ::testing::TestParamInfo<LayerEntry>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(All, Layers, ::testing::ValuesIn(all_layers()), test_name);

}  // namespace

/// What GoogleTest prints of a parameter.
void PrintTo(const LayerEntry& layer, std::ostream* out) { *out << layer.name; }

}  // namespace gibbs::battery
