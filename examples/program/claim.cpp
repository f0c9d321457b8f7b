#include "examples/program/claim.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::examples {
namespace {

/// "kl_uniform_nats" as "kl uniform" and "nats".
std::pair<std::string, std::string> label_and_unit(std::string name) {
  std::string unit;
  for (const char* suffix : {"_nats", "_bits"}) {
    if (name.ends_with(suffix)) {
      unit = name.substr(name.size() - 4);
      name.resize(name.size() - 5);
    }
  }
  for (char& c : name) {
    c = c == '_' ? ' ' : c;
  }
  return {name, unit};
}

void print_line(const std::string& label, const std::string& values, const std::string& note) {
  std::string line = fmt::format("    {:<42} {}   {}", label, values, note);
  line.resize(line.find_last_not_of(' ') + 1);
  fmt::print("{}\n", line);
}

}  // namespace

Claim::Claim(nlohmann::ordered_json& lesson, const std::string& number, const std::string& title)
    : json_(lesson[number]) {
  fmt::print("\n{:<4}{}\n", number, printable(title));
}

void Claim::say(const std::string& text) const {
  std::string line = "   ";
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (line.size() + 1 + end - begin > 110) {
      fmt::print("{}\n", line);
      line = "   ";
    }
    line += ' ';
    line.append(text, begin, end - begin);
    begin = end + 1;
  }
  fmt::print("{}\n", line);
}

void Claim::figure(const std::string& name, double value, const std::string& note) {
  const auto [label, unit] = label_and_unit(name);
  json_[name] = std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json("infinite");
  print_line(label, fmt::format("{:>9} {:<4}", number_text(value), unit), note);
}

void Claim::measure(const std::string& name, const std::function<Variable(losses::Base)>& compute,
                    const std::string& note) {
  const double nats = compute(losses::Base::nats).value().item(), bits = compute(losses::Base::bits).value().item();
  json_[name + "_nats"] = nats;
  json_[name + "_bits"] = bits;
  print_line(label_and_unit(name).first, fmt::format("{:>9} nats = {:>9} bits", number_text(nats), number_text(bits)),
             note);
}

void Claim::figures(const std::string& name, const std::vector<double>& values) {
  json_[name] = values;
  const auto [label, unit] = label_and_unit(name);
  std::string list;
  for (double value : values) {
    list += fmt::format(" {:>8}", number_text(value));
  }
  if (values.size() > 6) {  // too long to stand beside its name
    print_line(label, unit, "");
    fmt::print("   {}\n", list);
  } else {
    print_line(label, list + " " + unit, "");
  }
}

void Claim::verdict(const std::string& name, const std::string& text) {
  json_[name] = text;
  print_line(label_and_unit(name).first, text, "");
}

Tensor coins(const Tensor& heads) { return stack({heads, 1.0 - Variable(heads)}, 1).value(); }

double largest_difference(const Variable& a, const Variable& b) { return number(max(abs(a - b))); }

std::string number_text(double value) {
  if (!std::isfinite(value)) {
    return "infinite";
  }
  const int digits = std::abs(value) >= 1000 ? 0 : 5;
  return value == 0               ? "0"
         : std::abs(value) < 1e-4 ? fmt::format("{:.1e}", value)
                                  : fmt::format("{:.{}f}", value, digits);
}

std::string unit_of(double printed, int digits, double nats, double bits) {
  const auto rounds_to_it = [&](double value) {
    return fmt::format("{:.{}f}", value, digits) == fmt::format("{:.{}f}", printed, digits);
  };
  return rounds_to_it(nats) ? "nats" : rounds_to_it(bits) ? "bits" : "neither";
}

}  // namespace gibbs::examples
