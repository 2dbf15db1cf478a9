"""Keys and sealed fields: personal text is closed at an edge and opened at an edge, and nowhere between."""
