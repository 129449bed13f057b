"""An alert that has been through much, and its record as it is read again."""

import csv
import io
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pypdfium2

from bot.context import BotContext
from commands.base import RoomView
from commands.files import MadeFile
from commands.record import ExportFormat, made_of
from commands.record.gathering import gather
from commands.shipment import Kind
from storage.alerts import (
    Alert,
    AlertNumber,
    AlertProposal,
    AlertProposals,
    AlertRequest,
    AlertRequests,
    Alerts,
    Finding,
    Ground,
)
from storage.ids import CountryCode, RoomId
from storage.members import Members
from tests.alerts.raising import sent
from tests.fakes import Network
from tests.test_risk import fact

SUSPICION = (
    "Container CSQU3054384 at Tema on MV Ever Given, 20 drums, 18 t of A1180 from Antwerp via Rotterdam to Hamburg, "
    "=HYPERLINK, عنوان الشركة, ООО Ромашка, Ελλάδα, บริษัท, 中文 <b>bold</b>"
)


@asynccontextmanager
async def speaking(net: Network, name: str) -> AsyncGenerator[BotContext]:
    """The context of a member in their direct chat."""
    async with net.transaction() as tx:
        member = await Members(tx).get(net.person(name))
        room = RoomView(RoomId("!direct:test"), direct=True)
        yield BotContext(net.machinery.house, tx, net.now, room, speaker=member)


async def found(context: BotContext, sequence: int = 1) -> Alert:
    alert = await Alerts(context.tx).by_number(AlertNumber("A", 2026, sequence))
    assert alert is not None
    return alert


async def export(net: Network, form: ExportFormat, as_: str = "ghana", sequence: int = 1) -> MadeFile:
    async with speaking(net, as_) as context:
        return made_of(await gather(await found(context, sequence), context), form, context.zone)


async def lived(net: Network) -> None:
    """Let an alert have some life: corrected, acknowledged, noted, inspected, confirmed, asked about, answered."""
    await sent(net, SUSPICION)
    await net.forward(timedelta(minutes=5, seconds=7))
    await net.say("!alert ack 1", as_="belgium", room="belgium")
    await net.say("!alert set 1 container=CSQU3054383 declared=plastics", as_="ghana", room="ghana")
    await net.say("!alert note 1 +233 30 212: the seal was broken", as_="ghana2", room="ghana")
    async with speaking(net, "ghana") as context:
        alert, ghana = await found(context), context.member
        alert.replace_facts(
            [], [fact(Kind.COMPANY, "Green Metal Trading Ltd"), fact(Kind.NOTIFICATION, "BE0001234567")], net.now
        )
        alert.inspect(CountryCode("GH"), "opened", by=ghana, at=net.now)
        alert.find(CountryCode("GH"), Finding.CONFIRMED, "", ground=Ground.FALSE_CONSENT, by=ghana, at=net.now)
        due = net.now + timedelta(days=3)
        request = AlertRequest.ask(alert, CountryCode("BE"), "Who packed it?", due=due, by=ghana, at=net.now)
        await AlertRequests(context.tx).add(request)
        request.asked(alert, by=ghana, at=net.now)
    async with speaking(net, "belgium") as context:
        alert, belgium = await found(context), context.member
        (request,) = await AlertRequests(context.tx).of(alert)
        request.give_answer(alert, "We ask the terminal", by=belgium, at=net.now)
        proposal = AlertProposal.make(alert, {"vessel": ["Probo"]}, "Seen on the quay", by=belgium, at=net.now)
        await AlertProposals(context.tx).add(proposal)
        proposal.made(alert, by=belgium, at=net.now)


def table(made: MadeFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(made.data.decode("utf-8-sig"))))


def text_of(made: MadeFile) -> str:
    """Return the words of a PDF as a reader would copy them, lines joined."""
    document = pypdfium2.PdfDocument(made.data)
    try:
        pages = [page.get_textpage().get_text_range() for page in document]
    finally:
        document.close()
    return " ".join(" ".join(pages).split())


def times_of(value: Any) -> list[str]:
    """Return every time in a JSON value: what stands under "at", "..._at" or "..._by" as a text."""
    if isinstance(value, list):
        return [at for inside in value for at in times_of(inside)]
    if not isinstance(value, dict):
        return []
    found_here: list[str] = []
    for name, inside in value.items():
        is_time = isinstance(inside, str) and (name == "at" or name.endswith(("_at", "_by")))
        found_here += [inside] if is_time else times_of(inside)
    return found_here
