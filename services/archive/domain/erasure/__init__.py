"""Erasure 清除: a subject's keys in a matter are destroyed, after retention, by two approvals and against no hold."""
