"""Legal hold 保全: while it is in force nothing of its matter is erased. One stream per matter, which has its id."""
