#include "gibbs/losses/hinge.h"

#include <limits>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/indexing.h"
#include "gibbs/autograd/ops/layout.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/ops/reduce.h"
#include "gibbs/tensor/kernels/indexing.h"

namespace gibbs::losses {
namespace {

/// max(0, 1 - y z), element by element.
Variable shortfall(const char* op, const Variable& y, const Variable& z) {
  check_elementwise(op, y, z);
  const std::int64_t row_size = y.numel() / y.size(0);
  dispatch_floating(y.dtype(), op, [&](auto zero) {
    const auto* label = y.value().data<decltype(zero)>();
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      check(label[i] == -1 || label[i] == 1, op, ": target row ", i / row_size, " has the label ", label[i],
            "; labels are -1 and 1 (2 y - 1 makes them of 0 and 1)");
    }
  });
  return relu(1.0 - y * z);
}

struct Margins {
  Variable lead;  // [..., K]: z_k - z_y
  Tensor is_y;    // uint8 [..., K]
};

Margins margins_of(const char* op, const Tensor& target, const Variable& z) {
  check(z.rank() >= 2 && z.numel() > 0, op, ": scores must be [N, K] or [N, ..., K], with a row and a class, not ",
        z.shape());
  check(is_floating(z.dtype()), op, ": scores must be float32 or float64, not ", z.dtype());
  const Shape rows = z.shape().sub(0, z.rank() - 1);
  const std::int64_t classes = z.size(-1);
  check(target.dtype() == DType::int64 && target.shape() == rows, op, ": the target is ", target.dtype(), " ",
        target.shape(), ", the scores ", z.shape(), "; class indices are int64 ", rows);
  const auto* y = target.data<std::int64_t>();
  for (std::int64_t i = 0; i < target.numel(); ++i) {
    check(0 <= y[i] && y[i] < classes, op, ": target row ", i, " is class ", y[i], ", outside [0, ", classes, ")");
  }
  return {z - gather(z, -1, target.reshape(rows.followed_by({1}))), kernels::one_hot(target, classes, DType::uint8)};
}

}  // namespace

Variable hinge(const Variable& target, const Variable& prediction, const ElementwiseOptions& options) {
  return reduce_elements(shortfall("hinge", target, prediction), options.reduction);
}

Variable squared_hinge(const Variable& target, const Variable& prediction, const ElementwiseOptions& options) {
  return reduce_elements(square(shortfall("squared_hinge", target, prediction)), options.reduction);
}

Variable categorical_hinge(const Tensor& target, const Variable& scores, const ElementwiseOptions& options) {
  const auto [lead, is_y] = margins_of("categorical_hinge", target, scores);
  const Tensor none = Tensor::full({}, -std::numeric_limits<double>::infinity(), lead.dtype());
  return reduce(relu(max(where(is_y, none, lead), {-1}) + 1.0), {}, options.reduction);
}

Variable multi_margin(const Tensor& target, const Variable& scores, const ElementwiseOptions& options) {
  const auto [lead, is_y] = margins_of("multi_margin", target, scores);
  const Tensor none = Tensor::full({}, -1, lead.dtype());
  return reduce(sum(relu(where(is_y, none, lead) + 1.0), {-1}), {}, options.reduction);
}

}  // namespace gibbs::losses
