"""The house as parsed files, and the few questions that the tidy checks ask of one."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("domain", "venues", "strategy", "risk", "recon", "storage", "desk", "oms", "engine")


@dataclass(frozen=True)
class Source:
    """One Python file: its path below the root with forward slashes, its text, its tree once somebody asks."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def module(self) -> str:
        """Dotted name; a package is named by its folder."""
        return ".".join(PurePosixPath(self.path).with_suffix("").parts).removesuffix(".__init__")

    @property
    def room(self) -> str:
        return self.module.partition(".")[0]

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())

    def at(self, node: ast.AST, said: str) -> str:
        """One finding, in the form that editors can jump to."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}: {said}"


def plant(path: str, text: str) -> Source:
    """A file that stands only in memory: to show that a check goes red."""
    return Source(path, text)


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Every Python file below these folders of the house; a path to one file names itself."""
    paths = sorted(
        p for name in folders for p in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py"))
    )
    return tuple(_source(p) for p in paths)


@cache
def _source(path: Path) -> Source:
    return Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


def house() -> tuple[Source, ...]:
    """All code of the program: the rooms and the door, without tests and measurements."""
    return sources(*ROOMS, "run.py")


def lies_in(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether a shell pattern names this path; `*` also crosses folders."""
    return any(fnmatch(path, pattern) for pattern in patterns)


def imports(source: Source) -> Iterator[tuple[ast.stmt, str]]:
    """Every dotted name that the file imports, wherever it stands, type-only ones included."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = "." * node.level + (node.module or "")
            yield from ((node, f"{package}.{alias.name}") for alias in node.names)


def uses(source: Source) -> Iterator[tuple[ast.AST, str]]:
    """Every name or attribute chain spelled in full: `dt.now` -> `datetime.datetime.now`, own names by our module."""
    spelled: dict[str, str] = {}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            spelled |= {
                alias.asname or alias.name.partition(".")[0]: alias.name
                if alias.asname
                else alias.name.partition(".")[0]
                for alias in node.names
            }
        elif isinstance(node, ast.ImportFrom):
            spelled |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name | ast.Attribute) and (chain := _chain(node)):
            head, dot, rest = chain.partition(".")
            yield node, spelled.get(head, f"{source.module}.{head}") + dot + rest


def _chain(node: ast.expr) -> str:
    """`a.b.c` for a pure attribute chain, else nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (head := _chain(node.value)):
        return f"{head}.{node.attr}"
    return ""


def called_name(node: ast.Call) -> str:
    """The last word of what is called: `loop.create_task(...)` -> `create_task`."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
