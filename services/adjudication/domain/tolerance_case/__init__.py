"""Tolerance case 容错案件: whether and how one cadre's error is tolerated. Read next: decisions.py."""
