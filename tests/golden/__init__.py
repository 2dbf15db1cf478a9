"""Every event ever released, as it is stored, and the gate that keeps it readable."""
