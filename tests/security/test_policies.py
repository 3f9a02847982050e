"""Cedar behind the gate: default deny, reach, why, and policies that cannot hold are found at start."""

import pytest

from rynek import security
from rynek.app import policies, registry
from rynek.kernel.actor import Actor
from rynek.kernel.database import Database
from rynek.kernel.settings import Rates
from rynek.security.model import KINDS
from rynek.security.policies import Policies, PolicyError
from tests.security.conftest import Client

ORDERS = """
@id("orders.own") permit (principal in Kind::"customer", action == Action::"orders.read", resource == Reach::"own");
@id("orders.support") permit (
    principal in Role::"support", action in [Action::"orders.read", Action::"orders.cancel"], resource
);
@id("orders.no-guests") forbid (principal in Kind::"guest", action == Action::"orders.cancel", resource);
"""
ACTIONS = ["orders.read", "orders.cancel"]
SUPPORT = Actor("staff", roles=frozenset({"support"}))


def test_what_no_policy_permits_is_refused() -> None:
    policies = Policies({"orders": ORDERS})
    assert [policies.reach(Actor(kind), "orders.cancel") for kind in KINDS] == [None] * 6  # type: ignore[arg-type]
    assert policies.reach(SUPPORT, "orders.delete") is None


def test_a_policy_reaches_as_far_as_it_says() -> None:
    policies = Policies({"orders": ORDERS})
    assert policies.reach(Actor("customer"), "orders.read") == "own"
    assert policies.reach(SUPPORT, "orders.read") == "all"
    assert policies.reach(Actor("customer", roles=frozenset({"support"})), "orders.read") == "all"


def test_a_decision_names_the_policies_that_made_it() -> None:
    policies = Policies({"orders": ORDERS})
    assert policies.why(Actor("customer"), "orders.read") == security.Why("orders.read", "own", ["orders.own"])
    assert policies.why(SUPPORT, "orders.cancel") == security.Why("orders.cancel", "all", ["orders.support"])
    assert policies.why(Actor("customer"), "orders.cancel") == security.Why("orders.cancel", None, [])
    barred = Actor("guest", roles=frozenset({"support"}))
    assert policies.why(barred, "orders.cancel") == security.Why("orders.cancel", None, ["orders.no-guests"])


def test_policies_of_two_contexts_work_together() -> None:
    stock = '@id("stock.read") permit (principal in Role::"stock", action == Action::"stock.read", resource);'
    policies = Policies({"orders": ORDERS, "stock": stock})
    both = Actor("staff", roles=frozenset({"support", "stock"}))
    assert (policies.reach(both, "stock.read"), policies.reach(both, "orders.read")) == ("all", "all")
    assert policies.reach(SUPPORT, "stock.read") is None


def test_good_policies_have_no_problems() -> None:
    assert security.check({"orders": ORDERS}, ACTIONS) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('permit (principal, action == Action::"a", resource);', 'write @id("...") before it'),
        ('@id("x") permit (principal == ?principal, action == Action::"a", resource);', "?place"),
        ('@id("x") permit (principal', "orders: unexpected"),
        ('@id("x") permit (principal, action == Action::"b", resource);', "x names b, which no operation asks for"),
        ('@id("x") permit (principal in Role::"suport", action == Action::"a", resource);', "suport"),
        ('@id("x") permit (principal in Kind::"robot", action == Action::"a", resource);', "robot"),
        ('@id("x") permit (principal, action == Action::"a", resource == Reach::"some");', "some"),
        ('@id("x") permit (principal == Actor::"7", action == Action::"a", resource);', "names a person"),
        ('@id("x") permit (principal, action == Action::"a", resource) when { context.ip == "1" };', "ip"),
        ('@id("x") permit (principal, action == Action::"a", resource) when { principal.age > 17 };', "age"),
        ('@id("x") permit (principal in Role::"admin", action, resource);', "no policy names a"),
        (
            '@id("x") permit (principal, action == Action::"a", resource);\n' * 2,
            "another policy x",
        ),
    ],
)
def test_a_policy_that_cannot_hold_is_told(text: str, problem: str) -> None:
    problems = security.check({"orders": text}, ["a"])
    assert len(problems) >= 1
    assert any(problem in each for each in problems), problems


async def test_a_process_does_not_start_on_broken_policies(database: Database) -> None:
    with pytest.raises(PolicyError, match="orders: unexpected"):
        await security.open_gate(database, {"orders": "permit (principal"}, b"s" * 32, Rates())


def test_policies_and_operations_of_the_whole_shop_fit_together() -> None:
    assert security.check(policies(), {each.policy for each in registry().by_name.values()}) == []


STORE = Actor("staff", roles=frozenset({"store"}))
AUDITOR = Actor("staff", roles=frozenset({"auditor"}))
ADMIN = Actor("staff", roles=frozenset({"admin"}))
PEOPLE = [Actor(kind) for kind in KINDS] + [STORE, AUDITOR, ADMIN]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("action", "reaches"),
    [
        ("security.register", "all all all all all all all all all"),
        ("security.login", "all all all all all all all all all"),
        ("security.enrol", "all all all all all all all all all"),
        ("security.me", "- own own own own own own own all"),
        ("security.logout", "- - own own own own own own all"),
        ("security.sessions", "- - own own own own own own all"),
        ("security.revoke", "- - own own own own own own all"),
        ("security.password", "- - own own - - own own all"),
        ("security.tills-read", "- - - - - - own all all"),
        ("security.tills-write", "- - - - - - own - all"),
        ("security.staff-read", "- - - - - - - all all"),
        ("security.staff-write", "- - - - - - - - all"),
        ("security.password-reset", "- - - - - - - - all"),
        ("security.expel", "- - - - - - - - all"),
        ("security.workloads-read", "- - - - - - - all all"),
        ("security.workloads-write", "- - - - - - - - all"),
        ("security.audit", "- - - - - - - all all"),
        ("security.why", "- - - - - - - all all"),
    ],
)
def test_who_may_do_what_at_the_gate_itself(client: Client, action: str, reaches: str) -> None:
    """In the order anyone, guest, customer, staff, till, workload, and staff for the store, the audit, everything."""
    assert " ".join(client.gate.may(person, action) or "-" for person in PEOPLE) == reaches
    assert action in {each.policy for each in client.door.registry.by_name.values()}
