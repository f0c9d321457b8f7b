"""No test depends on time: none reads a clock, sleeps, or gives up within ten minutes, but for the lines below, which no slow
machine can make fail. Work is counted instead (tests/autograd/allocations.h), moments are chosen
(tests/examples/signal_at_save.cpp), and speed is measured in bench/, as a ratio within one run.
"""
import pathlib
import re
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
CLOCK = re.compile(r"_clock\b|\bclock(_gettime)?\(|\balarm\(|\bsleep(_for|_until)?\(|\busleep\(|"
                   r"\btime\.(time|monotonic|perf_counter|process_time)|\btimeout=[1-5]?\d{1,2}\b")
ALLOWED = {
    "autograd/profile_test.cpp": "what slept for 3 ms took at least 3 ms",
    "data/loader_test.cpp": "a thread that goes on too far is given time to",
    "tensor/parallel_test.cpp": "idle threads are given time to take what is not theirs",
    "examples/training_test.py": "kills at random moments: any will do",
    "fuzz/command_line.py": "ends after the seconds that it is given; programs that take long are asked to end",
    "scripts/fetch_cifar10_test.py": "polls for a file; gives a second process time to come too early",
}


class NoClocks(unittest.TestCase):
    maxDiff = None

    def test_none_depends_on_time(self):
        found = {}
        for path in sorted(TESTS.rglob("*")):
            if path.suffix in (".cpp", ".h", ".py") and path != pathlib.Path(__file__).resolve():
                for number, line in enumerate(path.read_text().splitlines(), 1):
                    if CLOCK.search(line):
                        found.setdefault(str(path.relative_to(TESTS)), []).append(f"line {number}: {line.strip()}")
        self.assertEqual({name: lines for name, lines in found.items() if name not in ALLOWED}, {})
        self.assertEqual(set(ALLOWED) - set(found), set(), "no longer needed")


if __name__ == "__main__":
    unittest.main()
