"""check_includes.py sees every kind of violation that is planted, and lets pass what is allowed."""
import pathlib
import tempfile
import unittest

from check_includes import violations


class CheckIncludesTest(unittest.TestCase):
    def check(self, path, line, *more_files):
        """Violations in a project of one file with one include after a comment (and of empty files, if named)."""
        with tempfile.TemporaryDirectory() as root:
            for name in (*more_files, path):
                file = pathlib.Path(root, name)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(f"// A comment.\n{line}\n" if name == path else "")
            return list(violations(pathlib.Path(root)))

    def test_third_parties_in_their_rooms(self):
        for path, header in (("tensor/kernels/gemm.cpp", "<cblas.h>"), ("tensor/parallel.cpp", "<tbb/tbb.h>"),
                             ("tensor/parallel.h", "<oneapi/tbb/task_arena.h>"), ("data/image.cpp", "<stb/stb_image.h>"),
                             ("tensor/checksum.cpp", "<xxhash.h>"),
                             ("tests/data/image_test.cpp", "<gtest/gtest.h>"), ("bench/gemm.cpp", "<cblas.h>"),
                             ("nn/a.cpp", "<vector>")):
            self.assertEqual(self.check(path, f"#include {header}"), [], path)

    def test_third_parties_elsewhere(self):
        for path, header, library in (
                ("tensor/kernels/conv2d.cpp", "<cblas.h>", "cblas"), ("nn/a.h", '"openblas/cblas.h"', "cblas"),
                ("tensor/kernels/reduce.cpp", "<tbb/parallel_for.h>", "TBB"), ("data/a.h", "<oneapi/tbb.h>", "TBB"),
                ("data/loader.cpp", "<stb/stb_image.h>", "stb_image"), ("examples/a.cpp", '"stb_image_write.h"', "stb_image"),
                ("nn/safetensors.cpp", "<xxhash.h>", "xxHash"), ("tensor/checksum.h", "<xxh3.h>", "xxHash"),
                ("tensor/tensor.h", "<gtest/gtest_prod.h>", "GoogleTest"), ("bench/a.cpp", "<gmock/gmock.h>", "GoogleTest"),
                ("nn/a.cpp", "<rapidcheck.h>", "GoogleTest")):
            self.assertEqual(self.check(path, f" #  include {header}"),
                             [f"{path}:2: {library} is not included here ({header[1:-1]})"])

    def test_vectors_stay_in_the_library(self):
        for path, header in (("tensor/random.cpp", "tensor/kernels/lanes.h"),
                             ("losses/coefficients.h", "tensor/kernels/softmax_groups.h"),
                             ("losses/a.cpp", "losses/coefficients.h"), ("tests/a.cpp", "tensor/kernels/turn_rows.h"),
                             ("nn/a.h", "tensor/kernels/conv2d.h")):
            self.assertEqual(self.check(path, f'#include "gibbs/{header}"'), [], path)
        for path, header in (("tensor/kernels/conv2d.h", "tensor/kernels/lanes.h"), ("losses/losses.h", "losses/coefficients.h"),
                             ("examples/a.cpp", "tensor/kernels/lanes.h"), ("bench/a.cpp", "tensor/kernels/register_block.h")):
            self.assertEqual(self.check(path, f'#include "gibbs/{header}"'),
                             [f"{path}:2: vectors is not included here (gibbs/{header})"])

    def test_layers(self):
        allowed = {"tensor": "tensor", "autograd": "tensor autograd", "nn": "tensor autograd nn",
                   "losses": "tensor autograd losses", "optim": "tensor autograd optim", "data": "tensor data",
                   "train": "tensor autograd nn losses optim data train",
                   "examples": "tensor autograd nn losses optim data train examples",
                   "tests": "tensor autograd nn losses optim data train examples tests bench",
                   "bench": "tensor autograd nn losses optim data train examples tests bench"}
        for own, sees in allowed.items():
            for other in allowed:
                expected = [] if other in sees.split() else [f"{own}/a.cpp:2: {own} may not include {other} (gibbs/{other}/b.h)"]
                self.assertEqual(self.check(f"{own}/a.cpp", f'#include "gibbs/{other}/b.h"'), expected)

    def test_ways_around_the_prefix(self):
        for name in ("../nn/b.h", "nn/b.h"):
            self.assertEqual(self.check("losses/a.cpp", f'#include "{name}"', "nn/b.h"),
                             [f"losses/a.cpp:2: losses may not include nn ({name})"])

    def test_the_header_of_everything_is_for_users(self):
        self.assertEqual(self.check("examples/a.cpp", "#include <gibbs/gibbs.h>"), [])
        self.assertEqual(self.check("train/a.cpp", '#include "gibbs/gibbs.h"'),
                         ["train/a.cpp:2: train may not include gibbs.h (gibbs/gibbs.h)"])
        self.assertEqual(self.check("gibbs.h", '#include "gibbs/tests/b.h"'),
                         ["gibbs.h:2: gibbs.h may not include tests (gibbs/tests/b.h)"])


if __name__ == "__main__":
    unittest.main()
