"""One target under libFuzzer, in a process of its own: `python -m tests.fuzz.one CODEC [libFuzzer's own options]`."""

import random
import sys

import atheris

from tests.fuzz.mutating import mutated

with atheris.instrument_imports(include=["venues", "domain", "engine.recordings"]):
    from tests.fuzz.targets import TARGETS

JSON_SHARE = 0.7
"""Of the changes so many leave JSON what it is: most of the rest is refused before anything is made of it."""


def main() -> None:
    """Never returns: libFuzzer ends the process, with 0 unless something was found."""
    target = TARGETS[sys.argv.pop(1)]

    def run_one(data: bytes) -> None:
        try:
            target.run(data)
        except target.said_no:
            return

    def mutate(data: bytes, bytes_max: int, seed: int) -> bytes:
        chance = random.Random(seed)
        found = mutated(data, chance) if chance.random() < JSON_SHARE else None
        return atheris.Mutate(data, bytes_max) if found is None or len(found) > bytes_max else found

    atheris.Setup(sys.argv, run_one, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
