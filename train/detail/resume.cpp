#include "gibbs/train/detail/resume.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <system_error>

#include "gibbs/train/detail/fit_arguments.h"

namespace gibbs::train {
namespace {

/// Every batch is one step, so the position tells how many steps there were.
void check_position(const TrainingState& state, const Resumed& run, const std::string& file) {
  const std::int64_t batches = run.train.batches_per_epoch();
  const auto [epoch, batch] = state.position;
  check(batch < batches, "checkpoint: ", file, " has a damaged 'state': batch is ", batch, ", and an epoch has ",
        batches, " batches; delete the file to begin anew, or choose another folder");
  for (const EpochResult& row : state.history.epochs) {
    const bool as_here = std::ranges::equal(row.numbers, run.names, {}, &NamedNumbers::value_type::first);
    check(as_here, "checkpoint: ", file, " has a damaged 'state': its history has other numbers than this run; delete ",
          "the file to begin anew, or choose another folder");
  }
  const std::int64_t steps = epoch * batches + batch;
  check(state.step == steps, "checkpoint: ", file, " has a damaged 'state': after ", epoch, " epochs and ", batch,
        " batches step is ", steps, ", but there it is ", state.step,
        "; delete the file to begin anew, or choose another folder");
}

/// All of them or, when one throws, none.
void restore(const Callbacks& callbacks, const std::vector<std::string>& states, const std::string& file) {
  check(states.size() == callbacks.size(), "fit: the checkpoint holds the state of ", states.size(),
        " callbacks, this run has ", callbacks.size(), "; give the callbacks that the interrupted run had");
  std::vector<std::string> before;
  for (const Callback* callback : callbacks) {
    before.push_back(callback->saved_state());
  }
  for (std::size_t i = 0; i < callbacks.size(); ++i) {
    try {
      callbacks[i]->restore(states[i]);
    } catch (const std::exception& error) {
      const std::string reason = error.what();
      for (std::size_t k = 0; k <= i; ++k) {
        callbacks[k]->restore(before[k]);
      }
      fail("checkpoint: ", file, " does not fit callback ", i + 1, " of ", callbacks.size(), ": ", reason);
    }
  }
}

}  // namespace

bool has_checkpoint(const std::filesystem::path& path) {
  std::error_code error;
  const bool exists = std::filesystem::exists(path, error);
  check(!error, "checkpoint: cannot look for ", path.string(), ": ", error.message());
  return exists;
}

TrainingState resume(const Resumed& run) {
  const std::filesystem::path& path = run.options.checkpoint;
  const std::string file = path.string();
  const auto accept = [&](const TrainingState& state) {
    const std::string other_data = differences(state.data, run.here.data);
    check(other_data.empty(), "checkpoint: ", file, " belongs to another run: ", other_data,
          "; give the same data, or another folder");
    check_position(state, run, file);
    check_steps_left(state, run.options);
    restore(run.callbacks, state.callbacks, file);
  };
  TrainingState state = load_checkpoint(path, run.parts, run.here.settings, accept);
  if (const std::string other = differences(state.arithmetic, run.here.arithmetic); !other.empty()) {
    *run.options.out << fmt::format(
        "Going on with other arithmetic: {}. The training is the same, its last bits are not.\n", other);
  }
  if (state.position.batch == 0) {
    run.parts.running.clear();  // an epoch that has not begun has gathered nothing
  }
  state.arithmetic = run.here.arithmetic;
  return state;
}

}  // namespace gibbs::train
