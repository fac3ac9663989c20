"""Sentences for people, kept as a template and its values until they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence: `template` with `{names}`, and the `values` that fill them."""

    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """The sentence in the program's own language."""
        return self.template.format_map(self.values)


def say(template: str, /, **values: object) -> Message:
    """Build a `Message`."""
    return Message(template, values)
