"""The sample network: twelve countries with invented people, their contacts and profiles, for the demo and the tests.

The data lies in `network/`: one TOML file for each country, and `network.toml` for those who belong to no country.
"""

import tomllib
from importlib.resources import files
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from storage.members import AuthorityKind
from storage.profiles import Section

CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Localpart = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SamplePerson(_Strict):
    """A person on the roster; `country` is None for an international organisation."""

    localpart: Localpart
    name: str
    role: Literal["member", "official", "coordinator"]
    authority: str
    kind: AuthorityKind
    languages: tuple[Language, ...] = Field(min_length=1)
    zone: str
    country: CountryCode | None = None

    def user_id(self, server_name: str) -> str:
        """Return the Matrix id on a homeserver of this name."""
        return f"@{self.localpart}:{server_name}"


class SampleContact(_Strict):
    """A desk or person of an authority; `member` is the localpart of the person on the roster, if it is one."""

    country: CountryCode
    name: str
    role: str
    authority: str
    kind: AuthorityKind
    phone: str
    email: str
    languages: tuple[Language, ...] = Field(min_length=1)
    zone: str
    hours: str | None = None
    port: str | None = None
    on_duty: bool = False
    member: Localpart | None = None


class SampleCountry(_Strict):
    """A country of the network; the first of its people raises and acknowledges alerts in the demo."""

    country: CountryCode
    name: str
    zone: str
    languages: tuple[Language, ...] = Field(min_length=1)
    ports: tuple[str, ...] = Field(min_length=1, max_length=3)
    people: tuple[SamplePerson, ...] = Field(min_length=2)
    contacts: tuple[SampleContact, ...] = Field(min_length=2)
    profile: dict[Section, str]

    @model_validator(mode="before")
    @classmethod
    def _belong(cls, data: Any) -> Any:
        """People and contacts of a country's file are of that country."""
        if not isinstance(data, dict):
            return data
        of = {"country": data.get("country")}
        return data | {part: [one | of for one in data.get(part, ())] for part in ("people", "contacts")}

    @property
    def official(self) -> SamplePerson:
        """The first official."""
        return next(person for person in self.people if person.role == "official")


class SampleNetwork(_Strict):
    """Everything. Localparts are unique, and a contact's `member` is one of its country's people."""

    countries: tuple[SampleCountry, ...]
    international: tuple[SamplePerson, ...]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        names = [person.localpart for person in self.people]
        if len(set(names)) != len(names):
            raise ValueError("a localpart is given twice")
        for country in self.countries:
            own = {person.localpart for person in country.people}
            if unknown := {contact.member for contact in country.contacts} - own - {None}:
                raise ValueError(f"{country.country}: no such people: {unknown}")
        return self

    @property
    def people(self) -> tuple[SamplePerson, ...]:
        """Everybody on the roster, coordinators first."""
        return self.international + tuple(person for country in self.countries for person in country.people)

    @property
    def contacts(self) -> tuple[SampleContact, ...]:
        return tuple(contact for country in self.countries for contact in country.contacts)

    @property
    def coordinator(self) -> SamplePerson:
        """The first coordinator, whom the configuration of the demo names."""
        return next(person for person in self.international if person.role == "coordinator")

    def country(self, code: str) -> SampleCountry:
        """Return a country by its ISO 3166-1 code. Raises LookupError."""
        for country in self.countries:
            if country.country == code:
                return country
        raise LookupError(code)


def load_sample() -> SampleNetwork:
    """Read the sample network.

    Raises:
        pydantic.ValidationError: a file does not hold what it should; the error names the place.
    """
    folder = files("bot.demo") / "network"
    read = {
        file.name: tomllib.loads(file.read_text(encoding="utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    }
    international = read.pop("network.toml")["people"]
    countries = [read[name] for name in sorted(read)]
    return SampleNetwork.model_validate({"countries": countries, "international": international})
