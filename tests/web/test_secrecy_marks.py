"""What bears a classification mark does not get in; what only speaks of secrets does."""

import json

import httpx
import pytest

from shared.web.problems import Problem
from shared.web.secrecy_marks import REFERENCE, is_marked
from shared.web.strict_json import parse_strict
from tests.web.conftest import As

FILE = "/intake/v1/petitions"
MARKED = """
机密★1年
绝密★启用前
秘密★
附件机密★10年已收。
机密☆长期
秘密*5年
机密级★20年
机　密　★　1年
机 密★1 年
机\u200b密\u200d★1年
机\u2060密\ufe0f★\ufeff1年
机\u3164密★
機密★1年
祕密★三年
絕密★長期
絶密★
密级：机密
密级:秘密
密 级 ： 绝 密
密級：機密
【密级】机密
密级=机密级
密级|秘密
保密等级：机密
涉密级别：绝密
密级：国家秘密
密级：「机密」
定稿。密级：秘密。请存档。
【机密】关于某某问题的报告
［绝密］关于某某问题的报告
[秘密]报告
（机密）某某的陈述
〔机密〕报告
【机密 1年】报告
【机密级】报告
【国家秘密·机密】报告
关于某某问题的报告（秘密）
关于某某问题的报告【机密】
正文第一行⏎【机密】⏎正文
机密
绝密
秘密
机密级
机密 1年
绝密 长期
秘密 10年 特急
特急 机密
密级 机密
机密⏎关于某某问题的报告
机⏎密
机⏎密⏎★⏎1⏎年
本件属于国家秘密
本文件为机密
本材料密级为绝密
此件系机密级
密级为机密
密级是绝密
密级定为秘密
该件密级为机密级，请妥存。
保密等级是国家秘密
机密。
“机密”
"绝密"
『秘密』！
**机密**
【机密】。
正文⏎**绝密 长期**⏎正文
机密  第3份
绝密 10年 第十二份
机密⭑1年
机密✴长期
绝密🟊启用前
秘密٭5年
机密，保密期限1年
秘密；期限：长期
机密、保密期为三年
TOP SECRET
TOP-SECRET
Top Secret
SECRET
CONFIDENTIAL
"TOP SECRET".
ＴＯＰ　ＳＥＣＲＥＴ
正文⏎SECRET⏎正文
𝐓𝐎𝐏 𝐒𝐄𝐂𝐑𝐄𝐓
T O P  S E C R E T
S\u200bE\u200bC\u200bR\u200bE\u200bT
SECRET.docx
关于开展某某工作⏎秘密★1年⏎正文
关于保护商业⏎秘密★10年
关于开展某某工作⏎秘⏎密⏎★⏎1⏎年
关于某某问题的报告机密⏎★1年
关于某某问题的报告机密⏎★1年特急⏎正文
关于某某问题的报告机⏎密★1年
密级为机密⏎的文件
关于某某问题的报告机密*⏎正文
关于某某问题的报告（机密）.docx
关于某某问题的报告（秘密）.pdf.p7m
机密.docx
机·密★1年
机.密★1年
机・密★1年
机．密★1年
绝-密★启用前
机⏎·⏎密★1年
机\u0903密★1年
【机·密】关于某某问题的报告
本函为机密
本案卷为机密
本调查报告为秘密
本会议纪要为机密
本来文属于绝密
本件为秘密，请妥存
本文件为秘密级文件
本信为秘密请勿外传
机密级国家秘密
本件属于机密级国家秘密
"""
ORDINARY = """
无秘密可言
保守国家秘密
该同志未泄露国家秘密。
违反保密纪律，泄露工作秘密
内部资料
【内部资料】某某的陈述
【内部】
工作秘密
【工作秘密】某某的陈述
工作秘密★5年
密级：工作秘密
密级：内部
密级：无
密级：非密
密级：公开
商业秘密
涉及企业商业秘密★
技术秘密
本件不属于国家秘密
本材料不涉密
本件属于工作秘密
本文件为公开文件
他以秘密方式转移财物
他（秘密）转移财物
组织人员秘密搜查
机密文件柜没有上锁
他曾任机要秘书，接触机密、绝密文件
国家秘密的密级分为绝密、机密、秘密三级
确定密级。⏎机密文件柜
讨论了密级⏎秘密会见
「机密」二字写错了
《保守国家秘密法》
第三十条 机密级计算机
★表现突出
五★酒店
严密组织
绝对保密
机 关 密 切 联 系 群 众
密码法
该机密文件不在本案
密级为工作秘密
密级为内部
密级是绝密、机密还是秘密，尚未确定
密级为机密或者秘密的文件
密级不是机密
密级是否为机密，由定密责任人确定
保密期限1年
这是他的秘密。
“机密”二字
机密一份
秘密⭕
第3份
secret
confidential
This is top secret.
SECRET GARDEN
Confidentiality
Secretary
CONFIDENTIAL MATTERS ARE NOT DISCUSSED HERE
Secretary.docx
一、保守秘密⏎★二、廉洁自律
一、保守秘密⏎★十年如一日
一、保守国家秘密⏎*第二条
一、严守机密⏎★1年内完成整改
*保守秘密*⏎正文
**保守国家秘密**⏎正文
某某工作⏎秘密进行
开展某某工作秘⏎密★5年
其向他人泄露企业商业秘密，致使项目搁浅。
涉及商业秘密的附件已另行提交，请依法保密。
其签订了保守国家秘密承诺书，未发现违反。
经查，其未泄露国家秘密，也未泄露工作秘密。
王某泄露机密级国家秘密一份，另案处理。
他因泄露秘密受过处分，与本案无关。
有群众秘密举报该工程，本单位已核实。
秘密举报的内容不得向被举报人透露。
数据的机密性、完整性和可用性由信息中心负责。
机密性要求见招标文件。
本信是秘密寄出的
本人举报信是秘密写的
该材料是秘密取得的，不能采信
本案材料中有商业秘密
本报告不含国家秘密、商业秘密和工作秘密
商业秘密.docx
关于商业秘密保护的报告.docx
关于某某问题的报告（内部）.docx
他打开手机。密码是他自己改的。
司机·密切联系群众
手机（密级：公开）
"""


def rows(text: str) -> list[str]:
    """Return the lines of a table, with ⏎ for the end of a line in one of them."""
    return [line.replace("⏎", "\n") for line in text.strip("\n").split("\n") if line]


@pytest.mark.parametrize("text", rows(MARKED))
def test_a_mark_is_seen_however_it_is_written(text: str) -> None:
    assert is_marked(text)
    assert code_of({"a": ["x", {"b/c": text}]}) == ("state-secret-refused", ["/a/1/b~1c"])


@pytest.mark.parametrize("text", rows(ORDINARY))
def test_a_text_that_only_speaks_of_secrets_passes(text: str) -> None:
    assert not is_marked(text)
    assert code_of({"statement": text, text: 1}) == (None, [])


@pytest.mark.parametrize("member", ["classification", "label", "security_level", "secrecyLabel", "密级", "保密等级"])
@pytest.mark.parametrize("level", ["机密", "機密級", "绝密级", "秘密（十年）", "SECRET", "top_secret", "Confidential"])
def test_a_label_names_no_level_in_any_language(member: str, level: str) -> None:
    assert code_of({"x": {member: level}}) == ("state-secret-refused", [f"/x/{member}"])
    assert code_of({member: [level]}) == ("state-secret-refused", [f"/{member}/0"])


@pytest.mark.parametrize("label", ["内部", "工作秘密", "公开", "无", "不予保密", "SC.4", "secretary"])
def test_a_label_that_names_none_passes(label: str) -> None:
    assert code_of({"label": label, "classification": label}) == (None, [])


def test_a_member_cannot_be_named_like_a_mark() -> None:
    assert code_of({"x": {"机密★1年": 1}}) == ("state-secret-refused", ["/x"])


def test_an_escape_hides_nothing() -> None:
    body = json.dumps({"title": "【机密】关于某某"})
    assert "\\u" in body
    with pytest.raises(Problem, match="state-secret-refused"):
        parse_strict(body.encode())


def test_a_long_text_is_judged_quickly() -> None:
    """Neither a text that begins like a mark again and again nor one without any takes noticeable time."""
    for text in (
        "密级" * 10_000,
        "机密" * 10_000,
        "【" * 20_000 + "密",
        "本件" * 10_000,
        "机密1" + "0" * 19_000,
        "。" * 19_000 + "密",
        "密" + "\n★" * 9_500,
        "密" + ".aa" * 6_000,
        "密" + "s " * 9_000,
        "本工作" * 6_000 + "密",
    ):
        assert code_of({"statement": text}) == (None, [])


async def test_the_refusal_names_rule_and_member_and_repeats_nothing(client: httpx.AsyncClient, command: As) -> None:
    answer = await client.post(FILE, json={"title": "【绝密】关于钟某的报告"}, headers=command())
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (422, "state-secret-refused")
    assert problem["reference"] == REFERENCE
    assert [fault["pointer"] for fault in problem["errors"]] == ["/title"]
    assert "绝密】" not in answer.text
    assert "钟某" not in answer.text


def code_of(body: object) -> tuple[str | None, list[str]]:
    """Return the code and the pointers of the refusal of `body`."""
    try:
        parse_strict(json.dumps(body, ensure_ascii=False).encode())
    except Problem as problem:
        return problem.code, [fault.pointer for fault in problem.errors]
    return None, []
