"""The codes of purposes: what somebody is reading or acting for, kept for ever with events and access records.

A code is a word of a list, without digits: no number of anybody, and no name that the list does not have, can get in.
"""

PURPOSE = r"[a-z][a-z_-]{0,39}"
"""What a code looks like."""
PURPOSES = {
    "case_handling": "办案",
    "trial": "审理",
    "review": "复查",
    "audit": "审计",
    "statistics": "统计",
    "petition": "信访",
    "visit": "回访",
    "other": "其他",
}
"""The codes of an installation that names no others."""
