"""Files that the bot makes go out once, encrypted, and are not kept."""

from bot import outgoing
from bot.matrix.interface import Rejected, Unavailable
from commands.base import Post
from commands.document import Text, doc
from commands.files import MadeFile
from storage.files import OutgoingFiles
from storage.outbox import Outbox, RowState
from tests.fakes import Network

PAPER = MadeFile("SESN-2026-0007.pdf", "application/pdf", b"%PDF-1.7 the record", doc(Text("The record of alert 7.")))
CHART = MadeFile("figures.png", "image/png", b"\x89PNG", doc(Text("39 of 72 inspections.")), pixels=(640, 480))


async def post(net: Network, file: MadeFile) -> int:
    async with net.transaction() as tx:
        words = Post(file=file, room=net.room("ghana"))
        row = await outgoing.write(tx, words, device=net.gateway.device_id, now=net.now)
        return row.id


async def test_a_file_goes_out_with_its_caption_and_nothing_of_it_is_kept(net: Network) -> None:
    row_id = await post(net, PAPER)
    await post(net, CHART)
    await net.settle()
    assert [heard.body for heard in net.heard("ghana")] == ["The record of alert 7.", "39 of 72 inspections."]
    assert net.gateway.uploads == [(PAPER.name, PAPER.data), (CHART.name, CHART.data)]
    async with net.transaction() as tx:
        assert await OutgoingFiles(tx).of_row(row_id) is None


async def test_a_file_that_cannot_be_delivered_is_not_kept_either(net: Network) -> None:
    net.fail_room("ghana", Rejected(403, "M_FORBIDDEN"))
    row_id = await post(net, PAPER)
    await net.settle()
    async with net.transaction() as tx:
        row = await Outbox(tx).get(row_id)
        assert row is not None
        assert row.state is RowState.GIVEN_UP
        assert await OutgoingFiles(tx).of_row(row_id) is None


async def test_what_was_uploaded_is_not_uploaded_again_for_another_try(net: Network) -> None:
    net.fail_room("ghana", Unavailable("down"))
    row_id = await post(net, PAPER)
    await net.settle()
    async with net.transaction() as tx:  # kept for the next try: how the homeserver names it, and not what is in it
        file = await OutgoingFiles(tx).of_row(row_id)
        assert file is not None
        assert (file.data, file.content is None) == (None, False)
    net.fail_room("ghana", None)
    await net.forward(net.machinery.sender._pauses.backoff(9))
    assert net.gateway.uploads == [(PAPER.name, PAPER.data)]
    async with net.transaction() as tx:
        row = await Outbox(tx).get(row_id)
        assert row is not None
        assert row.state is RowState.SENT
    assert [heard.body for heard in net.heard("ghana")] == ["The record of alert 7."]
