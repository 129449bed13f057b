"""The quotation of a command that came late: taken back like everything that is said of the alert it is about."""

from datetime import timedelta

import pytest

from tests.alerts.raising import card_in, sent
from tests.fakes import Network

LATE = timedelta(minutes=20)
SECRET = "The driver carries a second seal"


async def quoted(net: Network) -> list[str]:
    return [one.body for one in net.heard("belgium") if SECRET in one.body]


@pytest.mark.parametrize("answered", [None, "yes", "no"])
@pytest.mark.parametrize("in_thread", [False, True])
async def test_it_goes_when_its_room_may_no_longer_see_the_alert(
    net: Network, answered: str | None, *, in_thread: bool
) -> None:
    await sent(net, "CSQU3054383 at Tema via Antwerp to Rotterdam tlp=green")
    thread = card_in(net, "belgium") if in_thread else None
    number = "" if in_thread else "1 "
    text = f"!alert note {number}{SECRET}"
    asked = await net.say(text, as_="belgium", room="belgium", thread=thread, sent_at=net.now - LATE)
    assert "Do you still mean it" in asked
    if answered is not None:
        await net.say(answered, as_="belgium", room="belgium", thread=thread or asked.event_id)
    assert await quoted(net)
    await net.say("!alert set 1 tlp=red person=@netherlands:test", as_="ghana")
    assert await quoted(net) == []


async def test_the_quotation_of_what_was_raised_by_it_goes_with_that_alert(net: Network) -> None:
    asked = await net.say(f"!alert {SECRET} on CSQU3054383 at Antwerp", as_="belgium", room="belgium",
                          sent_at=net.now - LATE)  # fmt: skip
    await net.say("yes", as_="belgium", room="belgium", thread=asked.event_id)
    await net.say("!alert set 1 tlp=red person=@netherlands:test", as_="belgium", room="belgium")
    assert await quoted(net) == []


async def test_another_answer_asks_again_and_forgets_nothing(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema via Antwerp to Rotterdam tlp=green")
    asked = await net.say(f"!alert note 1 {SECRET}", as_="belgium", room="belgium", sent_at=net.now - LATE)
    for answer in ("perhaps", "yes"):
        await net.say(answer, as_="belgium", room="belgium", thread=asked.event_id)
    assert [one for one in net.heard("ghana") if SECRET in one.body]


async def test_a_late_command_about_what_may_not_be_seen_is_asked_about_like_any_other(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema")
    for number in (1, 77):
        late = await net.say(f"!alert note {number} hello", as_="belgium", room="belgium", sent_at=net.now - LATE)
        assert "Do you still mean it" in late
        answer = await net.say("yes", as_="belgium", room="belgium", thread=late.event_id)
        assert f"I know no alert {number} that I may show here." in answer
