"""The sample network is what the demo and the tests take it for: complete, well formed, and plainly invented."""

from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from email_validator import validate_email
from pydantic import ValidationError

from bot.demo.sample import SampleNetwork, load_sample
from storage.ids import parse_user_id
from storage.members import AuthorityKind
from storage.profiles import Section
from storage.reference.ports import is_locode

# Words that say "invented" in the name itself, in the language of the person.
INVENTED = ("Example", "Sample", "Exemple", "Ejemplo", "Muster", "Voorbeeld")
DESKS = ("desk", "Desk", "Mesa", "Unidad", "Cellule", "Focal point", "team", "enforcement")


@pytest.fixture(scope="module")
def sample() -> SampleNetwork:
    return load_sample()


def test_holds_the_twelve_countries_of_the_first_meeting(sample: SampleNetwork) -> None:
    codes = {country.country for country in sample.countries}
    assert codes == {"UY", "GH", "PA", "DE", "DO", "GB", "US", "NL", "BJ", "JM", "TH", "BE"}
    with pytest.raises(LookupError):
        sample.country("FR")


def test_ports_exist_and_lie_in_their_country(sample: SampleNetwork) -> None:
    for country in sample.countries:
        of_contacts = [contact.port for contact in country.contacts if contact.port is not None]
        for code in [*country.ports, *of_contacts]:
            assert is_locode(code), code
            assert code[:2] == country.country
        assert set(of_contacts) <= set(country.ports)


def test_telephone_numbers_are_valid_in_their_country_and_given_once(sample: SampleNetwork) -> None:
    numbers = [phonenumbers.parse(contact.phone) for contact in sample.contacts]
    for number, contact in zip(numbers, sample.contacts, strict=True):
        assert phonenumbers.is_valid_number(number), contact.phone
        assert phonenumbers.region_code_for_number(number) == contact.country
    assert len(set(map(str, numbers))) == len(numbers)


@pytest.mark.parametrize(
    ("country", "reserved"),
    [("GB", "+442079460"), ("US", "+120255501"), ("JM", "+187655501"), ("DO", "+180955501")],
)
def test_numbers_reserved_for_fiction_are_used_where_there_are_some(
    sample: SampleNetwork, country: str, reserved: str
) -> None:
    for contact in sample.country(country).contacts:
        number = phonenumbers.parse(contact.phone)
        assert phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164).startswith(reserved)


def test_addresses_are_well_formed_and_reach_nobody(sample: SampleNetwork) -> None:
    addresses = [contact.email for contact in sample.contacts]
    for address in addresses:
        assert validate_email(address, check_deliverability=False).normalized == address
        assert address.endswith(".example")
    assert len(set(addresses)) == len(addresses)


def test_time_zones_exist(sample: SampleNetwork) -> None:
    zones = {person.zone for person in sample.people} | {contact.zone for contact in sample.contacts}
    zones |= {country.zone for country in sample.countries}
    assert {ZoneInfo(zone).key for zone in zones} == zones


def test_people_are_plainly_invented(sample: SampleNetwork) -> None:
    for person in sample.people:
        assert any(word in person.name for word in INVENTED), person.name
        assert parse_user_id(person.user_id("localhost"))
    for contact in sample.contacts:
        assert any(word in contact.name for word in INVENTED + DESKS), contact.name


def test_each_country_can_raise_answer_and_be_called(sample: SampleNetwork) -> None:
    for country in sample.countries:
        assert country.official.country == country.country
        assert any(contact.on_duty for contact in country.contacts)
        assert set(country.profile) == set(Section)
        assert all(country.profile.values())
        assert set(country.official.languages) & set(country.languages)
    assert sample.coordinator.country is None
    assert sample.coordinator.kind == "international"


def test_every_kind_of_authority_takes_part(sample: SampleNetwork) -> None:
    kinds = {person.kind for person in sample.people} | {contact.kind for contact in sample.contacts}
    assert kinds == set(AuthorityKind)


def test_ports_named_in_a_profile_are_the_countrys(sample: SampleNetwork) -> None:
    for country in sample.countries:
        for code in country.ports:
            assert f"({code})" in country.profile[Section.PORTS], code


def test_inconsistent_data_is_refused(sample: SampleNetwork) -> None:
    twice = sample.model_dump() | {"international": [sample.coordinator.model_dump()] * 2}
    with pytest.raises(ValidationError, match="given twice"):
        SampleNetwork.model_validate(twice)
    foreign = sample.country("GH").contacts[0].model_copy(update={"member": "netherlands"})
    ghana = sample.country("GH").model_copy(update={"contacts": (foreign,)})
    with pytest.raises(ValidationError, match="no such people"):
        SampleNetwork.model_validate({"countries": [ghana], "international": []})
