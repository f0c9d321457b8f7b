// Measurements: what a profile has measured so far. They see a row of marks on one thread; between marks lie ops, and
// around them frames (gradients, spans, steps) that nest. Each event is billed once: to its line of the table when it
// is outermost in a step, else its flops and bytes to the frame around it.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gibbs/autograd/profile.h"

namespace gibbs::detail {

class Measurements {
 public:
  explicit Measurements(const ProfileOptions& options);

  void mark() { mark_ = now(); }
  void add_work(double flops, double bytes) {
    flops_ += flops;
    bytes_ += bytes;
  }
  /// An op that began at the last mark.
  void op(ProfileEvent event);
  void open(ProfileEvent event);
  void close();
  /// Closes what is open, for good.
  void stop();
  bool is_stopped() const { return stopped_ >= 0; }

  /// Whether events are kept now: for those who would have to describe them.
  bool tracing() const;
  /// The path of the running layer; in a gradient, of the layer that it is the gradient of.
  std::string layer() const;

  const ProfileOptions& options() const { return options_; }
  std::int64_t steps_begun() const { return steps_begun_; }
  std::int64_t steps() const { return steps_; }
  std::int64_t nanoseconds() const;
  /// After the first counted step began, outside of steps.
  std::int64_t nanoseconds_between_steps() const;
  std::vector<ProfileRow> rows() const;
  const std::vector<ProfileEvent>& events() const { return events_; }

 private:
  using Rows = std::map<std::pair<std::string, ProfileCategory>, ProfileRow>;
  struct Frame {
    ProfileEvent event;
    bool is_step;
    bool is_traced;
    std::size_t place;  // in events_, when traced
  };

  std::int64_t now() const;
  std::int64_t end() const { return stopped_ >= 0 ? stopped_ : now(); }
  bool in_step() const;
  /// Whether the step at hand, or the next one, is after the warm-up.
  bool warmed_up() const { return steps_ended_ >= options_.warm_up_steps; }
  bool has_room() const { return static_cast<std::int64_t>(events_.size()) < options_.trace_events; }
  void bill(const ProfileEvent& event);

  ProfileOptions options_;
  std::chrono::steady_clock::time_point began_;
  std::int64_t mark_ = 0;
  std::int64_t stopped_ = -1;
  double flops_ = 0, bytes_ = 0;  // of what is to be billed next
  std::vector<Frame> frames_;     // the outermost first
  std::vector<ProfileEvent> events_;
  Rows in_steps_, outside_;
  std::int64_t steps_begun_ = 0, steps_ended_ = 0;
  std::int64_t steps_ = 0, step_time_ = 0, first_step_ = 0;  // after the warm-up
};

}  // namespace gibbs::detail
