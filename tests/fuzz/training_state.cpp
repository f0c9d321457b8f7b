// The JSON in which a checkpoint says where training stood. What is accepted and written again is the same text, and a
// run goes on from it: with a row of history for each finished epoch, to the end of the next one.
#include <algorithm>

#include "gibbs/io/safetensors.h"
#include "gibbs/train/detail/checkpoint_state.h"
#include "tests/fuzz/harness.h"
#include "tests/fuzz/training.h"

namespace gibbs::fuzz {
namespace {

constexpr const char *kFile = "fuzz", *kStateKey = "state";

/// Goes on from a checkpoint whose state is `text`; refused unless that is one of this run.
void go_on_from(const std::string& text, const train::TrainingState& state) {
  static const io::Safetensors tiny = io::read_safetensors(tiny_checkpoint());
  io::Metadata metadata = tiny.metadata;
  metadata[kStateKey] = text;
  const std::string path = scratch("checkpoint");
  io::write_safetensors(path, tiny.tensors, metadata, {.checksum = true});
  TinyRun run;
  train::FitResult result;
  constexpr std::int64_t kMostEpochs = 50;
  const std::int64_t finished = state.position.epoch, epochs = std::min(finished, kMostEpochs) + 1;
  if (accepts([&] { result = run.fit(path, static_cast<int>(epochs)); })) {
    const bool stopped = !state.stop_reason.empty();
    require(std::ssize(result.history.epochs) == (stopped ? finished : std::max(finished, epochs)),
            "there is a row of history for each epoch");
  }
}

bool examine(const Bytes& input) {
  train::detail::CheckpointState state;
  if (!accepts([&] { state = train::detail::from_json(text_of(input), kFile); })) {
    return false;
  }
  const std::string text = train::detail::to_json(state, kFile);
  require(train::detail::to_json(train::detail::from_json(text, kFile), kFile) == text, "the state is read as written");
  go_on_from(text_of(input), state.training);
  return true;
}

std::vector<Bytes> seeds() { return {bytes_of(io::read_safetensors(tiny_checkpoint()).metadata.at(kStateKey))}; }

}  // namespace

Harness training_state_harness() { return {.name = "training_state", .examine = examine, .seeds = seeds}; }

}  // namespace gibbs::fuzz
