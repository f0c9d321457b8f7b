// What the doors of record.h, the engine and layers call while a profile runs (profile.h), which is the user's face of
// this. Without a profile on this thread each call is one branch on a thread-local pointer.
#pragma once

#include <vector>

#include "gibbs/autograd/variable.h"

namespace gibbs::detail {

class Measurements;

/// What the profile of this thread writes to; null when there is none.
extern constinit thread_local Measurements* measurements;

inline bool profiling() { return measurements != nullptr; }

/// An op has its outputs: it took the time since the last mark. The rest is to be called while profiling() only.
void measure_op(const char* op, const Variables& inputs, const Tensor& output);
/// The same, where only the inputs' edges are known.
void measure_op(const char* op, const std::vector<Edge>& inputs, const std::vector<Tensor>& outputs);
/// What happened since the last mark belongs to no op.
void measure_mark();
/// Work of the op that is recorded next or, if none is, of what is going on.
void measure_work(double flops, double bytes);
/// Undefined tensors have none.
double bytes_of(const std::vector<Tensor>& tensors);
double bytes_of(const Variables& values);

/// The gradient of a node is computed until the end of the block.
class MeasuredGradient {
 public:
  MeasuredGradient(const Node& node, const std::vector<bool>& wanted) {
    if (profiling()) {
      open(node, wanted);
    }
  }
  MeasuredGradient(const MeasuredGradient&) = delete;
  MeasuredGradient& operator=(const MeasuredGradient&) = delete;
  ~MeasuredGradient() {
    if (measurements_ != nullptr) {
      close();
    }
  }

 private:
  void open(const Node& node, const std::vector<bool>& wanted);
  void close();

  Measurements* measurements_ = nullptr;
};

}  // namespace gibbs::detail
