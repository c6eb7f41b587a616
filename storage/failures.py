"""What can go wrong with tables and streams; here, so that whoever only reports it need not load a driver."""


class NoDatabase(Exception):
    """The address cannot be used; the message says why and what to write instead."""


class DatabaseFailed(Exception):
    """The database did not do it, or did and could not say so; only its own rows can tell."""


class NewerTables(Exception):
    """The database was made by a later program; the message names both revisions."""


class ProjectionMoved(Exception):
    """Somebody else projects this run into these tables, or another journal bears its name."""


class BrokerFailed(Exception):
    """A broker did not answer, or said no; it must be opened again and asked where it stands."""


class NoBroker(Exception):
    """The address cannot be used; the message says why and what to write instead."""
