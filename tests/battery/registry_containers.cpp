// Layers that consist of other layers.
#include <cmath>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/linalg.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/nn/nn.h"
#include "tests/battery/layer_samples.h"
#include "tests/battery/registry.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::battery {
namespace {

using testing::at;
using testing::build;
using testing::Index;
using testing::matrix_product;

/// x w + b, of the Dense layer at this path.
Tensor dense_at(nn::Layer& layer, const std::string& path, const Tensor& x) {
  const Tensor product = matrix_product(x, parameter(layer, path + ".weight"));
  const Tensor bias = parameter(layer, path + ".bias");
  return build(product.shape(), [&](const Index& i) { return at(product, i) + at(bias, {i.back()}); });
}

LayerEntry residual_layer() {
  const nn::Sequential inner{nn::Dense({.in = 3, .out = 3}), nn::Tanh()};
  const nn::Residual plain = nn::initialized(nn::Residual(inner), 1);
  const nn::Residual widened =
      nn::initialized(nn::Residual(nn::Dense({.in = 3, .out = 2}), nn::Dense({.in = 3, .out = 2})), 2);
  const auto of_plain = [](nn::Layer& layer, const Tensor& x) {
    const Tensor y = dense_at(layer, "inner.0", x);
    return build(y.shape(), [&](const Index& i) { return std::tanh(at(y, i)) + at(x, i); });
  };
  const auto of_widened = [](nn::Layer& layer, const Tensor& x) {
    const Tensor y = dense_at(layer, "inner", x), past = dense_at(layer, "shortcut", x);
    return build(y.shape(), [&](const Index& i) { return at(y, i) + at(past, i); });
  };
  return {"Residual",
          {{"past itself", copies(plain), {2, 3}, of_plain},
           {"more leading axes", copies(plain), {1, 2, 3}, of_plain},
           {"a shortcut that changes the shape", copies(widened), {4, 3}, of_widened}},
          {refused_input(nn::initialized(nn::Residual(nn::Dense({.in = 3, .out = 2})), 1), {4, 3},
                         "Residual: the model itself cannot add inner(x) float32 [4, 2] to x float32 [4, 3]; give a "
                         "second layer, the shortcut, that changes x likewise, such as a Conv2d with a 1x1 kernel and "
                         "the inner layers' stride"),
           refused_input(plain, {4, 2}, "Dense: layer 'inner.0' expects [N, 3], received [4, 2]")}};
}

LayerEntry concat_layer() {
  const nn::Concat wider =
      nn::initialized(nn::Concat(nn::Dense({.in = 3, .out = 2}), nn::Sequential(), nn::Dense({.in = 3, .out = 4})), 1);
  const nn::Concat rows(nn::ConcatOptions{.axis = 1}, nn::Sequential(), nn::Tanh());
  const auto of_wider = [](nn::Layer& layer, const Tensor& x) {
    const Tensor a = dense_at(layer, "0", x), b = dense_at(layer, "2", x);
    return build(x.shape().sub(0, x.rank() - 1).followed_by({9}), [&](Index i) {
      const std::int64_t c = i.back();
      i.back() = c < 2 ? c : c < 5 ? c - 2 : c - 5;
      return at(c < 2 ? a : c < 5 ? x : b, i);
    });
  };
  const auto of_rows = [](nn::Layer&, const Tensor& x) {
    return build(x.shape().without(1).with_inserted(1, 2 * x.size(1)), [&](Index i) {
      const bool second = i[1] >= x.size(1);
      i[1] -= second ? x.size(1) : 0;
      return second ? std::tanh(at(x, i)) : at(x, i);
    });
  };
  return {"Concat",
          {{"channels of vectors", copies(wider), {2, 3}, of_wider},
           {"channels of pictures", copies(wider), {1, 2, 2, 3}, of_wider},
           {"rows", copies(rows), {2, 3, 2}, of_rows}},
          {{[] { nn::Concat({.axis = 0}, nn::ReLU()); },
            "Concat: axis 0 is that of samples, which branches must not change; channels are axis -1"},
           refused_input(rows, {4},
                         "Concat: the model itself has no axis 1 to join [N, ...] along in what branch 0 "
                         "gives, [4]"),
           refused_input(nn::Concat(nn::Sequential(), nn::MaxPool2d({.window = 2})), {1, 4, 4, 2},
                         "Concat: the model itself cannot join along axis -1: branch 0 gives float32 [1, 4, 4, 2], "
                         "branch 1 float32 [1, 2, 2, 2]; all other sizes must be equal: give branches the same "
                         "stride, and padding that keeps the size")}};
}

LayerEntry parallel_layer() {
  const auto dense = [] { return nn::Dense({.in = 3, .out = 2}); };
  const auto three = [dense](nn::Combine combine) {
    return copies(nn::initialized(nn::Parallel({.combine = combine}, dense(), dense(), dense()), 1));
  };
  const auto of_three = [](double (*f)(double, double, double)) {
    return [f](nn::Layer& layer, const Tensor& x) {
      const Tensor a = dense_at(layer, "0", x), b = dense_at(layer, "1", x), c = dense_at(layer, "2", x);
      return build(a.shape(), [&](const Index& i) { return f(at(a, i), at(b, i), at(c, i)); });
    };
  };
  const nn::Parallel gate({.combine = nn::Combine::product}, nn::Sequential(),
                          nn::Sequential(nn::GlobalAvgPool2d(), nn::Tanh(), nn::Reshape({.shape = {1, 1, 2}})));
  const auto of_gate = [](nn::Layer&, const Tensor& x) {
    const Tensor mean = testing::reduced(x, {1, 2}, false, testing::mean_of);
    return build(x.shape(), [&](const Index& i) { return at(x, i) * std::tanh(at(mean, {i[0], i[3]})); });
  };
  return {"Parallel",
          {{"sum", three(nn::Combine::sum), {2, 3}, of_three([](double a, double b, double c) { return a + b + c; })},
           {"mean", three(nn::Combine::mean), {1, 2, 3}, of_three([](double a, double b, double c) {
              return (a + b + c) / 3;
            })},
           {"product", three(nn::Combine::product), {2, 3}, of_three([](double a, double b, double c) {
              return a * b * c;
            })},
           {"a gate", copies(gate), {2, 2, 3, 2}, of_gate}},
          {{[] { nn::Parallel({.combine = static_cast<nn::Combine>(7)}, nn::ReLU()); },
            "Parallel: combine must be sum, mean or product"},
           refused_input(nn::initialized(nn::Parallel(nn::Sequential(), nn::Sequential(), dense()), 1), {4, 3},
                         "Parallel: the model itself makes a sum, but branch 2 gives float32 [4, 2], those before it "
                         "float32 [4, 3]; samples must be as many, and other sizes equal or 1"),
           refused_dtype(nn::Parallel(nn::Sequential()), {2, 3}, "Parallel")}};
}

LayerEntry lambda_layer() {
  const nn::Lambda swish("swish", [](const Variable& x) { return x * sigmoid(x); });
  const auto oracle = [](nn::Layer&, const Tensor& x) {
    return build(x.shape(), [&](const Index& i) { return at(x, i) / (1 + std::exp(-at(x, i))); });
  };
  return {"Lambda",
          {{"rows", copies(swish), {2, 3}, oracle}, {"images", copies(swish), {1, 2, 2, 3}, oracle}},
          {{[] { nn::Lambda("", [](const Variable& x) { return x; }); },
            "Lambda: the name must be a line of text, not ''; summaries and saved models show it"},
           {[] { nn::Lambda("a\nb", [](const Variable& x) { return x; }); },
            "Lambda: the name must be a line of text, not 'a\\x0ab'; summaries and saved models show it"},
           {[] { nn::Lambda("nothing", nullptr); },
            "Lambda: 'nothing' has no function; give one, [](const Variable& x) { ... }"},
           refused_input(nn::Lambda("product", [](const Variable& x) { return matmul(x, x); }), {2, 3},
                         "Lambda: the model itself ('product'): matmul: inner sizes differ: [2, 3] x [2, 3]"),
           refused_input(nn::Lambda("lost", [](const Variable&) { return Variable(); }), {2},
                         "Lambda: the model itself ('lost') returned an undefined Variable")}};
}

}  // namespace

std::vector<LayerEntry> container_layers() {
  return {residual_layer(), concat_layer(), parallel_layer(), lambda_layer()};
}

}  // namespace gibbs::battery
