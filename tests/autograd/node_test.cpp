// Nodes are counted, and graphs of any depth are freed without recursion: the deep ones run on a 256 KB stack, where
// one frame per node would overflow at once.
#include "gibbs/autograd/node.h"

#include <pthread.h>

#include <functional>

#include "gibbs/autograd/ops/arithmetic.h"
#include "gibbs/autograd/ops/math.h"
#include "gibbs/autograd/record.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

constexpr int kDeep = 1'000'000;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kStack = 1 << 20;  // instrumented frames are larger
#else
constexpr std::size_t kStack = 256 << 10;
#endif

/// Runs body on a thread with a small stack.
void on_small_stack(std::function<void()> body) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, kStack), 0);
  pthread_t thread;
  const auto start = [](void* argument) -> void* {
    (*static_cast<std::function<void()>*>(argument))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, start, &body), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

TEST(Node, IsAliveAsLongAsSomeoneCanReachIt) {
  const std::int64_t before = Node::alive();
  {
    const Variable x = Variable::leaf(f64({1}));
    Variable y = exp(x);
    EXPECT_EQ(Node::alive(), before + 2);
    y = exp(y);
    EXPECT_EQ(Node::alive(), before + 3);
    y = {};
    EXPECT_EQ(Node::alive(), before + 1);
  }
  EXPECT_EQ(Node::alive(), before);
}

TEST(Node, AGradientWithAGraphDoesNotKeepItselfAlive) {
  const std::int64_t before = Node::alive();
  {
    const Variable x = Variable::leaf(f64({1}));
    const Variable y = exp(x) * sigmoid(x);
    const Variable first = grad(y, {x}, {.create_graph = true})[0];
    const Variable second = grad(first, {x}, {.create_graph = true})[0];
    EXPECT_TRUE(second.traced());
  }
  EXPECT_EQ(Node::alive(), before);
}

TEST(Node, AMillionNodesThroughEdges) {
  const std::int64_t before = Node::alive();
  int gradients = 0;
  on_small_stack([&] {
    const Variable x = Variable::leaf(f64({1}));
    Variable y = x;
    for (int i = 0; i < kDeep; ++i) {
      y = record("same", y.value(), wrt(y, [&gradients](const Variable& dy) {
                   ++gradients;
                   return dy;
                 }));
    }
    EXPECT_EQ(grad(y, {x})[0].value().item(), 1);
  });
  EXPECT_EQ(gradients, kDeep) << "each is asked for its gradient once";
  EXPECT_EQ(Node::alive(), before);
}

TEST(Node, AMillionNodesThroughCaptures) {
  const std::int64_t before = Node::alive();
  on_small_stack([] {
    const Variable x = Variable::leaf(f64({1}));
    Variable y = x;
    for (int i = 0; i < kDeep; ++i) {
      y = record("side", x.value(), wrt(x, [y](const Variable& dy) { return y.traced() ? dy : Variable(); }));
    }
    EXPECT_EQ(grad(y, {x})[0].value().item(), 1);
  });
  EXPECT_EQ(Node::alive(), before);
}

TEST(Node, AGraphInAStaticVariableIsFreedAfterMain) {
  static Variable forever = exp(exp(Variable::leaf(f64({1}))));
  EXPECT_TRUE(forever.traced());
}

}  // namespace
}  // namespace gibbs::testing
