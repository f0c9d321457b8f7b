// Checkpoints: a file that is refused changes neither model nor optimizer; one that is accepted can be saved again
// (unless it holds NaN or infinity, which is said), and loading that gives the same state.
#include "gibbs/train/checkpoint.h"

#include "tests/fuzz/harness.h"
#include "tests/fuzz/repair.h"
#include "tests/fuzz/training.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::fuzz {
namespace {

bool examine(const Bytes& input) {
  const std::string path = file_of(input);
  TinyRun run;
  const std::string before = run.fingerprint();
  train::TrainingState state;
  if (!accepts([&] { state = run.load(path); })) {
    require(run.fingerprint() == before, "what is refused changes nothing");
    return false;
  }
  const std::string copy = scratch("copy"), second_copy = scratch("second copy");
  if (!accepts([&] { train::save_checkpoint(copy, run.parts(), state); })) {
    require(!train::first_not_finite(run.model).empty(), "finite weights that were loaded can be saved");
    return true;
  }
  TinyRun other;
  train::save_checkpoint(second_copy, other.parts(), other.load(copy));
  require(testing::contents(copy) == testing::contents(second_copy), "a checkpoint written again is the same");
  require(other.fingerprint() == run.fingerprint(), "model and optimizer saved again are the same");
  return true;
}

std::vector<Bytes> seeds() { return {bytes_of(testing::contents(tiny_checkpoint()))}; }

}  // namespace

Harness checkpoint_harness() {
  return {.name = "checkpoint", .examine = examine, .seeds = seeds, .repair = repair_safetensors};
}

}  // namespace gibbs::fuzz
