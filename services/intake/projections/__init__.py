"""Read models: one module per question. To delete one, delete its file."""
