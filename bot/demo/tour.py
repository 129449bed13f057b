"""The tour: what the network does with the bot, step by step, with real messages; what each step shows is asserted."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from stdnum.iso6346 import calc_check_digit

from bot.demo.hearing import Heard, Mark
from bot.demo.process import BotFailed
from bot.demo.screen import Entry, Screen
from bot.demo.stage import ACKNOWLEDGE_WITHIN, COORDINATION_ROOM, NETWORK_ROOM, STRANGER, Stage
from bot.demo.watching import Watch
from bot.matrix.interface import MatrixError

CONTAINER = "CSQU3054383"
ALERT = (
    "!alert Container {container} arrives in Tema on Friday, from Antwerp via Rotterdam. Declared as used household "
    "goods, but the X-ray shows about 18 t of broken refrigerators and mixed e-waste (A1181)"
)
READERS = {"Ghana": "ghana", "Netherlands": "netherlands", "Belgium": "belgium", COORDINATION_ROOM: "coordinator"}
"""Through whose client each room that hears of the alert is read."""
WAIT = 20.0 + ACKNOWLEDGE_WITHIN
"""Seconds that a line or an edit may take to come everywhere."""
EXERCISE_AHEAD = 4
"""Seconds until the reminder one hour before the tour's exercise."""
ANNOUNCEMENT = "The next joint operation begins in March. Please send your port's contact data by Friday."


@dataclass
class Tour:
    """What the steps share: the stage, what is told on the screen, and what earlier steps have found."""

    stage: Stage
    screen: Screen
    watch: Watch
    container: str = CONTAINER
    """What the alert is about."""
    cards: dict[str, str] = field(default_factory=dict)
    """The event of the alert's card in each room, by the room's name."""
    sent_from: Mapping[str, Mark] = field(default_factory=dict)
    """For each member, the place in what they heard at which the alert was sent."""
    picture: list[Entry] = field(default_factory=list)
    """The messages that tell an alert's way in short, for a picture of it."""
    number: str = ""
    """Of the alert."""
    draft: str = ""
    """The event that shows the draft."""

    async def told_everywhere(self, text: str, since: Mapping[str, Mark]) -> None:
        """Wait for a line in the thread of the alert's card in every room that has one."""
        for room, card in self.cards.items():
            who = READERS[room]
            await self.stage.members[who].hears(
                self.stage.rooms[room], text, since=since[who], by=self.stage.bot_id, thread=card, within=WAIT
            )

    async def cards_say(self, text: str) -> None:
        """Wait until the alert's card says so in every room that has one."""
        for room, card in self.cards.items():
            await self.stage.members[READERS[room]].until_edited(card, text, within=WAIT)

    def keep(self, *messages: Heard) -> None:
        """Put messages, as they read now, into the picture."""
        self.picture += [self.watch.entry(one) for one in messages]

    def own(self, who: str, answer: Heard) -> Heard:
        """Return the message of a member that the bot has answered."""
        event_id = answer.reply_to or answer.thread_root
        assert event_id is not None, "an answer is a reply, or stands in a thread"
        return self.stage.members[who].latest(event_id)

    def marks(self) -> Mapping[str, Mark]:
        """Return for each member the present place in what they heard."""
        return {name: client.mark() for name, client in self.stage.members.items()}

    def shown(self, what: str) -> None:
        """Tick off something that was asserted, after the messages that show it."""
        self.watch.show_new(everything=True)
        self.screen.tick(what)


@dataclass(frozen=True)
class Step:
    title: str
    play: Callable[[Tour], Awaitable[None]]


def expect(heard: Heard, *parts: str) -> Heard:
    """Check that a message holds all of these. Raises AssertionError with what is missing and what was said."""
    missing = [part for part in parts if part not in heard.body]
    if missing:
        raise AssertionError(f"{' and '.join(map(repr, missing))} should stand in what the bot said:\n{heard.body}")
    return heard


async def raise_alert(tour: Tour) -> None:
    answer = await tour.stage.asks("ghana", "Ghana", ALERT.format(container=tour.container), "Draft of alert")
    tour.draft = answer.event_id
    tour.number = answer.body.split("Draft of alert ", 1)[1].split(",", 1)[0]
    if not tour.number.startswith("A-"):
        raise AssertionError(f"the draft has no number:\n{answer.body}")
    tour.keep(tour.own("ghana", answer), answer)
    tour.shown("the bot answers with a numbered draft; nothing has been sent yet")


async def understand(tour: Tour) -> None:
    draft = tour.stage.members["ghana"].latest(tour.draft)
    facts = (f"Container: {tour.container}", "Antwerp", "Rotterdam", "Tema", "A1181", "18 t")
    expect(draft, *facts)
    tour.shown(f"it found the container (its check digit is right), {', '.join(facts[1:4])}, the code and the weight")
    expect(draft, "tells 4 people", "Belgium (origin)", "Netherlands (transit)", COORDINATION_ROOM)
    tour.shown("it says which rooms will be told, why, and how many people that is")
    expect(draft, "Not given")
    tour.shown("it says what is missing, and that the alert can be sent all the same")
    changed = await tour.stage.asks("ghana", "Ghana", "!alert set contact=Kofi, Tema gate 2", "Kofi")
    expect(changed, "Contact")
    tour.shown("the author adds to the draft; its card is edited")


async def send_alert(tour: Tour) -> None:
    stage = tour.stage
    tour.sent_from = tour.marks()
    tour.watch.only = "Ghana"
    report = await stage.asks("ghana", "Ghana", "!alert send", f"Alert {tour.number} is sent")
    final = await stage.members["ghana"].until_edited(report.event_id, "delivered to 4 of 4")
    expect(final, "✓ Ghana: ", "✓ Belgium: ", "✓ Netherlands: ", f"✓ {COORDINATION_ROOM}: ")
    tour.keep(tour.own("ghana", report), final)
    tour.shown("the answer lists each room, and was edited at each delivery until all had it")


async def cards_arrive(tour: Tour) -> None:
    stage = tour.stage
    tour.watch.only = None
    for room, who in READERS.items():
        card = await stage.members[who].hears(
            stage.rooms[room],
            lambda one: f"Alert {tour.number}" in one.body and tour.container in one.body and one.replaces is None,
            since=tour.sent_from[who],
            by=stage.bot_id,
        )
        tour.cards[room] = card.event_id
        if room == "Netherlands":
            tour.keep(card)
    tour.shown("the rooms of Ghana, the Netherlands and Belgium and the coordinators' room have the card")
    expect(stage.members["belgium"].latest(tour.cards["Belgium"]), "waiting for Belgium and Netherlands")
    tour.shown("it says who has to acknowledge, and until when")
    heard = stage.members["ghana"].timeline(stage.rooms[NETWORK_ROOM], tour.sent_from["ghana"])
    if any(tour.number in one.body for one in heard):
        raise AssertionError(f"an alert under TLP:AMBER was told in the room of the whole network:\n{heard}")
    tour.shown("the room of the whole network, which may not hear of TLP:AMBER, was not told")


async def acknowledge(tour: Tour) -> None:
    stage, since = tour.stage, tour.marks()
    netherlands, ghana = stage.members["netherlands"], stage.members["ghana"]
    room = stage.rooms["Netherlands"]
    said = await netherlands.say(room, "!alert ack", thread=tour.cards["Netherlands"])
    await tour.told_everywhere(f"(Netherlands) has acknowledged alert {tour.number}", since)
    acknowledged = f"has acknowledged alert {tour.number}"
    tour.keep(
        await netherlands.hears(room, lambda one: one.event_id == said, own=True),
        await netherlands.hears(room, acknowledged, since=since["netherlands"]),
        await ghana.hears(stage.rooms["Ghana"], acknowledged, since=since["ghana"]),
    )
    tour.shown("said in the card's thread, where the number may be left out; the threads in all rooms are told")
    await tour.cards_say("Netherlands (transit): acknowledged by")
    expect(ghana.latest(tour.cards["Ghana"]), "waiting for Belgium")
    tour.shown("the card in each room was edited; it now waits for Belgium alone")


async def remind(tour: Tour) -> None:
    stage = tour.stage
    tour.screen.note(
        f"The clock is sped up for the tour: who has not acknowledged is reminded after {ACKNOWLEDGE_WITHIN} seconds "
        "instead of 30 minutes ([alerts] acknowledge_within in config.toml)."
    )
    await stage.members["belgium"].hears(
        stage.rooms["Belgium"],
        f"Reminder: Belgium has not acknowledged alert {tour.number}",
        since=tour.sent_from["belgium"],
        by=stage.bot_id,
        thread=tour.cards["Belgium"],
        within=WAIT,
    )
    await tour.told_everywhere(f"Belgium has not acknowledged alert {tour.number}", tour.sent_from)
    await tour.cards_say("Belgium (origin): not acknowledged, reminded")
    tour.shown("Belgium, which was silent, is reminded in its own room; the others see that it was")
    since = tour.marks()
    await stage.members["belgium"].say(stage.rooms["Belgium"], "!alert ack", thread=tour.cards["Belgium"])
    await tour.told_everywhere(f"(Belgium) has acknowledged alert {tour.number}", since)
    await tour.cards_say("Belgium (origin): acknowledged by")
    tour.shown("Belgium acknowledges, and its clock stops")


async def control(tour: Tour) -> None:
    stage, number = tour.stage, tour.number
    netherlands, room, thread = stage.members["netherlands"], stage.rooms["Netherlands"], tour.cards["Netherlands"]
    for said, told, shown in (
        ("!seen at Rotterdam", f"{tour.container} seen at Rotterdam", "the container is seen in Rotterdam"),
        ("!hold", f"holds the shipment of alert {number}", "the Netherlands holds the shipment"),
        (
            f"!alert confirm {number} ground=b",
            "Basel 9(1)(b), without the consent of a State concerned",
            "and confirms that it is illegal, with the ground of the Basel Convention",
        ),
    ):
        since = tour.marks()
        await netherlands.say(room, said, thread=thread)
        await tour.told_everywhere(told, since)
        tour.shown(shown)
    await tour.cards_say("State: confirmed as illegal")
    await tour.cards_say(f"{tour.container} seen at Rotterdam")
    tour.shown("the cards in all rooms show where it was seen, who holds it and what was found")


async def look_up_contact(tour: Tour) -> None:
    answer = await tour.stage.asks("netherlands", "Netherlands", "!contact téma custms", "Kofi Sample-Boateng")
    expect(answer, "+233", "customs", "Tema")
    tour.shown("found in spite of the accent and the slip; with what time it is there and whether somebody is in")


async def look_up_profile(tour: Tour) -> None:
    answer = await tour.stage.asks("belgium", "Belgium", "!profile Ghana", "Take-back")
    expect(answer, "Legislation", "Tema (GHTEM)")
    tour.shown("the country profile, section by section")


async def exercise(tour: Tour) -> None:
    stage = tour.stage
    start = datetime.now(UTC) + timedelta(hours=1, seconds=EXERCISE_AHEAD)
    end = start + timedelta(hours=1)
    tour.screen.note(
        f"The exercise begins in one hour and {EXERCISE_AHEAD} seconds, so that its reminder one hour before fires now."
    )
    since = tour.marks()
    command = (
        f'!exercise new title="Clean Quay" start={start:%Y-%m-%dT%H:%M:%SZ} end={end:%Y-%m-%dT%H:%M:%SZ} '
        "countries=GH,NL,BE,DE"
    )
    answer = await stage.asks("coordinator", COORDINATION_ROOM, command, "is planned: Clean Quay")
    expect(answer, "Ghana: ", "Germany: ", "1 hour before")
    number = answer.body.split("Exercise ", 1)[1].split(" ", 1)[0]
    invited = ("ghana", "Ghana"), ("netherlands", "Netherlands"), ("belgium", "Belgium"), ("coordinator", NETWORK_ROOM)
    for who, room in invited:
        await stage.members[who].hears(stage.rooms[room], f"!exercise join {number}", since=since[who])
    tour.shown("each country is invited in its own room; Germany, which has none, in the network's room")
    await stage.asks("ghana", "Ghana", f"!exercise join {number}", f"Ghana takes part in exercise {number}")
    tour.shown("Ghana takes part")
    for (who, room), zone in zip(
        invited, ("Africa/Accra", "Europe/Amsterdam", "Europe/Brussels", "Europe/Berlin"), strict=True
    ):
        reminder = await stage.members[who].hears(
            stage.rooms[room], "Reminder, 1 hour before", since=since[who], by=stage.bot_id
        )
        expect(reminder, "Clean Quay", zone)
    tour.shown("the reminder fires, to each country in its own local time")


async def announce(tour: Tour) -> None:
    stage = tour.stage
    coordinator = stage.members["coordinator"]
    command = f"!announce country=GH,NL,BE {ANNOUNCEMENT}"
    question = await stage.asks("coordinator", COORDINATION_ROOM, command, "Answer send or")
    expect(question, ANNOUNCEMENT, "Ghana: ", "Netherlands: ", "Belgium: ", "4 different people")
    tour.shown("the bot shows the text, the rooms and how many people read there, and asks")
    since = tour.marks()
    room = stage.rooms[COORDINATION_ROOM]
    await coordinator.say(room, "send", thread=question.thread_root)
    report = await coordinator.hears(room, "of 3 delivered", since=since["coordinator"], by=stage.bot_id)
    for who, name in (("ghana", "Ghana"), ("netherlands", "Netherlands"), ("belgium", "Belgium")):
        await stage.members[who].hears(stage.rooms[name], ANNOUNCEMENT, since=since[who], by=stage.bot_id)
    await coordinator.until_edited(report.event_id, "3 of 3 delivered")
    tour.shown("it is read in the three rooms, and the report was edited until every delivery was known")
    number = report.body.split("Announcement ", 1)[1].split(":", 1)[0]
    shown = await stage.asks("coordinator", COORDINATION_ROOM, f"!announce show {number}", ANNOUNCEMENT)
    for name in ("Ghana", "Netherlands", "Belgium"):
        if not any(line.startswith(name) and "delivered" in line for line in shown.body.splitlines()):
            raise AssertionError(f"{name} should stand among those who got it:\n{shown.body}")
    tour.shown("the coordinator sees who got it, and when")


async def refuse_stranger(tour: Tour) -> None:
    stage = tour.stage
    stranger, coordinator = stage.members[STRANGER], stage.members["coordinator"]
    room = stage.rooms[NETWORK_ROOM]
    since = coordinator.mark()
    await coordinator.invite(room, stranger.user_id)
    await stranger.is_invited(room)
    await stranger.join(room)
    await coordinator.hears(stage.rooms[COORDINATION_ROOM], "who is on no roster", since=since, by=stage.bot_id)
    tour.shown("somebody who is not on the roster is let into a room: the coordinators are warned")
    answer = await stage.asks(STRANGER, NETWORK_ROOM, "!contact ghana customs", "is not on the roster")
    expect(answer, "Ask a coordinator")
    await coordinator.hears(room, answer.body, since=since, by=stage.bot_id)  # through whose eyes the room is shown
    if "+233" in answer.body:
        raise AssertionError(f"a stranger was told a telephone number:\n{answer.body}")
    tour.shown("asked for a contact, the bot refuses politely and says whom to ask")
    await stranger.leave(room)


STEPS: Sequence[Step] = (
    Step("An official in Ghana raises an alert about a container", raise_alert),
    Step("The bot shows what it understood and who will see it", understand),
    Step("The official sends it", send_alert),
    Step("The rooms of the countries concerned get the card", cards_arrive),
    Step("One country acknowledges", acknowledge),
    Step("The silent one is reminded", remind),
    Step("The container is seen, held, and found to be illegal", control),
    Step("A member looks up a contact", look_up_contact),
    Step("Another looks up a country profile", look_up_profile),
    Step("A coordinator creates an exercise, and its reminder fires", exercise),
    Step("A coordinator broadcasts an announcement and sees who got it", announce),
    Step("A person who is not on the roster is refused", refuse_stranger),
)


ONCE_MORE: Sequence[Step] = (
    Step("An official in Ghana raises an alert about another container", raise_alert),
    Step("The official sends it", send_alert),
    Step("The rooms of the countries concerned get the card", cards_arrive),
    Step("One country acknowledges", acknowledge),
    Step("The silent one is reminded", remind),
    Step("The container is seen, held, and found to be illegal", control),
)
"""An alert's way, for who has come in with a client of their own and wants to see it there."""


def another_container(number: int) -> str:
    """Return the number of another container, with its check digit, for each time an alert's way is played again."""
    body = f"{CONTAINER[:4]}{int(CONTAINER[4:10]) + number:06}"
    return body + calc_check_digit(body)


async def perform(tour: Tour, steps: Sequence[Step] = STEPS) -> bool:
    """Play the steps in order; False when one did not show what it should, which is said on the screen."""
    async with tour.watch.watching():
        for number, step in enumerate(steps, start=1):
            tour.watch.step = number
            tour.screen.title(number, len(steps), step.title)
            try:
                await step.play(tour)
            except (AssertionError, LookupError, MatrixError, BotFailed) as failure:
                tour.watch.only = None
                tour.watch.show_new(everything=True)
                tour.screen.cross(f"Step {number} failed: {step.title}")
                tour.screen.say(f"     {_ended(tour) or failure}")
                return False
    return True


def _ended(tour: Tour) -> str | None:
    """Return why the bot has ended, if it has: that explains the rest."""
    try:
        tour.stage.bot.check()
    except BotFailed as ended:
        return str(ended)
    return None
