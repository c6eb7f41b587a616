"""Where a dashboard finds its engine: in a run's folder, or at an address with a token."""

import os
import sys
from pathlib import Path

import msgspec

from engine.operating import own_token
from engine.stage import read_token

THEMES = ("auto", "dark", "light", "sixteen", "plain")


class NotShown(Exception):
    """There is no terminal or no engine to show; the message says which, and what to do."""


class Attach(msgspec.Struct, frozen=True):
    """What a dashboard is opened on: a run's folder, or the address of a control interface.

    `child`: it belongs to the engine that started it and ends with it. `screens`: a folder for pictures of every
    panel, then nothing is shown. `watch`: nothing may be sent from it.
    """

    run: str = ""
    url: str = ""
    token_env: str = "CROSSBOOK_TOKEN"
    theme: str = "auto"
    child: bool = False
    screens: str = ""
    watch: bool = False


def has_terminal() -> bool:
    """Whether somebody sits before all of our input, output and errors, and the terminal can be drawn on."""
    ours = (sys.stdin, sys.stdout, sys.stderr)
    return all(stream.isatty() for stream in ours) and os.environ.get("TERM", "dumb") != "dumb"


def door(attach: Attach) -> tuple[str, str]:
    """Address and token of the engine, as they are now. Raises NotShown.

    A resumed engine listens elsewhere and says so in its run's folder, so this is asked before each dialling.
    """
    told = os.environ.get(attach.token_env, "")
    if attach.url:
        token = told or next((read_token(run) for run in _runs_at(attach)), "")
        if not token:
            raise NotShown(f"{attach.url} asks for a token: put it into {attach.token_env}, or name the run's folder")
        return attach.url.rstrip("/"), token
    run = Path(attach.run)
    url = run / "control.url"
    if not url.exists():
        raise NotShown(f"{run}: no engine has opened a control interface there; name a running one with --url")
    return url.read_text().strip(), own_token(run, attach.token_env)


def _runs_at(attach: Attach) -> list[Path]:
    """The folders of runs beside the one named whose engine listens, or listened, at the address; the latest first."""
    found = sorted(Path(attach.run).parent.glob("*/control.url"), reverse=True) if attach.run else []
    return [path.parent for path in found if path.read_text().strip() == attach.url.rstrip("/")]
