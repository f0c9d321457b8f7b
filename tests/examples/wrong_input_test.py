"""What cifar10_convnet says to wrong input: the thing by name, what was expected, exit code 2; and nothing is lost."""
import itertools
import json
import math
import os
import re
import shutil
import struct
import unittest

from programs import ProgramTest, read_safetensors, write_class_folders

LOOKED_FOR = ("expected data_batch_1..5.bin and test_batch.bin (CIFAR-10, here or in cifar-10-batches-bin/), or train/ and "
              "test/ with one folder of pictures per class, or such folders alone, or the word drawn")
RECORD = 3073


class WrongInput(ProgramTest):
    def refuse(self, message, *arguments, **options):
        """Refused, and no folder is left behind."""
        self.assert_refused(self.train("--out", self.folder / "new" / "out", *arguments, **options), message)
        self.assertFalse((self.folder / "new").exists())

    def test_options(self):
        for arguments, message in (
                (("--colour",), "The following argument was not expected: --colour"),
                (("--loss", "foo"), "--loss: foo not in {ce,kl}"),
                (("--numerics", "torch"), "--numerics: torch not in {exact,keras}"),
                (("--epochs", "0"), "--epochs: must be a whole number from 1 to 2147483647, it is 0"),
                (("--epochs", "many"), "--epochs: must be a whole number from 1 to 2147483647, it is many"),
                (("--batch-size", "0"), "--batch-size: must be a whole number from 1 to 2147483647, it is 0"),
                (("--validation-split", "1.5"), "--validation-split: must be at least 0 and less than 1, it is 1.5"),
                (("--validation-split", "-0.1"), "--validation-split: must be at least 0 and less than 1, it is -0.1"),
                (("--learning-rate", "0"), "--learning-rate: must be a number above 0, it is 0"),
                (("--learning-rate", "nan"), "--learning-rate: must be a number above 0, it is nan"),
                (("--seed", "-1"), "--seed: must be a whole number from 0 to 18446744073709551615, it is -1"),
                (("--threads", "1000000"), "--threads: must be a whole number from 0 to 512, it is 1000000"),
                (("--limit", "-5"), "--limit: must be a whole number from 0 to 2147483647, it is -5")):
            with self.subTest(arguments=arguments):
                result = self.train(*arguments)
                self.assertEqual((result.returncode, result.stdout, result.stderr),
                                 (2, "", message + "\nRun with --help for more information.\n"))
                self.assertFalse(self.out.exists())

    def test_numbers_that_do_not_fit_the_set(self):
        self.refuse("ImageBatches: the batch size 37 is larger than the set of 36; use at most 36",
                    "--batch-size", 37)
        self.refuse("ImageBatches: the batch size 10 is larger than the set of 4; use at most 4", "--limit", 5)
        self.refuse("split_validation: a fraction of 0.2 of 1 pictures leaves 1 for training and 0 for validation; both "
                    "need at least one", "--limit", 1)

    def test_no_data(self):
        missing, empty, file = (self.folder / name for name in ("missing", "empty", "file"))
        empty.mkdir()
        file.write_text("text")
        self.refuse(f"data: {missing} does not exist; {LOOKED_FOR}", "--data", missing)
        self.refuse(f"data: {empty} holds nothing; {LOOKED_FOR}", "--data", empty)
        self.refuse(f"data: {file} is a file; {LOOKED_FOR}", "--data", file)
        result = self.train("--data", missing)  # in a folder that was there before
        self.assertEqual(result.returncode, 2)

    def test_data_from_the_environment(self):
        command = self.command("cifar10_convnet", "--out", self.out, "--batch-size", 10, "--epochs", 1)
        run = lambda data: self.run_command(command, env=self.environment(GIBBS_DATA=str(data)))
        self.assert_refused(run(self.folder / "missing"), f"data: {self.folder / 'missing'} does not exist; {LOOKED_FOR}")
        self.assertIn(f"class folders in {self.pictures}", run(self.pictures).stdout)

    def test_class_folders(self):
        folder = self.folder / "images"
        (folder / "train" / "cat").mkdir(parents=True)
        self.refuse(f"data: {folder} holds train/; {LOOKED_FOR}", "--data", folder)
        (folder / "test").mkdir()
        self.refuse(f"image folder: {folder}/train holds only one class, cat; to classify takes at least two",
                    "--data", folder)
        (folder / "train" / "dog").mkdir()
        self.refuse(f"image folder: class folder {folder}/train/cat holds no .jpg, .jpeg or .png files", "--data", folder)
        shutil.rmtree(folder)
        write_class_folders(folder)
        shutil.rmtree(folder / "test" / "red")
        self.refuse(f"data: {folder}: train/ and test/ have different classes: blue, green, red and blue, green",
                    "--data", folder)

    def test_broken_pictures_are_named_counted_and_left_out(self):
        folder = write_class_folders(self.folder / "images", size=16)
        broken = [folder / "train" / "blue" / "003.png", folder / "train" / "red" / "000.png",
                  folder / "test" / "red" / "001.png"]
        broken[0].write_bytes(broken[0].read_bytes()[:400])
        broken[1].write_text("hello")
        broken[2].write_bytes(b"")
        result = self.trained("--data", folder, "--quiet")
        self.assertEqual(result.stderr.splitlines(), [
            f"left out: image: {broken[0]}: the file ends after 400 bytes, before the picture does",
            f"left out: image: {broken[1]}: neither a JPEG nor a PNG file, by its first bytes",
            f"left out: image: {broken[2]}: the file is empty"])
        self.assertIn(f"class folders in {folder}: 43 for training, 17 for testing, 3 classes, 32x32; broken files left "
                      "out: 3\n", result.stdout)
        for colour in ("blue", "green", "red"):
            for picture in itertools.islice((folder / "train" / colour).glob("*.png"), 7):
                picture.write_bytes(b"")
        lines = self.trained("--data", folder, "--quiet").stderr.splitlines()
        self.assertEqual(len([line for line in lines if re.fullmatch("left out: image: .*/train/.*", line)]), 10)
        self.assertRegex(lines[10], r"^left out: \d+ more like these$")
        for picture in folder.rglob("*.png"):
            picture.write_text("hello")
        self.refuse(f"image folder: class folder {folder}/train/blue holds only broken files, 15 of them; the first: image: "
                    f"{folder}/train/blue/000.png: neither a JPEG nor a PNG file, by its first bytes", "--data", folder)

    def test_a_class_of_broken_pictures(self):
        for part in ("train", "test"):
            folder = write_class_folders(self.folder / f"{part} broken", size=16)
            pictures = sorted((folder / part / "green").iterdir())
            for picture in pictures:
                picture.write_bytes(b"")
            self.refuse(f"image folder: class folder {folder}/{part}/green holds only broken files, {len(pictures)} of them; "
                        f"the first: image: {pictures[0]}: the file is empty", "--data", folder)

    def test_what_cannot_be_opened_is_named_and_left_out(self):
        folder = write_class_folders(self.folder / "images", size=16)
        red, test = folder / "train" / "red", folder / "test"
        os.mkfifo(red / "pipe.png")
        (red / "loop.png").symlink_to("loop.png")
        (red / "gone\033[2J.png").symlink_to("nowhere")
        (folder / "train" / "loop").symlink_to("loop")
        (folder / "train" / "up").symlink_to("..")
        with (test / "red" / "sparse.jpg").open("wb") as file:
            file.truncate(6 << 30)
        result = self.trained("--data", folder, "--quiet", "--largest-file", 1 << 20)
        self.assertEqual(result.stderr.splitlines(), [
            f"left out: image folder: {folder}/train/up leads back to a folder that it lies in",
            f"left out: image folder: cannot follow {folder}/train/loop: Too many levels of symbolic links",
            f"left out: read: cannot open {red}/gone\\x1b[2J.png: No such file or directory",
            f"left out: read: cannot open {red}/loop.png: Too many levels of symbolic links",
            f"left out: read: {red}/pipe.png is a named pipe, not a file",
            f"left out: read: {test}/red/sparse.jpg has 6442450944 bytes, more than the limit of 1048576"])
        self.assertIn("; broken files left out: 6\n", result.stdout)

    def test_binary_batches(self):
        batches = self.folder / "cifar-10-batches-bin"
        batches.mkdir()
        first, test = batches / "data_batch_1.bin", batches / "test_batch.bin"
        first.write_bytes(b"".join(bytes([label]) + bytes([20 * label]) * (RECORD - 1) for label in range(10)) * 1000)
        self.refuse(f"read: cannot open {batches / 'data_batch_2.bin'}: No such file or directory", "--data", self.folder)
        for i in (2, 3, 4, 5):
            os.link(first, batches / f"data_batch_{i}.bin")
        shutil.copy(first, test)
        output = self.trained("--data", self.folder, "--limit", 50, "--quiet").stdout
        self.assertIn(f"CIFAR-10 batches in {batches}: 50000 for training, 10000 for testing, 10 classes, 32x32\n", output)
        self.assertRegex(output, "\n  airplane     ")
        expected = f"expected {RECORD * 10_000} bytes (10000 records of {RECORD})"
        with test.open("r+b") as file:
            file.seek(RECORD * 7)
            file.write(b"\x0a")
            self.flush_and_refuse(file, f"cifar10: {test}: byte {RECORD * 7} (record 7) is label 10; expected 0 to 9")
            file.truncate(RECORD * 10_000 + 5)
            self.flush_and_refuse(file, f"cifar10: {test}: 5 bytes too many from byte {RECORD * 10_000} on; {expected}")
            file.truncate(RECORD * 3 + 5)
            self.flush_and_refuse(file, f"cifar10: {test}: the file ends at byte {RECORD * 3 + 5}, inside record 3; "
                                  + expected)

    def flush_and_refuse(self, file, message):
        file.flush()
        self.refuse(message, "--data", self.folder)

    def test_places_that_cannot_be_written_to(self):
        file = self.folder / "file"
        file.write_text("precious")
        for out, message in ((file, f"--out: {file} is a file; choose another folder"),
                             (file / "x", f"--out: cannot create {file}/x: Not a directory; choose another folder"),
                             ("/proc/x", "--out: cannot create /proc/x: No such file or directory; choose another folder"),
                             ("", "--out: the name of the folder is empty")):
            self.assert_refused(self.train("--out", out), message)
        self.assertEqual(file.read_text(), "precious")

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_folder_of_someone_else(self):
        self.out.mkdir(mode=0o500)
        self.assert_refused(self.train(), f"--out: cannot write to {self.out}: Permission denied; choose another folder")

    def test_an_absurd_learning_rate(self):
        lower = r"\. Lower the learning rate \(it is 1e\+{}\); "
        nothing_saved = "this run had saved no checkpoint yet\n$"
        self.refuse(re.compile(r"^error: fit: the loss became (NaN|infinite) at step 2 \(epoch 1\); layer '4' \(Conv2d\(32 -> "
                               r"64, kernel 3x3\)\) gave NaN or infinity" + lower.format(30) + nothing_saved),
                    "--learning-rate", "1e30")
        self.refuse(re.compile(r"^error: fit: step 1 \(epoch 1\) left NaN or infinity in parameter '0.weight'" +
                               lower.format(39) + nothing_saved), "--learning-rate", "1e39", "--batch-size", 36)

    def test_an_absurd_learning_rate_keeps_the_last_good_checkpoint(self):
        # One step an epoch: the first leaves finite weights, and the second finds that they are useless.
        result = self.train("--learning-rate", "1e30", "--batch-size", 45, "--validation-split", 0)
        checkpoint = self.out / "checkpoint.safetensors"
        self.assert_refused(result, re.compile(r"^error: fit: the loss became NaN at step 2 \(epoch 2\); layer '4' .*; the last "
                                               rf"good checkpoint is {checkpoint}\n$"))
        tensors, metadata = read_safetensors(checkpoint)
        self.assertEqual(json.loads(metadata["state"])["step"], 1)
        for name, (dtype, _, data) in tensors.items():
            if name.startswith("model/"):
                self.assertTrue(all(map(math.isfinite, struct.unpack(f"<{len(data) // 4}f", data))), name)

    def test_weights_that_are_finite_but_useless(self):
        self.refuse(re.compile(r"^error: fit: the validation loss became NaN at step 1 \(epoch 1\); layer '4' .*; this run had "
                               "saved no checkpoint yet\n$"), "--learning-rate", "1e30", "--batch-size", 36)


if __name__ == "__main__":
    unittest.main()
