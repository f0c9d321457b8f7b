"""The program entropy_lesson: its figures against the formulas, recomputed here in Python's float64; its verdicts on the
article; its answers to wrong input; its pictures. $GIBBS_PROGRAMS is the folder of the example programs."""
import json
import math
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

from programs import read_png_size

PROGRAM = pathlib.Path(os.environ["GIBBS_PROGRAMS"]) / "entropy_lesson"
WORMS = [.02, .03, .05, .14, .16, .15, .12, .08, .10, .08, .07]
UNIFORM = [1 / 11] * 11
LABELS, PREDICTIONS = [1] * 5 + [0] * 5, [.8, .9, .9, .6, .8, .1, .4, .2, .1, .3]
PICTURES = ["coin_entropy", "losses_along_a_logit", "triangle", "worms"]


def cross_entropy(p, q):
    return -sum(a * math.log(b) for a, b in zip(p, q) if a > 0)


def entropy(p):
    return cross_entropy(p, p)


def kl(p, q):
    return sum(a * math.log(a / b) for a, b in zip(p, q) if a > 0)


def js(p, q):
    m = [(a + b) / 2 for a, b in zip(p, q)]
    return (kl(p, m) + kl(q, m)) / 2


def binomial(n, theta):
    return [math.comb(n, k) * theta ** k * (1 - theta) ** (n - k) for k in range(n + 1)]


def softmax(z):
    total = math.fsum(math.exp(x) for x in z)
    return [math.exp(x) / total for x in z]


def slope(loss, z, step=1e-5):
    return (loss(z + step) - loss(z - step)) / (2 * step)


class EntropyLesson(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="gibbs test ")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        result = subprocess.run([PROGRAM, "--json", cls.folder / "lesson.json"], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        cls.output = result.stdout
        cls.lesson = json.loads((cls.folder / "lesson.json").read_text())

    def check(self, number, name, expected, delta=1e-12):
        found = self.lesson[number][name]
        for a, b in zip(found, expected, strict=True) if isinstance(expected, list) else [(found, expected)]:
            self.assertAlmostEqual(a, b, delta=delta, msg=f"{number}.{name}")

    def check_both_units(self, number, name, nats):
        self.check(number, name + "_nats", nats)
        self.check(number, name + "_bits", nats / math.log(2))

    def run_on(self, text, code=0, name="counts.csv"):
        """On a file of counts that holds `text`."""
        file = self.folder / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        result = subprocess.run([PROGRAM, "--observed", file, "--json", self.folder / "own.json"], capture_output=True,
                                text=True)
        self.assertEqual(result.returncode, code, result.stderr)
        return json.loads((self.folder / "own.json").read_text())["observed"] if code == 0 else result

    def test_claims_are_in_order(self):
        self.assertEqual(list(self.lesson), ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A11", "A12"])
        self.assertLessEqual(max(map(len, self.output.splitlines())), 135)

    def test_information_and_entropy(self):
        events = self.lesson["A1"]["probability"]
        self.check("A1", "information_nats", [-math.log(p) for p in events])
        self.check("A1", "information_bits", [-math.log2(p) for p in events])
        self.check("A1", "nats_per_bit", math.log(2))
        self.check("A1", "one_in_a_million_bits", 2 * math.log2(1000))
        self.assertEqual(self.lesson["A2"]["entropy_of_certainty_bits"], 0)
        self.check("A2", "article_entropy_of_certainty_bits", -math.log2(1 + 1e-15), 1e-20)
        self.check_both_units("A2", "entropy_of_a_fair_coin", math.log(2))
        self.check_both_units("A2", "entropy_of_the_worms", entropy(WORMS))
        self.check("A2", "perplexity_of_the_worms", math.exp(entropy(WORMS)))
        heads = [0, .1, .2, .3, .4, .5]
        self.check("A3", "heads", heads, 0)
        self.check("A3", "entropy_bits", [entropy([p, 1 - p]) / math.log(2) for p in heads])
        self.check("A3", "entropy_bits", [0, .4690, .7219, .8813, .9710, 1], 5e-5)  # the article's plot
        self.check("A3", "article_entropy_bits", [-sum(x * math.log2(x + 1e-15) for x in (p, 1 - p)) for p in heads])
        self.assertLess(self.lesson["A3"]["largest_difference_bits"], 1e-14)

    def test_worms(self):
        mean = sum(k * p for k, p in enumerate(WORMS))
        model = binomial(10, mean / 10)
        self.check("A4", "observed", WORMS, 0)
        self.check("A4", "uniform", UNIFORM)
        self.check("A4", "binomial", model)
        self.check("A4", "mean_teeth", 5.44)
        self.check("A4", "tooth_probability", 0.544)
        for number in ("A4", "A6"):
            self.check_both_units(number, "kl_uniform", kl(WORMS, UNIFORM))
            self.check_both_units(number, "kl_binomial", kl(WORMS, model))
        self.check("A4", "kl_uniform_bits", 0.19719, 5e-6)
        self.check("A4", "kl_binomial_bits", 0.61654, 5e-6)
        self.check_both_units("A4", "kl_binomial_of_the_source", kl(WORMS, binomial(10, .57)))
        self.check("A4", "article_over_ours_uniform", .338 / kl(WORMS, UNIFORM) * math.log(2))
        self.check("A4", "article_over_ours_binomial", .447 / kl(WORMS, model) * math.log(2))
        self.assertEqual(self.lesson["A4"]["loses_less"], "uniform")
        self.check_both_units("A5", "cross_entropy_uniform", cross_entropy(WORMS, UNIFORM))
        self.check_both_units("A5", "cross_entropy_binomial", cross_entropy(WORMS, model))
        self.assertEqual(self.lesson["A6"]["kl_of_itself_nats"], 0)
        self.check("A6", "kl_uniform_terms_nats", [p * math.log(11 * p) for p in WORMS])
        self.check("A6", "thetas", [.5, .544, .6])
        self.check("A6", "kl_by_theta_nats", [kl(WORMS, binomial(10, theta)) for theta in (.5, .544, .6)])
        self.assertLess(max(kl(WORMS, binomial(10, .544)) - kl(WORMS, binomial(10, theta)) for theta in (.543, .545)), 0)
        self.check("A5", "kraft_sum", 1)
        self.check("A5", "mean_length_bits", 1.75)
        self.check("A5", "wasted_by_two_bits_each", .25)

    def test_ten_predictions(self):
        self.check_both_units("A7", "cross_entropy", cross_entropy(LABELS, PREDICTIONS))
        self.check_both_units("A7", "kl", kl(LABELS, PREDICTIONS))
        self.check("A7", "cross_entropy_nats", 1.16783, 5e-6)
        self.check("A7", "cross_entropy_bits", 1.68483, 5e-6)
        self.check("A7", "kl_with_article_epsilon_nats",
                   sum(p * math.log((p + 10e-5) / q) for p, q in zip(LABELS, PREDICTIONS)))
        losses = [cross_entropy([p, 1 - p], [q, 1 - q]) for p, q in zip(LABELS, PREDICTIONS)]
        self.check("A7", "binary_cross_entropy_nats", losses)
        self.check("A7", "mean_binary_cross_entropy_nats", sum(losses) / 10)
        self.assertEqual([self.lesson["A7"][name] for name in ("sum_of_p", "article_cross_entropy_is_in",
                                                               "article_kl_is_in")], [5, "bits", "nats"])
        self.check("A7", "sum_of_q", 5.1)
        self.assertTrue(self.lesson["A7"]["refusal"].startswith("cross_entropy: p row 0 sums to 5, not 1; "))
        self.check("A8", "mean_cross_entropy_of_label_and_prediction_nats", sum(losses) / 10)
        self.assertEqual(self.lesson["A8"]["mean_cross_entropy_of_prediction_and_label_nats"], "infinite")
        self.check("A8", "mean_kl_with_the_minus_nats", -sum(losses) / 10)

    def test_equivalence(self):
        for name in ("residual_uniform_nats", "residual_binomial_nats", "largest_difference_from_gradient_of_kl",
                     "largest_difference_from_formula"):
            self.assertLess(abs(self.lesson["A9"][name]), 2e-15, name)
        self.check("A9", "gradient_of_cross_entropy", [q - p for q, p in zip(binomial(10, .544), WORMS)])
        wrong = softmax([-20, 0, 1, .5])
        self.check("A9", "exact_cross_entropy_nats", -math.log(wrong[0]))
        self.check("A9", "exact_gradient", [wrong[0] - 1] + wrong[1:])
        clipped = [1] + [1e-7] * 3
        self.check("A9", "clipped_kl_nats", sum(p * math.log(p / max(q, 1e-7)) for p, q in zip(clipped, wrong)))
        self.check("A9", "clipped_gradient", [0] * 4, 1e-7)

    def test_losses_along_a_logit(self):
        p = [.925, .025, .025, .025]
        clip = lambda q, high: [min(max(x, 1e-7), high) for x in q]
        at = lambda z: softmax([z, 0, 0, 0])
        curves = {"cross_entropy": lambda z: cross_entropy(p, at(z)), "kl": lambda z: kl(p, at(z)),
                  "reverse_kl": lambda z: kl(at(z), p), "js": lambda z: js(p, at(z)),
                  "keras_cross_entropy": lambda z: cross_entropy(p, clip(at(z), 1 - 1e-7)),
                  "keras_kl": lambda z: kl(p, clip(at(z), 1))}
        self.check("A9", "target", p, 0)
        self.check("A9", "entropy_of_the_target_nats", entropy(p))
        self.check("A9", "logit", [-20, -10, 0, 10, 20], 0)
        for name, loss in curves.items():
            self.check("A9", name + "_along_z_nats", [loss(z) for z in (-20, -10, 0, 10, 20)])
            self.check("A9", name + "_slope", [slope(loss, z) for z in (-20, -10, 0, 10, 20)], 1e-8)

    def test_distances(self):
        self.check_both_units("A11", "kl_observed_uniform", kl(WORMS, UNIFORM))
        self.check_both_units("A11", "kl_uniform_observed", kl(UNIFORM, WORMS))
        self.check_both_units("A11", "cross_entropy_observed_uniform", cross_entropy(WORMS, UNIFORM))
        self.check_both_units("A11", "cross_entropy_uniform_observed", cross_entropy(UNIFORM, WORMS))
        coins = [[p, 1 - p] for p in (.5, .25, .1)]
        self.check("A11", "coins_straight_nats", kl(coins[0], coins[2]))
        self.check("A11", "coins_first_part_nats", kl(coins[0], coins[1]))
        self.check("A11", "coins_second_part_nats", kl(coins[1], coins[2]))
        self.assertGreater(kl(coins[0], coins[2]), 2 * (kl(coins[0], coins[1]) + kl(coins[1], coins[2])))
        self.check_both_units("A12", "js_observed_uniform", js(WORMS, UNIFORM))
        self.check_both_units("A12", "js_observed_binomial", js(WORMS, binomial(10, .544)))
        self.check_both_units("A12", "js_of_opposites", math.log(2))
        a12 = self.lesson["A12"]
        self.assertEqual(a12["js_observed_uniform_nats"], a12["js_uniform_observed_nats"])
        half = js([1, 0], [.5, .5])
        self.check("A12", "js_first_half_nats", half)
        self.check("A12", "js_over_the_middle_nats", 2 * half)
        self.check("A12", "root_straight", math.sqrt(math.log(2)))
        self.check("A12", "root_over_the_middle", 2 * math.sqrt(half))
        self.assertLess(a12["js_over_the_middle_nats"], a12["js_straight_nats"])
        self.assertLess(a12["root_straight"], a12["root_over_the_middle"])

    def test_counts_of_your_own(self):
        shares = [3 / 8, 0, 5 / 8]
        for text in ("3\n0\n5\n", "teeth,count\n2,5\n0,3\n", "\ufeff3\r\n0 \r\n5\r\n\r\n", "teeth,count\n2, 1e3\n0,600"):
            with self.subTest(text=text):
                own = self.run_on(text)
                for found, expected in zip(own["observed"], shares, strict=True):
                    self.assertAlmostEqual(found, expected)
                self.assertAlmostEqual(own["tooth_probability"], .625)
                self.assertAlmostEqual(own["entropy_nats"], entropy(shares))
                self.assertAlmostEqual(own["kl_uniform_bits"], kl(shares, [1 / 3] * 3) / math.log(2))
                self.assertAlmostEqual(own["kl_binomial_nats"], kl(shares, binomial(2, .625)))
                self.assertEqual(own["loses_less"], "uniform")
        self.assertEqual(self.run_on("".join(f"{p}\n" for p in binomial(20, .3)))["loses_less"], "binomial")
        for text in ("1\n0\n0\n", "0\n0\n1\n"):  # a tooth is surely missing, or surely there
            self.assertEqual(self.run_on(text)["kl_binomial_nats"], 0)
        rare = self.run_on("teeth,count\n0,1000000\n100,1\n")  # the model's probability of 100 teeth is below 1e-308
        p, log_q = 1 / 1000001, 100 * math.log(1 / 1000001)
        self.assertAlmostEqual(rare["kl_binomial_nats"], (1 - p) * (math.log1p(-p) - 100 * math.log1p(-p)) +
                               p * (math.log(p) - log_q), delta=1e-9)

    def test_wrong_counts_are_named(self):
        file = f"observed: {self.folder / 'counts.csv'}"
        for text, message in (
                ("3\n-2\n5\n", " line 2: '-2' is negative; a count is at least 0"),
                ("3\nmany\n5\n", " line 2: 'many' is not a number; write a count such as 12 or 0.05"),
                ("3\n0x10\n", " line 2: '0x10' is not a number; write a count such as 12 or 0.05"),
                ("nan\n1\n", " line 1: 'nan' is not finite; write a count such as 12 or 0.05"),
                ("1\ninf\n", " line 2: 'inf' is not finite; write a count such as 12 or 0.05"),
                ("1\n\n2\n", " line 2: the count is empty; write 0 where no worm was seen"),
                ("", " is empty; write one count per line, for 0, 1, 2 ... teeth"),
                (" \n\n", " is empty; write one count per line, for 0, 1, 2 ... teeth"),
                ("7\n", " counts worms of 1 number of teeth; from 2 to 1001 can be compared"),
                ("teeth,count\n", " counts worms of 0 numbers of teeth; from 2 to 1001 can be compared"),
                ("0\n0\n", ": the counts sum to 0, by which none can be divided; at least one must be above 0"),
                ("1e308\n1e308\n", ": the counts sum to inf, by which none can be divided; write smaller ones"),
                ("teeth,count\n3\n", " line 2: '3' is not two cells; write teeth,count such as 3,14"),
                ("teeth,count\n1,2,3\n", " line 2: '1,2,3' is not two cells; write teeth,count such as 3,14"),
                ("teeth,count\n1.5,2\n", " line 2: '1.5' is not a number of teeth; write a whole number from 0 to 1000"),
                ("teeth,count\n1,2\n1,3\n", " line 3: 1 teeth were counted in line 2 already; add the two counts up"),
                ("teeth,count\n1,\n", " line 2: the count is empty; write 0 where no worm was seen")):
            with self.subTest(text=text):
                result = self.run_on(text, code=2)
                self.assertEqual((result.stderr, result.stdout), (f"error: {file}{message}\n", ""))

    def test_wrong_arguments(self):
        for arguments, message in (
                (["--observed", self.folder / "none"], f"error: read: cannot open {self.folder}/none: No such file or "
                                                       "directory\n"),
                (["--observed", self.folder], f"error: read: {self.folder} is a folder, not a file\n"),
                (["--colour"], "The following argument was not expected: --colour\nRun with --help for more "
                               "information.\n"),
                (["--out", PROGRAM], f"error: --out: {PROGRAM} is a file; choose another folder\n")):
            result = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True)
            self.assertEqual((result.returncode, result.stderr), (2, message))
        result = subprocess.run([PROGRAM, "--json", self.folder / "no" / "x.json"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 2)
        self.assertIn(f"{self.folder}/no/x.json", result.stderr)
        help_text = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, check=True).stdout
        self.assertIn("teeth,count", help_text)

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not installed")
    def test_pictures(self):
        out = self.folder / "pictures"
        subprocess.run([PROGRAM, "--out", out], check=True, capture_output=True)
        self.assertEqual(sorted(os.listdir(out)), sorted(f"{name}.{kind}" for name in PICTURES for kind in ("png", "svg")))
        for name in PICTURES:
            width, height = read_png_size(out / f"{name}.png")
            self.assertTrue(700 <= width <= 900 and 400 <= height <= 700, (name, width, height))
            self.assertIn("(", "".join(xml.etree.ElementTree.parse(out / f"{name}.svg").getroot().itertext()))
        worms = (out / "worms.svg").read_text()
        self.assertIn("binomial (10, 0.544)<", worms)
        self.assertNotIn("loses", worms, "the lesson asks which model loses less")

    def test_without_gnuplot(self):
        out = self.folder / "no_pictures"
        result = subprocess.run([PROGRAM, "--out", out], env={"PATH": str(self.folder)}, capture_output=True, text=True)
        self.assertEqual((result.returncode, out.exists()), (0, False))
        self.assertTrue(result.stdout.endswith("\ngnuplot is not installed: nothing is drawn\n"))


if __name__ == "__main__":
    unittest.main()
