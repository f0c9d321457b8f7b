"""cifar10_convnet --profile: a table that adds up to the steps, a trace that nests, and the same weights as without."""
import json
import os
import re
import unittest

from programs import ProgramTest

# Per image, by hand: multiply-adds of outputs times what each is made of, and two flops for each.
CONV1 = 2 * (30 * 30 * 32) * (3 * 3 * 3)   # 1.555 MFLOP
CONV2 = 2 * (13 * 13 * 64) * (3 * 3 * 32)  # 6.230 MFLOP
DENSE1 = 2 * 2304 * 256                    # 1.180 MFLOP
CATEGORIES = {"forward", "backward", "optimizer", "data", "step"}
HEADING = re.compile(r"\nProfile of (\d+) steps after 2 of warm-up: ([0-9.]+) ms, ([0-9.]+) ms each; ([0-9.]+) ms outside of "
                     r"them are not counted\n\n(Op .*)\n=+\n((?:\S.*%\n)+)")
BATCH = 12  # of 36 images: all batches are of one size


class Profile(ProgramTest):
    def profiled(self, *arguments, batch=BATCH, **options):
        """The table as {name: (calls, total, per step, GFLOP/s, GB/s, share)} with its heading, and the events."""
        output = self.trained("--profile", "--batch-size", batch, *arguments, **options).stdout
        found = HEADING.search(output)
        self.assertIsNotNone(found, output)
        steps, total, each = int(found[1]), float(found[2]), float(found[3])
        header = found[5]
        ends = [re.search(name, header).end() for name in ("Calls", "Total ms", "ms/step", "GFLOP/s", "GB/s", "Share")]
        first = header.index("Calls") - 3
        rows = {}
        for line in found[6].splitlines():
            cells = [line[begin:end].strip(" %") for begin, end in zip([first] + ends, ends)]
            rows[line[:first].strip()] = [float(cell) if cell else None for cell in cells]
        trace = json.loads((self.out / "trace.json").read_text())
        return steps, total, each, rows, trace["traceEvents"]

    def nested(self, events):
        """Each event with its depth and its parent; in nanoseconds, and checked."""
        last, open_events, result = 0, [], []
        for event in events:
            self.assertEqual((event["ph"], event["pid"], event["tid"]), ("X", 1, 1))
            self.assertIn(event["cat"], CATEGORIES)
            self.assertTrue(event["name"])
            begin, duration = round(1000 * event["ts"]), round(1000 * event["dur"])
            self.assertTrue(begin >= last and duration >= 0, event)
            last = begin
            while open_events and open_events[-1][1] <= begin:
                open_events.pop()
            if open_events:
                self.assertLessEqual(begin + duration, open_events[-1][1], event)
            result.append((event, begin, duration, [parent for parent, _ in open_events]))
            open_events.append((event, begin + duration))
        return result

    def in_steps(self, nested):
        return [event for event, _, _, parents in nested if parents and parents[0]["cat"] == "step"]

    def flops(self, events, name, layer):
        found = {event["args"]["flop"] for event in events if event["name"] == name and event["args"].get("layer") == layer}
        self.assertEqual(len(found), 1, (name, layer, found))
        return found.pop() / BATCH

    def test_the_table_adds_up(self):
        steps, total, each, rows, _ = self.profiled("--epochs", 3)
        self.assertEqual(steps, 3 * 3 - 2)
        self.assertAlmostEqual(each * steps, total, delta=0.06 + 0.0006 * steps)
        self.assertEqual(list(rows)[-1], "everything else")
        for column, whole, rounding in ((1, total, 0.05), (2, each, 0.0005), (5, 100, 0.05)):
            self.assertAlmostEqual(sum(row[column] for row in rows.values()), whole, delta=rounding * (len(rows) + 1))
        times = [row[1] for row in rows.values()][:-1]
        self.assertEqual(times, sorted(times, reverse=True))
        for name, each_step in (("conv_block", 2), ("dense_activated", 1), ("dense", 1)):
            for row in (name, name + " gradient"):
                calls, _, _, gflops, gbytes, _ = rows[row]
                self.assertEqual(calls, each_step * steps, row)
                self.assertTrue(0 <= gflops < 10_000 and 0 <= gbytes < 10_000, rows[row])
        for name in ("waiting for a batch", "loss", "optimizer step", "cross_entropy_with_logits gradient"):
            self.assertEqual(rows[name][0], steps, name)
            self.assertIsNone(rows[name][3])
        self.assertNotIn("validation", rows)

    def test_the_trace_nests_and_its_flops_are_those_of_hand(self):
        steps, _, _, rows, events = self.profiled("--epochs", 5)
        nested = self.nested(events)
        wall = max(begin + duration for _, begin, duration, _ in nested) - nested[0][1]
        self.assertLessEqual(sum(duration for _, _, duration, parents in nested if not parents), wall)
        top = {event["name"] for event, _, _, parents in nested if not parents}
        self.assertEqual(top - {"step", "validation"}, set())
        self.assertEqual(sum(event["cat"] == "step" for event in events), steps)
        inside = {event["name"] for event, _, _, parents in nested if [parent["cat"] for parent in parents] == ["step"]}
        self.assertEqual(inside, set(rows) - {"everything else"})
        for event, _, _, parents in nested:
            backward = any(x["name"].endswith(" gradient") for x in (event, *parents))
            self.assertEqual(event["cat"] == "backward", backward, event)
        for category, expected in (("forward", ("conv_block", "dropout", "dense_activated", "dense",
                                                "cross_entropy_with_logits")),
                                   ("backward", ("conv_block gradient", "dense gradient", "matmul")),
                                   ("optimizer", ("optimizer step",)), ("data", ("waiting for a batch",))):
            self.assertLessEqual(set(expected), {event["name"] for event in events if event["cat"] == category})

        training = self.in_steps(nested)
        self.assertEqual(self.flops(training, "conv_block", "0, 1, 2"), CONV1)
        self.assertEqual(self.flops(training, "conv_block gradient", "0, 1, 2"), CONV1, "images want no gradient")
        self.assertEqual(self.flops(training, "conv_block", "4, 5, 6"), CONV2)
        self.assertEqual(self.flops(training, "conv_block gradient", "4, 5, 6"), 2 * CONV2)
        self.assertEqual(self.flops(training, "dense_activated", "9"), DENSE1)
        self.assertEqual(self.flops(training, "dense_activated gradient", "9"), 2 * DENSE1)
        conv1 = next(event for event in training if event["name"] == "conv_block")
        self.assertEqual((conv1["args"]["inputs"], conv1["args"]["outputs"]),
                         ("[12, 32, 32, 3] [3, 3, 3, 32] [32]", "[12, 15, 15, 32]"))
        self.assertEqual(conv1["args"]["bytes"], 4 * (BATCH * 32 * 32 * 3 + 3 * 3 * 3 * 32 + 32 + BATCH * 15 * 15 * 32))

    def test_without_fusion(self):
        steps, _, _, rows, events = self.profiled("--epochs", 2, environment={"GIBBS_FUSE": "0"})
        training = self.in_steps(self.nested(events))
        self.assertNotIn("conv_block", rows)
        for name in ("conv2d", "conv2d gradient", "max_pool2d", "relu gradient"):
            self.assertGreaterEqual(rows[name][0], 2 * steps, name)
        self.assertEqual(self.flops(training, "conv2d", "0"), CONV1)
        self.assertEqual(self.flops(training, "conv2d", "4"), CONV2)
        self.assertEqual(self.flops(training, "conv2d_dw", "0"), CONV1)

    def test_the_trace_ends_after_fifty_steps(self):
        steps, _, _, rows, events = self.profiled("--limit", 30, "--epochs", 3, "--quiet", batch=1)
        self.assertEqual(steps, 3 * 24 - 2)
        self.assertEqual(sum(event["cat"] == "step" for event in events), 50)
        self.assertEqual(rows["optimizer step"][0], steps)
        self.assertLess(os.path.getsize(self.out / "trace.json"), 1_000_000)
        self.assertEqual([name for name in os.listdir(self.out) if ".partial" in name], [])

    def test_the_numbers_are_the_same(self):
        sums = set()
        for arguments in ((), ("--profile",), ("--profile", "--threads", 1), ("--profile", "--threads", 3)):
            self.trained("--quiet", *arguments)
            sums.add(self.summary()["weights_sha256"])
        self.assertEqual(len(sums), 1, sums)
        for profile in ((), ("--profile",)):
            self.trained("--quiet", *profile, environment={"GIBBS_FUSE": "0"})
            sums.add(self.summary()["weights_sha256"])
        self.assertLessEqual(len(sums), 2, sums)

    def test_without_it_there_is_neither_table_nor_trace(self):
        self.assertNotIn("Profile", self.trained().stdout)
        self.assertNotIn("trace.json", os.listdir(self.out))


if __name__ == "__main__":
    unittest.main()
