// The library's own product, bit by bit: every element is a chain of std::fma in the order of k, which a loop computes
// here. So no cut, no thread and no vector width can be seen in it.
#include "gibbs/tensor/kernels/gemm/own.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "gibbs/tensor/build_info.h"
#include "gibbs/tensor/kernels/gemm.h"
#include "tests/tensor/kernels/convolution_testing.h"

namespace gibbs::kernels {
namespace {

using std::int64_t;

/// As the library's fma(): fused where the library that is loaded is, whatever this test was compiled for.
template <class T>
T multiply_add(T a, T b, T c) {
  static const bool fused = build_info().fused;
  const volatile T product = a * b;
  return fused ? std::fma(a, b, c) : product + c;
}

/// Matrices inside larger ones, and what one element after the other makes of them.
template <class T>
struct Product {
  Transposed transposed;
  int64_t m, n, k;
  T beta = 0;
  int64_t more = 0;  // columns of the larger matrices
  int64_t lda = (transposed.a ? m : k) + more, ldb = (transposed.b ? k : n) + more, ldc = n + more;
  Tensor a = random_tensor({transposed.a ? k : m, lda}, dtype_of<T>, 1);
  Tensor b = random_tensor({transposed.b ? n : k, ldb}, dtype_of<T>, 2);
  Tensor c = random_tensor({m, ldc}, dtype_of<T>, 3);

  Tensor expected() const {
    Tensor result = c.clone();
    const T *x = a.data<T>(), *y = b.data<T>();
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        T& sum = result.mutable_data<T>()[i * ldc + j];
        sum = beta == T{0} ? T{0} : beta * sum;
        for (int64_t p = 0; p < k; ++p) {
          sum = multiply_add(x[transposed.a ? p * lda + i : i * lda + p], y[transposed.b ? j * ldb + p : p * ldb + j],
                             sum);
        }
      }
    }
    return result;
  }
  Tensor actual() const {
    Tensor result = c.clone();
    own::gemm(transposed, m, n, k, a.data<T>(), lda, b.data<T>(), ldb, beta, result.mutable_data<T>(), ldc);
    return result;
  }
  void check() const {
    EXPECT_TRUE(same_bits(actual(), expected()))
        << m << " x " << k << " x " << n << ", a^T " << transposed.a << ", b^T " << transposed.b << ", beta " << beta
        << ", " << name_of(dtype_of<T>);
  }
};

constexpr std::array<Transposed, 4> kTransposed = {{{false, false}, {true, false}, {false, true}, {true, true}}};

TEST(OwnGemm, EveryElementIsOneChainOfMultiplyAdds) {
  for (const auto& [m, n, k] : std::vector<std::array<int64_t, 3>>{{1, 1, 1},
                                                                   {1, 64, 40},
                                                                   {1, 300, 70},
                                                                   {1, 7, 520},
                                                                   {2, 16, 3},
                                                                   {7, 65, 30},
                                                                   {16, 128, 300},
                                                                   {17, 33, 9},
                                                                   {29, 10, 257},
                                                                   {30, 31, 15},
                                                                   {64, 64, 64},
                                                                   {40, 200, 513}}) {
    for (const Transposed t : kTransposed) {
      Product<float>{t, m, n, k}.check();
      Product<double>{t, m, n, k}.check();
    }
  }
}

TEST(OwnGemm, EveryNumberOfRowsAndColumnsUpToTwoBlocks) {
  for (int64_t m = 1; m <= 30; ++m) {
    Product<float>{{}, m, 37, 5}.check();
    Product<double>{{.a = true}, m, 70, 5}.check();
  }
  for (int64_t n = 1; n <= 140; ++n) {
    Product<float>{{}, 3, n, 5}.check();
    Product<float>{{.b = true}, 3, n, 35}.check();
    Product<double>{{.b = true}, 1, n, 3}.check();
  }
}

TEST(OwnGemm, AddsToWhatIsThereAndSkipsTheRestOfARow) {
  for (const Transposed t : kTransposed) {
    for (const int64_t m : {1, 20}) {
      for (const int64_t k : {0, 6, 300}) {
        Product<float>{.transposed = t, .m = m, .n = 75, .k = k, .beta = 1, .more = 3}.check();
        Product<double>{.transposed = t, .m = m, .n = 140, .k = k, .beta = -.5, .more = 9}.check();
        Product<float>{.transposed = t, .m = m, .n = 64, .k = k, .beta = 0, .more = 1}.check();
      }
    }
  }
}

TEST(OwnGemm, BetaZeroForgetsEvenNan) {
  for (const int64_t k : {0, 1}) {
    Product<float> product{.transposed = {}, .m = 3, .n = 20, .k = k};
    product.c = Tensor::full({3, 20}, std::numeric_limits<double>::quiet_NaN());
    product.check();
  }
}

class Own : public ::testing::Test {
 protected:
  Own() { set_gemm(Gemm::own); }
  ~Own() override { set_gemm(Gemm::automatic); }
};

/// matmul and dense cut, and run on several threads: with bias, which the chain begins with.
TEST_F(Own, CutsAndThreadsAreNotSeen) {
  const Product<float> product{.transposed = {}, .m = 250, .n = 320, .k = 700};
  Tensor expected = product.expected();
  expect_same_bits_on_any_threads([&] { return std::vector<Tensor>{matmul(product.a, product.b)}; });
  EXPECT_TRUE(same_bits(matmul(product.a, product.b), expected));
  EXPECT_TRUE(same_bits(matmul(product.a.rows(3, 40), product.b), expected.rows(3, 40)))
      << "a part has the whole's bits";
  Product<float> with_bias = product;
  with_bias.beta = 1;
  for (int64_t i = 1; i < product.m; ++i) {
    std::copy_n(product.c.data<float>(), product.n, with_bias.c.mutable_data<float>() + i * product.n);
  }
  EXPECT_TRUE(same_bits(dense(product.a, product.b, with_bias.c[0]), with_bias.expected()));
}

}  // namespace
}  // namespace gibbs::kernels
