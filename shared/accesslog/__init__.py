"""The access log of a service: who was shown what, for whom, under which policies and why (domain.md §6.3)."""
