"""How people write on telephones: quotation marks of any kind, `key=` with or without dashes and spaces."""

import re
from dataclasses import dataclass, field

KEY = re.compile(r"(?:(?<=\s)|^)[-–—]{0,2}(?P<key>[^\W\d][\w-]*)\s*[=＝]\s*")
QUOTES = {
    '"': '"', "“": '”“"', "”": "”", "„": '“”"', "«": "»", "»": "«", "‟": "”", "＂": "＂", "‘": "’", "‚": "‘’", "‹": "›",
    "›": "‹",
}  # fmt: skip
ALSO_APOSTROPHES = "‘’"


@dataclass
class Written:
    """What is left of what was written after the options were taken out of it."""

    plain: str
    options: dict[str, str] = field(default_factory=dict)

    def next_word(self) -> tuple[str, str] | None:
        """Return the next word, or what stands in quotation marks, and what follows it."""
        text = self.plain.lstrip()
        if not text:
            return None
        if text[0] in QUOTES and (end := closing(text, 0)) is not None:
            return text[1:end], text[end + 1 :].strip()
        word, _space, left = re.match(r"(\S+)(\s*)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]  # non-empty
        return word, left


def closing(text: str, start: int) -> int | None:
    """Return where the quotation that opens at `start` ends. What is also an apostrophe closes only at a word's end."""
    ends = []
    for closer in QUOTES[text[start]]:
        end = text.find(closer, start + 1)
        while closer in ALSO_APOSTROPHES and end != -1 and text[end + 1 : end + 2].isalnum():
            end = text.find(closer, end + 1)
        if closer in ALSO_APOSTROPHES and KEY.search(text, start + 1, max(end, 0)):
            continue
        if end != -1:
            ends.append(end)
    return min(ends, default=None)


def shorten(text: str, limit: int = 60) -> str:
    """Return a text on one line, cut to `limit` characters, to be quoted in an answer."""
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
