"""What is stored reads the same from SQLite and from PostgreSQL: every repository, used as members use it."""

from datetime import timedelta

from sqlalchemy import text

from storage.announcements import Announcements, Fate, Progress, Settled
from storage.base import Database
from storage.ids import UserId
from storage.inbox import Inbox
from storage.members import Members, Role
from storage.outbox import Lanes
from tests.databases import Postgres
from tests.fakes import Network


async def test_roster_and_rooms_on_each_database(net_on_each: Network) -> None:
    net = net_on_each
    added = "!member add @new:test role=official country=GH authority=“Port of Tema” kind=port name=“Ñusta Exämple”"
    assert "Ñusta Exämple is on the roster" in await net.say(added, as_="coordinator")
    listed = await net.say("!member list country=GH", as_="coordinator")
    assert "@new:test" in listed
    assert "@netherlands:test" not in listed
    await net.say("!me tz=Asia/Bangkok lang=fr", as_="ghana")
    async with net.transaction() as tx:
        ghana = await Members(tx).get(net.person("ghana"))
        assert ghana is not None
        assert (ghana.zone, ghana.language, ghana.role) == ("Asia/Bangkok", "fr", Role.OFFICIAL)
    assert "no longer on the roster" in await net.say("!member remove @new:test", as_="coordinator")
    async with net.transaction() as tx:
        assert await Members(tx).get(UserId("@new:test")) is None
    await net.add_room("spare", {"coordinator", "ghana"})
    assert "Ghana and Netherlands" in await net.say("!room bind country=GH,NL", as_="coordinator", room="spare")
    assert "“Spare” stands for Ghana and Netherlands" in await net.say("!room list", as_="coordinator")
    assert "no longer stands for" in await net.say("!room unbind", as_="coordinator", room="spare")
    assert "Spare" not in await net.say("!room list", as_="coordinator")


async def test_contacts_and_profiles_on_each_database(net_on_each: Network) -> None:
    net = net_on_each
    await net.say(
        "!contact add country=GH kind=customs name=Zoë role=desk phone=+233302220001 email=z@customs.example "
        "languages=en,fr hours=24/7 port=Tema"
    )
    assert "Zoë" in await net.say("!contact téma custms", as_="netherlands")
    assert "version 1" in await net.say("!profile set GH section=ports Tema and Takoradi")
    assert "version 2" in await net.say("!profile set GH section=ports Tema, Takoradi")
    assert "> Tema, Takoradi" in await net.say("!profile GH", as_="netherlands")
    assert "Tema and Takoradi" in await net.say("!profile history GH section=ports version=1")


async def test_clocks_on_each_database(net_on_each: Network) -> None:
    net = net_on_each
    await net.say("!remind me in 2 hours count the “drums”")
    await net.say("!remind me in 3 hours not this")
    assert "is cancelled" in await net.say("!remind cancel 2")
    asked = await net.say("!profile set GH section=ports", room="ghana")
    assert asked.messages
    planned = "!exercise new title=Quay start=2026-12-01T10:00Z end=2026-12-01T12:00Z countries=GH,NL"
    assert "E-2026-01" in await net.say(planned, as_="coordinator")
    assert "takes part" in await net.say("!exercise join 1", as_="netherlands")
    net.clear_heard()
    await net.forward(timedelta(days=8))
    assert [one.body.splitlines()[-1] for one in await net.heard_by("ghana")] == ["> count the “drums”"]
    reminded = [one.body.split(":")[0] for one in net.heard("ghana") if "Quay" in one.body]
    assert reminded == ["Reminder, 7 days before", "Reminder, 1 day before", "Reminder, 1 hour before"]
    assert sum("stopped waiting" in one.body for one in net.heard("ghana")) == 1


async def test_announcements_inbox_and_outbox_on_each_database(net_on_each: Network) -> None:
    net = net_on_each
    await net.say("announce country=GH,NL It’s time", as_="coordinator")
    sent = await net.say("send", as_="coordinator")
    assert sent.messages[-1].body.startswith("Announcement 1: 2 of 2 delivered.")
    await net.say("help", as_="coordinator", event_id=sent.event_id)
    assert sum("It’s time" in one.body for one in net.heard("ghana")) == 1
    async with net.transaction() as tx:
        assert await Lanes(tx).count_waiting() == 0
        assert await Inbox(tx).next_unhandled() is None
        rows = sorted(target.row_id or 0 for target in await Announcements(tx).first_targets(1, list(Fate), limit=5))
        fates = zip(rows, (Fate.NOT_DELIVERED, Fate.WAITING), strict=True)
        await Announcements(tx).settle([Settled(row, fate, None, net.now) for row, fate in fates])
    async with net.transaction() as tx:
        assert await Announcements(tx).progress(1) == Progress(messages=2, waiting=1, delivered=0)
        shown = await Announcements(tx).first_targets(1, [Fate.NOT_DELIVERED, Fate.WAITING], limit=1)
        assert [(one.fate, one.row_id, one.settled_at) for one in shown] == [(Fate.NOT_DELIVERED, rows[0], net.now)]


async def test_a_server_compiles_no_plans(postgres_server: Postgres) -> None:
    """Most servers do by default, for up to a second, before a search that takes milliseconds."""
    database = Database.open(postgres_server.new_database())
    async with database.connection() as connection:
        assert await connection.scalar(text("SHOW jit")) == "off"
    await database.close()
