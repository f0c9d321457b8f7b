// Derivatives as functions: against formulas and differences, against each other, nested, and at the edges.
#include "gibbs/autograd/derivatives.h"

#include <cmath>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/linalg.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/autograd/ops/softmax.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

Tensor softmax_of(const Tensor& z) {
  double total = 0;
  for (const double v : z.to_vector()) {
    total += std::exp(v);
  }
  return build(z.shape(), [&](const Index& i) { return std::exp(at(z, i)) / total; });
}

/// diag(q) - q q^T.
Tensor fisher(const Tensor& q) {
  return build({q.size(0), q.size(0)},
               [&](const Index& i) { return (i[0] == i[1] ? at(q, {i[0]}) : 0) - at(q, {i[0]}) * at(q, {i[1]}); });
}

/// (1 - x)^2 + 100 (y - x^2)^2: its minimum (1, 1) lies in a curved valley.
Variable rosenbrock(const Variable& at) {
  const Variables xy = unbind(at);
  return square(1.0 - xy[0]) + 100.0 * square(xy[1] - square(xy[0]));
}

/// A function of all elements of x with derivatives of every order.
Variable entangled(const Variable& x) { return sum(exp(x) * sum(sin(x)) / (1.0 + square(x))); }

TEST(Jacobian, OfSoftmaxIsTheFisherInformation) {
  const Tensor z = f64({0.5, -1, 2, 0});
  const Variable j = jacobian([](const Variable& x) { return softmax(x); }, z);
  EXPECT_TRUE(near(j.value(), fisher(softmax_of(z)), 1e-14));
  EXPECT_FALSE(j.traced()) << "of a constant";
}

TEST(Jacobian, HasTheAxesOfTheResultThenThoseOfTheInput) {
  const Tensor x = random({2, 3}), w = random({3, 4}, 2);
  const Variables j = jacobian([](const Variables& in) { return matmul(in[0], in[1]); }, {x, w});
  EXPECT_TRUE(near(j[0].value(),
                   build({2, 4, 2, 3},
                         [&](const Index& i) {
                           return i[0] == i[2] ? at(w, {i[3], i[1]}) : 0;
                         }),
                   1e-14));
  EXPECT_TRUE(near(j[1].value(),
                   build({2, 4, 3, 4},
                         [&](const Index& i) {
                           return i[1] == i[3] ? at(x, {i[0], i[2]}) : 0;
                         }),
                   1e-14));
  const Variable of_scalar = jacobian([](const Variable& v) { return sum(v * v); }, x);
  EXPECT_TRUE(near(of_scalar.value(), x * 2.0, 1e-14));
}

TEST(Jacobian, OfNothingIsEmpty) {
  const auto half = [](const Variable& v) { return slice(v, 0, 0, 0); };
  EXPECT_EQ(jacobian(half, random({3})).shape(), Shape({0, 3}));
  EXPECT_EQ(jacobian([](const Variable& v) { return sum(v); }, random({0})).shape(), Shape({0}));
}

TEST(Jacobian, TakesFloat32) {
  const Variable j = jacobian([](const Variable& v) { return v * v; }, Tensor::of({1, 2}));
  EXPECT_EQ(j.dtype(), DType::float32);
  EXPECT_TRUE(near(j.value(), f64({{2, 0}, {0, 4}}), 0));
}

TEST(Products, AgreeWithTheJacobianFromEitherSide) {
  const auto f = [](const Variables& in) { return log_softmax(matmul(tanh(in[0]), in[1])) * in[1]; };
  const Tensor x = random({4, 4}), w = random({4, 4}, 2), dy = random({4, 4}, 3), vx = random({4, 4}, 4),
               vw = random({4, 4}, 5);
  const Variables j = jacobian(f, {x, w});
  const auto flat = [](const Tensor& t) { return t.reshape({16, -1}); };
  const Variables back = vjp(f, {x, w}, dy);
  for (std::size_t i = 0; i < 2; ++i) {
    const Tensor expected = build({16}, [&](const Index& at_x) {
      double total = 0;
      for (std::int64_t k = 0; k < 16; ++k) {
        total += at(flat(j[i].value()), {k, at_x[0]}) * at(dy.reshape({16}), {k});
      }
      return total;
    });
    EXPECT_TRUE(near(back[i].value().reshape({16}), expected, 1e-12));
  }
  const Tensor expected = build({16}, [&](const Index& at_y) {
    double total = 0;
    for (std::int64_t k = 0; k < 16; ++k) {
      total += at(flat(j[0].value()), {at_y[0], k}) * at(vx.reshape({16}), {k}) +
               at(flat(j[1].value()), {at_y[0], k}) * at(vw.reshape({16}), {k});
    }
    return total;
  });
  EXPECT_TRUE(near(jvp(f, {x, w}, {vx, vw}).value().reshape({16}), expected, 1e-12));
}

TEST(Products, JvpIsTheDirectionalDifference) {
  const auto f = [](const Variable& x) { return softmax(x) * exp(x); };
  const Tensor x = random({3}), v = random({3}, 2);
  const double h = 1e-5;
  const Tensor difference = (f(x + v * h).value() - f(x - v * h).value()) * (0.5 / h);
  EXPECT_TRUE(near(jvp(f, x, v).value(), difference, 1e-9));
}

TEST(Hessian, OfRosenbrock) {
  const double x = -1.2, y = 1;
  const Variable h = hessian(rosenbrock, f64({x, y}));
  EXPECT_TRUE(near(h.value(), f64({{2 - 400 * (y - 3 * x * x), -400 * x}, {-400 * x, 200}}), 1e-12));
}

TEST(Hessian, HasABlockForEveryPairOfInputs) {
  const auto f = [](const Variables& in) { return sum(square(in[0]) * in[1]); };
  const Tensor x = f64({1, 2}), w = f64({3});
  const auto blocks = hessian(f, {x, w});
  EXPECT_TRUE(near(blocks[0][0].value(), f64({{6, 0}, {0, 6}}), 1e-14));
  EXPECT_TRUE(near(blocks[0][1].value(), f64({{2}, {4}}), 1e-14));
  EXPECT_TRUE(near(blocks[1][0].value(), f64({{2, 4}}), 1e-14));
  EXPECT_TRUE(near(blocks[1][1].value(), f64({{0}}), 0)) << "f is linear in w";
}

TEST(Hessian, OfALinearFunctionIsZero) {
  const Tensor x = random({2});
  EXPECT_TRUE(near(hessian([](const Variable& v) { return sum(v); }, x).value(), f64({{0, 0}, {0, 0}}), 0));
  EXPECT_TRUE(near(hvp([](const Variable& v) { return sum(v); }, x, x).value(), f64({0, 0}), 0));
  EXPECT_TRUE(near(jvp([](const Variable&) { return Variable(f64({1, 2, 3})); }, x, x).value(), f64({0, 0, 0}), 0));
}

TEST(Hessian, TimesAVectorIsHvp) {
  const Tensor x = random({2, 2}), v = random({2, 2}, 2);
  const Variable h = hessian(entangled, x);
  const Tensor expected = kernels::matmul(h.value().reshape({4, 4}), v.reshape({4, 1})).reshape({2, 2});
  EXPECT_TRUE(near(hvp(entangled, x, v).value(), expected, 1e-12));
}

TEST(Derivatives, NestToAnyOrder) {
  // f = (a . x)^4: every third derivative is 24 (a . x) a_i a_j a_k.
  const Tensor a = f64({1, -2, 3}), x = f64({0.5, 1, 1.5});
  const auto f = [&](const Variable& v) { return pow(sum(v * a), 4); };
  const Variable third = jacobian([&](const Variable& u) { return hessian(f, u); }, x);
  const double inner = 0.5 - 2 + 4.5;
  EXPECT_TRUE(
      near(third.value(),
           build({3, 3, 3}, [&](const Index& i) { return 24 * inner * at(a, {i[0]}) * at(a, {i[1]}) * at(a, {i[2]}); }),
           1e-12));
  const Variable fourth =
      jacobian([&](const Variable& u) { return jacobian([&](const Variable& w) { return hessian(f, w); }, u); }, x);
  EXPECT_NEAR(fourth.value().at({0, 1, 2, 2}), 24 * 1 * -2 * 3 * 3, 1e-9);
  const Variable jets = jvp([&](const Variable& u) { return jvp(f, u, a); }, x, a);
  EXPECT_NEAR(jets.value().item(), 12 * inner * inner * 14 * 14, 1e-9);
}

TEST(Derivatives, CarryAGraphWhenAnInputIsTraced) {
  const Tensor at_x = random({3}), at_v = random({3}, 2);
  const auto products = [](const Variables& in) { return hvp(entangled, in[0], in[1]); };
  const GradcheckReport report = gradcheck(products, {at_x, at_v});
  EXPECT_TRUE(report) << report.message;
  const Variable x = Variable::leaf(at_x);
  EXPECT_TRUE(hessian(entangled, x).traced());
  EXPECT_TRUE(vjp([](const Variable& u) { return u * u; }, at_x, x).traced()) << "a traced cotangent";
  const NoTape no_tape;
  EXPECT_FALSE(hessian(entangled, x).traced());
}

TEST(Derivatives, WhatFCapturedStandsStill) {
  const Variable x = Variable::leaf(f64({3}));
  const Variable outside = x * x;
  const Variable d = jacobian([&](const Variable& u) { return outside * u; }, x);
  EXPECT_TRUE(near(d.value(), f64({{9}}), 0)) << "not the 27 that x^3 has";
  EXPECT_EQ(grad(d, {x}, f64({{1}}))[0].value().item(), 6) << "yet the result knows how it was computed";
}

TEST(Derivatives, TheSameInputTwiceIsTwoArguments) {
  const Variable x = Variable::leaf(f64({3}));
  const Variables j = jacobian([](const Variables& in) { return square(in[0]) * in[1]; }, {x, x});
  EXPECT_EQ(j[0].value().item(), 18);
  EXPECT_EQ(j[1].value().item(), 9);
}

TEST(Derivatives, LeaveNoNodeAliveAndTheTapeAsItWas) {
  const std::int64_t before = Node::alive();
  {
    const NoTape no_tape;
    hessian(entangled, random({3}));
    EXPECT_FALSE(tape_is_on());
  }
  hessian(entangled, random({3}));
  EXPECT_ANY_THROW(hessian([](const Variable&) -> Variable { fail("no"); }, random({3})));
  EXPECT_TRUE(tape_is_on());
  EXPECT_EQ(Node::alive(), before);
}

TEST(Derivatives, Refusals) {
  const auto f = [](const Variable& x) { return x * x; };
  const Tensor x = f64({1, 2}), short_one = f64({1});
  EXPECT_EQ(error_of([&] { hessian(f, x); }), "hessian: f(x) has shape [2]; it must have one element");
  EXPECT_EQ(error_of([&] { hvp(f, x, x); }), "hvp: f(x) has shape [2]; it must have one element");
  EXPECT_EQ(error_of([&] { vjp(f, x, short_one); }), "vjp: dy is [1] float64, f(x) is [2] float64; they must be equal");
  EXPECT_EQ(error_of([&] {
              jvp(f, x, Tensor::of({1, 2}));
            }),
            "jvp: v is [2] float32, x is [2] float64; they must be equal");
  const auto product = [](const Variables& in) { return in[0] * in[1]; };
  EXPECT_EQ(error_of([&] { jvp(product, {x, x}, {x}); }), "jvp: 1 directions for 2 inputs");
  EXPECT_EQ(error_of([] { jacobian([](const Variables&) { return Variable(); }, Variables{}); }),
            "jacobian: needs at least one input");
}

/// x - H^-1 g for two unknowns.
Tensor newton_step(const UnaryFunction& f, const Tensor& x) {
  const Tensor h = hessian(f, x).value();
  const Tensor g = vjp(f, x, Tensor::ones({}, DType::float64)).value();
  const double a = h.at({0, 0}), b = h.at({0, 1}), c = h.at({1, 0}), d = h.at({1, 1}), determinant = a * d - b * c;
  const double u = g.at({0}), v = g.at({1});
  return x - f64({(d * u - b * v) / determinant, (a * v - c * u) / determinant});
}

TEST(Newton, DoublesTheDigitsAtEveryStep) {
  Tensor x = f64({-1.2, 1});
  std::vector<double> values;
  for (int step = 0; step < 7; ++step) {
    x = newton_step(rosenbrock, x);
    values.push_back(rosenbrock(x).value().item());
  }
  // The same iteration with derivatives by hand, in another language.
  EXPECT_NEAR(values[0], 4.731884325266608, 1e-12);
  EXPECT_NEAR(values[1], 1411.8451793105, 1e-8);
  EXPECT_LT(values[5], 1e-19);
  EXPECT_TRUE(near(x, f64({1, 1}), 1e-14));
}

}  // namespace
}  // namespace gibbs::testing
