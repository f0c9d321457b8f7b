"""What the tests of the example programs share: starting them, pictures and batches made on the fly, reading what they
write. Standard library only, so that a file counts as right when an outsider can read it.
"""
import json
import os
import pathlib
import random
import re
import signal
import struct
import subprocess
import tempfile
import unittest
import zlib

PATIENCE = 1200  # seconds, for what takes one or two: a net for what hangs, never a judgement of speed
PROGRAMS = pathlib.Path(os.environ["GIBBS_PROGRAMS"])
COLOURS = {"blue": (40, 60, 200), "green": (50, 180, 60), "red": (210, 50, 40)}

# What a parent ignores stays ignored: tests that run in the background of a script, or under nohup, ignore one of these.
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)


def png(width, height, colour, noise):
    """A noisy RGB picture of one colour as PNG bytes."""
    rows = b"".join(b"\0" + bytes(min(255, max(0, c + noise.randint(-40, 40))) for _ in range(width) for c in colour)
                    for _ in range(height))
    return png_file(width, height, rows)


def png_file(width, height, rows):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def write_class_folders(folder, classes=("blue", "green", "red"), train=15, test=6, size=32):
    """folder/{train,test}/CLASS/*.png, easy to learn."""
    noise = random.Random(1)
    for part, count in (("train", train), ("test", test)):
        for name in classes:
            (folder / part / name).mkdir(parents=True)
            for i in range(count):
                (folder / part / name / f"{i:03}.png").write_bytes(png(size, size, COLOURS[name], noise))
    return folder


def read_png_size(path):
    """(width, height) of a PNG whose chunks are all whole."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", path
    at, kinds = 8, []
    while at < len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 4:at + 8 + length]
        assert struct.unpack_from(">I", data, at + 8 + length)[0] == zlib.crc32(body), (path, kind)
        kinds.append(kind)
        at += 12 + length
    assert kinds[0] == b"IHDR" and kinds[-1] == b"IEND", (path, kinds)
    return struct.unpack_from(">II", data, 16)


def read_safetensors(path):
    """({name: (dtype, shape, bytes)}, metadata)."""
    data = path.read_bytes()
    length = struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = entry["dtype"], entry["shape"], data[8 + length + begin:8 + length + end]
    return tensors, metadata


def write_safetensors(path, tensors, metadata):
    """Without the checksum, which is of other bytes."""
    header, body = {"__metadata__": {key: text for key, text in metadata.items() if key != "gibbs.checksum"}}, b""
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


class ProgramTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="gibbs test ")  # a space in the path must not matter
        cls.addClassCleanup(temporary.cleanup)
        cls.shared = pathlib.Path(temporary.name)
        cls.pictures = write_class_folders(cls.shared / "pictures")

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="gibbs test ")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.out = self.folder / "out"

    def command(self, program, *arguments):
        return [str(PROGRAMS / program), *map(str, arguments)]

    def environment(self, **changes):
        clean = {name: text for name, text in os.environ.items() if name != "GIBBS_DATA"}
        return {**clean, **changes}

    def start(self, *arguments, environment=None, **options):
        """The trainer on the small pictures, running beside the test; the last of equal options counts."""
        process = subprocess.Popen(self.command("cifar10_convnet", *self.defaults(arguments), *arguments),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=self.environment(**(environment or {})), **options)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def defaults(self, arguments):
        given = {"--data": self.pictures, "--out": self.out, "--batch-size": 10, "--epochs": 2}
        return [x for name, value in given.items() if name not in arguments for x in (name, value)]

    def train(self, *arguments, environment=None, **options):
        """The trainer on the small pictures, to its end."""
        return self.run_command(self.command("cifar10_convnet", *self.defaults(arguments), *arguments),
                                env=self.environment(**(environment or {})), **options)

    def trained(self, *arguments, **options):
        result = self.train(*arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def classify(self, *arguments):
        return self.run_command(self.command("classify", *arguments))

    def run_command(self, command, **options):
        return subprocess.run(command, text=True, capture_output=True, timeout=PATIENCE, **options)

    def summary(self, out=None):
        return json.loads(((out or self.out) / "summary.json").read_text())

    def assert_refused(self, result, message):
        """Exit code 2 and one sentence; `message` is the whole of it, or a compiled pattern of the whole."""
        self.assertEqual(result.returncode, 2, result.stderr)
        error = "".join(line for line in result.stderr.splitlines(True) if not line.startswith("left out: "))
        if isinstance(message, re.Pattern):
            self.assertRegex(error, message)
        else:
            self.assertEqual(error, f"error: {message}\n")
