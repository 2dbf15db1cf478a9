"""The roles that a token may name, with the Chinese labels under which users know them (domain.md §1.2)."""

from enum import StrEnum


class Role(StrEnum):
    """A role id."""

    PARTY_COMMITTEE = "party_committee"
    DIC_HEAD = "dic_head"
    DIC_LEADER = "dic_leader"
    PETITION_OFFICE = "petition_office"
    CASE_MGMT = "case_mgmt"
    HANDLING_OFFICE = "handling_office"
    TRIAL_OFFICE = "trial_office"
    REVIEW_TEAM = "review_team"
    RESIDENT_TEAM = "resident_team"
    ORG_DEPT = "org_dept"
    ACCOUNTABILITY_ORGAN = "accountability_organ"
    ADJUDICATION_COMMITTEE = "adjudication_committee"
    EXPERT_GROUP = "expert_group"
    JOINT_MEETING = "joint_meeting"
    INSPECTION_TEAM = "inspection_team"
    AUDIT = "audit"
    APPLICANT_PERSON = "applicant_person"
    APPLICANT_UNIT = "applicant_unit"
    CLARIFICATION_APPLICANT = "clarification_applicant"
    REPORTER = "reporter"
    SUBJECT = "subject"
    UNIT_PARTY_ORG = "unit_party_org"
    MENTOR = "mentor"
    HOST_PARTY_ORG = "host_party_org"
    VISIT_TEAM = "visit_team"
    CITIZEN_OBSERVER = "citizen_observer"
    ARCHIVIST = "archivist"
    EXTERNAL_AUDITOR = "external_auditor"
    SYSADMIN = "sysadmin"
    SECADMIN = "secadmin"
    AUDITOR = "auditor"

    @property
    def label(self) -> str:
        """The role's name for users, in Chinese."""
        return _LABELS[self]


PARTIES = frozenset(
    {Role.SUBJECT, Role.APPLICANT_PERSON, Role.APPLICANT_UNIT, Role.CLARIFICATION_APPLICANT, Role.REPORTER}
)
"""The roles in which a party acts for itself."""
_LABELS = {
    Role.PARTY_COMMITTEE: "党委（党组）",
    Role.DIC_HEAD: "本机关主要负责人",
    Role.DIC_LEADER: "分管领导",
    Role.PETITION_OFFICE: "信访举报部门",
    Role.CASE_MGMT: "案件监督管理部门",
    Role.HANDLING_OFFICE: "承办部门",
    Role.TRIAL_OFFICE: "案件审理部门",
    Role.REVIEW_TEAM: "复查组",
    Role.RESIDENT_TEAM: "派驻纪检监察组",
    Role.ORG_DEPT: "组织部门",
    Role.ACCOUNTABILITY_ORGAN: "问责实施机关",
    Role.ADJUDICATION_COMMITTEE: "容错裁定委员会",
    Role.EXPERT_GROUP: "专家咨询组",
    Role.JOINT_MEETING: "联席会议",
    Role.INSPECTION_TEAM: "督查组",
    Role.AUDIT: "审计机关",
    Role.APPLICANT_PERSON: "申请人（个人）",
    Role.APPLICANT_UNIT: "申请单位",
    Role.CLARIFICATION_APPLICANT: "澄清正名申请人",
    Role.REPORTER: "检举控告人",
    Role.SUBJECT: "容错对象",
    Role.UNIT_PARTY_ORG: "所在单位党组织",
    Role.MENTOR: "帮带人",
    Role.HOST_PARTY_ORG: "接收单位党组织",
    Role.VISIT_TEAM: "回访教育关爱工作组",
    Role.CITIZEN_OBSERVER: "专家和市民代表",
    Role.ARCHIVIST: "档案部门",
    Role.EXTERNAL_AUDITOR: "外部审计员",
    Role.SYSADMIN: "系统管理员",
    Role.SECADMIN: "安全管理员",
    Role.AUDITOR: "审计管理员",
}
