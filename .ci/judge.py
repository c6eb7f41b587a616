"""What a demo's summary must say for the demo to have ended well: money balanced, limits kept, nothing left open."""

import json
import sys
from pathlib import Path
from typing import Any


def wrongs(told: dict[str, Any], *, must_trade: bool) -> list[str]:
    """What is wrong with a run, in words; a recorded market may offer nothing that is worth an order."""
    venues = told["venues"].values()
    counted = ("book_updates", "orders", "accepted", "fills", "unknown")
    sums = {name: sum(venue[name] for venue in venues) for name in counted}
    zero = {
        "risk.breaches": told["risk"]["breaches"],
        "ledger.imbalance": told["ledger"]["imbalance"],
        "recon.breaks_open": told["recon"]["breaks_open"],
        "unknown orders": sums["unknown"],
    }
    some = {"recon.rounds": told["recon"]["rounds"], "journal.events": told["journal"]["events"]}
    some |= {name: sums[name] for name in ("book_updates", *(("orders", "accepted", "fills") if must_trade else ()))}
    found = [f"{name} is {value}, not 0" for name, value in zero.items() if value]
    return found + [f"{name} is 0" for name, value in some.items() if not value]


def main(path: str, *options: str) -> int:
    """Exit code: 0 all is well, 1 something is wrong. With `quiet` the run need not have traded."""
    told = json.loads(Path(path).read_bytes())
    fills = {name: venue["fills"] for name, venue in told["venues"].items()}
    print(f"{told['facts']} facts, {told['decisions']} decisions, fills {fills}, net {told['pnl']['net']}")
    found = wrongs(told, must_trade="quiet" not in options)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
