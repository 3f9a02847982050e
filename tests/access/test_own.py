"""Whoever reaches only their own things gets 403 or 404 for others', or does not see them, and changes nothing."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from msgspec import Struct

from rynek.app import App
from rynek.bench.stall import COURIER, KEEPER
from rynek.commerce import shipping
from rynek.commerce.shipping import labelling
from rynek.kernel import clock, ids
from rynek.kernel.actor import ANYONE, Actor
from rynek.kernel.faults import Fault
from tests.access.actors import EVERYBODY
from tests.access.digest import digest
from tests.access.people import ADMIN, PASSWORD

SKU = "ITEM-00001"
TENDERS = [{"method": "transfer", "amount_minor": 2501}]
LINES = [{"sku": SKU, "units": 1}]
_SPITE = {"name": "Spite", "street": "Rynek 2", "city": "Kraków"}

NOTHING_OF_OTHERS = {
    "commerce.quotes.templates": "lists what the caller keeps and their company shares; takes nothing",
    "commerce.wallets.mine": "tells of the caller alone; takes no customer",
    "commerce.wallets.claim_own": "claims of the caller's own; takes no account",
    "commerce.companies.mine": "tells of the caller alone; takes nothing",
    "commerce.companies.join": "an invitation is for whoever holds it; it names nobody",
    "commerce.subscriptions.preview": "a price for whoever asks; there is nobody else to name",
    "commerce.subscriptions.start": "whoever asks subscribes; there is nobody else to name",
    "commerce.checkout.open_cart": "a cart is begun for whoever asks; there is nobody else's to name",
    "integration.webhooks.make": "an endpoint is made for whoever asks",
    "commerce.shipping.carriers": "who takes parcels is no store's secret; what we are known by there is never told",
    "commerce.shipping.points": "where parcels are collected is everybody's to know",
    "commerce.inventory.locations": "where stores are is no store's secret, and tells nothing of their stock",
    "commerce.inventory.tracking": "what items are told by is no store's secret, and tells nothing of their stock",
    "commerce.inventory.what_it_says": "reads a barcode; there is nothing of anybody in it",
    "commerce.inventory.routes": "which locations serve a channel is no store's secret",
    "security.me": "tells of the caller alone; takes nothing",
    "security.logout": "ends the session that asks; takes nothing",
    "security.revoke_all": "ends the caller's sessions; takes nothing",
    "security.change_password": "changes the caller's; takes no account",
}
"""Operations that reach own things and cannot name others', each with its reason."""


class Things(Struct, frozen=True):
    """What somebody has that strangers are after, and the marks by which it would be known."""

    owner: Actor
    strangers: list[Actor]
    trials: list[tuple[str, dict[str, Any]]]
    marks: list[str]


class Buyer(Struct, frozen=True):
    """A buyer with a cart, an order, a payment and a document."""

    actor: Actor
    cart: UUID
    spare: UUID
    order: UUID
    payment: UUID
    document: UUID
    email: str
    rma: UUID


async def _actor(world: App, email: str) -> Actor:
    entry = await world.door.ask(ANYONE, "security.register", email=email, password=PASSWORD, name="A")
    return Actor("customer", entry.id, session=entry.session)


async def _buyer(world: App, who: Actor, email: str) -> Buyer:
    async def cart() -> UUID:
        home = {"name": "A", "street": f"Tajna 7 {email}", "city": "Kraków", "postcode": "31-042", "country": "PL"}
        made = await world.door.ask(
            who, "commerce.checkout.open_cart", channel="WEB-PL", lines=[{"sku": SKU}], email=email, address=home,
            delivery=COURIER,
        )  # fmt: skip
        found: UUID = made.id
        return found

    bought = await cart()
    placed = await world.door.ask(who, "commerce.checkout.place", cart=bought, tenders=TENDERS)
    await _hours(world, placed.order)
    [payment] = await world.door.ask(who, "commerce.payments.payments", order=placed.order)
    document = await _confirmed(world, placed.order)
    return Buyer(
        who, await cart(), await cart(), placed.order, payment.id, document, email, await _rma(world, who, cart)
    )


async def _hours(world: App, order: UUID) -> None:
    """Let an order come at some hours."""
    begins = clock.now() + timedelta(days=1)
    said = {
        "channel": "WEB-PL", "delivery": COURIER, "begins_at": begins, "ends_at": begins + timedelta(hours=1),
        "closes_at": begins, "capacity": 1,
    }  # fmt: skip
    await world.door.ask(ADMIN, "commerce.shipping.put_windows", windows=[said])
    found = await world.door.ask(ADMIN, "commerce.shipping.windows", channel="WEB-PL")
    claim = shipping.SlotClaim(order, found[-1].id, 1, "WEB-PL", COURIER, "31042")
    async with world.database.transaction("commerce") as tx:
        await shipping.take_slots(tx, [claim], [1])


async def _rma(world: App, who: Actor, cart: Callable[[], Awaitable[UUID]]) -> UUID:
    """Have something on its way back."""
    sent = await world.door.ask(who, "commerce.checkout.place", cart=await cart(), tenders=TENDERS)
    await world.door.ask(ADMIN, "commerce.orders.ship", order=sent.order)
    lines = [{"line": 1, "units": 1, "reason": "late"}]
    goods = await world.door.ask(who, "commerce.returns.ask", order=sent.order, lines=lines)
    found: UUID = goods.id
    return found


async def _confirmed(world: App, order: UUID) -> UUID:
    """Issue the confirmation of an order."""
    seller = {"code": "R", "name": "Rynek", "street": "Rynek 1", "city": "Kraków"}
    series = {"code": "C", "kind": "confirmation", "seller": "R", "pattern": "{number}", "reset": "never"}
    await world.door.ask(ADMIN, "commerce.documents.put_sellers", sellers=[seller])
    await world.door.ask(ADMIN, "commerce.documents.put_series", series=[series | {"channels": ["WEB-PL"]}])
    made = await world.door.ask(ADMIN, "commerce.documents.issue", order=order, kind="confirmation")
    document: UUID = made.id
    return document


async def _of_a_buyer(world: App, a: Buyer, b: Buyer, others: list[Actor]) -> Things:
    named, fewer = {"tenders": TENDERS}, {"reference": "spite", "fewer": [{"line": 1, "units": 1}]}
    trials: list[tuple[str, dict[str, Any]]] = [
        ("commerce.checkout.carts", {}),
        ("commerce.checkout.cart", {"cart": a.cart}),
        ("commerce.checkout.change_cart", {"cart": a.cart, "add": [{"sku": SKU}]}),
        ("commerce.checkout.merge_cart", {"cart": a.cart, "other": a.spare}),
        ("commerce.checkout.merge_cart", {"cart": b.cart, "other": a.cart}),
        ("commerce.checkout.merge_cart", {"cart": a.cart, "other": b.cart}),
        ("commerce.checkout.place", {"cart": a.cart, **named}),
        ("commerce.checkout.drop_cart", {"cart": a.cart}),
        ("commerce.orders.orders", {}),
        ("commerce.orders.orders", {"email": a.email}),
        ("commerce.orders.order", {"order": a.order}),
        ("commerce.fulfilment.pickup", {"order": a.order}),
        ("commerce.orders.intake", {}),
        ("commerce.orders.waiting", {}),
        ("commerce.payments.payments", {"order": a.order}),
        ("commerce.payments.payment", {"payment": a.payment}),
        ("commerce.payments.pay", {"order": a.order, "tender": TENDERS[0]}),
        ("commerce.payments.pay", {"order": a.order, "method": "transfer", "amount_minor": 1}),
        ("commerce.payments.authorise", {"payment": a.payment}),
        ("commerce.documents.documents", {}),
        ("commerce.documents.documents", {"order": a.order}),
        ("commerce.documents.document", {"document": a.document}),
        ("commerce.documents.download", {"document": a.document, "form": "json"}),
        ("commerce.documents.request", {"order": a.order, "buyer": _SPITE}),
        ("commerce.fulfilment.parcels_of", {"order": a.order}),
        ("commerce.checkout.window_of", {"order": a.order}),
        ("commerce.checkout.move_window", {"order": a.order, "window": str(ids.new())}),
        ("commerce.amendments.preview", {"order": a.order, **fewer}),
        ("commerce.amendments.edit", {"order": a.order, **fewer}),
        ("commerce.amendments.edits", {"order": a.order}),
        ("commerce.returns.offer", {"order": a.order}),
        ("commerce.returns.ask", {"order": a.order, "lines": [{"line": 1, "units": 1, "reason": "late"}]}),
        ("commerce.returns.returns", {}),
        ("commerce.returns.returns", {"order": a.order}),
        ("commerce.returns.rma", {"rma": a.rma}),
        ("commerce.returns.withdraw", {"rma": a.rma}),
        ("commerce.returns.add_photo", {"rma": a.rma, "line": 1}),
        ("commerce.payments.outstanding", {"order": a.order}),
        ("commerce.orders.cancel", {"order": a.order, "reason": "out of spite"}),
    ]
    marks = [a.email, *map(str, (a.rma, a.cart, a.spare, a.order, a.payment, a.document))]
    return Things(a.actor, others, trials, marks)


async def _of_buyers(world: App) -> list[Things]:
    strangers = [
        await _buyer(world, Actor("guest", ids.new()), "guest-b@example.com"),
        await _buyer(world, await _actor(world, "b@example.com"), "b@example.com"),
    ]
    found = []
    for kind in ("guest", "customer"):
        email = f"{kind}-a@example.com"
        who = Actor("guest", ids.new()) if kind == "guest" else await _actor(world, email)
        a = await _buyer(world, who, email)
        found += [await _of_a_buyer(world, a, b, [b.actor]) for b in strangers]
    return found


async def _of_customers(world: App) -> list[Things]:
    """What only customers have: receipts of theirs, and places where they are logged in."""
    a, b = await _actor(world, "c@example.com"), await _actor(world, "d@example.com")
    await _receipt(world, "S-1", 7, a.id)
    gift = {"reference": "for c", "currency": "PLN", "amount_minor": 7, "why": "only c knows"}
    credit = await world.door.ask(ADMIN, "commerce.wallets.give", customer=a.id, **gift)
    sub, changed = await _subscribed(world, a)
    trials: list[tuple[str, dict[str, Any]]] = [
        *changed,
        ("commerce.wallets.entries", {"account": credit.id}),
        ("commerce.pos.bought", {"customer": a.id}),
        (
            "commerce.documents.invoice_receipt",
            {"store": "S-1", "till": "1", "number": 7, "buyer": _SPITE, "total_minor": 500},
        ),
        ("security.sessions", {}),
        ("security.revoke", {"session": a.session}),
    ]
    staff = Actor("staff", ids.new(), session=ids.new())
    return [
        Things(a, [b], trials, [str(a.session), SKU, "only c knows", str(sub)]),
        Things(a, [staff], trials[-2:], [str(a.session)]),
    ]


async def _subscribed(world: App, who: Actor) -> tuple[UUID, list[tuple[str, dict[str, Any]]]]:
    """Let somebody subscribe; gives the subscription, and what others may try with it."""
    plan = {"code": "monthly", "channel": "WEB-PL", "name": "Monthly", "every": 1, "unit": "month"}
    await world.door.ask(ADMIN, "commerce.subscriptions.put_plans", plans=[plan])
    home = {"name": "C", "street": "Tajna 9", "city": "Kraków", "postcode": "31-042", "country": "PL"}
    lines, paying = [{"sku": SKU}], {"method": "transfer"}
    sub = await world.door.ask(
        who, "commerce.subscriptions.start", plan="monthly", lines=lines, email="c@example.com", address=home,
        delivery=COURIER, paying=paying, agreed_minor=2501,
    )  # fmt: skip
    named = {"subscription": sub.id}
    return sub.id, [
        ("commerce.subscriptions.subscriptions", {}),
        ("commerce.subscriptions.subscription", named),
        ("commerce.subscriptions.skip", named),
        ("commerce.subscriptions.pause", named),
        ("commerce.subscriptions.preview_change", named),
        ("commerce.subscriptions.resume", named),
        ("commerce.subscriptions.swap", {**named, "lines": lines, "agreed_minor": 2501}),
        ("commerce.subscriptions.readdress", {**named, "address": home, "agreed_minor": 2501}),
        ("commerce.subscriptions.repay", {**named, "paying": paying}),
        ("commerce.subscriptions.cancel", {**named, "reason": "spite"}),
    ]


async def _firm(world: App, name: str) -> tuple[UUID, Actor, Actor]:
    """Take a company in; gives it with its admin and somebody who buys for it."""
    company, boss, buyer = ids.new(), Actor("customer", ids.new()), Actor("customer", ids.new())
    ask, here = world.door.ask, {"street": f"Tajna 8 {name}", "city": "Kraków", "postcode": "31-042", "country": "PL"}
    await ask(KEEPER, "commerce.companies.put", company=company, name=name, email="a@example.com", address=here)
    await ask(KEEPER, "commerce.companies.put_units", company=company, units=[{"code": "head", "name": name}])
    for who, role in ((boss, "admin"), (buyer, "buyer")):
        seat = {"unit": "head", "name": name, "role": role}
        await ask(KEEPER, "commerce.companies.put_member", company=company, customer=who.id, **seat)
    return company, boss, buyer


async def _of_a_company(world: App) -> list[Things]:
    """What a company's admin sees and does there, and nobody else but the shop."""
    company, boss, buyer = await _firm(world, "Tajna Firma")
    _, other, clerk = await _firm(world, "Obca Firma")
    seat = {"unit": "head", "name": "Tajna Firma"}
    agreed, said = await _agreed(world, boss, buyer)
    trials: list[tuple[str, dict[str, Any]]] = [
        ("commerce.companies.company", {"company": company}),
        ("commerce.companies.owed", {"company": company}),
        ("commerce.companies.put_units", {"company": company, "units": [{"code": "x", "name": "X"}]}),
        ("commerce.companies.put_member", {"company": company, "customer": buyer.id, **seat}),
        ("commerce.companies.invite", {"company": company, **seat}),
        ("commerce.companies.drop_member", {"company": company, "customer": buyer.id}),
    ]
    strangers = [other, clerk, await _actor(world, "e@example.com")]
    return [
        Things(boss, strangers, [*said, *trials], ["Tajna", str(company), *agreed]),
    ]


async def _agreed(world: App, boss: Actor, buyer: Actor) -> tuple[list[str], list[tuple[str, dict[str, Any]]]]:
    """Let a buyer ask for quotes and approvals, and keep a list; gives what is marked, and what their boss may do."""

    async def ask(operation: str, who: Actor = buyer, **values: Any) -> Any:
        return await world.door.ask(who, f"commerce.{operation}", **values)

    home = {"name": "A", "street": "Tajna 9", "city": "Kraków", "postcode": "31-042", "country": "PL"}
    filled = {"channel": "WEB-PL", "lines": [{"sku": SKU}], "email": "f@example.com", "address": home}

    async def cart(who: Actor = buyer) -> Any:
        return await ask("checkout.open_cart", who, delivery=COURIER, **filled)

    line = {"sku": SKU, "quantity": 1, "unit_minor": 800}
    until = clock.now() + timedelta(days=1)
    quotes = [(await ask("quotes.request", cart=(await cart()).id)).id for _ in range(3)]
    given = {"turn": 1, "lines": [line], "delivery_minor": 0, "valid_until": until}
    await ask("quotes.offer", ADMIN, quote=quotes[0], **given)
    waiting = [await ask("quotes.ask", cart=(await cart()).id, method="transfer") for _ in range(2)]
    template, own = ids.new(), await cart(boss)
    kept = {"name": "Tajna lista", "lines": [{"sku": SKU}]}
    await ask("quotes.put_template", boss, template=template, **kept)
    asked = [await cart(boss), await cart(boss)]
    withdrawn = await _second_admins(world, boss, buyer, asked[1].id)
    trials: list[tuple[str, dict[str, Any]]] = [
        ("commerce.quotes.quotes", {}),
        ("commerce.quotes.quote", {"quote": quotes[0]}),
        ("commerce.quotes.counter", {"quote": quotes[1], "turn": 1, "lines": [line]}),
        ("commerce.quotes.decline", {"quote": quotes[2], "turn": 1}),
        ("commerce.quotes.accept", {"quote": quotes[0], "turn": 2, "method": "transfer"}),
        ("commerce.quotes.request", {"cart": own.id}),
        ("commerce.quotes.approvals", {}),
        ("commerce.quotes.approval", {"approval": waiting[0].id}),
        ("commerce.quotes.approve", {"approval": waiting[0].id, "total_minor": waiting[0].total_minor}),
        ("commerce.quotes.reject", {"approval": waiting[1].id, "reason": "spite"}),
        ("commerce.quotes.ask", {"cart": asked[0].id}),
        ("commerce.quotes.withdraw", {"approval": withdrawn}),
        ("commerce.quotes.quick_order", {"cart": own.id, "text": SKU}),
        ("commerce.quotes.order_template", {"template": template, "cart": own.id}),
        ("commerce.quotes.put_template", {"template": template, **kept}),
        ("commerce.quotes.drop_template", {"template": template}),
    ]
    marks = [*map(str, quotes), *(str(each.id) for each in waiting), str(template)]
    return marks, trials


async def _second_admins(world: App, boss: Actor, buyer: Actor, cart: UUID) -> UUID:
    """Seat a second admin, so that the first may ask too; gives what the first asked for."""
    [seat] = [await world.door.ask(boss, "commerce.companies.mine")]
    company, another = seat.company, Actor("customer", ids.new())
    given = {"unit": "head", "name": "Tajna Druga", "role": "admin"}
    await world.door.ask(KEEPER, "commerce.companies.put_member", company=company, customer=another.id, **given)
    asked = await world.door.ask(boss, "commerce.quotes.ask", cart=cart, method="transfer")
    found: UUID = asked.id
    return found


async def _receipt(world: App, store: str, number: int, customer: UUID | None = None) -> None:
    await world.door.ask(KEEPER, "commerce.pos.sell", **_sold(store, number), customer=customer)


def _sold(store: str, number: int) -> dict[str, Any]:
    line, tender = {"sku": SKU, "quantity": 1, "amount": 500}, {"method": "cash", "amount": 500}
    return {
        "store": store, "till": "1", "number": number, "sold_at": clock.now(), "currency": "PLN", "lines": [line],
        "tenders": [tender],
    }  # fmt: skip


async def _work(world: App) -> tuple[UUID, UUID, UUID]:
    """Give S-1 work, let a carrier have taken some before, and let a parcel wait for its label."""
    ask = world.door.ask
    routes = await ask(KEEPER, "commerce.inventory.routes", channel="WEB-PL")
    await ask(KEEPER, "commerce.inventory.put_routes", channel="WEB-PL", routes=[{"location": "S-1"}])
    await ask(ADMIN, "commerce.inventory.receive", location="S-1", reference="work", lines=[{"sku": SKU, "units": 9}])
    await ask(ADMIN, "commerce.shipping.put_carrier", code="own-van", name="Our van")
    tasks = []
    for n in range(3):
        order = (await _buyer(world, Actor("guest", ids.new()), f"work-{n}@example.com")).order
        await ask(ADMIN, "commerce.fulfilment.allocate", order=order)
        [found] = await ask(ADMIN, "commerce.fulfilment.tasks_of", order=order)
        tasks.append(found.id)
    await ask(KEEPER, "commerce.inventory.put_routes", channel="WEB-PL", routes=msgspec.to_builtins(routes))
    await ask(ADMIN, "commerce.fulfilment.start", task=tasks[0])
    await ask(ADMIN, "commerce.fulfilment.scan", task=tasks[0], code=SKU)
    await ask(ADMIN, "commerce.fulfilment.pack", task=tasks[0], carrier="dpd", parcels=[{"weight_g": 1}])
    done = await ask(ADMIN, "commerce.fulfilment.hand_over", location="S-1", carrier="dpd")
    await ask(ADMIN, "commerce.fulfilment.start", task=tasks[2])
    await ask(ADMIN, "commerce.fulfilment.scan", task=tasks[2], code=SKU)
    await ask(ADMIN, "commerce.fulfilment.pack", task=tasks[2], carrier="own-van", parcels=[{"weight_g": 1}])
    [parcel] = await ask(ADMIN, "commerce.shipping.parcels", carrier="own-van")
    await labelling.label(world.database, "own", parcel.parcel)
    return tasks[1], done.handover, parcel.parcel


async def _lying(world: App) -> UUID:
    """Have something lie ready at S-1 for who ordered it."""
    ask, who = world.door.ask, Actor("guest", ids.new())
    await ask(ADMIN, "commerce.fulfilment.put_places", places=[{"location": "S-1", "hands_out": True}])
    option = {"code": "shop", "name": "Shop", "kind": "pickup", "sku": "DELIVERY"}
    await ask(KEEPER, "commerce.checkout.put_delivery", channel="WEB-PL", options=[option])
    routes = await ask(KEEPER, "commerce.inventory.routes", channel="WEB-PL")
    await ask(KEEPER, "commerce.inventory.put_routes", channel="WEB-PL", routes=[{"location": "S-1"}])
    cart = await ask(
        who, "commerce.checkout.open_cart", channel="WEB-PL", lines=[{"sku": SKU}], email="lying@example.com",
        delivery="shop", point="S-1", recipient={"name": "Ola"},
    )  # fmt: skip
    placed = await ask(who, "commerce.checkout.place", cart=cart.id, tenders=TENDERS)
    await ask(KEEPER, "commerce.inventory.put_routes", channel="WEB-PL", routes=msgspec.to_builtins(routes))
    await ask(ADMIN, "commerce.fulfilment.allocate", order=placed.order)
    [task] = await ask(ADMIN, "commerce.fulfilment.tasks_of", order=placed.order)
    await ask(ADMIN, "commerce.fulfilment.start", task=task.id)
    await ask(ADMIN, "commerce.fulfilment.scan", task=task.id, code=SKU)
    await ask(ADMIN, "commerce.fulfilment.shelve", task=task.id)
    [found] = await ask(ADMIN, "commerce.fulfilment.collections", location="S-1")
    lies: UUID = found.id
    return lies


async def _purchase(world: App) -> UUID:
    """Order something of a supplier for a store."""
    mill = {"code": "MILL", "name": "Mill", "lead_days": 5, "currency": "PLN"}
    await world.door.ask(ADMIN, "commerce.purchasing.put_suppliers", suppliers=[mill])
    lines = [{"sku": SKU, "units": 5, "location": "S-1", "cost_minor": 100}]
    made = await world.door.ask(ADMIN, "commerce.purchasing.draft", supplier="MILL", lines=lines)
    await world.door.ask(ADMIN, "commerce.purchasing.send", purchase=made.head.id)
    found: UUID = made.head.id
    return found


async def _of_a_store(world: App) -> list[Things]:
    ask = world.door.ask
    for store in ("S-1", "S-2"):
        await _receipt(world, store, 1)
    till = (await ask(ADMIN, "security.prepare_till", location="S-1", name="till of S-1")).till
    sent, coming = ids.new(), ids.new()
    goods = {"destination": "S-1", "lines": LINES}
    await ask(ADMIN, "commerce.inventory.send", transfer=coming, origin="WH-1", **goods)
    task, handover, parcel = await _work(world)
    purchase, lies = await _purchase(world), await _lying(world)
    document = {"location": "S-1", "lines": LINES}
    pos: list[tuple[str, dict[str, Any]]] = [
        ("commerce.pos.sell", _sold("S-1", 2)),
        ("commerce.pos.receipts", {"store": "S-1"}),
        ("commerce.pos.receipt", {"store": "S-1", "till": "1", "number": 1}),
        ("commerce.pos.returnable", {"store": "S-1", "till": "1", "number": 1}),
        ("commerce.pos.return_rule", {"store": "S-1"}),
        ("commerce.documents.receipt_papers", {"store": "S-1", "till": "1", "number": 1}),
        (
            "commerce.documents.invoice_receipt",
            {"store": "S-1", "till": "1", "number": 1, "buyer": _SPITE, "total_minor": 500},
        ),
        (
            "commerce.pos.take_back",
            {
                "store": "S-1",
                "reference": "spite",
                "sold_at": "S-1",
                "till": "1",
                "number": 1,
                "lines": [{"line": 1, "units": 1}],
            },
        ),
        ("commerce.pos.takings", {"store": "S-1"}),
        ("commerce.pos.takings", {}),
        ("commerce.pos.intake", {}),
    ]
    seen: list[tuple[str, dict[str, Any]]] = [
        ("commerce.inventory.levels", {"skus": [SKU]}),
        ("commerce.inventory.levels", {"skus": [SKU], "location": "S-1"}),
        ("commerce.inventory.totals", {"skus": [SKU]}),
        ("commerce.inventory.shelf", {"location": "S-1"}),
        ("commerce.inventory.owing", {}),
        ("commerce.inventory.owing", {"location": "S-1"}),
        ("commerce.inventory.ledger", {"sku": SKU}),
        ("commerce.inventory.ledger", {"sku": SKU, "location": "S-1"}),
        ("commerce.inventory.unbalanced", {}),
        ("commerce.inventory.lots", {}),
        ("commerce.inventory.lots", {"location": "S-1"}),
        ("commerce.inventory.transfer", {"transfer": coming}),
    ]
    work: list[tuple[str, dict[str, Any]]] = [
        ("commerce.fulfilment.unbacked", {}),
        ("commerce.fulfilment.unbacked", {"location": "S-1"}),
        ("commerce.fulfilment.tasks", {"location": "S-1"}),
        ("commerce.fulfilment.task", {"task": task}),
        ("commerce.fulfilment.walk", {"location": "S-1"}),
        ("commerce.fulfilment.bins", {"location": "S-1"}),
        ("commerce.fulfilment.put_bins", {"location": "S-1", "bins": [{"sku": SKU, "aisle": 1, "position": 1}]}),
        ("commerce.fulfilment.claim", {"location": "S-1"}),
        ("commerce.fulfilment.start", {"task": task}),
        ("commerce.fulfilment.scan", {"task": task, "code": SKU}),
        ("commerce.fulfilment.miss", {"task": task, "sku": SKU, "units": 1, "reason": "not-found"}),
        ("commerce.fulfilment.let_go", {"task": task}),
        ("commerce.fulfilment.pack", {"task": task, "carrier": "dpd", "parcels": [{"weight_g": 1}]}),
        ("commerce.fulfilment.confirm", {"location": "S-1", "tasks": [task]}),
        ("commerce.fulfilment.box", {"location": "S-1", "carrier": "dpd", "parcels": [{"task": task, "weight_g": 1}]}),
        ("commerce.fulfilment.ready_to_go", {"location": "S-1"}),
        ("commerce.fulfilment.hand_over", {"location": "S-1", "carrier": "dpd"}),
        ("commerce.fulfilment.handovers", {"location": "S-1"}),
        ("commerce.fulfilment.handover", {"handover": handover}),
        ("commerce.fulfilment.shelve", {"task": task}),
        ("commerce.fulfilment.collections", {"location": "S-1"}),
        ("commerce.fulfilment.collect", {"location": "S-1", "given": {"code": "K7F2QM"}}),
        ("commerce.fulfilment.extend", {"collection": lies, "days": 1}),
        ("commerce.fulfilment.to_put_away", {"location": "S-1"}),
        ("commerce.fulfilment.put_away", {"task": task}),
        ("commerce.fulfilment.arrivals", {"location": "S-1"}),
        ("commerce.fulfilment.arrive", {"location": "S-1", "task": task}),
        ("commerce.shipping.parcels", {}),
        ("commerce.shipping.parcel", {"parcel": parcel}),
        ("commerce.shipping.label_file", {"parcel": parcel}),
        ("commerce.shipping.relabel", {"parcel": parcel}),
        ("commerce.shipping.scan", {"parcel": parcel, "sights": [{"at": clock.now(), "status": "delivered"}]}),
        ("commerce.shipping.cancel_label", {"parcel": parcel}),
    ]
    work += [
        ("commerce.purchasing.expected", {"location": "S-1"}),
        ("commerce.purchasing.expected", {"location": "S-1", "purchase": purchase}),
        (
            "commerce.purchasing.receive",
            {"purchase": purchase, "location": "S-1", "reference": "spite", "lines": LINES},
        ),
    ]
    done: list[tuple[str, dict[str, Any]]] = [
        ("commerce.inventory.receive", {**document, "reference": "spite 1"}),
        ("commerce.inventory.announce", {**document, "reference": "spite 2"}),
        ("commerce.inventory.adjust", {**document, "reference": "spite 3", "reason": "spite"}),
        (
            "commerce.inventory.count",
            {"location": "S-1", "reference": "spite 4", "lines": [{"sku": SKU, "counted": 99}]},
        ),
        (
            "commerce.inventory.count_lots",
            {"location": "S-1", "reference": "spite 5", "lots": [{"sku": SKU, "lot": "L-1"}]},
        ),
        (
            "commerce.inventory.throw_away",
            {"location": "S-1", "reference": "spite 6", "sku": SKU, "lot": "L-1"},
        ),
        ("commerce.inventory.send", {"transfer": sent, "origin": "S-1", "destination": "S-3", "lines": LINES}),
        ("commerce.inventory.arrive", {"transfer": coming}),
        ("security.tills", {}),
        ("security.prepare_till", {"location": "S-1", "name": "a till of my own"}),
        ("security.dismiss_till", {"till": till}),
    ]
    marks = ['"S-1"', str(till), str(coming), str(task), str(handover), str(purchase)]
    clerks = [Actor("staff", ids.new(), frozenset({"store"}), place) for place in ("S-2", "S-3", None)]
    links = [Actor("workload", ids.new(), frozenset({"store"}), place) for place in ("S-2", None)]
    tills = [Actor("till", ids.new(), location=place) for place in ("S-2", None)]
    mine = Actor("staff", ids.new(), frozenset({"store"}), "S-1")
    return [
        Things(mine, [*clerks, *links], [*pos, *seen, *work, *done], marks),
        Things(Actor("till", ids.new(), location="S-1"), tills, [*pos, *seen], marks),
    ]


async def _of_an_integrator(world: App) -> list[Things]:
    """Where somebody's program has events sent, and what was sent there."""
    mine, other = (Actor("workload", ids.new(), frozenset({"integrator", "stock"})) for _ in range(2))
    said = {"url": "https://a.example/tajne", "types": ["orders.*"]}
    made = await world.door.ask(mine, "integration.webhooks.make", **said)
    pinged = await world.door.ask(mine, "integration.webhooks.ping", endpoint=made.id)
    since = clock.now() - timedelta(hours=1)
    trials: list[tuple[str, dict[str, Any]]] = [
        ("integration.webhooks.endpoints", {}),
        ("integration.webhooks.endpoint", {"endpoint": made.id}),
        ("integration.webhooks.deliveries", {}),
        ("integration.webhooks.deliveries", {"endpoint": made.id}),
        ("integration.webhooks.delivery", {"delivery": pinged.delivery}),
        ("integration.webhooks.resend", {"delivery": pinged.delivery}),
        ("integration.webhooks.ping", {"endpoint": made.id}),
        ("integration.webhooks.replay", {"endpoint": made.id, "since": since}),
        ("integration.webhooks.rotate", {"endpoint": made.id}),
        ("integration.webhooks.change", {"endpoint": made.id, **said}),
        ("integration.webhooks.switch", {"endpoint": made.id, "active": False}),
        ("integration.webhooks.remove", {"endpoint": made.id}),
    ]
    return [Things(mine, [other], trials, ["tajne", str(made.id), str(pinged.delivery)])]


async def _outcome(world: App, who: Actor, operation: str, values: dict[str, Any]) -> Fault | str:
    try:
        return msgspec.json.encode(await world.door.ask(who, operation, **values)).decode()
    except Fault as refused:
        return refused


@pytest.fixture(scope="module")
async def everything(shop: App) -> list[Things]:
    return [
        *await _of_buyers(shop),
        *await _of_customers(shop),
        *await _of_a_company(shop),
        *await _of_a_store(shop),
        *await _of_an_integrator(shop),
    ]


async def test_others_things_are_neither_seen_nor_touched(
    shop: App, everything: list[Things], owner: asyncpg.Connection
) -> None:
    before = await digest(owner)
    for things in everything:
        for stranger in things.strangers:
            for operation, values in things.trials:
                found = await _outcome(shop, stranger, operation, values)
                told = (stranger.kind, stranger.location, operation, values, found)
                if isinstance(found, Fault):
                    assert found.status in (403, 404), told
                    found = msgspec.json.encode({**found.problem(), "detail": ""}).decode()
                elif shop.door.registry.by_name[operation].style != "read":
                    raise AssertionError(f"done: {told}")
                assert not [mark for mark in things.marks if mark in found], told
            changed = {table for table, sums in (await digest(owner)).items() if sums != before[table]}
            assert not changed, (stranger.kind, stranger.location, [operation for operation, _ in things.trials])


def _said(found: Any) -> Any:
    return (found.status, found.code, found.detail) if isinstance(found, Fault) else found


async def test_owners_get_what_strangers_do_not(shop: App, everything: list[Things], owner: asyncpg.Connection) -> None:
    """The control: the same requests are sound and change something, so it is for who asks alone that they failed."""
    before, reached = await digest(owner), set()
    for things in everything:
        for operation, values in things.trials:
            found = await _outcome(shop, things.owner, operation, values)
            if not isinstance(found, Fault) or found.status not in (403, 404):
                reached.add(operation)
            elif _said(found) != _said(await _outcome(shop, things.strangers[0], operation, values)):
                reached.add(operation)  # what is asked for is not there: to its owner it is said so, to strangers not
    never = {"commerce.orders.intake", "commerce.orders.waiting"}  # sums of everybody's: no buyer's own
    assert {operation for things in everything for operation, _ in things.trials} - reached == never
    after = await digest(owner)
    assert {"commerce.cart", "commerce.sales_order", "commerce.receipt", "commerce.transfer", "security.actor"} <= {
        table for table in after if after[table] != before[table]
    }


async def test_pages_show_and_do_no_more_than_the_api(shop: App, owner: asyncpg.Connection) -> None:
    """Their policies let everybody, or all staff, come in: what they ask of the API is refused all the same."""
    a = await _buyer(shop, Actor("guest", ids.new()), "page-a@example.com")
    nobody, auditor = EVERYBODY["staff"], EVERYBODY["staff/auditor"]
    trials: list[tuple[Actor, str, dict[str, Any]]] = [
        *((who, "channels.storefront.pages.story", {"channel": "WEB-PL"}) for who in (_guest(), ANYONE, nobody)),
        *((who, "channels.storefront.pages.change_order", {"channel": "WEB-PL"}) for who in (_guest(), nobody)),
        *((who, "channels.storefront.pages.cancel_order", {"channel": "WEB-PL"}) for who in (_guest(), nobody)),
        (nobody, "console.pages.order", {}),
        *((who, "console.pages.cancel_order", {"reason": "spite"}) for who in (nobody, auditor)),
        *((who, "console.pages.ship_order", {}) for who in (nobody, auditor)),
        *((who, "console.pages.note_order", {"text": "spite"}) for who in (nobody, auditor)),
    ]
    before = await digest(owner)
    for who, page, values in trials:
        answer = await shop.door.ask(who, page, order=a.order, **values)
        told = (sorted(who.roles), page, answer.status)
        assert answer.status in (403, 404), told
        if who is not auditor:  # they may read orders, and nothing else
            assert not [mark for mark in (a.email, str(a.payment), "Tajna") if mark in answer.body.decode()], told
    assert await digest(owner) == before
    shown = await shop.door.ask(a.actor, "channels.storefront.pages.story", channel="WEB-PL", order=a.order)
    assert shown.status == 200  # the control: it is for who looks alone that it was refused
    assert "Tajna" in shown.body.decode()


def _guest() -> Actor:
    return Actor("guest", ids.new())


def test_everything_that_reaches_own_things_is_tried(shop: App, everything: list[Things]) -> None:
    reaching = {
        operation.name
        for operation in shop.door.registry.by_name.values()
        if any(shop.gate.may(actor, operation.policy) == "own" for actor in EVERYBODY.values())
    }
    tried = {operation for things in everything for operation, _ in things.trials}
    assert reaching == tried | NOTHING_OF_OTHERS.keys()
    assert not tried & NOTHING_OF_OTHERS.keys()
