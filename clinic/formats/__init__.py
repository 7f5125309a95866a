"""How dates and times are shown and typed, where Django's own formats do not agree."""
