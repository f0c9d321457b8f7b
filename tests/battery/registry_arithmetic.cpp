// Ops of arithmetic and selection: two operands of every shape that broadcasts, one operand, and numbers.
#include <algorithm>
#include <cmath>

#include "gibbs/autograd/ops/ops.h"
#include "tests/battery/registry.h"

namespace gibbs::battery {
namespace {

using testing::at;
using testing::build;
using testing::f64;
using testing::Index;
using testing::random;

using BinaryOp = Variable (*)(const Variable&, const Variable&);
using BinaryOracle = double (*)(double, double);

Oracle element_by_element(BinaryOracle f) {
  return [f](const Tensors& x) {
    return build(broadcast_shapes(x[0].shape(), x[1].shape(), "oracle"),
                 [&](const Index& i) { return f(at(x[0], i), at(x[1], i)); });
  };
}

/// A pair of shapes that do not broadcast, and a pair of dtypes that differ.
std::vector<Refusal> binary_refusals(const std::string& name, BinaryOp op) {
  return {{[op] {
             op(random({2, 3}), random({2}));
           },
           name + ": shapes [2, 3] and [2] do not broadcast: axis -1 has 3 and 2; sizes must be equal or 1"},
          {[op] { op(random({2}), Tensor::ones({2})); },
           name + ": dtypes differ: float64 and float32; convert one with cast"}};
}

OpEntry binary(const std::string& name, BinaryOp op, BinaryOracle oracle) {
  const auto f = [op](const Variables& x) { return op(x[0], x[1]); };
  const auto sample = [&](const Shape& a, const Shape& b) {
    return Sample{to_string(a) + " with " + to_string(b),
                  f,
                  {random(a, 1), random(b, 2)},
                  element_by_element(oracle),
                  {.broadcasts = true}};
  };
  OpEntry entry{name, {}, binary_refusals(name, op)};
  const std::pair<Shape, Shape> shapes[] = {{{2, 3}, {2, 3}},    {{2, 3}, {3}}, {{3}, {2, 3}}, {{2, 1}, {1, 3}},
                                            {{}, {2}},           {{2, 2}, {}},  {{1}, {1}},    {{}, {}},
                                            {{2, 1, 3}, {2, 1}}, {{0, 3}, {3}}};
  for (const auto& [a, b] : shapes) {
    entry.samples.push_back(sample(a, b));
  }
  entry.samples.push_back(
      {"computed operands, one of them twice",
       [op](const Variables& x) { return op(exp(x[0]), x[0] * x[1]); },
       {random({2, 3}), random({3}, 2, 0.1, 0.4)},
       [oracle](const Tensors& x) {
         return build({2, 3}, [&](const Index& i) { return oracle(std::exp(at(x[0], i)), at(x[0], i) * at(x[1], i)); });
       },
       {.alone = false}});
  return entry;
}

/// One operand: several elements of both signs, one element, none, and a computed operand.
OpEntry unary(const std::string& name,
              const std::vector<std::pair<Variable (*)(const Variable&), double (*)(double)>>& forms,
              std::vector<Refusal> refusals, bool refuses_nothing = false) {
  OpEntry entry{name, {}, std::move(refusals), refuses_nothing};
  for (const auto& form : forms) {
    const auto op = form.first;
    const auto oracle = [g = form.second](const Tensors& x) {
      return build(x[0].shape(), [&](const Index& i) { return g(at(x[0], i)); });
    };
    const auto f = [op](const Variables& x) { return op(x[0]); };
    entry.samples.push_back({"[2, 3]", f, {f64({{-1.7, -0.6, 0.4}, {0.9, 1.3, 2.2}})}, oracle});
    entry.samples.push_back({"[1, 1]", f, {f64({{0.8}})}, oracle});
    entry.samples.push_back({"[3, 0]", f, {random({3, 0})}, oracle});
    entry.samples.push_back({"a square",
                             [op](const Variables& x) { return op(x[0] * x[0]); },
                             {f64({0.5, 1.2})},
                             [oracle](const Tensors& x) {
                               return oracle({build({2}, [&](const Index& i) { return at(x[0], i) * at(x[0], i); })});
                             },
                             {.alone = false}});
  }
  return entry;
}

/// With the refusals of `more`, too.
OpEntry with_samples_of(OpEntry entry, const OpEntry& more) {
  entry.samples.insert(entry.samples.end(), more.samples.begin(), more.samples.end());
  entry.refusals.insert(entry.refusals.end(), more.refusals.begin(), more.refusals.end());
  return entry;
}

OpEntry where_entry() {
  const Tensor condition = Tensor::of({{1, 0, 1}, {0, 0, 1}}, DType::uint8);
  const Tensor row = Tensor::of({0, 1, 0}, DType::uint8);
  const auto sample = [](const Tensor& c, const Shape& a, const Shape& b) {
    return Sample{to_string(c.shape()) + " chooses from " + to_string(a) + " and " + to_string(b),
                  [c](const Variables& x) { return where(c, x[0], x[1]); },
                  {random(a), random(b, 2)},
                  [c](const Tensors& x) {
                    return build({2, 3}, [&](const Index& i) { return at(c, i) != 0 ? at(x[0], i) : at(x[1], i); });
                  },
                  {.broadcasts = true}};
  };
  return {"where",
          {sample(condition, {2, 3}, {2, 3}), sample(condition, {3}, {2, 1}), sample(condition, {}, {}),
           sample(row, {2, 3}, {3})},
          {{[=] {
              where(condition, random({2, 3}), random({2}));
            },
            "where: shapes [2, 3] and [2] do not broadcast: axis -1 has 3 and 2; sizes must be equal or 1"},
           {[=] {
              where(random({2, 3}), random({2, 3}), random({2, 3}));
            },
            "where: the condition is float64, not uint8; make it with a comparison"}}};
}

OpEntry cast_entry() {
  const auto there_and_back = [](const Variables& x) { return cast(cast(x[0], DType::float64), x[0].dtype()); };
  const auto same = [](const Tensors& x) { return x[0]; };
  return {"cast",
          {{"[2, 3]", there_and_back, {random({2, 3})}, same}, {"[0]", there_and_back, {random({0})}, same}},
          {{[] { cast(Variable::leaf(random({2})), DType::int64); },
            "cast: only float32 and float64 carry gradients; detach before casting to int64"}}};
}

}  // namespace

OpEntries arithmetic_entries() {
  const OpEntry add_number = unary("add",
                                   {{[](const Variable& x) { return x + 2.0; }, [](double x) { return x + 2; }},
                                    {[](const Variable& x) { return 2.0 + x; }, [](double x) { return 2 + x; }},
                                    {[](const Variable& x) { return x - 2.0; }, [](double x) { return x - 2; }},
                                    {[](const Variable& x) { return 2.0 - x; }, [](double x) { return 2 - x; }}},
                                   {});
  const OpEntry mul_number = unary("mul",
                                   {{[](const Variable& x) { return 3.0 * x; }, [](double x) { return 3 * x; }},
                                    {[](const Variable& x) { return x * 3.0; }, [](double x) { return 3 * x; }}},
                                   {});
  const OpEntry div_number = unary("div",
                                   {{[](const Variable& x) { return x / 3.0; }, [](double x) { return x / 3; }},
                                    {[](const Variable& x) { return 3.0 / x; }, [](double x) { return 3 / x; }}},
                                   {{[] { Variable(Tensor::ones({2}, DType::int64)) / 3.0; },
                                     "div: needs float32 or float64, not int64; convert with cast"}});
  const OpEntry pow_number =
      unary("pow",
            {{[](const Variable& x) { return pow(x, 3.0); }, [](double x) { return x * x * x; }},
             {[](const Variable& x) { return pow(x, -2.0); }, [](double x) { return 1 / (x * x); }}},
            {});
  return {
      with_samples_of(binary("add", add, [](double a, double b) { return a + b; }), add_number),
      binary("sub", sub, [](double a, double b) { return a - b; }),
      with_samples_of(binary("mul", mul, [](double a, double b) { return a * b; }), mul_number),
      with_samples_of(binary("div", div, [](double a, double b) { return a / b; }), div_number),
      with_samples_of(binary("pow", pow, [](double a, double b) { return std::pow(a, b); }), pow_number),
      binary("maximum", maximum, [](double a, double b) { return a > b ? a : b; }),
      binary("minimum", minimum, [](double a, double b) { return a < b ? a : b; }),
      binary("logaddexp", logaddexp, [](double a, double b) { return std::log(std::exp(a) + std::exp(b)); }),
      unary("neg", {{neg, [](double x) { return -x; }}}, {}, true),
      unary("abs", {{abs, [](double x) { return std::abs(x); }}}, {}, true),
      unary("clamp",
            {{[](const Variable& x) { return clamp(x, -1, 1); }, [](double x) { return std::clamp(x, -1.0, 1.0); }}},
            {{[] { clamp(random({2}), 1, -1); }, "clamp: low 1 is not at most high -1"}}),
      where_entry(),
      cast_entry(),
  };
}

}  // namespace gibbs::battery
