"""Looking up, adding, correcting and confirming contacts, as members, officials and coordinators speak."""

from datetime import UTC, datetime, time, timedelta

import pytest
from pydantic import ValidationError

from commands.directory import DirectorySettings
from commands.directory.hours import NotHours, parse_hours
from storage.contacts import Contacts
from storage.ids import CountryCode, UserId
from tests.fakes import Network, Reply

CUSTOMS = (
    "!contact add country=GH kind=customs name=Efua Example role=Head of risk profiling"
    " authority=Ghana Revenue Authority phone=030 200 0122 email=Efua@customs.example languages=en,french"
    " hours=Mon-Fri 08:00-17:00 port=Tema"
)
POLICE = (
    "!contact add country=Ghana kind=police name=Yaw Sample role=Station officer authority=Marine Police Unit"
    " phone=+233 30 200 0123 languages=en hours=24/7 port=GHTEM"
)
ENVIRONMENT = (
    "!contact add country=GH kind=environment name=Hazardous waste desk role=Duty officer authority=EPA Ghana"
    " phone=+233302000121 email=desk@epa.example languages=en hours=24/7 member=@ghana:test duty=yes"
)
BENIN = (
    "!contact add country=BJ kind=customs name=Codjo Exemple authority=Direction générale des douanes"
    " email=port@douanes.example languages=fr port=Cotonou"
)
DUTCH = (
    "!contact add country=NL kind=customs name=Sanne Voorbeeld authority=Douane phone=+31 70 555 0123"
    " languages=nl,en port=NLRTM"
)


async def fill(net: Network) -> None:
    for text in (CUSTOMS, POLICE, ENVIRONMENT, BENIN, DUTCH):
        assert "is in the directory" in await net.say(text, as_="coordinator")
    net.clear_heard()


def names(reply: Reply) -> list[str]:
    """The names on the cards of an answer, in their order."""
    return [line.partition(" · ")[2] for line in reply.text.splitlines() if " · " in line]


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
    assert "This is contact 1 already: Efua Example, customs, Ghana." in await net.say(f"!contact add {double}")


async def test_a_switchboard_serves_several_kinds_of_authority(net: Network) -> None:
    await net.say(CUSTOMS)
    reply = await net.say("!contact add country=GH kind=port name=Harbour desk phone=030 200 0122")
    assert "Contact 2 is in the directory." in reply


FOUND = {
    "ghana customs": ["Efua Example"],
    "Ghanna custms": ["Efua Example"],
    "GH police": ["Yaw Sample"],
    "ghnaa police": ["Yaw Sample"],
    "gh police": ["Yaw Sample"],
    "Tema port police": ["Yaw Sample"],
    "téma": ["Efua Example", "Yaw Sample", "Hazardous waste desk"],
    "TEMMA": ["Efua Example", "Yaw Sample", "Hazardous waste desk"],
    "GHTEM customs": ["Efua Example"],
    "efua": ["Efua Example"],
    "efau": ["Efua Example"],
    "risk profiling": ["Efua Example"],
    "ama": ["Hazardous waste desk"],
    "french speaking customs benin": ["Codjo Exemple"],
    "french customs benin": ["Codjo Exemple"],
    "francophone customs": ["Efua Example", "Codjo Exemple"],
    "douane bénin": ["Codjo Exemple"],
    "aduana benín": ["Codjo Exemple"],
    "zoll niederlande": ["Sanne Voorbeeld"],
    "rotterdam": ["Sanne Voorbeeld"],
    "customs in the Netherlands": ["Sanne Voorbeeld"],
    "EPA Ghana": ["Hazardous waste desk"],
    "who is on duty in Ghana?": ["Hazardous waste desk"],
    "spanish": [],
    "officer": ["Hazardous waste desk", "Yaw Sample"],
    "port@douanes.example": ["Codjo Exemple"],
    "030 200 0123": ["Yaw Sample"],
    "4": ["Codjo Exemple"],
}


async def test_members_find_contacts_by_a_few_words(net: Network) -> None:
    await fill(net)
    assert {words: names(await net.say(f"!contact {words}", as_="germany")) for words in FOUND} == FOUND


CALLS = {
    "+233302000123": ["Yaw Sample"],
    "00233 30 200 01 23": ["Yaw Sample"],
    "233302000123": ["Yaw Sample"],
    "+233 (0)30 200-0123": ["Yaw Sample"],
    "0302000123": ["Yaw Sample"],
    "302000123": ["Yaw Sample"],
    "+31 70 555 0123": ["Sanne Voorbeeld"],
    "070 555 0123": ["Sanne Voorbeeld"],
    "+233 30 555 0100": ["Harbour desk"],
    "030 555 0100": ["Harbour desk"],
    "+233 30 200 0199": [],
    "+233 30 200 012": [],
}


async def test_whoever_calls_is_found_however_a_telephone_shows_the_number(net_on_each: Network) -> None:
    net = net_on_each
    await fill(net)
    await net.say("!contact add country=GH kind=port name=Harbour desk phone=+233 30 555 0100 ext 12")
    assert {number: names(await net.say(f"!contact {number}", as_="ghana")) for number in CALLS} == CALLS


async def test_of_one_number_in_two_countries_the_own_comes_first(net: Network) -> None:
    await net.say("!contact add country=GH kind=customs name=Efua phone=+233 30 200 0122")
    await net.say("!contact add country=NL kind=customs name=Sanne phone=+31 30 200 0122", as_="netherlands")
    assert names(await net.say("!contact 030 200 0122", as_="ghana")) == ["Efua", "Sanne"]
    assert names(await net.say("!contact 030 200 0122", as_="netherlands")) == ["Sanne", "Efua"]


async def test_words_that_mean_something_are_looked_for_in_roles_too(net: Network) -> None:
    await fill(net)
    await net.say("!contact duty 3 off", as_="coordinator")
    reply = await net.say("!contact duty-officer")
    assert "Nobody on file is all of this: on duty." in reply
    assert names(reply)[0] == "Hazardous waste desk"


async def test_customs_alone_shows_those_of_the_own_country_first(net: Network) -> None:
    await fill(net)
    assert names(await net.say("!contact customs", as_="netherlands"))[0] == "Sanne Voorbeeld"
    assert names(await net.say("!contact customs", as_="ghana"))[0] == "Efua Example"


async def test_the_nearest_are_shown_when_nobody_is_all_of_it(net: Network) -> None:
    await fill(net)
    reply = await net.say("!contact benin police")
    assert "Nobody on file is all of this: police and Benin." in reply
    assert names(reply) == ["Codjo Exemple"]
    unknown = await net.say("!contact benin qwertz")
    assert "I found nothing for “qwertz”." in unknown
    assert names(unknown) == ["Codjo Exemple"]


async def test_a_search_without_a_hit_says_what_was_understood_and_who_helps(net: Network) -> None:
    await fill(net)
    reply = await net.say("!contact thailand police")
    assert "I found nobody. I understood: police and Thailand." in reply
    assert "Co Ordinator, SESN Secretariat: @coordinator:test" in reply
    assert not reply.messages[0].mentions
    assert "could make nothing of “qwertz”" in await net.say("!contact qwertz")
    assert "Whom do you look for?" in await net.say("!contact")


async def test_a_member_of_the_roster_without_a_contact_is_named(net: Network) -> None:
    reply = await net.say("!contact eva", as_="germany")
    assert "Eva Exemple, Federal Police (police), Belgium: @belgium:test" in reply
    assert not reply.messages[0].mentions


async def test_five_cards_are_shown_and_the_rest_counted(net: Network) -> None:
    for number in range(8):
        text = f"!contact add country=GH kind=port name=Desk {number} email=desk{number}@port.example"
        await net.say(text, as_="coordinator")
    reply = await net.say("!contact ghana port authority")
    assert len(names(reply)) == 5
    assert "These are the 5 likeliest of 8." in reply


async def test_a_stranger_is_told_nothing(net: Network) -> None:
    await fill(net)
    reply = await net.say("!contact ghana customs", as_="stranger")
    assert "Efua" not in reply


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
    "contact set 1 email=desk@epa.example": "This is contact 2 already",
    "contact set 1 role=Head of risk profiling": "is like this already",
    "contact set 99 role=Chief": "There is no contact 99.",
    "contact show 99": "There is no contact 99.",
    "contact remove 99": "There is no contact 99.",
    "contact confirm 999999": "There is no contact 999999.",
    "contact duty 99": "There is no contact 99.",
    "contact duty 1 maybe": "maybe is not one of on and off",
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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("24/7", "24/7"),
        ("24 h", "24/7"),
        ("Mon-Fri 08:00-17:00", "Mon-Fri 08:00-17:00"),
        ("monday to friday 8-17", "Mon-Fri 08:00-17:00"),
        ("lun-ven 8h30-16h", "Mon-Fri 08:30-16:00"),
        ("8-16", "Mon-Fri 08:00-16:00"),
        ("Sun-Thu 08:00-16:00", "Sun-Thu 08:00-16:00"),
        ("sat 09.00–12.00", "Sat 09:00-12:00"),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, shown: str) -> None:
    hours = parse_hours(text)
    assert str(hours) == shown
    assert parse_hours(str(hours)) == hours


@pytest.mark.parametrize("text", ["", "sometimes", "25-26", "Mon-Fri", "Foo-Fri 8-17", "8:77-9"])
def test_what_is_no_hours_is_refused(text: str) -> None:
    with pytest.raises(NotHours):
        parse_hours(text)


def test_a_night_shift_goes_on_after_midnight() -> None:
    hours = parse_hours("Mon-Fri 22:00-06:00")
    saturday = datetime(2026, 11, 28, tzinfo=UTC)
    assert hours.is_open(datetime.combine(saturday, time(5), UTC))
    assert not hours.is_open(datetime.combine(saturday, time(7), UTC))
    assert not hours.is_open(datetime.combine(saturday, time(23), UTC))
    assert not hours.is_open(datetime.combine(saturday + timedelta(days=2), time(5), UTC))
