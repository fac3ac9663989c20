"""A short run of the state machine; tests/reliability/machine.py is the long one."""

from hypothesis import HealthCheck, settings

from tests.machine import Machine

TestMachine = Machine.TestCase
TestMachine.settings = settings(
    max_examples=30, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
