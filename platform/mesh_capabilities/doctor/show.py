"""The command `mesh doctor`: prints the results of all checks."""

from collections import Counter

from mesh_capabilities.doctor.checks import State, examine
from mesh_isolation.terminal import console, print_json, styled, verdict
from mesh_isolation.text import counted
from mesh_platform.home import find_root

_SIGNS = {State.good: styled("[green]✔[/]"), State.note: styled("[yellow]![/]"), State.problem: styled("[red]✘[/]")}


def see_doctor(as_json: bool) -> int:
    """Prints one line for each check, with advice. Returns: 1 when there is a problem, else 0."""
    symptoms = []
    out = console()
    for symptom in examine(find_root()):
        symptoms.append(symptom)
        if not as_json:
            out.print("{} {}: {}", _SIGNS[symptom.state], symptom.subject, symptom.found, soft_wrap=True)
            if symptom.advice:
                out.print("    {}", symptom.advice, soft_wrap=True)
    states = Counter(symptom.state for symptom in symptoms)
    problems, notes = states[State.problem], states[State.note]
    if as_json:
        print_json({"ok": not problems, "symptoms": [vars(symptom) for symptom in symptoms]})
    else:
        result = counted(problems, "problem") if problems else "no problems"
        remarks = f", {counted(notes, 'note')}" if notes else ""
        verdict(not problems, f"{counted(len(symptoms), 'check')}: {result}{remarks}")
    return 1 if problems else 0
