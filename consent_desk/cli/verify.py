"""Verify a journal, or a proof, and say what was found."""

import io
import sys
from pathlib import Path

from consent_desk.journal.verify import Verdict, verify
from consent_desk.proof.check import check, is_pages, is_proof
from consent_desk.proof.compare import compare
from consent_desk.system.folders import user_folders

_PAGES = (
    "This is the file for people: nothing in it can be checked. Check the .json that was saved with it, and "
    "compare the SHA-256 that is told of that one with the one that stands here on each page."
)

_PROVEN = (
    "Sound: what it says of the consents is what stood in the journal under that head, to the byte. Whoever "
    "could write the journal, or made this file anew as a whole, could have written something else: "
    "compare the head with a backup's, or with one that is kept elsewhere, and the SHA-256 with the pages. "
    "The times are those of the computer that noted them."
)


def verify_file(path: Path | None, compared_with: Path | None) -> int:
    """Verify what lies at `path`, without it the journal; print what was found, return the exit status."""
    journal = user_folders().journal
    path = journal if path is None else path
    # What cannot be encoded here, a folder's name for one, is written out.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    print(path)
    if (proven := _verify_proof(path, compared_with or journal)) is not None:
        return proven
    if compared_with is not None:
        print("--journal goes with a proof: this is none.")
        return Verdict.UNREADABLE
    found = verify(path)
    if found.interrupted:
        print("A transaction was broken off. This is the journal as the next start will find it.")
    if found.verdict is not Verdict.SOUND:
        print(found.why)
        return found.verdict
    print(f"Sound: {found.consents:,} consents, {found.facts:,} facts. The check file beside it agrees.")
    print(f"Head of the chain: {found.head}")
    print(
        "Damage would have been found, and so would any change by somebody who cannot write that file as "
        "well. Whoever can write both may have made all of it anew: compare this head with a backup's, "
        "or with one that is kept elsewhere."
    )
    return found.verdict


def _verify_proof(path: Path, journal: Path) -> int | None:
    """Check the file if it is a proof; None where it is none."""
    try:
        if is_pages(path):
            print(_PAGES)
            return Verdict.UNREADABLE
        if not is_proof(path):
            return None
        found = check(path.read_bytes())
    except OSError:
        # Said in the words for journals.
        return None
    print(f"SHA-256 of the file: {found.sha256}")
    if found.gist:
        print(*found.gist, sep="\n")
    if found.verdict is not Verdict.SOUND or found.proof is None:
        print(found.why)
        return found.verdict
    print(_PROVEN)
    compared = compare(found.proof, journal)
    print(compared.said)
    return Verdict.WRONG if compared.agrees is False else Verdict.SOUND
