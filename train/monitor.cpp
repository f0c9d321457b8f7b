#include "gibbs/train/monitor.h"

#include "gibbs/tensor/error.h"

namespace gibbs::train {
namespace {

struct Number {
  double EpochResult::*value;
  const char* name;
  bool smaller_is_better;
};

constexpr Number kNumbers[] = {{&EpochResult::loss, "loss", true},
                               {&EpochResult::accuracy, "accuracy", false},
                               {&EpochResult::val_loss, "val_loss", true},
                               {&EpochResult::val_accuracy, "val_accuracy", false},
                               {&EpochResult::seconds, "seconds", true}};

const Number& number_of(double EpochResult::*value) {
  for (const Number& number : kNumbers) {
    if (number.value == value) {
      return number;
    }
  }
  fail("Monitor: value points to no number of an epoch's result; give one, such as &EpochResult::val_loss");
}

}  // namespace

std::string Monitor::name() const { return number_of(value).name; }

bool Monitor::needs_validation() const {
  return value == &EpochResult::val_loss || value == &EpochResult::val_accuracy;
}

bool Monitor::smaller_wins() const { return smaller_is_better.value_or(number_of(value).smaller_is_better); }

}  // namespace gibbs::train
