"""A loss as people read it; `format.js` writes the same on the page."""

import math

NOTHING = "\N{EN DASH}"


def loss_text(value: float | None) -> str:
    """Return a loss in four significant digits, however large or small: 0.1234, 1.23e-5."""
    if value is None or not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0"
    if not 1e-3 <= abs(value) < 1e5:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    decimals = max(0, 3 - math.floor(math.log10(abs(value))))
    return f"{value:.{decimals}f}"
