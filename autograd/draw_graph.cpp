// Three steps: what is upstream of y, inputs first; which gradients pass along the arrows; and text that says both.
#include "gibbs/autograd/draw_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "gibbs/autograd/detail/summarize.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/node.h"
#include "gibbs/tensor/kernels/pointwise.h"
#include "gibbs/tensor/printable.h"

namespace gibbs {
namespace {

using Nodes = std::vector<std::shared_ptr<Node>>;

/// Appends everything upstream of y that was not yet entered, each node once and after its inputs.
void add_upstream(const Variable& y, std::int64_t most, std::unordered_set<const Node*>& entered, Nodes& order) {
  std::vector<std::pair<std::shared_ptr<Node>, std::size_t>> stack;  // a node, its next input
  if (entered.insert(y.edge().node.get()).second) {
    stack.emplace_back(y.edge().node, 0);
  }
  while (!stack.empty()) {
    auto& [node, next] = stack.back();
    if (next == node->inputs.size()) {
      order.push_back(std::move(node));
      stack.pop_back();
      check(static_cast<std::int64_t>(order.size()) <= most, "draw_graph: the graph has more than ", most,
            " nodes, too many to read; draw a part of it, or raise .most_nodes");
    } else if (const std::shared_ptr<Node> input = node->inputs[next++].node; entered.insert(input.get()).second) {
      stack.emplace_back(input, 0);
    }
  }
}

/// Everything upstream of what is traced among ys.
Nodes upstream(const Variables& ys, std::int64_t most) {
  Nodes order;
  std::unordered_set<const Node*> entered;
  for (const Variable& y : ys) {
    if (y.traced()) {
      add_upstream(y, most, entered, order);
    }
  }
  return order;
}

/// The gradients of the sum of all that ys hold: along every arrow (node, input), and summed where they arrive (node,
/// output).
struct Gradients {
  std::map<std::pair<const Node*, int>, Tensor> along, at;

  Gradients(const Variables& ys, const Nodes& nodes) {
    Variables leaves;
    for (const std::shared_ptr<Node>& node : nodes) {
      if (node->state == Node::State::leaf) {
        leaves.emplace_back(Tensor::zeros(node->outputs[0].shape, node->outputs[0].dtype), Edge{node, 0});
      }
    }
    for (const Variable& y : ys) {
      if (y.traced()) {
        add(y, leaves);
      }
    }
  }

 private:
  /// The gradients of sum(y).
  void add(const Variable& y, const Variables& leaves) {
    const Tensor dy = Tensor::ones(y.shape(), y.dtype());
    add_to(at[{y.edge().node.get(), y.edge().output}], dy);
    grad(y, leaves, dy,
         {.retain_graph = true,
          .allow_unused = true,
          .watch = [this](const Node& node, int i, const Variable& gradient) {
            const Edge& input = node.inputs[i];
            add_to(along[{&node, i}], gradient.value());
            add_to(at[{input.node.get(), input.output}], gradient.value());
          }});
  }

  static void add_to(Tensor& sum, const Tensor& gradient) {
    sum = sum.defined() ? kernels::add(sum, gradient) : gradient;
  }
};

/// Text inside an HTML-like label. A backslash is doubled, since graphviz puts names in the place of \N and the like.
std::string escaped(const std::string& text) {
  std::string result;
  for (char c : printable(text)) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\\':
        result += R"(\\)";
        break;
      default:
        result += c;
    }
  }
  return result;
}

/// Text of a graph, made of boxes inside frames and of arrows between boxes.
class Drawing {
  static constexpr const char* kGradientColour = "#b3261e";
  static constexpr const char* kQuietColour = "#6b7785";

 public:
  Drawing(const Variables& ys, const DrawOptions& options)
      : options_(options), nodes_(upstream(ys, options.most_nodes)) {
    for (const Variable& y : ys) {
      ends_.insert(y.edge().node.get());
    }
    if (options.gradients) {
      gradients_ = std::make_unique<Gradients>(ys, nodes_);
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      names_[nodes_[i].get()] = fmt::format("n{}", i);
      for (const Edge& input : nodes_[i]->inputs) {
        ++users_[{input.node.get(), input.output}];
      }
    }
  }

  std::string text() {
    const std::string title = escaped(options_.title);
    line("digraph gibbs {{");
    line(R"(  graph [{}fontname="Helvetica" fontsize=13 labelloc=t nodesep=0.35 ranksep=0.4 label=<{}>])",
         options_.left_to_right ? "rankdir=LR " : "", title.empty() ? "" : fmt::format("<b>{}</b>", title));
    line(R"(  node [shape=box style="rounded,filled" fontname="Helvetica" fontsize=11 margin="0.12,0.06" color="{}"])",
         kQuietColour);
    line(R"(  edge [fontname="Helvetica" fontsize=10 color="{}" fontcolor="{}" arrowsize=0.7])", kQuietColour,
         kGradientColour);
    frames();
    arrows();
    line("}}");
    return std::move(text_);
  }

 private:
  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Arguments>(arguments)...);
    text_ += '\n';
  }

  /// Boxes in the frames of their layers, which nest as the calls did. Frames appear in the order of their first box.
  void frames() {
    std::map<const LayerCall*, std::vector<const LayerCall*>> inner;
    std::map<const LayerCall*, std::vector<const Node*>> boxes;
    std::unordered_set<const LayerCall*> seen;
    for (const std::shared_ptr<Node>& node : nodes_) {
      const LayerCall* layer = node->notes ? node->notes->layer.get() : nullptr;
      boxes[layer].push_back(node.get());
      for (; layer != nullptr && seen.insert(layer).second; layer = layer->outer.get()) {
        inner[layer->outer.get()].push_back(layer);
      }
    }
    frame(nullptr, inner, boxes, "  ");
  }

  void frame(const LayerCall* layer, std::map<const LayerCall*, std::vector<const LayerCall*>>& inner,
             std::map<const LayerCall*, std::vector<const Node*>>& boxes, const std::string& indent) {
    for (const Node* node : boxes[layer]) {
      line(R"({}{} [fillcolor="{}" label=<{}>])", indent, names_[node], colour(*node), label(*node));
    }
    for (const LayerCall* part : inner[layer]) {
      const std::string title = part->path.empty() ? part->description : part->path + ": " + part->description;
      line("{}subgraph cluster_{} {{", indent, frames_++);
      line(
          R"({}  graph [style=rounded color="#9aa5b1" bgcolor="#1f4e7910" fontcolor="#1f4e79" labeljust=l label=<{}>])",
          indent, escaped(title));
      frame(part, inner, boxes, indent + "  ");
      line("{}}}", indent);
    }
  }

  void arrows() {
    for (const std::shared_ptr<Node>& node : nodes_) {
      for (std::size_t i = 0; i < node->inputs.size(); ++i) {
        const Edge& input = node->inputs[i];
        std::string said = input.node->outputs.size() > 1 ? fmt::format("output {}", input.output) : "";
        if (gradients_) {
          if (const auto found = gradients_->along.find({node.get(), static_cast<int>(i)});
              found != gradients_->along.end()) {
            said += fmt::format(" {}", gradient(found->second));  // the blank keeps it off the arrow
          }
        }
        // What flows through the model flows straight down; its parameters come in from the side.
        const int weight =
            input.node->state == Node::State::leaf && input.node->notes && input.node->notes->layer ? 1 : 10;
        line("  {} -> {} [weight={} label=<{}>]", names_[input.node.get()], names_[node.get()], weight, said);
      }
    }
  }

  /// Name or op, shape, values; and what gradients sum to, where that is not what the only arrow says.
  std::string label(const Node& node) const {
    const std::string name = node.notes ? node.notes->name : "";
    std::string text = fmt::format("<b>{}</b>", escaped(name.empty() ? node.op : name));
    if (!name.empty() && node.state != Node::State::leaf) {
      text += fmt::format("<br/>{}", escaped(node.op));
    }
    for (std::size_t k = 0; k < node.outputs.size(); ++k) {
      if (const Shape& shape = node.outputs[k].shape; shape.rank() > 0) {
        text += fmt::format(R"(<br/><font color="{}">[{}]</font>)", kQuietColour, fmt::join(shape, ", "));
      }
      if (node.notes && k < node.notes->values.size()) {
        text += fmt::format("<br/>{}", value(node.notes->values[k]));
      }
      if (gradients_ && (users(node, k) > 1 || ends_.contains(&node))) {
        if (const auto found = gradients_->at.find({&node, static_cast<int>(k)}); found != gradients_->at.end()) {
          text += fmt::format(R"(<br/><font color="{}">{}{}</font>)", kGradientColour, users(node, k) > 1 ? "Σ " : "",
                              gradient(found->second));
        }
      }
    }
    return text;
  }

  std::string value(const Saved& saved) const {
    return saved.intact() ? summarize(saved.value(), options_.written_out) : "<i>overwritten since</i>";
  }

  std::string gradient(const Tensor& d) const {
    return d.numel() <= options_.written_out ? fmt::format("∂ {}", written_out(d))
                                             : fmt::format("∂ rms {:.4g}", Statistics(d).rms);
  }

  std::string colour(const Node& node) const {
    if (node.notes) {
      for (const Saved& value : node.notes->values) {
        if (value.intact() && Statistics(value.value()).not_finite > 0) {
          return "#f4b6b0";
        }
      }
    }
    return node.state == Node::State::leaf ? "#fdf0c4" : ends_.contains(&node) ? "#cfe8cf" : "#ffffff";
  }

  int users(const Node& node, std::size_t output) const {
    const auto found = users_.find({&node, static_cast<int>(output)});
    return found == users_.end() ? 0 : found->second;
  }

  const DrawOptions& options_;
  std::unordered_set<const Node*> ends_;  // what is drawn: ys
  Nodes nodes_;
  std::unordered_map<const Node*, std::string> names_;
  std::map<std::pair<const Node*, int>, int> users_;  // of output k of a node
  std::unique_ptr<Gradients> gradients_;
  int frames_ = 0;
  std::string text_;
};

}  // namespace

std::string draw_graph(const Variable& y, const DrawOptions& options) {
  check(y.traced(), "draw_graph: y is a constant; there is no graph to draw");
  return Drawing({y}, options).text();
}

std::string draw_graph(const Variables& ys, const DrawOptions& options) {
  check(std::any_of(ys.begin(), ys.end(), [](const Variable& y) { return y.traced(); }), "draw_graph: all ", ys.size(),
        " values are constants; there is no graph to draw");
  return Drawing(ys, options).text();
}

}  // namespace gibbs
