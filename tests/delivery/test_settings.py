"""What an engine knows of the settings of its projects; a test does its steps, and answers its questions."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from consent_desk.delivery.settings import Cannot, KnownSettings, Take
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.project import Project
from tests.consents import a_project

ACME = a_project()
RENAMED = replace(ACME, name="Renamed")
OTHER = a_project(id="0b0d6f5e-4c61-4b1b-8f64-0a5d4a1f7c22")
REFUSED = say("tests", "The API secret is wrong.")


class Asked:
    """Who needs settings, and what they were told."""

    def __init__(self, *, found: bool = True) -> None:
        self.steps: deque[Callable[[], object]] = deque()
        self.questions: list[tuple[str, Take, Cannot]] = []
        self.supplied: list[str] = []
        self.told: list[object] = []
        self.settings = KnownSettings(self.steps.append, self.supplied.append)
        if found:
            self.settings.find = self.find

    def find(self, project_id: str, take: Take, cannot: Cannot) -> None:
        self.questions.append((project_id, take, cannot))

    def need(self, who: str, project_id: str = ACME.id, *, insists: bool = False) -> None:
        self.settings.need(
            project_id,
            lambda: self.told.append((who, self.settings.of(project_id))),
            lambda why: self.told.append((who, why)),
            insists=insists,
        )

    def take(self, project: Project | None, question: int = -1) -> None:
        self.questions[question][1](project)

    def miss(self, why: str | Message, question: int = -1) -> None:
        self.questions[question][2](why)

    def do_steps(self) -> None:
        while self.steps:
            self.steps.popleft()()

    def do_next(self) -> None:
        self.steps.popleft()()


@pytest.fixture
def asked() -> Asked:
    return Asked()


def test_settings_are_asked_for_once_for_all_who_wait(asked: Asked) -> None:
    for who in "abc":
        asked.need(who)
    assert [project_id for project_id, _, _ in asked.questions] == [ACME.id]
    assert asked.told == []
    asked.take(ACME)
    assert asked.told == []  # the answer comes on any thread
    asked.do_steps()
    assert asked.told == [("a", ACME), ("b", ACME), ("c", ACME)]
    assert asked.supplied == [ACME.id]


def test_what_is_known_is_not_asked_for(asked: Asked) -> None:
    asked.need("a")
    asked.take(ACME)
    asked.do_steps()
    asked.need("b")
    assert asked.told == [("a", ACME), ("b", ACME)]
    assert len(asked.questions) == 1


def test_of_each_project_its_own_settings_are_asked_for(asked: Asked) -> None:
    asked.need("a")
    asked.need("b", OTHER.id)
    assert [project_id for project_id, _, _ in asked.questions] == [ACME.id, OTHER.id]
    asked.take(OTHER)
    asked.do_steps()
    assert asked.told == [("b", OTHER)]
    assert ACME.id not in asked.settings
    assert OTHER.id in asked.settings


def test_with_what_something_is_noted_is_known(asked: Asked) -> None:
    asked.settings.know(ACME)
    asked.need("a")
    assert asked.told == [("a", ACME)]
    assert not asked.questions
    assert not asked.supplied


def test_of_a_project_that_was_removed_it_is_known_that_there_is_none(asked: Asked) -> None:
    asked.need("a")
    asked.take(None)
    asked.do_steps()
    assert asked.told == [("a", None)]
    assert ACME.id in asked.settings
    asked.need("b")
    assert asked.told[1:] == [("b", None)]
    assert len(asked.questions) == 1


def test_nothing_is_known_of_what_was_never_asked_for(asked: Asked) -> None:
    assert ACME.id not in asked.settings
    assert asked.settings.of(ACME.id) is None
    assert asked.settings.refused(ACME.id) is None


def test_all_who_wait_are_told_why_they_are_not_to_be_had_and_the_next_asks_again(asked: Asked) -> None:
    asked.need("a")
    asked.need("b")
    asked.miss("locked")
    asked.do_steps()
    assert asked.told == [("a", "locked"), ("b", "locked")]
    assert ACME.id not in asked.settings
    assert not asked.supplied
    asked.need("c")
    assert len(asked.questions) == 2
    asked.take(ACME)
    asked.do_steps()
    assert asked.told[2:] == [("c", ACME)]


@pytest.mark.parametrize("answer", [partial(Asked.take, project=ACME), partial(Asked.miss, why="locked")])
def test_one_who_fails_takes_no_other_with_it(answer: Callable[[Asked], None], asked: Asked) -> None:
    def fail(*_: object) -> None:
        raise ValueError("a bug")

    asked.settings.need(ACME.id, fail, fail)
    asked.need("b")
    answer(asked)
    asked.do_next()
    with pytest.raises(ValueError, match="a bug"):
        asked.do_next()
    asked.do_steps()
    assert len(asked.told) == 1


def test_refused_ones_are_not_used_but_by_somebody_who_insists(asked: Asked) -> None:
    asked.settings.know(ACME)
    asked.settings.refuse(ACME.id, REFUSED)
    assert asked.settings.refused(ACME.id) == REFUSED
    assert asked.settings.refused(OTHER.id) is None
    asked.need("a")
    asked.need("b", insists=True)
    assert asked.told == [("b", ACME)]
    asked.do_steps()
    assert asked.told == [("b", ACME), ("a", REFUSED)]
    assert not asked.questions


def test_however_many_are_refused_one_after_the_other_each_is_told(asked: Asked) -> None:
    asked.settings.refuse(ACME.id, REFUSED)
    left = list(range(10_000))

    def need_next(_: object = None) -> None:
        if left:
            asked.told.append(left.pop())
            asked.settings.need(ACME.id, need_next, need_next)

    need_next()
    asked.do_steps()
    assert len(asked.told) == 10_000


def test_whoever_insists_asks_for_what_is_not_known(asked: Asked) -> None:
    asked.settings.refuse(ACME.id, REFUSED)
    asked.need("a", insists=True)
    asked.take(ACME)
    asked.do_steps()
    assert asked.told == [("a", ACME)]


def test_those_who_wait_do_not_use_what_was_refused_since(asked: Asked) -> None:
    asked.need("a")
    asked.need("b", insists=True)
    asked.settings.refuse(ACME.id, REFUSED)
    asked.take(ACME)
    asked.do_steps()
    assert asked.told == [("b", ACME), ("a", REFUSED)]


@pytest.mark.parametrize("mend", [KnownSettings.trust, KnownSettings.forget])
def test_refused_ones_are_used_again_once_they_are_trusted_or_saved(
    mend: Callable[[KnownSettings, str], None], asked: Asked
) -> None:
    asked.settings.know(ACME)
    asked.settings.refuse(ACME.id, REFUSED)
    mend(asked.settings, ACME.id)
    asked.settings.know(ACME)
    asked.need("a")
    assert asked.told == [("a", ACME)]
    mend(asked.settings, OTHER.id)


def test_trust_asks_for_nothing_anew(asked: Asked) -> None:
    asked.settings.know(ACME)
    asked.settings.trust(ACME.id)
    assert asked.settings.of(ACME.id) == ACME


def test_what_was_saved_is_asked_for_anew(asked: Asked) -> None:
    asked.settings.know(ACME)
    asked.settings.know(OTHER)
    asked.settings.forget(ACME.id)
    assert OTHER.id in asked.settings
    assert ACME.id not in asked.settings
    asked.need("a")
    asked.take(RENAMED)
    asked.do_steps()
    assert asked.told == [("a", RENAMED)]


def test_what_is_forgotten_while_it_is_used_is_not_taken_for_removed(asked: Asked) -> None:
    asked.settings.know(ACME)
    asked.settings.know(OTHER)
    assert ACME.id in asked.settings
    asked.settings.forget(ACME.id)
    assert asked.settings.of(ACME.id) == ACME
    asked.settings.forget_all()
    asked.do_steps()
    assert asked.settings.of(OTHER.id) == OTHER
    asked.settings.know(RENAMED)
    assert ACME.id in asked.settings
    assert asked.settings.of(ACME.id) == RENAMED


def test_what_was_read_before_they_were_saved_does_not_count(asked: Asked) -> None:
    asked.need("a")
    asked.settings.forget(ACME.id)
    assert len(asked.questions) == 2
    asked.take(ACME, question=0)
    asked.do_steps()
    assert asked.told == []
    assert ACME.id not in asked.settings
    asked.miss("locked", question=0)
    asked.do_steps()
    assert asked.told == []
    asked.need("b")
    assert len(asked.questions) == 2
    asked.take(RENAMED)
    asked.do_steps()
    assert asked.told == [("a", RENAMED), ("b", RENAMED)]
    assert asked.supplied == [ACME.id]


def test_what_is_saved_just_as_the_answer_comes_is_asked_for_anew(asked: Asked) -> None:
    asked.need("a")
    asked.take(ACME)
    asked.do_next()
    asked.settings.forget(ACME.id)
    asked.do_steps()
    assert asked.told == []
    asked.take(RENAMED)
    asked.do_steps()
    assert asked.told == [("a", RENAMED)]


def test_a_question_is_answered_once(asked: Asked) -> None:
    asked.need("a")
    asked.take(ACME)
    asked.miss("locked")
    asked.do_steps()
    assert asked.told == [("a", ACME)]


def test_all_are_asked_for_anew_by_whoever_finds_them_now(asked: Asked) -> None:
    asked.settings.know(OTHER)
    asked.need("a")
    later: list[tuple[str, Take, Cannot]] = []
    asked.settings.find = lambda *question: later.append(question)
    asked.settings.forget_all()
    assert OTHER.id in asked.settings  # not at once: it is another thread that knows
    asked.do_steps()
    assert OTHER.id not in asked.settings
    ((project_id, take, _),) = later
    assert project_id == ACME.id
    take(RENAMED)
    asked.do_steps()
    assert asked.told == [("a", RENAMED)]


def test_who_waits_before_somebody_finds_them_is_asked_for_then() -> None:
    asked = Asked(found=False)
    asked.need("a")
    asked.settings.find = asked.find
    asked.settings.forget_all()
    asked.do_steps()
    asked.take(ACME)
    asked.do_steps()
    assert asked.told == [("a", ACME)]
