// Measures of two random variables, from their joint distribution [..., X, Y].
#include <cmath>

#include "gibbs/autograd/ops/ops.h"
#include "gibbs/losses/losses.h"
#include "tests/battery/registry.h"

namespace gibbs::battery {
namespace {

using losses::Base;
using losses::MeasureOptions;
using testing::at;
using testing::build;
using testing::f64;
using testing::Index;

const Tensor kJoint = f64({{.1, .2, .05}, {.3, .05, .3}});
const Tensor kJoints = f64({{{.25, .15}, {.2, .4}}, {{.1, .5}, {.3, .1}}});
const Tensor kThin = f64({{.3, .7}});

/// x with axes X and Y exchanged.
Tensor exchanged(const Tensor& joint) {
  const std::int64_t rank = joint.rank();
  Shape shape = joint.shape();
  shape.set(-1, joint.size(-2));
  shape.set(-2, joint.size(-1));
  return build(shape, [&](Index i) {
    std::swap(i[static_cast<std::size_t>(rank - 1)], i[static_cast<std::size_t>(rank - 2)]);
    return at(joint, i);
  });
}

/// p(x) = sum_y p(x, y): [..., X].
Tensor marginal(const Tensor& joint) {
  return build(joint.shape().without(-1), [&](Index i) {
    double total = 0;
    i.push_back(0);
    for (auto& y = i.back(); y < joint.size(-1); ++y) {
      total += at(joint, i);
    }
    return total;
  });
}

/// Sums term(p(x, y), p(x), p(y)) over pairs: [...].
Tensor over_pairs(const Tensor& joint, double (*term)(double, double, double)) {
  const Tensor p_x = marginal(joint), p_y = marginal(exchanged(joint));
  return build(joint.shape().sub(0, joint.rank() - 2), [&](const Index& i) {
    double total = 0;
    testing::for_each_index(joint.shape().sub(joint.rank() - 2, joint.rank()), [&](const Index& pair) {
      Index xy = i, x = i, y = i;
      xy.insert(xy.end(), pair.begin(), pair.end());
      x.push_back(pair[0]);
      y.push_back(pair[1]);
      total += term(at(joint, xy), at(p_x, x), at(p_y, y));
    });
    return total;
  });
}

OpEntry joint_measure(const std::string& name, Variable (*op)(const Variable&, const MeasureOptions&),
                      double (*term)(double, double, double)) {
  const auto oracle = [term](const Tensors& x) { return over_pairs(x[0], term); };
  const auto f = [op](const Variables& x) { return op(x[0], {}); };
  return {"losses::" + name,
          {{"[2, 3]", f, {kJoint}, oracle},
           {"two of [2, 2]", f, {kJoints}, oracle},
           {"in bits",
            [op](const Variables& x) { return op(x[0], {.base = Base::bits}); },
            {kJoint},
            [term](const Tensors& x) {
              const Tensor nats = over_pairs(x[0], term);
              return build(nats.shape(), [&](const Index& i) { return at(nats, i) / std::log(2.0); });
            }}},
          {{[op] {
              op(f64({.5, .5}), {});
            },
            name + ": joint must be [..., X, Y], not [2]"},
           {[op] {
              op(f64({{.5, .6}}), {});
            },
            name + ": joint row 0 sums to 1.1, not 1; normalise it, or pass .normalize = true"}}};
}

OpEntry marginal_entry(const std::string& name, Variable (*op)(const Variable&), Tensor (*oracle)(const Tensor&)) {
  const auto f = [op](const Variables& x) { return op(x[0]); };
  const auto expected = [oracle](const Tensors& x) { return oracle(x[0]); };
  return {
      "losses::" + name,
      {{"[2, 3]", f, {kJoint}, expected}, {"two of [2, 2]", f, {kJoints}, expected}, {"one x", f, {kThin}, expected}},
      {{[op] {
          op(f64({.5, .5}));
        },
        name + ": joint must be [..., X, Y], not [2]"}}};
}

}  // namespace

OpEntries joint_entries() {
  const Tensor p_x = f64({.4, .6}), p_y = f64({.2, .5, .3});
  const Tensor conditional = f64({{.1, .6, .3}, {.5, .25, .25}});
  return {
      joint_measure("mutual_information", losses::mutual_information,
                    [](double xy, double x, double y) { return xy * std::log(xy / (x * y)); }),
      joint_measure("conditional_entropy", losses::conditional_entropy,
                    [](double xy, double, double y) { return -xy * std::log(xy / y); }),
      joint_measure("joint_entropy", losses::joint_entropy,
                    [](double xy, double, double) { return -xy * std::log(xy); }),
      marginal_entry("marginal_x", losses::marginal_x, marginal),
      marginal_entry("marginal_y", losses::marginal_y, [](const Tensor& joint) { return marginal(exchanged(joint)); }),
      {"losses::independent_joint",
       {{"[2] and [3]",
         [](const Variables& x) { return losses::independent_joint(x[0], x[1]); },
         {p_x, p_y},
         [](const Tensors& x) {
           return build({2, 3}, [&](const Index& i) { return at(x[0], {i[0]}) * at(x[1], {i[1]}); });
         }},
        {"[2] and [2]",
         [](const Variables& x) { return losses::independent_joint(x[0], x[1]); },
         {p_x, f64({.9, .1})},
         [](const Tensors& x) {
           return build({2, 2}, [&](const Index& i) { return at(x[0], {i[0]}) * at(x[1], {i[1]}); });
         }}},
       {{[] {
           losses::independent_joint(f64(.5), f64({.5, .5}));
         },
         "independent_joint: p_x must be [..., X] and p_y [..., Y], not [] and [2]"}}},
      {"losses::joint_of",
       {{"[2] and [2, 3]",
         [](const Variables& x) { return losses::joint_of(x[0], x[1]); },
         {p_x, conditional},
         [](const Tensors& x) {
           return build({2, 3}, [&](const Index& i) { return at(x[0], {i[0]}) * at(x[1], i); });
         }},
        {"[1] and [1, 2]",
         [](const Variables& x) { return losses::joint_of(x[0], x[1]); },
         {f64({1}), kThin},
         [](const Tensors& x) {
           return build({1, 2}, [&](const Index& i) { return at(x[0], {i[0]}) * at(x[1], i); });
         }}},
       {{[=] {
           losses::joint_of(f64({.5, .25, .25}), conditional);
         },
         "joint_of: p_x must be [..., X] and p_y_given_x [..., X, Y], not [3] and [2, 3]"}}},
  };
}

}  // namespace gibbs::battery
