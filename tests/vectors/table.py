"""Every kind of vector and the function that answers it; and the kinds that no code of the program answers yet."""

from collections.abc import Mapping

from tests.vectors import kinds_domain, kinds_oms, kinds_recon, kinds_risk, kinds_strategy, kinds_venues
from tests.vectors.compare import Adapter


def merged(*tables: Mapping[str, Adapter]) -> dict[str, Adapter]:
    """The tables as one; a kind that two of them claim is an error."""
    kinds = [kind for table in tables for kind in table]
    twice = sorted({kind for kind in kinds if kinds.count(kind) > 1})
    assert not twice, f"two functions answer {', '.join(twice)}"
    return {kind: adapter for table in tables for kind, adapter in table.items()}


KINDS = merged(
    kinds_domain.KINDS,
    kinds_strategy.KINDS,
    kinds_oms.KINDS,
    kinds_risk.KINDS,
    kinds_recon.KINDS,
    kinds_venues.KINDS,
)

LATER: dict[str, str] = {}
"""Kind -> why it has no function; an entry whose vectors begin to pass must leave."""
