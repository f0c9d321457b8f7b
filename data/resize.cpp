#include "gibbs/data/resize.h"

#include <new>

#include "gibbs/data/detail/resample.h"
#include "gibbs/data/detail/room.h"

namespace gibbs::data {

Tensor resize(const Tensor& image, const ImageSize& size) {
  check(image.defined() && image.rank() == 3 && image.dtype() == DType::uint8 && image.numel() > 0,
        "resize: needs a uint8 picture [H, W, C], not ", image.dtype(), " ", image.shape());
  check(size.height >= 1 && size.width >= 1, "resize: the size must be at least 1x1, not ", to_string(size));
  const ImageSize from{.height = image.size(0), .width = image.size(1)};
  if (size == from) {
    return image;
  }
  const std::int64_t channels = image.size(2);
  try {
    Tensor y = room_for({size.height, size.width, channels}, DType::uint8, "resize");
    ResampleMemory memory;
    resample({image.data<std::uint8_t>(), from, channels, from.width * channels}, size, y.mutable_data<std::uint8_t>(),
             memory);
    return y;
  } catch (const std::bad_alloc&) {
    fail("resize: no memory to make ", to_string(size), " of ", to_string(from), " pixels");
  }
}

}  // namespace gibbs::data
