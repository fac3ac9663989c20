"""What a whole answer that is not plain success means for a consent: the table, judged as it comes."""

from consent_desk.domain.consent.action import Action
from consent_desk.domain.lifecycle.judgement import judge
from consent_desk.domain.lifecycle.looking import why_no_page
from consent_desk.domain.lifecycle.state import State
from consent_desk.domain.wire.answer import is_from_the_way, meaning
from consent_desk.domain.wire.customer import lacks_permission
from consent_desk.domain.wire.outcome import Answered, Cause, Lost, NoLook, Phase
from tests.wrong_answers import FROM_THE_WAY, NOT_QUITE_SUCCESS, OF_ENGAGEMENT, WHOLE, Row


def answered(row: Row) -> Answered:
    assert row.status is not None
    return Answered(status=row.status, headers=row.headers, body=row.body)


def test_every_answer_has_its_state_and_its_words() -> None:
    for name, row in WHOLE.items():
        judgement = judge(answered(row), Action.REJECT)
        assert judgement.state is row.state, name
        assert row.told in f"{judgement.headline} {judgement.advice}", name


def test_what_something_on_the_way_says_blames_no_setting_and_is_no_verdict() -> None:
    for row in FROM_THE_WAY.values():
        answer = answered(row)
        judgement = judge(answer, Action.ACCEPT)
        assert judgement.field is None
        assert judgement.state in {State.UNCONFIRMED, State.RETRY_WAIT} or answer.status in {407, 511}
        assert "not recorded" not in str(judgement.headline)
        assert not lacks_permission(answer.status, answer.body)
        assert why_no_page(answer) is NoLook.REFUSED
        why = str(meaning(answer.status, answer.headers, answer.body).why)
        assert "Engagement" not in why.replace("probably not Engagement", "")


def test_what_an_earlier_version_took_for_a_refusal_is_told_as_one() -> None:
    judgement = judge(answered(FROM_THE_WAY["403 page"]), Action.REJECT, refused=True)
    assert judgement.state is State.REFUSED
    assert "Not accepted: a proxy or firewall on the way" in str(judgement.headline)
    assert "use Send again" in str(judgement.advice)
    lost = Lost(phase=Phase.WAITING, cause=Cause.CUT)
    assert judge(lost, Action.REJECT, refused=True).state is State.UNCONFIRMED


def test_what_is_in_engagements_shape_is_its_own() -> None:
    answers = {name: answered(row) for name, row in (OF_ENGAGEMENT | NOT_QUITE_SUCCESS).items()}
    wrong = [name for name, one in answers.items() if is_from_the_way(one.status, one.headers, one.body)]
    assert wrong == []
