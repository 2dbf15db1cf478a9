"""Submission 提交: a finding of an inspection or an application, from its filing to its acceptance or withdrawal."""
