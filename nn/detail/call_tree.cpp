#include "gibbs/nn/detail/call_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <span>
#include <string_view>

namespace gibbs::nn::detail {
namespace {

constexpr std::size_t kFewestFolded = 3;

using Calls = std::span<const SeenCall>;

/// The path as seen from the module at `outer`.
std::string_view below(std::string_view path, std::string_view outer) {
  return outer.empty() || !path.starts_with(outer) ? path : path.substr(std::min(path.size(), outer.size() + 1));
}

bool is_below(const std::string& path, const std::string& outer) {
  return outer.empty() ? !path.empty() : path.starts_with(outer + ".");
}

/// Whether both would be shown alike, with all that is inside of them.
bool equal(const SeenCall& a, const SeenCall& b) {
  return a.description == b.description && a.output == b.output && a.sizes == b.sizes && a.has_line == b.has_line &&
         a.flops == b.flops &&
         std::equal(a.inside.begin(), a.inside.end(), b.inside.begin(), b.inside.end(),
                    [&](const SeenCall& x, const SeenCall& y) {
                      return below(x.path, a.path) == below(y.path, b.path) && equal(x, y);
                    });
}

/// How many calls from the first on are equal.
std::size_t equal_ones(Calls calls) {
  const auto other = std::find_if(calls.begin(), calls.end(), [&](const SeenCall& x) { return !equal(x, calls[0]); });
  return static_cast<std::size_t>(other - calls.begin());
}

std::optional<std::int64_t> as_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// Whether the calls are of children "2", "3", ... of one module.
bool are_numbered(Calls calls, std::string_view outer) {
  const auto first = as_number(below(calls[0].path, outer));
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto number = as_number(below(calls[i].path, outer));
    if (!first || !number || *number != *first + static_cast<std::int64_t>(i)) {
      return false;
    }
  }
  return true;
}

/// "blocks.2-13: Block, 12 times"; "encoder ... decoder: Block, 3 times"; "cell: Cell, called 12 times".
std::string title_of(Calls calls, std::string_view root) {
  const std::string &first = calls.front().path, &last = calls.back().path, &what = calls.front().description;
  if (std::all_of(calls.begin(), calls.end(), [&](const SeenCall& call) { return call.path == first; })) {
    const std::string_view path = below(first, root);
    return fmt::format("{}{}{}, called {} times", path, path.empty() ? "" : ": ", what, calls.size());
  }
  const std::size_t dot = first.rfind('.');
  const std::string outer = dot == std::string::npos ? "" : first.substr(0, dot);
  const bool numbered = are_numbered(calls, outer);
  return fmt::format("{}{}{}: {}, {} times", below(first, root), numbered ? "-" : " ... ",
                     numbered ? below(last, outer) : below(last, root), what, calls.size());
}

std::int64_t all_parameters(const SeenCall& call) {
  std::int64_t sum = call.parameters;
  for (const SeenCall& inner : call.inside) {
    sum += all_parameters(inner);
  }
  return sum;
}

double all_flops(const SeenCall& call) {
  double sum = call.flops;
  for (const SeenCall& inner : call.inside) {
    sum += all_flops(inner);
  }
  return sum;
}

SummaryLine line_of(const SeenCall& call, const std::string& root, const std::string& indent) {
  const std::string_view path = below(call.path, root);
  return {fmt::format("{}{}{}{}", indent, path, path.empty() ? "" : ": ", call.description), call.output,
          call.parameters, call.flops};
}

SummaryLine folded_line(Calls calls, const std::string& root, const std::string& indent) {
  SummaryLine line{indent + title_of(calls, root), calls[0].output, 0, 0};
  for (const SeenCall& call : calls) {
    line.parameters += all_parameters(call);
    line.flops += all_flops(call);
  }
  return line;
}

/// Appends the lines of calls inside the module at `root`.
void append(std::vector<SummaryLine>& lines, Calls calls, const std::string& root, const std::string& indent) {
  const std::string deeper = indent + "  ";
  while (!calls.empty()) {
    const SeenCall& call = calls[0];
    const std::size_t equal = equal_ones(calls);
    const bool is_folded = equal >= kFewestFolded;
    if (is_folded) {
      lines.push_back(folded_line(calls.first(equal), root, indent));
    }
    append(lines, call.inside, is_folded ? call.path : root, is_folded ? deeper : indent);
    if (call.has_line && !(is_folded && call.inside.empty())) {
      lines.push_back(is_folded ? line_of(call, call.path, deeper) : line_of(call, root, indent));
    }
    calls = calls.subspan(is_folded ? equal : 1);
  }
}

}  // namespace

void CallTree::add(SeenCall call) {
  const auto first = std::find_if(calls_.rbegin(), calls_.rend(), [&](const SeenCall& earlier) {
                       return !is_below(earlier.path, call.path);
                     }).base();
  call.inside.assign(std::make_move_iterator(first), std::make_move_iterator(calls_.end()));
  calls_.erase(first, calls_.end());
  calls_.push_back(std::move(call));
}

std::vector<SummaryLine> CallTree::lines() const {
  std::vector<SummaryLine> lines;
  append(lines, calls_, "", "");
  return lines;
}

}  // namespace gibbs::nn::detail
