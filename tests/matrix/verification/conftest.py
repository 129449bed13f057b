"""The bot and the client of a member."""

import pytest

from tests.matrix.verification.peer import Peer, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def ghana(scene: Scene) -> Peer:
    return scene.peer()
