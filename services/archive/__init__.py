"""Archive 归档与后续: keeps the volume of every case.

Owns the streams dossier-…; publishes DossierOpened and VolumeCompleted; consumes ToleranceInitiated,
ToleranceConcluded and FedBack of adjudication. Read next: domain/dossier/decisions.py.
"""
