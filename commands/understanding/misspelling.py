"""Names of ports and countries with typing errors in them."""

from collections.abc import Collection

from commands.understanding.facts import Doubt, DoubtKind, DoubtSource, FactKind
from commands.understanding.page import vocabulary
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


_Read = tuple[FactKind, str, str, Doubt]


class Speller:
    """What a misspelt name may mean in a text that names the countries `mentioned` and was written in `home`.

    At most `budget` different names are looked up: what is misspelt a hundred times over is no message.
    """

    def __init__(self, mentioned: Collection[CountryCode], home: CountryCode | None, budget: int) -> None:
        self._mentioned = mentioned
        self._home = home
        self._budget = budget
        self._known: dict[tuple[str, int, bool], _Read | None] = {}

    def nearly(self, name: str, most: int, *, everywhere: bool) -> _Read | None:
        """Return the place that is spelt most nearly so; where several are, the likeliest, and the doubt names all.

        Well-known ports and countries are looked among, and `everywhere` among all 18,000 ports where none is near.
        """
        asked = (name, most, everywhere)
        if asked not in self._known:
            if len(self._known) == self._budget:
                return None
            self._known[asked] = self._look_up(name, most, everywhere=everywhere)
        return self._known[asked]

    def _look_up(self, name: str, most: int, *, everywhere: bool) -> _Read | None:
        near = [one for one in ports.spellings(known=True).near(name, most) if _alike(one.name, name)]
        lands = [one for one in countries.spellings().near(name, most) if _alike(one.name, name)]
        least = min((one.distance for one in (*near, *lands)), default=None)
        if least == 0:
            return None  # rightly spelt, and found to mean no place
        if least is None and everywhere:
            near = [one for one in ports.spellings(known=False).near(name, 1) if _alike(one.name, name)]
            least = 1
        some = {port.locode: port for one in near if one.distance == least for port in _of_name(one.name)}
        if some:
            return self._likeliest(list(some.values()))
        land = next((one.name for one in lands if one.distance == least), None)
        if land is None:
            return None
        code = countries.names_in_text()[land]
        doubt = Doubt(DoubtKind.GUESSED, (), DoubtSource.MISSPELT)
        return FactKind.COUNTRY, code, countries.country_name(code), doubt

    def _likeliest(self, some: list[Port]) -> _Read:
        some.sort(key=lambda port: (-self._likely(port), port.locode))
        equal = sum(self._likely(port) == self._likely(some[0]) for port in some)
        kind = DoubtKind.AMBIGUOUS if equal > 1 else DoubtKind.GUESSED
        alternatives = tuple(port.locode for port in some[:_ALTERNATIVES]) if len(some) > 1 else ()
        doubt = Doubt(kind, alternatives, DoubtSource.MISSPELT)
        return FactKind.PORT, some[0].locode, some[0].shown, doubt

    def _likely(self, port: Port) -> int:
        return ports.plausibility(port, self._mentioned, self._home)


def _of_name(name: str) -> tuple[Port, ...]:
    some = ports.names_in_text()[name]
    known = tuple(port for port in some if port.known)
    return known or some
