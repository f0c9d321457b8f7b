// The loop that every optimizer runs: one pass over the elements of a parameter, its gradient and what is remembered of
// it, in parallel over a fixed partition. What is done to an element is a formula (`Update`) in the parameter's type.
// For the .cpp files of this folder.
#pragma once

#include <cstdint>
#include <functional>

#include "gibbs/autograd/parameter.h"
#include "gibbs/tensor/parallel.h"

namespace gibbs::optim {

/// Elements per piece: large enough to be worth a task, small enough that its operands stay in L2.
inline constexpr std::int64_t kGrain = 16384;

/// Calls body(first, last) on pieces of [0, n). The body is passed by reference: a std::function of a lambda with many
/// captures would allocate at every step.
template <class Body>
void for_pieces(std::int64_t n, const Body& body) {
  parallel_for(0, n, kGrain, std::cref(body));
}

/// The update comes by value: behind a reference the stores could change it, and nothing would vectorise.
template <class Update, class T, class... State>
void update_piece(std::int64_t n, const Update update, T* __restrict w, const T* __restrict g,
                  State* __restrict... state) {
  for (std::int64_t i = 0; i < n; ++i) {
    update(w[i], g[i], state[i]...);
  }
}

/// For every element update(w, g, state...), where update = update_in(T{}) for the parameter's type T, w and the state
/// are T&, and g is T.
template <class UpdateIn, class... State>
void update_elements(const char* method, Parameter& parameter, const UpdateIn& update_in, State&... state) {
  dispatch_floating(parameter.dtype(), method, [&](auto zero) {
    using T = decltype(zero);
    const auto run = [&](T* w, const T* g, auto*... s) {
      for_pieces(parameter.value().numel(), [&, update = update_in(zero)](std::int64_t first, std::int64_t last) {
        update_piece(last - first, update, w + first, g + first, s + first...);
      });
    };
    run(parameter.mutable_value().template mutable_data<T>(), parameter.gradient().template data<T>(),
        state.template mutable_data<T>()...);
  });
}

/// What a step goes against: g + lambda w, or -g + lambda w to climb. Exactly g with neither.
template <class T>
struct Descent {
  T sign, decay;

  Descent(bool maximize, double weight_decay) : sign(maximize ? T{-1} : T{1}), decay(static_cast<T>(weight_decay)) {}
  T operator()(T g, T w) const { return sign * g + decay * w; }
};

}  // namespace gibbs::optim
