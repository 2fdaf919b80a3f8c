"""The pictures: producers left of their consumers, cycles in one layer, names as text."""

import xml.etree.ElementTree as ET

from mesh_capabilities.portal.pictures import NEWEST, Graph, Group, Node, bars, draw, lay_out, strip


def graph(groups, arrows):
    listed = [
        Group(key, key, f"{key}.html", [Node(name, name, f"{name}.html") for name in names]) for key, names in groups.items()
    ]
    return Graph.of(listed, arrows)


THREE = graph({"sales": "ab", "marketing": "c", "finance": "de"}, [("a", "c"), ("c", "d"), ("b", "e")])


def test_producers_are_left_of_their_consumers():
    boxes = lay_out(THREE).boxes
    assert boxes["sales"][0] < boxes["marketing"][0] < boxes["finance"][0]


def test_an_arrow_past_a_domain_goes_around_its_box():
    places = lay_out(THREE)
    _, top, _, height = places.boxes["marketing"]
    assert top + height < places.lanes["sales", "finance"] < places.height


def test_domains_in_a_cycle_share_a_layer():
    places = lay_out(graph({"one": "a", "two": "b"}, [("a", "b"), ("b", "a")]))
    assert places.layer_of["one"] == places.layer_of["two"]


def test_no_two_boxes_overlap():
    boxes = list(lay_out(graph({f"g{n}": [f"n{n}"] for n in range(9)}, [("n0", f"n{n}") for n in range(1, 9)])).boxes.values())
    for at, (left, top, width, height) in enumerate(boxes):
        for other_left, other_top, other_width, other_height in boxes[at + 1 :]:
            apart = left + width <= other_left or other_left + other_width <= left
            assert apart or top + height <= other_top or other_top + other_height <= top


def test_an_arrow_to_a_node_outside_the_picture_is_dropped():
    assert graph({"one": "a"}, [("a", "b"), ("a", "a")]).arrows == frozenset()


def test_names_in_a_picture_are_text_and_every_node_is_a_link():
    evil = '"><script>alert(1)</script>'
    picture = draw(Graph.of([Group("g", evil, "g.html", [Node(evil, evil, "n.html", evil)])], []), "../", evil)
    tree = ET.fromstring(str(picture))
    assert not list(tree.iter("script"))
    assert {link.get("href") for link in tree.iter("a")} == {"../g.html", "../n.html"}


def test_a_bar_above_the_limit_is_marked_and_a_chart_shows_the_newest():
    chart = ET.fromstring(str(bars([1, 5, *[2] * NEWEST], [""] * (NEWEST + 2), "rows", limit=3)))
    assert len(list(chart.iter("rect"))) == NEWEST
    kinds = [rect.get("class") for rect in ET.fromstring(str(bars([1, 5], ["", ""], "rows", limit=3))).iter("rect")]
    assert kinds == ["beam", "over"]


def test_a_failed_check_differs_without_colour():
    heights = [
        rect.get("height") for rect in ET.fromstring(str(strip(["good", "warn", "bad"], ["a", "b", "c"], "x"))).iter("rect")
    ]
    assert len(set(heights)) == 3
