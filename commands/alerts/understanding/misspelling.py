"""Names of ports and countries with typing errors in them."""

from collections.abc import Collection

from commands.alerts.understanding.facts import Doubt, DoubtKind, DoubtSource, FactKind
from commands.alerts.understanding.page import vocabulary
from storage.ids import CountryCode
from storage.reference import countries, ports
from storage.reference.ports import Port

_ALTERNATIVES = 6

# What the names of ports begin with: enough of an introduction for the words after it.
FIRST_WORDS = vocabulary("port porto puerto san santa santo saint los las la le el dar point tanjung")


def typing_errors(name: str, *, capital: bool) -> int:
    """Return how many letters of a name may be wrong."""
    return 2 if len(name) >= 8 and capital else 1


def _alike(one: str, two: str) -> bool:
    """Say whether a misspelling begins as people misspell: with the right letter, or one that sounds like it."""
    return one[0] == two[0] or (len(one) >= 7 and f"{one[0]}{two[0]}" in _SOUNDS)


_SOUNDS = vocabulary("ck kc gj jg bv vb sz zs iy yi sc cs qk kq uo ou")


class Speller:
    """What a misspelt name may mean in a text that names the countries `mentioned` and was written in `home`."""

    def __init__(self, mentioned: Collection[CountryCode], home: CountryCode | None) -> None:
        self._mentioned = mentioned
        self._home = home

    def nearly(self, name: str, most: int, *, everywhere: bool) -> tuple[FactKind, str, str, Doubt] | None:
        """Return the place that is spelt most nearly so; where several are, the likeliest, and the doubt names all."""
        from rapidfuzz.distance import OSA

        near = [one for one in ports.near_spellings(name, most) if _alike(one.name, name)]
        lands = [
            (away, land)
            for land in countries.names_in_text()
            if abs(len(land) - len(name)) <= most
            and len(land) >= 5
            and _alike(land, name)
            and (away := OSA.distance(name, land, score_cutoff=most)) <= most
        ]
        least = min([one.distance for one in near] + [away for away, _ in lands], default=None)
        if least == 0:
            return None  # rightly spelt, and found to mean no place
        if least is None:
            near = [one for one in ports.near_spellings(name, 1, known=False) if _alike(one.name, name)]
            if not everywhere or not near:
                return None
            least = 1
        land = next((land for away, land in sorted(lands) if away == least), None)
        some = {port.locode: port for one in near if one.distance == least for port in self._of_name(one.name)}
        ranked = sorted(some.values(), key=lambda port: (-self._likely(port), port.locode))
        if not ranked:
            code = countries.names_in_text()[str(land)]
            doubt = Doubt(DoubtKind.GUESSED, (), DoubtSource.MISSPELT)
            return FactKind.COUNTRY, code, countries.country_name(code), doubt
        equal = [port for port in ranked if self._likely(port) == self._likely(ranked[0])]
        kind = DoubtKind.AMBIGUOUS if len(equal) > 1 else DoubtKind.GUESSED
        alternatives = tuple(port.locode for port in ranked[:_ALTERNATIVES]) if len(ranked) > 1 else ()
        doubt = Doubt(kind, alternatives, DoubtSource.MISSPELT)
        return FactKind.PORT, ranked[0].locode, ranked[0].shown, doubt

    def _of_name(self, name: str) -> tuple[Port, ...]:
        some = ports.names_in_text()[name]
        known = tuple(port for port in some if port.known)
        return known or some

    def _likely(self, port: Port) -> int:
        return ports.plausibility(port, self._mentioned, self._home)
