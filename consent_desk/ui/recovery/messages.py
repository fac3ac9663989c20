"""What a restoration or a salvage came to, in a person's words."""

from consent_desk.domain.backup import Backup, Missing, Restored, Salvage


def why_not_restore(backup: Backup, missing: Missing | None) -> str:
    """What a person must know before a backup takes the journal's place."""
    parts = [f"Put the backup of {backup.day} in the place of the journal?"]
    if missing is None:
        parts.append("What was noted after it was made is not in it.")
    elif missing.consents:
        unsettled = ""
        if missing.unsettled:
            unsettled = (
                f" {missing.unsettled:,} of these {_has(missing.unsettled)} not certainly reached "
                "Engagement, and would not be sent any more: see “not yet confirmed” by the log first."
            )
        is_or_are = "is" if missing.consents == 1 else "are"
        parts.append(f"{_consents(missing.consents)} noted since {is_or_are} not in it.{unsettled}")
    else:
        parts.append("It holds every consent that the journal holds.")
    parts.append("The journal's present file is renamed and kept.")
    return "\n\n".join(parts)


def told_restored(backup: Backup, restored: Restored) -> str:
    """What a restoration came to."""
    text = f"The backup of {backup.day} was restored."
    if restored.replaced is not None:
        text += f" The journal that was there is kept as {restored.replaced.name}."
    return text + _open(restored.restored)


def told_salvaged(saved: Salvage) -> str:
    """What a salvage came to."""
    if saved.consents_lost:
        lost = f"{saved.consents_lost:,} could not be read"
        text = f"{saved.consents:,} of {_consents(saved.consents + saved.consents_lost)} were saved, {lost}"
    else:
        was_or_were = "was" if saved.consents == 1 else "were"
        text = f"{_consents(saved.consents)} {was_or_were} saved, none is known to be lost"
    if saved.damaged is not None:
        text += f"; the damaged file is kept as {saved.damaged.name}"
    text += "."
    if saved.facts_lost:
        facts = saved.facts + saved.facts_lost
        text += f" Of {facts:,} facts, what happened to the consents, {saved.facts_lost:,} could not be read."
    if saved.incomplete:
        text += f" {saved.incomplete:,} of them lack the customer or an answer."
    if saved.rest:
        text += " What fits nowhere any more is kept beside it (.rest.jsonl)."
    return text + _open(saved.restored)


def _open(count: int) -> str:
    if not count:
        return ""
    it_is, it = ("It is", "it") if count == 1 else ("They are", "them")
    return (
        f" {_consents(count)} may have gone out since. {it_is} looked up before anything is sent. "
        f"Do not enter {it} again."
    )


def _consents(count: int) -> str:
    return f"{count:,} consent{'' if count == 1 else 's'}"


def _has(count: int) -> str:
    return "has" if count == 1 else "have"
