// Notes: what nodes remember of their making while somebody watches: their values, a name, and the layer that ran.
//
//   const NotesScope watch;
//   const Variable loss = named("loss", f(model(x)));
//   std::cout << draw_graph(loss);
//
// Gradients need none of it, so by default nodes keep none of it: the memory a graph holds stays what its lambdas
// captured. Layers belong to nn, which tells their paths here; nothing else is known of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gibbs/autograd/variable.h"

namespace gibbs {

/// One call of a layer: where in the model ("3", "block.0"), which, and inside which other call.
struct LayerCall {
  std::string path;
  std::string description;
  std::shared_ptr<const LayerCall> outer;  // null for the model itself
};

struct Notes {
  std::string name;
  std::vector<Saved> values;               // one per output; empty when nobody wanted them
  std::shared_ptr<const LayerCall> layer;  // null outside of layers
};

/// Whether nodes that this thread records keep notes. Off by default.
bool notes_are_taken();

/// Whether layers are to tell where they are, by a LayerScope: while notes are taken, and under a profile (profile.h).
bool layers_are_watched();

/// Nodes that this thread records, and parameters that it uses, keep notes until the end of the block. Parameters are
/// shared: one thread at a time may watch a model.
class NotesScope {
 public:
  explicit NotesScope(bool on = true);
  NotesScope(const NotesScope&) = delete;
  NotesScope& operator=(const NotesScope&) = delete;
  ~NotesScope();

 private:
  bool before_;
};

/// x, whose node remembers the name and x's value, whether or not notes are taken. Throws when x is a constant.
Variable named(std::string name, const Variable& x);

/// The running call of a layer on this thread; null outside of layers and while nobody watches.
const std::shared_ptr<const LayerCall>& current_layer();

/// A layer runs until the end of the block, inside the one that ran before.
class LayerScope {
 public:
  LayerScope(std::string path, std::string description);
  LayerScope(const LayerScope&) = delete;
  LayerScope& operator=(const LayerScope&) = delete;
  ~LayerScope();
};

namespace detail {

/// Notes on a node that was just made or is used: its values and the running layer.
void take_notes(Node& node, const std::vector<Tensor>& values);

}  // namespace detail
}  // namespace gibbs
