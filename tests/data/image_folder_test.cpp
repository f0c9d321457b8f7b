// Class folders: order, labels, broken files left out by name, and the errors for folders that cannot be used.
#include "gibbs/data/image_folder.h"

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
  const std::string all_broken = "image folder: all 2 files are broken; the first: image: " + text +
                                 ": neither a JPEG nor a PNG file, by its first bytes";
  EXPECT_EQ(error_of([&] { read_image_folder(root); }), all_broken);
  EXPECT_EQ(error_of([&] { read_image_folder(root, {.size = ImageSize{2, 2}}); }), all_broken);
}

}  // namespace
}  // namespace gibbs::data
