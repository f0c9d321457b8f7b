#include "gibbs/autograd/detail/measurements.h"

#include <algorithm>

#include "gibbs/autograd/node.h"

namespace gibbs::detail {

constinit thread_local Measurements* measurements = nullptr;

Measurements::Measurements(const ProfileOptions& options)
    : options_(options), began_(std::chrono::steady_clock::now()) {}

std::int64_t Measurements::now() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - began_).count();
}

bool Measurements::in_step() const {
  return std::any_of(frames_.begin(), frames_.end(), [](const Frame& frame) { return frame.is_step; });
}

bool Measurements::tracing() const {
  return warmed_up() && steps_ended_ < options_.warm_up_steps + options_.trace_steps && has_room();
}

std::string Measurements::layer() const {
  return current_layer() ? current_layer()->path : frames_.empty() ? std::string() : frames_.back().event.layer;
}

void Measurements::op(ProfileEvent event) {
  if (!frames_.empty() && frames_.back().event.category == ProfileCategory::backward) {
    event.category = ProfileCategory::backward;  // gradients are made of ops
  }
  event.begin = mark_;
  event.end = now();
  event.flops += std::exchange(flops_, 0);
  event.bytes += std::exchange(bytes_, 0);
  mark_ = event.end;
  bill(event);
  if (tracing()) {
    events_.push_back(std::move(event));
  }
}

void Measurements::open(ProfileEvent event) {
  const bool is_step = event.category == ProfileCategory::step && !in_step();
  if (is_step) {
    ++steps_begun_;
  } else if (event.category == ProfileCategory::step) {
    event.category = ProfileCategory::forward;
  }
  const double flops = std::exchange(flops_, 0), bytes = std::exchange(bytes_, 0);
  if (!frames_.empty()) {
    frames_.back().event.flops += flops;
    frames_.back().event.bytes += bytes;
  }
  const bool is_traced = tracing();
  frames_.push_back({std::move(event), is_step, is_traced, events_.size()});
  Frame& frame = frames_.back();
  mark();
  frame.event.begin = mark_;
  if (is_traced) {
    events_.push_back(frame.event);
  }
  if (is_step && warmed_up() && steps_ended_ == options_.warm_up_steps) {
    first_step_ = mark_;
  }
}

void Measurements::close() {
  mark();
  Frame frame = std::move(frames_.back());
  frames_.pop_back();
  frame.event.end = mark_;
  frame.event.flops += std::exchange(flops_, 0);
  frame.event.bytes += std::exchange(bytes_, 0);
  if (!frame.is_step) {
    bill(frame.event);
  } else {
    if (warmed_up()) {
      ++steps_;
      step_time_ += frame.event.end - frame.event.begin;
    }
    ++steps_ended_;
  }
  if (frame.is_traced) {
    events_[frame.place] = std::move(frame.event);
  }
}

void Measurements::bill(const ProfileEvent& event) {
  if (!frames_.empty() && !frames_.back().is_step) {
    frames_.back().event.flops += event.flops;
    frames_.back().event.bytes += event.bytes;
    return;
  }
  if (!frames_.empty() && !warmed_up()) {
    return;
  }
  ProfileRow& row = (frames_.empty() ? outside_ : in_steps_)[{event.name, event.category}];
  row.name = event.name;
  ++row.calls;
  row.seconds += 1e-9 * static_cast<double>(event.end - event.begin);
  row.flops += event.flops;
  row.bytes += event.bytes;
}

void Measurements::stop() {
  if (stopped_ < 0) {
    while (!frames_.empty()) {
      close();
    }
    stopped_ = now();
  }
}

std::int64_t Measurements::nanoseconds() const { return steps_begun_ > 0 ? step_time_ : end(); }

std::int64_t Measurements::nanoseconds_between_steps() const {
  return steps_ > 0 ? end() - first_step_ - step_time_ : 0;
}

std::vector<ProfileRow> Measurements::rows() const {
  std::vector<ProfileRow> rows;
  ProfileRow rest{.name = "everything else", .seconds = 1e-9 * static_cast<double>(nanoseconds())};
  for (const auto& [key, row] : steps_begun_ > 0 ? in_steps_ : outside_) {
    rest.seconds -= row.seconds;
    rows.push_back(row);
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const ProfileRow& a, const ProfileRow& b) { return a.seconds > b.seconds; });
  rest.seconds = std::max(0.0, rest.seconds);
  rows.push_back(std::move(rest));
  return rows;
}

namespace {

Shape shape_at(const Edge& edge) { return edge.node->outputs[edge.output].shape; }

double bytes_at(const Edge& edge) {
  const Node::Output& output = edge.node->outputs[edge.output];
  return static_cast<double>(output.shape.numel()) * static_cast<double>(size_of(output.dtype));
}

double bytes_of(const Tensor& x) { return static_cast<double>(x.byte_size()); }

}  // namespace

double bytes_of(const std::vector<Tensor>& tensors) {
  double sum = 0;
  for (const Tensor& tensor : tensors) {
    sum += bytes_of(tensor);
  }
  return sum;
}

double bytes_of(const Variables& values) {
  double sum = 0;
  for (const Variable& value : values) {
    sum += value.defined() ? bytes_of(value.value()) : 0;
  }
  return sum;
}

void measure_op(const char* op, const Variables& inputs, const Tensor& output) {
  ProfileEvent event{.name = op, .layer = measurements->layer()};
  const bool is_view = std::any_of(inputs.begin(), inputs.end(), [&](const Variable& input) {
    return input.defined() && output.defined() && input.value().shares_storage_with(output);
  });
  if (!is_view) {
    event.bytes = bytes_of(inputs) + bytes_of(output);
  }
  if (measurements->tracing()) {
    for (const Variable& input : inputs) {
      if (input.defined()) {
        event.inputs.push_back(input.shape());
      }
    }
    event.outputs.push_back(output.shape());
  }
  measurements->op(std::move(event));
}

void measure_op(const char* op, const std::vector<Edge>& inputs, const std::vector<Tensor>& outputs) {
  ProfileEvent event{.name = op, .layer = measurements->layer(), .bytes = bytes_of(outputs)};
  for (const Edge& input : inputs) {
    event.bytes += bytes_at(input);
    event.inputs.push_back(shape_at(input));
  }
  for (const Tensor& output : outputs) {
    event.outputs.push_back(output.shape());
  }
  measurements->op(std::move(event));
}

void measure_mark() { measurements->mark(); }

void measure_work(double flops, double bytes) { measurements->add_work(flops, bytes); }

void MeasuredGradient::open(const Node& node, const std::vector<bool>& wanted) {
  measurements_ = measurements;
  ProfileEvent event{.name = std::string(node.op) + " gradient", .category = ProfileCategory::backward};
  event.layer = node.notes && node.notes->layer ? node.notes->layer->path : std::string();
  if (measurements_->tracing()) {
    for (const Node::Output& output : node.outputs) {
      event.inputs.push_back(output.shape);
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i]) {
        event.outputs.push_back(shape_at(node.inputs[i]));
      }
    }
  }
  measurements_->open(std::move(event));
}

void MeasuredGradient::close() {
  if (measurements_ == measurements) {  // else the profile has ended, and closed everything
    measurements_->close();
  }
}

}  // namespace gibbs::detail
