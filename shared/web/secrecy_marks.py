"""Classification marks 密级标志: what bears one does not belong here and is refused before anything else reads it.

This system protects with commercial cryptography, which is for what is no state secret (密码法 7–8); state secrets are
handled in systems of their own (保守国家秘密法 30–31). What has to be refused is the *mark*, not the word: 无秘密可言
and 保守国家秘密 are ordinary text, and 内部资料 and 工作秘密 are no state secrets. [I] The standard gives the form of a
mark (GB/T 9704-2012: 机密★1年); which spellings of it count is our reading:

1. a level and a star, anywhere: 机密★1年, 绝密★启用前, 秘密★;
2. a level given as such, anywhere: 密级：机密, 【密级】绝密, 保密等级=秘密, 密级为机密;
3. a level in brackets that begins or ends a line: 【机密】关于…, 关于…的报告（秘密）, also before a file's extension;
4. a line that is a level, alone or with its period, its urgency or the number of its copy: 机密。, “绝密 长期”,
   秘密 10年 特急, 机密 第3份, 机密，保密期限1年, 机密级国家秘密, 机密.pdf, also in English: TOP SECRET, SECRET,
   CONFIDENTIAL;
5. what calls itself one: 本件属于国家秘密, 本材料为机密, 本调查报告为秘密; not 本信是秘密寄出的;
6. in a member named like a label (`classification`, `label`, `密级`, …) any level, also in English.

Full and half width, traditional forms, and spaces, invisible characters or a dot in between make no difference, nor
does the end of a line within a mark. A star that begins a line with more than a period in it is that of a list.
"""

import re
import unicodedata

REFERENCE = "密码法 7–8；保守国家秘密法 30–31"

_SIMPLIFIED = str.maketrans("祕機絕絶級國屬係為爲檔報頁長啟啓開", "秘机绝绝级国属系为为档报页长启启开")
# Black and white stars, star operators, dingbat stars and asterisks, small and large stars, emoji, geometric stars.
_STARS = "★☆⋆⍟⚝∗⁎⁑⁂⁕٭\u2721-\u274b\u2b50-\u2b52\U0001f31f\U0001f320\U0001f7c0-\U0001f7d8"
# Shown as nothing or as a gap, though Unicode does not class them so: fillers and the blank braille pattern.
_FILLERS = "\u115f\u1160\u3164\u2800"
_INVISIBLE = frozenset({"Cf", "Mn", "Mc", "Me", "Zs"})
_BETWEEN = re.compile(r"(?<=[绝机秘])[·・•‧∙⋅.\-‐–—_/|+~]{1,3}(?=密)")

_LEVEL = "(?:绝密|机密|(?<!工作)(?<!商业)(?<!技术)秘密)级?"
_PERIOD = (
    r"(?:(?:[0-9]{1,3}|[一二三四五六七八九十百]{1,4})(?:年|个月|日)|至[0-9年月日.\-]{1,11}止?"
    r"|长期|永久|启用前|公开前|解密前)"
)
_BRACKETS = r"\[({【〔〖<〈", r"\])}】〕〗>〉"
_BRACKETED = rf"[{_BRACKETS[0]}](?:国家秘密)?[·:,\-]?{_LEVEL}[·:,\-]?{_PERIOD}?[{_BRACKETS[1]}]"
_NAMED = "(?:密级|密别|秘级|(?:保密|秘密|涉密|密级)(?:等级|级别|程度|标志|标识))"
_MATTER = "调查|核查|初核|审查|审理|会议|谈话|询问|情况|问题|线索|请示|申请|举报|工作|案件"
_PAPER = (
    "文件|材料|报告|档案|卷宗|案卷|资料|信件|信函|函件|公函|来函|来文|来信|附件|邮件|电报|纪要|记录|笔录|通知|通报|批复"
    "|意见|决定|方案|清单|名单|件|文|页|卷|信|函|电|表|册|稿"
)
_ITSELF = rf"(?:本(?:{_MATTER})?|此|该)(?:{_PAPER})"
# What is done in secret is done by somebody: 秘密寄出. What is a secret ends there or says how to keep it.
_STATED = rf"(?:国家秘密|绝密|机密|{_LEVEL}(?:文件|材料|资料|件|事项)?(?=\W|$|(?<=级)|请|勿|不得|严禁))"

_ANYWHERE = re.compile(
    rf"{_LEVEL}[{_STARS}]|{_LEVEL}\*(?={_PERIOD})|[绝机]密级?\*$"
    rf"|{_NAMED}[{_BRACKETS[1]}]?[:=|/\-–—]*(?<=[:=|/\-–—{_BRACKETS[1]}])[{_BRACKETS[0]}「『“\"]?(?:国家)?{_LEVEL}"
    rf"|{_NAMED}(?:为|是|(?:确|被)?定为)(?:国家)?{_LEVEL}(?!级?[、和或及与还的])"
    rf"|{_ITSELF}(?:密级)?(?:为|系|是|属于|属|定为){_STATED}"
)
_AT_AN_EDGE = re.compile(rf"^{_BRACKETED}|{_BRACKETED}$")
_EXTENSION = re.compile(r"(?:\.[A-Za-z0-9]{2,5}){1,2}$")
_URGENCY = "(?:特急|加急|特提|急件|平急)?"
_TERM = rf"(?:[,;、·]?(?:保密)?(?:期限|期)?[:为是]?{_PERIOD})?"
_COPY = r"(?:[,;、·]?第(?:[0-9]{1,6}|[一二三四五六七八九十百]{1,4})份)?"
_ALONE = re.compile(rf"{_NAMED}?{_LEVEL}(?:国家秘密)?{_TERM}{_URGENCY}{_COPY}|{_URGENCY}{_LEVEL}{_TERM}{_COPY}")
# Where the end of a line parts what stands on either side: 某某工作⏎秘密★, and a list's star before more than a period.
_PARTED = re.compile(
    rf"(?<=工作|商业|技术)\n(?=秘)"
    rf"|\n(?=[{_STARS}*](?!(?:{_PERIOD}|[0-9]{{1,3}}|[一二三四五六七八九十百]{{1,4}})?{_URGENCY}{_COPY}(?:\n|$)))"
)
_ALONE_IN_ENGLISH = re.compile(r"(?i:top[_\-]?secret)|SECRET|CONFIDENTIAL")
_AROUND = "\"'“”‘’「」『』()[]{}【】〔〕〖〗<>〈〉*"
_AFTER = _AROUND + "。.!,;、…"
_LABEL = re.compile(
    r"(?:secrecy|security|classification|confidentiality|secret)?[_-]?(?:label|level|class|grade|marking)"
    r"|classification|secrecy|密级|密别|标签|标识|保密等级|保密级别",
    re.IGNORECASE,
)
_ENGLISH = re.compile(r"top[_\-]?secret|state[_\-]?secret|secret|confidential", re.IGNORECASE)
_SUSPECT = re.compile("|".join((r"密|\\", r"\W*".join("secret"), r"\W*".join("confidential"))), re.IGNORECASE)


def suspicious(text: str) -> bool:
    """Tell quickly whether a JSON text can hold a mark at all; an escape may hide anything."""
    return _SUSPECT.search(unicodedata.normalize("NFKC", text)) is not None


def is_marked(text: str, member: str | None = None) -> bool:
    """Tell whether `text`, the value of the member `member` (or a member's name), bears a classification mark."""
    labels = member is not None and _LABEL.fullmatch(member) is not None
    if labels and _ENGLISH.fullmatch(_plain(text)):
        return True
    lines = [_plain(line) for line in text.splitlines()]
    named = [_EXTENSION.sub("", line) for line in lines]
    if any(_ALONE_IN_ENGLISH.fullmatch(_bare(line)) for line in named):
        return True
    if "密" not in text:  # no other sign means it, in no width and no script
        return False
    if any(_AT_AN_EDGE.search(line) or _ALONE.fullmatch(_bare(line)) for line in named):
        return True
    whole = _whole(lines)
    if any(_ANYWHERE.search(each) for each in (*lines, whole)):
        return True
    if _ALONE.fullmatch(_bare(whole)):  # a mark that is written downwards
        return True
    return labels and re.match(_LEVEL, whole) is not None


def _whole(lines: list[str]) -> str:
    """Return the lines in one, for a mark that goes on in the next line; what only meets there stays apart."""
    parted = _PARTED.sub("\0", "\n".join(lines))
    return _BETWEEN.sub("", parted.replace("\n", ""))


def _bare(line: str) -> str:
    """Return a line without quotes, brackets and asterisks around it and without punctuation at its end."""
    return line.lstrip(_AROUND).rstrip(_AFTER)


def _plain(line: str) -> str:
    """Return a line in one spelling: half width, simplified, without anything that cannot be seen."""
    folded = unicodedata.normalize("NFKC", line).translate(_SIMPLIFIED)
    return _BETWEEN.sub("", "".join(sign for sign in folded if sign not in _FILLERS and not _unseen(sign)))


def _unseen(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) in _INVISIBLE
