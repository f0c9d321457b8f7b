// The layers that normalise, in evaluation. Batch norm's averages have learned something first.
#include <cmath>

#include "gibbs/nn/nn.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/battery/registry.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::battery {
namespace {

using testing::at;
using testing::build;
using testing::Index;
using testing::random;

/// A layer whose parameters are not just 1 and 0.
template <class Kind>
std::function<std::unique_ptr<nn::Layer>()> with_numbers(Kind layer) {
  std::uint64_t seed = 1;
  for (auto& [path, parameter] : nn::parameters(layer)) {
    parameter.replace(kernels::cast(random(parameter.shape(), ++seed), DType::float32));
  }
  return [layer] { return nn::clone(layer); };
}

Tensor tensor_of(nn::Layer& layer, const std::string& name) {
  for (const auto& [path, parameter] : nn::named_parameters(layer)) {
    if (path == name) {
      return parameter.value();
    }
  }
  for (const auto& [path, buffer] : nn::named_buffers(layer)) {
    if (path == name) {
      return buffer.value();
    }
  }
  return {};
}

/// n scale + shift, where the parameters have the index of an element's last axes.
double scaled(nn::Layer& layer, double n, const Index& last) {
  const Tensor scale = tensor_of(layer, "weight"), shift = tensor_of(layer, "bias");
  return n * (scale.defined() ? at(scale, last) : 1) + (shift.defined() ? at(shift, last) : 0);
}

/// Normalised by the elements whose indices `together` calls the same group as this one's.
LayerSample by_definition(const char* what, std::function<std::unique_ptr<nn::Layer>()> make, const Shape& input,
                          double epsilon, int parameter_axes, std::function<bool(const Index&, const Index&)> together,
                          bool centered = true) {
  return {what, std::move(make), input, [=](nn::Layer& layer, const Tensor& x) {
            return build(x.shape(), [&](const Index& i) {
              double count = 0, sum = 0, squares = 0;
              testing::for_each_index(x.shape(), [&](const Index& j) {
                if (together(i, j)) {
                  count += 1;
                  sum += at(x, j);
                  squares += at(x, j) * at(x, j);
                }
              });
              const double mean = centered ? sum / count : 0, var = squares / count - mean * mean;
              return scaled(layer, (at(x, i) - mean) / std::sqrt(var + epsilon),
                            Index(i.end() - parameter_axes, i.end()));
            });
          }};
}

LayerEntry batch_norm_layer() {
  const auto learned = [](const nn::BatchNormOptions& options, const Shape& input) {
    nn::BatchNorm layer(options);
    const nn::ForwardScope scope({.training = true});
    layer(kernels::cast(random(input, 9, -2, 3), DType::float32));
    return layer;
  };
  const auto oracle = [](nn::Layer& layer, const Tensor& x) {
    const Tensor mean = tensor_of(layer, "running_mean"), var = tensor_of(layer, "running_var");
    return build(x.shape(), [&](const Index& i) {
      const Index c = {i.back()};
      return scaled(layer, (at(x, i) - at(mean, c)) / std::sqrt(at(var, c) + 1e-3), c);
    });
  };
  return {
      "BatchNorm",
      {{"images", with_numbers(learned({.features = 3, .keep = .5}, {2, 2, 2, 3})), {2, 2, 1, 3}, oracle},
       {"rows, not affine",
        with_numbers(learned({.features = 2, .keep = 0, .affine = false}, {5, 2})),
        {3, 2},
        oracle}},
      {{[] { nn::BatchNorm({.features = 0}); }, "BatchNorm: features must be positive, not 0"},
       {[] { nn::BatchNorm({.features = 2, .keep = 1.5}); },
        "BatchNorm: keep is 1.5; it must be in [0, 1] (PyTorch's momentum is 1 - keep)"},
       {[] {
          nn::BatchNorm({.features = 2})(Tensor::ones({2, 3}));
        },
        "BatchNorm: the model itself expects [N, ..., 2], received [2, 3]"},
       {[] {
          const nn::ForwardScope scope({.training = true});
          nn::BatchNorm({.features = 2})(Tensor::ones({1, 2}));
        },
        "BatchNorm: the model itself received [1, 2] in training, 1 value of each channel, whose variance is 0; use "
        "batches of two or more, or LayerNorm"}}};
}

LayerEntry layer_norm_layer() {
  const auto same_row = [](const Index& i, const Index& j) { return i[0] == j[0]; };
  return {
      "LayerNorm",
      {by_definition("rows", with_numbers(nn::LayerNorm({.features = {4}})), {3, 4}, 1e-3, 1, same_row),
       by_definition("two axes", with_numbers(nn::LayerNorm({.features = {2, 3}, .epsilon = .5})), {2, 2, 3}, .5, 2,
                     same_row)},
      {{[] { nn::LayerNorm({.features = {}}); }, "LayerNorm: features are the sizes of the last axes; at least one"},
       {[] {
          nn::LayerNorm({.features = {2, 3}})(Tensor::ones({4, 3, 2}));
        },
        "LayerNorm: the model itself expects [..., 2 x 3], received [4, 3, 2]"}}};
}

LayerEntry rms_norm_layer() {
  const auto same_row = [](const Index& i, const Index& j) { return i[0] == j[0]; };
  return {"RMSNorm",
          {by_definition("rows", with_numbers(nn::RMSNorm({.features = {4}})), {3, 4}, 1e-6, 1, same_row,
                         /*centered=*/false),
           by_definition("not affine", with_numbers(nn::RMSNorm({.features = {3}, .epsilon = .1, .affine = false})),
                         {2, 3}, .1, 1, same_row, /*centered=*/false)},
          {{[] { nn::RMSNorm({.features = {4}})(Tensor::ones({4}, DType::int64)); },
            "RMSNorm: the model itself has float32 parameters, received int64; convert the input with cast, or the "
            "model with to"}}};
}

LayerEntry group_norm_layer() {
  const auto same_half = [](const Index& i, const Index& j) { return i[0] == j[0] && i.back() / 2 == j.back() / 2; };
  return {
      "GroupNorm",
      {by_definition("images", with_numbers(nn::GroupNorm({.groups = 2, .features = 4})), {2, 2, 2, 4}, 1e-3, 1,
                     same_half),
       by_definition("rows", with_numbers(nn::GroupNorm({.groups = 3, .features = 6})), {2, 6}, 1e-3, 1, same_half)},
      {{[] { nn::GroupNorm({.groups = 3, .features = 4}); },
        "GroupNorm: groups must divide features, but 3 does not divide 4"},
       {[] { nn::GroupNorm({.groups = 2, .features = 4})(Tensor::ones({4})); },
        "GroupNorm: the model itself expects [N, ..., 4], received [4]"}}};
}

LayerEntry instance_norm_layer() {
  const auto same_map = [](const Index& i, const Index& j) { return i[0] == j[0] && i.back() == j.back(); };
  return {"InstanceNorm",
          {by_definition("images", with_numbers(nn::InstanceNorm({.features = 2})), {2, 2, 3, 2}, 1e-3, 1, same_map),
           by_definition("sequences, affine", with_numbers(nn::InstanceNorm({.features = 3, .affine = true})),
                         {2, 4, 3}, 1e-3, 1, same_map)},
          {{[] {
              nn::InstanceNorm({.features = 2})(Tensor::ones({2, 2}));
            },
            "InstanceNorm: the model itself expects [N, ..., 2] with positions between, received [2, 2]"},
           {[] {
              nn::InstanceNorm({.features = 2})(Tensor::ones({2, 1, 1, 2}));
            },
            "InstanceNorm: the model itself received [2, 1, 1, 2], one position of each channel, whose variance is 0; "
            "use LayerNorm, or normalise before pooling"}}};
}

}  // namespace

std::vector<LayerEntry> norm_layers() {
  return {batch_norm_layer(), layer_norm_layer(), rms_norm_layer(), group_norm_layer(), instance_norm_layer()};
}

}  // namespace gibbs::battery
