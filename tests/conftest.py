"""What every test may ask for: one repeatable hypothesis profile, and the path of the reference material."""

import gc
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "repeatable", derandomize=True, database=None, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")

ROOT = Path(__file__).resolve().parent.parent


def pytest_collection_finish() -> None:
    """Ten thousand tests and all modules live to the end: the collector of garbage need not walk them each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder that holds the house."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Venue specifications, samples and recordings: CROSSBOOK_SHARED, else `../shared` beside the house."""
    path = Path(os.environ.get("CROSSBOOK_SHARED", ROOT.parent / "shared"))
    if not path.is_dir():
        pytest.skip("reference material absent: set CROSSBOOK_SHARED to its folder")
    return path
