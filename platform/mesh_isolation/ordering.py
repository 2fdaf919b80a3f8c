"""The order of groups of names that refer to each other."""

from collections.abc import Collection, Mapping


def in_order(groups: Collection[list[str]], leads_to: Mapping[str, Collection[str]]) -> list[list[str]]:
    """The groups of names, each after the groups that it refers to where possible, otherwise in their given order.

    Args:
        groups: the names, upstream groups first.
        leads_to: name → the names that it is made of or refers to.
    """
    remaining, ordered = list(groups), []
    while remaining:
        free = (group for group in remaining if not _blocked(group, remaining, leads_to))
        ordered.append(next(free, remaining[0]))
        remaining.remove(ordered[-1])
    return ordered


def _blocked(group: list[str], remaining: list[list[str]], leads_to: Mapping[str, Collection[str]]) -> bool:
    others = {name for other in remaining if other is not group for name in other}
    return any(others & set(leads_to[name]) for name in group)
