// f runs on fresh arguments, one node per input, and `grad` stops at them: what lies upstream of x is neither walked
// nor consumed, and f(x, x) has two arguments. Passes that are differentiated again create a graph; the last one only
// when the result is to carry one.
#include "gibbs/autograd/derivatives.h"

#include <algorithm>

#include "gibbs/autograd/detail/arguments.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/reduce.h"

namespace gibbs {
namespace {

bool any_traced(const Variables& xs) {
  return std::any_of(xs.begin(), xs.end(), [](const Variable& x) { return x.traced(); });
}

/// Where a function is differentiated: its arguments, and f of them. Recording is on while it lives.
class Point {
 public:
  Point(const char* op, const MultivariateFunction& f, const Variables& xs, const Variables& others = {})
      : op_(op), graph_(tape_is_on() && (any_traced(xs) || any_traced(others))) {
    check(!xs.empty(), op, ": needs at least one input");
    for (const Variable& x : xs) {
      arguments_.push_back(x.traced() ? detail::argument(x) : Variable::leaf(x.value()));
    }
    y_ = f(arguments_);
  }

  const Variable& y() const { return y_; }

  void check_one_element() const {
    check(y_.numel() == 1, op_, ": f(x) has shape ", y_.shape(), "; it must have one element");
  }
  void check_like(const char* name, const Variable& given, const char* model_name, const Variable& model) const {
    check(given.shape() == model.shape() && given.dtype() == model.dtype(), op_, ": ", name, " is ", given.shape(), " ",
          given.dtype(), ", ", model_name, " is ", model.shape(), " ", model.dtype(), "; they must be equal");
  }
  void check_directions(const Variables& vs) const {
    check(vs.size() == arguments_.size(), op_, ": ", vs.size(), " directions for ", arguments_.size(), " inputs");
    for (std::size_t i = 0; i < vs.size(); ++i) {
      check_like("v", vs[i], "x", arguments_[i]);
    }
  }

  /// The gradients of sum(of * cotangent) with respect to the arguments, to be differentiated again.
  Variables inner(const Variable& of, const Variable& cotangent) const {
    return grad(of, arguments_, cotangent, options(/*create_graph=*/true));
  }
  /// The same as a result.
  Variables last(const Variable& of, const Variable& cotangent) const {
    GradOptions last_options = options(graph_);
    last_options.retain_graph = true;
    return grad(of, arguments_, cotangent, last_options);
  }
  /// The gradient of the one-element `of` with respect to u, as a result.
  Variable last_wrt(const Variable& u, const Variable& of) const { return grad(of, {u}, options(graph_))[0]; }

  /// The Jacobians of `of` with respect to the arguments, as results: a row for each of its elements.
  Variables rows(const Variable& of) const {
    std::vector<Variables> rows(arguments_.size());
    for (std::int64_t i = 0; i < of.numel(); ++i) {
      Tensor unit = Tensor::zeros({of.numel()}, of.dtype());
      unit.set({i}, 1);
      const Variables row = last(of, unit.reshape(of.shape()));
      for (std::size_t a = 0; a < row.size(); ++a) {
        rows[a].push_back(row[a]);
      }
    }
    Variables jacobians;
    for (std::size_t a = 0; a < rows.size(); ++a) {
      const Shape shape = of.shape().followed_by(arguments_[a].shape());
      jacobians.push_back(rows[a].empty() ? Variable(Tensor::zeros(shape, arguments_[a].dtype()))
                                          : reshape(stack(rows[a]), shape));
    }
    return jacobians;
  }

 private:
  GradOptions options(bool create_graph) const {
    return {.create_graph = create_graph, .allow_unused = true, .stop_at = arguments_};
  }

  const char* op_;
  bool graph_;  // the result carries a graph; decided before recording is switched on
  TapeScope tape_{true};
  Variables arguments_;
  Variable y_;
};

Variable inner_product(const Variables& a, const Variables& b) {
  Variable total = sum(a[0] * b[0]);
  for (std::size_t i = 1; i < a.size(); ++i) {
    total = total + sum(a[i] * b[i]);
  }
  return total;
}

MultivariateFunction of_one(const UnaryFunction& f) {
  return [&f](const Variables& xs) { return f(xs[0]); };
}

Variable ones_like(const Variable& y) { return Tensor::ones(y.shape(), y.dtype()); }

}  // namespace

Variables vjp(const MultivariateFunction& f, const Variables& xs, const Variable& dy) {
  const Point point("vjp", f, xs, {dy});
  point.check_like("dy", dy, "f(x)", point.y());
  return point.last(point.y(), dy);
}

Variable jvp(const MultivariateFunction& f, const Variables& xs, const Variables& vs) {
  const Point point("jvp", f, xs, vs);
  point.check_directions(vs);
  const Variable u = Variable::leaf(Tensor::zeros(point.y().shape(), point.y().dtype()));
  return point.last_wrt(u, inner_product(point.inner(point.y(), u), vs));
}

Variables jacobian(const MultivariateFunction& f, const Variables& xs) {
  const Point point("jacobian", f, xs);
  return point.rows(point.y());
}

Variables hvp(const MultivariateFunction& f, const Variables& xs, const Variables& vs) {
  const Point point("hvp", f, xs, vs);
  point.check_one_element();
  point.check_directions(vs);
  const Variable slope = inner_product(point.inner(point.y(), ones_like(point.y())), vs);
  return point.last(slope, ones_like(slope));
}

std::vector<Variables> hessian(const MultivariateFunction& f, const Variables& xs) {
  const Point point("hessian", f, xs);
  point.check_one_element();
  std::vector<Variables> blocks;
  for (const Variable& gradient : point.inner(point.y(), ones_like(point.y()))) {
    blocks.push_back(point.rows(gradient));
  }
  return blocks;
}

Variable vjp(const UnaryFunction& f, const Variable& x, const Variable& dy) {
  return vjp(of_one(f), Variables{x}, dy)[0];
}
Variable jvp(const UnaryFunction& f, const Variable& x, const Variable& v) {
  return jvp(of_one(f), Variables{x}, Variables{v});
}
Variable jacobian(const UnaryFunction& f, const Variable& x) { return jacobian(of_one(f), Variables{x})[0]; }
Variable hvp(const UnaryFunction& f, const Variable& x, const Variable& v) {
  return hvp(of_one(f), Variables{x}, Variables{v})[0];
}
Variable hessian(const UnaryFunction& f, const Variable& x) { return hessian(of_one(f), Variables{x})[0][0]; }

}  // namespace gibbs
