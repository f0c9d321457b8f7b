// AnomalyMode: where did the NaN come from? While it lives, every op on this thread looks at what it computed, forward
// and backward, and the first one that gave NaN or an infinity throws.
//
//   const AnomalyMode anomaly;
//   backward(loss(model(images)));
//
//   anomaly: 'log' in layer '3.head' (Log) gave infinity
//     input 0: [32, 10] float32, min 0, max 0.93, mean 0.1
//     output: [32, 10] float32, min -7.1, max -0.07, mean -2.4, 3 infinite
//
// The message names the op, the path of the layer that ran it, and what went in, from finite elements alone. It costs a
// pass over all that is computed, and the graph remembers every value (see notes.h); switched off, it costs nothing.
// Infinities that are meant, such as masks of -inf, stop it too.
#pragma once

#include "gibbs/autograd/notes.h"

namespace gibbs {

/// Switches anomaly mode on for this thread until the end of the block. Graphs recorded before are examined too, but
/// neither their layers nor their inputs are known.
class AnomalyMode {
 public:
  AnomalyMode();
  AnomalyMode(const AnomalyMode&) = delete;
  AnomalyMode& operator=(const AnomalyMode&) = delete;
  ~AnomalyMode();

 private:
  bool before_;
  NotesScope notes_;
};

}  // namespace gibbs
