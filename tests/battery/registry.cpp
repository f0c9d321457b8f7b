#include "tests/battery/registry.h"

#include <iterator>

namespace gibbs::battery {

const OpEntries& all_ops() {
  static const OpEntries entries = [] {
    OpEntries all;
    for (const auto& family :
         {arithmetic_entries, math_entries, reduce_entries, layout_entries, indexing_entries, linalg_entries,
          image_entries, norm_entries, softmax_entries, measure_entries, joint_entries, categorical_entries,
          binary_entries, regression_entries, term_entries, keras_entries, compat_entries}) {
      OpEntries some = family();
      all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
    }
    return all;
  }();
  return entries;
}

}  // namespace gibbs::battery
