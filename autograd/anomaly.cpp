#include "gibbs/autograd/anomaly.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "gibbs/autograd/examine.h"
#include "gibbs/autograd/node.h"
#include "gibbs/tensor/plain_text.h"

namespace gibbs {
namespace {

thread_local bool mode_on = false, examine_now = false;

/// Of one tensor, in one pass: counts, and min, max and mean of the finite elements.
struct Extent {
  std::int64_t nans = 0, infinities = 0, finite = 0;
  double least = std::numeric_limits<double>::infinity(), largest = -least, sum = 0;

  explicit Extent(const Tensor& x) {
    for (const double v : x.to_vector()) {
      if (std::isfinite(v)) {
        ++finite;
        least = std::min(least, v);
        largest = std::max(largest, v);
        sum += v;
      } else {
        ++(std::isnan(v) ? nans : infinities);
      }
    }
  }

  bool all_finite() const { return nans == 0 && infinities == 0; }
  const char* what() const { return nans == 0 ? "infinity" : infinities == 0 ? "NaN" : "NaN and infinity"; }
};

void describe(std::ostream& out, const std::string& name, const Tensor& x) {
  const Extent of(x);
  out << "\n  " << name << ": " << x.shape() << " " << x.dtype();
  if (of.finite > 0) {
    out << ", min " << of.least << ", max " << of.largest << ", mean " << of.sum / static_cast<double>(of.finite);
  }
  if (of.nans > 0) {
    out << ", " << of.nans << " NaN";
  }
  if (of.infinities > 0) {
    out << ", " << of.infinities << " infinite";
  }
}

/// An op, where it ran.
struct Place {
  const char* op;
  std::shared_ptr<const LayerCall> layer;
};

std::ostream& operator<<(std::ostream& out, const Place& place) {
  out << "'" << place.op << "'";
  if (place.layer) {
    out << " in layer '" << place.layer->path << "' (" << place.layer->description << ")";
  }
  return out;
}

/// What an edge carried, if its node took notes of it and it was not overwritten since.
Tensor noted_value(const Edge& edge) {
  if (edge.node->notes && edge.node->notes->values.size() == edge.node->outputs.size()) {
    const Saved& value = edge.node->notes->values[edge.output];
    return value.intact() ? value.value() : Tensor();
  }
  return {};
}

std::string numbered(const char* name, std::size_t i) { return std::string(name) + " " + std::to_string(i); }

}  // namespace

AnomalyMode::AnomalyMode() : before_(mode_on) { mode_on = examine_now = true; }

AnomalyMode::~AnomalyMode() { mode_on = examine_now = before_; }

bool anomaly_mode_is_on() { return mode_on; }

namespace detail {

bool examining() { return examine_now; }

ExamineScope::ExamineScope(bool on) : before_(examine_now) { examine_now = mode_on && on; }

ExamineScope::~ExamineScope() { examine_now = before_; }

void examine_output(const char* op, const Variables& inputs, const Tensor& output) {
  const Extent of_output(output);
  if (of_output.all_finite()) {
    return;
  }
  PlainText message;
  message << "anomaly: " << Place{op, current_layer()} << " gave " << of_output.what();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].defined()) {
      describe(message, numbered("input", i), inputs[i].value());
    }
  }
  describe(message, "output", output);
  throw Error(message.str());
}

void examine_gradient(const Node& node, int i, const Variables& dy, const Variable& dx) {
  const Extent of_dx(dx.value());
  if (of_dx.all_finite()) {
    return;
  }
  PlainText message;
  message << "anomaly: the gradient of " << Place{node.op, node.notes ? node.notes->layer : nullptr}
          << " with respect to input " << i << " holds " << of_dx.what();
  for (std::size_t k = 0; k < node.inputs.size(); ++k) {
    if (const Tensor value = noted_value(node.inputs[k]); value.defined()) {
      describe(message, numbered("input", k), value);
    }
  }
  for (std::size_t k = 0; k < dy.size(); ++k) {
    describe(message, dy.size() == 1 ? std::string("dy") : numbered("dy", k), dy[k].value());
  }
  describe(message, "dx", dx.value());
  throw Error(message.str());
}

}  // namespace detail
}  // namespace gibbs
