"""Who a name means: letters and figures tell people apart, and nothing else that can be typed does."""

import unicodedata


def person(who: str) -> str:
    """A name without case, spaces, points and what cannot be seen; empty for one that names nobody.

    `Ann Lee`, `ann.lee` and ` ANN  LEE ` are one person: where two different people have to speak, a second spelling is
    no second person, and nobody is named by a sign that no screen shows.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", who).casefold())
    return "".join(letter for letter in folded if letter.isalnum())
