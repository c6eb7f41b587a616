"""The peers' own environment: `python -m bench.peers` makes it, and their cases run in one process inside it.

Two of them pin versions that differ from ours, so they never share our environment. What is not installed there is
reported as missing, never guessed.
"""

import subprocess
import sys
import venv
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".peers"
PACKAGES = (
    "betfair_data",
    "betfairlightweight",
    "flumine",
    "nautilus_trader",
    "sortedcontainers",
    "picows",
    "aiohttp",
    "uvloop",
)
NOT_MADE = "the peers' environment is not made: python -m bench.peers"


class Peers:
    """The process of the peers that `folder` holds; `ask` has it do one thing and returns its answer."""

    def __init__(self, folder: Path = FOLDER) -> None:
        python = folder / "bin" / "python"
        self._child: subprocess.Popen[bytes] | None = None
        self.versions: dict[str, str] = {}
        if python.exists():
            command = [str(python), str(ROOT / "bench" / "peer_process.py")]
            self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self.versions = self.ask("versions")

    def ask(self, what: str, **given: Any) -> Any:
        """One request, one answer. RuntimeError carries what went wrong there."""
        if self._child is None:
            raise RuntimeError(NOT_MADE)
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(msgspec.json.encode({"what": what} | given) + b"\n")
        self._child.stdin.flush()
        answer = self._child.stdout.readline()
        if not answer:
            raise RuntimeError(f"the peers' process ended over {what}")
        told = msgspec.json.decode(answer)
        if "error" in told:
            raise RuntimeError(told["error"])
        return told["answer"]

    def missing(self, package: str) -> str:
        """Why a package cannot be measured, empty if it can."""
        if self._child is None:
            return NOT_MADE
        return "" if package in self.versions else f"{package} is not installed there"

    def named(self, package: str) -> str:
        """Name and version."""
        return f"{package} {self.versions[package]}"

    def __enter__(self) -> "Peers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child is not None:
            assert self._child.stdin is not None
            self._child.stdin.close()
            self._child.wait(timeout=20)


def main() -> int:
    """Make the environment and install what the index gives of each peer; exit code 1 if one is missing."""
    venv.create(FOLDER, with_pip=True, clear=True)
    pip = [str(FOLDER / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if subprocess.run([*pip, *PACKAGES], check=False).returncode == 0:
        return 0
    failed = [name for name in PACKAGES if subprocess.run([*pip, name], check=False).returncode]
    print(f"could not be installed: {', '.join(failed) or 'nothing; each went in by itself'}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
