"""What a report says that no journal holds, such as whose desk it is: out of the configuration, or out of a pack."""

import msgspec


class ReportSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[reports]`: whose books these are, and the key that reports are signed with; made when it is first needed."""

    legal_entity: str = "the house"
    owner: str = "the house"
    controller: str = "the desk"
    customer_type: str = "house"
    key_file: str = ""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is written into a report from outside of the journal."""

    legal_entity: str
    owner: str
    controller: str
    customer_type: str
    rates_dated: str
