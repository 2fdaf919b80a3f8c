"""The preconditions of an end: what follows, the notice that was promised, and nobody left who reads it."""

from datetime import date, timedelta

from mesh_capabilities.lifecycle.facts import Facts
from mesh_capabilities.lifecycle.finding import Finding, met, unmet
from mesh_capabilities.lifecycle.request import Request
from mesh_platform.contract.contract import NOTICE, ends_of, notice_of
from mesh_platform.errors import MeshError
from mesh_platform.product.descriptor import DataProduct, Stage


def replacement(facts: Facts, request: Request) -> Finding:
    """A successor that consumers can go to today, or a reason why there is none."""
    if request.successor is None:
        if request.why:
            return met("No successor, and a reason is given.")
        return unmet("Neither a successor nor a reason is given: --successor DOMAIN/PRODUCT or --why.")
    if request.successor == facts.address:
        return unmet("It cannot succeed itself: name another product with --successor.")
    try:
        stage = Facts(facts.project, request.successor).stage
    except MeshError as problem:
        return unmet(f"Its successor is not known: {problem.found}")
    if stage is not Stage.active:
        return unmet(f"Its successor {request.successor} is {stage.words}: consumers need one that is active.")
    return met(f"Its successor {request.successor} is active.")


def end(facts: Facts, request: Request) -> Finding:
    """The last day is stated, and leaves the notice that consumers were promised."""
    notice = max([notice_of(dict(one.document)) for one in facts.promises if one.document], default=NOTICE)
    earliest = request.today + notice
    if request.ends is None:
        return unmet(f"No end is stated: --ends, {earliest} at the earliest.")
    if request.ends < earliest:
        return unmet(
            f"Its end is stated for {request.ends}, but its consumers have {_days(notice)}' notice: {earliest} at the earliest."
        )
    return met(f"It ends on {request.ends}, after the notice of {_days(notice)} that was promised.")


def ended(facts: Facts, request: Request) -> Finding:
    """The last day is over, of the product and of every contract that states one of its own."""
    if not isinstance(facts.product, DataProduct):
        return unmet("Its end is not known before its descriptor is valid.")
    if facts.product.ends is None:
        return unmet("Nobody was told an end: write the custom property endsOn, as `mesh product deprecate` does.")
    last = max([facts.product.ends, *_stated(facts)])
    if last >= request.today:
        return unmet(f"It is promised until {last}.")
    return met(f"Its promise ended on {last}.")


def consumers(facts: Facts, _: Request) -> Finding:
    """Nobody who is built reads it, and nobody might who cannot be looked at."""
    found = facts.consumers
    if found.live:
        return unmet(f"It is read by {len(found.live)}: {'; '.join(map(str, found.live))}.")
    if found.unknown:
        return unmet(f"Whether anybody reads it is not known: {' '.join(found.unknown)}")
    return met("Nobody reads it.")


def _stated(facts: Facts) -> list[date]:
    ends = (ends_of(dict(promise.document)).get(None) for promise in facts.promises if promise.document)
    return [day for day in ends if day]


def _days(span: timedelta) -> str:
    return f"{span.days} days"
