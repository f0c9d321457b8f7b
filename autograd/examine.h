// What the doors of record.h and the engine call in anomaly mode (anomaly.h), which is the user's face of this.
#pragma once

#include "gibbs/autograd/variable.h"

namespace gibbs {

/// Whether anomaly mode is on for this thread.
bool anomaly_mode_is_on();

namespace detail {

/// Whether ops on this thread are to be examined now: in anomaly mode, but not inside of gradient functions.
bool examining();

/// In anomaly mode, switches the examination of ops off (or on) until the end of the block.
class ExamineScope {
 public:
  explicit ExamineScope(bool on);
  ExamineScope(const ExamineScope&) = delete;
  ExamineScope& operator=(const ExamineScope&) = delete;
  ~ExamineScope();

 private:
  bool before_;
};

/// Throws when the output of an op holds NaN or infinity.
void examine_output(const char* op, const Variables& inputs, const Tensor& output);

/// The same for the gradient that a node gives to its input i, from the gradients dy of its outputs.
void examine_gradient(const Node& node, int i, const Variables& dy, const Variable& dx);

}  // namespace detail
}  // namespace gibbs
