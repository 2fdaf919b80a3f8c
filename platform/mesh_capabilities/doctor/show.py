"""`mesh doctor`: how this machine, its environment and the mesh's state are, and what to do."""

from collections import Counter

from mesh_capabilities.doctor.checks import State, examine
from mesh_platform.cli.output import clean, console, print_json, verdict
from mesh_platform.home import find_root

_SIGNS = {State.good: "[green]✔[/]", State.note: "[yellow]![/]", State.problem: "[red]✘[/]"}


def see_doctor(as_json: bool) -> int:
    """Prints a line for each thing as it is looked at. Returns: 1 when there is a problem, else 0."""
    found = []
    out = console()
    for symptom in examine(find_root()):
        found.append(symptom)
        if not as_json:
            out.print(f"{_SIGNS[symptom.state]} {clean(symptom.subject)}: {clean(symptom.found)}", soft_wrap=True)
            if symptom.advice:
                out.print(f"    {clean(symptom.advice)}", soft_wrap=True)
    counted = Counter(symptom.state for symptom in found)
    problems, notes = counted[State.problem], counted[State.note]
    if as_json:
        print_json({"healthy": not problems, "symptoms": [vars(symptom) for symptom in found]})
    else:
        told = f"{problems} problem{'' if problems == 1 else 's'}" if problems else "nothing keeps this mesh from running"
        also = f", {notes} thing{'' if notes == 1 else 's'} to know" if notes else ""
        verdict(not problems, f"{len(found)} things looked at: {told}{also}")
    return 1 if problems else 0
