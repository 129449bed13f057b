"""Adding, correcting and confirming contacts, as members, officials and coordinators speak."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from commands.directory import DirectorySettings
from storage.contacts import Contacts
from storage.ids import CountryCode, UserId
from tests.contacts_written import BENIN, CUSTOMS, ENVIRONMENT, fill, names
from tests.fakes import Network


async def test_official_adds_a_contact_of_the_own_country(net: Network) -> None:
    reply = await net.say(CUSTOMS, as_="ghana", room="ghana")
    assert "Contact 1 is in the directory." in reply
    assert "Where: Ghana Revenue Authority (customs), Tema, Ghana" in reply
    assert "Role: Head of risk profiling" in reply
    assert "Phone: +233 30 200 0122" in reply
    assert "E-mail: Efua@customs.example" in reply
    assert "Languages: English and French" in reply
    assert "in office hours (Mon-Fri 08:00-17:00)" in reply
    assert "As of: 2026-11-23" in reply


async def test_only_officials_of_the_country_and_coordinators_add(net: Network) -> None:
    other = await net.say(CUSTOMS, as_="netherlands")
    assert "You may change contacts of Netherlands only." in other
    member = await net.say(CUSTOMS.replace("country=GH", "country=DE"), as_="germany")
    assert "is in the directory" not in member
    assert "Contact 1 is in the directory." in await net.say(CUSTOMS, as_="coordinator")


WRONG_VALUES = {
    "country=GH kind=customs name=Efua phone=12": "is not a phone number of Ghana",
    "country=GH kind=customs name=Efua phone=call me": "is not a phone number of Ghana",
    "country=GH kind=customs name=Efua email=efua at customs": "is not an e-mail address",
    "country=GH kind=custms name=Efua email=e@customs.example": "Did you mean customs?",
    "country=Ghanna kind=customs name=Efua email=e@customs.example": "Did you mean Ghana (GH)?",
    "country=GH kind=customs name=Efua": "needs a phone number or an e-mail address",
    "country=GH kind=customs name=Efua email=e@customs.example port=Rotterdam": "Rotterdam is in Netherlands",
    "country=GH kind=customs name=Efua email=e@customs.example port=Temmma": "Did you mean Tema (GHTEM)",
    "country=GH kind=customs name=Efua email=e@customs.example hours=sometimes": "I cannot read the hours",
    "country=GH kind=customs name=Efua email=e@customs.example languages=klingonian": "I know no language",
    "country=GH kind=customs name=Efua email=e@customs.example tz=Africa/Acra": "Did you mean Africa/Accra?",
    "country=GH kind=customs name=Efua email=e@customs.example member=@nobody:test": "is not on the roster",
    "country=GH kind=customs name=Efua email=e@customs.example member=@belgium:test": "on the roster for Belgium",
    f"country=GH kind=customs name={'x' * 200} email=e@customs.example": "at most 160 characters",
    "country=GH kind=customs name=Efua fax=12": "I know no option fax=",
}


async def test_a_wrong_value_is_named_and_nothing_is_stored(net: Network) -> None:
    for wrong, words in WRONG_VALUES.items():
        assert words in (await net.say(f"!contact add {wrong}")).text
    async with net.transaction() as tx:
        assert await Contacts(tx).count(CountryCode("GH")) == 0


async def test_what_is_missing_is_asked_for(net: Network) -> None:
    assert "What is the name" in await net.say("!contact add country=GH kind=customs email=e@customs.example")
    assert "Contact 1 is in the directory." in await net.say("Efua Example")


async def test_an_unusual_number_is_kept_with_advice(net: Network) -> None:
    reply = await net.say("!contact add country=GH kind=customs name=Efua phone=+233 30 555 0100 ext 12")
    assert "Phone: +233 30 555 0100 ext. 12" in reply
    assert "is of no range that I know" in reply


@pytest.mark.parametrize(
    "double",
    [
        "country=GH kind=port name=Somebody email=EFUA@customs.example",
        "country=GH kind=customs name=Somebody phone=+233 30 2000122",
    ],
)
async def test_a_double_names_the_contact_that_exists(net: Network, double: str) -> None:
    await net.say(CUSTOMS)
    assert "there is contact 1 already: Efua Example, customs, Ghana." in await net.say(f"!contact add {double}")


async def test_a_switchboard_serves_several_kinds_of_authority(net: Network) -> None:
    await net.say(CUSTOMS)
    reply = await net.say("!contact add country=GH kind=port name=Harbour desk phone=030 200 0122")
    assert "Contact 2 is in the directory." in reply


async def test_local_time_and_office_hours_are_those_of_the_contact(net: Network) -> None:
    await fill(net)
    net.now = datetime(2026, 11, 28, 23, 0, tzinfo=UTC)  # a Saturday
    reply = await net.say("!contact efua")
    assert "Sat 28 Nov 2026, 23:00 (Africa/Accra); outside office hours" in reply
    assert "reached 24/7" in await net.say("!contact yaw")


async def test_contact_set_corrects_and_empties_fields(net: Network) -> None:
    await net.say(CUSTOMS)
    reply = await net.say("!contact set 1 phone=030 200 0199 role=none name=Efua B. Example")
    assert "Contact 1 is changed." in reply
    assert "Phone: +233 30 200 0199" in reply
    assert "Role:" not in reply
    assert names(await net.say("!contact efua")) == ["Efua B. Example"]
    assert names(await net.say("!contact risk profiling")) == []
    shown = await net.say("!contact show 1")
    assert "name, role, and phone changed by Ama Example, EPA Ghana" in shown
    assert "added by Ama Example, EPA Ghana" in shown


WRONG_CORRECTIONS = {
    "contact set 1 phone=1": "is not a phone number",
    "contact set 1 phone=none email=none": "this would leave neither",
    "contact set 1": "Say what to change",
    "contact set 1 email=desk@epa.example": "there is contact 2 already",
    "contact set 1 role=Head of risk profiling": "is like this already",
    "contact set 99 role=Chief": "There is no contact 99.",
    "contact show 99": "There is no contact 99.",
    "contact remove 99": "There is no contact 99.",
    "contact confirm 999999": "There is no contact 999999.",
    "contact duty 99": "There is no contact 99.",
    "contact duty 1 maybe": "maybe is not one of on or off",
    "contact confrim 99": "Did you mean !contact confirm 99?",
}


async def test_wrong_corrections_are_refused(net: Network) -> None:
    await net.say(CUSTOMS)
    await net.say(ENVIRONMENT)
    for command, words in WRONG_CORRECTIONS.items():
        assert words in (await net.say(f"!{command}")).text


@pytest.mark.parametrize("command", ["set 1 role=Chief", "remove 1", "duty 1", "confirm 1"])
async def test_officials_of_other_countries_and_members_change_nothing(net: Network, command: str) -> None:
    await net.say(CUSTOMS)
    assert "You may change contacts of Belgium only." in await net.say(f"!contact {command}", as_="belgium")
    await net.say(f"!contact {command}", as_="germany")
    async with net.transaction() as tx:
        contact = await Contacts(tx).get(1)
        assert contact is not None
        assert (contact.role, contact.on_duty) == ("Head of risk profiling", False)
        assert len(await Contacts(tx).changes(contact)) == 1


async def test_a_removed_contact_is_found_by_nothing_and_its_number_never_returns(net: Network) -> None:
    await net.say(CUSTOMS)
    assert "Contact 1, Efua Example, is out of the directory." in await net.say("!contact remove 1")
    assert names(await net.say("!contact efua")) == []
    assert "There is no contact 1." in await net.say("!contact show 1")
    assert "Contact 2 is in the directory." in await net.say(CUSTOMS)


async def test_who_is_on_duty_is_said_and_told(net: Network) -> None:
    await net.say(CUSTOMS + " member=@ghana2:test")
    reply = await net.say("!contact duty 1", as_="ghana", room="ghana")
    assert "Contact 1, Efua Example, is on duty from now." in reply
    assert "On duty for Ghana now: Efua Example (1)." in reply
    assert "Ama Example has put you on duty for Ghana" in (await net.heard_by("ghana2"))[-1].body
    assert "is on duty already" in await net.say("!contact duty 1")
    async with net.transaction() as tx:
        on_duty = await Contacts(tx).on_duty(CountryCode("GH"))
        assert [contact.member for contact in on_duty] == [UserId("@ghana2:test")]
        assert not await Contacts(tx).on_duty(CountryCode("NL"))
    reply = await net.say("!contact duty 1 off", as_="ghana2")
    assert "is no longer on duty" in reply
    assert "Nobody is on duty for Ghana now." in reply
    assert "was not on duty" in await net.say("!contact duty 1 off")


async def test_removing_a_member_tells_the_contact_that_is_without_a_person(net: Network) -> None:
    await net.say(CUSTOMS + " member=@ghana2:test duty=yes")
    reply = await net.say("!member remove @ghana2:test", as_="coordinator")
    assert "on-duty contact for Ghana, customs (contact 1)" in reply


async def test_a_record_is_asked_about_once_when_it_is_old(net: Network) -> None:
    await net.say(CUSTOMS)
    net.clear_heard()
    await net.forward(timedelta(days=179))
    assert net.heard("ghana") == []
    await net.forward(timedelta(days=2))
    (asked,) = net.heard("ghana")
    assert "Is contact 1 of Ghana still right? It was last confirmed on 2026-11-23." in asked.body
    assert net.heard("netherlands") == []
    await net.forward(timedelta(days=400))
    assert len(net.heard("ghana")) == 1


async def test_confirming_starts_the_clock_anew(net: Network) -> None:
    await net.say(CUSTOMS)
    await net.forward(timedelta(days=100))
    reply = await net.say("!contact confirm 1", as_="ghana2")
    assert "is confirmed as of today" in reply
    assert "2027-08-30" in reply
    net.clear_heard()
    await net.forward(timedelta(days=179))
    assert net.heard("ghana") == []
    assert "As of: 2027-03-03" in await net.say("!contact efua")
    await net.forward(timedelta(days=2))
    (asked,) = net.heard("ghana")
    net.clear_heard()
    reply = await net.say("!contact confirm", as_="ghana", room="ghana", reply_to=asked.event_id)
    assert "Contact 1, Efua Example, is confirmed" in reply


async def test_a_removed_contact_is_not_asked_about(net: Network) -> None:
    await net.say(CUSTOMS)
    await net.say("!contact remove 1")
    net.clear_heard()
    await net.forward(timedelta(days=365))
    assert net.heard("ghana") == []


async def test_without_a_room_of_the_country_the_coordinators_are_asked(net: Network) -> None:
    await net.say(BENIN, as_="coordinator")
    net.clear_heard()
    await net.forward(timedelta(days=181))
    assert "Is contact 1 of Benin still right?" in net.heard("coordination")[0].body


async def test_the_time_until_confirmation_is_configured() -> None:
    async with Network.open(directory={"confirm_after": "30d"}) as net:
        await net.say(CUSTOMS)
        net.clear_heard()
        await net.forward(timedelta(days=31))
        assert len(net.heard("ghana")) == 1


@pytest.mark.parametrize("value", ["sometimes", "2h", -1])
def test_an_impossible_time_until_confirmation_is_refused(value: object) -> None:
    with pytest.raises(ValidationError, match="confirm_after"):
        DirectorySettings.model_validate({"confirm_after": value})
