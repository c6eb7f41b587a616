"""Panels of how well things run: venues, reconciliation, strategies, and the tape of alerts."""

from rich.style import Style

from desk.terminal.figures import age, count, money, span
from desk.terminal.header import FEW
from desk.terminal.lines import Cell, Column, cell
from desk.terminal.palette import Palette
from desk.terminal.panel import Panel
from desk.terminal.picture import Picture
from desk.views import AlertRow, BreakRow, ReconRow, VenueRow

OLD_MS = 5_000
"""Older than this, a book's or a round's age is worth a second look."""
SOON_MS = 3_600_000
"""Sooner than this, a maintenance is."""
AGREED = "agreed"
"""What is said of a wallet that was held against the venue's own figure, with nothing left over."""
ATTESTED_MS_MIN = 7 * 86_400_000
"""Less than this, an attestation has to be renewed."""


class VenuesPanel(Panel):
    """Each venue: its lines, how fresh its books are, what its budget allows, how fast it answers."""

    NUMBER, TITLE = 1, "Venues"
    COLUMNS = (
        Column("venue", "venue", 9),
        Column("state", "state", 11, grow=1),
        Column("lines", "md ord req", 10),
        Column("books", "books", 5, right=True),
        Column("tokens", "budget", 6, right=True),
        Column("open", "open", 4, right=True),
        Column("flight", "sent", 4, right=True, from_width=84),
        Column("unknown", "unkn", 4, right=True),
        Column("fills", "fills", 5, right=True),
        Column("answer", "answer 50/99", 12, right=True),
        Column("updates", "updates", 7, right=True, from_width=92),
        Column("orders", "orders", 6, right=True, from_width=92),
        Column("rejected", "rejects", 7, right=True, from_width=92),
        Column("errors", "left", 4, right=True, from_width=104),
        Column("dead", "dead", 4, right=True, from_width=104),
        Column("maintained", "maint", 5, right=True, from_width=104),
        Column("fuse", "fuse", 6, right=True, from_width=120),
        Column("attested", "attest", 6, right=True, from_width=120),
        Column("charged", "charge", 16, right=True, from_width=132),
        Column("throttled", "throttle", 8, right=True, from_width=120),
        Column("reconnects", "redial", 6, right=True, from_width=120),
        Column("balance", "balance", 14, right=True, from_width=120),
    )

    def draw(self, picture: Picture) -> None:
        laid = self.laid()
        lines = [self.line(venue.id, laid, self._cells(venue, picture)) for venue in picture.rows.venues]
        stopped = [f"{venue.id} {', '.join(venue.breakers)}" for venue in picture.rows.venues if venue.breakers]
        whys = ((one.id, one.dead_man.partition(": ")[2]) for one in picture.rows.venues)
        unwatched = [f"{name} ({why})" for name, why in whys if why]
        info: Cell = ()
        if stopped:
            info = cell(f" stopped by itself: {'; '.join(stopped)} ", self.palette.bad)
        elif unwatched:
            info = cell(f" no dead man: {'; '.join(unwatched)} ", self.palette.faint)
        self.put(lines, laid=laid, info=info)

    def _cells(self, venue: VenueRow, picture: Picture) -> dict[str, Cell]:
        palette = self.palette
        books_ms = picture.age_ms(venue.books_ms)
        lines = [self._line(venue.market_data_up, "●", "○"), self._line(venue.orders_up, "●", "○")]
        lines.append(self._line(venue.requests_up, "●", "○"))
        return {
            "venue": cell(venue.id, palette.strong),
            "state": self._state(venue),
            "lines": (*lines[0], ("   ", palette.paper), *lines[1], ("   ", palette.paper), *lines[2]),
            "books": cell(
                age(books_ms) if venue.books_ms else "-", palette.warn if books_ms > OLD_MS else palette.paper
            ),
            "tokens": cell(count(venue.tokens), palette.bad if venue.tokens == 0 else palette.paper),
            "open": cell(str(venue.orders_open), palette.paper),
            "flight": cell(str(venue.orders_in_flight), palette.warn if venue.orders_in_flight else palette.faint),
            "unknown": cell(str(venue.orders_unknown), palette.alarm if venue.orders_unknown else palette.faint),
            "fills": cell(count(venue.fills), palette.paper),
            "answer": cell(f"{span(venue.answer_p50_us)}/{span(venue.answer_p99_us)}", palette.paper),
            "updates": cell(count(venue.book_updates), palette.paper),
            "orders": cell(count(venue.orders), palette.paper),
            "rejected": cell(count(venue.rejected), palette.warn if venue.rejected else palette.faint),
            "throttled": cell(count(venue.throttled), palette.warn if venue.throttled else palette.faint),
            "reconnects": cell(count(venue.reconnects), palette.warn if venue.reconnects else palette.faint),
            "errors": cell(count(venue.errors_left), palette.paper if venue.errors_left > FEW else palette.bad),
            "dead": self._dead_man(venue, picture),
            "fuse": cell(venue.fuse or "-", palette.bad if venue.fuse == "blown" else palette.paper),
            "attested": self._attested(venue, picture),
            "maintained": self._maintained(venue, picture),
            "charged": self._charged(venue),
            "balance": cell(f"{money(venue.balance_micros)} {venue.currency}", palette.paper),
        }

    def _dead_man(self, venue: VenueRow, picture: Picture) -> Cell:
        """Seconds of silence that are left, or the whole of them while nothing is held."""
        if not venue.dead_man_s:
            word, _, why = venue.dead_man.partition(":")
            return cell(word or "-", self.palette.warn if why else self.palette.faint)
        left_ms = venue.dead_man_ms - picture.now_ms
        if venue.dead_man_ms and left_ms <= 0:
            return cell("over", self.palette.bad)
        return cell(age(left_ms) if venue.dead_man_ms else f"{venue.dead_man_s}s", self.palette.paper)

    def _attested(self, venue: VenueRow, picture: Picture) -> Cell:
        if not venue.attested_ms:
            return cell("-", self.palette.faint)
        left_ms = venue.attested_ms - picture.now_ms
        if left_ms <= 0:
            return cell("over", self.palette.bad)
        return cell(age(left_ms), self.palette.warn if left_ms < ATTESTED_MS_MIN else self.palette.paper)

    def _charged(self, venue: VenueRow) -> Cell:
        if not venue.charge_currency:
            return cell("-", self.palette.faint)
        cost = f"{money(venue.charge_micros)} {venue.charge_currency}"
        return cell(f"{count(venue.requests_charged)} {cost}", self.palette.paper)

    def _maintained(self, venue: VenueRow, picture: Picture) -> Cell:
        begins_ms, ends_ms = venue.maintenance_ms
        if not ends_ms:
            return cell("-", self.palette.faint)
        left_ms = begins_ms - picture.now_ms
        if left_ms <= 0:
            return cell("now", self.palette.bad)
        return cell(f"{age(left_ms)}", self.palette.warn if left_ms < SOON_MS else self.palette.paper)

    def _line(self, up: bool, yes: str, no: str) -> Cell:
        return cell(yes, self.palette.good) if up else cell(no, self.palette.bad)

    def _state(self, venue: VenueRow) -> Cell:
        palette = self.palette
        if venue.stopped:
            return cell("STOPPED break", palette.alarm)
        if venue.tripped:
            return cell("TRIPPED refusals", palette.alarm)
        if venue.breakers:
            return cell("BREAKER", palette.bad)  # which, says the title
        if venue.why_not:
            return cell(venue.why_not.replace("_", " "), palette.bad)
        if not venue.proven:
            return cell("unproven", palette.warn)
        return cell("ok polled" if venue.polled else "ok", palette.good)


class ReconPanel(Panel):
    """Whether our books agree with the venues', and where they do not."""

    NUMBER, TITLE = 7, "Reconciliation"
    COLUMNS = (
        Column("subject", "what", 9),
        Column("state", "state", 12, grow=1),
        Column("age", "age", 4, right=True),
        Column("rounds", "rounds", 6, right=True),
        Column("money", "money", 8, right=True),
        Column("owner", "owner", 8, from_width=48),
        Column("detail", "", 0, grow=3, from_width=60),
    )

    def draw(self, picture: Picture) -> None:
        laid = self.laid()
        lines = [self.line(found.id, laid, self._break(found, picture)) for found in picture.rows.breaks]
        lines += [self.line(venue.id, laid, self._venue(venue, picture)) for venue in picture.rows.recon]
        roomy = self.size.height - 2 >= len(lines)
        total = sum(found.money_micros for found in picture.rows.breaks)
        opened = len(picture.rows.breaks)
        agreed, venues = sum(venue.wallet == AGREED for venue in picture.rows.recon), len(picture.rows.recon)
        info = cell(" agrees ", self.palette.good)
        if opened:
            info = cell(f" {opened} open, {money(total)} ", self.palette.alarm)
        elif agreed < venues:
            info = cell(f" {agreed} of {venues} wallets agree ", self.palette.warn)
        self.put(lines, laid=laid if roomy else None, info=info)

    def _venue(self, venue: ReconRow, picture: Picture) -> dict[str, Cell]:
        palette = self.palette
        round_ms = picture.age_ms(venue.round_ms)
        state, detail = cell("agrees", palette.good), f"{venue.breaks_healed} healed" if venue.breaks_healed else ""
        if venue.breaks_open:
            state = cell(f"{venue.breaks_open} open", palette.bad)
        elif not venue.rounds:
            state = cell("no round", palette.warn)
        elif venue.wallet != AGREED:  # no break is no proof: its figure for our money was not held against ours
            state, detail = cell("orders agree", palette.warn), _wallet(venue, picture)
        return {
            "subject": cell(venue.id, palette.strong),
            "state": state,
            "age": cell(
                age(round_ms) if venue.round_ms else "-", palette.warn if round_ms > 6 * OLD_MS else palette.paper
            ),
            "money": cell(money(venue.money_micros) if venue.money_micros else "-", palette.faint),
            "rounds": cell(count(venue.rounds), palette.faint),
            "owner": (),
            "detail": cell(detail, palette.faint),
        }

    def _break(self, found: BreakRow, picture: Picture) -> dict[str, Cell]:
        palette = self.palette
        style = palette.alarm if found.severity.lower() == "critical" else palette.bad
        return {
            "subject": cell(found.venue, style),
            "state": cell(found.kind.replace("_", " "), style),
            "age": cell(age(picture.age_ms(found.found_ms)), palette.paper),
            "money": cell(money(found.money_micros), palette.strong),
            "rounds": cell(count(found.rounds), palette.faint),
            "owner": cell(found.owner, palette.strong),
            "detail": cell(_told(found), palette.paper),
        }


def _wallet(venue: ReconRow, picture: Picture) -> str:
    """What is not proven of a venue's wallet, and since when."""
    since = f"agreed {age(picture.age_ms(venue.agreed_ms))} ago" if venue.agreed_ms else "never agreed yet"
    return f"wallet {venue.wallet or 'not compared'}, {since}"


def _told(found: BreakRow) -> str:
    """What a person has to know of a break: what differs, or what is left to do about it."""
    if found.explained:
        return f"{found.subject} agrees again, to be resolved"
    signed = f"to be written off, signed by {', '.join(found.signed_by)}: " if found.signed_by else ""
    return f"{found.subject} {signed}{found.detail}"


class AlertsPanel(Panel):
    """The tape: what happened, the newest on top. What was acknowledged is faint."""

    NUMBER, TITLE = 8, "Alerts"
    COLUMNS = (
        Column("age", "age", 4, right=True),
        Column("severity", "severity", 8),
        Column("venue", "venue", 9, from_width=60),
        Column("text", "what happened", 10, grow=1),
    )

    def draw(self, picture: Picture) -> None:
        laid = self.laid()
        alerts = [row for row in picture.rows.alerts if picture.wants(row.text, row.venue, row.severity)]
        fresh = [row for row in alerts if row.severity != "info" and row.id not in picture.acknowledged]
        worst = next((row for row in fresh if row.severity == "critical"), fresh[0] if fresh else None)
        info: Cell = ()
        if worst is not None:
            info = cell(f" {len(fresh)} not acknowledged ", _severity(worst.severity, self.palette))
        self.put([self.line(row.id, laid, self._cells(row, picture)) for row in alerts], info=info)

    def _cells(self, row: AlertRow, picture: Picture) -> dict[str, Cell]:
        palette = self.palette
        style = palette.faint if row.id in picture.acknowledged else _severity(row.severity, palette)
        seen = "✓ " if row.id in picture.acknowledged else ""
        times = f" ×{row.count}" if row.count > 1 else ""
        return {
            "age": cell(age(picture.age_ms(row.at_ms)), palette.faint),
            "severity": cell(row.severity, style),
            "venue": cell(row.venue, palette.faint),
            "text": cell(f"{seen}{row.text}{times}", palette.faint if seen else palette.paper),
        }


def _severity(severity: str, palette: Palette) -> Style:
    return {"critical": palette.alarm, "warning": palette.warn}.get(severity, palette.faint)
