"""Who calls: access tokens, callers and their roles. No policy decision is taken here."""
