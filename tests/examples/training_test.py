"""cifar10_convnet trains to the same bits on any number of threads and through kills, interruptions and full disks."""
import os
import random
import re
import pathlib
import resource
import signal
import tempfile
import time
import unittest

from programs import PATIENCE, ProgramTest

MANY = ("--epochs", 8, "--quiet")  # each writes a checkpoint


class SameBits(ProgramTest):
    def test_on_any_number_of_threads_and_in_every_run(self):
        sums = []
        for threads, seed in ((1, 0), (2, 0), (3, 0), (2, 0), (2, 1)):
            self.trained("--data", "drawn", "--limit", 300, "--batch-size", 50, "--threads", threads, "--seed", seed)
            sums.append(self.summary()["weights_sha256"])
            self.assertEqual(self.summary()["threads"], threads)
        self.assertEqual(len(set(sums[:4])), 1, sums)
        self.assertNotEqual(sums[4], sums[0], "another seed gives other weights")


class Killed(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.checkpoint = cls.whole = None

    def setUp(self):
        super().setUp()
        self.checkpoint = self.out / "checkpoint.safetensors"
        if Killed.whole is None:
            start = time.monotonic()
            self.trained(*MANY)
            Killed.seconds = time.monotonic() - start
            Killed.whole = self.results()
            self.out = self.folder / "killed"
            self.checkpoint = self.out / "checkpoint.safetensors"

    def results(self):
        """What must not depend on interruptions: the weights, and the history without its last column."""
        rows = (self.out / "history.csv").read_text().splitlines()
        return self.summary()["weights_sha256"], [row.rsplit(",", 1)[0] for row in rows]

    def assert_resumes(self, *arguments):
        self.trained(*MANY, "--resume", *arguments)
        self.assertEqual(self.results(), self.whole)
        self.assertEqual([name for name in os.listdir(self.out) if ".partial" in name], [])

    def test_at_random_moments(self):
        seed = random.randrange(10**6)
        moments = random.Random(seed)
        for _ in range(6):
            process = self.start(*MANY, "--resume")
            time.sleep(moments.uniform(0.02, 0.5 * self.seconds))
            process.kill()
            process.wait()
        with self.subTest(seed=seed):
            self.assert_resumes()

    def at_save(self, count, number):
        """The environment of a run that gets signal `number` while its checkpoint is written for the `count`th time."""
        folder = tempfile.TemporaryDirectory()  # LD_PRELOAD takes no path with a space
        self.addCleanup(folder.cleanup)
        library = pathlib.Path(folder.name, "signal_at_save.so")
        library.symlink_to(os.environ["GIBBS_SIGNAL_AT_SAVE"])
        return {"LD_PRELOAD": str(library), "GIBBS_SIGNAL": f"{int(number)} {count}"}

    def killed(self, count, *arguments):
        process = self.start(*arguments, environment=self.at_save(count, signal.SIGKILL))
        output, error = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, -signal.SIGKILL, output + error)

    def test_while_a_checkpoint_is_written(self):
        for count in (1, 2, 3):
            self.killed(count, *MANY, "--resume")
            self.assertTrue(self.partial_files())
        self.assert_resumes()

    def partial_files(self):
        return self.out.exists() and [x for x in os.listdir(self.out) if x.startswith("checkpoint.safetensors.partial")]

    def test_with_ctrl_c(self):
        process = self.start("--epochs", 8, environment=self.at_save(2, signal.SIGINT))
        output, error = process.communicate(timeout=PATIENCE)
        self.assertEqual(process.returncode, 130, error)
        self.assertTrue(output.endswith("\nInterrupted after step 8. The checkpoint is saved; the same command with --resume "
                                        "goes on.\n"), output)
        self.assertFalse((self.out / "summary.json").exists())
        self.assert_refused(self.train(*MANY), f"--out: {self.out} holds an unfinished run. Go on with it by --resume, "
                            f"choose another folder, or delete {self.checkpoint} to begin anew")
        self.assert_resumes("--threads", 1)

    def test_a_full_disk_leaves_the_old_checkpoint(self):
        self.killed(3, "--epochs", 8)
        before = self.checkpoint.read_bytes()
        result = self.train(*MANY, "--resume", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10**6,) * 2))
        self.assert_refused(result, f"save: cannot write {self.checkpoint}: File too large; what was there before is "
                                    "unchanged")
        self.assertEqual(self.checkpoint.read_bytes(), before)
        self.assert_resumes()

    def test_one_run_at_a_time_writes_to_a_folder(self):
        process = self.start(*MANY, environment=self.at_save(1, signal.SIGSTOP))
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        self.assertTrue(os.WIFSTOPPED(status), "it holds its folder")
        self.assert_refused(self.train(*MANY, "--resume"),
                            f"--out: another run is writing to {self.out}; wait for it, or choose another folder")

    def test_a_resumed_run_must_have_the_same_options(self):
        self.trained()
        before = self.checkpoint.read_bytes()
        start = f"checkpoint: {self.checkpoint} belongs to another run: "
        end = "; give the same options, or another folder"
        for option, value, difference in (
                ("--loss", "kl", "--loss is ce in the checkpoint and kl here"),
                ("--numerics", "keras", "--numerics is exact in the checkpoint and keras here"),
                ("--learning-rate", 0.01, "--learning-rate is 0.001 in the checkpoint and 0.01 here"),
                ("--seed", 7, "seed is 0 in the checkpoint and 7 here, training order is shuffled by seed 0 in the checkpoint "
                              "and shuffled by seed 7 here"),
                ("--batch-size", 12, "training batch size is 10 in the checkpoint and 12 here"),
                ("--limit", 40, "training samples is 36 in the checkpoint and 32 here, "
                                "validation samples is 9 in the checkpoint and 8 here, "
                                "validation batch size is 9 in the checkpoint and 8 here")):
            with self.subTest(option=option):
                self.assert_refused(self.train("--resume", option, value), start + difference + end)
        result = self.train("--resume", "--data", "drawn", "--limit", 45)
        self.assert_refused(result, re.compile(r'list of classes is \["blue","green","red"\] in the checkpoint and '
                                               r'\["disc","ring",'))
        self.assertEqual(self.checkpoint.read_bytes(), before)

    def test_a_damaged_checkpoint_is_refused_and_stays(self):
        self.trained()
        damaged = self.checkpoint.read_bytes()[:-1000]
        self.checkpoint.write_bytes(damaged)
        self.assert_refused(self.train("--resume"), re.compile(
            f"^error: checkpoint: {re.escape(str(self.checkpoint))}: byte \\d+: expected .*. The file is damaged: delete it "
            "to begin anew, or choose another folder\n$"))
        self.assertEqual(self.checkpoint.read_bytes(), damaged)

    def test_a_finished_run_is_replaced_or_prolonged(self):
        self.trained("--seed", 1)
        self.trained("--epochs", 5)
        self.assertEqual(len((self.out / "history.csv").read_text().splitlines()), 1 + 5)
        self.assert_resumes()

    def test_resuming_nothing_begins_and_says_so(self):
        self.assertIn(f"--resume: {self.out} holds no checkpoint; training begins with the first step\n",
                      self.trained("--resume").stdout)


if __name__ == "__main__":
    unittest.main()
