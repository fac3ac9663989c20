"""Lines of a log, and a log for them."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from uuid import uuid4

from consent_desk.domain.consent.action import Action
from consent_desk.domain.consent.values import CustomerId, Timestamp
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.local_time import moment
from consent_desk.domain.log_query import LogRow
from consent_desk.ui.log.model import LogModel
from consent_desk.ui.log.words import Words
from tests.consents import later

CATEGORIES = ("sms_marketing", "newsletter", "push")


def an_entry(number: int = 0, state: State = State.DELIVERED, **changes: object) -> Entry:
    """What was noted `number` seconds after noon."""
    values: dict[str, object] = {
        "request_id": str(uuid4()),
        "noted_at": later(number),
        "project_id": "p",
        "project_name": "Acme production",
        "customer": CustomerId(type="registered", value=f"customer{number}@example.com"),
        "category": "sms_marketing",
        "action": Action.REJECT,
        "state": state,
    }
    return Entry(**(values | changes))  # type: ignore[arg-type]  # the names are checked by Entry


def a_row(seq: int, press: str | None = None, state: State = State.VERIFIED, **changes: object) -> LogRow:
    """The line with this number; those of one `press` are of one customer."""
    customer = CustomerId(type="registered", value=f"customer{press or seq}@example.com")
    own = {"customer": customer, "category": CATEGORIES[seq % 3], "press": press}
    return LogRow(seq, an_entry(seq, state, **(own | changes)))


def a_log(now: Callable[[], Timestamp] = lambda: later(60), zone: tzinfo = UTC) -> LogModel:
    """An empty log."""
    return LogModel(Words(lambda at: moment(at, zone), now))


PRESS = (a_row(1), a_row(2, "a"), a_row(3, "a"), a_row(4, "a", State.REFUSED), a_row(5))
"""Three of one press among others, the oldest first."""
