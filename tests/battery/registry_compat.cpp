// The losses under the names of PyTorch (input first, a mean over elements) and of SciPy (distributions along axis 0).
#include <algorithm>
#include <cmath>

#include "gibbs/losses/losses.h"
#include "tests/battery/registry.h"
#include "tests/battery/row_losses.h"

namespace gibbs::battery {
namespace {

namespace scipy = losses::compat::scipy;
namespace torch = losses::compat::torch;
using testing::at;
using testing::build;
using testing::f64;
using testing::Index;

/// input before target; the mean over elements.
OpEntry torch_entry(const std::string& name,
                    const std::function<Variable(const Variable&, const Variable&, torch::Reduction)>& op,
                    const Tensor& input, const Tensor& target, Element f) {
  const auto with = [op](torch::Reduction reduction) {
    return [=](const Variable& x, const Variable& y) { return op(x, y, reduction); };
  };
  return {"losses::compat::torch::" + name,
          {sample("mean", with(torch::Reduction::mean), input, target,
                  [f](const Tensor& x, const Tensor& y) { return mean_row(y, x, mean_of(f)); }),
           sample("elements", with(torch::Reduction::none), input, target,
                  [f](const Tensor& x, const Tensor& y) {
                    return build(x.shape(), [&](const Index& i) { return f(at(y, i), at(x, i)); });
                  })},
          {{[=] { op(input, kUnequal, torch::Reduction::mean); },
            name + ": the target is [1, 2], the prediction [2, 3]; they must be equal, reshape one"}}};
}

OpEntries torch_entries() {
  using torch::Reduction;
  const Tensor classes = Tensor::of({2, 0}, DType::int64), one_hot = f64({{0, 0, 1}, {1, 0, 0}}),
               weight = f64({1, 2, .5});
  const auto mean_over_elements = [](const Tensor& x, const Tensor& p) {
    return mean_row(p, x, mean_of([](double t, double log_q) { return t * (std::log(t) - log_q); }));
  };
  const Tensor log_q = build({2, 3}, [](const Index& i) { return std::log(at(kOther, i)); });
  return {
      {"losses::compat::torch::cross_entropy",
       {sample(
            "probabilities", [](const Variable& z, const Variable& p) { return torch::cross_entropy(z, p); }, kLogits,
            kSoft, [](const Tensor& z, const Tensor& p) { return mean_row(p, z, on_logits(sum_of(cross_entropy))); }),
        {"classes with weights",
         [=](const Variables& v) { return torch::cross_entropy(v[0], classes, {.weight = weight}); },
         {kLogits},
         [=](const Tensors& v) {
           const Tensor rows = rows_of(one_hot, v[0], on_logits(sum_of(cross_entropy)));
           return f64((.5 * at(rows, {0}) + at(rows, {1})) / 1.5);
         }}},
       {{[] { torch::cross_entropy(kLogits, kUnequal); },
         "cross_entropy: the target is float64 [1, 2], the logits [2, 3]; class indices are int64 [2], distributions "
         "float [2, 3]"},
        {[=] {
           torch::cross_entropy(kLogits, classes, {.weight = f64({1, 2})});
         },
         "cross_entropy: weight is [2]; 3 classes need shape [3]"},
        {[=] {
           torch::cross_entropy(f64({{{1, 2}}, {{3, 4}}}), classes);
         },
         "cross_entropy: input must be [N, C], not [2, 1, 2]; of [N, C, ...], move C to the end and reshape "
         "the rest into one axis"},
        {[=] { torch::cross_entropy(kLogits, classes, {.label_smoothing = 2}); },
         "cross_entropy: label_smoothing is 2; it is a part of 1, in [0, 1]"}}},
      {"losses::compat::torch::kl_div",
       {sample(
            "mean", [](const Variable& x, const Variable& p) { return torch::kl_div(x, p); }, log_q, kSoft,
            mean_over_elements),
        sample(
            "per batch",
            [](const Variable& x, const Variable& p) {
              return torch::kl_div(x, p, {.reduction = torch::KlReduction::batchmean});
            },
            log_q, kSoft, [=](const Tensor& x, const Tensor& p) { return f64(3 * mean_over_elements(x, p).item()); })},
       {{[=] { torch::kl_div(log_q, kUnequal); },
         "kl_div: the target is [1, 2], the prediction [2, 3]; they must be equal, reshape one"}}},
      torch_entry(
          "binary_cross_entropy",
          [](const Variable& x, const Variable& t, Reduction r) {
            return torch::binary_cross_entropy(x, t, {.reduction = r});
          },
          kOther, kSoft, binary_cross_entropy),
      torch_entry(
          "binary_cross_entropy_with_logits",
          [](const Variable& x, const Variable& t, Reduction r) {
            return torch::binary_cross_entropy_with_logits(x, t, {.reduction = r});
          },
          kLogits, kSoft, binary_on_logits),
      torch_entry("l1_loss", torch::l1_loss, kLogits, kSoft, absolute),
      torch_entry("mse_loss", torch::mse_loss, kLogits, kSoft, squared),
      torch_entry(
          "huber_loss",
          [](const Variable& x, const Variable& t, Reduction r) { return torch::huber_loss(x, t, r, 1.1); }, kLogits,
          kSoft, huber),
      torch_entry(
          "smooth_l1_loss",
          [](const Variable& x, const Variable& t, Reduction r) { return torch::smooth_l1_loss(x, t, r, 1.1); },
          kLogits, kSoft, [](double y, double x) { return huber(y, x) / 1.1; }),
  };
}

/// Column k of x [N, K], divided by its sum: distributions of SciPy lie along axis 0.
Rows column(const Tensor& x, std::int64_t k) {
  Rows values;
  double total = 0;
  for (std::int64_t n = 0; n < x.size(0); ++n) {
    values.push_back(at(x, {n, k}));
    total += values.back();
  }
  for (double& v : values) {
    v /= total;
  }
  return values;
}

Tensor by_columns(const Tensor& p, const Tensor& q, const RowLoss& f) {
  return build({p.size(1)}, [&](const Index& i) { return f(column(p, i[0]), column(q, i[0])); });
}

OpEntries scipy_entries() {
  const Tensor p = f64({{2, 5, 3}, {1, 1, 2}}), q = f64({{1, 2, 2}, {4, 1, 3}}), row = f64({{1, 2, 4}});
  const auto elements = [](Element f) {
    return [f](const Tensor& a, const Tensor& b) {
      return build({2, 3}, [&](const Index& i) { return f(at(a, i), at(b, i)); });
    };
  };
  const auto js = [](const Rows& a, const Rows& b) {
    const auto term = [](double x, double y) {
      const double m = (x + y) / 2;
      return (relative_entropy(x, m) + relative_entropy(y, m)) / 2;
    };
    return std::sqrt(sum_of(term)(a, b));
  };
  const auto generalized = [](double x, double y) { return relative_entropy(x, y) - x + y; };
  const auto one = [](const Variables& v) { return scipy::entropy(v[0]); };
  const auto entropy_of = [](double a, double) { return -a * std::log(a); };
  const std::string shapes =
      ": shapes [2, 3] and [1, 2] do not broadcast: axis -1 has 3 and 2; sizes must be equal or 1";
  return {
      {"losses::compat::scipy::rel_entr",
       {sample(
            "[2, 3]", [](const Variable& x, const Variable& y) { return scipy::rel_entr(x, y); }, p, q,
            elements(relative_entropy)),
        sample(
            "[2, 3] and [1, 3]", [](const Variable& x, const Variable& y) { return scipy::rel_entr(x, y); }, p, row,
            elements(relative_entropy))},
       {{[=] { scipy::rel_entr(p, kUnequal); }, "rel_entr" + shapes}}},
      {"losses::compat::scipy::kl_div",
       {sample(
            "[2, 3]", [](const Variable& x, const Variable& y) { return scipy::kl_div(x, y); }, p, q,
            elements(generalized)),
        sample(
            "[2, 3] and [1, 3]", [](const Variable& x, const Variable& y) { return scipy::kl_div(x, y); }, p, row,
            elements(generalized))},
       {{[=] { scipy::kl_div(p, kUnequal); }, "kl_div" + shapes}}},
      {"losses::compat::scipy::entropy",
       {{"of one", one, {p}, [=](const Tensors& v) { return by_columns(v[0], v[0], sum_of(entropy_of)); }},
        sample(
            "of two, base 2", [](const Variable& a, const Variable& b) { return scipy::entropy(a, b, {.base = 2}); }, p,
            q,
            [](const Tensor& a, const Tensor& b) {
              return by_columns(a, b,
                                sum_of([](double x, double y) { return relative_entropy(x, y) / std::log(2.0); }));
            })},
       {{[=] { scipy::entropy(p, kUnequal); }, "entropy: p is [2, 3], q [1, 2]; they must be equal, broadcast one"}}},
      {"losses::compat::scipy::jensenshannon",
       {sample(
            "columns", [](const Variable& a, const Variable& b) { return scipy::jensenshannon(a, b); }, p, q,
            [=](const Tensor& a, const Tensor& b) { return by_columns(a, b, js); }),
        sample(
            "base 2", [](const Variable& a, const Variable& b) { return scipy::jensenshannon(a, b, {.base = 2}); }, p,
            q,
            [=](const Tensor& a, const Tensor& b) {
              return by_columns(a, b,
                                [&](const Rows& x, const Rows& y) { return js(x, y) / std::sqrt(std::log(2.0)); });
            })},
       {{[=] { scipy::jensenshannon(p, kUnequal); },
         "jensenshannon: p is [2, 3], q [1, 2]; they must be equal, broadcast one"}}},
  };
}

}  // namespace

OpEntries compat_entries() {
  OpEntries all = torch_entries();
  for (OpEntry& entry : scipy_entries()) {
    all.push_back(std::move(entry));
  }
  return all;
}

}  // namespace gibbs::battery
