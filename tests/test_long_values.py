"""Values of sixty thousand letters where a short one is asked for: an answer names as much as is needed, no more."""

import pytest

from tests.fakes import Network

FLOODS = {"word": "a" * 60_000, "lines": "@a\n" * 20_000, "accents": "é" * 60_000, "controls": "\u202e" * 60_000}


@pytest.mark.parametrize("value", FLOODS.values(), ids=FLOODS)
@pytest.mark.parametrize(
    "command",
    [
        "!member show {x}", "!member add {x} role=official country=GH authority=EPA kind=environment",
        "!member set @ghana:test role={x}", "!member set @ghana:test country={x}",
        "!member set @ghana:test language={x}",
        "!me tz={x}", "!me language={x}", "!watch GH for={x}", "!watch GH until={x}", "!remind {x} look again",
        "!alert list country={x}", "!alert stats period={x}", "!room bind region={x}",
        "!alert 20 drums at Tema tlp={x}",
        "!announce to={x} hello", "!{x}", "!help {x}", "!seen CSQU3054383 at NLRTM tlp={x}",
    ],
)  # fmt: skip
async def test_it_is_refused_in_few_words(net: Network, command: str, value: str) -> None:
    answer = await net.say(command.format(x=value), as_="coordinator")
    assert answer.text
    assert len(answer.text) < 2500, answer.text[:300]
    assert "went wrong" not in answer
