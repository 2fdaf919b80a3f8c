"""The offer of a domain: its products and their contracts, checked against each other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mesh_platform.contract.contract import Contract
from mesh_platform.contract.document import load_contract
from mesh_platform.contract.rule import Referenced
from mesh_platform.errors import ContractError
from mesh_platform.product.descriptor import DataProduct, PortReference, load_product
from mesh_platform.product.expectations import check_expectations, check_number, expectations_on, with_expectations
from mesh_platform.project import DomainFolder


@dataclass(frozen=True)
class Offer:
    """The products of one domain and the contract of each of their output ports, by port name."""

    domain: DomainFolder
    products: Mapping[str, DataProduct]
    contracts: Mapping[str, Contract]
    """The contract of the newest major of each port, which its model builds."""
    earlier: Mapping[str, tuple[Contract, ...]] = field(default_factory=dict)
    """The contracts of earlier majors that are still served, as views over the newest."""

    @property
    def built(self) -> set[str]:
        """The ports that runs build, according to the stages of their products."""
        return {out.address.port for product in self.products.values() if product.stage.built for out in product.outputs}

    def references(self, port: str) -> list[Referenced]:
        """The ports that the relationships in a port's contracts refer to, of all majors that are served."""
        return [to for one in (self.contracts[port], *self.earlier.get(port, ())) for to in one.references]

    def product_of(self, port: str) -> DataProduct:
        """The product that a port belongs to."""
        return next(p for p in self.products.values() if any(out.address.port == port for out in p.outputs))


def load_offer(domain: DomainFolder) -> Offer:
    """Reads the domain's products and contracts. Raises ContractError when one is invalid, or has no port or no contract.

    The ports of a proposed or retired product need no contract, because they are not built.
    """
    contracts = {}
    relied_on = list(expectations_on(domain))
    blocks = domain.broken_expectations == "block"
    for path in sorted(domain.contracts.glob("*.odcs.yaml")):
        contract = with_expectations(load_contract(path, domain.root), relied_on, blocks)
        contracts[contract.id] = contract
    products = {}
    promised: dict[str, str] = {}
    for path in sorted(domain.products.glob("*.odps.yaml")):
        product = load_product(path, domain.root)
        check_expectations(product, domain.root)
        products[product.name] = product
        for output in product.outputs:
            _check_contract(product, output, contracts, promised)
            promised[output.contract_id] = product.file
    check_number(products.values())
    for contract_id in contracts.keys() - promised.keys():
        raise ContractError(
            f"{contracts[contract_id].file} is a contract without a port: no product of {domain.name} publishes it.",
            f"List it under outputPorts in a descriptor in {domain.relative(domain.products)}, or delete it.",
        )
    newest, earlier = _majors(contracts.values())
    return Offer(domain, products, newest, earlier)


def _majors(contracts: Iterable[Contract]) -> tuple[dict[str, Contract], dict[str, tuple[Contract, ...]]]:
    """The newest contract of each port, and those of its earlier majors. Raises ContractError for one that is not served."""
    newest: dict[str, Contract] = {}
    earlier: dict[str, tuple[Contract, ...]] = {}
    for contract in sorted(contracts, key=lambda contract: -contract.major):
        port = contract.address.port
        if newest.setdefault(port, contract) is contract:
            continue
        if contract.served_from != newest[port].id:
            raise ContractError(
                f"{contract.file} describes an earlier major of '{port}', whose model builds {newest[port].id}, "
                f"but has servedFrom: {contract.served_from!r}.",
                f"Add servedFrom: {newest[port].id} to its customProperties, and transformLogic to each column that has "
                "another name or unit there.",
            )
        earlier[port] = (*earlier.get(port, ()), contract)
    return {port: newest[port] for port in sorted(newest)}, earlier


def _check_contract(
    product: DataProduct, output: PortReference, contracts: Mapping[str, Contract], promised: Mapping[str, str]
) -> None:
    port, contract = output.address.port, contracts.get(output.contract_id)
    if contract is None and not product.stage.built:
        return
    if contract is None:
        raise ContractError(
            f"{product.file} publishes '{port}', a port without a contract: nothing has the id {output.contract_id}.",
            f"Write domains/{product.domain}/contracts/{port}.v{output.major}.odcs.yaml.",
        )
    if contract.version != output.version:
        raise ContractError(
            f"{product.file} publishes '{port}' in version {output.version}, its contract is {contract.version}.",
            "Make the two agree.",
        )
    if contract.product != product.name:
        raise ContractError(
            f"{contract.file} has dataProduct: {contract.product!r}, but {product.file} publishes it.", "Make the two agree."
        )
    if output.contract_id in promised:
        raise ContractError(
            f"{product.file} and {promised[output.contract_id]} both publish '{port}'.", "Remove it from one of them."
        )
