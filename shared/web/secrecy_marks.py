"""Classification marks 密级标志: what bears one does not belong here and is refused before anything else reads it.

This system protects with commercial cryptography, which is for what is no state secret (密码法 7–8); state secrets are
handled in systems of their own (保守国家秘密法 30–31). What has to be refused is the *mark*, not the word: 无秘密可言
and 保守国家秘密 are ordinary text, and 内部资料 and 工作秘密 are no state secrets. [I] The standard gives the form of a
mark (GB/T 9704-2012: 机密★1年); which spellings of it count is our reading:

1. a level and a star, anywhere: 机密★1年, 绝密★启用前, 秘密★;
2. a level given as such, anywhere: 密级：机密, 【密级】绝密, 保密等级=秘密, 密级为机密;
3. a level in brackets that begins or ends a line: 【机密】关于…, 关于…的报告（秘密）;
4. a line that is a level, alone or with its period, its urgency or the number of its copy: 机密。, “绝密 长期”,
   秘密 10年 特急, 机密 第3份, 机密，保密期限1年, also in English: TOP SECRET, SECRET, CONFIDENTIAL;
5. what calls itself one: 本件属于国家秘密, 本材料为机密;
6. in a member named like a label (`classification`, `label`, `密级`, …) any level, also in English.

Full and half width, traditional forms, and spaces or invisible characters in between make no difference.
"""

import re
import unicodedata

REFERENCE = "密码法 7–8；保守国家秘密法 30–31"

_SIMPLIFIED = str.maketrans("祕機絕絶級國屬係為爲檔報頁長啟啓開", "秘机绝绝级国属系为为档报页长启启开")
# Black and white stars, star operators, dingbat stars and asterisks, small and large stars, emoji, geometric stars.
_STARS = "★☆⋆⍟⚝∗⁎⁑⁂⁕٭\u2721-\u274b\u2b50-\u2b52\U0001f31f\U0001f320\U0001f7c0-\U0001f7d8"
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
    rf"|{_NAMED}(?:为|是|(?:确|被)?定为)(?:国家)?{_LEVEL}(?!级?[、和或及与还的])"
    rf"|{_ITSELF}(?:密级)?(?:为|系|是|属于|属|定为)(?:国家秘密|{_LEVEL})"
)
_AT_AN_EDGE = re.compile(rf"^{_BRACKETED}|{_BRACKETED}$")
_URGENCY = "(?:特急|加急|特提|急件|平急)?"
_TERM = rf"(?:[,;、·]?(?:保密)?(?:期限|期)?[:为是]?{_PERIOD})?"
_COPY = r"(?:[,;、·]?第(?:[0-9]{1,6}|[一二三四五六七八九十百]{1,4})份)?"
_ALONE = re.compile(rf"{_NAMED}?{_LEVEL}{_TERM}{_URGENCY}{_COPY}|{_URGENCY}{_LEVEL}{_TERM}{_COPY}")
_ALONE_IN_ENGLISH = re.compile(r"(?i:top[_\-]?secret)|SECRET|CONFIDENTIAL")
_AROUND = "\"'“”‘’「」『』()[]{}【】〔〕〖〗<>〈〉*"
_AFTER = _AROUND + "。.!,;、…"
_LABEL = re.compile(
    r"(?:secrecy|security|classification|confidentiality|secret)?[_-]?(?:label|level|class|grade|marking)"
    r"|classification|secrecy|密级|密别|标签|标识|保密等级|保密级别",
    re.IGNORECASE,
)
_ENGLISH = re.compile(r"top[_\-]?secret|state[_\-]?secret|secret|confidential", re.IGNORECASE)
_SUSPECT = re.compile(r"密|\\|secret|confidential|[ｓｃ]", re.IGNORECASE)


def suspicious(text: str) -> bool:
    """Tell quickly whether a JSON text can hold a mark at all; an escape may hide anything."""
    return _SUSPECT.search(text) is not None


def is_marked(text: str, member: str | None = None) -> bool:
    """Tell whether `text`, the value of the member `member` (or a member's name), bears a classification mark."""
    labels = member is not None and _LABEL.fullmatch(member) is not None
    if labels and _ENGLISH.fullmatch(_plain(text)):
        return True
    lines = [_plain(line) for line in text.splitlines()]
    if any(_ALONE_IN_ENGLISH.fullmatch(_bare(line)) for line in lines):
        return True
    if "密" not in text:  # no other sign means it, in no width and no script
        return False
    whole = "".join(lines)
    if _ANYWHERE.search(whole) or any(_AT_AN_EDGE.search(line) or _ALONE.fullmatch(_bare(line)) for line in lines):
        return True
    if _ALONE.fullmatch(_bare(whole)):  # a mark that is written downwards
        return True
    return labels and re.match(_LEVEL, whole) is not None


def _bare(line: str) -> str:
    """Return a line without quotes, brackets and asterisks around it and without punctuation at its end."""
    return line.lstrip(_AROUND).rstrip(_AFTER)


def _plain(line: str) -> str:
    """Return a line in one spelling: half width, simplified, without anything that cannot be seen."""
    folded = unicodedata.normalize("NFKC", line).translate(_SIMPLIFIED)
    return "".join(sign for sign in folded if sign not in _FILLERS and not _unseen(sign))


def _unseen(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) in _INVISIBLE
