// Functions of users' own, as derivatives and checkpoints take them.
#pragma once

#include <functional>

#include "gibbs/autograd/variable.h"

namespace gibbs {

using UnaryFunction = std::function<Variable(const Variable& x)>;
using MultivariateFunction = std::function<Variable(const Variables& xs)>;

}  // namespace gibbs
