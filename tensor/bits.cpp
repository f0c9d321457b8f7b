#include "gibbs/tensor/bits.h"

#include <atomic>
#include <cstdlib>

#include "gibbs/tensor/build_info.h"
#include "gibbs/tensor/error.h"
#include "gibbs/tensor/printable.h"

namespace gibbs {
namespace {

Bits checked(Bits bits, const char* who) {
  check(bits == Bits::machine || build_info().fused, who,
        ": portable bits take fused multiply-adds, and this library was compiled for ", build_info().instruction_set,
        ", which has none; build it for x86-64-v3 or better (-DGIBBS_NATIVE=ON on this machine)");
  return bits;
}

Bits from_environment() {
  const char* value = std::getenv("GIBBS_BITS");
  const std::string_view text = value == nullptr ? "" : value;
  check(text.empty() || text == "machine" || text == "portable", "GIBBS_BITS is '", printable(text),
        "'; it is machine or portable, or not set");
  return checked(text == "portable" ? Bits::portable : Bits::machine, "GIBBS_BITS");
}

std::atomic<Bits>& setting() {
  static std::atomic<Bits> bits = from_environment();
  return bits;
}

}  // namespace

void set_bits(Bits bits) { setting() = checked(bits, "set_bits"); }

Bits bits() { return setting(); }

std::string_view name_of(Bits bits) { return bits == Bits::portable ? "portable" : "machine"; }

}  // namespace gibbs
