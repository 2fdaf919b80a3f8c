"""The pictures: producers left of their consumers, circles that end, names that are text."""

import xml.etree.ElementTree as ET

from mesh_capabilities.portal.pictures.charts import NEWEST, bars, strip
from mesh_capabilities.portal.pictures.graph import Graph, Group, Node
from mesh_capabilities.portal.pictures.layout import lay_out
from mesh_capabilities.portal.pictures.svg import draw


def graph(groups, arrows):
    made = [
        Group(key, key, f"{key}.html", [Node(name, name, f"{name}.html") for name in names]) for key, names in groups.items()
    ]
    return Graph.of(made, arrows)


THREE = graph({"sales": "ab", "marketing": "c", "finance": "de"}, [("a", "c"), ("c", "d"), ("b", "e")])


def test_producers_stand_left_of_their_consumers():
    boxes = lay_out(THREE).boxes
    assert boxes["sales"][0] < boxes["marketing"][0] < boxes["finance"][0]


def test_an_arrow_over_a_domain_goes_round_its_box():
    places = lay_out(THREE)
    _, top, _, height = places.boxes["marketing"]
    assert top + height < places.lanes["sales", "finance"] < places.height


def test_domains_in_a_circle_stand_in_one_layer():
    places = lay_out(graph({"one": "a", "two": "b"}, [("a", "b"), ("b", "a")]))
    assert places.layer_of["one"] == places.layer_of["two"]


def test_no_two_boxes_overlap():
    boxes = list(lay_out(graph({f"g{n}": [f"n{n}"] for n in range(9)}, [("n0", f"n{n}") for n in range(1, 9)])).boxes.values())
    for at, (left, top, width, height) in enumerate(boxes):
        for other_left, other_top, other_width, other_height in boxes[at + 1 :]:
            apart = left + width <= other_left or other_left + other_width <= left
            assert apart or top + height <= other_top or other_top + other_height <= top


def test_an_arrow_to_what_is_not_in_the_picture_is_left_out():
    assert graph({"one": "a"}, [("a", "b"), ("a", "a")]).arrows == frozenset()


def test_names_in_a_picture_are_text_and_every_node_is_a_link():
    evil = '"><script>alert(1)</script>'
    made = draw(Graph.of([Group("g", evil, "g.html", [Node(evil, evil, "n.html", evil)])], []), "../", evil)
    tree = ET.fromstring(str(made))
    assert not list(tree.iter("script"))
    assert {link.get("href") for link in tree.iter("a")} == {"../g.html", "../n.html"}


def test_a_bar_above_the_limit_is_marked_and_a_chart_shows_the_newest():
    made = ET.fromstring(str(bars([1, 5, *[2] * NEWEST], [""] * (NEWEST + 2), "rows", limit=3)))
    assert len(list(made.iter("rect"))) == NEWEST
    kinds = [rect.get("class") for rect in ET.fromstring(str(bars([1, 5], ["", ""], "rows", limit=3))).iter("rect")]
    assert kinds == ["beam", "over"]


def test_a_failed_check_is_told_apart_without_colour():
    heights = [
        rect.get("height") for rect in ET.fromstring(str(strip(["good", "warn", "bad"], ["a", "b", "c"], "x"))).iter("rect")
    ]
    assert len(set(heights)) == 3
