"""The named misbehaviours that the practice server can show."""

from enum import StrEnum


class Fault(StrEnum):
    """A misbehaviour by its name. `stores`: the request is carried out, and only its answer suffers."""

    description: str
    stores: bool

    def __new__(cls, name: str, stores: bool = False, description: str = "") -> "Fault":
        """Make a member. The defaults are for looking one up by its name, `Fault("silence")`."""
        fault = str.__new__(cls, name)
        fault._value_ = name
        fault.stores = stores
        fault.description = f"{description}; {'stored' if stores else 'not stored'}"
        return fault

    RATE_LIMIT = "rate-limit", False, "429 Too Many Requests"
    RATE_LIMIT_RETRY_AFTER = "rate-limit-retry-after", False, "429 with Retry-After: 30"
    SERVER_ERROR = "server-error", False, "500 with an HTML page"
    SERVER_ERROR_STORED = "server-error-stored", True, "500 with an HTML page"
    DROP_BEFORE_STORING = "drop-before-storing", False, "connection closed without an answer"
    DROP_AFTER_STORING = "drop-after-storing", True, "connection closed without an answer"
    SILENCE = "silence", True, "an answer that never comes"
    TRICKLE_HEADERS = "trickle-headers", True, "headers that arrive a byte every 0.3 seconds"
    TRICKLE_BODY = "trickle-body", True, "a body that arrives a byte every 0.3 seconds"
    OVERSIZED_BODY = "oversized-body", True, "200 with a body of 2 MiB"
    ONE_LINE = "one-line", True, "200 with a body of 1 MB in one line"
    GZIP_BOMB = "gzip-bomb", True, "200 with 256 MiB packed into 256 KiB"
    MALFORMED_BODY = "malformed-body", True, "200 with bytes that are neither JSON nor text"
    DEEP_JSON = "deep-json", True, "200 with JSON nested 100,000 levels deep"
    NO_SUCCESS = "no-success", True, "200 that does not say whether it was taken"
    SUCCESS_FALSE = "success-false", False, "200 with success false: not authorized"
    REDIRECT_301 = "redirect-301", False, "301 to another host"
    REDIRECT_307 = "redirect-307", False, "307 to another host"
    NOT_FOUND = "not-found", False, "404 with an HTML page"
    INVALID_SECRET = "invalid-secret", False, "403 invalid secret"
    BAD_GATEWAY = "bad-gateway", False, "502 with a proxy's HTML page and no x-request-id"
    FIREWALL = "firewall", False, "403 with a firewall's short text and no x-request-id"
    PACKED = "packed", True, "200 packed with gzip, which was not asked for"
    CUT_BODY = "cut-body", True, "connection closed in the middle of the body"
    NOT_HTTP = "not-http", False, "an answer in another protocol"
