"""Classification marks 密级标志: what bears one does not belong here and is refused before anything else reads it.

This system protects with commercial cryptography, which is for what is no state secret (密码法 7–8); state secrets are
handled in systems of their own (保守国家秘密法 30–31). What has to be refused is the *mark*, not the word: 无秘密可言
and 保守国家秘密 are ordinary text, and 内部资料 and 工作秘密 are no state secrets. [I] The standard gives the form of a
mark (GB/T 9704-2012: 机密★1年); which spellings of it count is our reading:

1. a level and a star, anywhere: 机密★1年, 绝密★启用前, 秘密★;
2. a level given as such, anywhere: 密级：机密, 【密级】绝密, 保密等级=秘密;
3. a level in brackets that begins or ends a line: 【机密】关于…, 关于…的报告（秘密）;
4. a line that is a level, alone or with its period or urgency: 机密, 绝密 长期, 秘密 10年 特急;
5. what calls itself one: 本件属于国家秘密, 本材料为机密;
6. in a member named like a label (`classification`, `label`, `密级`, …) any level, also in English.

Full and half width, traditional forms, and spaces or invisible characters in between make no difference.
"""

import re
import unicodedata

REFERENCE = "密码法 7–8；保守国家秘密法 30–31"

_SIMPLIFIED = str.maketrans("祕機絕絶級國屬係為爲檔報頁長啟啓開", "秘机绝绝级国属系为为档报页长启启开")
_STARS = "★☆⭐🌟⋆✦✧✩✪✫✬✭✮✯✰⚝"
# Shown as nothing or as a gap, though Unicode does not class them so: fillers and the blank braille pattern.
_FILLERS = "\u115f\u1160\u3164\u2800"
_INVISIBLE = frozenset({"Cf", "Mn", "Me", "Zs"})

_LEVEL = "(?:绝密|机密|(?<!工作)(?<!商业)(?<!技术)秘密)级?"
_PERIOD = (
    r"(?:(?:[0-9]{1,3}|[一二三四五六七八九十百]{1,4})(?:年|个月|日)|至[0-9年月日.\-]{1,11}止?"
    r"|长期|永久|启用前|公开前|解密前)"
)
_BRACKETS = r"\[({【〔〖<〈", r"\])}】〕〗>〉"
_BRACKETED = rf"[{_BRACKETS[0]}](?:国家秘密)?[·:,\-]?{_LEVEL}[·:,\-]?{_PERIOD}?[{_BRACKETS[1]}]"
_NAMED = "(?:密级|密别|秘级|(?:保密|秘密|涉密|密级)(?:等级|级别|程度|标志|标识))"
_ITSELF = "(?:本|此|该)(?:文件|材料|报告|档案|卷宗|资料|信件|件|文|页|卷|信)"

_ANYWHERE = re.compile(
    rf"{_LEVEL}[{_STARS}]|{_LEVEL}\*(?={_PERIOD}|$)"
    rf"|{_NAMED}[{_BRACKETS[1]}]?[:=|/\-–—]*(?<=[:=|/\-–—{_BRACKETS[1]}])[{_BRACKETS[0]}「『“\"]?(?:国家)?{_LEVEL}"
    rf"|{_ITSELF}(?:密级)?(?:为|系|是|属于|属|定为)(?:国家秘密|{_LEVEL})"
)
_OF_A_LINE = re.compile(
    rf"^{_BRACKETED}|{_BRACKETED}$"
    rf"|^{_NAMED}?{_LEVEL}{_PERIOD}?(?:特急|加急|特提|急件|平急)?$"
    rf"|^(?:特急|加急|特提|急件|平急)?{_LEVEL}{_PERIOD}?$"
)
_LABEL = re.compile(
    r"(?:secrecy|security|classification|confidentiality|secret)?[_-]?(?:label|level|class|grade|marking)"
    r"|classification|secrecy|密级|密别|标签|标识|保密等级|保密级别",
    re.IGNORECASE,
)
_ENGLISH = re.compile(r"top[_\-]?secret|state[_\-]?secret|secret|confidential", re.IGNORECASE)
_SUSPECT = re.compile(r"密|\\|secret|confidential", re.IGNORECASE)


def suspicious(text: str) -> bool:
    """Tell quickly whether a JSON text can hold a mark at all; an escape may hide anything."""
    return _SUSPECT.search(text) is not None


def is_marked(text: str, member: str | None = None) -> bool:
    """Tell whether `text`, the value of the member `member` (or a member's name), bears a classification mark."""
    labels = member is not None and _LABEL.fullmatch(member) is not None
    if "密" not in text:  # no other sign means it, in no width and no script
        return labels and _ENGLISH.fullmatch(_plain(text)) is not None
    lines = [_plain(line) for line in text.splitlines()]
    whole = "".join(lines)
    if _ANYWHERE.search(whole) or any(_OF_A_LINE.search(line) for line in lines):
        return True
    if _OF_A_LINE.fullmatch(whole):  # a mark that is written downwards
        return True
    return labels and re.match(_LEVEL, whole) is not None


def _plain(line: str) -> str:
    """Return a line in one spelling: half width, simplified, without anything that cannot be seen."""
    folded = unicodedata.normalize("NFKC", line).translate(_SIMPLIFIED)
    return "".join(sign for sign in folded if sign not in _FILLERS and not _unseen(sign))


def _unseen(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) in _INVISIBLE
