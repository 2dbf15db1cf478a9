"""Notification 送达: tells a party what concerns it, and knows whether the party has seen it.

Owns the streams notice-…; publishes NoticeIssued; consumes SubmissionReturned and SubmissionAccepted of intake and
FedBack of adjudication. Read next: domain/notice/decisions.py.
"""
