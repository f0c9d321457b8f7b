// Training is a class, so that the loop reads as a few short steps over shared state. What must survive an interruption
// is in state_ (a TrainingState, which the checkpoint holds); the rest is made anew from the arguments.
#include "gibbs/train/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <utility>

#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/profile.h"
#include "gibbs/data/loader.h"
#include "gibbs/nn/training_loop.h"
#include "gibbs/train/detail/fit_arguments.h"
#include "gibbs/train/detail/gradient_tree.h"
#include "gibbs/train/detail/interrupt.h"
#include "gibbs/train/detail/not_finite.h"
#include "gibbs/train/detail/resume.h"

namespace gibbs::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/// 0 of none.
double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return values.empty() ? 0 : *middle;
}

/// One call of fit: its arguments, where training stands, and the pieces of the loop.
class Training {
 public:
  Training(nn::Module& model, optim::Optimizer& optimizer, const detail::BoundTask& task, data::Batches& train,
           data::Batches* validation, const FitOptions& options, const Callbacks& callbacks)
      : model_(model),
        optimizer_(optimizer),
        task_(task),
        train_(train),
        validation_(validation),
        options_(options),
        callbacks_(callbacks),
        epochs_(options.steps ? (*options.steps - 1) / train.batches_per_epoch() + 1 : options.epochs.value_or(1)),
        progress_(*options.out, options.progress, static_cast<int>(epochs_)),
        running_(task.metrics, RunningMetrics::For::training),
        callback_state_{.model = model, .optimizer = optimizer, .history = state_.history, .running = running_} {
    callback_state_.validates = validation != nullptr;
    callback_state_.names = column_names(task.metrics);
    for (const auto& [path, parameter] : nn::named_parameters(model)) {
      parameters_.push_back(parameter);
    }
    if (options.shards > 1) {
      tree_.emplace(optimizer.parameters());
    }
    describe_run();
    if (options.resume) {
      restore();
    }
  }

  FitResult run() {
    notify(&Callback::on_fit_begin);
    const InterruptScope interrupt;
    data::DataLoader loader(train_, state_.position);
    saved_at_ = Clock::now();
    name_the_reason();
    while (!is_done() && !(callback_state_.stop && state_.position.batch == 0) && !interrupted_) {
      run_epoch(loader);
    }
    return {.history = state_.history,
            .steps = state_.step,
            .median_step_seconds = median(step_seconds_),
            .epoch_over_steps = working_seconds_ > 0 ? epoch_seconds_ / working_seconds_ : 0,
            .validation_rows_per_second = median(validation_rates_),
            .interrupted = interrupted_,
            .signal = interrupted_ ? InterruptScope::signal() : 0,
            .stop_reason = interrupted_ ? "interrupted" : callback_state_.stop_reason};
  }

 private:
  /// What must be equal when a run goes on, and what is worth a line when it is not.
  void describe_run() {
    state_.settings = {{"seed", std::to_string(options_.seed)}, {"shards", std::to_string(options_.shards)}};
    append(state_.settings, describe_bits());
    append(state_.settings, prefixed("training ", train_.settings()));
    append(state_.settings, validation_ ? prefixed("validation ", validation_->settings())
                                        : RunSettings{{"validation samples", "none"}});
    append(state_.settings, {{"numbers of an epoch", fmt::format("{}", fmt::join(callback_state_.names, ", "))}});
    for (std::size_t i = 0; i < callbacks_.size(); ++i) {
      append(state_.settings, prefixed(fmt::format("callback {}'s ", i + 1), callbacks_[i]->settings()));
    }
    append(state_.settings, options_.settings);
    check_names_differ("fit", state_.settings);
    if (!options_.checkpoint.empty()) {
      state_.data = describe_data("training ", train_);
      append(state_.data, validation_ ? describe_data("validation ", *validation_) : RunSettings{});
      state_.arithmetic = describe_arithmetic();
    }
  }

  TrainingParts parts() { return {.model = model_, .optimizer = optimizer_, .running = running_}; }

  void restore() {
    if (options_.checkpoint.empty() || !has_checkpoint(options_.checkpoint)) {
      return;
    }
    const TrainingState here = state_;
    state_ = resume({.parts = parts(),
                     .callbacks = callbacks_,
                     .options = options_,
                     .train = train_,
                     .names = callback_state_.names,
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
    name_the_reason();
    state_.stop_reason = callback_state_.stop_reason;
    state_.callbacks.clear();
    for (const Callback* callback : callbacks_) {
      state_.callbacks.push_back(callback->saved_state());
    }
    save_checkpoint(options_.checkpoint, parts(), state_);
    saved_ = true;
    saved_at_ = Clock::now();
  }

  bool is_time_to_save() const {
    const auto [steps, seconds] = options_.checkpoint_every;
    return (steps > 0 && state_.step % steps == 0) || (seconds > 0 && seconds_since(saved_at_) >= seconds);
  }

  void write_history() const {
    if (!options_.history.empty() && !state_.history.epochs.empty()) {
      state_.history.write_csv(options_.history);
    }
  }

  void name_the_reason() {
    if (callback_state_.stop && callback_state_.stop_reason.empty()) {
      callback_state_.stop_reason = "a callback asked to stop";
    }
  }

  /// Up to its end, or to the last step in it.
  std::int64_t batches_of_this_epoch() const {
    const std::int64_t all = train_.batches_per_epoch();
    return options_.steps ? std::min(all, state_.position.batch + *options_.steps - state_.step) : all;
  }

  /// True after the last step, even if the last epoch is still to be reported.
  bool is_last_step() const { return options_.steps && state_.step >= *options_.steps; }
  bool is_done() const {
    return options_.steps ? reported_last_ || (is_last_step() && state_.position.batch == 0)
                          : state_.position.epoch >= epochs_;
  }

  void run_epoch(data::DataLoader& loader) {
    const Clock::time_point began = Clock::now();
    const double seconds_before = state_.epoch_seconds;
    callback_state_.epoch = static_cast<int>(state_.position.epoch) + 1;
    progress_.begin_epoch(callback_state_.epoch, batches_of_this_epoch());
    if (state_.position.batch == 0) {
      notify(&Callback::on_epoch_begin);
    }
    double working = 0;
    for (bool last = false; !last && !is_last_step();) {
      const Clock::time_point step_began = Clock::now();
      notify(&Callback::on_step_begin);
      const data::Batch batch = step_on_next(loader, working);
      state_.position = loader.position();
      last = batch.last_of_epoch;
      step_seconds_.push_back(seconds_since(step_began));
      if (progress_.draws_steps()) {
        progress_.step(batch.position.batch + 1, running_.values());
      }
      notify(&Callback::on_step_end);
      interrupted_ = InterruptScope::requested() && !last;
      if (!last && (interrupted_ || is_last_step() || is_time_to_save())) {
        check_weights();
        state_.epoch_seconds = seconds_before + seconds_since(began);
        save();
      }
      if (interrupted_) {
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

  void train_step(const data::Batch& batch) {
    optimizer_.clear_gradients();
    for (Parameter& parameter : parameters_) {  // those that the optimizer leaves alone would add up
      parameter.clear_gradient();
    }
    compute_gradients(batch);
    notify(&Callback::on_gradients);
    optimizer_.step();
    callback_state_.step = ++state_.step;
  }

  /// Forward and backward of a batch, whole or in pieces.
  void compute_gradients(const data::Batch& batch) {
    nn::TrainingLoop loop({.seed = options_.seed,
                           .step = static_cast<std::uint64_t>(state_.step),
                           .first_sample = static_cast<std::uint64_t>(batch.first_sample)});
    const nn::ForwardScope step = loop.next(batch.rows);
    if (options_.shards == 1) {
      forward_and_backward(batch);
      return;
    }
    for (int i = 0; i < options_.shards; ++i) {
      if (const data::Batch piece = data::piece(batch, i, options_.shards); piece.rows > 0) {
        const nn::ForwardScope scope = loop.piece(piece.first_sample - batch.first_sample);
        tree_->add_piece(forward_and_backward(piece));
      }
    }
    tree_->finish();
  }

  /// Of a batch, or of a piece of one, in the scope there is. Returns its weight.
  double forward_and_backward(const data::Batch& batch) {
    const Outcome outcome = task_.run(batch);
    check(outcome.loss.defined() && outcome.loss.numel() == 1, "fit: the task's loss ",
          outcome.loss.defined() ? "has several elements" : "is undefined",
          "; it must be one number, the mean over the batch");
    const double value = outcome.loss.value().item();
    const double weight = outcome.weight.value_or(static_cast<double>(batch.rows));
    if (weight != 0) {  // where nothing counts, the mean is of nothing, and there is nothing to learn
      if (!std::isfinite(value)) {
        report_not_finite("the loss", value, state_.step + 1,
                          first_not_finite(task_, nn::ForwardScope::current(), [&](auto& task) { task.run(batch); }));
      }
      backward(outcome.loss);
      check_something_is_learned();
    }
    running_.add(batch, outcome);
    return weight;
  }

  void check_something_is_learned() const {
    const bool has_gradient = std::ranges::any_of(
        optimizer_.parameters(), [](const Named<Parameter>& named) { return named.item.gradient().defined(); });
    check(has_gradient, "fit: the loss depends on no parameter that the optimizer steps, so that nothing is learned; ",
          "let the task run the model that it is given, and freeze less");
  }

  [[noreturn]] void report_not_finite(const char* what, double loss, std::int64_t step, const Culprit& culprit) const {
    fail("fit: ", what, " became ", std::isnan(loss) ? "NaN" : "infinite", " at step ", step, " (epoch ",
         callback_state_.epoch, "); ", culprit.where, culprit.is_data ? "; mend the data" : what_to_do());
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

  /// Validates, reports and, where the data of the epoch ended, saves; returns the seconds that validation took. An
  /// epoch that the last step cut short was saved before: a run that goes on completes it.
  double finish_epoch(double seconds) {
    const bool is_whole = state_.position.batch == 0;
    check_weights();
    EpochResult result{.epoch = callback_state_.epoch, .numbers = running_.values(), .seconds = seconds};
    const bool last = is_whole ? is_last_step() || state_.position.epoch >= epochs_ : true;
    callback_state_.validated = validation_ && (last || result.epoch % options_.validate_every == 0);
    const double validation_seconds = validate(result.numbers);
    result.seconds += validation_seconds;
    state_.history.epochs.push_back(result);
    progress_.end_epoch(result);
    notify(&Callback::on_epoch_end);
    if (is_whole) {
      running_.clear();
      state_.epoch_seconds = 0;
      save();
    }
    name_the_reason();
    write_history();
    reported_last_ = is_last_step();
    interrupted_ = InterruptScope::requested();
    return validation_seconds;
  }

  /// Adds the numbers of validation, NaN where this epoch has none. Returns the seconds that it took.
  double validate(NamedNumbers& numbers) {
    const auto begin = callback_state_.names.begin() + static_cast<std::ptrdiff_t>(numbers.size());
    if (!callback_state_.validated) {
      for (auto name = begin; name != callback_state_.names.end(); ++name) {
        numbers.emplace_back(*name, std::numeric_limits<double>::quiet_NaN());
      }
      return 0;
    }
    const Clock::time_point began = Clock::now();
    const ProfileSpan span("validation");
    const optim::EvaluationWeights averages(optimizer_);
    const NamedNumbers measured = detail::evaluate(task_, *validation_);
    if (const double loss = measured.front().second; !std::isfinite(loss)) {
      report_not_finite("the validation loss", loss, state_.step,
                        first_not_finite(task_, {}, [&](auto& task) { detail::evaluate(task, *validation_); }));
    }
    for (const auto& [name, value] : measured) {
      numbers.emplace_back("val_" + name, value);
    }
    const double seconds = seconds_since(began);
    validation_rates_.push_back(static_cast<double>(validation_->samples()) / seconds);
    return seconds;
  }

  void notify(void (Callback::*point)(FitState&)) {
    for (Callback* callback : callbacks_) {
      (callback->*point)(callback_state_);
    }
  }

  nn::Module& model_;
  optim::Optimizer& optimizer_;
  const detail::BoundTask& task_;
  data::Batches& train_;
  data::Batches* validation_;  // or null
  const FitOptions& options_;
  const Callbacks& callbacks_;
  std::int64_t epochs_;  // all of them, the last perhaps cut short
  Progress progress_;
  TrainingState state_;
  RunningMetrics running_;
  FitState callback_state_;
  std::vector<Parameter> parameters_;  // of the model
  std::optional<GradientTree> tree_;   // with shards
  std::vector<double> step_seconds_, validation_rates_;
  double epoch_seconds_ = 0, working_seconds_ = 0;  // of whole epochs, validation aside; of the steps in them
  Clock::time_point saved_at_;
  bool saved_ = false;          // the checkpoint file is this run's
  bool reported_last_ = false;  // the epoch that the last step ended
  bool interrupted_ = false;
};

}  // namespace

FitResult detail::fit(nn::Module& model, optim::Optimizer& optimizer, const BoundTask& task, data::Batches& train,
                      data::Batches* validation, const FitOptions& options, const Callbacks& callbacks) {
  check_fit_arguments(model, optimizer, train, validation, options, callbacks);
  return Training(model, optimizer, task, train, validation, options, callbacks).run();
}

}  // namespace gibbs::train
