"""Country profiles: read by members, written by officials of the country, with their history."""

from datetime import timedelta

from tests.fakes import Network

PORTS = "!profile set GH section=ports Tema takes most containers; Takoradi handles bulk cargo."


async def test_official_writes_a_section_of_the_own_country(net: Network) -> None:
    reply = await net.say(PORTS, as_="ghana", room="ghana")
    assert "The profile of Ghana has a section now: Ports." in reply
    assert "Tema takes most containers; Takoradi handles bulk cargo." in reply
    assert "version 1, by Ama Example, EPA Ghana." in reply


async def test_anybody_on_the_roster_reads_the_overview(net: Network) -> None:
    await net.say(PORTS)
    await net.say("!profile set Ghana section=take-back Ask the EPA in writing.", as_="coordinator")
    reply = await net.say("!profile ghana", as_="germany")
    assert "Ports, as of 2026-11-23, EPA Ghana" in reply
    assert "Take-back, as of 2026-11-23, SESN Secretariat" in reply
    assert reply.text.index("Ports, as of") < reply.text.index("Take-back, as of")
    assert "Tema takes most containers" in reply
    assert "Nothing yet on: Authorities, Legislation, Procedures, Waste streams, Contacts, and Languages." in reply
    assert "Officials of Ghana can write it." in reply


async def test_the_facts_of_the_code_tables_are_shown(net: Network) -> None:
    ghana = (await net.say("!profile GH")).text
    assert "Basel Convention: party" in ghana
    assert "Ban amendment: ratified 2005-06-09" in ghana
    assert "OECD member: no" in ghana
    assert "EU member: no" in ghana
    assert "Seaports in UN/LOCODE: 12" in ghana
    assert "Mon 23 Nov 2026, 09:00 (Africa/Accra)" in ghana
    assert "Contacts on file: 0" in ghana
    america = (await net.say("!profile United States")).text
    assert "Basel Convention: not a party" in america
    assert "OECD member: yes" in america
    assert "EU member: yes" in (await net.say("!profile Países Bajos")).text


async def test_one_section_whole(net: Network) -> None:
    long = "Tema. " + "Containers are scanned at the gate. " * 30
    await net.say(f"!profile set GH section=ports {long}")
    overview = await net.say("!profile GH")
    assert overview.text.count("scanned at the gate") < 30
    assert "A whole section: !profile GH section=ports" in overview
    whole = await net.say("!profile GH section=Ports", as_="germany")
    assert whole.text.count("scanned at the gate") == 30


async def test_country_names_of_several_words_and_lines_of_text(net: Network) -> None:
    slip = await net.say("!profile set Ivory Coast section=waste streams Tyres.", as_="coordinator")
    assert "waste is not one of" in slip
    reply = await net.say(
        "!profile set Ivory Coast section=waste-streams Tyres.\n\nUsed batteries, a = b.", as_="coordinator"
    )
    assert "Tyres." in reply
    assert "Used batteries, a = b." in reply
    assert "Waste streams" in await net.say("!profile CI")


async def test_only_officials_of_the_country_and_coordinators_write(net: Network) -> None:
    words = "Only officials of Ghana and coordinators write its profile."
    assert words in await net.say(PORTS, as_="belgium")
    member = await net.say(PORTS.replace("GH", "DE"), as_="germany")
    assert "has a section now" not in member
    assert "has no section Ports yet" in await net.say("!profile GH section=ports")
    assert "has a section now" in await net.say(PORTS, as_="coordinator")


async def test_wrong_values_are_named(net: Network) -> None:
    assert "I know no country “Ghanna”. Did you mean Ghana (GH)" in await net.say("!profile Ghanna")
    assert "harbours is not one of" in await net.say("!profile set GH section=harbours Tema.")
    assert "Did you mean ports?" in await net.say("!profile GH section=prots")
    assert "There is: Ports." not in await net.say("!profile GH section=ports")
    await net.say(PORTS)
    assert "There is: Ports." in await net.say("!profile GH section=languages")


async def test_empty_and_too_long_texts_are_refused(net: Network) -> None:
    assert "What shall the section say?" in await net.say("!profile set GH section=ports", room="ghana")
    assert "The text is empty." in await net.say("!profile set GH section=ports \u200b", room="ghana")
    reply = await net.say(f"!profile set GH section=ports {'x' * 4001}")
    assert "The text has 4,001 characters; a section holds at most 4,000." in reply
    assert "has no section Ports yet" in await net.say("!profile GH section=ports")
    assert "has a section now" in await net.say(f"!profile set GH section=ports {'x' * 4000}")


async def test_what_is_missing_is_asked_for(net: Network) -> None:
    assert "Which country?" in await net.say("!profile")
    assert "Ghana" in await net.say("GH")
    assert "Which section: authorities, ports" in await net.say("!profile set GH Tema is the largest.")
    assert "has a section now: Ports." in await net.say("ports")


async def test_earlier_texts_are_kept(net: Network) -> None:
    await net.say(PORTS)
    await net.forward(timedelta(days=3))
    reply = await net.say("!profile set GH section=ports Tema has a second terminal now.", as_="ghana2")
    assert "The section Ports in the profile of Ghana is changed." in reply
    assert "says exactly this already" in await net.say("!profile set GH section=ports Tema has a second terminal now.")
    history = (await net.say("!profile history GH section=ports", as_="germany")).text
    assert "2: Thu 26 Nov 2026, 09:00 (Africa/Accra), Kofi Sample, Ghana Customs: “Tema has a second" in history
    assert "1: Mon 23 Nov 2026, 09:00 (Africa/Accra), Ama Example, EPA Ghana: “Tema takes most" in history
    assert history.index("Kofi") < history.index("Ama")
    first = await net.say("!profile history GH section=ports version=1")
    assert "Takoradi handles bulk cargo." in first
    assert "they run from 1 to 2" in await net.say("!profile history GH section=ports version=3")
    assert "has no section Languages yet" in await net.say("!profile history GH section=languages")
    assert "Tema has a second terminal now." in await net.say("!profile GH")
    assert "Takoradi" not in await net.say("!profile GH")


async def test_a_profile_shows_how_many_contacts_there_are(net: Network) -> None:
    await net.say("!contact add country=GH kind=customs name=Efua Example email=efua@customs.example")
    assert "Contacts on file: 1" in await net.say("!profile GH")


async def test_a_stranger_reads_nothing(net: Network) -> None:
    await net.say(PORTS)
    assert "Tema" not in await net.say("!profile GH", as_="stranger")
