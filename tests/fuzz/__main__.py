"""Hostile input for each codec, guided by coverage: `python -m tests.fuzz --seconds 60 CODEC...`, all without a name.

Atheris does it where it is installed (`pip install -e .[fuzz]`); it learns from branches and comparisons in our code,
and tries thousands of inputs a second where a codec is quick. What it found stays in `--out`, one file an input.
"""

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
from hashlib import blake2b
from pathlib import Path

from tests.fuzz.targets import TARGETS
from tests.tidy.house import ROOT

BYTES_MAX = 8_192
MEMORY_MB_MAX = 2_048
ANSWER_S_MAX = 10


def main() -> int:
    """Every codec that was named, one after another; 1 where any input got through."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("codecs", nargs="*", metavar="CODEC", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each codec")
    parser.add_argument(
        "--out", type=Path, default=Path("out") / "fuzz", help="where findings and what was learnt stay"
    )
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    for name in chosen.codecs:
        if name not in TARGETS:
            parser.error(f"there is no codec {name}; known are {', '.join(TARGETS)}")
    if importlib.util.find_spec("atheris") is None:
        print("atheris is not installed: pip install -e '.[fuzz]'", file=sys.stderr)
        return 2
    found = [name for name in chosen.codecs or TARGETS if not fuzzed(name, chosen.out, chosen.seconds, chosen.seed)]
    print(f"{len(found)} of {len(chosen.codecs or TARGETS)} codecs let something through: {', '.join(found) or 'none'}")
    return 1 if found else 0


def fuzzed(name: str, out: Path, seconds: int, seed: int) -> bool:
    """One codec for its time; whether it stood. Findings are told with the line that raised."""
    corpus, findings = out / name / "corpus", out / name / "found"
    findings.mkdir(parents=True, exist_ok=True)
    corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for one in TARGETS[name].seeds():
            (Path(folder) / blake2b(one, digest_size=12).hexdigest()).write_bytes(one)
        options = [
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            f"-max_len={BYTES_MAX}",
            f"-rss_limit_mb={MEMORY_MB_MAX}",
            f"-timeout={ANSWER_S_MAX}",
            "-print_final_stats=1",
            "-verbosity=1",
            f"-artifact_prefix={findings.absolute()}/",
        ]
        command = [sys.executable, "-m", "tests.fuzz.one", name, *options, str(corpus.absolute()), folder]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    executed = re.search(r"number_of_executed_units: (\d+)", said)
    covered = re.findall(r"cov: (\d+)", said)
    count = f"{int(executed[1]):,}" if executed else "?"
    print(
        f"{name}: {count} inputs, {covered[-1] if covered else '?'} edges, corpus {len([*corpus.iterdir()])}",
        flush=True,
    )
    if done.returncode:
        lines = [line for line in said.splitlines() if not line.startswith("INFO: ")]
        began = next(
            (n for n, line in enumerate(lines) if "Uncaught Python exception" in line), max(0, len(lines) - 40)
        )
        print("\n".join(lines[began : began + 40]))
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
