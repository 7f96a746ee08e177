"""The record that a run writes, and how its process ends; most of it in a process of its own, as a demo is run."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import outcome

DEMO = Path(__file__).with_name("example.py")
CONTRACT = "schema experiment variant case elapsed_s work metrics series cpu memory threads_peak switches refused errors"
TELLS = Path(f"/proc/self/task/{os.getpid()}/children").exists()
MIB = 1024 * 1024


class OutcomeTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.file = self.folder / "outcome.json"

    def demo(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Runs the demo with nothing of OUTCOME_* in the environment but this."""
        others = {name: value for name, value in os.environ.items() if not name.startswith("OUTCOME_")}
        return subprocess.run(
            [sys.executable, str(DEMO), *arguments], env={**others, **environment}, capture_output=True, text=True, check=False
        )

    def record(self, *arguments: str, status: int = 0, **environment: str) -> dict[str, Any]:
        """What the demo has written; there must be nothing else beside it."""
        ended = self.demo("first", *arguments, OUTCOME_FILE=str(self.file), **environment)
        self.assertEqual((ended.returncode, ended.stdout), (status, ""), ended.stderr)
        self.assertEqual(list(self.folder.iterdir()), [self.file])
        record: dict[str, Any] = json.loads(self.file.read_text())
        return record

    def report(self) -> None:
        """Reports from this process."""
        with mock.patch.dict(os.environ, OUTCOME_FILE=str(self.file)):
            outcome.Run("demo", "first").report(expected=1, done=1)


class Record(OutcomeTest):
    def test_every_field_of_the_contract_is_there(self) -> None:
        record = self.record("--items", "4")
        self.assertEqual(list(record), CONTRACT.split())
        self.assertEqual((record["schema"], record["experiment"], record["variant"]), (1, "demo", "python_first"))
        self.assertEqual(record["work"], {"expected": 4, "done": 4})
        self.assertEqual((record["metrics"], record["series"]), ({"rate_per_s": 2.5}, {"beats": [[0.5, 1.0]]}))
        self.assertEqual((record["refused"], record["errors"]), (None, {}))
        for field, names in [
            ("cpu", "user_s system_s"),
            ("memory", "hwm_bytes peak_virtual_bytes page_table_bytes kernel_stack_bytes"),
            ("switches", "voluntary involuntary"),
        ]:
            self.assertEqual(list(record[field]), names.split())
            self.assertGreaterEqual(min(figure or 0 for figure in record[field].values()), 0, field)
        self.assertGreater(record["elapsed_s"], 0)

    def test_the_case_is_what_the_harness_calls_it(self) -> None:
        self.assertEqual(self.record(OUTCOME_CASE="10-items")["case"], "10-items")
        self.assertIsNone(self.record()["case"])

    def test_a_refusal_is_a_result(self) -> None:
        refused = {"at": 3, "limit": "RLIMIT_NOFILE", "detail": "Too many open files"}
        self.assertEqual(self.record("--refused")["refused"], refused)

    def test_errors_are_counted_and_left_to_whoever_reads_them(self) -> None:
        record = self.record("--items", "4", "--failed", "3")
        self.assertEqual((record["errors"], record["work"]), ({"reset": 3}, {"expected": 4, "done": 1}))

    @unittest.skipUnless(TELLS, "the system does not tell of threads")
    def test_threads_are_counted_without_the_one_that_samples(self) -> None:
        record = self.record("--threads", "3")
        self.assertEqual(record["threads_peak"], 4)
        self.assertEqual(record["memory"]["kernel_stack_bytes"], 4 * 16 * 1024)

    @unittest.skipUnless(TELLS, "the system does not tell of children")
    def test_memory_of_children_is_counted(self) -> None:
        alone, both = self.record(), self.record("--child-bytes", str(64 * MIB))
        for figure in ("hwm_bytes", "peak_virtual_bytes"):
            self.assertGreater(both["memory"][figure], alone["memory"][figure] + 64 * MIB)
        self.assertEqual(both["threads_peak"], 2)
        self.assertGreater(both["metrics"]["proportional_bytes"], 64 * MIB)
        self.assertNotIn("proportional_bytes", alone["metrics"])

    def test_what_the_system_does_not_tell_is_null_and_not_zero(self) -> None:
        with mock.patch("outcome._status", return_value={}):
            self.report()
        record = json.loads(self.file.read_text())
        self.assertEqual({*record["memory"].values(), record["threads_peak"]}, {None})


class Writing(OutcomeTest):
    def test_it_is_whole_before_it_has_its_name(self) -> None:
        renamed = os.replace

        def replace(unfinished: str, name: str) -> None:
            self.assertEqual(list(json.loads(Path(unfinished).read_text())), CONTRACT.split())
            self.assertFalse(self.file.exists())
            renamed(unfinished, name)

        with mock.patch("os.replace", side_effect=replace) as patched:
            self.report()
        patched.assert_called_once()
        self.assertEqual(list(self.folder.iterdir()), [self.file])

    def test_nothing_is_left_of_one_that_did_not_fit(self) -> None:
        self.file.write_text("an older one")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
        try:
            with self.assertRaises(OSError):
                self.report()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        self.assertEqual(list(self.folder.iterdir()), [self.file])
        self.assertEqual(self.file.read_text(), "an older one")

    def test_nothing_is_left_of_one_that_cannot_be_renamed(self) -> None:
        self.file.mkdir()
        with self.assertRaises(OSError):
            self.report()
        self.assertEqual(list(self.folder.iterdir()), [self.file])

    def test_a_folder_that_is_not_there_is_an_error(self) -> None:
        ended = self.demo("first", OUTCOME_FILE=str(self.folder / "none" / "outcome.json"))
        self.assertEqual(ended.returncode, 1)
        self.assertIn("none", ended.stderr)


class Terminal(OutcomeTest):
    def test_without_a_file_it_is_one_line(self) -> None:
        for environment in ({}, {"OUTCOME_FILE": ""}):
            told = self.demo("first", "--items", "4", **environment).stdout
            self.assertRegex(told, r"\Apython_first: 4 of 4 in \d+\.\d{3} s(, \d+\.\d MB resident)?, rate_per_s 2\.5\n\Z")

    def test_a_refusal_is_told_with_its_limit(self) -> None:
        ended = self.demo("first", "--refused")
        self.assertEqual((ended.returncode, ended.stdout), (0, "python_first: refused at 3: RLIMIT_NOFILE\n"))

    def test_errors_are_told_and_end_in_1(self) -> None:
        ended = self.demo("first", "--items", "4", "--failed", "3")
        self.assertEqual((ended.returncode, ended.stderr), (1, "error: 3 failed: reset\n"))

    def test_without_a_variant_it_runs_them_all(self) -> None:
        lines = self.demo("--items", "4").stdout.splitlines()
        self.assertEqual([line.split(" in ")[0] for line in lines], ["python_first: 4 of 4", "python_second: 4 of 4"])

    def test_wrong_arguments_end_in_2(self) -> None:
        for arguments, said in [
            (["third"], "'third'"),
            (["first", "--items", "0"], "0 is not within 1 and 10"),
            (["first", "--items", "11"], "11 is not within 1 and 10"),
            (["first", "--items", "many"], "many"),
            (["first", "--hope"], "--hope"),
        ]:
            with self.subTest(arguments):
                ended = self.demo(*arguments, OUTCOME_FILE=str(self.file))
                self.assertEqual((ended.returncode, ended.stdout), (2, ""))
                self.assertIn(said, ended.stderr)
                self.assertFalse(self.file.exists())


if __name__ == "__main__":
    unittest.main()
