"""What a message says of a file, and what a message with a file is made of."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix.media import (
    FILE_TYPES,
    Attachment,
    EncryptedFile,
    Malformed,
    PictureSize,
    Unencrypted,
    clean_name,
    content_of,
)
from tests.matrix.media.messages import FILE, changed, message

# What a message says


def test_a_message_says_where_the_file_is_and_how_it_opens() -> None:
    attachment = Attachment.of(message())
    assert (attachment.name, attachment.declared_type, attachment.declared_bytes) == (
        "lading.pdf",
        "application/pdf",
        18,
    )
    assert (attachment.file.url, attachment.caption) == ("mxc://localhost/media1", None)
    assert attachment.file.content() == FILE
    assert repr(attachment.file.key) not in repr(attachment), "a key in a log opens the file"


@pytest.mark.parametrize("msgtype", FILE_TYPES)
def test_a_body_beside_a_file_name_is_a_caption(msgtype: str) -> None:
    attachment = Attachment.of(message(msgtype=msgtype, filename="P1.jpg", body="seal\u202e broken\0\nsee left"))
    assert (attachment.name, attachment.caption) == ("P1.jpg", "seal broken\nsee left")
    assert Attachment.of(message(filename="P1.jpg", body="P1.jpg")).caption is None


@pytest.mark.parametrize(
    "content",
    [message(file=None, url="mxc://localhost/plain"), message(url="mxc://localhost/plain")],
    ids=["alone", "beside"],
)
def test_an_unencrypted_file_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(Unencrypted):
        Attachment.of(content)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("v", "v1"),
        ("v", None),
        ("url", None),
        ("url", "https://elsewhere.example/media1"),
        ("url", "mxc://localhost/../../v3/logout"),
        ("url", "mxc://../logout"),
        ("url", "mxc://localhost/a?b=c"),
        ("url", "mxc://localhost/a\n"),
        ("url", "mxc://local host/a"),
        ("url", "mxc://localhost/"),
        ("url", ["mxc://localhost/a"]),
        ("key", None),
        ("key.alg", "A128CTR"),
        ("key.kty", "RSA"),
        ("key.ext", "true"),
        ("key.key_ops", ["encrypt"]),
        ("key.key_ops", "encrypt decrypt"),
        ("key.k", "c2hvcnQ"),
        ("key.k", "+" * 43),
        ("key.k", 7),
        ("iv", "c2hvcnQ"),
        ("iv", "A" * 21 + "B"),  # bits that belong to no byte
        ("hashes", {}),
        ("hashes.sha256", "A" * 42),
        ("hashes.sha256", "Ä" * 43),
    ],
)
def test_what_is_not_as_specified_is_refused(path: str, value: Any) -> None:
    with pytest.raises(Malformed) as refused:
        Attachment.of(message(file=changed(path, value)))
    assert type(refused.value) is Malformed


@pytest.mark.parametrize("content", [{}, {"msgtype": "m.text", "body": "x", "file": FILE}, message(file=None)])
def test_a_message_without_a_file_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        Attachment.of(content)


@pytest.mark.parametrize("field", ["iv", "hashes.sha256", "key.k"])
def test_padding_is_taken_and_the_file_is_the_same(field: str) -> None:
    way = field.split(".")
    text = FILE[way[0]] if len(way) == 1 else FILE[way[0]][way[1]]
    padded = EncryptedFile.of(changed(field, text + "=" * (-len(text) % 4)))
    assert padded == EncryptedFile.of(FILE)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ama\\waste.docx", "waste.docx"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("a\0b\r\nc\u200b\u2066.pdf", "ab c.pdf"),
        ("  two   spaces .txt ", "two spaces .txt"),
        ("...", "file"),
        ("photos/", "file"),
        ("\ud800", "file"),
        ("", "file"),
        (None, "file"),
        (7, "file"),
        ("connaissement à vérifier №4.pdf", "connaissement à vérifier №4.pdf"),
        ("x" * 300 + ".jpeg", "x" * 115 + ".jpeg"),
        ("x" * 300, "x" * 120),
    ],
)
def test_a_name_is_a_name_and_nothing_else(said: Any, name: str) -> None:
    assert clean_name(said) == name


@given(st.text())
def test_a_clean_name_stays_as_it_is(said: str) -> None:
    name = clean_name(said)
    assert clean_name(name) == name
    assert 0 < len(name) <= 120
    assert not set(name) & set("/\\\0\n\r\u202e\u2067\u200f")


@pytest.mark.parametrize(
    ("info", "declared"),
    [
        ({"mimetype": "Image/JPEG; q=1", "size": 3}, ("image/jpeg", 3)),
        ({"mimetype": "image", "size": -1}, (None, None)),
        ({"mimetype": "image/<b>", "size": True}, (None, None)),
        ({"mimetype": 7, "size": 2.5}, (None, None)),
        ({"size": 2**60}, (None, None)),
        ("large", (None, None)),
        (None, (None, None)),
    ],
)
def test_type_and_size_are_taken_when_they_can_be_such(info: Any, declared: tuple[str | None, int | None]) -> None:
    attachment = Attachment.of(message(info=info))
    assert (attachment.declared_type, attachment.declared_bytes) == declared


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
PATHS = ["v", "url", "key", "key.k", "key.alg", "key.kty", "key.ext", "key.key_ops", "iv", "hashes", "hashes.sha256"]


@given(st.sampled_from([*PATHS, "file"]), JSON)
def test_whatever_stands_in_a_message_is_parsed_or_refused(path: str, value: Any) -> None:
    file = value if path == "file" else changed(path, value)
    try:
        parsed = EncryptedFile.of(file)
    except Malformed:
        return
    assert EncryptedFile.of(parsed.content()) == parsed


@given(st.dictionaries(st.sampled_from(["msgtype", "body", "filename", "file", "info", "url"]), JSON))
def test_whatever_a_message_is_it_is_parsed_or_refused(content: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        Attachment.of(content)  # no random JSON holds a whole encrypted file
    try:
        attachment = Attachment.of({**content, "msgtype": "m.file", "file": FILE})
    except Unencrypted:
        assert content.get("url") is not None
    else:
        assert attachment.name


# What a message is made of


def test_a_file_is_sent_as_it_was_received() -> None:
    received = Attachment.of(message(filename="lading.pdf", body="page 1"))
    content = content_of(received.file, received.name, size_bytes=18, content_type="application/pdf", caption="page 1")
    assert content["file"] == FILE
    assert content["info"] == {"size": 18, "mimetype": "application/pdf"}
    assert (content["msgtype"], content["m.mentions"]) == ("m.file", {})
    assert Attachment.of(content) == received


@pytest.mark.parametrize(
    ("kind", "size", "msgtype"),
    [
        ("image/png", PictureSize(3, 4), "m.image"),
        ("image/png", None, "m.file"),
        ("image/heic", PictureSize(3, 4), "m.file"),
        ("image/svg+xml", PictureSize(3, 4), "m.file"),
        ("video/mp4", None, "m.file"),
    ],
)
def test_what_members_clients_can_show_is_sent_as_a_picture(kind: str, size: PictureSize | None, msgtype: str) -> None:
    content = content_of(EncryptedFile.of(FILE), "a/b.png", size_bytes=9, content_type=kind, picture=size)
    assert (content["msgtype"], content["body"], content["filename"]) == (msgtype, "b.png", "b.png")
    assert ("w" in content["info"]) == (msgtype == "m.image")
    if msgtype == "m.image":
        assert (content["info"]["w"], content["info"]["h"]) == (3, 4)
