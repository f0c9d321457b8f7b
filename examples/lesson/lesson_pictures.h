// The pictures of entropy_lesson.
#pragma once

#include <filesystem>

namespace gibbs::examples {

/// Draws, as .svg and .png into `folder`:
///   coin_entropy         entropy by the probability of heads, with the article's six points
///   worms                the observed shares and both models
///   losses_along_a_logit six losses and their gradients (logit_curves.h), with the plateaus of clipping
///   triangle             the way from (1, 0) to (0, 1) over a point between, by JS and by its square root
void draw_lesson(const std::filesystem::path& folder);

}  // namespace gibbs::examples
