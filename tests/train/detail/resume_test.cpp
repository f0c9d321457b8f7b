// Going on from a checkpoint: what must be the same is compared, and a run that is refused has changed nothing.
#include "gibbs/train/detail/resume.h"

#include <gmock/gmock.h>

#include <sstream>

#include "gibbs/io/safetensors.h"
#include "gibbs/losses/cross_entropy.h"
#include "gibbs/nn/fusion.h"
#include "gibbs/nn/nn.h"
#include "gibbs/optim/adam.h"
#include "gibbs/train/fit.h"
#include "tests/testing/expect_op.h"
#include "tests/testing/temporary_folder.h"

namespace gibbs::train {
namespace {

using gibbs::testing::error_of;
using gibbs::testing::TemporaryFolder;

data::ImageDataset pictures() {
  return {.images = kernels::cast(kernels::random_integers({.seed = 1}, {20, 4, 4, 1}, 0, 256), DType::uint8),
          .labels = kernels::random_integers({.seed = 2}, {20}, 0, 2),
          .class_names = {"cat", "dog"}};
}

/// A callback whose state is a text that must begin with '!'.
struct Keeper : Callback {
  explicit Keeper(std::string text) : kept(std::move(text)) {}
  std::string saved_state() const override { return kept; }
  void restore(const std::string& state) override {
    kept = state;
    check(state.starts_with('!'), "Keeper: cannot restore from '", state, "'");
  }
  std::string kept;
};

/// A run of two epochs of three batches; `go_on` continues it to the third.
struct Scene {
  TemporaryFolder folder;
  data::ImageDataset train = pictures(), validation = pictures();
  Keeper first{"!one"}, second{"!two"};
  std::ostringstream log;

  struct Run {
    nn::Sequential model = nn::initialized(nn::Sequential{nn::Flatten(), nn::Dense({.in = 16, .out = 2})}, 3);
    optim::Adam adam{nn::parameters(model), {.learning_rate = 0.01}};
  };

  FitResult fit(Run& run, int epochs, bool resume, std::vector<data::Transform> transforms = {}) {
    const auto loss = [](const Tensor& labels, const Variable& logits) {
      return losses::cross_entropy_with_logits(labels, logits);
    };
    return train::fit(run.model, run.adam, loss, train, validation,
                      {.epochs = epochs,
                       .batch_size = 8,
                       .transforms = std::move(transforms),
                       .checkpoint = folder / "checkpoint.safetensors",
                       .resume = resume,
                       .progress = ProgressStyle::silent,
                       .out = &log},
                      {&first, &second});
  }
  Scene() {
    Run run;
    fit(run, 2, false);
  }
  /// What going on says without the file's name, and that nothing has changed.
  std::string refusal() {
    Run run;
    const std::string weights = nn::weights_sha256(run.model);
    std::string error = error_of([&] { fit(run, 3, true); });
    EXPECT_EQ(nn::weights_sha256(run.model), weights);
    EXPECT_EQ(run.adam.steps(), 0);
    EXPECT_EQ(run.adam.learning_rate(), 0.01);
    const std::string name = folder / "checkpoint.safetensors";
    return error.find(name) == std::string::npos ? error : error.replace(error.find(name), name.size(), "FILE");
  }
  /// Replaces a piece of the checkpoint's state, with a right checksum.
  void edit(const std::string& from, const std::string& to) {
    const std::string file = folder / "checkpoint.safetensors";
    io::Safetensors contents = io::read_safetensors(file);
    std::string& state = contents.metadata.at("state");
    ASSERT_NE(state.find(from), std::string::npos) << state;
    state.replace(state.find(from), from.size(), to);
    io::write_safetensors(file, contents.tensors, contents.metadata, {.checksum = true});
  }
};

TEST(Resume, GoesOnWhenNothingHasChanged) {
  Scene scene;
  Scene::Run run;
  scene.first.kept = scene.second.kept = "!other";
  EXPECT_EQ(scene.fit(run, 3, true).steps, 9);
  EXPECT_EQ(scene.first.kept, "!one");
  EXPECT_EQ(scene.second.kept, "!two");
  EXPECT_EQ(scene.log.str(), "");
}

TEST(Resume, ChangedDataAreRefusedByName) {
  const auto refused = [](const auto& change) {
    Scene scene;
    change(scene);
    return scene.refusal();
  };
  const auto message = [](const std::string& what) {
    return "checkpoint: FILE belongs to another run: " + what + "; give the same data, or another folder";
  };
  EXPECT_EQ(refused([](Scene& s) { s.train.images.mutable_data<std::uint8_t>()[0] ^= 1; }),
            message("training images changed"));
  EXPECT_EQ(refused([](Scene& s) { s.validation.labels.mutable_data<std::int64_t>()[5] ^= 1; }),
            message("validation images' classes changed"));
  EXPECT_EQ(
      refused([](Scene& s) { s.train.class_names[0] = s.validation.class_names[0] = "cow"; }),
      message(
          "training class 0 is cat in the checkpoint and cow here, validation class 0 is cat in the checkpoint and cow "
          "here"));
  EXPECT_EQ(refused([](Scene& s) {
              const Tensor first = s.train.images[0].clone();
              s.train.images[0].copy_from(s.train.images[1]);
              s.train.images[1].copy_from(first);
              s.train.labels.mutable_data<std::int64_t>()[2] ^= 1;
            }),
            message("training images' classes changed, training images' order changed"));
}

TEST(Resume, TransformsAreNamed) {
  Scene scene;
  Scene::Run run;
  const data::Transform nothing = [](data::Picture, const RandomKey&) {};
  EXPECT_THAT(
      error_of([&] {
        scene.fit(run, 3, true, {nothing, data::random_crop(2)});
      }),
      ::testing::HasSubstr(
          "training transforms is none in the checkpoint and own, random_crop(2); drawn by seed 0 here; give the same "
          "options"));
}

TEST(Resume, OtherArithmeticIsSaidInOneLineAndGoesOn) {
  Scene scene;
  const bool before = nn::fusion_enabled();
  nn::set_fusion(!before);
  Scene::Run run, again;
  EXPECT_EQ(scene.fit(run, 3, true).steps, 9);
  const std::string was = before ? "on" : "off", is = before ? "off" : "on";
  EXPECT_EQ(scene.log.str(), "Going on with other arithmetic: fusion of layers is " + was + " in the checkpoint and " +
                                 is + " here. The training is the same, its last bits are not.\n");
  scene.log.str("");
  scene.fit(again, 4, true);
  EXPECT_EQ(scene.log.str(), "") << "the new checkpoint is of the new arithmetic";
  nn::set_fusion(before);
}

TEST(Resume, ACallbackThatCannotBeRestoredLeavesAllAsTheyWere) {
  Scene scene;
  scene.edit(R"("!two")", R"("two")");
  scene.first.kept = "!first before";
  scene.second.kept = "!second before";
  EXPECT_EQ(scene.refusal(), "checkpoint: FILE does not fit callback 2 of 2: Keeper: cannot restore from 'two'");
  EXPECT_EQ(scene.first.kept, "!first before");
  EXPECT_EQ(scene.second.kept, "!second before");
}

TEST(Resume, AnotherNumberOfCallbacksIsRefused) {
  Scene scene;
  scene.edit(R"("!one","!two")", R"("!one")");
  EXPECT_EQ(
      scene.refusal(),
      "fit: the checkpoint holds the state of 1 callbacks, this run has 2; give the callbacks that the interrupted run "
      "had");
}

TEST(Resume, PositionsThatTheseBatchesDoNotHaveAreRefused) {
  const std::string start = "checkpoint: FILE has a damaged 'state': ",
                    end = "; delete the file to begin anew, or choose another folder";
  Scene scene;
  scene.edit(R"("batch":0)", R"("batch":3)");
  EXPECT_EQ(scene.refusal(), start + "batch is 3, and an epoch has 3 batches" + end);
  scene.edit(R"("batch":3)", R"("batch":2)");
  EXPECT_EQ(scene.refusal(), start + "after 2 epochs and 2 batches step is 8, but there it is 6" + end);
}

TEST(Resume, FewerEpochsThanThereWereAreRefused) {
  Scene scene;
  Scene::Run run;
  const std::string weights = nn::weights_sha256(run.model), file = scene.folder / "checkpoint.safetensors";
  scene.first.kept = "!first before";
  EXPECT_EQ(error_of([&] { scene.fit(run, 1, true); }),
            "fit: " + file + " is in epoch 2, beyond the 1 that are asked for; ask for at least 2, or begin anew");
  EXPECT_EQ(nn::weights_sha256(run.model), weights);
  EXPECT_EQ(scene.first.kept, "!first before");
}

TEST(Resume, WhatIsNoFileIsSaidByTheReader) {
  Scene scene;
  const std::string file = scene.folder / "checkpoint.safetensors";
  std::filesystem::remove(file);
  std::filesystem::create_symlink("/dev/zero", file);
  EXPECT_EQ(scene.refusal(), "checkpoint: read: FILE is a character device, not a file");
  std::filesystem::remove(file);
  std::filesystem::create_symlink(file, file);
  EXPECT_EQ(scene.refusal(), "checkpoint: cannot look for FILE: Too many levels of symbolic links");
}

}  // namespace
}  // namespace gibbs::train
