"""Deliberate faults, each with the tests that must fail: `python -m tests.mutations [NAME ...]` (or how names begin).

Every fault of `tests.faults` is made in a copy of the tree, and its tests are run there. It is caught if one of them
fails by an assertion; a crash, or a test that cannot be collected, does not count. The tests pass on the unchanged copy
first. Exits with 1 if a fault survives, or no longer fits the code. Not part of the suite: it takes some 15 minutes.
"""

import dataclasses
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

from tests.faults import FAULTS, Fault

ROOT = pathlib.Path(__file__).parent.parent


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What pytest reports: how many tests passed, and of those that did not, which failed by an assertion."""

    passed: int
    asserted: tuple[str, ...]
    others: tuple[str, ...]


def run(tree: pathlib.Path, tests: tuple[str, ...]) -> Outcome:
    """Run tests in a copy of the project."""
    report = tree / "report.xml"
    report.unlink(missing_ok=True)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        f"--junitxml={report}",
        *tests,
    ]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONDONTWRITEBYTECODE": "1"}
    printed = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    if not report.exists():
        raise SystemExit(f"pytest wrote no report for {' '.join(tests)}:\n{printed.stdout[-2000:]}")
    passed, asserted, others = 0, [], []
    for case in ElementTree.parse(report).iter("testcase"):
        failures = [*case.findall("failure"), *case.findall("error")]
        if not failures:
            passed += case.find("skipped") is None
        elif failures[0].get("message", "").startswith(("AssertionError", "assert ", "Failed: DID NOT RAISE")):
            asserted.append(case.get("name"))
        else:
            others.append(case.get("name"))
    return Outcome(passed, tuple(asserted), tuple(others))


def verdict(tree: pathlib.Path, fault: Fault) -> tuple[bool, str]:
    """Whether a fault is caught, and by which test."""
    path = tree / fault.file
    text = path.read_text(encoding="utf-8")
    if text.count(fault.old) != 1:
        return False, f"{fault.file} holds the line to change {text.count(fault.old)} times, not once"
    try:
        path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
        outcome = run(tree, fault.tests)
    finally:
        path.write_text(text, encoding="utf-8")
    if outcome.asserted:
        return True, f"{len(outcome.asserted)} of {outcome.passed + len(outcome.asserted)}: {outcome.asserted[0]}"
    crashed = f"crashed: {outcome.others[0]}" if outcome.others else f"all {outcome.passed} tests passed"
    return False, f"SURVIVED, {crashed}"


def copied(target: pathlib.Path):
    """Copy what git tracks, as it is in the working tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def main() -> int:
    """Make the faults whose names begin so, or all, one after the other."""
    names = tuple(sys.argv[1:])
    unknown = [name for name in names if not any(fault.name.startswith(name) for fault in FAULTS)]
    if unknown:
        accepted = ", ".join(fault.name for fault in FAULTS)
        raise SystemExit(f"accepted are {accepted}. Received: {', '.join(unknown)}")
    chosen = [fault for fault in FAULTS if not names or fault.name.startswith(names)]
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder) / "project"
        copied(tree)
        tests = tuple(sorted({test for fault in chosen for test in fault.tests}))
        unchanged = run(tree, tests)
        if not unchanged.passed:
            raise SystemExit(f"without a fault no test ran. Received: {', '.join(tests)}")
        if unchanged.asserted or unchanged.others:
            raise SystemExit(f"without a fault these fail: {', '.join(unchanged.asserted + unchanged.others)}")
        print(f"{len(chosen)} faults; without one, {unchanged.passed} tests pass", flush=True)
        survivors = 0
        for fault in chosen:
            is_caught, how = verdict(tree, fault)
            survivors += not is_caught
            print(f"{'caught' if is_caught else 'NOT CAUGHT':10} {fault.name:40} {how}", flush=True)
    print(f"{survivors} of {len(chosen)} survived")
    return int(survivors > 0)


if __name__ == "__main__":
    sys.exit(main())
