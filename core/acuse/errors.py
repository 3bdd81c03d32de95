"""Everything Acuse raises on purpose.

    AcuseError
      Refused        the caller must change something; asking again cannot help
      Unavailable    the world may change; ask again after `retry_after` seconds

Each class has a stable `code`, safe to show to anyone; docs/reference/errors.md lists them all.
Only an edge (a web route, the worker's loop, the CLI) turns an error into a status or a retry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class AcuseError(Exception):
    """Base of all errors raised on purpose; `code` is stable and safe to show."""

    code: ClassVar[str] = "acuse_error"


class Refused(AcuseError):
    """Asking again with the same input cannot succeed."""

    code = "refused"


class Unavailable(AcuseError):
    """Something we depend on did not answer; ask again after `retry_after` seconds."""

    code = "unavailable"

    def __init__(self, detail: str, *, retry_after: float = 30.0) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


# --- settings, manifests, database -------------------------------------------------------------


class InvalidSettings(Refused):
    """A setting is missing or has a value that cannot be used."""

    code = "invalid_settings"


class InvalidManifest(Refused):
    """A Tenant manifest or one of the secrets it names cannot be used."""

    code = "invalid_manifest"


class UnsafeRole(Refused):
    """The database role owns objects or can bypass row-level security."""

    code = "unsafe_database_role"


class MigrationConflict(Refused):
    """The database's schema history is not a prefix of this version's migrations."""

    code = "migration_conflict"


class DatabaseUnavailable(Unavailable):
    """PostgreSQL did not answer, or ended the connection."""

    code = "database_unavailable"


class DatabaseRefused(Refused):
    """PostgreSQL refused a statement: no such table yet, no right, or a value it cannot hold."""

    code = "database_refused"


# --- intake --------------------------------------------------------------------------------------


class BadSignature(Refused):
    """X-Hub-Signature-256 is missing, malformed, or does not match the raw body."""

    code = "bad_signature"


class UnknownTenant(Refused):
    """No tenant is routed at this path."""

    code = "unknown_tenant"


class ForeignNumber(Refused):
    """The body names a phone number or WABA that is not the route's tenant's."""

    code = "foreign_number"


class VerificationFailed(Refused):
    """The GET verification has the wrong mode or verify token."""

    code = "verification_failed"


class BodyTooLarge(Refused):
    """The request's body is over the limit."""

    code = "body_too_large"


class TooManyUpdates(Refused):
    """The batch holds more updates than Meta's documented maximum."""

    code = "too_many_updates"


class BodyIncomplete(Refused):
    """The connection ended, or took too long, before the whole body had come."""

    code = "body_incomplete"


class IntakeOverloaded(Unavailable):
    """The pending list is full or a flush took too long; Meta will deliver again."""

    code = "intake_overloaded"


# --- Graph API and media -------------------------------------------------------------------------


class GraphRefused(Refused):
    """Meta's Graph API refused a call for a reason that will not pass by itself.

    `graph_code` is Meta's `error.code`; None where the answer had none.
    """

    code = "graph_refused"

    def __init__(self, detail: str, *, graph_code: int | None = None) -> None:
        super().__init__(detail)
        self.graph_code = graph_code


class GraphUnavailable(Unavailable):
    """Meta's Graph API failed, timed out or asked to slow down.

    `pauses` says that nothing of this number will succeed before a person acts (token, payment).
    """

    code = "graph_unavailable"

    def __init__(
        self,
        detail: str,
        *,
        retry_after: float = 30.0,
        graph_code: int | None = None,
        pauses: bool = False,
    ) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.graph_code = graph_code
        self.pauses = pauses


class GraphNumberNotFound(GraphRefused):
    """Meta has no such phone number, or the access token does not open it."""

    code = "graph_number_not_found"


class SendAmbiguous(AcuseError):
    """A message may or may not have been sent: no answer came after the request had left."""

    code = "send_ambiguous"


class MediaGone(Refused):
    """Meta no longer has the media."""

    code = "media_gone"


class MediaHostRefused(Refused):
    """The media's address is not on an allowed host."""

    code = "media_host_refused"


class MediaTooLarge(Refused):
    """The file is larger than the limit for its type."""

    code = "media_too_large"


class MediaTypeUnsupported(Refused):
    """The file is of a type that Acuse does not read."""

    code = "media_type_unsupported"


class MediaChecksumMismatch(Unavailable):
    """The bytes that came do not have the sha256 that Meta announced."""

    code = "media_checksum_mismatch"


class ObjectStoreUnavailable(Unavailable):
    """The object store did not answer or refused the call."""

    code = "object_store_unavailable"


# --- reading -------------------------------------------------------------------------------------


class DocumentBroken(Refused):
    """The file cannot be opened as what it claims to be."""

    code = "document_broken"


class DocumentProtected(Refused):
    """The PDF needs a password."""

    code = "document_protected"


class DocumentTooBig(Refused):
    """The document has too many pixels or pages."""

    code = "document_too_big"


class ReadingTimedOut(Refused):
    """Reading went past its time limit and was ended."""

    code = "reading_timed_out"


class ReadingCrashed(Refused):
    """The child process that reads the document died, or went past its memory limit."""

    code = "reading_crashed"


class EngineMissing(Unavailable):
    """Tesseract or one of its languages is not installed."""

    code = "engine_missing"


class ReaderUnavailable(Unavailable):
    """The system gives no process to read a document with."""

    code = "reader_unavailable"


# --- work ----------------------------------------------------------------------------------------


class LeaseLost(AcuseError):
    """Another worker holds this event now; what was being written is rolled back."""

    code = "lease_lost"


class EventNotFound(Refused):
    """No event has this id."""

    code = "event_not_found"


class EventStateConflict(Refused):
    """The event's state does not allow what was asked."""

    code = "event_state_conflict"


class PayloadUnreadable(Refused):
    """An event's payload does not hold what its kind promises."""

    code = "payload_unreadable"


class MessageNotHere(Unavailable):
    """An edit or a revocation came before the message that it is about."""

    code = "message_not_here"


class TenantMissing(Unavailable):
    """The event's tenant, or its number, is in no manifest at the moment."""

    code = "tenant_missing"


# --- ledger and API ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LedgerFault:
    """What is wrong in one line of a ledger; never holds what the line says."""

    line: int
    code: str
    column: str | None = None


class LedgerInvalid(Refused):
    """A ledger file or row cannot be imported; nothing of it was. `faults` says where and why."""

    code = "ledger_invalid"

    def __init__(self, detail: str, *, faults: tuple[LedgerFault, ...] = ()) -> None:
        super().__init__(detail)
        self.faults = faults


class Unauthorized(Refused):
    """The bearer token is missing, unknown, revoked or expired."""

    code = "unauthorized"


class ScopeMissing(Refused):
    """The token lacks the scope that this call needs."""

    code = "scope_missing"


class NotFound(Refused):
    """There is no such object for this tenant."""

    code = "not_found"


class InvalidRequest(Refused):
    """The request does not have the documented shape."""

    code = "invalid_request"


class MethodNotAllowed(Refused):
    """There is something at this path, but not for this method."""

    code = "method_not_allowed"


class IdempotencyConflict(Refused):
    """The idempotency key was used before, for something else."""

    code = "idempotency_conflict"


class ContentTypeUnsupported(Refused):
    """The request's body is of a type that this call does not take."""

    code = "content_type_unsupported"


# --- cluster -------------------------------------------------------------------------------------


class KubeconfigRefused(Refused):
    """A kubeconfig cannot be used, or wants what Acuse never does: run a plugin, read its files."""

    code = "kubeconfig_refused"


class ApiUnavailable(Unavailable):
    """A Kubernetes API server did not answer, failed, or asked to slow down.

    `status` is its HTTP status; None when no answer came at all.
    """

    code = "api_unavailable"

    def __init__(self, detail: str, *, retry_after: float = 1.0, status: int | None = None) -> None:
        super().__init__(detail, retry_after=retry_after)
        self.status = status


class ApiConflict(Unavailable):
    """An object was changed, or made, by somebody else meanwhile; read it again.

    `reason` is Kubernetes' own word: `Conflict` or `AlreadyExists`.
    """

    code = "api_conflict"

    def __init__(self, detail: str, *, reason: str = "Conflict") -> None:
        super().__init__(detail, retry_after=0.1)
        self.reason = reason


class ApiExpired(Unavailable):
    """The API server no longer has the version that a list or watch started from."""

    code = "api_expired"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, retry_after=0.1)


class ApiRefused(Refused):
    """A Kubernetes API server refused a call: no right, no such object, or an invalid one.

    `status` is its HTTP status, `reason` Kubernetes' own word for it.
    """

    code = "api_refused"

    def __init__(self, detail: str, *, status: int, reason: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.reason = reason


# --- laboratory ----------------------------------------------------------------------------------


class LabUnavailable(Refused):
    """Regions cannot run on this machine, or a cluster that was given cannot do this."""

    code = "lab_unavailable"
