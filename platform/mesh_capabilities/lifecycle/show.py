"""The commands of `mesh product`."""

import typer

from mesh_capabilities.errors import LifecycleRefused
from mesh_capabilities.lifecycle.conditions import Condition, judged
from mesh_capabilities.lifecycle.lifecycle_facts import LifecycleFacts
from mesh_capabilities.lifecycle.machine import request, steps_from
from mesh_capabilities.lifecycle.record import entry_of
from mesh_capabilities.lifecycle.taking import judge_step, take_judged_step
from mesh_isolation.terminal import add_row, console, print_json, styled, table, verdict
from mesh_platform.product.descriptor import DataProduct, Stage
from mesh_platform.project import load_project


def show_stage(name: str, as_json: bool) -> None:
    """Prints the stage of a product, its record, the next steps with their preconditions, and its consumers."""
    facts = LifecycleFacts(load_project(), name)
    asked = request(facts.domain.owner)
    steps = [(step, judged(step, facts, asked)) for step in steps_from(facts.stage)]
    drift = _drift(facts)
    successor, ends = _replacement(facts)
    if as_json:
        print_json(
            {
                "product": facts.address,
                "stage": facts.stage,
                "successor": successor,
                "ends": ends,
                "record": [entry_of(taken) for taken in facts.record],
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
        out.print("[yellow]![/] {}", drift, soft_wrap=True)
    for step, conditions in steps:
        out.print("To make it {}, with `mesh product {} {}`:", step.target.words, step.verb, facts.address, soft_wrap=True)
        print_conditions(conditions, "  ")
    for consumer in facts.consumers.live:
        out.print("{}", consumer, soft_wrap=True)
    last_day = f", until {ends}" if ends else ""
    replaced = f", replaced by {successor}" if successor else ""
    verdict(True, f"{facts.address} is {facts.stage.words}{last_day}{replaced}")


def _drift(facts: LifecycleFacts) -> str | None:
    """A sentence when the descriptor was changed by hand after the last recorded step."""
    if facts.record and facts.record[-1].target is not facts.stage:
        last = facts.record[-1]
        return (
            f"{facts.file} has the status: {facts.stage.value}, but the last recorded step led to {last.target.value}: "
            "the status was changed by hand."
        )
    return None


def _replacement(facts: LifecycleFacts) -> tuple[str | None, object]:
    product = facts.product
    return (product.successor, product.ends) if isinstance(product, DataProduct) else (None, None)


def take_step(verb: str, name: str, by: str | None, why: str, successor: str | None, ends: str | None, as_json: bool) -> int:
    """Takes the step if all preconditions are met, and prints them. Returns: 0 when it was taken, else 1."""
    facts = LifecycleFacts(load_project(), name)
    try:
        asked = request(by or facts.domain.owner, why, successor, ends)
    except LifecycleRefused as problem:
        raise typer.BadParameter(str(problem)) from None
    judgement = judge_step(facts, verb, asked)
    taken = take_judged_step(facts, judgement, asked) if judgement.allowed else None
    step = judgement.step
    warned = [str(consumer) for consumer in facts.consumers.live] if step.target is Stage.deprecated else []
    if as_json:
        print_json(
            {
                "product": facts.address,
                "from": step.source,
                "to": step.target,
                "taken": taken is not None,
                "conditions": [vars(condition) for condition in judgement.conditions],
                "transition": entry_of(taken) if taken else None,
                "warned": warned if taken else [],
            }
        )
        return 0 if taken else 1
    print_conditions(judgement.conditions)
    if not taken:
        missing = sum(not condition.met for condition in judgement.conditions)
        verdict(
            False,
            f"{facts.address} stays {step.source.words}: {missing} of {len(judgement.conditions)} preconditions are not met",
        )
        return 1
    for consumer in warned:
        console().print("[yellow]![/] {}, and sees a warning from its next run on", consumer, soft_wrap=True)
    record = facts.domain.relative(facts.record_path)
    verdict(True, f"{facts.address} is {step.target.words}, by {taken.by}; {facts.file} and {record} are written")
    return 0


def print_conditions(conditions: list[Condition], indent: str = "") -> None:
    """Prints one line for each precondition."""
    out = console()
    for condition in conditions:
        sign = styled("[green]✔[/]") if condition.met else styled("[red]✘[/]")
        out.print("{}{} {}", indent, sign, condition.sentence, soft_wrap=True)
