"""Answers about what stands beside orders: groups, places in queues, several orders at once, the account's keys."""

import msgspec

from venues.kalshi.amounts import Amount
from venues.kalshi.rest_codec import answerer


class Done(msgspec.Struct):
    """It was done, and nothing more is said."""


class GroupMade(msgspec.Struct):
    """A group was made."""

    order_group_id: str


class Group(msgspec.Struct):
    """A group as it stands."""

    contracts_limit_fp: Amount | None = None


class QueuePlace(msgspec.Struct):
    """Contracts before one order."""

    queue_position_fp: Amount


class QueueRow(msgspec.Struct):
    """Contracts before one order of several."""

    order_id: str
    queue_position_fp: Amount


class QueueRows(msgspec.Struct):
    """Every order of ours that rests in the markets asked for."""

    queue_positions: list[QueueRow] | None


class EntryError(msgspec.Struct):
    """Why one entry of a batch was not carried out."""

    code: str = ""
    message: str = ""
    details: object = None


class CreatedEntry(msgspec.Struct):
    """What became of one order of a batch."""

    order_id: str | None = None
    client_order_id: str | None = None
    fill_count: Amount = "0"
    remaining_count: Amount = "0"
    average_fill_price: Amount | None = None
    error: EntryError | None = None


class CreatedEntries(msgspec.Struct):
    """What became of each order of a batch."""

    orders: list[CreatedEntry]


class CancelledEntry(msgspec.Struct):
    """What became of one cancel of a batch."""

    order_id: str
    reduced_by: Amount = "0"
    error: EntryError | None = None


class CancelledEntries(msgspec.Struct):
    """What became of each cancel of a batch."""

    orders: list[CancelledEntry]


class ApiKey(msgspec.Struct):
    """One key of the account."""

    api_key_id: str
    scopes: list[str] = []
    subaccount: int | None = None


class ApiKeys(msgspec.Struct):
    """All keys, and until when the account has attested where it is (Unix seconds; none if it never did)."""

    api_keys: list[ApiKey]
    api_key_region_expiration_ts: int | None = None


done_answer = answerer(Done)
group_made_answer = answerer(GroupMade)
group_answer = answerer(Group)
queue_answer = answerer(QueuePlace)
queues_answer = answerer(QueueRows)
created_entries_answer = answerer(CreatedEntries)
cancelled_entries_answer = answerer(CancelledEntries)
keys_answer = answerer(ApiKeys)
