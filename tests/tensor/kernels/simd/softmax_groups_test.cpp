// Groups of rows against float64 loops; what is transposed back stays within the rows of z, whatever their number.
#include "gibbs/tensor/kernels/simd/softmax_groups.h"

#include <cmath>

#include "tests/tensor/kernels/kernel_oracle.h"

namespace gibbs::kernels {
namespace {

using gibbs::testing::random_tensor;

TEST(SoftmaxGroups, HoldEveryRowOnce) {
  for (const std::int64_t rows : {1, 2, 16, 17, 50}) {
    for (const std::int64_t classes : {1, 2, 10, 600}) {
      const Tensor z = random_tensor({rows, classes}, DType::float64);
      std::vector<double> log_sum(static_cast<std::size_t>(rows));
      for_softmax_groups<double>(z, [&]<int L, bool spread>(const SoftmaxGroup<double, L, spread>& group) {
        double log_total[L];
        group.log_total(log_total);
        for (std::int64_t i = 0; i < group.rows; ++i) {
          const double largest = z.at({group.first + i, 0}) - group.shifted[i];
          log_sum[static_cast<std::size_t>(group.first + i)] += largest + log_total[i];
        }
      });
      for (std::int64_t n = 0; n < rows; ++n) {
        double total = 0;
        for (std::int64_t k = 0; k < classes; ++k) {
          total += std::exp(z.at({n, k}));
        }
        EXPECT_NEAR(log_sum[static_cast<std::size_t>(n)], std::log(total), 1e-13) << rows << " x " << classes;
      }
    }
  }
}

TEST(SoftmaxGroups, LogTotalsKeepWhatIsSmallBesideOne) {
  for (const std::int64_t rows : {1, 2, 16, 17}) {
    for (const double behind : {.5, 5.0, 10.0, 20.0}) {
      Tensor z = Tensor::zeros({rows, 2});
      for (std::int64_t n = 0; n < rows; ++n) {
        z.set({n, 1}, -behind);
      }
      const double expected = std::log1p(std::exp(-behind));
      for_softmax_groups<float>(z, [&]<int L, bool spread>(const SoftmaxGroup<float, L, spread>& group) {
        double log_total[L];
        group.log_total(log_total);
        for (std::int64_t i = 0; i < group.rows; ++i) {
          EXPECT_NEAR(log_total[i] / expected, 1, 1e-6) << rows << " rows, " << behind;
        }
      });
    }
  }
}

TEST(SoftmaxGroups, TransposeBackIntoTheirRowsOnly) {
  constexpr std::int64_t kCanaries = 64;
  for (const std::int64_t rows : {2, 16, 17, 31, 32, 33}) {
    for (const std::int64_t classes : {1, 2, 7, 10, 16, 20}) {
      const Tensor z = random_tensor({rows, classes});
      Tensor y = Tensor::full({rows * classes + kCanaries}, -1);
      for_softmax_groups<float>(
          z, [&, to = y.mutable_data<float>()]<int L, bool spread>(const SoftmaxGroup<float, L, spread>& group) {
            std::vector<float> exponential(static_cast<std::size_t>(group.room())), scratch(exponential.size());
            std::copy_n(group.exponential, L * group.classes, exponential.data());
            group.put_back(exponential.data(), scratch.data(), to);
          });
      for (std::int64_t n = 0; n < rows; ++n) {
        double largest = -10;
        for (std::int64_t k = 0; k < classes; ++k) {
          largest = std::max(largest, z.at({n, k}));
        }
        for (std::int64_t k = 0; k < classes; ++k) {
          EXPECT_NEAR(y.at({n * classes + k}), std::exp(z.at({n, k}) - largest), 1e-6) << rows << " x " << classes;
        }
      }
      for (std::int64_t i = 0; i < kCanaries; ++i) {
        EXPECT_EQ(y.at({rows * classes + i}), -1) << rows << " x " << classes;
      }
    }
  }
}

TEST(SoftmaxGroups, WriteTheNumbersOfRowsOrAddThemUp) {
  for (const std::int64_t rows : {1, 2, 16, 17, 50, 5000}) {
    for (const std::int64_t classes : {1, 10, 600}) {
      const Tensor z = random_tensor({rows, classes}, DType::float64);
      Tensor y = Tensor::full({rows}, -1, DType::float64);
      double* to = y.mutable_data<double>();
      const auto totals_to = [&z](double* place) {
        return for_softmax_groups<double>(z, [place]<int L, bool spread>(const SoftmaxGroup<double, L, spread>& group) {
          for (int i = 0; i < L; i += kSums<L>) {
            group.write_rows(i, lanes<kSums<L>>(group.total + i), place);
          }
        });
      };
      EXPECT_EQ(totals_to(to), 0) << "what is written is not added";
      double expected = 0;
      for (std::int64_t n = 0; n < rows; ++n) {
        ASSERT_GE(y.at({n}), 1) << n;
        expected += y.at({n});
      }
      EXPECT_NEAR(totals_to(nullptr) / expected, 1, 1e-13) << rows << " x " << classes;
    }
  }
}

}  // namespace
}  // namespace gibbs::kernels
