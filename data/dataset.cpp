#include "gibbs/data/dataset.h"

#include <cmath>
#include <numeric>
#include <utility>

#include "gibbs/tensor/random.h"

namespace gibbs::data {
namespace {

std::vector<std::int64_t> count_up_to(std::int64_t n) {
  std::vector<std::int64_t> indices(static_cast<std::size_t>(n));
  std::iota(indices.begin(), indices.end(), 0);
  return indices;
}

/// Positions [first, last) of a subset.
Subset slice(const Subset& subset, std::int64_t first, std::int64_t last) {
  Subset result = subset;
  result.indices.assign(subset.indices.begin() + first, subset.indices.begin() + last);
  return result;
}

void check_pictures(const std::vector<Tensor>& pictures, const char* op) {
  for (std::size_t i = 0; i < pictures.size(); ++i) {
    const Tensor& picture = pictures[i];
    check(picture.defined() && picture.rank() == 3 && picture.dtype() == DType::uint8 && picture.numel() > 0 &&
              picture.size(2) == pictures[0].size(2),
          op, ": picture ", i, " must be uint8 [H, W, ", pictures[0].shape().rank() == 3 ? pictures[0].size(2) : 3,
          "] as all of them, not ", picture.dtype(), " ", picture.shape());
  }
}

}  // namespace

void validate(const ImageDataset& dataset, const char* op, Sizes sizes) {
  const bool differ = !dataset.pictures.empty();
  check(!differ || sizes == Sizes::any, op,
        ": the pictures differ in size; read them with one size, or give ImageBatches one");
  check((dataset.images.defined() || differ) && dataset.labels.defined(), op,
        ": the dataset has no images or no labels");
  check(!dataset.images.defined() || !differ, op, ": the dataset has both images and pictures; give one of them");
  check_pictures(dataset.pictures, op);
  const Shape images = differ ? Shape{std::ssize(dataset.pictures)} : dataset.images.shape();
  const Shape& labels = dataset.labels.shape();
  check(differ || (images.rank() == 4 && dataset.images.dtype() == DType::uint8), op,
        ": images must be uint8 [N, H, W, C], not ", dataset.images.dtype(), " ", images);
  check(labels.rank() == 1 && dataset.labels.dtype() == DType::int64, op, ": labels must be int64 [N], not ",
        dataset.labels.dtype(), " ", labels);
  check(images[0] == labels[0], op, ": ", images[0], " images but ", labels[0], " labels");
  const auto values = dataset.labels.values<std::int64_t>();
  for (std::size_t i = 0; i < values.size(); ++i) {
    check(values[i] >= 0 && values[i] < dataset.classes(), op, ": label ", values[i], " of image ", i,
          " is not in [0, ", dataset.classes(), "), the number of class names");
  }
}

Subset::Subset(const ImageDataset& all)
    : dataset(all), indices(count_up_to(all.size())), class_ordered(all.class_ordered) {}

Subset::Subset(const ImageDataset& some, std::vector<std::int64_t> chosen)
    : dataset(some), indices(std::move(chosen)), class_ordered(some.class_ordered) {
  for (std::int64_t index : indices) {
    check(index >= 0 && index < dataset.size(), "subset: index ", index, " is not in [0, ", dataset.size(), ")");
  }
}

std::int64_t Subset::label(std::int64_t i) const {
  return dataset.labels.data<std::int64_t>()[indices.at(static_cast<std::size_t>(i))];
}

std::vector<std::int64_t> Subset::labels() const {
  std::vector<std::int64_t> all;
  for (std::int64_t i = 0; i < size(); ++i) {
    all.push_back(label(i));
  }
  return all;
}

Tensor Subset::image(std::int64_t i) const {
  const std::int64_t index = indices.at(static_cast<std::size_t>(i));
  return dataset.pictures.empty() ? dataset.images[index] : dataset.pictures[static_cast<std::size_t>(index)];
}

Subset mix_classes(const Subset& subset, std::uint64_t seed) {
  if (!subset.class_ordered) {
    return subset;
  }
  const Tensor order = kernels::permutation(RandomKey{.seed = seed}.derive("mix_classes"), subset.size());
  Subset result = subset;
  result.class_ordered = false;
  for (std::int64_t i = 0; i < subset.size(); ++i) {
    const std::int64_t from = order.data<std::int64_t>()[i];
    result.indices[static_cast<std::size_t>(i)] = subset.indices[static_cast<std::size_t>(from)];
  }
  return result;
}

Subset take(const Subset& subset, std::int64_t count, std::uint64_t seed) {
  check(count >= 1 && count <= subset.size(), "take: cannot take ", count, " of ", subset.size(),
        " pictures; choose from 1 to ", subset.size());
  return slice(mix_classes(subset, seed), 0, count);
}

Split split_validation(const Subset& subset, double fraction, std::uint64_t seed) {
  check(fraction >= 0 && fraction < 1, "split_validation: the fraction must be in [0, 1), it is ", fraction);
  const std::int64_t n = subset.size();
  const std::int64_t validation = std::llround(fraction * static_cast<double>(n));
  check(fraction == 0 || (validation > 0 && validation < n), "split_validation: a fraction of ", fraction, " of ", n,
        " pictures leaves ", n - validation, " for training and ", validation,
        " for validation; both need at least one");
  const Subset mixed = mix_classes(subset, seed);
  return {.train = slice(mixed, 0, n - validation), .validation = slice(mixed, n - validation, n)};
}

}  // namespace gibbs::data
