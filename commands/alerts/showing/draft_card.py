"""The draft of an alert before its author: what was understood and is missing, who will be told, what to type next."""

import re
from collections.abc import Sequence

from commands.alerts.audience import Listener, Plan, reasons_of
from commands.alerts.facts import EXAMPLES, Slot, by_slot, missing
from commands.alerts.showing.cards import Reader, facts_of_card, files_words, title, unreached_words
from commands.alerts.showing.words import fact_words, reason_words, who
from commands.document import (
    Block,
    Code,
    CountryName,
    Doc,
    Heading,
    Message,
    Moment,
    Strong,
    Text,
    _,
    _n,
    bullets,
    doc,
    joined,
)
from commands.understanding import names_a_person
from storage.alerts import Alert, AlertState, Tlp
from storage.ids import UserId
from storage.reference.countries import named_in
from storage.rooms import BindingKind

_WRITTEN = re.compile(r"(?<!\S)(?P<key>[a-z]+)\s*=\s*(?P<value>\S+)", re.IGNORECASE)


def _written(slot: Slot, text: str) -> str | None:
    """Return what a text gives for a line of the card as `key=value`, as far as it is worth repeating."""
    for found in _WRITTEN.finditer(text):
        if found["key"].casefold() == slot.value:
            return f"{slot.value}={found['value']}"[:60]
    return None


def draft_card(
    alert: Alert,
    audience: Sequence[Block | Message | Strong],
    prefix: str,
    *,
    for_author: bool = True,
    same: Sequence[Block | Message | Strong] = (),
    files: int = 0,
) -> Doc:
    """Show the author what was understood, what is missing, who will be told and why, and what to type next.

    `audience` says who will be told. A second pair of eyes sees the same facts. `same` says which other alerts name the
    same.
    """
    heading = Heading(_("Draft of alert {number}, TLP:{tlp}", number=alert.number, tlp=alert.tlp.value))
    blocks: list[Block | Message | Strong] = [heading, *facts_of_card(alert)]
    if not alert.current_facts:
        blocks.append(_("I recognised no container, ship, port, country, code or quantity in your text."))
    if files:
        blocks.append(files_words(files, prefix))
    lacking = missing(alert)
    unread = {slot: text for slot in lacking if (text := _written(slot, alert.text)) is not None}
    for slot, text in unread.items():
        blocks.append(
            _("I could not read {given}. Write it anew: {set}", given=Code(text),
              set=Code(f"{prefix}alert set {EXAMPLES.get(slot, f'{slot.value}=...')}"))
        )  # fmt: skip
    lacking = [slot for slot in lacking if slot not in unread]
    if lacking:
        keys = joined(Code(f"{slot.value}=") for slot in lacking)
        blocks.append(_("Not given (you can send it all the same): {keys}.", keys=keys))
    if named := by_slot(alert.current_facts).get(Slot.MENTIONED):
        add = Code(f"{prefix}alert set tell={','.join(dict.fromkeys(fact.value for fact in named[:5]))}")
        words = _("Named in your text, but not told for that alone: {names}. To tell them too: {add}",
                  names=fact_words(named), add=add)  # fmt: skip
        blocks.append(words)
    blocks += same
    if alert.purged_at is None and names_a_person(alert.text):
        blocks.append(
            _(
                "Your text seems to name a person. It is shown as you wrote it to everybody who is told. A name that "
                "not all of them need: leave it out, and keep it apart with {person}",
                person=Code(f"{prefix}alert person {alert.number} role=driver <name>"),
            )
        )
    return doc(*blocks, *audience, _next_steps(alert, prefix, for_author=for_author))


def _next_steps(alert: Alert, prefix: str, *, for_author: bool) -> Message:
    withdraw = Code(f"{prefix}alert withdraw {alert.number} <reason>")
    if alert.state is AlertState.SUBMITTED and for_author:
        return _(
            "It waits for a second pair of eyes and was sent to nobody else. If it is urgent: {urgent}. "
            "Drop it: {drop}.",
            urgent=Code(f"{prefix}alert set {alert.number} urgency=urgent"), drop=withdraw,
        )  # fmt: skip
    if alert.state is AlertState.SUBMITTED:
        return _(
            "{by} asks you to verify it. Verify and send it: {verify}. Return it: {back}.",
            by=who(alert.author_authority, alert.author_country),
            verify=Strong(Code(f"{prefix}alert verify {alert.number}")),
            back=Code(f"{prefix}alert return {alert.number} <reason>"),
        )
    if alert.state is AlertState.RETURNED:
        return _(
            "It was returned to you and sent to nobody. Correct it: {set}. Then {submit} or {send}. "
            "Drop it: {withdraw}.",
            set=Code(f"{prefix}alert set {alert.number} ..."), submit=Code(f"{prefix}alert submit {alert.number}"),
            send=Code(f"{prefix}alert send {alert.number}"), withdraw=withdraw,
        )  # fmt: skip
    return _(
        "Nothing has been sent yet. Send it: {send}. Correct or add: {set}. Drop it: {withdraw}.",
        send=Strong(Code(f"{prefix}alert send")),
        set=Code(f"{prefix}alert set origin=BE tlp=green"),
        withdraw=Code(f"{prefix}alert withdraw {alert.number} <reason>"),
    )


def audience_words(alert: Alert, plan: Plan, names: dict[str, str], prefix: str) -> Sequence[Block | Message | Strong]:
    """Say who would be told and why; `names` are those of rooms and persons, by their Matrix id."""
    found: list[Block | Message | Strong] = []
    if plan.listeners:
        told = _n("Sending it tells {count} person:", "Sending it tells {count} people:", plan.people)
        found.append(told)
        found.append(bullets(_listener_words(alert, one, names) for one in plan.listeners))
        if plan.outsiders:
            found.append(_outsider_words(plan.outsiders))
    elif alert.tlp is Tlp.RED:
        add = Code(f"{prefix}alert set person=@name:server")
        found.append(
            Strong(_("Under TLP:RED only persons you name are told, and you named none. Name one: {add}", add=add))
        )
    else:
        add = Code(f"{prefix}alert set tell=GH,NL")
        found.append(
            Strong(_("Nobody would be told: I know of no country concerned that has a room. Add one: {add}", add=add))
        )
    found += [Strong(unreached_words(alert, country)) for country in plan.unreached]
    if alert.named and alert.tlp is not Tlp.RED:
        found.append(_("You named persons; they are told directly only under {red}.", red=Code("tlp=red")))
    return found


def _outsider_words(outsiders: Sequence[UserId]) -> Message:
    people = joined(Code(user) for user in outsiders[:5])
    return _n(
        "{count} of them is in these rooms without being meant by the marking: {people}",
        "{count} of them are in these rooms without being meant by the marking: {people}",
        len(outsiders),
        people=people,
    )


def _listener_words(alert: Alert, one: Listener, names: dict[str, str]) -> Message:
    """Name a room or a person, and say why they are told."""
    name = Text(names.get(one.room or one.person or "", one.room or one.person or ""))
    reached = [country for country in one.countries if country in alert.countries]
    if one.person == alert.author:
        return _("{name}, who raised it and is to see the answers", name=name)
    if one.person is not None:
        return _("{name}, named by the author", name=name)
    if len(reached) == 1 and reached[0] in named_in(name.text):  # the room "Ghana" is that of Ghana
        return _("{name} ({why})", name=name, why=reason_words(reasons_of(alert, reached[0])))
    if reached:
        why = joined(
            _("{country}: {why}", country=CountryName(country), why=reason_words(reasons_of(alert, country)))
            for country in sorted(reached)
        )
        return _("{name} ({why})", name=name, why=why)
    if one.is_bound_to(BindingKind.COORDINATION):
        return _("{name} (coordination of the network)", name=name)
    if one.is_bound_to(BindingKind.NETWORK):
        return _("{name} (all members of the network)", name=name)
    if one.is_bound_to(BindingKind.REGION):
        return _("{name} (its region holds a country concerned)", name=name)
    return _("{name} (TLP:CLEAR goes to every room)", name=name)


def sent_draft(alert: Alert, reader: Reader) -> Doc:
    """What the draft becomes once it was sent."""
    assert alert.circulated_at is not None
    return doc(
        Heading(title(alert)),
        _("This draft was sent on {when}.", when=Moment(alert.circulated_at, reader.zone)),
        _("How it stands now: {show}", show=Code(f"{reader.prefix}alert show {alert.number}")),
    )
