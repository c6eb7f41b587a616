"""What the venues' own documents hold against what crossed, and their recorded answers where there is no document.

OpenAPI and AsyncAPI, the stream's schema, interface definitions, the FIX dictionary: each for both directions.
"""

import copy
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import jsonschema

from tests.tidy.house import ROOT as HOUSE
from tests.venues.betfair.fake.shapes import ApiShapes, StreamShapes
from tests.venues.kalshi.fix.dictionary import Dictionary
from tests.venues.kalshi.shapes import Answers, Stream, document
from tests.venues.matchbook.test_fake_shapes import NOT_IN_SAMPLE, fields
from tests.venues.official.witness import FIX, Asked, Heard, Said

FIX_UNLISTED = {"V", "W", "X", "Y", "e", "f"}
"""Market data is younger than the dictionary."""

ROOT = "/trade-api/v2"
BODIES = {
    "CreateOrderV2": "CreateOrderV2Request",
    "AmendOrderV2": "AmendOrderV2Request",
    "DecreaseOrderV2": "DecreaseOrderV2Request",
    "BatchCreateOrdersV2": "BatchCreateOrdersV2Request",
    "BatchCancelOrdersV2": "BatchCancelOrdersV2Request",
    "CreateOrderGroup": "CreateOrderGroupRequest",
    "UpdateOrderGroupLimit": "UpdateOrderGroupLimitRequest",
}


class Judge:
    """Reads everything once; `counts` is how much of each kind was judged, `wrong` what is held against it."""

    def __init__(self, shared: Path) -> None:
        venues = shared / "venues"
        self.counts: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self._judges: dict[str, Any] = {
            "betfair": Betfair(venues / "betfair"),
            "kalshi": Kalshi(venues / "kalshi"),
            "matchbook": Matchbook(venues / "matchbook" / "samples"),
        }
        self._seen: set[tuple[str, str]] = set()

    def hear(self, one: Heard) -> None:
        """Judge a message, unless one with the same words in the same places was judged before."""
        kind, text = self._judges[one.venue].kind(one), _text(one)
        self.counts[f"{one.venue} {kind}"] += 1
        bones = (kind, re.sub(r"\d+", "0", text))
        if bones in self._seen:
            return
        self._seen.add(bones)
        for said in self._judges[one.venue].wrong(one):
            self.wrong[f"{one.venue} {kind}: {said}"] += 1


def _text(one: Heard) -> str:
    if isinstance(one, Asked):
        asked = one.request
        headers = sorted(name for name, value in asked.headers.items() if value)
        bodies = f"{asked.body.decode('latin-1')} {one.status} {one.body.decode('latin-1')}"
        return f"{asked.path}?{asked.query} {headers} {bodies}"
    return one.text.decode("latin-1") + "|".join(f"{tag}={value}" for tag, value in one.fields)


# --- betfair ---


class Betfair:
    """ESASwaggerSchema.json for both ways of the stream; the three interface definitions for calls and results."""

    def __init__(self, folder: Path) -> None:
        self._stream, self._api = StreamShapes(folder), ApiShapes(folder)

    def kind(self, one: Heard) -> str:
        if isinstance(one, Said):
            said = json.loads(one.text)
            return f"stream {'>' if one.by_us else '<'} {said.get('op')}"
        if one.request.path.startswith("/api/"):
            return f"{one.request.method} {one.request.path}"
        return str(json.loads(one.request.body)["method"])

    def wrong(self, one: Heard) -> list[str]:
        if isinstance(one, Said):
            said = json.loads(one.text)
            return self._stream.wrong_request(said) if one.by_us else self._stream.wrong(said)
        asked = one.request
        if asked.path.startswith("/api/"):
            return self._login(one)
        call = json.loads(asked.body)
        api, _, operation = call["method"].partition("/v1.0/")
        paths = {"SportsAPING": "betting", "AccountAPING": "account", "HeartbeatAPING": "heartbeat"}
        found = [] if asked.path.strip("/") == f"exchange/{paths[api]}/json-rpc/v1" else [f"asked at {asked.path}"]
        found += [f"header {name}" for name in ("x-application", "x-authentication") if not asked.headers.get(name)]
        found += [] if asked.headers.get("content-type") == "application/json" else ["content-type"]
        found += [] if call.keys() == {"jsonrpc", "method", "params", "id"} else [f"envelope {sorted(call)}"]
        found += self._api.wrong_request(operation, call["params"])
        return found + self._answer(operation, one, call["id"])

    def _answer(self, operation: str, one: Asked, call: int) -> list[str]:
        if one.status != 200 or not one.body.startswith(b"{"):
            return []  # a page of an overloaded host, on purpose
        answer = json.loads(one.body)
        found = [] if (answer["jsonrpc"], answer["id"]) == ("2.0", call) else ["envelope of the answer"]
        if "error" in answer:
            return found + ([] if {"code", "message"} <= answer["error"].keys() else ["error without code or message"])
        return found + self._api.wrong(operation, answer["result"])

    def _login(self, one: Asked) -> list[str]:
        """Source: betfair.md, the logins and the keep-alive."""
        asked, found = one.request, []
        if asked.path in ("/api/certlogin", "/api/login"):
            found += [] if parse_qs(asked.body.decode()).keys() == {"username", "password"} else ["form of the login"]
            wanted = "application/x-www-form-urlencoded"
            found += [] if asked.headers.get("content-type") == wanted else ["content-type of the login"]
        elif asked.path == "/api/keepAlive":
            found += [] if asked.headers.get("x-authentication") else ["keep-alive without a session"]
        else:
            found += [f"no such path: {asked.path}"]
        if one.status == 200 and one.body.startswith(b"{"):
            answer = json.loads(one.body)
            shapes = ({"sessionToken", "loginStatus"}, {"loginStatus"}, {"token", "product", "status", "error"})
            found += [] if set(answer) in shapes else [f"answer to a login: {sorted(answer)}"]
        return found + ([] if asked.headers.get("x-application") else ["no application key"])


# --- kalshi ---


@cache
def merged(folder: Path) -> dict[str, Any]:
    """The OpenAPI document with the later changes to orders laid over it."""
    spec = copy.deepcopy(document(folder / "openapi-3.28.0-merged.yaml"))
    later = document(folder / "openapi-3.31.0-orders-delta.yaml")
    for path, methods in later["paths"].items():
        for method, operation in methods.items():
            known = spec["paths"].setdefault(path, {}).setdefault(method, {"parameters": []})
            known.update({key: value for key, value in operation.items() if key == "parameters"})
    for name, schema in later["components"]["schemas"].items():
        known = spec["components"]["schemas"].setdefault(name, {"properties": {}})
        for field, said in schema["properties"].items():
            known["properties"].setdefault(field, {}).update(said)
    return spec


def closed(schema: Any) -> Any:
    """The schema with every object closed: a field that it does not name is an error."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: closed(value) for key, value in schema.items()}
    if isinstance(found.get("properties"), dict):
        found.setdefault("additionalProperties", False)
    return found


class Kalshi:
    """OpenAPI both ways, AsyncAPI both ways, the FIX dictionary both ways."""

    def __init__(self, folder: Path) -> None:
        self._answers, self._stream, self._fix = Answers(folder), Stream(folder), Dictionary()
        self._spec = merged(folder)
        self._schemas = closed(copy.deepcopy(self._spec["components"]))
        self._commands = closed(copy.deepcopy(document(folder / "asyncapi-2026-08-22.yaml")["components"]))
        self._validators: dict[str, jsonschema.Draft202012Validator] = {}

    def kind(self, one: Heard) -> str:
        if isinstance(one, Asked):
            return f"{one.request.method} {self._template(one)}"
        way = ">" if one.by_us else "<"
        if one.protocol == FIX:
            return f"fix {way} {dict(one.fields)[35]}"
        said = json.loads(one.text)
        return f"socket {way} {said.get('cmd') or said.get('type')}"

    def wrong(self, one: Heard) -> list[str]:
        if isinstance(one, Asked):
            return self._request(one) + self._answer(one)
        if one.protocol == FIX:
            return [] if dict(one.fields)[35] in FIX_UNLISTED else self._fix.faults(one.fields)
        said = json.loads(one.text)
        if not one.by_us:
            return self._stream.wrong(said)
        words = re.sub(r"_(\w)", lambda m: m[1].upper(), said["cmd"])
        return self._valid(self._commands, f"{words}CommandPayload", said)

    def _template(self, one: Asked) -> str:
        path = one.request.path.removeprefix(ROOT)
        fitting = [
            template
            for template, methods in self._spec["paths"].items()
            if _fits(template, path) and one.request.method.lower() in methods
        ]
        return min(fitting, key=lambda template: template.count("{"), default=path)

    def _request(self, one: Asked) -> list[str]:
        asked, template = one.request, self._template(one)
        operation = self._spec["paths"].get(template, {}).get(asked.method.lower())
        if operation is None:
            return ["not in the document"]
        parameters = {part["name"]: part for part in map(self._resolved, operation.get("parameters") or [])}
        found = [] if asked.path.startswith(ROOT) else [f"not below {ROOT}"]
        signed = ("kalshi-access-key", "kalshi-access-timestamp", "kalshi-access-signature")
        found += [f"header {name}" for name in signed if not asked.headers.get(name)]
        for name, value in parse_qsl(asked.query, strict_parsing=True) if asked.query else []:
            if parameters.get(name, {}).get("in") != "query":
                found.append(f"parameter {name} is not known")
                continue
            schema = self._resolved(parameters[name]["schema"])
            typed: Any = int(value) if schema.get("type") == "integer" and value.lstrip("-").isdigit() else value
            typed = {"true": True, "false": False}.get(value, value) if schema.get("type") == "boolean" else typed
            typed = [typed] if schema.get("type") == "array" else typed
            found += [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(typed)]
        body = BODIES.get(operation.get("operationId", ""))
        if asked.body and body is None:
            found.append("a body that nobody asked for")
        elif body is not None:
            found += self._valid(self._schemas, body, json.loads(asked.body))
        return found

    def _answer(self, one: Asked) -> list[str]:
        if one.status >= 500 or one.status == 0 or one.body.startswith(b"<"):
            return []  # on purpose
        body = json.loads(one.body) if one.body else None
        return self._answers.wrong(one.request.method, one.request.path, one.status, body)

    def _resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in part:
            found: Any = self._spec
            for step in part["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            part = found
        return part

    def _valid(self, components: dict[str, Any], name: str, value: Any) -> list[str]:
        if name not in self._validators:
            schema = {"$ref": f"#/components/schemas/{name}", "components": components}
            self._validators[name] = jsonschema.Draft202012Validator(schema)
        return [f"{name}: {error.json_path} {error.message}" for error in self._validators[name].iter_errors(value)]


def _fits(template: str, path: str) -> bool:
    one, other = template.split("/"), path.split("/")
    return len(one) == len(other) and all(a == b or a.startswith("{") for a, b in zip(one, other, strict=True))


# --- matchbook ---

EVENT = ("java_sdk/get_events_with_prices.json", "recorded_2017/event_with_prices_inplay_tennis.json")
MARKET = ("java_sdk/get_market.json", "java_sdk/get_market_unknown_type.json", "recorded_2017/popular_markets.json")
OFFERS = (
    "java_sdk/offers_post.json",
    "java_sdk/offers_post_partial_failure_http400.json",
    "java_sdk/offers_get.json",
    "java_sdk/offers_put.json",
    "java_sdk/offers_delete.json",
    "recorded_2017/offers_get.json",
    "recorded_2017/offers_post.json",
    "other/docs_submit_keep_in_play_response.json",
)
OFFER = ("java_sdk/offer_get.json", "java_sdk/offer_put.json", "java_sdk/offer_delete.json", *OFFERS)
"""One offer alone has the fields that it has in a list."""
RECORDED: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"/bpapi/rest/security/session", ("java_sdk/session_post.json",)),
    (r"/edge/rest/account", ("java_sdk/account.json", "recorded_2017/account.json")),
    (r"/edge/rest/account/balance", ("java_sdk/account_balance.json",)),
    (r"/edge/rest/events", EVENT),
    (r"/edge/rest/events/\d+/markets/\d+", MARKET),
    (r"/edge/rest/v2/offers", OFFERS),
    (r"/edge/rest/v2/offers/\d+", OFFER),
    (r"/edge/rest/v1/heartbeat", ("java_sdk/heartbeat_post.json", "java_sdk/heartbeat_get.json")),
)
"""No schema is published: the recorded answers of each path; what is recorded nowhere is not judged."""

TOLD_BY_PAGES = {"offers.delay", "delay", "offers.offer-edit.runner-id", "offer-edit.runner-id"}
"""Of offers while they are held back, and of edits, which have a runner where they are recorded in a list; nothing of
that kind is recorded in an answer to an offer. Source: matchbook.md, section 4."""


def feed_schema() -> Any:
    """What docs/matchbook_feed.md says that a frame of the pushed feed is; it is no document of the venue's."""
    page = (HOUSE / "docs" / "matchbook_feed.md").read_text(encoding="utf-8")
    return json.loads(page.partition("```json schema\n")[2].partition("```")[0])


class Matchbook:
    """Fields of answers against those of the recorded ones; queries against the documented names; frames of the pushed
    feed against our own schema of them."""

    QUERY = frozenset(
        "ids after before offset per-page sport-ids include-prices price-depth price-mode odds-type exchange-type "
        "currency minimum-liquidity status interval offer-ids market-ids event-ids runner-ids aggregation-type side "
        "states include-edits".split()
    )
    """Source: matchbook.md, sections 3 to 5."""
    GONE = r"/edge/rest/v2/offers/\d+"
    """What may be there no more. Source: matchbook.md, errors: 404 for an offer that is gone."""

    def __init__(self, samples: Path) -> None:
        self._samples = samples
        self._frames = jsonschema.Draft202012Validator(feed_schema())

    def kind(self, one: Heard) -> str:
        if isinstance(one, Said):
            return f"feed {'us' if one.by_us else 'them'} {json.loads(one.text)['type']}"
        return f"{one.request.method} {re.sub(r'[0-9]{5,}', '#', one.request.path)}"

    def wrong(self, one: Heard) -> list[str]:
        if isinstance(one, Said):
            return ["no frame of the schema"] if [*self._frames.iter_errors(json.loads(one.text))] else []
        asked = one.request
        names = {name for name, _ in parse_qsl(asked.query)}
        found = [f"parameter {name} is not documented" for name in sorted(names - self.QUERY)]
        found += (
            ["an unfiltered DELETE"]
            if asked.method == "DELETE" and asked.path.endswith("/offers") and not names
            else []
        )
        is_gone = one.status == 404 and re.fullmatch(self.GONE, asked.path) is not None
        found += [f"status {one.status}"] if one.status in (404, 405) and not is_gone else []
        if one.status not in (200, 400) or not one.body.startswith((b"{", b"[")):
            return found
        known = self._known(asked.path)
        if known is not None:
            made_up = set(_unknown(json.loads(one.body), known)) - TOLD_BY_PAGES
            found += [f"made up: {name}" for name in sorted(made_up)]
        return found

    def _known(self, path: str) -> dict[str, set[str]] | None:
        for pattern, names in RECORDED:
            if re.fullmatch(pattern, path):
                found: dict[str, set[str]] = {}
                alone = "offers." if names is OFFER else ""
                for name in names:
                    for place, known in fields(json.loads((self._samples / name).read_text())).items():
                        found.setdefault(place.removeprefix(alone), set()).update(known)
                return found
        return None


def _unknown(body: Any, known: dict[str, set[str]]) -> list[str]:
    return [
        f"{place}{name}"
        for place, names in fields(body).items()
        if place in known
        for name in sorted(names - known[place] - NOT_IN_SAMPLE)
    ]
