"""Child of `run.py`: from a pasted customer ID to a consent that the sandbox was seen to show.

Prints milliseconds since the paste: until it is known, delivered, verified. The sandbox shows a write at
once, and the clock is set on where the policy waits for a look-up: what is left is the program's own.
Argument: how many.
"""

import json
import sys
import time
from functools import partial
from itertools import product

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from consent_desk.domain.consent.values import Timestamp
from consent_desk.domain.lifecycle.judgement import LOOK_AFTER, SECOND
from consent_desk.system.clock import now
from tests.bench.opened import opened, until

CUSTOMERS = ("jane@example.com", "kofi.mensah@example.org", "mei.tanaka@example.com")
CATEGORIES = ("sms_marketing", "newsletter", "personal_offers", "order_updates", "partner_offers")
"""None of these customers has rejected any of them: nothing is asked."""


class Clock:
    """This computer's clock, set forward."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> Timestamp:
        return Timestamp(now().micros + self.ahead)


def main() -> None:
    count = int(sys.argv[1])
    clock, times = Clock(), []
    with opened(now=clock, delay=0.0, nap=0.005) as (qt, window):
        form, status = window.consent, window.status.latest
        until(qt, lambda: len(form.categories) > 0)
        for customer, category in [*product(CUSTOMERS, CATEGORIES)][:count]:
            form.category.set_text(category)
            form.customer_id.setFocus()
            form.customer_id.selectAll()
            QGuiApplication.clipboard().setText(customer)
            began = time.perf_counter()
            QTest.keyClick(form.customer_id, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
            until(qt, partial(begins, form.known.chosen, f"{category}: "))
            known = time.perf_counter()
            # Without a window manager, no window is the one that takes shortcuts.
            QTest.mouseClick(form.send, Qt.MouseButton.LeftButton)
            told = f"\n{customer}, opt-out of {category}"
            until(qt, partial(says, status, "Delivered to the Sandbox", told))
            delivered = time.perf_counter()
            clock.ahead += LOOK_AFTER[0] + SECOND
            until(qt, partial(says, status, "Shown by the Sandbox", told))
            verified = time.perf_counter()
            times.append([1e3 * (at - began) for at in (known, delivered, verified)])
    print(json.dumps(times))


def begins(label: QLabel, start: str) -> bool:
    return label.text().startswith(start)


def says(label: QLabel, what: str, of_whom: str) -> bool:
    return what in label.text() and label.text().endswith(of_whom)


if __name__ == "__main__":
    main()
