"""Intake 受理: takes in what is submitted and by whom.

Owns the streams party-… and submission-…; publishes SubmissionReturned and SubmissionAccepted; consumes
ToleranceInitiated of adjudication. Read next: domain/submission/decisions.py.
"""
