// Profile: where does the time go? While it lives, it measures the ops of this thread, forward and backward.
//
//   Profile profile;
//   train(model);
//   std::cout << profile.report();
//
// Ops are measured where they are recorded, users' own too. By then the kernel has run, so an op forward took the time
// since the last mark: the end of the op before it, the beginning or the end of a layer, gradient, span or step. What a
// program computes by itself in between counts to the op that follows. Gradients are measured by the engine, from
// beginning to end. What happens inside of something else is part of it: the table counts the outermost, the trace
// shows all. Other threads are not looked at. Numbers are the same as without a profile.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gibbs/autograd/measure.h"

namespace gibbs {

struct ProfileOptions {
  /// So many steps at the beginning are left out: there memory is fetched that later steps find.
  std::int64_t warm_up_steps = 0;
  /// The trace ends after so many steps, or events if they are fewer; the table goes on.
  std::int64_t trace_steps = 50;
  std::int64_t trace_events = 100'000;
};

enum class ProfileCategory : std::uint8_t { forward, backward, optimizer, data, step };

/// One line of the table: all events of one name and category that are part of no other.
struct ProfileRow {
  std::string name = {};
  std::int64_t calls = 0;
  double seconds = 0;
  double flops = 0;  // 0: not known
  double bytes = 0;  // of inputs read and outputs written, as far as they are known
};

/// One op, gradient, span or step of the trace. Flops and bytes are with those of everything inside of it.
struct ProfileEvent {
  std::string name = {};
  ProfileCategory category = ProfileCategory::forward;
  std::string layer = {};           // its path in the model; "" outside of layers
  std::int64_t begin = 0, end = 0;  // nanoseconds since the profile began
  std::vector<Shape> inputs = {}, outputs = {};
  double flops = 0, bytes = 0;
};

/// Measures from its making until stop() or its end, both on the thread that made it. One at a time per thread, or an
/// error.
class Profile {
 public:
  explicit Profile(const ProfileOptions& options = {});
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;
  ~Profile();

  /// Measures no more. Throws on another thread than the profile's.
  void stop();

  /// Steps after the warm-up, and how long they took together. A program without steps is as one: it takes the time
  /// from the profile's making until stop(), or until now.
  std::int64_t steps() const;
  double seconds() const;
  /// The longest first, and in the end "everything else", with which they add up to seconds().
  std::vector<ProfileRow> rows() const;
  /// The rows as a table.
  std::string report() const;

  /// In the order of their beginnings.
  const std::vector<ProfileEvent>& events() const;
  /// Writes them in the trace-event format of Chrome, which ui.perfetto.dev and chrome://tracing show. Stops the
  /// profile.
  void write_trace(const std::filesystem::path& path);

 private:
  std::unique_ptr<detail::Measurements> measurements_;
};

/// A part of the program with a name, until the end of the block. Costs nothing without a profile.
class ProfileSpan {
 public:
  explicit ProfileSpan(const char* name, ProfileCategory category = ProfileCategory::forward) {
    if (detail::profiling()) {
      open(name, category);
    }
  }
  ProfileSpan(const ProfileSpan&) = delete;
  ProfileSpan& operator=(const ProfileSpan&) = delete;
  ~ProfileSpan() {
    if (measurements_ != nullptr) {
      close();
    }
  }

 private:
  void open(const char* name, ProfileCategory category);
  void close();

  detail::Measurements* measurements_ = nullptr;
};

/// One step of a loop, until the end of the block: what the table counts and divides by. What lies between steps is not
/// counted. train::fit has them; a loop of your own may. Within another step it is a span.
class ProfileStep : ProfileSpan {
 public:
  ProfileStep() : ProfileSpan("step", ProfileCategory::step) {}
};

/// For those who write ops, to be called right before `record`, or where a fused gradient is computed: the work of a
/// kernel (a multiply-add is two), and bytes it moves beside the op's inputs and outputs.
inline void count_flops(double flops) {
  if (detail::profiling()) {
    detail::measure_work(flops, 0);
  }
}
inline void count_bytes(double bytes) {
  if (detail::profiling()) {
    detail::measure_work(0, bytes);
  }
}

}  // namespace gibbs
