// What --data accepts, what it says when it accepts nothing, and that train and test belong together.
#include "gibbs/data/source.h"

#include <algorithm>

#include "gibbs/data/cifar10.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

const std::string kLookedFor =
    "; expected data_batch_1..5.bin and test_batch.bin (CIFAR-10, here or in cifar-10-batches-bin/), or train/ and "
    "test/ with one folder of pictures per class, or such folders alone, or the word drawn";

TEST(Source, Drawn) {
  const Source source = load("drawn", {.drawn_train = 30, .drawn_test = 20});
  EXPECT_EQ(source.train.size(), 30);
  EXPECT_EQ(source.test.size(), 20);
  EXPECT_EQ(source.description, "drawn pictures, seed 0: 30 for training, 20 for testing, 10 classes, 32x32");
  EXPECT_FALSE(
      std::ranges::equal(source.train.images[0].values<std::uint8_t>(), source.test.images[0].values<std::uint8_t>()));
}

TEST(Source, ClassFolders) {
  const TemporaryFolder folder;
  folder.write_picture("train/a/0.png", {4, 6}, 1);
  folder.write_picture("train/b/0.png", {4, 6}, 2);
  folder.write("train/b/1.png", "broken");
  folder.write_picture("test/a/0.png", {4, 6}, 3);
  folder.write_picture("test/b/0.png", {4, 6}, 4);
  const Source source = load(folder.path().string());
  EXPECT_EQ(source.train.size(), 2);
  EXPECT_EQ(source.test.images.at({1, 0, 0, 0}), 4);
  EXPECT_EQ(source.description, "class folders in " + folder.path().string() +
                                    ": 2 for training, 2 for testing, 2 classes, 4x6; broken files left out: 1");
  EXPECT_EQ(load(folder.path().string(), {.size = ImageSize{8, 8}}).test.images.shape(), Shape({2, 8, 8, 3}));
}

TEST(Source, ClassFoldersAloneAreSplitByTheirPaths) {
  const TemporaryFolder folder;
  for (int i = 0; i < 50; ++i) {
    folder.write_picture("a/" + std::to_string(i) + ".png", {2, 2}, i);
    folder.write_picture("b/" + std::to_string(i) + ".png", {2, 2}, 100 + i);
  }
  folder.write("b/broken.png", "broken");
  std::filesystem::create_symlink("gone", folder / "link");
  const auto pixels = [](const ImageDataset& set) {
    std::vector<double> values;
    for (std::int64_t i = 0; i < set.size(); ++i) {
      values.push_back(set.images.at({i, 0, 0, 0}));
    }
    std::ranges::sort(values);
    return values;
  };
  const Source source = load(folder.path().string());
  EXPECT_GE(source.test.size(), 10);
  EXPECT_LE(source.test.size(), 30);
  EXPECT_EQ(source.train.size() + source.test.size(), 100);
  std::vector<double> all = pixels(source.train), tested = pixels(source.test);
  all.insert(all.end(), tested.begin(), tested.end());
  std::ranges::sort(all);
  EXPECT_EQ(std::ranges::adjacent_find(all), all.end()) << "each picture is in one part";
  EXPECT_EQ(source.description, "class folders in " + folder.path().string() +
                                    ", without train/ and test/: about 20 % of the pictures are for testing, chosen by "
                                    "a hash of their paths: " +
                                    std::to_string(source.train.size()) + " for training, " +
                                    std::to_string(source.test.size()) +
                                    " for testing, 2 classes, 2x2; broken files left out: 2");
  for (int i = 50; i < 60; ++i) {  // what is added changes nothing for the others, and neither does where the folder is
    folder.write_picture("a/" + std::to_string(i) + ".png", {2, 2}, 200 + i - 50);
  }
  const TemporaryFolder elsewhere;
  std::filesystem::copy(folder.path(), elsewhere / "moved",
                        std::filesystem::copy_options::recursive | std::filesystem::copy_options::copy_symlinks);
  std::vector<double> again = pixels(load(elsewhere / "moved").test);
  std::erase_if(again, [](double pixel) { return pixel >= 200; });
  EXPECT_EQ(again, tested);
  EXPECT_GT(load(folder.path().string(), {.test_share = 0.5}).test.size(), source.test.size());
}

TEST(Source, ClassFoldersAloneNeedPicturesForBothParts) {
  const TemporaryFolder folder;
  const std::string root = folder.path().string();
  folder.write_picture("a/0.png", {2, 2}, 1);
  folder.write_picture("b/0.png", {2, 2}, 1);
  EXPECT_EQ(error_of([&] { load(root, {.test_share = 1e-9}); }),
            "image folder: of the 1 pictures in class folder " + root +
                "/a none falls to testing by the hash of their paths; add pictures, or make folders train/ and test/");
  EXPECT_EQ(error_of([&] { load(root, {.test_share = 1 - 1e-9}); }),
            "image folder: of the 1 pictures in class folder " + root +
                "/a none falls to training by the hash of their paths; add pictures, or make folders train/ and test/");
  EXPECT_EQ(error_of([&] { load(root, {.test_share = 1}); }), "data: the share for testing must be in (0, 1), it is 1");
}

TEST(Source, TrainAndTestMustFit) {
  const TemporaryFolder folder;
  const std::string root = folder.path().string();
  folder.write_picture("train/a/0.png", {4, 6}, 1);
  folder.write_picture("train/b/0.png", {4, 6}, 2);
  folder.write_picture("test/a/0.png", {5, 6}, 3);
  folder.write_picture("test/b/0.png", {5, 6}, 3);
  EXPECT_EQ(error_of([&] { load(root); }),
            "data: " + root +
                ": pictures in train/ are [4, 6, 3] but in test/ [5, 6, 3]; ask for one size to have them resized");
  folder.write_picture("test/c/0.png", {5, 6}, 3);
  EXPECT_EQ(error_of([&] { load(root); }),
            "data: " + root + ": train/ and test/ have different classes: a, b and a, b, c");
}

TEST(Source, Cifar10HereOrOneLevelDown) {
  const TemporaryFolder folder;
  const Subset one = Subset(ImageDataset{.images = Tensor::zeros({1, 32, 32, 3}, DType::uint8),
                                         .labels = Tensor::zeros({1}, DType::int64),
                                         .class_names = cifar10_class_names()},
                            std::vector<std::int64_t>(10'000, 0));
  const std::string inner = folder / "cifar-10-batches-bin";
  std::filesystem::create_directory(inner);
  write_cifar10_batch(inner + "/data_batch_1.bin", one);
  EXPECT_EQ(error_of([&] { load(inner); }),
            "read: cannot open " + inner + "/data_batch_2.bin: No such file or directory");
  for (const char* name :
       {"/data_batch_2.bin", "/data_batch_3.bin", "/data_batch_4.bin", "/data_batch_5.bin", "/test_batch.bin"}) {
    std::filesystem::create_hard_link(inner + "/data_batch_1.bin", inner + name);
  }
  EXPECT_EQ(load(inner).train.size(), 50'000);
  EXPECT_EQ(load(folder.path().string()).description,
            "CIFAR-10 batches in " + inner + ": 50000 for training, 10000 for testing, 10 classes, 32x32");
}

TEST(Source, PassesOnLimitsAndProblems) {
  const TemporaryFolder folder;
  for (const char* name : {"train/a/0.png", "train/b/0.png", "test/a/0.png", "test/b/0.png"}) {
    folder.write_picture(name, {2, 2}, 1);
  }
  folder.write_picture("train/b/1.png", {3, 3}, 2);
  folder.write_picture("test/a/1.png", {3, 3}, 2);
  std::filesystem::create_symlink("gone.png", folder / "test/b/1.png");
  const Source source = load(folder.path().string(), {.size = ImageSize{2, 2}, .limits = {.pixels = 8}});
  EXPECT_EQ(source.train.problems.size(), 1U);
  EXPECT_EQ(source.test.problems.size(), 2U);
  EXPECT_THAT(source.description, ::testing::EndsWith("; broken files left out: 3"));
}

TEST(Source, AClassOfBrokenFilesIsAnErrorInTestToo) {
  const TemporaryFolder folder;
  for (const char* name : {"train/a/0.png", "train/b/0.png", "test/a/0.png"}) {
    folder.write_picture(name, {2, 2}, 1);
  }
  const std::string broken = folder.write("test/b/0.png", "");
  EXPECT_EQ(error_of([&] { load(folder.path().string()); }),
            "image folder: class folder " + folder / "test/b" +
                " holds only broken files, 1 of them; the first: image: " + broken + ": the file is empty");
}

TEST(Source, LinksThatCannotBeFollowed) {
  const TemporaryFolder folder;
  const std::string root = folder.path().string();
  for (const char* name : {"train", "test_batch.bin"}) {
    std::filesystem::create_symlink(name, folder / name);
  }
  EXPECT_EQ(error_of([&] { load(root + "/train"); }),
            "data: cannot open " + root + "/train: Too many levels of symbolic links");
  EXPECT_EQ(error_of([&] { load(root); }), "data: " + root + " holds test_batch.bin, train" + kLookedFor);
  const std::string long_name = root + "/" + std::string(300, 'x');
  EXPECT_EQ(error_of([&] { load(long_name); }), "data: cannot open " + long_name + ": File name too long");
}

TEST(Source, SaysWhatItFoundInstead) {
  const TemporaryFolder folder;
  const std::string root = folder.path().string();
  EXPECT_EQ(error_of([&] { load(root + "/none"); }), "data: " + root + "/none does not exist" + kLookedFor);
  EXPECT_EQ(error_of([&] { load(root); }), "data: " + root + " holds nothing" + kLookedFor);
  const std::string file = folder.write("notes.txt", "text");
  EXPECT_EQ(error_of([&] { load(file); }), "data: " + file + " is a file" + kLookedFor);
  for (const char* name : {"train/a", "b", "c", "d", "e"}) {
    std::filesystem::create_directories(folder / name);
  }
  EXPECT_EQ(error_of([&] { load(root); }),
            "data: " + root + " holds b/, c/, d/, e/, notes.txt and 1 more" + kLookedFor);
}

}  // namespace
}  // namespace gibbs::data
