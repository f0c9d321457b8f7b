// What a call throws, as text.
#pragma once

#include <string>

#include "gibbs/tensor/error.h"

namespace gibbs::testing {

/// The message that body throws as gibbs::Error; "" when it throws nothing.
template <class Body>
std::string error_of(Body body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace gibbs::testing
