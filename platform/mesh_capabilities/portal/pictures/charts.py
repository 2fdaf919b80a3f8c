"""Small charts over time, as SVG that the style sheet colours: rows, the time between versions, checks passed or not."""

from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 300, 56
_FOOT, _HEAD = 1.5, 4
NEWEST = 40
"""How many of the newest moments a chart shows."""


def bars(values: Sequence[float], titles: Sequence[str], label: str, limit: float | None = None) -> Markup:
    """One bar a moment, oldest left.

    Args:
        values: 0 or more each; the highest, or the limit, fills the height.
        titles: what is said of each bar to whoever waits over it.
        label: what the chart shows, in words, for those who hear it.
        limit: drawn as a line; a bar above it has another colour.
    """
    values, titles = values[-NEWEST:], titles[-NEWEST:]
    top = max([*values, limit or 0, 1e-9]) * 1.05
    step = min(WIDTH / max(len(values), 1), 26)
    parts = [
        f'<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{escape(label)}"><path class="ground" d="M0 {HEIGHT}H{WIDTH}"/>'
    ]
    for at, (value, title) in enumerate(zip(values, titles)):
        tall = max((HEIGHT - _FOOT - _HEAD) * value / top, 1.5)
        kind = "over" if limit and value > limit else "beam"
        parts.append(
            f'<rect class="{kind}" x="{at * step:.1f}" y="{HEIGHT - _FOOT - tall:.1f}" '
            f'width="{max(step - 2, 1):.1f}" height="{tall:.1f}" rx="1.5"><title>{escape(title)}</title></rect>'
        )
    if limit:
        line = HEIGHT - _FOOT - (HEIGHT - _FOOT - _HEAD) * limit / top
        parts.append(f'<path class="limit" d="M0 {line:.1f}H{WIDTH}"/>')
    return Markup("".join([*parts, "</svg>"]))


def strip(states: Sequence[str], titles: Sequence[str], label: str) -> Markup:
    """One tile a moment, oldest left, each with the class of its state: `good`, `warn` or `bad`."""
    states, titles = states[-NEWEST:], titles[-NEWEST:]
    step = 9
    width = max(len(states), 1) * step
    parts = [
        f'<svg class="strip" viewBox="0 0 {width} 16" width="{width}" height="16" role="img" aria-label="{escape(label)}">'
    ]
    for at, (state, title) in enumerate(zip(states, titles)):
        # Not by colour alone: what failed is tall, what passed is low.
        y, tall = {"good": (5, 8), "warn": (3, 10)}.get(state, (1, 14))
        parts.append(
            f'<rect class="{escape(state)}" x="{at * step}" y="{y}" width="{step - 2}" height="{tall}" rx="2">'
            f"<title>{escape(title)}</title></rect>"
        )
    return Markup("".join([*parts, "</svg>"]))
