// Optimizers by their names and options in JSON, which have the names that they have here: for golden values, and for
// the comparison with PyTorch (bench/conformance). Options that are not there have their defaults.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "gibbs/optim/optim.h"

namespace gibbs::testing {

class OptionReader {
 public:
  explicit OptionReader(const nlohmann::json& options) : options_(options) {}

  template <class T>
  OptionReader& read(const char* name, T& value) {
    if (const auto found = options_.find(name); found != options_.end()) {
      value = found->template get<T>();
    }
    return *this;
  }

 private:
  const nlohmann::json& options_;
};

inline void read(OptionReader in, optim::SGDOptions& o) {
  in.read("momentum", o.momentum).read("dampening", o.dampening).read("nesterov", o.nesterov);
  in.read("weight_decay", o.weight_decay).read("maximize", o.maximize);
}

/// What Adam and AdamW share.
template <class Options>
void read_adam(OptionReader in, Options& o) {
  in.read("beta1", o.beta1).read("beta2", o.beta2).read("epsilon", o.epsilon).read("weight_decay", o.weight_decay);
  in.read("amsgrad", o.amsgrad).read("maximize", o.maximize);
}
inline void read(OptionReader in, optim::AdamOptions& o) {
  read_adam(in, o);
  in.read("decoupled_weight_decay", o.decoupled_weight_decay);
}
inline void read(OptionReader in, optim::AdamWOptions& o) { read_adam(in, o); }

inline void read(OptionReader in, optim::RMSpropOptions& o) {
  in.read("alpha", o.alpha).read("epsilon", o.epsilon).read("momentum", o.momentum).read("centered", o.centered);
  in.read("weight_decay", o.weight_decay).read("maximize", o.maximize);
}

inline void read(OptionReader in, optim::AdagradOptions& o) {
  in.read("lr_decay", o.lr_decay).read("initial_accumulator_value", o.initial_accumulator_value);
  in.read("epsilon", o.epsilon).read("weight_decay", o.weight_decay).read("maximize", o.maximize);
}

inline void read(OptionReader in, optim::NAdamOptions& o) {
  in.read("beta1", o.beta1).read("beta2", o.beta2).read("epsilon", o.epsilon).read("momentum_decay", o.momentum_decay);
  in.read("weight_decay", o.weight_decay).read("decoupled_weight_decay", o.decoupled_weight_decay);
  in.read("maximize", o.maximize);
}

inline void read(OptionReader in, optim::LionOptions& o) {
  in.read("beta1", o.beta1).read("beta2", o.beta2).read("weight_decay", o.weight_decay);
}

inline void read(OptionReader in, optim::MuonOptions& o) {
  in.read("weight_decay", o.weight_decay).read("momentum", o.momentum).read("nesterov", o.nesterov);
  in.read("ns_coefficients", o.ns_coefficients).read("ns_steps", o.ns_steps).read("epsilon", o.epsilon);
  std::string scale = "original";
  in.read("scale", scale);
  o.scale = scale == "match_rms_adamw"      ? optim::MuonScale::match_rms_adamw
            : scale == "spectral_unclamped" ? optim::MuonScale::spectral_unclamped
                                            : optim::MuonScale::original;
}

template <class Optimizer, class Options>
std::unique_ptr<optim::Optimizer> make_optimizer(const optim::Groups& groups, const nlohmann::json& options) {
  Options read_options;
  read(OptionReader(options).read("learning_rate", read_options.learning_rate), read_options);
  return std::make_unique<Optimizer>(groups, read_options);
}

/// The optimizer of this name: "SGD".
inline std::unique_ptr<optim::Optimizer> optimizer_of(const std::string& name, const optim::Groups& groups,
                                                      const nlohmann::json& options) {
  using namespace optim;  // NOLINT: a list of its names
  using Make = std::unique_ptr<Optimizer> (*)(const Groups&, const nlohmann::json&);
  const std::map<std::string, Make> all = {{"SGD", make_optimizer<SGD, SGDOptions>},
                                           {"Adam", make_optimizer<Adam, AdamOptions>},
                                           {"AdamW", make_optimizer<AdamW, AdamWOptions>},
                                           {"RMSprop", make_optimizer<RMSprop, RMSpropOptions>},
                                           {"Adagrad", make_optimizer<Adagrad, AdagradOptions>},
                                           {"NAdam", make_optimizer<NAdam, NAdamOptions>},
                                           {"Lion", make_optimizer<Lion, LionOptions>},
                                           {"Muon", make_optimizer<Muon, MuonOptions>}};
  return all.at(name)(groups, options);
}

}  // namespace gibbs::testing
