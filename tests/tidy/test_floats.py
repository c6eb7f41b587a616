"""No binary float in money or price code, judged on the types that mypy infers, so that `cents / 100` counts as one.

A name or a literal would be easy to grep for; the float that costs money is the one that a true division of integers
makes. Mypy knows the type of every expression, so the rule is simply: in these files no expression is a float.
"""

import os

from mypy.build import BuildSource, build
from mypy.options import Options
from mypy.types import Instance, Type, UnionType, get_proper_type

from tests.tidy.house import ROOT, Source, plant, sources

MONEY = ("domain", "oms", "risk", "recon", "storage", "engine/state.py", "engine/core.py")
EXEMPT = {  # (path, line) -> why a float may stand there
    ("domain/messages.py", "variance_logit: float"): "how unsure a model is of a probability; no price and no amount",
}
FIRST = 200_000
STRETCH = 1_000


def _is_float(of: Type | None) -> bool:
    proper = get_proper_type(of)
    if isinstance(proper, UnionType):
        return any(_is_float(item) for item in proper.items)
    return isinstance(proper, Instance) and proper.type.fullname == "builtins.float"


def floats(files: list[Source]) -> set[tuple[str, str]]:
    """Path and text of every line of these files on which some expression is a float.

    Mypy's table of types says of an expression its line but not its file. So every file is pushed down by blank lines,
    each into a stretch of line numbers of its own, past the longest file that any library brings.
    """
    pushed = [
        BuildSource(source.path, source.module, "\n" * (FIRST + STRETCH * n) + source.text)
        for n, source in enumerate(files)
    ]
    lines = {node.line - FIRST for node, of in build(pushed, _options()).types.items() if _is_float(of)}
    return {
        (files[n].path, files[n].text.splitlines()[line - 1].strip())
        for n, line in (divmod(line, STRETCH) for line in lines if line >= 0)
    }


def _options() -> Options:
    options = Options()
    options.export_types = True
    options.incremental = False
    options.cache_dir = os.devnull
    options.ignore_missing_imports = True
    options.follow_imports = "silent"
    options.mypy_path = [str(ROOT)]
    return options


def test_no_expression_in_money_code_is_a_float() -> None:
    assert floats([source for name in MONEY for source in sources(name)]) == EXEMPT.keys()


FOUND = (
    "def cents(a: int, b: int) -> bool:\n    return a / b > 1",
    "def half(a: int) -> int:\n    return int(a * 0.5)",
    "RATE = 2.5e-1",
    "def read(text: str) -> int:\n    return round(float(text))",
    "def pick(a: int, b: float) -> int:\n    return a if a > b else 0",
    "import math\ndef root(a: int) -> int:\n    return int(math.sqrt(a))",
    "def either(a: int | float) -> bool:\n    return a > 1",
)
SOUND = (
    "from fractions import Fraction\ndef part(a: int, b: int) -> Fraction:\n    return Fraction(a) / b",
    "def floor(a: int, b: int) -> int:\n    return a // b",
    "def span(start_ns: int, end_ns: int) -> str:\n    return f'{(end_ns - start_ns) // 1000} us'",
)


def test_a_float_in_money_code_is_found() -> None:
    planted = [plant(f"domain/planted_{n}.py", body) for n, body in enumerate((*FOUND, *SOUND))]
    assert {path for path, _ in floats(planted)} == {s.path for s in planted[: len(FOUND)]}
