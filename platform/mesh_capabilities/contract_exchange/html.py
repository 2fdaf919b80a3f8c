"""A contract as one self-contained HTML page, without scripts, fonts or images."""

from collections.abc import Iterable
from html import escape
from importlib import resources

from mesh_capabilities.contract_exchange.row_rules import ColumnRules, column_rules, follows_from_columns
from mesh_capabilities.contract_lint.contract_summary import ContractSummary, service_levels
from mesh_isolation.text import visible


def html(summary: ContractSummary) -> str:
    """The page. All texts are escaped, and a policy in the page forbids scripts and requests."""
    contract = summary.contract
    style = resources.files("mesh_capabilities.contract_exchange").joinpath("page.css").read_text("utf-8")
    title = str(contract.address) if contract.address.domain else contract.address.port
    owner = f"Owned by <b>{_text(summary.owner)}</b>, questions to {_text(summary.channel)}." if summary.owner else ""
    # The columns show the others.
    blocking = [rule.sentence for rule in contract.rules if rule.blocks and not follows_from_columns(rule, contract)]
    warning = [rule.sentence for rule in contract.rules if not rule.blocks]
    consumers = [f"{consumer.product}, owned by {consumer.owner}" for consumer in summary.consumers]
    counts = ((len(contract.columns), "columns"), (len(contract.rules), "rules"), (len(consumers), "consumers"))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'">
<title>{_text(title)} · {_text(contract.id)} {_text(contract.version)}</title>
<style>
{style}</style>
</head>
<body>
<header>
<p class="kind">Data contract <span class="status">{_text(summary.document.get("status") or "")}</span></p>
<h1>{_text(title)}</h1>
<p class="lead">{_text(contract.description)}</p>
<p class="grain">{_text(contract.grain)}</p>
<p class="facts"><code>{_text(contract.id)}</code> version <b>{_text(contract.version)}</b>. {owner}</p>
<ul class="counts">{"".join(f"<li><b>{number}</b> {_counted(number, what)}</li>" for number, what in counts)}</ul>
</header>
<main>
{_purpose(summary)}
<section><h2>Columns</h2>
<div class="wide"><table>
<thead><tr><th>Column</th><th>Type</th><th>Promise</th><th>Class</th><th>Meaning</th></tr></thead>
<tbody>{"".join(_column(summary, rules) for rules in column_rules(summary))}</tbody>
</table></div></section>
{_section("Rules that block", "Data that breaks one of these, or what the columns promise, is never published.", blocking)}
{_section("Rules that warn", "Data that breaks one of these is published, and the warning is shown.", warning)}
{_section("In words", "These are not executed.", summary.in_words())}
{_section("Service levels", "", service_levels(summary.document))}
{_section("Consumers", "These products rely on this contract.", consumers)}
</main>
<footer>Made from <code>{_text(contract.file)}</code>, SHA-256 <code>{contract.digest[:12]}</code>.</footer>
</body>
</html>
"""


def _column(summary: ContractSummary, rules: ColumnRules) -> str:
    column = rules.column
    chips = [f'<span class="chip{" key" if word.startswith("key") else ""}">{word}</span>' for word in summary.promises(column)]
    classed = f'<span class="chip quiet">{_text(column.sensitivity)}</span>' if column.sensitivity else ""
    allowed = " ".join(f"<code>{_text(value)}</code>" for value in rules.allowed)
    meaning = _text(column.description) + (f"<div class=allowed>{allowed}</div>" if allowed else "")
    return (
        f"<tr><th scope=row><code>{_text(column.name)}</code></th><td class=type>{_text(column.type)}</td>"
        f"<td>{' '.join(chips)}</td><td>{classed}</td><td>{meaning}</td></tr>\n"
    )


def _purpose(summary: ContractSummary) -> str:
    texts = summary.purpose()
    if not texts:
        return ""
    parts = "".join(f"<div><dt>{key.capitalize()}</dt><dd>{_text(text)}</dd></div>" for key, text in texts.items())
    return f"<dl>{parts}</dl>"


def _section(title: str, about: str, sentences: Iterable[str]) -> str:
    items = "".join(f"<li>{_text(sentence)}</li>\n" for sentence in sentences)
    if not items:
        return ""
    return f"<section><h2>{title}</h2>{f'<p class=about>{about}</p>' if about else ''}<ul>{items}</ul></section>"


def _counted(number: int, what: str) -> str:
    return what if number != 1 else what.removesuffix("s")


def _text(value: object) -> str:
    return escape(visible(value))
