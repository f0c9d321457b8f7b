"""The doctor measures, writes its figures as JSON, and refuses wrong options. What it finds depends on the machine; the
rules for that are tested in tests/laboratory/diagnosis_test.cpp."""
import json
import unittest

from programs import ProgramTest


class Doctor(ProgramTest):
    def test_figures(self):
        path = self.folder / "doctor.json"
        result = self.run_command(self.command("doctor", "--json", path))
        self.assertEqual(result.returncode, 0, result.stderr)
        figures = json.loads(path.read_text())
        self.assertGreater(min(figures["memory_gb_per_s"] + figures["peak_gflop_per_s"] + figures["sgemm_gflop_per_s"]), 0)
        self.assertGreater(figures["step_ms"], 0)
        arithmetic = 25.35e6 * 250 / (figures["peak_gflop_per_s"][1] * 1e6)
        memory = 4 * (250 * (3 * 3072 + 5 * 19274) + 10 * 612_042) / (figures["memory_gb_per_s"][1] * 1e6)
        self.assertAlmostEqual(figures["ideal_ms"], max(arithmetic, memory), places=9)
        self.assertAlmostEqual(figures["efficiency"], figures["ideal_ms"] / figures["step_ms"], places=9)
        self.assertIn(f"\nProducts   {figures['gemm']}", result.stdout)
        for finding in figures["findings"]:
            self.assertIn(f"  - {finding}\n", result.stdout)

    def test_wrong_options(self):
        result = self.run_command(self.command("doctor", "--threads", -1))
        self.assertEqual((result.returncode, result.stderr.splitlines()[0]), (2, "--threads: must be a whole number from 0 to 512, it is -1"))
        result = self.run_command(self.command("doctor", "--json", self.folder / "missing" / "doctor.json"))
        self.assertEqual(result.returncode, 2)
        self.assertIn("missing", result.stderr)


if __name__ == "__main__":
    unittest.main()
