"""scripts/fetch_cifar10.sh against a web server of our own: whatever happens on the way, what it leaves is whole or absent."""
import hashlib
import http.server
import io
import os
import signal
import subprocess
import tarfile
import threading
import time
import unittest

from sandbox import ScriptTest


def archive(files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


BATCH = os.urandom(200_000)  # random bytes do not shrink, so half of the archive is truly half
GOOD = archive({f"cifar-10-batches-bin/{name}.bin": BATCH for name in ("data_batch_1", "test_batch")})


class Server(http.server.ThreadingHTTPServer):
    """Sends `body` in the manner of `mode`: whole, half, half without a length, missing, or stalled (until `go`)."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.mode, self.body, self.requests, self.go = "whole", GOOD, 0, threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server, body = self.server, self.server.body
        server.requests += 1
        if server.mode == "missing":
            self.send_error(404)
            return
        self.send_response(200)
        if server.mode != "half without a length":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        half = len(body) // 2
        self.wfile.write(body[:half])
        if server.mode == "stalled":
            server.go.wait(300)
        if server.mode in ("whole", "stalled"):
            try:
                self.wfile.write(body[half:])
            except ConnectionError:
                pass  # the script was killed

    def log_message(self, *_):
        pass


class FetchTest(ScriptTest):
    def setUp(self):
        super().setUp()
        self.server = Server()
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.addCleanup(self.server.go.set)
        self.environment |= {
            "GIBBS_CIFAR10_URL": f"http://127.0.0.1:{self.server.server_port}/cifar-10-binary.tar.gz",
            "GIBBS_CIFAR10_SHA256": hashlib.sha256(GOOD).hexdigest(),
        }

    def fetch(self, **environment):
        return self.run_script("fetch_cifar10.sh", **environment)

    def start(self):
        return subprocess.Popen([self.project / "scripts" / "fetch_cifar10.sh"], env=self.environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def files(self):
        return sorted(path.name for path in self.cache.iterdir())

    def assert_whole(self, result):
        folder = self.cache / "cifar-10-batches-bin"
        self.assertEqual((result.returncode, result.stdout), (0, f"{folder}\n"), result.stderr)
        self.assertEqual((folder / "data_batch_1.bin").read_bytes(), BATCH)
        self.assertEqual((folder / "test_batch.bin").read_bytes(), BATCH)
        self.assertEqual(self.files(), ["cifar-10-batches-bin", "cifar10.lock"])

    def assert_stopped(self, result, *words):
        self.assertEqual((result.returncode, result.stdout), (1, ""), result.stderr)
        sentence = result.stderr.splitlines()[-1]
        self.assertTrue(sentence.startswith("Stopped: "), result.stderr)
        for word in words:
            self.assertIn(word, sentence)

    def assert_recovers(self):
        self.assertEqual(self.files(), ["cifar10.lock"])
        self.server.mode, self.server.body = "whole", GOOD
        self.assert_whole(self.fetch())

    def test_good_file_is_fetched_once(self):
        self.assert_whole(self.fetch())
        self.assertEqual(self.server.requests, 1)
        self.assert_whole(self.fetch(GIBBS_CIFAR10_URL="http://127.0.0.1:1/"))
        self.assertEqual(self.server.requests, 1)

    def test_default_folder_follows_xdg_then_home(self):
        del self.environment["GIBBS_CACHE"]
        xdg = self.fetch(XDG_CACHE_HOME=str(self.folder / "xdg"))
        self.assertEqual(xdg.stdout, f"{self.folder}/xdg/gibbs/cifar-10-batches-bin\n")
        self.assertEqual(self.fetch().stdout, f"{self.folder}/.cache/gibbs/cifar-10-batches-bin\n")

    def test_wrong_checksum_removes_the_file(self):
        self.server.body = GOOD[:-1] + b"?"
        self.assert_stopped(self.fetch(), "is not CIFAR-10", "SHA-256", "run this again")
        self.assert_recovers()

    def test_cut_half_way(self):
        self.server.mode = "half"
        self.assert_stopped(self.fetch(), "the download was cut", "run this again")
        self.assert_recovers()

    def test_cut_half_way_without_a_length_is_caught_by_the_checksum(self):
        self.server.mode = "half without a length"
        self.assert_stopped(self.fetch(), "is not CIFAR-10")
        self.assert_recovers()

    def test_page_is_missing(self):
        self.server.mode = "missing"
        self.assert_stopped(self.fetch(), "answers with error 404", "GIBBS_CIFAR10_URL")
        self.assert_recovers()

    def test_site_cannot_be_reached(self):
        for url in ("http://127.0.0.1:1/", "http://no-such-host.invalid/"):
            result = self.fetch(GIBBS_CIFAR10_URL=url)
            self.assertEqual((result.returncode, result.stdout), (3, ""), result.stderr)
        self.assert_recovers()

    def test_right_checksum_wrong_content(self):
        for body, words in ((b"no archive at all", "could not be unpacked"),
                            (archive({"other/file": b"1"}), "holds no cifar-10-batches-bin")):
            self.server.body = body
            self.assert_stopped(self.fetch(GIBBS_CIFAR10_SHA256=hashlib.sha256(body).hexdigest()), words)
        self.assert_recovers()

    def test_cache_cannot_be_written(self):
        self.cache.write_text("a file, not a folder")
        self.assert_stopped(self.fetch(), f"cannot write in {self.cache}", "GIBBS_CACHE")

    def test_killed_half_way(self):
        self.server.mode = "stalled"
        process = self.start()
        partial = self.cache / "cifar10.partial" / "archive.tar.gz"
        while process.poll() is None and not (partial.exists() and partial.stat().st_size):
            time.sleep(0.02)
        self.assertTrue(partial.exists())
        os.kill(process.pid, signal.SIGKILL)  # curl lives on, and must not hold the lock
        process.communicate()
        self.assertEqual(self.files(), ["cifar10.lock", "cifar10.partial"])
        self.server.mode = "whole"
        self.assert_whole(self.fetch())

    def test_two_at_once_download_once(self):
        self.server.mode = "stalled"
        first, second = self.start(), self.start()
        time.sleep(0.5)
        self.server.go.set()
        outputs = [process.communicate(timeout=1200)[0] for process in (first, second)]
        self.assertEqual(outputs, [f"{self.cache}/cifar-10-batches-bin\n"] * 2)
        self.assertEqual(self.server.requests, 1)


if __name__ == "__main__":
    unittest.main()
