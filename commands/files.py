"""A file that the bot made: a chart, a paper. Its bytes stay in memory; they go out encrypted or not at all."""

from dataclasses import dataclass, field

from commands.document import Doc


@dataclass(frozen=True, slots=True)
class MadeFile:
    """What is sent as one file, into an encrypted room or direct chat."""

    name: str
    content_type: str
    """A media type, such as "image/png"."""
    data: bytes = field(repr=False)
    """The file itself; with `maker`, what it is made of."""
    caption: Doc
    """The words beside it; for a picture they say what it shows, to those who cannot see it."""
    pixels: tuple[int, int] | None = None
    """Width and height of a picture."""
    maker: str | None = None
    """The name of the handler that makes the file, beside the loop, just before it is sent (`Capability.makes`)."""
