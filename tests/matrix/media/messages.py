"""What messages with files look like."""

import json
from typing import Any

from nio.crypto.attachments import encrypt_attachment


def encrypted(data: bytes, place: str = "localhost/media1") -> tuple[bytes, dict[str, Any]]:
    """Encrypt with the other implementation; return ciphertext and the `file` of a message."""
    ciphertext, keys = encrypt_attachment(data)
    return ciphertext, {**keys, "url": f"mxc://{place}"}


FILE = encrypted(b"the bill of lading")[1]


def message(**changes: Any) -> dict[str, Any]:
    info = {"mimetype": "application/pdf", "size": 18}
    content = {"msgtype": "m.file", "body": "lading.pdf", "file": FILE, "info": info, **changes}
    return {key: value for key, value in content.items() if value is not None}


def changed(path: str, value: Any) -> dict[str, Any]:
    """Return FILE with one thing changed; None takes it out."""
    file: dict[str, Any] = json.loads(json.dumps(FILE))
    *way, last = path.split(".")
    inner = file
    for step in way:
        inner = inner[step]
    inner[last] = value
    if value is None:
        del inner[last]
    return file
