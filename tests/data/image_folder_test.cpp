// Class folders: order, labels, broken files left out by name, and the errors for folders that cannot be used.
#include "gibbs/data/image_folder.h"

#include <sys/stat.h>

#include "gibbs/tensor/parallel.h"
#include "small_jpeg.h"
#include "tests/data/temporary_folder.h"

namespace gibbs::data {
namespace {

using ::testing::ElementsAre;

/// The first byte of every picture.
std::vector<double> first_bytes(const ImageDataset& dataset) {
  std::vector<double> result;
  for (std::int64_t i = 0; i < dataset.size(); ++i) {
    result.push_back(dataset.images.at({i, 0, 0, 0}));
  }
  return result;
}

TEST(ImageFolder, ClassesAndFilesAreSortedByName) {
  const TemporaryFolder folder;
  folder.write_picture("dog/2.png", {4, 5}, 30);
  folder.write_picture("cat/b.PNG", {4, 5}, 20);
  folder.write_picture("cat/a.png", {4, 5}, 10);
  folder.write_picture("dog/10.png", {4, 5}, 40);
  folder.write("dog/notes.txt", "ignored");
  folder.write("cat/.hidden.png", "ignored");
  folder.write(".git/config", "ignored");
  folder.write("README", "ignored");
  const ImageDataset dataset = read_image_folder(folder.path());
  EXPECT_EQ(dataset.images.shape(), Shape({4, 4, 5, 3}));
  EXPECT_THAT(dataset.class_names, ElementsAre("cat", "dog"));
  EXPECT_THAT(first_bytes(dataset), ElementsAre(10, 20, 40, 30));
  EXPECT_THAT(dataset.labels.to_vector(), ElementsAre(0, 0, 1, 1));
  EXPECT_TRUE(dataset.class_ordered);
  EXPECT_TRUE(dataset.problems.empty());
}

TEST(ImageFolder, BrokenFilesAreLeftOutByName) {
  const TemporaryFolder folder;
  const std::string text = folder.write("a/0.jpg", "text");
  const std::string cut = folder.write("a/1.jpeg", std::span(kSmallJpeg).first(250));
  folder.write("a/2.jpg", kSmallJpeg);
  const std::string empty = folder.write("b/0.jpg", "");
  folder.write_picture("b/1.png", {8, 16}, 77);
  const ImageDataset dataset = read_image_folder(folder.path());
  EXPECT_EQ(dataset.images.shape(), Shape({2, 8, 16, 3}));
  EXPECT_THAT(dataset.labels.to_vector(), ElementsAre(0, 1));
  EXPECT_NEAR(dataset.images.at({0, 0, 0, 0}), 255, 4);
  EXPECT_EQ(dataset.images.at({1, 0, 0, 0}), 77);
  EXPECT_THAT(dataset.problems,
              ElementsAre("image: " + text + ": neither a JPEG nor a PNG file, by its first bytes",
                          "image: " + cut + ": the file ends after 250 bytes, before the picture does",
                          "image: " + empty + ": the file is empty"));
}

TEST(ImageFolder, SizesMayDifferOnlyWhenResized) {
  const TemporaryFolder folder;
  folder.write_picture("a/0.png", {4, 4}, 10);
  const std::string odd = folder.write_picture("b/0.png", {6, 4}, 20);
  EXPECT_EQ(error_of([&] { read_image_folder(folder.path()); }),
            "image folder: pictures differ in size: " + odd +
                " is 6x4, others are 4x4; ask for one size to have them resized");
  const ImageDataset dataset = read_image_folder(folder.path(), {.size = ImageSize{3, 2}});
  EXPECT_EQ(dataset.images.shape(), Shape({2, 3, 2, 3}));
  EXPECT_THAT(first_bytes(dataset), ElementsAre(10, 20));
}

TEST(ImageFolder, SameOnAnyNumberOfThreads) {
  const TemporaryFolder folder;
  for (int i = 0; i < 150; ++i) {
    const std::string name = std::to_string(1000 + i) + ".png";
    i % 7 == 0 ? folder.write("a/" + name, "broken") : folder.write_picture("a/" + name, {3, 3}, i);
  }
  folder.write_picture("b/0.png", {3, 3}, 200);
  set_num_threads(1);
  const ImageDataset expected = read_image_folder(folder.path());
  EXPECT_EQ(expected.size(), 151 - 22);
  for (int threads : {2, 3}) {
    set_num_threads(threads);
    const ImageDataset dataset = read_image_folder(folder.path());
    EXPECT_EQ(dataset.images.to_vector(), expected.images.to_vector());
    EXPECT_EQ(dataset.problems, expected.problems);
  }
}

TEST(ImageFolder, FoldersThatCannotBeUsed) {
  const TemporaryFolder folder;
  const std::string root = folder.path().string();
  EXPECT_EQ(error_of([&] { read_image_folder(folder / "none"); }), "image folder: " + root + "/none does not exist");
  EXPECT_EQ(error_of([&] { read_image_folder(root); }),
            "image folder: " + root + " holds no folders; expected one folder of pictures per class");
  const std::string text = folder.write("a/0.png", "broken");
  EXPECT_EQ(error_of([&] { read_image_folder(root + "/a/0.png"); }),
            "image folder: " + root + "/a/0.png is a file, not a folder");
  EXPECT_EQ(error_of([&] { read_image_folder(root); }),
            "image folder: " + root + " holds only one class, a; to classify takes at least two");
  std::filesystem::create_directory(folder / "b");
  EXPECT_EQ(error_of([&] { read_image_folder(root); }),
            "image folder: class folder " + root + "/b holds no .jpg, .jpeg or .png files");
  folder.write("b/0.png", "broken");
  const std::string reason = "the first: image: " + text + ": neither a JPEG nor a PNG file, by its first bytes";
  EXPECT_EQ(error_of([&] { read_image_folder(root); }), "image folder: all 2 files are broken; " + reason);
  EXPECT_EQ(error_of([&] {
              read_image_folder(root, {.size = ImageSize{2, 2}});
            }),
            "image folder: class folder " + root + "/a holds only broken files, 1 of them; " + reason);
  EXPECT_EQ(error_of([&] {
              read_image_folder(root, {.size = ImageSize{0, 2}});
            }),
            "image folder: the size must be at least 1x1, not 0x2");
}

TEST(ImageFolder, AClassOfBrokenFilesIsAnError) {
  const TemporaryFolder folder;
  folder.write_picture("a/0.png", {2, 2}, 1);
  const std::string broken = folder.write("b/0.png", "broken");
  folder.write("b/1.jpg", "broken");
  folder.write_picture("c/0.png", {2, 2}, 3);
  const std::string expected = "image folder: class folder " + folder / "b" +
                               " holds only broken files, 2 of them; the first: image: " + broken +
                               ": neither a JPEG nor a PNG file, by its first bytes";
  EXPECT_EQ(error_of([&] { read_image_folder(folder.path()); }), expected);
  EXPECT_EQ(error_of([&] { read_image_folder(folder.path(), {.size = ImageSize{2, 2}}); }), expected);
  folder.write_picture("b/2.png", {2, 2}, 2);
  EXPECT_THAT(read_image_folder(folder.path()).labels.to_vector(), ElementsAre(0, 1, 2));
}

TEST(ImageFolder, FilesThatCannotBeOpenedAreLeftOutByName) {
  const TemporaryFolder folder;
  for (const char* good : {"a/0.png", "b/0.png"}) {
    folder.write_picture(good, {2, 2}, 1);
  }
  const std::string pipe = folder / "a/1.png", loop = folder / "a/2.jpg", nowhere = folder / "b/1.png";
  const std::string inner = folder / "b/2.jpeg";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::filesystem::create_symlink(loop, loop);
  std::filesystem::create_symlink("none.png", nowhere);
  std::filesystem::create_directory(inner);
  std::filesystem::create_symlink("0.png", folder / "b/3.png");
  const ImageDataset dataset = read_image_folder(folder.path());
  EXPECT_THAT(dataset.labels.to_vector(), ElementsAre(0, 1, 1));
  EXPECT_THAT(dataset.problems, ElementsAre("read: " + pipe + " is a named pipe, not a file",
                                            "read: cannot open " + loop + ": Too many levels of symbolic links",
                                            "read: cannot open " + nowhere + ": No such file or directory",
                                            "read: " + inner + " is a folder, not a file"));
}

TEST(ImageFolder, LinksThatLeadNowhereOrBackAreNoClasses) {
  const TemporaryFolder folder;
  const std::string root = folder / "set";
  for (const char* picture : {"set/a/0.png", "set/b/0.png", "elsewhere/0.png"}) {
    folder.write_picture(picture, {2, 2}, 1);
  }
  folder.write("set/notes.txt", "ignored");
  std::filesystem::create_symlink("../elsewhere", root + "/c");
  std::filesystem::create_symlink("gone", root + "/d");
  std::filesystem::create_symlink("e", root + "/e");
  std::filesystem::create_symlink("..", root + "/f");
  std::filesystem::create_symlink(".", root + "/g");
  const ImageDataset dataset = read_image_folder(root);
  EXPECT_THAT(dataset.class_names, ElementsAre("a", "b", "c"));
  EXPECT_EQ(dataset.size(), 3);
  EXPECT_THAT(dataset.problems,
              ElementsAre("image folder: " + root + "/f leads back to a folder that it lies in",
                          "image folder: " + root + "/g leads back to a folder that it lies in",
                          "image folder: cannot follow " + root + "/d: No such file or directory",
                          "image folder: cannot follow " + root + "/e: Too many levels of symbolic links"));
  EXPECT_EQ(error_of([&] { read_image_folder(root + "/e"); }),
            "image folder: cannot open " + root + "/e: Too many levels of symbolic links");
}

TEST(ImageFolder, WhatAsksForMoreThanTheLimitsIsLeftOutByName) {
  const TemporaryFolder folder;
  folder.write_picture("a/0.png", {2, 2}, 1);
  const std::string wide = folder.write_picture("a/1.png", {2, 9}, 1);
  folder.write_picture("b/0.png", {2, 2}, 2);
  const std::string sparse = folder.write_picture("b/1.png", {2, 2}, 2);
  std::filesystem::resize_file(sparse, 6LL << 30);
  const std::vector<std::string> expected = {
      "image: " + wide + ": 2x9 is 18 pixels, more than the limit of 17",
      "read: " + sparse + " has 6442450944 bytes, more than the limit of 536870912"};
  EXPECT_EQ(read_image_folder(folder.path(), {.limits = {.pixels = 17}}).problems, expected);
  const ImageDataset resized = read_image_folder(folder.path(), {.size = ImageSize{4, 4}, .limits = {.pixels = 17}});
  EXPECT_EQ(resized.problems, expected);
  EXPECT_EQ(resized.size(), 2);
}

TEST(ImageFolder, ABrokenPictureDoesNotDecideTheSize) {
  const TemporaryFolder folder;
  const std::string odd = folder.write_picture("a/0.png", {5, 5}, 1);
  std::filesystem::resize_file(odd, std::filesystem::file_size(odd) - 1);
  folder.write_picture("a/1.png", {2, 2}, 1);
  folder.write_picture("b/0.png", {2, 2}, 2);
  EXPECT_EQ(read_image_folder(folder.path()).images.shape(), Shape({2, 2, 2, 3}));
}

TEST(ImageFolder, LackOfMemoryIsAnErrorWithTheSize) {
  const TemporaryFolder folder;
  folder.write_picture("a/0.png", {2, 2}, 1);
  folder.write_picture("b/0.png", {2, 2}, 2);
  EXPECT_EQ(error_of([&] {
              read_image_folder(folder.path(), {.size = ImageSize{1LL << 30, 1LL << 30}});
            }),
            "image folder: " + folder.path().string() + ": no memory for uint8 [2, 1073741824, 1073741824, 3]");
}

}  // namespace
}  // namespace gibbs::data
