// Numerics: how a loss treats probabilities of zero. `exact` has no epsilon anywhere; `keras` clips as Keras 3 does, so
// that its figures can be reproduced. Never the default: clipping flattens the loss where the prediction is worst.
#pragma once

namespace gibbs::losses {

enum class Numerics { exact, keras };

/// keras.config.epsilon(): probabilities are clipped to at least this.
inline constexpr double kKerasEpsilon = 1e-7;

}  // namespace gibbs::losses
