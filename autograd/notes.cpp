#include "gibbs/autograd/notes.h"

#include <utility>

#include "gibbs/autograd/measure.h"
#include "gibbs/autograd/node.h"

namespace gibbs {
namespace {

thread_local bool taking_notes = false;

std::shared_ptr<const LayerCall>& layer() {
  thread_local std::shared_ptr<const LayerCall> running;
  return running;
}

Notes& notes_of(Node& node) {
  if (!node.notes) {
    node.notes = std::make_unique<Notes>();
  }
  return *node.notes;
}

}  // namespace

bool notes_are_taken() { return taking_notes; }

bool layers_are_watched() { return taking_notes || detail::profiling(); }

NotesScope::NotesScope(bool on) : before_(std::exchange(taking_notes, on)) {}

NotesScope::~NotesScope() { taking_notes = before_; }

Variable named(std::string name, const Variable& x) {
  check(x.traced(), "named: '", name, "' is a constant; only leaves and what is computed from them are remembered");
  Node& node = *x.edge().node;
  Notes& notes = notes_of(node);
  notes.name = std::move(name);
  if (notes.values.empty() && node.outputs.size() == 1) {
    notes.values.emplace_back(x.value());
  }
  return x;
}

const std::shared_ptr<const LayerCall>& current_layer() { return layer(); }

LayerScope::LayerScope(std::string path, std::string description) {
  layer() = std::make_shared<const LayerCall>(LayerCall{std::move(path), std::move(description), layer()});
  if (detail::profiling()) {
    detail::measure_mark();
  }
}

LayerScope::~LayerScope() {
  const std::shared_ptr<const LayerCall> left = std::move(layer());
  layer() = left->outer;
  if (detail::profiling()) {
    detail::measure_mark();
  }
}

void detail::take_notes(Node& node, const std::vector<Tensor>& values) {
  Notes& notes = notes_of(node);
  notes.layer = layer();
  notes.values.clear();
  for (const Tensor& value : values) {
    notes.values.emplace_back(value);
  }
}

}  // namespace gibbs
