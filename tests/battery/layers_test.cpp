// Every registered layer under check_layer, in float32 and float64, against its oracle, and word for word in what it
// refuses.
#include <algorithm>

#include "gibbs/nn/check/check_layer.h"
#include "gibbs/nn/forward.h"
#include "gibbs/tensor/random.h"
#include "tests/battery/registry.h"
#include "tests/battery/spoiled.h"
#include "tests/testing/expect_op.h"

namespace gibbs::battery {
namespace {

class Layers : public ::testing::TestWithParam<LayerEntry> {};

TEST_P(Layers, Battery) {
  const LayerEntry& entry = GetParam();
  EXPECT_GE(entry.samples.size(), 2U) << "a layer is tried on several inputs";
  for (const LayerSample& sample : entry.samples) {
    const std::unique_ptr<nn::Layer> layer = sample.make();
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

/// Whether an error begins with this layer's name, or, when it contains layers, with the name of one of these.
bool names_a_layer(const std::string& message, const LayerEntry& entry, nn::Layer& layer) {
  const auto is_inner = [&](const LayerEntry& inner) { return message.starts_with(inner.name + ": layer '"); };
  return message.starts_with(entry.name + ": the model itself ") ||
         (nn::named_modules(layer).size() > 1 && std::any_of(all_layers().begin(), all_layers().end(), is_inner));
}

TEST_P(Layers, ErrorsNameTheLayer) {
  const LayerEntry& entry = GetParam();
  for (const LayerSample& sample : entry.samples) {
    const std::unique_ptr<nn::Layer> layer = sample.make();
    for (const bool training : {false, true}) {
      const nn::ForwardScope scope({.training = training});
      for (const Spoiled& wrong : spoiled(Tensor::ones(sample.input))) {
        const std::string message = testing::error_of([&] { (*layer)(wrong.x); });
        EXPECT_TRUE(message.empty() || names_a_layer(message, entry, *layer))
            << sample.what << ", " << wrong.how << "\n"
            << message;
      }
    }
  }
}

std::string layer_name(const ::testing::TestParamInfo<LayerEntry>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(All, Layers, ::testing::ValuesIn(all_layers()), layer_name);

}  // namespace

/// What GoogleTest prints of a parameter.
void PrintTo(const LayerEntry& layer, std::ostream* out) { *out << layer.name; }

}  // namespace gibbs::battery
