"""Who may do what: every operation, role and relation against tables that were written by hand."""
