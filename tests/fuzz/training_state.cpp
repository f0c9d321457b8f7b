// The JSON in which a checkpoint says where training stood. What is accepted is consistent: there is a row of history
// for each finished epoch, and training goes on from there to the end of the next epoch.
#include <algorithm>
#include <cmath>

#include "gibbs/nn/safetensors.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/training.h"

namespace gibbs::fuzz {
namespace {

constexpr const char* kStateKey = "state";

bool examine(const Bytes& input) {
  static const nn::Safetensors tiny = nn::read_safetensors(tiny_checkpoint());
  nn::Metadata metadata = tiny.metadata;
  metadata[kStateKey] = text_of(input);
  const std::string path = scratch("checkpoint");
  TinyRun run;
  train::TrainingState state;
  if (!accepts([&] {
        nn::write_safetensors(path, tiny.tensors, metadata);  // refuses what is not UTF-8
        state = run.load(path);
      })) {
    return false;
  }
  const std::int64_t finished = state.position.epoch;
  require(state.step >= 0 && finished >= 0 && state.position.batch >= 0 && state.correct >= 0,
          "counts are not negative");
  require(std::ssize(state.history.epochs) == finished, "every finished epoch has its row in the history");
  constexpr std::int64_t kMostEpochs = 1000;
  TinyRun resumed;
  train::FitResult result;
  const int epochs = static_cast<int>(std::min(finished, kMostEpochs)) + 1;
  if (accepts([&] { result = resumed.fit(path, epochs); })) {
    require(
        std::ssize(result.history.epochs) == std::max<std::int64_t>(finished, epochs) || !result.stop_reason.empty(),
        "training goes on to the last epoch");
  }
  return true;
}

std::vector<Bytes> seeds() { return {bytes_of(nn::read_safetensors(tiny_checkpoint()).metadata.at(kStateKey))}; }

}  // namespace

Harness training_state_harness() { return {.name = "training_state", .examine = examine, .seeds = seeds}; }

}  // namespace gibbs::fuzz
