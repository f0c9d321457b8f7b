#include "examples/laboratory/training_curve.h"

#include "gibbs/autograd/grad.h"
#include "gibbs/data/loader.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/nn/training_loop.h"
#include "gibbs/optim/optim.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/train/confusion.h"

namespace gibbs::examples {
namespace {

std::unique_ptr<optim::Optimizer> make_optimizer(Method method, nn::Module& model, double rate) {
  if (method == Method::sgd) {
    return std::make_unique<optim::SGD>(nn::parameters(model), optim::SGDOptions{.learning_rate = rate});
  }
  const optim::AdamOptions adam{.learning_rate = rate, .epsilon_mode = optim::EpsilonMode::keras};
  return std::make_unique<optim::Adam>(nn::parameters(model), adam);
}

}  // namespace

double running_mean(const std::vector<double>& values, std::size_t last, std::size_t count) {
  const std::size_t first = last + 1 > count ? last + 1 - count : 0;
  double total = 0;
  for (std::size_t i = first; i <= last; ++i) {
    total += values[i];
  }
  return total / static_cast<double>(last + 1 - first);
}

TrainingCurve train_with(const std::string& name, const LogitsLoss& loss, const nn::Layer& start,
                         const data::Subset& set, const TrainingCurveOptions& options) {
  const LockstepOptions& lab = options.lockstep;
  const std::unique_ptr<nn::Layer> model = nn::clone(start);
  nn::to(*model, lab.dtype);
  const auto optimizer = make_optimizer(options.method, *model, lab.learning_rate);
  data::DataLoader loader(set, {.batch_size = options.batch_size, .seed = lab.seed});
  nn::TrainingLoop loop({.seed = lab.seed});
  TrainingCurve curve{.name = name, .cross_entropy = {}, .accuracy = {}};
  for (std::int64_t step = 0; step < options.steps; ++step) {
    const data::Batch batch = loader.next();
    const Tensor p = make_targets(lab.targets, batch.target(), batch.input(), lab.classes, lab.dtype, lab.seed);
    const nn::ForwardScope scope = loop.next(batch.rows);
    const Variable logits =
        (*model)(lab.dtype == batch.input().dtype() ? batch.input() : kernels::cast(batch.input(), lab.dtype));
    optimizer->clear_gradients();
    backward(loss(p, logits));
    optimizer->step();
    curve.cross_entropy.push_back(losses::cross_entropy_with_logits(batch.target(), logits.detach()).value().item());
    curve.accuracy.push_back(static_cast<double>(train::count_correct(batch.target(), logits.value())) /
                             static_cast<double>(batch.rows));
  }
  return curve;
}

std::vector<TrainingCurve> train_both(const Break& broken, const nn::Layer& start, const data::Subset& set,
                                      const TrainingCurveOptions& options) {
  std::vector<TrainingCurve> curves;
  const auto train = [&](const std::string& suffix, const TrainingCurveOptions& how) {
    curves.push_back(train_with(broken.first_name + suffix, broken.losses.first, start, set, how));
    curves.push_back(train_with(broken.second_name + suffix, broken.losses.second, start, set, how));
  };
  train(broken.also_with_sgd ? ", Adam" : "", options);
  if (broken.also_with_sgd) {
    TrainingCurveOptions sgd = options;
    sgd.method = Method::sgd;
    sgd.lockstep.learning_rate *= 50;
    train(", SGD", sgd);
  }
  return curves;
}

}  // namespace gibbs::examples
