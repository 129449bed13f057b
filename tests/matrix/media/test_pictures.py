"""The size of a picture, from its header alone."""

from collections.abc import Callable

import pytest

from bot.matrix.media import PictureSize, TooManyPixels, picture_size, recognise
from tests.matrix.media.samples import NO_LENGTH, gif, heic, jpeg, png, tiff, webp

PICTURES: dict[str, Callable[[int, int], bytes]] = {
    "png": png,
    "jpeg": jpeg,
    "progressive jpeg": lambda w, h: jpeg(w, h, sof=0xC2),
    "gif": gif,
    "webp": webp,
    "webp, lossless": lambda w, h: webp(w, h, b"VP8L"),
    "webp, lossy": lambda w, h: webp(w, h, b"VP8 "),
    "tiff": tiff,
    "tiff, big-endian": lambda w, h: tiff(w, h, ">"),
    "heic": heic,
}


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_the_size_of_a_picture_is_in_its_header(make: Callable[[int, int], bytes]) -> None:
    data = make(1920, 1081)
    kind = recognise(data)
    assert picture_size(data, kind) == PictureSize(1920, 1081)
    assert picture_size(data, kind, most_pixels=1920 * 1081) is not None
    with pytest.raises(TooManyPixels) as many:
        picture_size(data, kind, most_pixels=1920 * 1081 - 1)
    assert (many.value.width, many.value.height) == (1920, 1081)
    for end in range(8, len(data)):
        picture_size(data[:end], kind)  # cut anywhere, it is another size or none, and no error


@pytest.mark.parametrize("data", [png(0, 5), jpeg(5, 0), gif(0, 0), tiff(0, 1), NO_LENGTH, b"\xff\xd8\xff" * 99])
def test_a_picture_without_a_size_has_none(data: bytes) -> None:
    assert picture_size(data, recognise(data)) is None


def test_other_files_are_no_pictures() -> None:
    assert picture_size(png(4, 3), "application/pdf") is None
