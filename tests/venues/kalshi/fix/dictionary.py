"""The venue's FIX dictionary, read from the shared folder at test time."""

import os
from pathlib import Path

from tests.tidy.house import ROOT

SHARED = Path(os.environ.get("CROSSBOOK_SHARED", ROOT.parent / "shared"))
DICTIONARY = SHARED / "venues" / "kalshi" / "kalshi-fix-dictionary-v1.03.xml"
