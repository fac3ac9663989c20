"""What came of one call: an answer, or the reason why there is none.

Network trouble is a value; `lifecycle.judgement` decides what it means for a consent.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import assert_never

from consent_desk.domain.consent.draft import Field
from consent_desk.domain.message import Message, say
from consent_desk.domain.wire.answer import Headers, Meaning

DEADLINE = 20.0
"""Seconds after which a call has ended, answered or not."""


class Phase(StrEnum):
    """How far a call came."""

    RESOLVING = "resolving"
    CONNECTING = "connecting"
    SENDING = "sending"
    WAITING = "waiting"
    READING = "reading"


class Cause(StrEnum):
    """Why a call ended without an answer."""

    UNKNOWN_HOST = "unknown host"
    CONNECTION_REFUSED = "connection refused"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    CERTIFICATE_ISSUER = "certificate issuer"
    CERTIFICATE_NAME = "certificate name"
    CERTIFICATE_DATE = "certificate date"
    CLIENT_CERTIFICATE = "client certificate"
    NO_COMMON_TLS = "no common TLS"
    HANDSHAKE = "TLS handshake"
    NOT_TLS = "not TLS"
    PROXY = "proxy"
    PROXY_CREDENTIALS = "proxy credentials"
    PROXY_KIND = "proxy kind"
    PROXY_SETTING = "proxy setting"
    DEADLINE = "deadline"
    CUT = "cut"
    MALFORMED = "malformed"
    CANCELLED = "cancelled"
    HELD = "held"
    REMOVED = "removed"
    OVERTAKEN = "overtaken"
    PROGRAM_ENDED = "program ended"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What is known of the way that a call went, each empty where it is not. `str` of it is kept in `detail`.

    `proxy` is host and port, `named_by` the setting that names it, usable or not; `direct_by` is what speaks
    against one. `issuer` and `ends` are those of the server's certificate, proven or not. `trust` are the
    variables of the environment that decide what is trusted, with their values.
    """

    proxy: str = ""
    named_by: str = ""
    direct_by: str = ""
    issuer: str = ""
    ends: str = ""
    trust: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        told = {
            "certificate issued by ": self.issuer,
            "it ends on ": self.ends,
            "through the proxy ": self.proxy,
            "named by ": self.named_by,
            "without a proxy because of ": self.direct_by,
            "trusted is what is named by ": " and ".join(name for name, _ in self.trust),
        }
        return "; ".join(f"{what}{value}" for what, value in told.items() if value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A whole answer came, or its first MiB (`truncated`). `elapsed` in seconds."""

    status: int
    headers: Headers
    body: bytes
    truncated: bool = False
    elapsed: float = 0.0
    way: Way = field(default=Way(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSent:
    """No byte of the request was handed to the network. `detail` is technical and holds no secret."""

    phase: Phase
    cause: Cause
    detail: str = ""
    elapsed: float = 0.0
    way: Way = field(default=Way(), compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """The request had left, wholly or in part, and no whole answer came back.

    `status`, `headers` and `body` are what came of an answer that broke off; without a status, none did.
    """

    phase: Phase
    cause: Cause
    detail: str = ""
    elapsed: float = 0.0
    status: int | None = None
    headers: Headers = ()
    body: bytes = b""
    way: Way = field(default=Way(), compare=False)


Outcome = Answered | NotSent | Lost
"""What came of one attempt to send."""


class LookReason(StrEnum):
    """Why what was seen of a consent is not verified, or does not hold. The journal keeps the values."""

    STORED_OTHERWISE = "stored otherwise"
    """Our request ID stands at another action or category."""
    FAR_AHEAD = "far ahead"
    """An event in milliseconds or microseconds rules: nothing that is dated now comes after it."""
    OVERRULED = "overruled"
    """A later event of the other action rules."""
    SAME_TIME = "same time"
    """So may one of the same moment: which of the two does is not promised."""
    CHANGED_SINCE = "changed since"
    """The other action was recorded later, and then this one again."""
    NO_TIME = "no time"
    """The time of our event cannot be read."""
    OTHER_TIME = "other time"
    """Our event stands there at another time."""
    NO_EVENT = "no event"
    """What is said of the category rests on no event."""
    OLDER = "older"
    """What is said of the category is older than our event."""
    PAST_END = "past end"
    """An opt-in is said to hold, and its end is past."""
    OTHER_END = "other end"
    """Our opt-in has another end."""


SPEAKS_AGAINST = frozenset({LookReason.STORED_OTHERWISE, LookReason.FAR_AHEAD, LookReason.OVERRULED})
"""What contradicts a consent, whatever is said of its category."""

LAGS = frozenset({LookReason.CHANGED_SINCE, LookReason.NO_EVENT, LookReason.OLDER})
"""Where what is said of the category may be behind the history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An event as it stands in Engagement's history, each part as it is written there, inert and cut."""

    action: str
    category: str
    time: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a complete look into Engagement showed (sections 4.4 and 4.5).

    `seen`: our event stands in the history. `later`: so does a later one for its category. `valid`: what
    holds for the category now, None where that was not told. `blind`: the key may not read consents, so
    that nothing could be seen; the others then say nothing. `since` in UNIX seconds and `source` belong to
    what holds. `unknown`: there was no such customer. `unlisted`: the project has no such category.
    `steady`: monotonic seconds since the fact before it, None where that was of another run.
    `reason`: what keeps it from being verified, where more does than `valid`; `event`: what that is about.
    """

    seen: bool = False
    later: bool = False
    valid: bool | None = None
    since: float | None = None
    source: str = ""
    blind: bool = False
    unknown: bool = False
    unlisted: bool = False
    steady: float | None = None
    reason: LookReason | None = None
    event: Stored | None = None
    elapsed: float = 0.0


class NoLook(StrEnum):
    """Why a look told nothing."""

    NO_ANSWER = "no answer"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too large"
    NOT_ADVANCING = "not advancing"
    TOO_LONG = "too long"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedLook:
    """A look that told nothing: `why`, and the `outcome` of the call that it failed at.

    `failed`: so many looks have failed since the last one that was written down, this one among them.
    `steady` as in `Look`. `elapsed`: all its calls together, in seconds.
    """

    why: NoLook
    outcome: Outcome | None = None
    failed: int = 1
    steady: float | None = None
    elapsed: float = 0.0


def why_no_answer(outcome: NotSent | Lost) -> Meaning:
    """Why a call got no answer, and what to do for the next one."""
    match outcome:
        case NotSent(cause=Cause.CERTIFICATE_ISSUER, way=Way(issuer=issuer)) if issuer:
            named = say(
                "wire", "this computer does not trust the issuer of the server's certificate, {issuer}"
            ).format(
                issuer=issuer,
            )
            return Meaning(named, _UNTRUSTED.advice, _UNTRUSTED.field)
        case NotSent(cause=cause):
            return _NOT_SENT.get(cause, _NOT_SENT[Cause.UNEXPECTED])
        case Lost(cause=Cause.CLIENT_CERTIFICATE):
            return _NOT_SENT[Cause.CLIENT_CERTIFICATE]
        case Lost():
            return Meaning(_why_lost(outcome), _NETWORK)
        case _ as never:
            assert_never(never)


_NETWORK = say("wire", "Check the network connection.")
_UNTRUSTED = Meaning(
    say("wire", "this computer does not trust the issuer of the server's certificate"),
    say("wire", "Tell your administrator: something on the way may answer in Engagement's place."),
    Field.BASE_URL,
)
_NOT_SENT = {
    Cause.UNKNOWN_HOST: Meaning(
        say("wire", "the address of Engagement was not found"),
        say("wire", "Check the network connection, then the base URL."),
        Field.BASE_URL,
    ),
    Cause.CONNECTION_REFUSED: Meaning(
        say("wire", "nothing answers at the address of Engagement"), _NETWORK, Field.BASE_URL
    ),
    Cause.UNREACHABLE: Meaning(say("wire", "Engagement cannot be reached"), _NETWORK),
    Cause.CERTIFICATE: Meaning(
        say("wire", "the server could not prove that it is Engagement"),
        say("wire", "Tell your administrator: its certificate is not trusted on this computer."),
        Field.BASE_URL,
    ),
    Cause.CERTIFICATE_ISSUER: _UNTRUSTED,
    Cause.CERTIFICATE_NAME: Meaning(
        say("wire", "the server's certificate is for another name than that of the base URL"),
        say(
            "wire",
            "Check the base URL. If it is right, tell your administrator: somebody else answers there.",
        ),
        Field.BASE_URL,
    ),
    Cause.CERTIFICATE_DATE: Meaning(
        say("wire", "by this computer's clock, the server's certificate has expired or is not valid yet"),
        say(
            "wire",
            "Check this computer's clock, its date too. If it is right, tell your administrator: the "
            "certificate is to be renewed.",
        ),
    ),
    Cause.CLIENT_CERTIFICATE: Meaning(
        say("wire", "the server wants a client certificate, and Consent Desk has none"),
        say("wire", "Tell your administrator: check the base URL. Engagement asks for a key alone."),
        Field.BASE_URL,
    ),
    Cause.NO_COMMON_TLS: Meaning(
        say("wire", "the server and this computer have no version or cipher of TLS in common"),
        say("wire", "Tell your administrator: check the base URL, and what is on the way to it."),
        Field.BASE_URL,
    ),
    Cause.HANDSHAKE: Meaning(
        say("wire", "the server did not agree to a secure connection (TLS)"),
        say("wire", "Tell your administrator: check the base URL, and what is on the way to it."),
        Field.BASE_URL,
    ),
    Cause.NOT_TLS: Meaning(
        say("wire", "the server does not speak https"),
        say("wire", "Tell your administrator: check the base URL."),
        Field.BASE_URL,
    ),
    Cause.PROXY: Meaning(
        say("wire", "the proxy on the way did not let it through"),
        say("wire", "Ask your network's administrator."),
    ),
    Cause.PROXY_CREDENTIALS: Meaning(
        say("wire", "the proxy on the way wants a user name and password"),
        say("wire", "Ask your network's administrator to let this program through without."),
    ),
    Cause.PROXY_KIND: Meaning(
        say(
            "wire", "this computer wants a proxy of a kind that Consent Desk does not support, such as SOCKS"
        ),
        say("wire", "Ask your network's administrator for an http proxy, or for a way without one."),
    ),
    Cause.PROXY_SETTING: Meaning(
        say("wire", "this computer wants a proxy whose address cannot be read"),
        say(
            "wire",
            "Check its proxy settings, and variables such as https_proxy. An address looks like "
            "http://proxy.example:3128.",
        ),
    ),
    Cause.DEADLINE: Meaning(say("wire", "Engagement did not answer the connection in time"), _NETWORK),
    Cause.PROGRAM_ENDED: Meaning(
        say("wire", "Consent Desk was closed before it left"), say("wire", "Nothing was sent.")
    ),
    Cause.HELD: Meaning(
        say("wire", "its project now leads elsewhere"),
        say("wire", "It is held, and goes only where it was noted for."),
        Field.BASE_URL,
    ),
    Cause.REMOVED: Meaning(
        say("wire", "its project was removed from this computer"),
        say("wire", "It cannot be sent from here any more."),
    ),
    Cause.UNEXPECTED: Meaning(say("wire", "the connection could not be made"), _NETWORK),
}


def _why_lost(outcome: Lost) -> Message:
    if outcome.cause is Cause.PROGRAM_ENDED:
        return say("wire", "the program ended while it was being sent")
    if outcome.cause is Cause.DEADLINE:
        return say("wire", "Engagement did not answer in time")
    if outcome.cause is Cause.UNEXPECTED:
        return say("wire", "something unexpected went wrong on this computer")
    if outcome.phase is Phase.SENDING:
        return say("wire", "the line broke while it was being sent")
    if outcome.cause is Cause.MALFORMED:
        return say("wire", "the answer could not be understood")
    if outcome.phase is Phase.READING:
        return say("wire", "the line broke while Engagement was answering")
    return say("wire", "the line broke before Engagement answered")
