"""What is installed is what stands here: rooms listed, requirements hashed, and no address or path in them."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.tidy.house import ROOMS, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PINNED = re.compile(
    r"^([a-z0-9-]+)==[^ ]+ (?:; [^\\]+ )?\\\n(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+", re.MULTILINE
)


def bare_name(requirement: str) -> str:
    """`sqlalchemy[asyncio]>=2` -> `sqlalchemy`, spelled as the pinned files spell it."""
    return re.split(r"[^\w-]", requirement)[0].lower().replace("_", "-")


def unpinned(text: str, wanted: list[str]) -> tuple[str, set[str]]:
    """What a requirements file says beside hashed pins, and which wanted names it does not pin."""
    return PINNED.sub("", text).strip(), {bare_name(name) for name in wanted} - set(PINNED.findall(text))


def test_every_room_is_listed_as_a_package() -> None:
    listed = PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]
    assert set(listed) == {pattern for room in ROOMS for pattern in (room, f"{room}.*")}
    assert set(PROJECT["tool"]["importlinter"]["root_packages"]) == set(ROOMS)


def bare_folders(root: Path, rooms: tuple[str, ...]) -> set[str]:
    """Folders of code that no `__init__.py` makes a package: they would not be installed."""
    holding = {path.parent for room in rooms for path in (root / room).rglob("*.py")}
    return {folder.relative_to(root).as_posix() for folder in holding if not (folder / "__init__.py").is_file()}


def test_every_folder_of_code_is_a_package() -> None:
    assert bare_folders(ROOT, (*ROOMS, "tests")) == set()


def test_a_folder_that_is_no_package_is_found(tmp_path: Path) -> None:
    for path in ("oms/__init__.py", "oms/router.py", "oms/deep/plans.py", "oms/notes/readme.txt"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    assert bare_folders(tmp_path, ("oms", "risk")) == {"oms/deep"}


@pytest.mark.parametrize(("name", "extras"), [("run", []), ("test", ["test"])])
def test_requirements_hold_only_hashed_pins_of_all_that_is_declared(name: str, extras: list[str]) -> None:
    declared = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    declared += [entry for extra in extras for entry in PROJECT["project"]["optional-dependencies"][extra]]
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert unpinned(text, declared) == ("", set())


def test_the_services_of_the_tests_are_hashed_pins_too() -> None:
    wanted = (ROOT / "requirements" / "services.in").read_text(encoding="utf-8").splitlines()
    text = (ROOT / "requirements" / "services.txt").read_text(encoding="utf-8")
    assert unpinned(text, wanted) == ("", set())


def test_an_address_a_missing_hash_or_a_missing_name_is_found() -> None:
    pinned = f"rich==15.0.0 \\\n    --hash=sha256:{'0' * 64}\n"
    assert unpinned(pinned, ["rich>=1"]) == ("", set())
    assert unpinned("--index-url https://example.org\n" + pinned, ["rich"]) == (
        "--index-url https://example.org",
        set(),
    )
    assert unpinned("rich==15.0.0\n", ["rich"]) == ("rich==15.0.0", {"rich"})
    assert unpinned(pinned, ["rich", "types-PyYAML"]) == ("", {"types-pyyaml"})


def test_the_door_opens() -> None:
    asked = subprocess.run(
        [sys.executable, "run.py", "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert asked.returncode == 0, asked.stderr
    assert "demo" in asked.stdout
