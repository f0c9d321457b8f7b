// Reductions over every kind of axes, and broadcasting, their adjoint.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "gibbs/autograd/ops/ops.h"
#include "tests/battery/registry.h"
#include "tests/testing/op_oracles.h"

namespace gibbs::battery {
namespace {

using testing::at;
using testing::build;
using testing::Index;
using testing::random;
using testing::reduced;

using Numbers = std::vector<double>;
using ReductionOp = Variable (*)(const Variable&, const Axes&, bool);

double total(const Numbers& v) { return std::accumulate(v.begin(), v.end(), 0.0); }
double mean_of(const Numbers& v) { return total(v) / static_cast<double>(v.size()); }

double mean_square_deviation(const Numbers& v) {
  double squares = 0;
  for (double x : v) {
    squares += (x - mean_of(v)) * (x - mean_of(v));
  }
  return squares / static_cast<double>(v.size());
}

/// of_nothing: no elements have a result, too.
OpEntry reduction(const std::string& name, ReductionOp op, double (*f)(const Numbers&), std::vector<Refusal> refusals,
                  bool of_nothing = false) {
  // Near 1: products of many elements stay near 1, too.
  const auto sample = [&](const std::string& what, const Shape& shape, const Axes& axes, bool keepdim) {
    return Sample{what,
                  [=](const Variables& x) { return op(x[0], axes, keepdim); },
                  {random(shape, 1, 0.9, 1.1)},
                  [=](const Tensors& x) { return reduced(x[0], axes, keepdim, f); }};
  };
  OpEntry entry{
      name,
      {sample("all axes", {2, 3, 2}, {}, false), sample("the middle axis", {2, 3, 2}, {1}, false),
       sample("two axes, kept", {2, 3, 2}, {0, -1}, true), sample("an axis of size 1 beside", {2, 1, 3}, {2}, true),
       sample("the last but one, kept", {2, 3, 2}, {-2}, true), sample("all axes, kept", {2, 3}, {}, true),
       sample("many elements", {300}, {0}, false), sample("empty result", {0, 3}, {1}, false)},
      std::move(refusals)};
  if (of_nothing) {
    entry.samples.push_back(sample("an axis of no elements", {0, 3}, {0}, false));
  }
  if (name != "var") {  // that of one element is a constant
    entry.samples.push_back(sample("a scalar", {}, {}, false));
  }
  entry.samples.push_back(
      {"a computed input",
       [op](const Variables& x) { return op(square(x[0]), {0}, false); },
       {random({3, 2})},
       [f](const Tensors& x) {
         const Tensor squares = build({3, 2}, [&](const Index& i) { return at(x[0], i) * at(x[0], i); });
         return reduced(squares, {0}, false, f);
       },
       {.alone = false}});
  entry.refusals.push_back({[op] { op(random({2, 3}), {2}, false); }, name + ": axis 2 does not exist in 2 axes"});
  entry.refusals.push_back({[op] { op(random({2, 3}), {1, -1}, false); }, name + ": axis -1 is given twice"});
  return entry;
}

Sample broadcast_sample(const Shape& from, const Shape& to) {
  return {to_string(from) + " to " + to_string(to),
          [to](const Variables& x) { return broadcast_to(x[0], to); },
          {random(from)},
          [to](const Tensors& x) { return build(to, [&](const Index& i) { return at(x[0], i); }); },
          {.broadcasts = true}};
}

Sample sum_to_sample(const Shape& from, const Shape& to) {
  return {to_string(from) + " to " + to_string(to),
          [to](const Variables& x) { return sum_to(x[0], to); },
          {random(from)},
          [from, to](const Tensors& x) {
            // Element k of the result is the sum over the places where broadcasting would repeat it.
            Tensor y = Tensor::zeros(to, DType::float64);
            testing::for_each_index(from, [&](const Index& i) {
              std::int64_t flat = 0;
              for (int axis = 0; axis < to.rank(); ++axis) {
                const auto k = i[i.size() - static_cast<std::size_t>(to.rank() - axis)];
                flat = flat * to[axis] + (to[axis] == 1 ? 0 : k);
              }
              y.mutable_data<double>()[flat] += at(x[0], i);
            });
            return y;
          }};
}

}  // namespace

OpEntries reduce_entries() {
  const auto population_variance = [](const Variable& x, const Axes& axes, bool keepdim) {
    return var(x, axes, keepdim);
  };
  OpEntries entries = {
      reduction("sum", sum, total, {}, /*of_nothing=*/true),
      reduction("mean", mean, mean_of,
                {{[] {
                    mean(random({2, 0}));
                  },
                  "mean: no elements to average in [2, 0]"},
                 {[] { mean(Tensor::ones({2}, DType::int64)); },
                  "mean: needs float32 or float64, not int64; convert with cast"}}),
      reduction("var", population_variance, mean_square_deviation,
                {{[] { var(random({1}), {}, false, 1); }, "var: 1 elements are too few for correction 1"},
                 {[] { var(Tensor::ones({2}, DType::int64)); },
                  "var: needs float32 or float64, not int64; convert with cast"}}),
      reduction("max", max, [](const Numbers& v) { return *std::max_element(v.begin(), v.end()); },
                {{[] {
                    max(random({2, 0}));
                  },
                  "max: nothing to reduce in [2, 0]; the reduced axes need elements"}}),
      reduction("min", min, [](const Numbers& v) { return *std::min_element(v.begin(), v.end()); },
                {{[] {
                    min(random({2, 0}));
                  },
                  "min: nothing to reduce in [2, 0]; the reduced axes need elements"}}),
      reduction(
          "prod", prod, [](const Numbers& v) { return std::accumulate(v.begin(), v.end(), 1.0, std::multiplies<>()); },
          {},
          /*of_nothing=*/true),
      reduction(
          "logsumexp", logsumexp,
          [](const Numbers& v) {
            double sum_of_exponentials = 0;
            for (double x : v) {
              sum_of_exponentials += std::exp(x);
            }
            return std::log(sum_of_exponentials);
          },
          {}, /*of_nothing=*/true),
      {"broadcast_to",
       {broadcast_sample({3}, {2, 3}), broadcast_sample({2, 1}, {2, 4}), broadcast_sample({}, {2, 2}),
        broadcast_sample({2, 3}, {2, 3}), broadcast_sample({1}, {0})},
       {{[] { broadcast_to(random({2}), {3}); },
         "broadcast_to: [2] does not broadcast to [3]; align at the right: sizes must be equal, or 1 in the source"}}},
      {"sum_to",
       {sum_to_sample({2, 3}, {3}), sum_to_sample({2, 4}, {2, 1}), sum_to_sample({2, 2}, {}),
        sum_to_sample({2, 3}, {2, 3}), sum_to_sample({0}, {1}), sum_to_sample({0, 3}, {1, 3})},
       {{[] {
           sum_to(random({2, 3}), {2});
         },
         "sum_to: [2] does not broadcast to [2, 3]"}}}};
  entries[2].samples.push_back({"the correction of samples",
                                [](const Variables& x) { return var(x[0], {0}, false, 1); },
                                {random({4, 2})},
                                [](const Tensors& x) {
                                  return reduced(x[0], {0}, false,
                                                 [](const Numbers& v) { return mean_square_deviation(v) * 4 / 3; });
                                }});
  return entries;
}

}  // namespace gibbs::battery
