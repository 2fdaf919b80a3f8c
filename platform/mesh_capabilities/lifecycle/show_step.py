"""`mesh product promote`, `deprecate` and `retire`: the preconditions of a step one by one, and the step if all are met."""

from mesh_capabilities.lifecycle.conditions import Condition
from mesh_capabilities.lifecycle.facts import Facts
from mesh_capabilities.lifecycle.request import request
from mesh_capabilities.lifecycle.taking import judge, take
from mesh_platform.cli.output import clean, console, print_json, verdict
from mesh_platform.product.descriptor import Stage
from mesh_platform.project import load_project


def take_step(verb: str, name: str, by: str | None, why: str, successor: str | None, ends: str | None, as_json: bool) -> int:
    """Takes the step if it may be taken. Returns: 0 when it was taken, else 1."""
    facts = Facts(load_project(), name)
    asked = request(by or facts.domain.owner, why, successor, ends)
    judgement = judge(facts, verb, asked)
    taken = take(facts, judgement, asked) if judgement.allowed else None
    step = judgement.step
    warned = [str(one) for one in facts.consumers.live] if step.target is Stage.deprecated else []
    if as_json:
        print_json(
            {
                "product": facts.address,
                "from": step.source,
                "to": step.target,
                "taken": taken is not None,
                "conditions": [vars(condition) for condition in judgement.conditions],
                "transition": taken.document() if taken else None,
                "warned": warned if taken else [],
            }
        )
        return 0 if taken else 1
    print_conditions(judgement.conditions)
    if not taken:
        missing = sum(not condition.met for condition in judgement.conditions)
        verdict(
            False, f"{facts.address} stays {step.source.words}: {missing} of {len(judgement.conditions)} preconditions unmet"
        )
        return 1
    for consumer in warned:
        console().print(f"[yellow]![/] {clean(consumer)}, and is warned from its next run on", soft_wrap=True)
    record = facts.domain.relative(facts.record_path)
    verdict(True, f"{facts.address} is {step.target.words}, by {taken.by}; {facts.file} and {record} say so")
    return 0


def print_conditions(conditions: list[Condition], indent: str = "") -> None:
    """One line for each, met or not."""
    out = console()
    for condition in conditions:
        sign = "[green]✔[/]" if condition.met else "[red]✘[/]"
        out.print(f"{indent}{sign} {clean(condition.sentence)}", soft_wrap=True)
