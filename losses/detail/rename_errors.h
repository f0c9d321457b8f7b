// Losses that call other losses: their users know only the one that they called.
#pragma once

#include <string>

#include "gibbs/tensor/error.h"

namespace gibbs::losses {

/// body() in the name of `op`: what it refuses as "inner: rule" is refused as "op: rule".
template <class Body>
auto rename_errors(const char* op, Body body) {
  try {
    return body();
  } catch (const Error& error) {
    const std::string message = error.what();
    const std::size_t colon = message.find(": ");
    throw Error(op + (colon == std::string::npos ? ": " + message : message.substr(colon)));
  }
}

}  // namespace gibbs::losses
