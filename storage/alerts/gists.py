"""What a list shows of alerts beside their numbers: the countries, a few facts, else how the text begins."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from storage.alerts.parts import Addressee, Fact, Wording
from storage.base import Transaction
from storage.base.tables import columns_of
from storage.ids import CountryCode

_LONGEST = 1000
"""Characters that are read of a text which is shown in less than one line."""

_part, _fact, _wording = (columns_of(one) for one in (Addressee, Fact, Wording))


@dataclass(slots=True)
class Gist:
    """What a list shows of one alert."""

    countries: list[CountryCode] = field(default_factory=list)
    """The countries concerned, in their order."""
    facts: list[tuple[str, str]] = field(default_factory=list)
    """The kind and the shown text of the current facts that were asked for, in their order."""
    text: str = ""
    """How the author's text begins; only where there are no such facts."""


class Gists:
    """Reads what a list shows, of as many alerts as it shows."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def of(self, ids: Collection[int], *, kinds: Sequence[str]) -> Mapping[int, Gist]:
        """Return the gists of alerts by their ids; `kinds` are those of the facts that are shown."""
        found = {one: Gist() for one in ids}
        if not found:
            return found
        concerned = select(_part.alert_id, _part.country).where(_part.alert_id.in_(ids))
        for alert_id, country in await self._tx.rows(concerned.order_by(_part.alert_id, _part.position)):
            found[alert_id].countries.append(country)
        facts = select(_fact.alert_id, _fact.kind, _fact.shown).where(
            _fact.alert_id.in_(ids), func.trim(_fact.kind).in_(kinds), _fact.replaced_at.is_(None)
        )
        for alert_id, kind, shown in await self._tx.rows(facts.order_by(_fact.alert_id, _fact.id)):
            found[alert_id].facts.append((kind, shown))
        bare = [one for one, gist in found.items() if not gist.facts]
        if bare:
            texts = select(_wording.alert_id, func.substr(_wording.text, 1, _LONGEST))
            for alert_id, text in await self._tx.rows(texts.where(_wording.alert_id.in_(bare))):
                found[alert_id].text = text
        return found
