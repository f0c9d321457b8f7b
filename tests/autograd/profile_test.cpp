// Profile: what it counts, to what it bills time, flops and bytes, and what it does not look at.
#include "gibbs/autograd/profile.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <numeric>
#include <sstream>
#include <thread>

#include "gibbs/autograd/anomaly.h"
#include "gibbs/autograd/checkpoint.h"
#include "gibbs/autograd/grad.h"
#include "gibbs/autograd/notes.h"
#include "gibbs/autograd/ops/ops.h"
#include "gibbs/autograd/record.h"
#include "tests/testing/expect_op.h"

namespace gibbs::testing {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Pair;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr double kNap = 0.003;

void nap() { std::this_thread::sleep_for(std::chrono::duration<double>(kNap)); }

Variable ones(const Shape& shape) { return Variable::leaf(Tensor::ones(shape)); }

/// An op of somebody's own, which takes its time forward and backward.
Variable slow(const Variable& x) {
  nap();
  return record("slow", x.value().clone(), wrt(x, [](const Variable& dy) {
                  nap();
                  return dy;
                }));
}

std::map<std::string, std::int64_t> calls(const Profile& profile) {
  std::map<std::string, std::int64_t> found;
  for (const ProfileRow& row : profile.rows()) {
    found[row.name] += row.calls;
  }
  return found;
}

ProfileRow row(const Profile& profile, const std::string& name) {
  for (const ProfileRow& each : profile.rows()) {
    if (each.name == name) {
      return each;
    }
  }
  ADD_FAILURE() << "no row " << name;
  return {};
}

std::vector<std::string> names(const Profile& profile) {
  std::vector<std::string> found;
  for (const ProfileEvent& event : profile.events()) {
    found.push_back(event.name);
  }
  return found;
}

/// Rows add up, and each event lies within what was open when it began.
void expect_sound(const Profile& profile) {
  const std::vector<ProfileRow> rows = profile.rows();
  const double sum =
      std::accumulate(rows.begin(), rows.end(), 0.0, [](double s, const ProfileRow& r) { return s + r.seconds; });
  EXPECT_NEAR(sum, profile.seconds(), 1e-9);
  EXPECT_EQ(rows.back().name, "everything else");
  std::vector<const ProfileEvent*> open;
  std::int64_t last = 0;
  for (const ProfileEvent& event : profile.events()) {
    EXPECT_LE(last, event.begin) << event.name;
    EXPECT_LE(event.begin, event.end) << event.name;
    last = event.begin;
    while (!open.empty() && open.back()->end <= event.begin) {
      open.pop_back();
    }
    if (!open.empty()) {
      EXPECT_LE(event.end, open.back()->end) << event.name << " in " << open.back()->name;
    }
    open.push_back(&event);
  }
}

TEST(Profile, CountsOpsForwardAndBackward) {
  Profile profile;
  const Variable x = ones({3});
  grad(sum(exp(x) * x), {x});
  profile.stop();
  EXPECT_THAT(calls(profile),
              UnorderedElementsAre(Pair("exp", 1), Pair("mul", 1), Pair("sum", 1), Pair("exp gradient", 1),
                                   Pair("mul gradient", 1), Pair("sum gradient", 1), Pair("everything else", 0)));
  exp(x);
  EXPECT_EQ(calls(profile)["exp"], 1) << "it was stopped";
  expect_sound(profile);
}

TEST(Profile, SeesConstantsAndOpsWithoutATape) {
  const Profile profile;
  exp(f64({1}));
  {
    const NoTape no_tape;
    exp(ones({1}));
    unbind(ones({2, 2}));
  }
  stack({f64({1}), f64({2})});
  EXPECT_THAT(calls(profile),
              UnorderedElementsAre(Pair("exp", 2), Pair("unbind", 1), Pair("stack", 1), Pair("everything else", 0)));
}

TEST(Profile, BillsTheTimeOfUsersOps) {
  Profile profile;
  const Variable x = ones({2});
  nap();  // nobody's
  {
    const LayerScope layer("0", "Layer");
    grad(sum(slow(slow(exp(x)))), {x});
  }
  nap();
  { const ProfileSpan span("span"); }
  profile.stop();
  EXPECT_EQ(row(profile, "slow").calls, 2);
  EXPECT_GE(row(profile, "slow").seconds, 2 * kNap);
  EXPECT_GE(row(profile, "slow gradient").seconds, 2 * kNap);
  EXPECT_GE(row(profile, "everything else").seconds, 2 * kNap) << "before the layer, and before the span";
  EXPECT_GE(profile.seconds(), 6 * kNap);
  EXPECT_GE(profile.rows()[0].seconds, profile.rows()[1].seconds) << "the longest first";
  expect_sound(profile);
}

TEST(Profile, SeesFusedOpsOfUsers) {
  Profile profile;
  const Variable x = ones({4}), w = ones({4});
  const Variable y =
      fused("my_sum", {x, w}, Tensor::ones({4}), [](const Variables&, const Tensor& dy, const std::vector<bool>&) {
        count_flops(100);
        return std::vector{dy, dy};
      });
  grad(y, {x, w}, Variable(Tensor::ones({4})));
  profile.stop();
  EXPECT_THAT(calls(profile),
              UnorderedElementsAre(Pair("my_sum", 1), Pair("my_sum gradient", 1), Pair("everything else", 0)));
  EXPECT_EQ(row(profile, "my_sum").bytes, 3 * 16);
  EXPECT_EQ(row(profile, "my_sum").flops, 0);
  EXPECT_EQ(row(profile, "my_sum gradient").bytes, 5 * 16);
  EXPECT_EQ(row(profile, "my_sum gradient").flops, 100);
}

TEST(Profile, WhatHappensInsideIsPartOfIt) {
  Profile profile;
  const Variable x = ones({5, 3}), w = ones({3, 2}), bias = ones({2});
  {
    const ProfileSpan span("loss");
    sum(exp(x));
  }
  grad(dense(x, w, bias), {x, w, bias}, Variable(Tensor::ones({5, 2})));
  profile.stop();
  EXPECT_THAT(calls(profile), UnorderedElementsAre(Pair("loss", 1), Pair("dense", 1), Pair("dense gradient", 1),
                                                   Pair("everything else", 0)));
  ASSERT_THAT(names(profile), ElementsAre("loss", "exp", "sum", "dense", "dense gradient", "matmul", "matmul", "sum"));
  EXPECT_EQ(row(profile, "loss").bytes, 4 * (15 + 15 + 15 + 1));
  EXPECT_EQ(row(profile, "dense").flops, 2 * 5 * 3 * 2);
  EXPECT_EQ(row(profile, "dense").bytes, 4 * (15 + 6 + 2 + 10));
  EXPECT_EQ(row(profile, "dense gradient").flops, 2 * (2 * 5 * 3 * 2));
  EXPECT_EQ(row(profile, "dense gradient").bytes, 4 * ((10 + 6 + 15) + (15 + 10 + 6) + (10 + 2)));
  const ProfileEvent& gradient = profile.events()[4];
  EXPECT_EQ(gradient.category, ProfileCategory::backward);
  EXPECT_THAT(gradient.inputs, ElementsAre(Shape{5, 2}));
  EXPECT_THAT(gradient.outputs, ElementsAre(Shape{5, 3}, Shape{3, 2}, Shape{2}));
  for (const ProfileEvent& event : profile.events()) {
    EXPECT_EQ(event.category == ProfileCategory::backward, event.begin >= gradient.begin) << event.name;
  }
  expect_sound(profile);
}

TEST(Profile, KnowsTheFlopsOfProductsAndConvolutions) {
  Profile profile;
  const Variable a = ones({7, 3}), b = ones({5, 7});  // a^T b^T: 3 x 7 times 7 x 5
  matmul(a, b, {.a = true, .b = true});
  const Variable x = ones({2, 6, 5, 4}), w = ones({3, 3, 2, 8});
  const Variable y = conv2d(x, w, {.stride_h = 2, .pads = {1, 0, 0, 0}, .groups = 2});
  ASSERT_EQ(y.shape(), (Shape{2, 3, 3, 8}));
  grad(y, {x, w}, Variable(Tensor::ones(y.shape())));
  const Variable block_x = ones({2, 8, 8, 3}), block_w = ones({3, 3, 3, 32}), bias = ones({32});
  const auto geometry = kernels::ConvBlockGeometry::of(block_x.shape(), block_w.shape(), {}, {});
  const Variable z = conv_block(block_x, block_w, bias, geometry);
  grad(z, {block_w}, Variable(Tensor::ones(z.shape())));
  profile.stop();
  EXPECT_EQ(row(profile, "matmul").flops, 2 * 3 * 7 * 5);
  const double conv = 2 * (2 * 3 * 3 * 8) * (3 * 3 * 2);
  EXPECT_EQ(row(profile, "conv2d").flops, conv);
  EXPECT_EQ(row(profile, "conv2d gradient").flops, 2 * conv);
  const double block = 2 * (2 * 6 * 6 * 32) * (3 * 3 * 3);
  EXPECT_EQ(row(profile, "conv_block").flops, block) << "of the convolution, not of what is left of it by pooling";
  EXPECT_EQ(row(profile, "conv_block gradient").flops, block) << "only dw was wanted";
  const auto& events = profile.events();
  const auto gradient = std::find_if(events.begin(), events.end(),
                                     [](const ProfileEvent& event) { return event.name == "conv_block gradient"; });
  ASSERT_NE(gradient, events.end());
  EXPECT_THAT(gradient->outputs, ElementsAre(block_w.shape()));
}

TEST(Profile, ViewsMoveNothing) {
  const Profile profile;
  reshape(ones({2, 3}), {3, 2});
  EXPECT_EQ(row(profile, "reshape").bytes, 0);
}

TEST(Profile, CountsStepsAfterTheWarmUp) {
  Profile profile({.warm_up_steps = 2});
  const Variable x = ones({1});
  for (int i = 0; i < 5; ++i) {
    {
      const ProfileStep step;
      slow(x);
    }
    exp(x);
    nap();
  }
  profile.stop();
  EXPECT_EQ(profile.steps(), 3);
  EXPECT_THAT(calls(profile), UnorderedElementsAre(Pair("slow", 3), Pair("everything else", 0)));
  EXPECT_GE(profile.seconds(), 3 * kNap);
  EXPECT_THAT(names(profile), ElementsAre("exp", "step", "slow", "exp", "step", "slow", "exp", "step", "slow", "exp"));
  EXPECT_THAT(profile.report(),
              MatchesRegex("Profile of 3 steps after 2 of warm-up: [0-9.]+ ms, [0-9.]+ ms each; [0-9.]+ ms outside of "
                           "them are not counted\n\nOp  (.|\n)*"));
  expect_sound(profile);
}

TEST(Profile, TracesAFewStepsAndCountsThemAll) {
  Profile profile({.trace_steps = 2});
  const Variable x = ones({1});
  for (int i = 0; i < 4; ++i) {
    const ProfileStep step;
    const ProfileStep inner;
    exp(x);
  }
  exp(x);
  profile.stop();
  EXPECT_EQ(profile.steps(), 4) << "a step in a step is a span";
  EXPECT_THAT(calls(profile), UnorderedElementsAre(Pair("step", 4), Pair("everything else", 0)));
  EXPECT_THAT(names(profile), ElementsAre("step", "step", "exp", "step", "step", "exp"));

  Profile short_trace({.trace_events = 3});
  for (int i = 0; i < 4; ++i) {
    exp(x);
  }
  EXPECT_EQ(short_trace.events().size(), 3U);
  EXPECT_EQ(calls(short_trace)["exp"], 4);
}

TEST(Profile, OfNoStepAfterTheWarmUpSaysSo) {
  Profile profile({.warm_up_steps = 1});
  { const ProfileStep step; }
  EXPECT_THAT(profile.report(), StartsWith("Profile of no step after 1 of warm-up\n"));
  EXPECT_EQ(profile.seconds(), 0);
  EXPECT_THAT(profile.events(), IsEmpty());
}

TEST(Profile, KnowsLayersOfBothPasses) {
  Profile profile;
  const Variable x = ones({2});
  const Variable y = [&] {
    const LayerScope outer("", "Model"), inner("2.head", "Head");
    return exp(x);
  }();
  grad(sum(y), {x});
  profile.stop();
  std::vector<std::pair<std::string, std::string>> places;
  for (const ProfileEvent& event : profile.events()) {
    places.emplace_back(event.name, event.layer);
  }
  EXPECT_THAT(places, ElementsAre(Pair("exp", "2.head"), Pair("sum", ""), Pair("sum gradient", ""), Pair("reshape", ""),
                                  Pair("broadcast_to", ""), Pair("exp gradient", "2.head"), Pair("mul", "2.head")));
}

TEST(Profile, BelongsToItsThread) {
  Profile profile;
  const Variable x = ones({1});
  std::thread([&] {
    exp(x);
    Profile other;
    log(x);
    EXPECT_THAT(calls(other), UnorderedElementsAre(Pair("log", 1), Pair("everything else", 0)));
    EXPECT_EQ(error_of([&] { profile.stop(); }), "Profile: stop it on the thread that made it");
  }).join();
  sqrt(x);
  EXPECT_THAT(calls(profile), UnorderedElementsAre(Pair("sqrt", 1), Pair("everything else", 0)));
  EXPECT_EQ(error_of([] { const Profile second; }), "Profile: one is already running on this thread");
  profile.stop();
  EXPECT_EQ(error_of([] { const Profile next; }), "");
  EXPECT_EQ(error_of([] { const Profile wrong({.trace_steps = -1}); }),
            "Profile: warm_up_steps, trace_steps and trace_events must be at least 0, they are 0, -1 and 100000");
}

TEST(Profile, SurvivesErrorsAndSpansThatOutliveIt) {
  auto profile = std::make_unique<Profile>();
  const Variable x = ones({1});
  const Variable y = record("broken", Tensor::ones({1}), wrt(x, [](const Variable&) -> Variable { fail("no"); }));
  EXPECT_EQ(error_of([&] { grad(y, {x}); }), "no");
  exp(x);
  EXPECT_THAT(calls(*profile), UnorderedElementsAre(Pair("broken", 1), Pair("broken gradient", 1), Pair("exp", 1),
                                                    Pair("everything else", 0)))
      << "the gradient was closed";
  const ProfileSpan outlives("span");
  profile->stop();
  EXPECT_EQ(calls(*profile)["span"], 1) << "stopping closes it";
  profile.reset();
  const Profile next;
  { const ProfileSpan other("other"); }
  EXPECT_EQ(calls(next)["other"], 1);
}

TEST(Profile, WorksWithAnomalyModeCheckpointsAndHigherOrders) {
  const auto run = [] {
    const Variable x = Variable::leaf(f64({2, 3}));
    const Variable y = checkpoint([](const Variable& v) { return exp(v) * v; }, log_softmax(x) * x);
    const Variable dx = grad(sum(y), {x}, {.create_graph = true})[0];
    return grad(sum(dx * dx), {x})[0].value().to_vector();
  };
  const std::vector<double> plain = run();
  Profile profile;
  {
    const AnomalyMode anomaly;
    EXPECT_EQ(run(), plain);
    EXPECT_THAT(error_of([] {
                  const LayerScope layer("1", "Log");
                  log(f64({0}));
                }),
                StartsWith("anomaly: 'log' in layer '1' (Log) gave infinity"));
  }
  EXPECT_EQ(run(), plain);
  profile.stop();
  EXPECT_EQ(calls(profile)["checkpoint gradient"] % 2, 0);
  EXPECT_GE(calls(profile)["checkpoint gradient"], 2);
  EXPECT_EQ(calls(profile)["log"], 0) << "what throws has no value";
  expect_sound(profile);
}

TEST(Profile, ReportsATable) {
  Profile profile;
  const Variable x = ones({64, 64});
  matmul(x, x);
  slow(x);
  profile.stop();
  EXPECT_THAT(
      profile.report(),
      AllOf(MatchesRegex("Profile of [0-9]+.[0-9] ms\n\n"
                         "Op                 Calls   Total ms   ms/step  GFLOP/s    GB/s   Share\n"
                         "={70}\n"
                         "([^\n]{70}\n){3}"),
            ContainsRegex("\nslow                   1 +[0-9]+.[0-9] +[0-9]+.[0-9]{3}          +[0-9.]+ +[0-9.]+%\n"),
            ContainsRegex("\nmatmul                 1 +[0-9]+.[0-9] +[0-9]+.[0-9]{3} +[0-9.]+ +[0-9.]+ +[0-9.]+%\n"),
            ContainsRegex("\neverything else          +[0-9]+.[0-9] +[0-9]+.[0-9]{3}                  +[0-9.]+%\n$")));
}

TEST(Profile, WritesATrace) {
  Profile profile;
  {
    const ProfileSpan span("a \"quoted\"\\\n name", ProfileCategory::data);
    const LayerScope layer("block.0", "Block");
    matmul(ones({2, 3}), ones({3, 1}));
  }
  const auto path = std::filesystem::path(::testing::TempDir()) / "gibbs_profile_test.json";
  profile.write_trace(path);
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  std::filesystem::remove(path);
  EXPECT_THAT(
      text.str(),
      AllOf(StartsWith("{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n"
                       R"({"name": "a \"quoted\"\\\u000a name", "cat": "data", "ph": "X", "pid": 1, "tid": 1, "ts": )"),
            HasSubstr(R"("args": {"layer": "block.0", "inputs": "[2, 3] [3, 1]", "outputs": "[2, 1]", "flop": 12, )"
                      R"("bytes": 44}})"
                      "\n]}\n")));
}

}  // namespace
}  // namespace gibbs::testing
