"""Rule packs: what they hold, that they are frozen, and worked examples that a lawyer can read."""
