"""Looking contacts up by a few words, a number or an address, as members do."""

from tests.contacts_written import fill, names
from tests.fakes import Network

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
    "00233 30 200 012": [],
    "…0123": ["Yaw Sample", "Sanne Voorbeeld"],
    "... 0 123": ["Yaw Sample", "Sanne Voorbeeld"],
    "*0100": ["Harbour desk"],
    "200 0123": ["Yaw Sample"],
    "30 555-0100": ["Harbour desk"],
    "…123": [],
    "…0012": [],
    "9999": [],
}


async def test_whoever_calls_is_found_however_a_telephone_shows_the_number(net_on_each: Network) -> None:
    net = net_on_each
    await fill(net)
    await net.say("!contact add country=GH kind=port name=Harbour desk phone=+233 30 555 0100 ext 12")
    assert {number: names(await net.say(f"!contact {number}", as_="ghana")) for number in CALLS} == CALLS


async def test_the_end_of_a_number_finds_who_has_it_now(net: Network) -> None:
    await fill(net)
    await net.say("!contact set 3 phone=+233 30 200 4471", as_="ghana")
    assert names(await net.say("!contact …4471")) == names(await net.say("!contact 3"))
    await net.say("!contact set 3 phone=+233 30 200 4472", as_="ghana")
    assert names(await net.say("!contact …4471")) == []
    await net.say("!contact remove 3", as_="ghana")
    await net.say("yes", as_="ghana")
    assert names(await net.say("!contact …4472")) == []


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
