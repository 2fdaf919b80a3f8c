"""What governance asks for and found: the tables of policies, their results and their waivers."""

from collections.abc import Mapping

from mesh_capabilities.governance.catalog.declared.table import DAY, LIST, MOMENT, TEXT, TRUTH, Table

TABLES: Mapping[str, Table] = {
    "policies": Table(
        "The rules of governance, global ones and those of single domains.",
        {
            "policy": (TEXT, "Its id."),
            "title": (TEXT, "What it asks for."),
            "why": (TEXT, "Why it exists."),
            "severity": (TEXT, "How much it matters."),
            "scope": (TEXT, "The table whose rows it judges."),
            "phase": (LIST, "When it runs: ci, publish, on demand."),
            "fix": (TEXT, "What to do about a violation."),
            "owner": (TEXT, "The team that answers for it."),
            "effective_from": (DAY, "The day from which it is in force."),
            "stage": (TEXT, "draft, warn or block."),
            "file": (TEXT, "Its file, from the repository's root."),
            "domain": (TEXT, "The domain that made it; empty for a global one."),
            "privacy": (TRUTH, "Whether it protects people; such a policy cannot be waived."),
        },
        ("policy",),
    ),
    "policy_results": Table(
        "What the policies found, subject by subject.",
        {
            "policy": (TEXT, "The policy."),
            "subject": (TEXT, "What was judged."),
            "message": (TEXT, "What is wrong with it."),
            "evidence": (TEXT, "What shows it."),
            "state": (TEXT, "violated, warned, draft, waived, passed or unrunnable."),
            "waiver": (TEXT, "The waiver that covers it."),
            "checked_at": (MOMENT, "When it was judged."),
        },
        ("policy", "subject", "message"),
    ),
    "waivers": Table(
        "Exceptions from policies, for a time.",
        {
            "waiver": (TEXT, "Its file, from the repository's root."),
            "policy": (TEXT, "The policy that it waives."),
            "subject": (TEXT, "The one subject that it is for."),
            "reason": (TEXT, "Why the exception is needed."),
            "requested_by": (TEXT, "Who asked for it."),
            "approved_by": (TEXT, "Who allowed it."),
            "control": (TEXT, "What protects meanwhile."),
            "expires_on": (DAY, "Its last day."),
            "state": (TEXT, "valid, expired, unmatched or refused."),
            "problem": (TEXT, "Why it is refused."),
        },
        ("waiver",),
    ),
}
