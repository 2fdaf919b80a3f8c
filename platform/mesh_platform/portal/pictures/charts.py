"""Small charts over time, as SVG that the style sheet colours: rows, the time between versions, checks passed or not."""

from collections.abc import Sequence

from markupsafe import Markup

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
    parts = [_opening(label)]
    for at, (value, title) in enumerate(zip(values, titles)):
        tall = max((HEIGHT - _FOOT - _HEAD) * value / top, 1.5)
        parts.append(
            Markup(
                '<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="1.5"><title>{}</title></rect>'
            ).format(
                "over" if limit and value > limit else "beam", at * step, HEIGHT - _FOOT - tall, max(step - 2, 1), tall, title
            )
        )
    if limit:
        line = HEIGHT - _FOOT - (HEIGHT - _FOOT - _HEAD) * limit / top
        parts.append(Markup('<path class="limit" d="M0 {0:.1f}H{1}"/>').format(line, WIDTH))
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def strip(states: Sequence[str], titles: Sequence[str], label: str) -> Markup:
    """One tile a moment, oldest left, each with the class of its state: `good`, `warn` or `bad`."""
    states, titles = states[-NEWEST:], titles[-NEWEST:]
    step = 9
    parts = [
        Markup('<svg class="strip" viewBox="0 0 {0} 16" width="{0}" height="16" role="img" aria-label="{1}">').format(
            max(len(states), 1) * step, label
        )
    ]
    for at, (state, title) in enumerate(zip(states, titles)):
        # Not by colour alone: what failed is tall, what passed is low.
        y, tall = {"good": (5, 8), "warn": (3, 10)}.get(state, (1, 14))
        parts.append(
            Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}</title></rect>').format(
                state, at * step, y, step - 2, tall, title
            )
        )
    parts.append(Markup("</svg>"))
    return Markup("").join(parts)


def _opening(label: str) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img" aria-label="{2}">'
        '<path class="ground" d="M0 {1}H{0}"/>'
    ).format(WIDTH, HEIGHT, label)
