"""The roles that a token may name, with the Chinese labels under which users know them."""

from enum import StrEnum


class Role(StrEnum):
    """A role id."""

    INSPECTION_TEAM = "inspection_team"
    APPLICANT_PERSON = "applicant_person"
    APPLICANT_UNIT = "applicant_unit"
    SUBJECT = "subject"
    HANDLING_OFFICE = "handling_office"
    ADJUDICATION_COMMITTEE = "adjudication_committee"
    TRIAL_OFFICE = "trial_office"
    ARCHIVIST = "archivist"
    ORG_DEPT = "org_dept"
    EXTERNAL_AUDITOR = "external_auditor"
    SYSADMIN = "sysadmin"
    SECADMIN = "secadmin"
    AUDITOR = "auditor"

    @property
    def label(self) -> str:
        """The role's name for users, in Chinese."""
        return _LABELS[self]


_LABELS = {
    Role.INSPECTION_TEAM: "督查组",
    Role.APPLICANT_PERSON: "申请人（个人）",
    Role.APPLICANT_UNIT: "申请单位",
    Role.SUBJECT: "容错对象",
    Role.HANDLING_OFFICE: "承办部门",
    Role.ADJUDICATION_COMMITTEE: "容错裁定委员会",
    Role.TRIAL_OFFICE: "案件审理部门",
    Role.ARCHIVIST: "档案部门",
    Role.ORG_DEPT: "组织部门",
    Role.EXTERNAL_AUDITOR: "外部审计员",
    Role.SYSADMIN: "系统管理员",
    Role.SECADMIN: "安全管理员",
    Role.AUDITOR: "审计管理员",
}
