"""The table of requests: what each takes and answers. The server and the description are made of it."""

from typing import Any

import msgspec

from desk import views
from desk.control_bodies import (
    AssignBody,
    CancelAllBody,
    CancelBody,
    Cancelled,
    DecideBody,
    EnableBody,
    Enabled,
    Epochs,
    EventTurnedBody,
    FairValueBody,
    HaltBody,
    Level,
    Moved,
    PauseBody,
    Queued,
    ReconcileBody,
    ResolveBody,
    Rounds,
    Standing,
    Taken,
    TransferBody,
    Turned,
    VouchBody,
    Vouching,
    WriteOffBody,
)
from desk.flatten_views import FlattenPlan

ANYTHING = dict[str, Any]


class Parameter(msgspec.Struct, frozen=True):
    """One thing that stands in the address."""

    name: str
    where: str
    kind: type
    says: str
    required: bool = False


class Route(msgspec.Struct, frozen=True):
    """One request. `name` is the server's method that answers it; a `stream` is a WebSocket that sends `answer`s."""

    method: str
    path: str
    name: str
    says: str
    answer: Any
    body: Any = None
    parameters: tuple[Parameter, ...] = ()
    refusals: tuple[int, ...] = (401,)
    stream: bool = False


SECTION_SAYS = {
    "header": "the desk as a whole: mode, kill level, latency, what is open",
    "venues": "every venue's health",
    "markets": "every outcome with each venue's best prices, the fair value, the edge after fees and our quotes",
    "orders": "orders that may still be matched, UNKNOWN first, and those that ended lately",
    "exposure": "what each event can still cost, by market and outcome, against its cap",
    "scopes": "what each league, sport, model, venue, strategy, the day and all can still cost, against its cap if any",
    "pnl": "profit in all and by venue",
    "history": "points of a small chart of profit",
    "strategies": "strategies, and which of them rest",
    "plans": "plans of several orders: those under way, and the last that are over",
    "recon": "reconciliation with each venue",
    "breaks": "breaks that stand",
    "alerts": "the alerts tape",
}

SECTIONS = Parameter("sections", "query", str, "names of sections with commas between; without it all")
LADDER = (
    Parameter("market", "query", str, "the market whose ladder is wanted"),
    Parameter("outcome", "query", int, "number of the outcome in its market, 0 if left out"),
    Parameter("depth", "query", int, "prices on either side of the middle, 20 if left out, at most 100"),
)
MARKETS = (
    Parameter("words", "query", str, "words that must each be found in the names of event, market, outcomes or status"),
    Parameter("first", "query", int, "how many markets to pass over: those with money of ours come first"),
    Parameter(
        "count", "query", int, f"markets at once, {views.MARKETS_PAGE} if left out, at most {views.MARKETS_PAGE_MAX}"
    ),
)
MARKET = msgspec.structs.replace(LADDER[0], required=True)


def _rows_of(section: str) -> object:
    return next(field.type for field in msgspec.structs.fields(views.Rows) if field.name == section)


ROUTES = (
    Route("GET", "/v1/openapi.json", "send_description", "this description", ANYTHING),
    Route("GET", "/v1/status", "send_status", "the desk in a few figures", ANYTHING),
    Route(
        "GET",
        "/v1/view",
        "send_view",
        "everything, as the first frame of a watcher",
        views.Frame,
        parameters=(SECTIONS, *LADDER, *MARKETS),
        refusals=(400, 401, 404),
    ),
    Route(
        "GET",
        "/v1/view/stream",
        "run_view_stream",
        "a snapshot, then what changed, four times a second; a text frame `Watch` changes what is told",
        views.Frame,
        body=views.Watch,
        parameters=(SECTIONS, *LADDER, *MARKETS),
        refusals=(400, 401, 404, 503),
        stream=True,
    ),
    *(
        Route(
            "GET",
            f"/v1/view/{section}",
            "send_section",
            says,
            _rows_of(section),
            parameters=MARKETS if section == "markets" else (),
            refusals=(400, 401) if section == "markets" else (401,),
        )
        for section, says in SECTION_SAYS.items()
    ),
    Route(
        "GET",
        "/v1/ladder",
        "send_ladder",
        "one outcome's prices, every venue side by side",
        tuple[views.LadderRow, ...],
        parameters=(MARKET, *LADDER[1:]),
        refusals=(400, 401, 404),
    ),
    Route(
        "GET",
        "/v1/explain/{order}",
        "send_story",
        "the story of one order, by our ref or the venue's id",
        ANYTHING,
        parameters=(Parameter("order", "path", str, "our ref, or the venue's id", required=True),),
        refusals=(401, 404),
    ),
    Route(
        "GET",
        "/v1/flatten",
        "send_flatten",
        "a preview: what would be sent to even positions out; nothing is sent",
        FlattenPlan,
    ),
    Route(
        "POST",
        "/v1/fair-values",
        "run_fair_values",
        "takes one fair value, or a list whole or not at all",
        Taken,
        body=FairValueBody | list[FairValueBody],
        refusals=(400, 401, 413),
    ),
    Route(
        "POST",
        "/v1/events/turned",
        "run_event_turned",
        "a feed saw an event turn: values made before are void, quotes on them come out",
        Turned,
        body=EventTurnedBody,
        refusals=(400, 401),
    ),
    Route(
        "GET",
        "/v1/fair-values/stream",
        "run_fair_value_stream",
        "each text frame is a fair value; answered by the epochs of all events, or by an error",
        Epochs,
        body=FairValueBody,
        stream=True,
    ),
    Route(
        "POST",
        "/v1/halt",
        "run_halt",
        "sets the kill level: 0 none, 1 no new risk, 2 reduce only, 3 cancel all, "
        "4 flatten; lowering it needs a person and a reason",
        Level,
        body=HaltBody,
        refusals=(400, 401, 409),
    ),
    Route(
        "POST",
        "/v1/pause",
        "run_pause",
        "a strategy rests, or every one: its quotes come out",
        Standing,
        body=PauseBody,
        refusals=(400, 401, 409),
    ),
    Route(
        "POST",
        "/v1/resume",
        "run_resume",
        "a strategy goes on; without a name everyone does, and the kill level goes back to 0",
        Standing,
        body=PauseBody,
        refusals=(400, 401, 409),
    ),
    Route(
        "POST",
        "/v1/cancel-all",
        "run_cancel_all",
        "every order comes out of the books, once; strategies go on",
        Cancelled,
        body=CancelAllBody,
        refusals=(400, 401, 409),
    ),
    Route(
        "POST",
        "/v1/cancel",
        "run_cancel",
        "one order comes out of the books, by our ref; its strategy goes on",
        Cancelled,
        body=CancelBody,
        refusals=(400, 401, 409),
    ),
    Route(
        "POST",
        "/v1/enable",
        "run_enable",
        "one of two people's words that real money may be traded under this configuration",
        Enabled,
        body=EnableBody,
        refusals=(400, 401, 409),
    ),
    Route(
        "POST",
        "/v1/reconcile",
        "run_reconcile",
        "a reconciliation round begins now, with one venue or with all; `statements`: those of the week too",
        Rounds,
        body=ReconcileBody,
        refusals=(400, 401, 409),
    ),
    Route(
        "POST",
        "/v1/orders/vouch",
        "run_vouch",
        "what a person was told by a venue of one order: that it is gone, every part of it, or what is done about an "
        "overfill; where money is real two people say the same",
        Vouching,
        body=VouchBody,
        refusals=(400, 401, 409),
    ),
    Route(
        "POST",
        "/v1/transfers",
        "run_transfer",
        "asks for money to be moved between two of our wallets, or between one and the bank",
        Moved,
        body=TransferBody,
        refusals=(400, 401, 409),
    ),
    Route(
        "POST",
        "/v1/transfers/decide",
        "run_decide",
        "a second person approves a transfer, or refuses it; then people make it at the venues",
        Moved,
        body=DecideBody,
        refusals=(400, 401, 409),
    ),
    Route(
        "POST",
        "/v1/breaks/assign",
        "run_assign_break",
        "gives a break to somebody",
        Queued,
        body=AssignBody,
        refusals=(400, 401, 404, 409),
    ),
    Route(
        "POST",
        "/v1/breaks/resolve",
        "run_resolve_break",
        "ends a break on which both sides agree again and which a person had to look at",
        Queued,
        body=ResolveBody,
        refusals=(400, 401, 404, 409),
    ),
    Route(
        "POST",
        "/v1/breaks/write-off",
        "run_write_off_break",
        "one of two people's words that a difference is left as it is; both name the same money",
        Queued,
        body=WriteOffBody,
        refusals=(400, 401, 404, 409),
    ),
)
