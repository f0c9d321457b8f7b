"""classify names pictures with a model that cifar10_convnet wrote, and says what is wrong with any other file."""
import json
import os
import random
import re
import resource
import struct
import unittest
import zlib

from programs import COLOURS, ProgramTest, png, read_safetensors, write_safetensors


class Classify(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        trainer = cls()
        trainer.out = cls.shared / "out"
        trainer.trained("--epochs", 6, "--quiet", environment={"PATH": ""})
        cls.model = trainer.out / "model.safetensors"
        cls.red = cls.pictures / "test" / "red" / "000.png"
        cls.blue = cls.pictures / "test" / "blue" / "000.png"

    def setUp(self):
        super().setUp()
        self.copy = self.folder / "copy.safetensors"

    def assert_names(self, output, *pictures):
        lines = output.splitlines()
        self.assertEqual(len(lines), len(pictures), output)
        for line, picture in zip(lines, pictures):
            match = re.fullmatch(r"(.*): (\w+) ([0-9.]+)%, (\w+) ([0-9.]+)%, (\w+) ([0-9.]+)%", line)
            self.assertTrue(match, line)
            path, *rest = match.groups()
            self.assertEqual((path, rest[0]), (str(picture), picture.parent.name))
            shares = [float(x) for x in rest[1::2]]
            self.assertEqual(shares, sorted(shares, reverse=True))
            self.assertAlmostEqual(sum(shares), 100, delta=0.2)
            self.assertEqual(set(rest[0::2]), set(COLOURS))

    def test_names_pictures_most_probable_first(self):
        result = self.classify("--model", self.model, self.red, self.blue)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assert_names(result.stdout, self.red, self.blue)
        one = self.classify("--model", self.model, "--top", 1, self.red).stdout
        self.assertRegex(one, rf"^{re.escape(str(self.red))}: red [0-9.]+%\n$")

    def test_pictures_of_any_size(self):
        for size in ((1, 1), (100, 40), (7, 300)):
            path = self.folder / "green" / f"{size[0]}.png"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(png(*size, COLOURS["green"], random.Random(0)))
            result = self.classify("--model", self.model, path)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assert_names(result.stdout, path)

    def test_what_is_no_picture_is_reported_and_the_others_are_named(self):
        text, cut = self.folder / "text.png", self.folder / "cut.png"
        text.write_text("hello")
        cut.write_bytes(self.red.read_bytes()[:900])
        missing = self.folder / "missing.jpg"
        result = self.classify("--model", self.model, text, self.red, cut, missing, self.folder, self.blue)
        self.assertEqual(result.returncode, 2)
        self.assert_names(result.stdout, self.red, self.blue)
        self.assertEqual(result.stderr.splitlines(), [
            f"error: image: {text}: neither a JPEG nor a PNG file, by its first bytes",
            f"error: image: {cut}: the file ends after 900 bytes, before the picture does",
            f"error: read: cannot open {missing}: No such file or directory",
            f"error: read: {self.folder} is a folder, not a file"])

    def test_pictures_that_ask_for_too_much_are_refused_before_they_are_decoded(self):
        huge, sparse, pipe = self.folder / "huge.png", self.folder / "sparse.jpg", self.folder / "pipe.png"
        huge.write_bytes(png(2, 2, COLOURS["red"], random.Random(0)))
        with huge.open("r+b") as file:
            header = b"IHDR" + struct.pack(">II", 20_000, 20_000) + file.read()[24:29]
            file.seek(12)
            file.write(header + struct.pack(">I", zlib.crc32(header)))
        with sparse.open("wb") as file:
            file.truncate(6 << 30)
        os.mkfifo(pipe)
        result = self.classify("--model", self.model, huge, sparse, pipe)
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertEqual(result.stderr.splitlines(), [
            f"error: image: {huge}: 20000x20000 is 400000000 pixels, more than the limit of 134217728",
            f"error: read: {sparse} has 6442450944 bytes, more than the limit of 536870912",
            f"error: read: {pipe} is a named pipe, not a file"])
        result = self.classify("--model", self.model, "--largest-picture", 1023, self.red)
        self.assertRegex(result.stderr, f"^error: image: {re.escape(str(self.red))}: .* more than the limit of 1023\n$")
        size = self.red.stat().st_size
        result = self.classify("--model", self.model, "--largest-file", size - 1, self.red)
        self.assertEqual(result.stderr, f"error: read: {self.red} has {size} bytes, more than the limit of {size - 1}\n")

    def test_a_picture_of_one_column_takes_little_memory(self):
        path = self.folder / "red" / "column.png"
        path.parent.mkdir()
        rows = zlib.compress(bytes([0, 255, 0, 0]) * 16_000_000, 9)
        chunk = lambda name, body: struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 16_000_000, 8, 2, 0, 0, 0)) +
                         chunk(b"IDAT", rows) + chunk(b"IEND", b""))
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assert_names(self.classify("--model", self.model, path).stdout, path)
        self.assertLess(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, max(before, 1_000_000))  # in KB

    def test_names_of_files_are_printed_without_their_commands(self):
        path = self.folder / "red" / "\033[2J.png"
        path.parent.mkdir()
        path.write_bytes(self.red.read_bytes())
        result = self.classify("--model", self.model, path, self.folder / "no\nne.png")
        self.assertTrue(result.stdout.startswith(f"{self.folder}/red/\\x1b[2J.png: red "), result.stdout)
        self.assertEqual(result.stderr, f"error: read: cannot open {self.folder}/no\\x0ane.png: No such file or directory\n")

    def test_wrong_arguments(self):
        for arguments, message in (((self.red,), "--model is required"),
                                   (("--model", self.model), "images is required"),
                                   (("--model", self.model, "--top", 0, self.red), "--top: must be a whole number from 1 to 2147483647, it is 0"),
                                   (("--model", self.model, "--fast", self.red),
                                    "The following argument was not expected: --fast")):
            result = self.classify(*arguments)
            self.assertEqual((result.returncode, result.stderr),
                             (2, message + "\nRun with --help for more information.\n"))

    def refuse(self, message, path=None):
        """`message`, in which {} is the file, as the whole of the error, or a pattern of it."""
        result = self.classify("--model", path or self.copy, self.red)
        self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)
        self.assertRegex(result.stderr, "^error: (classify: |load_weights: )?" +
                         message.replace("{}", re.escape(str(path or self.copy))) + "\n$")

    def test_files_that_are_no_model(self):
        self.refuse("read: cannot open {}: No such file or directory", self.folder / "missing")
        self.refuse("read: {} is a folder, not a file", self.folder)
        self.refuse("{}: byte 0: expected a header length of at most 100000000, found [0-9]+", self.red)
        self.refuse("{} names no classes; give the model.safetensors that cifar10_convnet writes",
                    self.model.parent / "checkpoint.safetensors")

    def test_damaged_models(self):
        good = self.model.read_bytes()
        length = struct.unpack_from("<Q", good)[0]
        for data, message in (
                (b"", "{}: byte 0: expected a file of at least 8 bytes, found 0"),
                (good[:100], "{}: byte 0: expected a header length that fits in a file of 100 bytes, found " + str(length)),
                (good[:-1], r"{}: byte \d+: expected \".*\" to end within the \d+ bytes of data, found the end \d+"),
                (good + b"\0", r"{}: byte \d+: expected the end of the file, found 1 bytes more"),
                (struct.pack("<Q", 2**62) + good[8:], r"{}: byte 0: expected a header length of at most .*, found \d+"),
                (struct.pack("<Q", length - 8) + good[8:], r"{}: byte \d+: expected .*")):
            self.copy.write_bytes(data)
            self.refuse(message)

    def test_models_of_another_kind(self):
        tensors, metadata = read_safetensors(self.model)
        for change, message in (
                ({"class_names": '["a", "b"]'}, "{}: .*nothing was loaded.*"),
                ({"class_names": "[]"}, "{}: the list of class names is empty"),
                ({"class_names": "blue"}, "{}: the metadata's class_names is not a list of names: blue"),
                ({"class_names": "[1]"}, r"{}: the metadata's class_names is not a list of names: \[1\]"),
                ({"gibbs.architecture": metadata["gibbs.architecture"].replace("Dropout(0.5)", "Dropout(0.1)", 1)},
                 r"{}: saved from another architecture: '3: Dropout\(0.1\)' in the file, '3: Dropout\(0.5\)' in the model; "
                 "nothing was loaded.*")):
            write_safetensors(self.copy, tensors, {**metadata, **change})
            self.refuse(message)

    def test_tensors_of_other_names_and_shapes(self):
        tensors, metadata = read_safetensors(self.model)
        dtype, shape, data = tensors["9.bias"]
        for change, message in (
                ({"9.bias": (dtype, [128, 2], data)},
                 r"different: 9.bias \(expected float32 \[256\], found float32 \[128, 2\]\)"),
                ({"9.bias": ("U8", [1024], data)}, r"different: 9.bias \(expected float32 \[256\], found uint8 \[1024\]\)"),
                ({"extra": (dtype, [0], b"")}, "not in the model: extra")):
            write_safetensors(self.copy, {**tensors, **change}, metadata)
            self.refuse("{}: the tensors do not fit the model; nothing was loaded\n  " + message)
        del tensors["0.weight"]
        write_safetensors(self.copy, tensors, metadata)
        self.refuse("{}: the tensors do not fit the model; nothing was loaded\n  missing: 0.weight")

    def test_pixels_are_normalized_as_the_file_says(self):
        tensors, metadata = read_safetensors(self.model)
        plain = self.classify("--model", self.model, self.red).stdout
        for text, same in (("none", True), ("mean 0 0 0 deviation 1 1 1", True), ("mean 1 1 1 deviation 0.1 2 3", False)):
            write_safetensors(self.copy, tensors, {**metadata, "normalization": text})
            self.assertEqual(self.classify("--model", self.copy, self.red).stdout == plain, same, text)
        for text, message in (("mean 0", "{}: the normalization must be 'mean M ... deviation D ...' .*, it is 'mean 0'"),
                              ("mean 0 deviation 1", "{}: the normalization has 1 means and 1 deviations for pictures of 3 .*")):
            write_safetensors(self.copy, tensors, {**metadata, "normalization": text})
            self.refuse(message)

    def test_a_file_without_architecture_is_judged_by_its_tensors(self):
        tensors, metadata = read_safetensors(self.model)
        write_safetensors(self.copy, tensors, {"class_names": json.dumps(["blue", "green", "red"])})
        self.assert_names(self.classify("--model", self.copy, self.red).stdout, self.red)


if __name__ == "__main__":
    unittest.main()
