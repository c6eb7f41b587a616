"""What can be wrong with a signed report; here, so that whoever only tells of it need not load what checks it."""


class KeyUnusable(Exception):
    """The key file cannot be used; the message says why and what to do."""


class Unsealed(Exception):
    """The report is not what was signed; the message names the file and what is wrong with it."""


class Forged(Exception):
    """The report is sealed, and does not say what the journal says; the message names figure and file."""
