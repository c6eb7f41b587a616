"""Sports and the tree of tags by which people find events.

Source: Matchbook API docs, "Get sports", "Get navigation"; recorded answers.
"""

from typing import Any

from venues.matchbook.fake.books import Books
from venues.matchbook.fake.calls import Call, page
from venues.matchbook.fake.catalogue import url_name
from venues.matchbook.fake.replies import Body

SPORTS = {
    1: "American Football",
    3: "Baseball",
    4: "Basketball",
    6: "Ice Hockey",
    8: "Golf",
    9: "Tennis",
    14: "Boxing",
    15: "Soccer",
    18: "Rugby Union",
    110: "Cricket",
    116: "Darts",
    120: "Snooker",
    24735152712200: "Horse Racing",
    241798357140019: "Greyhound Racing",
    502491395980009: "Test Sport",
}


def get_sports(_books: Books, call: Call) -> Body:
    """One page of sports."""
    field, _, direction = call.query.one_of("order", "name asc", "name desc", "id asc", "id desc").partition(" ")
    call.query.one_of("status", "active", "pending")
    rows: list[tuple[int, str]] = sorted(
        SPORTS.items(), key=lambda one: one[field == "name"], reverse=direction == "desc"
    )
    return page(call.query, rows, "sports", lambda one: {"name": one[1], "type": "SPORT", "id": one[0]})


def get_navigation(books: Books, _call: Call) -> list[Body]:
    """Every tag under the one it is filed under: sport, then country or competition, then date."""
    root: Body = {"id": 1, "tree-id": 1, "name": "Sport", "url-name": "sport", "meta-tags": []}
    for event in books.events.values():
        branch = root
        for tag, name, kind in event.tags:
            branch = _child(branch, tag, name, kind)
    return [root]


def _child(branch: Body, tag: int, name: str, kind: str) -> Body:
    for child in branch["meta-tags"]:
        if child["id"] == tag:
            found: Body = child
            return found
    branch["meta-tags"].append(_branch(tag, name, kind))
    last: dict[str, Any] = branch["meta-tags"][-1]
    return last


def _branch(tag: int, name: str, kind: str) -> Body:
    return {"id": tag, "name": name, "type": kind, "url-name": url_name(name), "meta-tags": []}
