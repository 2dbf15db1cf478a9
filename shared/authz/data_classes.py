"""What kind of content a member of an answer is (domain.md §6.1): the policies say for each kind who sees it."""

from enum import StrEnum


class DataClass(StrEnum):
    """A class of content. A member that nobody has classed is shown to nobody."""

    RECORD = "record"
    """What tells that the thing is there and how it stands."""
    PEOPLE = "people"
    """Whom it is about and who applied."""
    HANDLING = "handling"
    """Who handles it, who may see it, who is recused."""
    CONTENT = "content"
    """What an applicant or an inspection team wrote."""
    IDENTITY = "identity"
    """Class A: who somebody is, how he is reached."""
    MASKED_IDENTITY = "masked_identity"
    """That there is an identity, without a word of it."""
    REPORT = "report"
    """Class B: what was reported."""
    INVESTIGATION = "investigation"
    """Class C: talks, evidence, records, drafts."""
    EXTRACT = "extract"
    """The part of class C that an expert or a consulted department gets."""
    STATEMENT = "statement"
    """What the cadre concerned said himself."""
    CONCLUSION = "conclusion"
    """Class D."""
    VOTES = "votes"
    """Who decided, and how."""
    FILE = "file"
    """Class E: volumes and files."""
