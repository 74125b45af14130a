"""An answer as somebody reads it."""

import re
from html import unescape


def words(response) -> str:
    """Return the words of a page or a panel, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())
