// Which piece of a picture random_resized_crop takes.
#pragma once

#include "gibbs/data/detail/resample.h"
#include "gibbs/data/transforms.h"

namespace gibbs::data {

/// Throws unless areas are in (0, 1], aspects above 0 and finite, and the least not above the most. `op` opens the
/// message.
void validate(const ResizedCropOptions& options, const char* op);
std::string to_string(const ResizedCropOptions& options);

/// The largest piece in the middle that has the shape of `size`, the middle `share` of both of its sides, resized.
void resized_middle(const PictureView& from, double share, const ImageSize& size, std::uint8_t* to);

/// A piece of the picture, resized to `size`, in `to`. In memory of this thread's, which stays: it asks the system for
/// nothing when it has seen pictures of these sizes.
void resized_crop(const PictureView& from, const ResizedCropOptions& options, const RandomKey& key,
                  const ImageSize& size, std::uint8_t* to);

}  // namespace gibbs::data
