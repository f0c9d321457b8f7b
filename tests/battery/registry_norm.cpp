// Normalisation: what belongs together in every way that a layer has, with and without scale, shift and mean.
#include <cmath>

#include "gibbs/autograd/ops/ops.h"
#include "tests/battery/registry.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::battery {
namespace {

using kernels::Activation;
using kernels::Moments;
using kernels::NormGeometry;
using testing::at;
using testing::build;
using testing::f64;
using testing::Index;
using testing::random;

constexpr double kEpsilon = 1e-3;

/// The mean of f over the numbers of an [outer, group] of x [outer, positions, groups, depth].
double mean_over(const Tensor& x, std::int64_t outer, std::int64_t group, const std::function<double(double)>& f) {
  double total = 0;
  for (std::int64_t p = 0; p < x.size(1); ++p) {
    for (std::int64_t d = 0; d < x.size(3); ++d) {
      total += f(at(x, {outer, p, group, d}));
    }
  }
  return total / static_cast<double>(x.size(1) * x.size(3));
}

struct Parts {
  bool scale = true, shift = true, centered = true;
  Activation activation = Activation::identity;
};

/// y by its definition, from a mean and a variance of every [outer, group].
Tensor normal_numbers(const Tensors& in, const NormGeometry& g, const Parts& parts,
                      const std::function<std::pair<double, double>(const Tensor&, const Index&)>& moments_at) {
  const Tensor x = in[0].reshape(g.x_shape());
  return build(x.shape(),
               [&](const Index& i) {
                 const auto [mean, var] = moments_at(x, i);
                 const Index channel = {i[2] * g.depth + i[3]};
                 const double n = (at(x, i) - mean) / std::sqrt(var + kEpsilon);
                 return testing::activated(parts.activation,
                                           n * (parts.scale ? at(in[1], channel) : 1) +
                                               (parts.shift ? at(in[parts.scale ? 2 : 1], channel) : 0));
               })
      .reshape(in[0].shape());
}

Tensors inputs_of(const Shape& x, const NormGeometry& g, const Parts& parts) {
  Tensors all = {random(x, 1, -2, 3)};
  if (parts.scale) {
    all.push_back(random({g.channels()}, 2));
  }
  if (parts.shift) {
    all.push_back(random({g.channels()}, 3, -1, 1));
  }
  return all;
}

Variable scale_in(const Variables& v, const Parts& parts) { return parts.scale ? v[1] : Variable(); }
Variable shift_in(const Variables& v, const Parts& parts) { return parts.shift ? v[parts.scale ? 2 : 1] : Variable(); }

Sample by_own_moments(const char* what, const Shape& x, const NormGeometry& g, const Parts& parts = {}) {
  return {what,
          [=](const Variables& v) {
            const Moments m = kernels::moments(v[0].value(), g, parts.centered);
            return normalize(v[0], scale_in(v, parts), shift_in(v, parts), m,
                             {g, kEpsilon, parts.centered, parts.activation});
          },
          inputs_of(x, g, parts),
          [=](const Tensors& in) {
            return normal_numbers(in, g, parts, [&](const Tensor& t, const Index& i) {
              const double mean = parts.centered ? mean_over(t, i[0], i[2], [](double v) { return v; }) : 0;
              return std::pair(mean, mean_over(t, i[0], i[2], [&](double v) { return (v - mean) * (v - mean); }));
            });
          }};
}

Sample by_others(const char* what, const Shape& x, const NormGeometry& g, const Parts& parts = {}) {
  const Moments m = {random(g.moments_shape(), 5, -1, 1), random(g.moments_shape(), 6)};
  return {what,
          [=](const Variables& v) {
            return normalize_by(v[0], scale_in(v, parts), shift_in(v, parts), m, {g, kEpsilon, true, parts.activation});
          },
          inputs_of(x, g, parts),
          [=](const Tensors& in) {
            return normal_numbers(in, g, parts, [&](const Tensor&, const Index& i) {
              return std::pair(at(m.mean, {i[0], i[2]}), at(m.var, {i[0], i[2]}));
            });
          }};
}

}  // namespace

OpEntries norm_entries() {
  const NormGeometry batch = NormGeometry::of_batch({2, 2, 2, 3});
  const Moments m = kernels::moments(random({2, 2, 2, 3}), batch);
  const Moments other = {f64({{0, 0}}), f64({{1, 1}})};
  const Tensor x = random({2, 2, 2, 3}), three = random({3});
  return {
      {"normalize",
       {by_own_moments("a batch of images", {2, 2, 2, 3}, batch),
        by_own_moments("a batch of rows, no scale", {5, 2}, NormGeometry::of_batch({5, 2}), {.scale = false}),
        by_own_moments("rows", {3, 4}, NormGeometry::of_rows({3, 4}, 1)),
        by_own_moments("rows of two axes, no shift", {3, 2, 2}, NormGeometry::of_rows({3, 2, 2}, 2), {.shift = false}),
        by_own_moments("groups", {2, 3, 4}, NormGeometry::of_groups({2, 3, 4}, 2)),
        by_own_moments("groups of a row", {3, 4}, NormGeometry::of_groups({3, 4}, 2)),
        by_own_moments("every channel of an image", {2, 2, 2, 2}, NormGeometry::of_groups({2, 2, 2, 2}, 2),
                       {.scale = false, .shift = false}),
        by_own_moments("mean squares of rows", {3, 4}, NormGeometry::of_rows({3, 4}, 1),
                       {.shift = false, .centered = false}),
        by_own_moments("mean squares of channels", {4, 3}, NormGeometry::of_batch({4, 3}), {.centered = false}),
        by_own_moments("then relu", {7, 3}, NormGeometry::of_batch({7, 3}), {.activation = Activation::relu}),
        by_own_moments("then gelu, many channels", {3, 70}, NormGeometry::of_batch({3, 70}),
                       {.scale = false, .activation = Activation::gelu}),
        by_own_moments("rows, then silu", {3, 4}, NormGeometry::of_rows({3, 4}, 1), {.activation = Activation::silu})},
       {{[=] {
           normalize(x.reshape({4, 6}), random({2}), three, m, {batch, kEpsilon});
         },
         "normalize: scale is [2] float64, needs [3] float64"},
        {[=] {
           normalize(x, three, random({3, 1}), m, {batch, kEpsilon});
         },
         "normalize: shift is [3, 1] float64, needs [3] float64"},
        {[=] {
           normalize(three, three, three, m, {batch, kEpsilon});
         },
         "normalize: x is [3], its geometry [1, 8, 3, 1]"},
        {[=] {
           normalize(x, three, three, other, {batch, kEpsilon});
         },
         "normalize: mean is [1, 2], var [1, 2]; both must be [1, 3]"},
        {[=] {
           normalize(Tensor::ones({8, 3}, DType::int64), {}, {}, m, {batch, kEpsilon});
         },
         "normalize: needs float32 or float64, not int64; convert with cast"}}},
      {"normalize_by",
       {by_others("a batch of images", {2, 2, 2, 3}, batch),
        by_others("rows, no scale", {3, 4}, NormGeometry::of_rows({3, 4}, 1), {.scale = false}),
        by_others("groups, no shift", {2, 3, 4}, NormGeometry::of_groups({2, 3, 4}, 2), {.shift = false}),
        by_others("then gelu", {7, 3}, NormGeometry::of_batch({7, 3}), {.activation = Activation::gelu})},
       {{[=] { normalize_by(x, random({2}), three, m, {.geometry = batch, .epsilon = kEpsilon}); },
         "normalize_by: scale is [2] float64, needs [3] float64"}}},
  };
}

}  // namespace gibbs::battery
