"""Through the lens, whatever an engine tells of real consents tells of nobody; the Sandbox is as it is."""

from dataclasses import fields, replace
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from consent_desk.delivery import events
from consent_desk.delivery.events import Event
from consent_desk.delivery.scheduler import Outstanding
from consent_desk.domain.errors import JournalError
from consent_desk.domain.lifecycle.judgement import judge
from consent_desk.domain.lifecycle.policy import Failing
from consent_desk.domain.lifecycle.record import Entry
from consent_desk.domain.message import say
from consent_desk.domain.wire.outcome import Answered, FailedLook, NoLook
from consent_desk.ui.presenting.lens import Lens
from tests.consents import NOON
from tests.domain.canaries import NAMES, canaries, traces

RECORD = canaries()
ENTRY = Entry.after(RECORD.noted, RECORD.facts)
CONSENT = RECORD.noted.consent
OUTCOME = RECORD.facts[1].outcome
assert isinstance(OUTCOME, Answered)
ERROR = JournalError(
    say("tests", "{path} is full.").format(path=NAMES["host"]),
    say("tests", "Ask {who}.").format(who=NAMES["agent"]),
)
VALUES: dict[str, object] = {
    "request_id": CONSENT.request_id,
    "request_ids": (CONSENT.request_id,),
    "consents": (CONSENT,),
    "entries": (ENTRY,),
    "entry": ENTRY,
    "error": ERROR,
    "trouble": ERROR,
    "outlook": say("tests", "{text} next.").format(text=NAMES["answer"]),
    "why": NAMES["host"],
    "judgement": judge(OUTCOME, CONSENT.action),
    "failing": Failing(3, NOON, FailedLook(why=NoLook.NO_ANSWER, outcome=OUTCOME)),
    "project_id": RECORD.noted.project_id,
    "outstanding": Outstanding(opt_outs=2, since=NOON),
    "by_person": True,
    "second": True,
    "kept": True,
}
REAL: Any = SimpleNamespace(practice=False, presented=False)
SANDBOX: Any = SimpleNamespace(practice=True, presented=False)


def one_of(kind: type[Any]) -> Event:
    """An event of this kind with everything in it."""
    values = {field.name: VALUES[field.name] for field in fields(kind)}
    if kind is events.Repeated:
        values["consents"] = ((CONSENT, NOON),)
    event: Event = kind(**values)
    return event


@pytest.fixture
def lens() -> Lens:
    lens = Lens()
    lens.turn(on=True)
    return lens


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
def test_no_event_tells_of_anybody(lens: Lens, kind: type[Any]) -> None:
    event = one_of(kind)
    told = lens.told(REAL, event)
    assert type(told) is type(event)
    assert traces(told) == set()
    ids = ("request_id", "request_ids", "project_id", "outstanding", "by_person")
    kept = {name: getattr(event, name) for name in ids if hasattr(event, name)}
    assert {name: getattr(told, name) for name in kept} == kept


def test_the_sandbox_is_never_masked(lens: Lens) -> None:
    event = one_of(events.Settled)
    assert lens.told(SANDBOX, event) is event
    assert lens.workspace(SANDBOX) is SANDBOX


def test_without_presenting_everything_is_as_it_is() -> None:
    lens = Lens()
    event = one_of(events.Settled)
    assert (lens.told(REAL, event), lens.workspace(REAL), lens.error(ERROR)) == (event, REAL, ERROR)
    assert lens.path("/tmp/canary.csv") == "/tmp/canary.csv"


def test_errors_and_files_are_not_named(lens: Lens) -> None:
    assert str(lens.error(ERROR)) == "masked is full. Ask masked."
    assert lens.path("canary.csv") == "masked"


def test_what_is_new_in_an_entry_is_masked_as_well() -> None:
    """Whoever adds a text to it that is to be seen while somebody presents has to say so."""
    texts = {
        field.name
        for field in fields(ENTRY)
        if isinstance(value := getattr(replace(ENTRY), field.name), str) and type(value) is str and value
    }
    assert texts <= {"request_id", "project_id", "project_name", "category", "press"}
