#include "gibbs/train/monitor.h"

#include "gibbs/tensor/error.h"
#include "gibbs/tensor/printable.h"

namespace gibbs::train {

bool Monitor::smaller_wins() const {
  if (smaller_is_better) {
    return *smaller_is_better;
  }
  const bool smaller = name.ends_with("loss") || name == "seconds", larger = name.ends_with("accuracy");
  check(smaller || larger, "Monitor: say whether less or more of '", printable(name),
        "' is better, with .smaller_is_better = true or false");
  return smaller;
}

}  // namespace gibbs::train
