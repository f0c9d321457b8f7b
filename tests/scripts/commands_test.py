"""The commands in scripts/ with stand-ins for apt, CMake, ctest and the trainer: what they start, and when."""
import hashlib
import os
import shutil
import unittest

from sandbox import ScriptTest

ALL_INSTALLED = """for name; do [[ $name == -* || $name == "${MISSING:-}" ]] || printf '%s:installed ' "$name"; done
[[ -z ${MISSING:-} ]]"""
# What the real CMake leaves behind: build.ninja when it configures, the program when it builds.
CMAKE = """case $1 in
  --preset) [[ -z ${CONFIGURE_FAILS:-} ]] || exit 1; mkdir -p build/release && touch build/release/build.ninja ;;
  --build) [[ -z ${BUILD_FAILS:-} ]] || exit 1 ;;
esac"""


class CommandTest(ScriptTest):
    def setUp(self):
        super().setUp()
        self.stand_in("dpkg-query", ALL_INSTALLED)
        self.stand_in("cmake", CMAKE)
        self.stand_in("ctest", 'pwd >> "$LOG"; exit ${STATUS:-0}')
        self.stand_in("apt-get")
        self.stand_in("sudo", '"$@"')
        self.stand_in("id", "echo ${USER_ID:-0}")
        self.stand_in("cifar10_convnet", 'pwd >> "$LOG"; exit ${STATUS:-0}',
                      folder=self.project / "build" / "release" / "examples")

    def log(self):
        return [line for line in super().log() if line.split()[0] not in ("dpkg-query", "id")]

    def assert_stopped(self, result, sentence):
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertEqual(result.stderr.splitlines()[-1], "Stopped: " + sentence)

    def build_lines(self, target, configure=True):
        build = f"{self.project}/build/release".replace(" ", "\\ ")
        return ["cmake --preset release"] * configure + [f"cmake --build {build} --target {target}"]


class TrainTest(CommandTest):
    def assert_trained(self, result, message, program_line, configure=True, cwd="/"):
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(message, result.stderr.splitlines())
        self.assertEqual(self.log(), self.build_lines("cifar10_convnet", configure) + [program_line, cwd])

    def test_given_data_and_other_arguments_pass_unchanged_from_any_directory(self):
        cwd = os.path.realpath(self.folder)
        result = self.run_script("train.sh", "--epochs", "3", "--data", "my images", "--out", "a*b", cwd=cwd,
                                 GIBBS_DATA="/elsewhere")
        self.assert_trained(result, "Data: as given by --data",
                            r"cifar10_convnet --epochs 3 --data my\ images --out a\*b", cwd=cwd)
        result = self.run_script("train.sh", "--data=there", cwd=cwd)
        self.assert_trained(result, "Data: as given by --data", "cifar10_convnet --data=there", configure=False, cwd=cwd)

    def test_data_from_the_environment(self):
        result = self.run_script("train.sh", "--loss", "kl", GIBBS_DATA="/some images")
        self.assert_trained(result, "Data: /some images (from GIBBS_DATA)",
                            r"cifar10_convnet --data /some\ images --loss kl")

    def test_downloaded_data_is_used_without_network(self):
        folder = self.cache / "cifar-10-batches-bin"
        folder.mkdir(parents=True)
        result = self.run_script("train.sh")
        self.assert_trained(result, f"Data: CIFAR-10 in {folder}", f"cifar10_convnet --data {folder}".replace(
            "gibbs test ", r"gibbs\ test\ "))

    def test_without_network_the_drawn_set_is_used(self):
        result = self.run_script("train.sh", "--epochs", "2")
        self.assert_trained(result, "Data: the built-in drawn set, as CIFAR-10 cannot be downloaded here",
                            "cifar10_convnet --data drawn --epochs 2")

    def test_a_wrong_download_stops_before_training(self):
        wrong = self.folder / "wrong.tar.gz"
        wrong.write_bytes(b"wrong")
        url = f"file://{wrong}".replace(" ", "%20")
        result = self.run_script("train.sh", GIBBS_CIFAR10_URL=url, GIBBS_CIFAR10_SHA256=hashlib.sha256(b"x").hexdigest())
        self.assertEqual(result.returncode, 1)
        self.assertIn("is not CIFAR-10", result.stderr)
        self.assertEqual(self.log(), self.build_lines("cifar10_convnet"))

    def test_help_needs_no_data(self):
        result = self.run_script("train.sh", "--help")
        self.assertEqual(self.log()[-2:], ["cifar10_convnet --help", "/"])
        self.assertEqual(result.stderr, "")

    def test_exit_code_of_the_trainer_is_passed_on(self):
        self.assertEqual(self.run_script("train.sh", "--data", "x", STATUS="2").returncode, 2)

    def test_failures_stop_at_once(self):
        result = self.run_script("train.sh", CONFIGURE_FAILS="1")
        self.assert_stopped(result, "CMake could not configure: mend what it says above, remove "
                                    f"{self.project}/build/release, then run this again.")
        self.assertEqual(self.log(), ["cmake --preset release"])
        result = self.run_script("train.sh", BUILD_FAILS="1")
        self.assert_stopped(result, "the build failed: see the first error above (if memory ran out, set "
                                    "CMAKE_BUILD_PARALLEL_LEVEL=1).")
        self.assertEqual(self.log(), self.build_lines("cifar10_convnet"))


class BuildTest(CommandTest):
    def test_builds_the_programs_or_what_is_named_and_runs_nothing(self):
        for arguments, targets, configure in ([], "examples/all", True), (["03_xor", "primer"], "03_xor primer", False):
            result = self.run_script("build.sh", *arguments)
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertEqual(self.log(), self.build_lines(targets, configure))

    def test_a_failing_build_stops(self):
        self.assert_stopped(self.run_script("build.sh", BUILD_FAILS="1"),
                            "the build failed: see the first error above (if memory ran out, set "
                            "CMAKE_BUILD_PARALLEL_LEVEL=1).")


class TestTest(CommandTest):
    def test_builds_everything_and_passes_arguments_to_ctest(self):
        for configure in (True, False):
            result = self.run_script("test.sh", "-R", "tensor/a b")
            self.assertEqual((result.returncode, result.stderr), (0, ""))
            self.assertEqual(self.log(), self.build_lines("all", configure) + [
                r"ctest --preset release --parallel 2 -R tensor/a\ b", os.path.realpath(self.project)])

    def test_failing_tests_fail(self):
        result = self.run_script("test.sh", STATUS="8")
        self.assertEqual(result.returncode, 8)
        self.assertTrue(result.stderr.endswith("run those tests again with: scripts/test.sh --rerun-failed\n"))


class PortableTest(CommandTest):
    ARCHITECTURES = ("x86-64", "x86-64-v3", "x86-64-v4")
    CMAKE = """case $1 in
  -S) [[ -z ${CONFIGURE_FAILS:-} ]] || exit 1; mkdir -p "$4" && touch "$4/build.ninja" ;;
  --build) [[ -z ${BUILD_FAILS:-} ]] || exit 1
    mkdir -p "$2/lib" "$2/examples/doctor.dir" && echo "${2##*/}" | tee "$2/lib/libgibbs.so" > "$2/examples/doctor"
    chmod +x "$2/examples/doctor"; touch "$2/examples/libsupport.a" ;;
esac"""

    def setUp(self):
        super().setUp()
        self.stand_in("cmake", self.CMAKE)
        self.stand_in("strip")
        self.stand_in("uname", "echo ${MACHINE:-x86_64}")
        self.prefix = self.folder / "any machine"

    def laid_out(self, prefix):
        return {str(path.relative_to(prefix)): path.read_text().strip() for path in prefix.rglob("*") if path.is_file()}

    def test_lays_out_the_programs_once_and_the_library_for_each_architecture(self):
        for prefix, arguments, configures in ((self.prefix, [self.prefix.name], 3),
                                              (self.project / "build" / "portable", [], 0)):
            result = self.run_script("portable.sh", *arguments, cwd=self.folder)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(self.laid_out(prefix), {
                "bin/doctor": "shared-x86-64", "lib/libgibbs.so": "shared-x86-64",
                "lib/glibc-hwcaps/x86-64-v3/libgibbs.so": "shared-x86-64-v3",
                "lib/glibc-hwcaps/x86-64-v4/libgibbs.so": "shared-x86-64-v4"})
            self.assertIn(f"Which of the three is loaded: {prefix}/bin/doctor", result.stderr)
            configured = [line for line in self.log() if line.startswith("cmake -S")]
            self.assertEqual(len(configured), configures)
            for line, name in zip(configured, self.ARCHITECTURES):
                self.assertIn(f" -B build/shared-{name} -G Ninja -DCMAKE_BUILD_TYPE=Release -DGIBBS_SHARED=ON "
                              f"-DGIBBS_ARCH={name} ", line)

    def test_failures_stop_at_once(self):
        self.assert_stopped(self.run_script("portable.sh", "--help"),
                            "unknown option --help: scripts/portable.sh takes a folder or nothing.")
        self.prefix.write_text("a file, not a folder")
        self.assert_stopped(self.run_script("portable.sh", self.prefix),
                            f"cannot write in {self.prefix}: make room for 20 MB there, or name another folder.")
        self.assert_stopped(self.run_script("portable.sh", BUILD_FAILS="1"),
                            "the build failed: see the first error above (if memory ran out, set "
                            "CMAKE_BUILD_PARALLEL_LEVEL=1).")
        self.assert_stopped(self.run_script("portable.sh", MACHINE="aarch64"),
                            "this machine is aarch64, and the folder is for x86-64: elsewhere one library does for every CPU "
                            "(cmake --install).")


class PackageTest(CommandTest):
    INSTALL = ("apt-get -q -o DPkg::Lock::Timeout=120 install -y --no-install-recommends libtbb-dev")

    def run_without_package(self, **environment):
        return self.run_script("test.sh", MISSING="libtbb-dev", **environment)

    def test_root_installs_what_is_missing_and_only_that(self):
        result = self.run_without_package()
        self.assertEqual(result.stderr.splitlines()[0], "Installing with apt: libtbb-dev")
        self.assertEqual(self.log()[:2], ["apt-get -q update", self.INSTALL])

    def test_others_use_sudo(self):
        self.run_without_package(USER_ID="1000")
        self.assertEqual(self.log()[:4], ["sudo apt-get -q update", "apt-get -q update",
                                          "sudo env DEBIAN_FRONTEND=noninteractive " + self.INSTALL, self.INSTALL])

    def test_a_failing_update_is_survived_and_a_failing_install_stops(self):
        self.stand_in("apt-get", "[[ $* != *update ]]")
        self.assertEqual(self.run_without_package().returncode, 0)
        self.stand_in("apt-get", "[[ $* == *update ]]")
        self.log()
        self.assert_stopped(self.run_without_package(),
                            "apt-get could not install the packages: mend what it says above, then run this again.")
        self.assertEqual(self.log(), ["apt-get -q update", self.INSTALL])

    def use_no_system_programs_but(self, *names):
        for name in names:
            os.symlink(shutil.which(name, path="/usr/bin:/bin"), self.programs / name)
        self.environment["PATH"] = str(self.programs)

    def test_without_sudo_it_says_what_to_run(self):
        (self.programs / "sudo").unlink()
        self.use_no_system_programs_but("bash", "dirname")
        self.assert_stopped(self.run_without_package(USER_ID="1000"),
                            "run this as root first: apt-get install libtbb-dev")
        self.assertEqual(self.log(), [])

    def test_without_apt_it_prints_the_packages(self):
        for name in ("apt-get", "dpkg-query"):
            (self.programs / name).unlink()
        self.use_no_system_programs_but("bash", "dirname", "mkdir", "touch")
        result = self.run_script("test.sh")
        self.assertEqual(result.returncode, 1)
        self.assertRegex(result.stderr, r"^Stopped: there is no apt here; .*GIBBS_SKIP_PACKAGES=1: g\+\+ cmake .*curl .*\n"
                                        r"  Fedora: dnf install gcc-c\+\+ .* stb_image-devel stb_image_write-devel .*\n"
                                        r"  Arch: pacman -S gcc .* \(no package: SLEEF, Random123\)\n"
                                        r"  Homebrew: brew install gcc .* \(no package: Random123, stb, rapidcheck\)\n$")
        self.assertEqual(self.log(), [])
        self.assertEqual(self.run_script("test.sh", GIBBS_SKIP_PACKAGES="1").returncode, 0)


if __name__ == "__main__":
    unittest.main()
