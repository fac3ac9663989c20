"""Sentences for people, kept as a template and its values until they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence: `template` with `{names}`, and the `values` that fill them.

    `context` is the room that says it, by which translators tell alike texts apart. Where it depends on a
    `count`, `%n` stands for that in `template` and in `one`, which is the sentence for a count of one.
    """

    template: str
    values: Mapping[str, object] = field(default_factory=dict)
    context: str = field(default="", compare=False)
    one: str = ""
    count: int | None = None

    def __str__(self) -> str:
        """The sentence in the program's own language."""
        return counting(self.own, self.count).format_map(self.values)

    @property
    def own(self) -> str:
        """The template of the program's own language."""
        return self.one if self.one and self.count == 1 else self.template

    def format(self, **values: object) -> "Message":
        """The same with `values`."""
        return replace(self, values=values)


def counting(template: str, count: int | None) -> str:
    """`template` with its count."""
    return template if count is None else template.replace("%n", f"{count:,}")


def say(context: str, template: str, one: str = "", count: int | None = None, /) -> Message:
    """Build a `Message`. Its values are given by `format`: `lupdate` reads what stands in these brackets.

    It reads texts as they stand, and a count only where that is a name.
    """
    return Message(template, context=context, one=one, count=count)
