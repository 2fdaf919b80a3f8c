"""The colours: every pair of text and background has the contrast of WCAG 2.2 AA, in light and in dark."""

import re
from importlib import resources

import pytest

SHEETS = resources.files("mesh_capabilities.portal").joinpath("assets")
TOKENS = {
    name: (light, dark)
    for name, light, dark in re.findall(
        r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", SHEETS.joinpath("tokens.css").read_text("utf-8")
    )
}
TEXT = [(ink, ground) for ink in ("ink", "soft", "accent") for ground in ("paper", "card", "raised", "quiet")]
TEXT += [("ink", "accent-soft"), ("accent", "accent-soft"), ("soft", "accent-soft"), ("ink", "warn-soft"), ("ink", "bad-soft")]
TEXT += [(tone, f"{tone}-soft") for tone in ("good", "warn", "bad", "waived", *(f"d{n}" for n in range(8)))]
TEXT += [(tone, "card") for tone in ("good", "bad", *(f"d{n}" for n in range(8)))]
TEXT += [("on-accent", "accent")]
TEXT += [("card", f"d{n}") for n in range(8)] + [("d2", "quiet"), ("d4", "quiet"), ("d5", "quiet")]
SHAPES = [("edge", ground) for ground in ("paper", "card")] + [("accent", "paper"), ("accent", "card")]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_formula_is_that_of_wcag():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_is_readable_on_its_background(text, ground, theme):
    assert contrast(TOKENS[text][theme], TOKENS[ground][theme]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_edges_of_fields_and_the_focus_ring_are_visible(shape, ground, theme):
    assert contrast(TOKENS[shape][theme], TOKENS[ground][theme]) >= 3


def test_colours_are_defined_in_one_file():
    others = [entry for entry in SHEETS.iterdir() if entry.name.endswith(".css") and entry.name != "tokens.css"]
    assert len(others) == 4
    assert [entry.name for entry in others if re.search(r"#[0-9a-f]{3,8}\b", entry.read_text("utf-8"))] == []


def test_assets_load_nothing_from_the_network():
    for entry in SHEETS.iterdir():
        text = entry.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//\w+\.|@import|url\(|fetch\(|XMLHttpRequest|WebSocket|eval\(|innerHTML", text), (
            entry.name
        )
