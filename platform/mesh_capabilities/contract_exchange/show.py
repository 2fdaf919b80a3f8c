"""`mesh contract show`: what a port promises, in plain words."""

from mesh_capabilities.contract_exchange.promise import Consumer, Promise
from mesh_capabilities.contract_exchange.wording import service_levels
from mesh_platform.cli.arguments import port_named
from mesh_platform.cli.output import add_row, clean, console, print_json, table, verdict
from mesh_platform.contract.document import read_document
from mesh_platform.product.offer import load_offer


def promise_of(text: str) -> Promise:
    """The promise of the port `text`, its consumers being the products of all domains that name its contract."""
    project, offer, address = port_named(text)
    contract = offer.contracts[address.port]
    consumers = [
        Consumer(f"{product.domain}/{product.name}", product.owner)
        for domain in project.domains.values()
        for product in (offer if domain.name == address.domain else load_offer(domain)).products.values()
        if any(port.contract_id == contract.id for port in product.inputs)
    ]
    owner = offer.product_of(address.port).owner
    return Promise(contract, read_document(project.root / contract.file), owner, offer.domain.channel, consumers)


def show_contract(text: str, as_json: bool) -> None:
    """Prints the promise."""
    promise = promise_of(text)
    if as_json:
        print_json(promise.as_document())
        return
    contract, out = promise.contract, console()
    out.print(f"[bold]{contract.address}[/]  {clean(contract.description)} {clean(contract.grain)}", soft_wrap=True)
    status = promise.document.get("status")
    out.print(f"{contract.id} {contract.version}, {clean(status)}, in {clean(contract.file)}", soft_wrap=True)
    out.print(f"Owner {clean(promise.owner)}, questions to {clean(promise.channel)}.", soft_wrap=True)
    for key, said in promise.purpose().items():
        out.print(f"{key.capitalize()}: {clean(said)}", soft_wrap=True)
    columns = table("column", "type", "promise", "classification", "description")
    for column in contract.columns:
        promised = ", ".join(promise.promises(column))
        add_row(columns, column.name, column.type, promised, column.classification or "", column.description)
    out.print()
    out.print(columns)
    _section("Rules, held before every publish", [_rule(rule) for rule in contract.rules])
    _section("In words only, held by nobody but people", promise.in_words())
    _section("Service levels", list(service_levels(promise.document)))
    _section("Consumers", [f"{consumer.product}, owner {consumer.owner}" for consumer in promise.consumers])
    consumers = len(promise.consumers)
    verdict(
        True,
        f"{contract.address} promises {len(contract.columns)} columns and {len(contract.rules)} rules "
        f"to {consumers} consuming product{'s' if consumers != 1 else ''}",
    )


def _rule(rule: object) -> str:
    return f"{rule.check}: {rule.sentence}{'' if rule.blocks else ' (warns, does not block)'}"


def _section(title: str, sentences: list[str]) -> None:
    if sentences:
        out = console()
        out.print(f"\n[bold]{title}[/]")
        for sentence in sentences:
            out.print(f"  · {clean(sentence)}", soft_wrap=True)
