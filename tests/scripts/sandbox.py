"""What the script tests share: a copy of scripts/ in a temporary project, and programs that stand in for the real ones.

A stand-in writes "name arguments" to a log and does what its few lines say; nothing is built, installed or downloaded.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"


class ScriptTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="gibbs test ")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.project = self.folder / "pro ject"  # a space in the path must not matter
        shutil.copytree(SCRIPTS, self.project / "scripts")
        self.programs = self.folder / "programs"
        self.programs.mkdir()
        self.cache = self.folder / "cache"
        self.log_file = self.folder / "log"
        self.environment = {
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "HOME": str(self.folder),
            "GIBBS_CACHE": str(self.cache),
            "GIBBS_CIFAR10_URL": "http://127.0.0.1:1/nobody-listens-here",
            "LOG": str(self.log_file),
            "no_proxy": "*",
        }

    def stand_in(self, name, lines="", folder=None):
        path = (folder or self.programs) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"""#!/bin/bash\n{{ printf '%s' {name}; printf ' %q' "$@"; echo; }} >> "$LOG"\n{lines}\n""")
        path.chmod(0o755)

    def run_script(self, script, *arguments, cwd="/", **more_environment):
        return subprocess.run([self.project / "scripts" / script, *arguments], cwd=cwd, text=True, timeout=1200,
                              env=self.environment | more_environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def log(self):
        """The lines logged since the last call."""
        lines = self.log_file.read_text().splitlines() if self.log_file.exists() else []
        self.log_file.unlink(missing_ok=True)
        return lines
