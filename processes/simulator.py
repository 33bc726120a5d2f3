"""A simulator of systems that are not connected: nothing here does real work.

The shipped processes leave the jobs of a warehouse, a mainframe, an ERP system and others open to
external workers. For a demonstration, a worker outside the engine asks `answer` instead of those
systems. Every answer depends on the variables alone: the same question has the same answer.

The variable `simulateOutage` may hold a job type; jobs of that type then fail without retries, so
that an operator can be shown an incident. Changing the variable and retrying ends the outage.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

JsonValue = None | bool | int | float | str | Sequence["JsonValue"] | Mapping[str, "JsonValue"]
"""A variable's value, exactly what JSON can say."""

Variables = Mapping[str, JsonValue]
"""Variables by name."""

OUTAGE_VARIABLE = "simulateOutage"
"""Names the job type that is out of order, if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """The simulated system did the work; `variables` complete the job."""

    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BpmnError:
    """The simulated system refuses for a reason that the diagram names."""

    code: str
    message: str
    variables: Variables = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """The simulated system is out of order; `retries` is how many attempts remain."""

    message: str
    retries: int


SimulatedResult = Complete | BpmnError | Failure
"""What a simulated system answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """How one job type is answered, once its required variables are there."""

    required: tuple[str, ...]
    reply: Callable[[Variables], SimulatedResult]


def answer(job_type: str, variables: Variables) -> SimulatedResult:
    """Answer one job as the system that is not connected would.

    Args:
        job_type: what the service task names, such as `warehouse:check-stock`.
        variables: the variables of the job, after its input mappings.

    Returns:
        `Failure` without retries where the job type is unknown, a required variable is missing or
        an outage is simulated; otherwise what the row of `SIMULATIONS` replies.
    """
    simulation = SIMULATIONS.get(job_type)
    if simulation is None:
        return Failure(message=f"Expected a simulated job type, but got {job_type}.", retries=0)
    if variables.get(OUTAGE_VARIABLE) == job_type:
        return Failure(message=f"Simulated outage of {job_type}.", retries=0)
    missing = [name for name in simulation.required if variables.get(name) is None]
    if missing:
        names = ", ".join(missing)
        return Failure(message=f"Expected values in {names}, but they are missing.", retries=0)
    return simulation.reply(variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Article:
    """One row of the simulated warehouse."""

    available: int  #: pieces
    storage_bin: str
    price: float  #: EUR a piece
    substitute: str | None = None
    restock_days: int | None = None


_ARTICLES: Mapping[str, _Article] = MappingProxyType(
    {
        "DESK-01": _Article(available=25, storage_bin="A-11", price=349.0, restock_days=10),
        "LAMP-02": _Article(available=120, storage_bin="B-04", price=39.5, restock_days=3),
        "CHAIR-03": _Article(
            available=8, storage_bin="A-17", price=119.0, substitute="CHAIR-07", restock_days=14
        ),
        "CHAIR-07": _Article(available=50, storage_bin="A-18", price=129.0, restock_days=7),
        "SHELF-04": _Article(available=0, storage_bin="C-02", price=79.0),
    }
)


def _check_stock(variables: Variables) -> SimulatedResult:
    """From the second check of an order on, the goods have been restocked."""
    item, quantity = _text(variables, "item"), _number(variables, "quantity")
    article = _ARTICLES.get(item)
    if article is None:
        return BpmnError(code="ITEM_UNKNOWN", message=f"The warehouse has no item {item}.")
    checks = int(_number(variables, "stockCheckCount"))
    available = article.available if checks == 0 else max(article.available, int(quantity))
    sufficient = quantity <= available
    substitute = None if sufficient else _substitute(article, quantity)
    return Complete(
        variables={
            "availableQuantity": available,
            "stockSufficient": sufficient,
            "substituteItem": substitute,
            "substitutePrice": None if substitute is None else _ARTICLES[substitute].price,
            "restockDays": None if sufficient else article.restock_days,
            "stockCheckCount": checks + 1,
        }
    )


def _substitute(article: _Article, quantity: float) -> str | None:
    """Only a substitute of which there is enough is worth offering."""
    name = article.substitute
    return name if name is not None and _ARTICLES[name].available >= quantity else None


def _create_pick_list(variables: Variables) -> SimulatedResult:
    article = _ARTICLES.get(_text(variables, "item"))
    return Complete(
        variables={
            "pickListId": f"PL-{_text(variables, 'orderId')}",
            "storageBin": "?" if article is None else article.storage_bin,
        }
    )


def _reserve_inventory(variables: Variables) -> SimulatedResult:
    return Complete(variables={"reservationId": f"RS-{_text(variables, 'orderId')}"})


_LARGEST_PARCEL = 10  # pieces


def _request_shipment(variables: Variables) -> SimulatedResult:
    """Carriers deliver to doors, not to post-office boxes."""
    address = _text(variables, "shippingAddress")
    if re.search(r"\bp\.?\s?o\.?\s?box\b", address, re.IGNORECASE):
        return BpmnError(code="ADDRESS_NOT_SERVED", message="No delivery to a PO box.")
    is_parcel = _number(variables, "quantity") <= _LARGEST_PARCEL
    return Complete(
        variables={
            "trackingNumber": f"TR{_digits(_text(variables, 'orderId'), address)}",
            "carrier": "parcel service" if is_parcel else "freight forwarder",
        }
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Role:
    """What the simulated HR system knows about a role."""

    licences: tuple[str, ...]
    applications: tuple[str, ...]
    laptop_model: str


_OTHER_ROLE = _Role(licences=("office",), applications=(), laptop_model="light-13")
_ROLES: Mapping[str, _Role] = MappingProxyType(
    {
        "developer": _Role(
            licences=("office", "ide"), applications=("repository",), laptop_model="power-14"
        ),
        "designer": _Role(
            licences=("office", "design-suite"),
            applications=("repository",),
            laptop_model="graphics-17",
        ),
        "sales": _Role(
            licences=("office", "crm-client"), applications=("crm",), laptop_model="light-13"
        ),
        "finance": _Role(
            licences=("office", "erp-client"), applications=("erp",), laptop_model="light-13"
        ),
        "manager": _Role(
            licences=("office", "crm-client", "erp-client"),
            applications=("crm", "erp"),
            laptop_model="light-13",
        ),
    }
)
_LAPTOPS_OUT_OF_STOCK = frozenset({"graphics-17"})
_ACCOUNTS_TAKEN = frozenset({"asmith", "bsmith", "jdoe"})


def _look_up_role(variables: Variables) -> SimulatedResult:
    role = _ROLES.get(_text(variables, "roleName"), _OTHER_ROLE)
    return Complete(
        variables={
            "licences": list(role.licences),
            "applications": list(role.applications),
            "laptopModel": role.laptop_model,
        }
    )


def _create_account(variables: Variables) -> SimulatedResult:
    """The usual name is the first letter and the family name, in plain lower-case letters."""
    usual = _plain(_text(variables, "givenName"))[:1] + _plain(_text(variables, "familyName"))
    name = _text(variables, "proposedName") or usual
    if name in _ACCOUNTS_TAKEN:
        return BpmnError(code="ACCOUNT_EXISTS", message=f"The directory already has {name}.")
    return Complete(variables={"accountName": name})


def _disable_account(variables: Variables) -> SimulatedResult:
    del variables
    return Complete(variables={"accountDisabled": True})


def _create_mailbox(variables: Variables) -> SimulatedResult:
    return Complete(variables={"workEmail": f"{_text(variables, 'account')}@example.org"})


def _assign_licence(variables: Variables) -> SimulatedResult:
    """Nothing comes back: the visits of a multi-instance must not overwrite one another."""
    del variables
    return Complete()


def _order_laptop(variables: Variables) -> SimulatedResult:
    model = _text(variables, "model")
    if model in _LAPTOPS_OUT_OF_STOCK:
        return BpmnError(code="OUT_OF_STOCK", message=f"No {model} before the first day.")
    order = f"LO-{_text(variables, 'recipient')}"
    return Complete(variables={"laptopOrderId": order, "laptopSerial": f"SN{_digits(order)}"})


def _granting(application: str) -> Callable[[Variables], SimulatedResult]:
    """Make the answer of an application that grants every account what it asks for."""

    def reply(variables: Variables) -> SimulatedResult:
        grant = f"{application.upper()}-{_text(variables, 'account')}"
        return Complete(variables={f"{application}GrantId": grant})

    return reply


def _post_to_ledger(variables: Variables) -> SimulatedResult:
    account = _text(variables, "ledgerAccount")
    if not re.fullmatch(r"\d{6}", account):
        return BpmnError(
            code="POSTING_REJECTED", message=f"Ledger account {account} has not six digits."
        )
    if _number(variables, "amount") <= 0:
        return BpmnError(code="POSTING_REJECTED", message="The amount is not above zero.")
    contract = _text(variables, "contractId")
    return Complete(
        variables={
            "ledgerPostingId": f"LP-{contract}",
            "mainframeJobId": f"JOB{_digits(contract, account)[:5]}",
        }
    )


def _create_erp_document(variables: Variables) -> SimulatedResult:
    customer = _text(variables, "customerId")
    if customer.startswith("B-") and variables.get("creditReleased") is not True:
        return BpmnError(code="CUSTOMER_BLOCKED", message=f"{customer} is over its credit limit.")
    return Complete(
        variables={"erpDocumentId": f"45{_digits(_text(variables, 'contractId'))[:8]}"}
    )


_SERVICES_WITHOUT_ROOM = frozenset({"analytics"})


def _provision_container(variables: Variables) -> SimulatedResult:
    service = _text(variables, "service")
    if service in _SERVICES_WITHOUT_ROOM and variables.get("capacityFreed") is not True:
        return BpmnError(code="NO_CAPACITY", message=f"No server has room for {service}.")
    customer = _plain(_text(variables, "customerId"))
    return Complete(variables={"containerId": f"{service}-{customer}"})


def _check_health(variables: Variables) -> SimulatedResult:
    """Containers whose name starts with `legacy` need a repair."""
    containers = variables.get("containers")
    names = [str(name) for name in containers] if isinstance(containers, Sequence) else []
    is_repaired = variables.get("containersRepaired") is True
    sick = [] if is_repaired else [name for name in names if name.startswith("legacy")]
    return Complete(variables={"healthy": not sick, "unhealthyContainers": sick})


def _update_crm(variables: Variables) -> SimulatedResult:
    customer = _text(variables, "customerId")
    if customer.startswith("L-"):
        return BpmnError(code="ACCOUNT_LOCKED", message=f"Somebody edits {customer} in the CRM.")
    return Complete(variables={"crmUpdateId": f"CRM-{_digits(customer)[:6]}"})


def _text(variables: Variables, name: str) -> str:
    """The variable as text; empty where it is missing."""
    value = variables.get(name)
    return "" if value is None else str(value)


def _number(variables: Variables, name: str) -> float:
    """The variable as a number; zero where it is missing or no number."""
    value = variables.get(name)
    return value if isinstance(value, int | float) else 0


def _plain(text: str) -> str:
    """Lower-case ASCII letters and digits of the text."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]", "", folded)


def _digits(*texts: str) -> str:
    """Ten digits that depend on the texts alone."""
    return f"{zlib.crc32('|'.join(texts).encode()):010d}"


SIMULATIONS: Mapping[str, Simulation] = MappingProxyType(
    {
        "warehouse:check-stock": Simulation(required=("item", "quantity"), reply=_check_stock),
        "warehouse:create-pick-list": Simulation(
            required=("orderId", "item"), reply=_create_pick_list
        ),
        "warehouse:reserve-inventory": Simulation(required=("orderId",), reply=_reserve_inventory),
        "shipping:request-shipment": Simulation(
            required=("orderId", "shippingAddress", "quantity"), reply=_request_shipment
        ),
        "hr:look-up-role-profile": Simulation(required=("roleName",), reply=_look_up_role),
        "directory:create-account": Simulation(
            required=("givenName", "familyName"), reply=_create_account
        ),
        "directory:disable-account": Simulation(required=("account",), reply=_disable_account),
        "mail:create-mailbox": Simulation(required=("account",), reply=_create_mailbox),
        "licences:assign": Simulation(required=("account", "product"), reply=_assign_licence),
        "assets:order-laptop": Simulation(required=("model", "recipient"), reply=_order_laptop),
        "repository:grant-access": Simulation(
            required=("account",), reply=_granting("repository")
        ),
        "crm:grant-access": Simulation(required=("account",), reply=_granting("crm")),
        "erp:grant-access": Simulation(required=("account",), reply=_granting("erp")),
        "intranet:grant-access": Simulation(required=("account",), reply=_granting("intranet")),
        "mainframe:ledger-posting": Simulation(
            required=("contractId", "ledgerAccount", "amount"), reply=_post_to_ledger
        ),
        "erp:create-document": Simulation(
            required=("contractId", "customerId"), reply=_create_erp_document
        ),
        "server:provision-container": Simulation(
            required=("service", "customerId"), reply=_provision_container
        ),
        "server:check-health": Simulation(required=("containers",), reply=_check_health),
        "crm:update-account": Simulation(required=("customerId",), reply=_update_crm),
    }
)
"""Job type to simulation: every system that the shipped processes need and no adapter serves."""
