from consent_desk.domain.faults import Fault


def test_a_fault_is_found_by_its_name_and_says_whether_the_request_is_carried_out() -> None:
    assert Fault("silence") is Fault.SILENCE
    assert (Fault.SILENCE.stores, Fault.NOT_FOUND.stores) == (True, False)
    assert Fault.SILENCE.description == "an answer that never comes; stored"
    assert Fault.NOT_FOUND.description == "404 with an HTML page; not stored"
