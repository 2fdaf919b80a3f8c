"""Text that a team, a file or a library has written, as it may be shown to a reader: nothing hidden, and no markup."""

import re
import unicodedata

_UNSEEN = set("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks without a shape."""


def visible(text: object) -> str:
    """The text with an escape such as `\\u202e` for each character that has no shape of its own, except spaces and new lines.

    Terminals execute control characters; others change the order or the look of what surrounds them:
    https://www.unicode.org/reports/tr36/
    """
    text = str(text)
    if text.isprintable() and _UNSEEN.isdisjoint(text):
        return text
    return "".join(map(_with_shape, text))


def _with_shape(character: str) -> str:
    if character.isprintable() and character not in _UNSEEN or character in "\n\t" or unicodedata.category(character) == "Zs":
        return character
    return character.encode("unicode_escape").decode("ascii")


# Code that stays code; an address, which Markdown makes a link of; a character that begins an image, a link or a table.
_MARKUP = re.compile(r"(?P<code>`[^`\n|]+`)|(?P<address>[^\s|`]*(?:://|www\.|@)[^\s|`]*)|(?P<sign>[\\`\[<&|~])", re.I)


def plain(text: object) -> str:
    """A text of a team for a place where Dagster shows Markdown: it loads nothing and links to nothing.

    Addresses become code, and what is hidden becomes visible. https://github.github.com/gfm/
    """
    written = {"code": "{}", "address": "`{}`", "sign": "\\{}"}
    return _MARKUP.sub(lambda match: written[match.lastgroup].format(match[0]), visible(text))
