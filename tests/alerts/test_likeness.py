"""When two facts name the same thing, and what is kept of that to find alerts by."""

import pytest

from storage.alerts import AlertMarks, Mark, mark_of
from tests.alerts.raising import raised, sent
from tests.fakes import Network


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        ("container", ["CSQU3054383", "csqu 305438-3", "CSQU 305438.4", "CSQU3054380"]),
        ("vessel", ["IMO9811000", "imo 9811009"]),
        ("vessel", ["EVER GIVEN", "MV Ever Given", "M.V. EVER GIVÉN", "M/V Ever-Given", "m.v ever given", "Evergiven"]),
        ("bill of lading", ["HLCUHAM2611XYZ9", "hlcu ham 2611 xyz9", "HLCU.HAM-2611/XYZ9"]),
        ("notification", ["NL0012345678", "nl 0012345678i", "NL0012345678.000012", "NL 0012345678I.000001"]),
        ("notification", ["GLW.NL0012345678", "glw nl0012345678i"]),
        ("company", ["Récup'Auto S.A.R.L.", "RECUP AUTO SARL", "Recup Auto S. A. R. L.", "SARL Récup-Auto"]),
        ("company", ["Green & Metal Company Ltd.", "GREEN AND METAL CO LIMITED", "Green Metal B.V.", "Green Metal"]),
        ("company", ["Müller GmbH & Co. KG", "MULLER GMBH", "Muller S.A. de C.V.", "Muller Sp. z o.o."]),
    ],
)
def test_spellings_of_the_same_are_the_same(kind: str, spellings: list[str]) -> None:
    assert len({mark_of(kind, spelling) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("container", "CSQU3054383", "CSQU3054399"),
        ("vessel", "IMO9811000", "IMO9811012"),
        ("vessel", "MSC Anna", "MSC Anne"),
        ("notification", "NL0012345678", "GLW.NL0012345678"),
        ("notification", "NL0012345678", "BE0012345678"),
        ("company", "Green Metal Ltd", "Green Metals Ltd"),
        ("bill of lading", "HLCUHAM2611XYZ9", "HLCUHAM2611XYZ8"),
    ],
)
def test_what_is_not_the_same_stays_apart(kind: str, one: str, other: str) -> None:
    assert mark_of(kind, one) != mark_of(kind, other)


@pytest.mark.parametrize(
    ("kind", "value"), [("company", "Ltd"), ("company", "S.A."), ("vessel", "MV"), ("vessel", "SS")]
)
def test_a_name_that_is_nothing_but_its_form_stays_what_it_is(kind: str, value: str) -> None:
    mark = mark_of(kind, value)
    assert mark is not None
    assert mark.value


@pytest.mark.parametrize("kind", ["port", "country", "hs", "declared", "quantity", "contact"])
def test_what_many_shipments_share_is_compared_by_nothing(kind: str) -> None:
    assert mark_of(kind, "GHTEM") is None


def test_a_value_of_signs_alone_is_compared_by_nothing() -> None:
    assert mark_of("company", "&&&") is None


async def named(net: Network, alert_id: int) -> set[Mark]:
    async with net.transaction() as tx:
        return {mark for _alert, mark in await AlertMarks(tx).of([alert_id])}


async def test_an_alert_is_found_by_what_it_names_from_when_it_is_sent_until_it_is_withdrawn(net: Network) -> None:
    container, ship = Mark("container", "CSQU305438"), Mark("vessel", "EVERGIVEN")
    await raised(net, "CSQU3054383 on MV Ever Given at Tema to Rotterdam")
    assert await named(net, 1) == set()
    await net.say("!alert send", as_="ghana")
    assert await named(net, 1) == {container, ship}
    await net.say("!alert set 1 vessel=none company=Metals Ltd", as_="ghana")
    assert await named(net, 1) == {container, Mark("company", "METALS")}
    await net.say("!alert set 1 container=CSQU3054384", as_="ghana")
    assert await named(net, 1) == {container, Mark("company", "METALS")}
    await net.say("!alert close 1 outcome=other", as_="ghana")
    assert container in await named(net, 1)
    await net.say("!alert reopen 1 again", as_="ghana")
    await net.say("!alert withdraw 1 misread", as_="ghana")
    assert await named(net, 1) == set()


async def test_what_a_country_proposes_and_the_owner_accepts_is_found_too(net_on_each: Network) -> None:
    net = net_on_each
    await sent(net, "drums at Tema to Rotterdam")
    await net.say("!alert propose 1 bill=HLCU HAM 2611", as_="netherlands")
    assert await named(net, 1) == set()
    await net.say("!alert accept 1", as_="ghana")
    assert await named(net, 1) == {Mark("bill of lading", "HLCUHAM2611")}
    async with net.transaction() as tx:
        marks = AlertMarks(tx)
        bill, ship = Mark("bill of lading", "HLCUHAM2611"), Mark("vessel", "IMO9811000")
        many = [Mark("bill of lading", f"NONE{number}") for number in range(70)]
        found = await marks.newest_with("A", [ship, *many, bill], limit=5)
        assert {mark: ids for mark, ids in found.items() if ids} == {bill: [1]}
        assert (len(found), await marks.newest_with("X", [bill], limit=5)) == (72, {bill: []})
        assert await marks.newest_with("A", [], limit=5) == {}
