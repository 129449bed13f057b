"""Contacts that the tests put into the directory, and how an answer names them."""

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
