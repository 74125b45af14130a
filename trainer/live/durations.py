"""How long something took, as people say it."""

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def duration_text(seconds: float) -> str:
    """Return a duration in its two largest units: 8 s, 3 min 20 s, 2 h 5 min."""
    whole = round(seconds)
    parts: list[tuple[int, str]] = []
    for size, name in _UNITS:
        if whole >= size or (parts and len(parts) < 2):
            parts.append((whole // size, name))
            whole %= size
        if len(parts) == 2:
            break
    return " ".join(f"{number} {name}" for number, name in parts if number) or "0 s"
