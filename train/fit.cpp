// Training is a class, so that the loop reads as a few short steps over shared state. What must survive an interruption
// is in state_ (a TrainingState, which the checkpoint holds); the rest is made anew from the arguments.
#include "gibbs/train/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/profile.h"
#include "gibbs/data/loader.h"
#include "gibbs/nn/forward.h"
#include "gibbs/train/detail/fit_arguments.h"
#include "gibbs/train/detail/interrupt.h"
#include "gibbs/train/detail/resume.h"

namespace gibbs::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

double median(std::vector<double> values) {
  if (values.empty()) {
    return 0;
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// One call of fit: its arguments, where training stands, and the pieces of the loop.
class Training {
 public:
  Training(nn::Layer& model, optim::Optimizer& optimizer, const LossFunction& loss, const data::Subset& train,
           const data::Subset& validation, const FitOptions& options, const Callbacks& callbacks)
      : model_(model),
        optimizer_(optimizer),
        loss_(loss),
        train_(train),
        validation_(validation),
        options_(options),
        callbacks_(callbacks),
        progress_(*options.out, options.progress, options.epochs),
        callback_state_{.model = model, .optimizer = optimizer, .history = state_.history, .stop_reason = {}} {
    callback_state_.validates = validation.size() > 0;
    state_.settings = {{"number of training images", std::to_string(train.size())},
                       {"number of validation images", std::to_string(validation.size())},
                       {"batch size", std::to_string(options.batch_size)},
                       {"seed", std::to_string(options.seed)},
                       {"number of transforms", std::to_string(options.transforms.size())}};
    state_.settings.insert(state_.settings.end(), options.settings.begin(), options.settings.end());
    if (!options.checkpoint.empty()) {
      state_.data = describe_data(train, validation);
      state_.arithmetic = describe_arithmetic();
    }
    if (options.resume) {
      restore();
    }
  }

  FitResult run() {
    notify(&Callback::on_fit_begin);
    const InterruptScope interrupt;
    data::DataLoader loader(
        train_, {.batch_size = options_.batch_size, .seed = options_.seed, .transforms = options_.transforms},
        state_.position);
    while (state_.position.epoch < options_.epochs && !callback_state_.stop && !interrupted_) {
      run_epoch(loader);
    }
    return {.history = state_.history,
            .steps = state_.step,
            .median_step_seconds = median(step_seconds_),
            .epoch_over_steps = epoch_seconds_ > 0 ? epoch_seconds_ / working_seconds_ : 0,
            .validation_images_per_second = median(validation_rates_),
            .interrupted = interrupted_,
            .signal = interrupted_ ? InterruptScope::signal() : 0,
            .stop_reason = interrupted_ ? "interrupted" : callback_state_.stop_reason};
  }

 private:
  void restore() {
    if (options_.checkpoint.empty() || !has_checkpoint(options_.checkpoint)) {
      return;
    }
    const TrainingState here = state_;
    state_ = resume({.model = model_,
                     .optimizer = optimizer_,
                     .callbacks = callbacks_,
                     .options = options_,
                     .images = train_.size(),
                     .here = here});
    saved_ = true;
    callback_state_.step = state_.step;
    callback_state_.stop_reason = state_.stop_reason;
    callback_state_.stop = !state_.stop_reason.empty();
    write_history();  // the kill may have come between checkpoint and history
  }

  void save() {
    if (options_.checkpoint.empty()) {
      return;
    }
    state_.callbacks.clear();
    for (const Callback* callback : callbacks_) {
      state_.callbacks.push_back(callback->saved_state());
    }
    save_checkpoint(options_.checkpoint, model_, optimizer_, state_);
    saved_ = true;
  }

  void write_history() const {
    if (!options_.history.empty() && !state_.history.epochs.empty()) {
      state_.history.write_csv(options_.history);
    }
  }

  void run_epoch(data::DataLoader& loader) {
    const Clock::time_point began = Clock::now();
    const double seconds_before = state_.epoch_seconds;
    callback_state_.epoch = static_cast<int>(state_.position.epoch) + 1;
    progress_.begin_epoch(callback_state_.epoch, loader.batches_per_epoch());
    if (state_.position.batch == 0) {
      notify(&Callback::on_epoch_begin);
    }
    double working = 0;
    for (bool last = false; !last;) {
      const Clock::time_point step_began = Clock::now();
      notify(&Callback::on_step_begin);
      const data::Batch batch = step_on_next(loader, working);
      state_.position = loader.position();
      last = batch.last_of_epoch;
      step_seconds_.push_back(seconds_since(step_began));
      progress_.step(batch.position.batch + 1, state_.loss.value(), running_accuracy());
      notify(&Callback::on_step_end);
      if (InterruptScope::requested() && !last) {
        check_weights();
        state_.epoch_seconds = seconds_before + seconds_since(began);
        interrupted_ = true;
        save();
        return;
      }
    }
    const double validation_seconds = finish_epoch(seconds_before + seconds_since(began));
    epoch_seconds_ += seconds_since(began) - validation_seconds;
    working_seconds_ += working;
  }

  /// Adds to `working` the seconds that the step took once it had its batch.
  data::Batch step_on_next(data::DataLoader& loader, double& working) {
    const ProfileStep step;
    data::Batch batch = next_batch(loader);
    const Clock::time_point began = Clock::now();
    train_step(batch);
    working += seconds_since(began);
    return batch;
  }

  static data::Batch next_batch(data::DataLoader& loader) {
    const ProfileSpan span("waiting for a batch", ProfileCategory::data);
    return loader.next();
  }

  Variable loss_of(const Tensor& labels, const Variable& logits) const {
    const ProfileSpan span("loss");
    return loss_(labels, logits);
  }

  void train_step(const data::Batch& batch) {
    const nn::ForwardOptions forward{.training = true,
                                     .seed = options_.seed,
                                     .step = static_cast<std::uint64_t>(state_.step),
                                     .first_sample = static_cast<std::uint64_t>(batch.first_sample)};
    optimizer_.clear_gradients();
    {
      const nn::ForwardScope scope(forward);
      const Variable logits = model_(batch.images);
      const Variable loss = loss_of(batch.labels, logits);
      const double value = loss.value().item();
      if (!std::isfinite(value)) {
        report_not_finite("the loss", value, state_.step + 1, forward, [&] { model_(batch.images); });
      }
      backward(loss);
      state_.loss.add(value, batch.size());
      state_.correct += count_correct(batch.labels, logits.value());
    }
    optimizer_.step();
    callback_state_.step = ++state_.step;
  }

  /// Runs `forward` again, looking at every layer, and throws what it finds.
  template <class Forward>
  [[noreturn]] void report_not_finite(const char* what, double loss, std::int64_t step, nn::ForwardOptions options,
                                      const Forward& forward) {
    std::string where = "all layers are finite: it appeared in the loss itself";
    options.check_finite = true;
    try {
      const NoTape no_tape;
      const nn::ForwardScope scope(options);
      forward();
    } catch (const Error& error) {
      where = error.what();
    }
    fail("fit: ", what, " became ", std::isnan(loss) ? "NaN" : "infinite", " at step ", step, " (epoch ",
         callback_state_.epoch, "); ", where, what_to_do());
  }

  /// The last step of an epoch may spoil the weights after its loss was computed.
  void check_weights() const {
    const std::string broken = first_not_finite(model_);
    check(broken.empty(), "fit: step ", state_.step, " (epoch ", callback_state_.epoch,
          ") left NaN or infinity in parameter '", broken, "'", what_to_do());
  }

  std::string what_to_do() const {
    return fmt::format(". Lower the learning rate (it is {}); {}", optimizer_.learning_rate(),
                       saved_ ? "the last good checkpoint is " + options_.checkpoint.string()
                              : "this run had saved no checkpoint yet");
  }

  /// Validates, reports and saves; returns the seconds that validation took.
  double finish_epoch(double seconds) {
    check_weights();
    double validation_seconds = 0;
    EpochResult result{.epoch = callback_state_.epoch,
                       .loss = state_.loss.value(),
                       .accuracy = running_accuracy(),
                       .val_loss = std::numeric_limits<double>::quiet_NaN(),
                       .val_accuracy = std::numeric_limits<double>::quiet_NaN(),
                       .seconds = seconds};
    if (validation_.size() > 0) {
      const Clock::time_point began = Clock::now();
      const ProfileSpan span("validation");
      const Evaluation evaluation = evaluate(model_, loss_, validation_, {.batch_size = options_.batch_size});
      if (!std::isfinite(evaluation.loss)) {
        report_not_finite("the validation loss", evaluation.loss, state_.step, {},
                          [&] { evaluate(model_, loss_, validation_, {.batch_size = options_.batch_size}); });
      }
      result.val_loss = evaluation.loss;
      result.val_accuracy = evaluation.accuracy;
      validation_seconds = seconds_since(began);
      result.seconds += validation_seconds;
      validation_rates_.push_back(static_cast<double>(validation_.size()) / validation_seconds);
    }
    state_.history.epochs.push_back(result);
    state_.loss = {};
    state_.correct = 0;
    state_.epoch_seconds = 0;
    progress_.end_epoch(result);
    notify(&Callback::on_epoch_end);
    if (callback_state_.stop && callback_state_.stop_reason.empty()) {
      callback_state_.stop_reason = "a callback asked to stop";
    }
    state_.stop_reason = callback_state_.stop_reason;
    save();
    write_history();
    interrupted_ = InterruptScope::requested();
    return validation_seconds;
  }

  void notify(void (Callback::*point)(FitState&)) {
    for (Callback* callback : callbacks_) {
      (callback->*point)(callback_state_);
    }
  }

  double running_accuracy() const {
    return static_cast<double>(state_.correct) / static_cast<double>(std::max<std::int64_t>(1, state_.loss.rows()));
  }

  nn::Layer& model_;
  optim::Optimizer& optimizer_;
  const LossFunction& loss_;
  const data::Subset& train_;
  const data::Subset& validation_;
  const FitOptions& options_;
  const Callbacks& callbacks_;
  Progress progress_;
  TrainingState state_;
  FitState callback_state_;
  std::vector<double> step_seconds_, validation_rates_;
  double epoch_seconds_ = 0, working_seconds_ = 0;  // of whole epochs, validation aside; of the steps in them
  bool saved_ = false;                              // the checkpoint file is this run's
  bool interrupted_ = false;
};

}  // namespace

FitResult fit(nn::Layer& model, optim::Optimizer& optimizer, const LossFunction& loss, const data::Subset& train,
              const data::Subset& validation, const FitOptions& options, const Callbacks& callbacks) {
  check_fit_arguments(model, optimizer, loss, train, validation, options, callbacks);
  return Training(model, optimizer, loss, train, validation, options, callbacks).run();
}

}  // namespace gibbs::train
