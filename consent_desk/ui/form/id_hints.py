"""Says what is odd about a complete customer ID, and offers what may be meant. A person decides."""

from PySide6.QtCore import Signal

from consent_desk.domain.consent.draft import Draft, Field, Problem
from consent_desk.domain.text import cut
from consent_desk.engagement.customer_ids import Hint, IdHelp
from consent_desk.ui.form.notes import type_over
from consent_desk.ui.shell.context import Presenter, ShellContext
from consent_desk.ui.tasks import Lane
from consent_desk.ui.widgets.messages import phrase


class IdHintsPresenter(Presenter):
    """Emits `changed` when there is something else to say.

    An ID is complete when its field is left, or when it is pasted. `alternatives`: what else may be meant.
    `found`: what was found of the last one.
    """

    changed = Signal()

    def __init__(self, shell: ShellContext, help_with: IdHelp) -> None:
        super().__init__(shell)
        self._form = form = self._window.consent
        self._hint = help_with.hint
        self.alternatives = help_with.alternatives
        self._about: tuple[str, str] = ("", "")
        self.found: Hint | None = None
        form.customer_id_completed.connect(self._ask)
        form.suggestion.clicked.connect(self._take)

    def warnings(self, draft: Draft) -> tuple[Problem, ...]:
        """What to say beside the customer ID of `draft`, which may be another one by now."""
        if self.found is not None and draft.caller != self._about:
            self._about, self.found = ("", ""), None
            self._show()
        return () if self.found is None else (Problem(Field.CUSTOMER_ID, self.found.message),)

    def _ask(self) -> None:
        about = self._form.draft().caller
        if about == self._about:
            return

        def done(hint: Hint | None) -> None:
            # Typed on meanwhile: this answer is about something else.
            if about == self._form.draft().caller:
                self._about, self.found = about, hint
                self._show()
                self.changed.emit()

        self._runner.run(Lane.ASIDE, lambda: self._hint(*about), done=done, failed=lambda error: None)

    def _show(self) -> None:
        suggestion = "" if self.found is None else self.found.suggestion
        text = phrase("form", "Use {id}").format(id=cut(suggestion))
        self._form.suggestion.setText(text.replace("&", "&&"))
        # Its name, by which it is found, hides its text from assistive technology.
        self._form.suggestion.setAccessibleDescription(text if suggestion else "")
        self._form.suggestion.setVisible(bool(suggestion))

    def _take(self) -> None:
        if self.found is not None:
            type_over(self._form.customer_id, self.found.suggestion)
