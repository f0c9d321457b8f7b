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
        for path, header in (("tensor/kernels/gemm/blas.cpp", "<cblas.h>"), ("tensor/parallel.cpp", "<tbb/tbb.h>"),
                             ("tensor/parallel.h", "<oneapi/tbb/task_arena.h>"), ("data/image.cpp", "<stb/stb_image.h>"),
                             ("io/checksum.cpp", "<xxhash.h>"),
                             ("tests/data/image_test.cpp", "<gtest/gtest.h>"), ("bench/gemm.cpp", "<cblas.h>"),
                             ("nn/a.cpp", "<vector>")):
            self.assertEqual(self.check(path, f"#include {header}"), [], path)

    def test_third_parties_elsewhere(self):
        for path, header, library in (
                ("tensor/kernels/conv2d.cpp", "<cblas.h>", "cblas"), ("nn/a.h", '"openblas/cblas.h"', "cblas"),
                ("tensor/kernels/reduce.cpp", "<tbb/parallel_for.h>", "TBB"), ("data/a.h", "<oneapi/tbb.h>", "TBB"),
                ("data/loader.cpp", "<stb/stb_image.h>", "stb_image"), ("examples/a.cpp", '"stb_image_write.h"', "stb_image"),
                ("io/safetensors.cpp", "<xxhash.h>", "xxHash"), ("io/checksum.h", "<xxh3.h>", "xxHash"),
                ("tensor/tensor.h", "<gtest/gtest_prod.h>", "GoogleTest"), ("bench/a.cpp", "<gmock/gmock.h>", "GoogleTest"),
                ("nn/a.cpp", "<rapidcheck.h>", "GoogleTest")):
            self.assertEqual(self.check(path, f" #  include {header}"),
                             [f"{path}:2: {library} is not included here ({header[1:-1]})"])

    def test_internal_headers_stay_in_the_library(self):
        for path, header in (("tensor/random.cpp", "tensor/kernels/simd/lanes.h"),
                             ("tensor/kernels/rows/a.h", "tensor/kernels/simd/softmax_groups.h"),
                             ("losses/a.cpp", "losses/detail/one_pass.h"),
                             ("tests/a.cpp", "tensor/kernels/simd/transpose.h"),
                             ("nn/a.h", "tensor/kernels/conv2d.h")):
            self.assertEqual(self.check(path, f'#include "gibbs/{header}"'), [], path)
        for path, header in (("tensor/kernels/conv2d.h", "tensor/kernels/simd/lanes.h"),
                             ("losses/losses.h", "losses/detail/one_pass.h"),
                             ("examples/a.cpp", "tensor/kernels/simd/lanes.h"),
                             ("bench/a.cpp", "tensor/kernels/simd/register_block.h")):
            self.assertEqual(self.check(path, f'#include "gibbs/{header}"'),
                             [f"{path}:2: what is internal is not included here (gibbs/{header})"])

    def test_layers(self):
        allowed = {"tensor": "tensor", "io": "tensor io", "autograd": "tensor io autograd",
                   "nn": "tensor io autograd nn", "losses": "tensor autograd losses", "optim": "tensor autograd optim",
                   "data": "tensor io data", "train": "tensor io autograd nn losses optim data train",
                   "examples": "tensor io autograd nn losses optim data train examples",
                   "tests": "tensor io autograd nn losses optim data train examples tests bench",
                   "bench": "tensor io autograd nn losses optim data train examples tests bench"}
        for own, sees in allowed.items():
            for other in allowed:
                expected = [] if other in sees.split() else [f"{own}/a.cpp:2: {own} may not include {other} (gibbs/{other}/b.h)"]
                self.assertEqual(self.check(f"{own}/a.cpp", f'#include "gibbs/{other}/b.h"'), expected)

    def test_rooms_that_need_each_other(self):
        def check(files):
            with tempfile.TemporaryDirectory() as root:
                for name, includes in files.items():
                    file = pathlib.Path(root, name)
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text("".join(f'#include "gibbs/{include}"\n' for include in includes.split()))
                return list(violations(pathlib.Path(root)))

        top, low = "tensor/kernels/conv2d", "tensor/kernels/convolution/direct"
        circle = {f"{top}.h": "", f"{top}.cpp": f"{top}.h {low}.h", f"{low}.h": "tensor/kernels/a.h",
                  "tensor/kernels/a.h": f"{top}.h"}
        self.assertEqual(check(circle), ["tensor/kernels/a and tensor/kernels/convolution/direct need each other, from two "
                                         "rooms: one of them must not know of the other",
                                         f"{top} and {low} need each other, from two rooms: one of them must not know of "
                                         "the other"])
        self.assertEqual(check(circle | {"tensor/kernels/a.h": ""}), [])
        self.assertEqual(check({"nn/a.h": "", "nn/a.cpp": "nn/detail/b.h", "nn/detail/b.h": "nn/a.h"}), [])

    def test_what_is_installed_is_in_gibbs_h(self):
        with tempfile.TemporaryDirectory() as root:
            for name, text in {"gibbs.h": '#include "gibbs/nn/nn.h"\n', "nn/nn.h": '#include "gibbs/nn/a.h"\n', "nn/a.h": "",
                               "nn/check/b.h": "", "nn/detail/c.h": ""}.items():
                pathlib.Path(root, name).parent.mkdir(parents=True, exist_ok=True)
                pathlib.Path(root, name).write_text(text)
            self.assertEqual(list(violations(pathlib.Path(root))),
                             ["nn/check/b.h is installed, but gibbs.h does not lead to it: include it there, or move it to "
                              "a detail/"])

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
