// The temporary folder of the data tests, which also writes pictures; and what an action throws, as text.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "gibbs/data/image.h"
#include "tests/testing/error_of.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::data {

class TemporaryFolder : public gibbs::testing::TemporaryFolder {
 public:
  /// A PNG of one colour, and the folders on the way to it; gives its full name.
  std::string write_picture(const std::string& name, const ImageSize& size, double value) const {
    const std::filesystem::path file = path() / name;
    std::filesystem::create_directories(file.parent_path());
    write_png(file, Tensor::full({size.height, size.width, 3}, value, DType::uint8));
    return file.string();
  }
};

using gibbs::testing::error_of;

}  // namespace gibbs::data
