"""A short run of the state machine; tests/reliability/machine.py is the long one."""

from hypothesis import HealthCheck, settings

from consent_desk.domain.consent.action import Action
from consent_desk.domain.lifecycle.state import State
from tests.machine import CUSTOMERS, Machine

JANE = next(iter(CUSTOMERS))

TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_what_was_not_seen_once_and_cannot_be_looked_up_since_is_a_persons() -> None:
    """Also once the permission is back: somebody has been asked by then."""
    machine = Machine()
    machine.begin(0, None)
    machine.threads_take_turns([], 1)
    machine.note(Action.REJECT, JANE)
    machine.a_backup_is_restored()
    machine.wait(600)
    machine.note(Action.ACCEPT, JANE)
    machine.the_permission_changes(may_read=False)
    for _ in range(4):
        machine.wait_for_what_is_next(6)

    machine.teardown()

    opt_out, opt_in = machine.noted
    assert machine.in_states({State.NOT_SEEN}) == [opt_out]
    assert machine.engine.question(opt_out) is not None
    failing = machine.engine.failing(opt_out)
    assert failing is not None
    assert failing.is_given_up
    assert "until the earlier opt-out" in str(machine.engine.outlook(opt_in))
    assert not machine.engagement.arrivals
