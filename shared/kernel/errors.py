"""What a domain may answer instead of events."""


class Rejected(Exception):
    """A command that the state or a rule forbids; nothing was written.

    `code` is stable, kebab-case and listed in the problem catalogue (`shared/web/problems.yaml`), which also fixes
    the HTTP status: 409 when the state forbids, 422 when the content breaks a rule. `detail` is Chinese, for the user,
    and never holds personal data; whoever reads English is told the catalogue's title and `named`, the code, day or
    number that `detail` names. `reference` names the rule (for example `监察法 67` or `R11 art 43`), `pointer` the
    offending member of the request body as a JSON Pointer (RFC 6901).
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        reference: str | None = None,
        pointer: str | None = None,
        named: str | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail
        self.reference = reference
        self.pointer = pointer
        self.named = named


class UnknownEvent(Exception):
    """A stored (type, schema version) that this build does not know; whoever meets it must fail closed."""

    def __init__(self, event_type: str, schema_version: int) -> None:
        super().__init__(f"{event_type} v{schema_version}")
        self.event_type = event_type
        self.schema_version = schema_version
