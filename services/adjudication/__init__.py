"""Adjudication 裁定: decides whether and how an error is tolerated.

Owns the streams tolerance_case-…; publishes ToleranceInitiated, ToleranceConcluded and FedBack; consumes
SubmissionAccepted of intake. Read next: domain/tolerance_case/decisions.py.
"""
