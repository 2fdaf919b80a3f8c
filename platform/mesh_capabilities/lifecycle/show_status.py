"""`mesh product status`: the stage of one product, how it came there, and what each next step asks for today."""

from mesh_capabilities.lifecycle.conditions import judged
from mesh_capabilities.lifecycle.facts import Facts
from mesh_capabilities.lifecycle.machine import steps_from
from mesh_capabilities.lifecycle.request import request
from mesh_capabilities.lifecycle.show_step import print_conditions
from mesh_platform.cli.output import add_row, clean, console, print_json, table, verdict
from mesh_platform.product.descriptor import DataProduct
from mesh_platform.project import load_project


def show_stage(name: str, as_json: bool) -> None:
    """Prints it; a stage that nobody recorded is said to be so."""
    facts = Facts(load_project(), name)
    asked = request(facts.domain.owner)
    steps = [(step, judged(step, facts, asked)) for step in steps_from(facts.stage)]
    drift = _drift(facts)
    successor, ends = _end(facts)
    if as_json:
        print_json(
            {
                "product": facts.address,
                "stage": facts.stage,
                "successor": successor,
                "ends": ends,
                "record": [taken.document() for taken in facts.record],
                "drift": drift,
                "next": [
                    {"to": step.target, "verb": step.verb, "conditions": [vars(condition) for condition in conditions]}
                    for step, conditions in steps
                ],
                "consumers": [vars(consumer) for consumer in facts.consumers.live],
                "unknown": facts.consumers.unknown,
            }
        )
        return
    out = console()
    if facts.record:
        listing = table("on", "from", "to", "by", "why")
        for taken in facts.record:
            add_row(listing, f"{taken.at:%Y-%m-%d}", taken.source.words, taken.target.words, taken.by, taken.why)
        out.print(listing)
    if drift:
        out.print(f"[yellow]![/] {clean(drift)}", soft_wrap=True)
    for step, conditions in steps:
        out.print(f"To be {step.target.words}, with `mesh product {step.verb} {facts.address}`:", soft_wrap=True)
        print_conditions(conditions, "  ")
    for consumer in facts.consumers.live:
        out.print(f"{clean(consumer)}", soft_wrap=True)
    told = f", until {ends}" if ends else ""
    verdict(True, f"{facts.address} is {facts.stage.words}{told}{f'; go on with {successor}' if successor else ''}")


def _drift(facts: Facts) -> str | None:
    """Whether the descriptor was changed by hand after the last step that was recorded."""
    if facts.record and facts.record[-1].target is not facts.stage:
        last = facts.record[-1]
        return (
            f"{facts.file} says status: {facts.stage.value}, but the last step recorded led to {last.target.value}: "
            "it was changed by hand."
        )
    return None


def _end(facts: Facts) -> tuple[str | None, object]:
    product = facts.product
    return (product.successor, product.ends) if isinstance(product, DataProduct) else (None, None)
