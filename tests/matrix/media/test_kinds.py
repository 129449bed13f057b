"""What a file is, from its bytes: each kind, contradictions, and bytes that were made to mislead."""

import struct

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.matrix.media import MOST_PIXELS, UNKNOWN, PictureSize, TooManyPixels, contradicts, picture_size, recognise
from tests.matrix.media.samples import OOXML, SAMPLES, jpeg, ole, zipped


@pytest.mark.parametrize("name", SAMPLES)
def test_content_says_what_it_is(name: str) -> None:
    data, kind = SAMPLES[name]
    assert recognise(data) == kind
    assert not contradicts(kind, recognise(data))


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        (None, "image/jpeg"),
        ("application/octet-stream", "image/jpeg"),
        ("image/jpg", "image/jpeg"),
        ("video/mp4", "video/quicktime"),
        ("audio/x-m4a", "video/mp4"),
        ("image/heif", "image/heic"),
        ("application/vnd.ms-excel", "text/csv"),
        ("application/json", "text/plain"),
        ("message/rfc822", "text/plain"),
        ("image/svg+xml", "text/plain"),
        ("application/x-zip-compressed", OOXML + "wordprocessingml.document"),
        ("application/zip", "application/vnd.oasis.opendocument.text"),
        ("application/x-ole-storage", "application/msword"),
        ("application/vnd.google-earth.kmz", "application/zip"),
        ("model/stl", UNKNOWN),
    ],
)
def test_what_may_both_be_true_is_no_contradiction(declared: str | None, found: str) -> None:
    assert not contradicts(declared, found)


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ("image/jpeg", "image/png"),
        ("image/jpeg", UNKNOWN),
        ("image/jpeg", "application/vnd.microsoft.portable-executable"),
        ("application/pdf", "text/plain"),
        ("application/pdf", UNKNOWN),
        ("text/plain", UNKNOWN),
        ("text/plain", "application/zip"),
        ("application/msword", "application/vnd.ms-excel"),
        (OOXML + "wordprocessingml.document", "application/vnd.ms-word.document.macroenabled.12"),
        (OOXML + "wordprocessingml.document", "application/zip"),
        ("model/stl", "application/pdf"),
        ("application/vnd.ms-excel", "text/plain"),
    ],
)
def test_a_declaration_that_the_content_denies_is_said(declared: str, found: str) -> None:
    assert contradicts(declared, found)


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(SAMPLES)), st.data())
def test_no_hostile_bytes_raise(name: str, drawn: st.DataObject) -> None:
    start = SAMPLES[name][0][:2_000]
    data = bytearray(start[: drawn.draw(st.integers(0, len(start)))] + drawn.draw(st.binary(max_size=200)))
    for place, value in drawn.draw(
        st.lists(st.tuples(st.integers(0, 400), st.sampled_from([0, 1, 127, 255])), max_size=8)
    ):
        if place < len(data):
            data[place] = value
    kind = recognise(bytes(data))
    assert kind == kind.lower()
    assert not contradicts(kind, kind)
    for read_as in (kind, *{made for _, made in SAMPLES.values() if made.startswith("image/")}):
        try:
            size = picture_size(bytes(data), read_as)
        except TooManyPixels:
            continue
        assert size is None or 0 < size.width * size.height <= MOST_PIXELS


@given(st.binary(max_size=600))
def test_random_bytes_are_something_or_unknown(data: bytes) -> None:
    assert recognise(data).count("/") == 1


def test_a_long_directory_is_read_in_bounded_steps() -> None:
    """Each of these asks a reader to go round for ever, or through millions of entries."""
    circle = bytearray(ole("a", "b", "c", "d", "e"))
    circle[512 + 4 : 512 + 12] = struct.pack("<II", 2, 1)  # two sectors that follow each other
    assert recognise(bytes(circle)) == "application/x-ole-storage"
    family = bytearray(ole("a", "b"))
    family[1024 + 128 + 72 : 1024 + 128 + 76] = struct.pack("<I", 1)  # a sibling of itself
    assert recognise(bytes(family)) == "application/x-ole-storage"
    small = bytearray(ole().ljust(4096, b"\0"))
    small[30], small[48], small[68] = 6, 1, 1  # sectors too short for an entry, of which the first follows itself
    assert recognise(bytes(small)) == "application/x-ole-storage"
    archive = zipped(*(f"{n}" for n in range(2_100)), "[Content_Types].xml", "word/document.xml")
    assert recognise(archive) == "application/zip"
    assert picture_size(b"\xff\xd8" + b"\xff\xe1\x00\x02" * 10_000 + jpeg(4, 3)[2:], "image/jpeg") is None
    assert picture_size(b"\xff\xd8" + b"\xff\xe1\x00\x02" * 100 + jpeg(4, 3)[2:], "image/jpeg") == PictureSize(4, 3)
