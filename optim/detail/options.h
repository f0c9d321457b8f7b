// What options of methods are checked for, and how settings say them. For the .cpp files of this folder.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "gibbs/autograd/parameter.h"
#include "gibbs/tensor/named.h"
#include "gibbs/tensor/run_settings.h"

namespace gibbs::optim::detail {

/// Of a share that is kept from step to step: a momentum, a beta. Throws when it is outside [0, 1).
void check_share(const char* method, const char* option, double value);
/// Throws when it is negative or not finite.
void check_from_0(const char* method, const char* option, double value);
/// Of what keeps a quotient finite. Throws when it is not positive and finite, or is 0 in a parameter's dtype.
void check_epsilon(const char* method, double epsilon, const std::vector<Named<Parameter>>& parameters);

std::string setting(double value);
std::string setting(bool value);
/// The settings with more of them behind.
RunSettings with(RunSettings settings, std::initializer_list<RunSettings::value_type> more);

}  // namespace gibbs::optim::detail
