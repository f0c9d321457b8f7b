// A row of weight 0 is not there: whatever its target and prediction hold, it adds exactly 0 to every loss that takes
// weights and has exactly 0 for a gradient, of every order, by kernels and by ops. So are the terms of classes, of
// sides and of elements whose weight is 0.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/losses/losses.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "tests/losses/nasty.h"
#include "tests/testing/not_finite.h"

namespace gibbs::losses {
namespace {

using ::testing::Each;

/// A loss of a target and a prediction [3, 2] (or a target of classes, [3]), whose rows weigh `weights`.
struct Weighted {
  std::string name;
  std::function<Variable(const Variable& target, const Variable& prediction, const Tensor& weights)> f;
  bool of_indices = false;
};

using Categorical = Variable (*)(const Target&, const Variable&, const CategoricalOptions&);
using Binary = Variable (*)(const Variable&, const Variable&, const BinaryOptions&);

std::vector<Weighted> categorical_losses(Reduction reduction) {
  std::vector<Weighted> all;
  const auto options = [=](const Tensor& w) { return CategoricalOptions{.reduction = reduction, .sample_weights = w}; };
  const auto add = [&](const char* name, Categorical loss) {
    const auto f = [=](auto& t, auto& x, auto& w) { return loss(t, x, options(w)); };
    all.push_back({name, f});
    all.push_back({name + std::string(" of indices"), f, /*of_indices=*/true});
  };
  add("cross_entropy_with_logits", cross_entropy_with_logits);
  add("cross_entropy_with_probabilities", cross_entropy_with_probabilities);
  add("kl_divergence_with_logits", kl_divergence_with_logits);
  add("kl_divergence_with_probabilities", kl_divergence_with_probabilities);
  add("reverse_kl_divergence_with_logits", reverse_kl_divergence_with_logits);
  add("reverse_kl_divergence_with_probabilities", reverse_kl_divergence_with_probabilities);
  add("jeffreys_divergence_with_logits", jeffreys_divergence_with_logits);
  add("jeffreys_divergence_with_probabilities", jeffreys_divergence_with_probabilities);
  add("js_divergence_with_logits", js_divergence_with_logits);
  add("js_divergence_with_probabilities", js_divergence_with_probabilities);
  add("categorical_focal_loss_with_logits", [](const Target& t, const Variable& x, const CategoricalOptions& o) {
    return categorical_focal_loss_with_logits(t, x, {}, o);
  });
  add("categorical_focal_loss_with_probabilities", [](const Target& t, const Variable& x, const CategoricalOptions& o) {
    return categorical_focal_loss_with_probabilities(t, x, {.gamma = .5}, o);
  });
  all.push_back({"distillation_loss", [=](auto& t, auto& x, auto& w) {
                   return distillation_loss(t, x, {.temperature = 2, .categorical = options(w)});
                 }});
  all.push_back({"kl_divergence_with_log_target", [=](auto& t, auto& x, auto& w) {
                   CategoricalOptions normalizing = options(w);
                   normalizing.normalize_target = true;
                   return kl_divergence_with_log_target(t, x, normalizing);
                 }});
  return all;
}

std::vector<Weighted> binary_losses(Reduction reduction) {
  std::vector<Weighted> all;
  const auto add = [&](const char* name,
                       const std::function<Variable(const Variable&, const Variable&, const BinaryOptions&)>& loss) {
    for (const double smoothing : {0., .2}) {
      all.push_back({name, [=](auto& t, auto& x, auto& w) {
                       return loss(t, x, {.reduction = reduction, .label_smoothing = smoothing, .sample_weights = w});
                     }});
    }
  };
  add("binary_cross_entropy_with_logits", binary_cross_entropy_with_logits);
  add("binary_cross_entropy_with_probabilities", binary_cross_entropy_with_probabilities);
  for (const double gamma : {0., .5, 2.}) {
    add("binary_focal_loss_with_logits", [=](auto& t, auto& x, auto& o) {
      return binary_focal_loss_with_logits(t, x, {.gamma = gamma, .alpha = .25}, o);
    });
    add("binary_focal_loss_with_probabilities",
        [=](auto& t, auto& x, auto& o) { return binary_focal_loss_with_probabilities(t, x, {.gamma = gamma}, o); });
  }
  return all;
}

std::vector<Weighted> keras_losses(compat::keras::Reduction reduction) {
  namespace keras = compat::keras;
  std::vector<Weighted> all;
  for (const bool logits : {false, true}) {
    all.push_back({"keras categorical_crossentropy", [=](auto& t, auto& x, auto& w) {
                     return keras::categorical_crossentropy(
                         t, x, {.from_logits = logits, .reduction = reduction, .sample_weight = w});
                   }});
    all.push_back({"keras binary_crossentropy", [=](auto& t, auto& x, auto& w) {
                     return keras::binary_crossentropy(
                         t, x, {.from_logits = logits, .reduction = reduction, .sample_weight = w});
                   }});
    all.push_back({"keras sparse_categorical_crossentropy",
                   [=](auto& t, auto& x, auto& w) {
                     return keras::sparse_categorical_crossentropy(
                         t.value(), x, {.from_logits = logits, .reduction = reduction, .sample_weight = w});
                   },
                   /*of_indices=*/true});
    all.push_back({"keras categorical_focal_crossentropy", [=](auto& t, auto& x, auto& w) {
                     return keras::categorical_focal_crossentropy(
                         t, x, {.from_logits = logits, .reduction = reduction, .sample_weight = w});
                   }});
    all.push_back({"keras binary_focal_crossentropy", [=](auto& t, auto& x, auto& w) {
                     return keras::binary_focal_crossentropy(
                         t, x, {.from_logits = logits, .reduction = reduction, .sample_weight = w});
                   }});
  }
  using Plain = Variable (*)(const Variable&, const Variable&, const keras::Options&);
  const Plain with_delta = [](const Variable& t, const Variable& x, const keras::Options& o) {
    return keras::huber(t, x, 1, o);
  };
  for (const auto& [name, loss] : {std::pair<const char*, Plain>{"kl_divergence", keras::kl_divergence},
                                   {"mean_squared_error", keras::mean_squared_error},
                                   {"mean_absolute_error", keras::mean_absolute_error},
                                   {"huber", with_delta},
                                   {"hinge", keras::hinge},
                                   {"squared_hinge", keras::squared_hinge},
                                   {"categorical_hinge", keras::categorical_hinge}}) {
    all.push_back({std::string("keras ") + name, [loss = loss, reduction](auto& t, auto& x, auto& w) {
                     return loss(t, x, {reduction, w});
                   }});
  }
  return all;
}

std::vector<Weighted> torch_losses(compat::torch::Reduction reduction) {
  namespace torch = compat::torch;
  const auto column = [](const Tensor& w) { return w.defined() ? w.reshape({w.numel(), 1}) : w; };
  return {{"torch binary_cross_entropy",
           [=](auto& t, auto& x, auto& w) {
             return torch::binary_cross_entropy(x, t, {.weight = column(w), .reduction = reduction});
           }},
          {"torch binary_cross_entropy_with_logits", [=](auto& t, auto& x, auto& w) {
             return torch::binary_cross_entropy_with_logits(x, t, {.weight = column(w), .reduction = reduction});
           }}};
}

std::vector<Weighted> all_losses() {
  std::vector<Weighted> all;
  const auto append = [&all](const std::vector<Weighted>& more) { all.insert(all.end(), more.begin(), more.end()); };
  for (const Reduction reduction : {Reduction::none, Reduction::sum, Reduction::mean}) {
    append(categorical_losses(reduction));
    append(binary_losses(reduction));
  }
  using compat::keras::Reduction::sum_over_batch_size;
  append(keras_losses(compat::keras::Reduction::none));
  append(keras_losses(sum_over_batch_size));
  append(torch_losses(compat::torch::Reduction::none));
  append(torch_losses(compat::torch::Reduction::mean));
  return all;
}

struct Results {
  std::vector<double> value, target, prediction, second;
};

/// Everything about a loss whose second row has weight 0 and holds these numbers.
Results with_row(const Weighted& loss, DType dtype, bool trace_target, double in_target, double in_prediction) {
  const Tensor t = loss.of_indices ? Tensor::of({1, in_target == 0 ? 0 : -7, 0}, DType::int64)
                                   : Tensor::of({{.25, .75}, {in_target, 1 - in_target}, {1, 0}}, dtype);
  const Variable x = Variable::leaf(Tensor::of({{.4, .6}, {in_prediction, 1 - in_prediction}, {.7, .3}}, dtype));
  const bool traced = trace_target && !loss.of_indices;
  const Variable target = traced ? Variable::leaf(t) : Variable(t);
  const Variable y = loss.f(target, x, Tensor::of({2, 0, .5}, dtype));
  const Variables inputs = traced ? Variables{x, target} : Variables{x};
  Results results = {y.value().to_vector(), {}, {}, {}};
  const Tensor dy = Tensor::ones(y.shape(), dtype);
  const Variables plain = grad(y, inputs, dy, {.retain_graph = true});
  const Variables dx = grad(y, inputs, dy, {.create_graph = true});
  results.prediction = plain[0].value().to_vector();
  const std::vector<double> by_ops = dx[0].value().to_vector();
  results.prediction.insert(results.prediction.end(), by_ops.begin(), by_ops.end());
  if (traced) {
    results.target = dx[1].value().to_vector();
  }
  if (dx[0].traced()) {
    results.second = grad(sum(dx[0] * dx[0]), {x}, {.allow_unused = true})[0].value().to_vector();
  }
  return results;
}

std::vector<double> masked(const std::vector<double>& gradient) {
  std::vector<double> rows;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    if (i % 6 == 2 || i % 6 == 3) {
      rows.push_back(gradient[i]);
    }
  }
  return rows;
}

TEST(MaskedRows, AreNotThere) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    for (const Weighted& loss : all_losses()) {
      for (const bool trace_target : {false, true}) {
        const Results expected = with_row(loss, dtype, trace_target, 0, .5);
        for (const double in_target : {0., kNaN, kInfinity, -3., 1e30}) {
          for (const double in_prediction : {.5, kNaN, kInfinity, -kInfinity, 1e30, 0.}) {
            const Results got = with_row(loss, dtype, trace_target, in_target, in_prediction);
            const auto where = [&] {
              std::ostringstream text;
              text << loss.name << " " << dtype << " at " << in_target << ", " << in_prediction
                   << (trace_target ? ", by ops" : "");
              return text.str();
            };
            EXPECT_EQ(got.value, expected.value) << where();
            EXPECT_EQ(got.prediction, expected.prediction) << where();
            EXPECT_EQ(got.target, expected.target) << where();
            EXPECT_EQ(got.second, expected.second) << where();
            EXPECT_THAT(masked(got.prediction), Each(0)) << where();
            EXPECT_THAT(masked(got.target), Each(0)) << where();
            EXPECT_THAT(masked(got.second), Each(0)) << where();
          }
        }
      }
    }
  }
}

/// Class 1 has weight 0 and holds NaN: no other class feels it on probabilities, no row that has nothing else.
TEST(MaskedRows, NorAreClassesOfWeightZero) {
  const Tensor only_first = Tensor::of({1, 0}, DType::float64);
  const Tensor half = Tensor::of({{.5, .5}}, DType::float64);
  for (const Weighted& loss : categorical_losses(Reduction::sum)) {
    if (loss.name.ends_with("probabilities")) {
      const auto results = [&](double q) {
        const Variable x = Variable::leaf(Tensor::of({{.5, q}}, DType::float64));
        const auto weighted = [&](Categorical f) { return f(half, x, {.class_weights = only_first}); };
        const Variable y = loss.name.starts_with("cross") ? weighted(cross_entropy_with_probabilities)
                           : loss.name.starts_with("kl")  ? weighted(kl_divergence_with_probabilities)
                           : loss.name.starts_with("rev") ? weighted(reverse_kl_divergence_with_probabilities)
                           : loss.name.starts_with("jef") ? weighted(jeffreys_divergence_with_probabilities)
                           : loss.name.starts_with("js")
                               ? weighted(js_divergence_with_probabilities)
                               : categorical_focal_loss_with_probabilities(half, x, {.alpha = only_first});
        std::vector<double> all = {y.value().item()};
        for (const bool create_graph : {false, true}) {
          const Variable dx = grad(y, {x}, {.create_graph = create_graph, .retain_graph = true})[0];
          all.insert(all.end(), {dx.value().to_vector()[0], dx.value().to_vector()[1]});
        }
        return all;
      };
      EXPECT_EQ(results(kNaN), results(.5)) << loss.name;
    }
  }
  const Tensor second = Tensor::of({1}, DType::int64);
  for (const NestedList& z :
       std::vector<NestedList>{{{kNaN, 1}}, {{kInfinity, kInfinity}}, {{-kInfinity, -kInfinity}}}) {
    for (const Categorical f : {cross_entropy_with_logits, kl_divergence_with_logits}) {
      const Variable x = Variable::leaf(Tensor::of(z, DType::float64));
      const Variable y = f(second, x, {.class_weights = only_first});
      EXPECT_EQ(y.value().item(), 0);
      EXPECT_THAT(testing::gradient(y, x), Each(0));
    }
    const Variable x = Variable::leaf(Tensor::of(z, DType::float64));
    const Variable y = categorical_focal_loss_with_logits(second, x, {.alpha = only_first});
    EXPECT_EQ(y.value().item(), 0);
    EXPECT_THAT(testing::gradient(y, x), Each(0));
  }
}

/// Yes does not count, and no does not happen: nothing is left of the element.
TEST(MaskedRows, NorAreSidesOfWeightZero) {
  const Tensor yes = Tensor::of({1}, DType::float64), zero = Tensor::zeros({}, DType::float64);
  for (const double prediction : {kNaN, 1.}) {
    for (const bool logits : {false, true}) {
      for (const double gamma : {0., .5, 2.}) {
        const Variable x = Variable::leaf(Tensor::of({prediction}, DType::float64));
        const BinaryOptions options = {.positive_weight = zero};
        const Variable losses[] = {logits ? binary_cross_entropy_with_logits(yes, x, options)
                                          : binary_cross_entropy_with_probabilities(yes, x, options),
                                   logits ? binary_focal_loss_with_logits(yes, x, {.gamma = gamma, .alpha = 0})
                                          : binary_focal_loss_with_probabilities(yes, x, {.gamma = gamma, .alpha = 0})};
        for (const Variable& y : losses) {
          EXPECT_EQ(y.value().item(), 0) << prediction << " " << logits << " " << gamma;
          EXPECT_THAT(testing::gradient(y, x), Each(0)) << prediction << " " << logits << " " << gamma;
        }
      }
    }
  }
}

}  // namespace
}  // namespace gibbs::losses
