"""What would make a result depend on the machine is not in the library's sources (docs/portable_bits.md): a vector's width in
what cuts a sum or chooses a method, functions of <cmath> whose last bit is the C library's, and the distributions of <random>.
"""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = re.findall(r"^folder (\w+)", (ROOT / "cmake/folders.txt").read_text(), re.MULTILINE)

WIDTH = r"\bk(Width|VectorBytes|Lanes|Sums|Square|SumRegisters|Most(Vectors|Places))\b|\bL\b"
# A piece of a parallel loop, a slice of a sum, or whether a shape takes a method.
CUT = r"\b(parallel_for|parallel_reduce|sum_of_slices|slices_for)\b|\b(grain|slices?)\b.*=|\bk\w*(Work|Grain|Totals|Multiple|Slices?|Tiles?) =|%|\bfits\b"
# Loops over the lanes of a vector, which cut nothing; tails of vectors.
HARMLESS = re.compile(r"static_assert|\bfor \(|bodies?\(")
LIBM = re.compile(r"std::(exp2?|expm1|log(2|10|1p)?|sin|cos|tan|a(sin|cos|tan2?)|(sin|cos|tan)h|pow|hypot|cbrt|erfc?|[lt]gamma)\(")
RANDOM = re.compile(r"std::(mt19937|(uniform|normal|bernoulli)\w*_distribution|shuffle)")
# Orders of entropies in long double, which is another type on arm64; a power of a setting, once; the extremes of a divergence
# between Gaussians.
NOT_PORTABLE = {"losses/measures/renyi_tsallis.cpp", "losses/compat/scipy.cpp", "losses/measures/gaussian_kl.cpp"}


def width_in(line):
    line = re.sub("//.*", "", line)
    return bool(re.search(WIDTH, line) and re.search(CUT, line) and not HARMLESS.search(line))


def platform_in(line):
    line = re.sub("//.*", "", line)
    return bool(LIBM.search(line) or RANDOM.search(line))


def sources():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).glob("**/*")):
            if path.suffix in (".h", ".cpp"):
                yield path.relative_to(ROOT).as_posix(), path.read_text().splitlines()


class PortableBits(unittest.TestCase):
    def test_no_sum_is_cut_by_the_width_of_a_vector(self):
        for name, lines in sources():
            self.assertEqual([line for line in lines if width_in(line)], [], name)

    def test_elementary_functions_are_the_librarys_own(self):
        for name, lines in sources():
            if name not in NOT_PORTABLE:
                self.assertEqual([line for line in lines if platform_in(line)], [], name)

    def test_compilers_fuse_nothing_by_themselves(self):
        self.assertIn("-ffp-contract=off", (ROOT / "cmake/GibbsTargets.cmake").read_text())

    def test_finds_what_it_looks_for(self):
        for line in ("const grain = std::max<int64_t>(1, 16384 / (L * classes)) * L;", "return g.channels % kWidth<float> == 0;",
                     "parallel_for(0, n, 4 * kWidth<T>, body);", "inline constexpr int kTotals = kWidth<double>;",
                     "const int64_t slice = ceil_div(n, kLanes<T>);"):
            self.assertTrue(width_in(line), line)
        for line in ("for (int64_t c = 0; c < n; c += kWidth<T>) {", "// % kWidth<float>", "constexpr int W = kWidth<T>;"):
            self.assertFalse(width_in(line), line)
        for line in ("y = std::exp(x);", "std::mt19937 rng;", "a = std::pow(b, 2);", "std::log1p(x)"):
            self.assertTrue(platform_in(line), line)
        for line in ("portable::exp(x)", "std::sqrt(x)", "std::floor(x)", "// std::exp(x)", "kernels::exp(x)"):
            self.assertFalse(platform_in(line), line)


if __name__ == "__main__":
    unittest.main()
