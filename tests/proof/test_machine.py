"""A shop driven at random beside a model of it in a few lines of Python; after each step every book is compared.

``PROOF_EXAMPLES=2000 pytest -n0 tests/proof/test_machine.py`` looks longer, and elsewhere each time.
"""

import asyncio
import os
from collections import defaultdict
from collections.abc import Awaitable, Coroutine, Sequence
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from rynek.app import App
from rynek.bench.stall import COURIER, KEEPER, set_up
from rynek.commerce.inventory.reactions import lapse_holds
from rynek.commerce.orders.events import OrderCancelled
from rynek.commerce.payments.reactions import give_back
from rynek.commerce.payments.settlement import settle_due
from rynek.kernel import clock, ids
from rynek.kernel.actor import Actor
from rynek.kernel.door import refusal
from rynek.kernel.events import Envelope
from rynek.kernel.faults import Fault
from tests.proof.books import found
from tests.proof.counter import HOME, STAFF, TILL, fresh_items, guest

EXAMPLES = int(os.environ.get("PROOF_EXAMPLES", "0"))
ROUTES = ("WH-1", "WH-2", "S-1")
STORE = "S-1"
DELIVERY = 1_500
SOON = timedelta(minutes=2)

T = TypeVar("T")
Loop = asyncio.AbstractEventLoop

item = st.integers(0, 2)
few = st.integers(1, 6)
which = st.integers(0, 10_000)
place_ = st.sampled_from(ROUTES)
wishes = st.lists(st.tuples(item, few), min_size=1, max_size=4)


class Hold:
    """Units of a holder at a place; ``brief`` ones lapse soon, others not while we look, those of orders never."""

    def __init__(self, units: int, *, brief: bool) -> None:
        self.units, self.brief = units, brief


class Payment:
    def __init__(self, amount: int, captured: int) -> None:
        self.authorised, self.captured, self.voided, self.refunded = amount, captured, 0, 0
        self.unwinding = False
        self.moved: list[tuple[str, str, int]] = []

    @property
    def sums(self) -> tuple[int, int, int, int]:
        return self.authorised, self.captured, self.voided, self.refunded


class Order:
    def __init__(self, lines: Sequence[tuple[str, int]], total: int) -> None:
        self.lines, self.total, self.state = list(lines), total, "open"
        self.returned = [0] * len(lines)
        self.returns: set[str] = set()
        self.payments: dict[UUID, Payment] = {}


Taken = dict[tuple[str, str], int]


class Model:
    """The shop as a few dictionaries."""

    def __init__(self, skus: Sequence[str], prices: Sequence[int]) -> None:
        self.skus = skus
        self.prices = dict(zip(skus, prices, strict=True))
        self.on_hand: defaultdict[tuple[str, str], int] = defaultdict(int)
        self.holds: dict[UUID, dict[tuple[str, str], Hold]] = {}
        self.carts: dict[UUID, dict[str, int]] = {}
        self.placed: dict[UUID, UUID] = {}
        self.orders: dict[UUID, Order] = {}

    def held(self, key: tuple[str, str]) -> int:
        return sum(hold[key].units for hold in self.holds.values() if key in hold)

    def total(self, cart: UUID) -> int:
        return sum(self.prices[sku] * n for sku, n in self.carts[cart].items()) + DELIVERY

    def take(self, needs: Sequence[tuple[str, int]]) -> Taken | None:
        """Choose places: the first that has all of an item, else each in turn; None when there is too little."""
        wanted: defaultdict[str, int] = defaultdict(int)
        for sku, units in needs:
            wanted[sku] += units
        taken: Taken = {}
        for sku, units in wanted.items():
            free = [(at, max(self.on_hand[sku, at] - self.held((sku, at)), 0)) for at in ROUTES]
            if sum(there for _, there in free) < units:
                return None
            # the shop looks no further than the first places that have enough together (it locks no others)
            near = [each for n, each in enumerate(free) if sum(there for _, there in free[:n]) < units]
            whole = next((at for at, there in near if there >= units), None)
            left = units
            for at, there in [(whole, units)] if whole else free:
                part = min(there, left)
                if part:
                    taken[sku, at] = part
                    left -= part
        return taken

    def set_aside(self, holder: UUID, taken: Taken, *, brief: bool) -> None:
        mine = self.holds.setdefault(holder, {})
        for key, units in taken.items():
            mine.setdefault(key, Hold(0, brief=brief)).units += units

    def too_few(self, location: str, after: dict[str, int]) -> bool:
        """Tell whether a warehouse would have less than it has promised."""
        return location != STORE and any(n < self.held((sku, location)) for sku, n in after.items())


class Shop(RuleBasedStateMachine):
    """Each rule does to the shop what it does to the model, and expects the same answer."""

    def __init__(self, world: App, loop: Loop) -> None:
        super().__init__()
        self.world, self.loop = world, loop
        self.model = Model(self.do(fresh_items(world, 3)), (1_000, 1_001, 1_002))
        self.me = guest()
        self.let_gone: set[UUID] = set()

    # --- the means ---

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def ask(self, who: Actor, operation: str, **values: Any) -> Any:
        """Ask the shop; gives the answer, or the code of the refusal."""
        return self.do(self.asking(who, operation, **values))

    async def asking(self, who: Actor, operation: str, **values: Any) -> Any:
        try:
            return await self.world.door.ask(who, f"commerce.{operation}", **values)
        except Fault as refused:
            return refused.code
        except asyncpg.IntegrityConstraintViolationError as violated:  # what the door tells whoever asks over a wire
            problem = msgspec.json.decode(refusal(violated, operation).body)
            return problem["type"].rpartition("#")[2]

    def both(self, *asked: Awaitable[Any]) -> list[Any]:
        async def run() -> list[Any]:
            return list(await asyncio.gather(*asked))

        return self.do(run())

    def one(self, of: dict[UUID, Any], n: int) -> UUID:
        return list(of)[n % len(of)]

    def wants(self, wished: Sequence[tuple[int, int]]) -> list[tuple[str, int]]:
        return [(self.model.skus[n], units) for n, units in wished]

    # --- stock ---

    @rule(at=place_, wished=wishes)
    def receive(self, at: str, wished: list[tuple[int, int]]) -> None:
        lines = [{"sku": sku, "units": units} for sku, units in self.wants(wished)]
        number = ids.new().hex
        assert self.ask(STAFF, "inventory.receive", location=at, reference=number, lines=lines) is True
        assert self.ask(STAFF, "inventory.receive", location=at, reference=number, lines=lines) is False
        for sku, units in self.wants(wished):
            self.model.on_hand[sku, at] += units

    @rule(at=place_, n=item, change=st.integers(-5, 5))
    def adjust(self, at: str, n: int, change: int) -> None:
        sku = self.model.skus[n]
        lines = [{"sku": sku, "units": change}]
        said = self.ask(STAFF, "inventory.adjust", location=at, reference=ids.new().hex, reason="?", lines=lines)
        if self.model.too_few(at, {sku: self.model.on_hand[sku, at] + change}):
            assert said == "units-held"
        else:
            assert said is True
            self.model.on_hand[sku, at] += change

    @rule(at=place_, counted=st.dictionaries(item, st.integers(0, 8), min_size=1))
    def count(self, at: str, counted: dict[int, int]) -> None:
        found = {self.model.skus[n]: units for n, units in counted.items()}
        lines = [{"sku": sku, "counted": units} for sku, units in found.items()]
        said = self.ask(STAFF, "inventory.count", location=at, reference=ids.new().hex, lines=lines)
        if self.model.too_few(at, found):
            assert said == "units-held"
            return
        different = {sku: n - self.model.on_hand[sku, at] for sku, n in found.items()}
        assert {move.sku: move.units for move in said} == {sku: units for sku, units in different.items() if units}
        for sku, units in found.items():
            self.model.on_hand[sku, at] = units

    @rule(wished=wishes)
    def sell_over_the_counter(self, wished: list[tuple[int, int]]) -> None:
        lines = [{"sku": sku, "quantity": units, "amount": 0} for sku, units in self.wants(wished)]
        number = {"store": STORE, "till": "1", "number": ids.new().int % 2**53 + 1}
        receipt = number | {"sold_at": clock.now(), "currency": "PLN", "lines": lines, "tenders": []}
        assert self.ask(TILL, "pos.sell", **receipt).repeated is False
        assert self.ask(TILL, "pos.sell", **receipt).repeated is True
        for sku, units in self.wants(wished):
            self.model.on_hand[sku, STORE] -= units

    # --- holds ---

    @rule(wished=wishes, brief=st.booleans(), again=st.none() | which)
    def hold(self, wished: list[tuple[int, int]], brief: bool, again: int | None) -> None:  # noqa: FBT001
        mine = {holder: None for holder in self.model.holds if holder not in self.model.orders}
        holder = ids.new() if again is None or not mine else self.one(mine, again)
        needs = [{"sku": sku, "units": units} for sku, units in self.wants(wished)]
        seconds = 60 if brief else 86_400
        said = self.ask(STAFF, "inventory.hold", holder=holder, channel="WEB-PL", needs=needs, seconds=seconds)
        taken = self.model.take(self.wants(wished))
        if taken is None:
            assert said == "out-of-stock"
            return
        assert {(pick.sku, pick.location): pick.units for pick in said} == taken
        self.model.set_aside(holder, taken, brief=brief)

    @precondition(lambda self: self.model.holds.keys() - self.model.orders.keys())
    @rule(n=which)
    def let_go(self, n: int) -> None:
        mine = {holder: None for holder in self.model.holds if holder not in self.model.orders}
        holder = self.one(mine, n)
        twice = self.both(*(self.asking(STAFF, "inventory.let_go", holder=holder) for _ in range(2)))
        gone = {key: hold.units for key, hold in self.model.holds.pop(holder).items()}
        assert "not-found" in twice
        [picks] = [each for each in twice if each != "not-found"]
        assert {(pick.sku, pick.location): pick.units for pick in picks} == gone
        self.let_gone.add(holder)

    @precondition(lambda self: self.let_gone)
    @rule()
    def let_go_once_more(self) -> None:
        assert {self.ask(STAFF, "inventory.let_go", holder=each) for each in self.let_gone} == {"not-found"}

    @rule(race=st.booleans())
    def lapse(self, race: bool) -> None:  # noqa: FBT001
        """Let brief holds lapse, in two processes at once, perhaps just as somebody lets one go."""
        brief = [holder for holder, parts in self.model.holds.items() if any(hold.brief for hold in parts.values())]
        going: list[Awaitable[Any]] = [self._lapse(), self._lapse()]
        if race and brief:
            going.append(self.asking(STAFF, "inventory.let_go", holder=brief[0]))
        with clock.at(clock.now() + SOON):
            said = self.both(*going)
        for holder in brief:
            parts = self.model.holds[holder]
            self.model.holds[holder] = {key: hold for key, hold in parts.items() if not hold.brief}
        if race and brief and said[2] != "not-found":
            self.model.holds[brief[0]] = {}
        self.model.holds = {holder: parts for holder, parts in self.model.holds.items() if parts}

    async def _lapse(self) -> None:
        async with self.world.database.transaction("commerce") as tx:
            await lapse_holds(tx)

    # --- carts ---

    @rule(wished=wishes)
    def open_cart(self, wished: list[tuple[int, int]]) -> None:
        lines = [{"sku": sku, "quantity": units} for sku, units in self.wants(wished)]
        more = {"email": "ola@example.com", "address": HOME, "delivery": COURIER}
        cart = self.ask(self.me, "checkout.open_cart", channel="WEB-PL", lines=lines, **more)
        self._is(cart, {}, self.wants(wished))

    def _is(self, cart: Any, before: dict[str, int], more: Sequence[tuple[str, int]]) -> None:
        lines = dict(before)
        for sku, units in more:
            lines[sku] = lines.get(sku, 0) + units
        self.model.carts[cart.id] = lines
        assert {want.sku: want.quantity for want in cart.terms.lines} == lines
        assert cart.priced.total == self.model.total(cart.id)

    @precondition(lambda self: self.model.carts)
    @rule(n=which, wished=wishes, add=st.booleans())
    def change_cart(self, n: int, wished: list[tuple[int, int]], add: bool) -> None:  # noqa: FBT001
        cart = self.one(self.model.carts, n)
        lines = [{"sku": sku, "quantity": units} for sku, units in self.wants(wished)]
        said = self.ask(self.me, "checkout.change_cart", cart=cart, **{"add" if add else "lines": lines})
        if cart in self.model.placed:
            assert said == "cart-placed"
        else:
            self._is(said, self.model.carts[cart] if add else {}, self.wants(wished))

    @precondition(lambda self: len(self.model.carts) > 1)
    @rule(n=which, m=which)
    def merge_cart(self, n: int, m: int) -> None:
        into, other = self.one(self.model.carts, n), self.one(self.model.carts, m)
        said = self.ask(self.me, "checkout.merge_cart", cart=into, other=other)
        if into == other:
            assert said == "invalid"
        elif {into, other} & self.model.placed.keys():
            assert said == "cart-placed"
        else:
            self._is(said, self.model.carts[into], list(self.model.carts.pop(other).items()))

    @precondition(lambda self: self.model.carts)
    @rule(n=which)
    def drop_cart(self, n: int) -> None:
        cart = self.one(self.model.carts, n)
        said = self.ask(self.me, "checkout.drop_cart", cart=cart)
        if cart in self.model.placed:
            assert said == "cart-placed"
            return
        assert said is None
        del self.model.carts[cart]
        assert self.ask(self.me, "checkout.place", cart=cart, tenders=[]) == "not-found"

    # --- orders ---

    @precondition(lambda self: self.model.carts)
    @rule(
        n=which, parts=st.lists(st.integers(1, 900), max_size=3), cash=st.booleans(), off=st.sampled_from((0, 0, 0, 1))
    )
    def place(self, n: int, parts: list[int], cash: bool, off: int) -> None:  # noqa: FBT001
        """Place a cart, twice at once; with cash only the staff may, and then the money is there."""
        cart = self.one(self.model.carts, n)
        methods = ["cash" if cash else "invoice", "transfer", "cash-on-delivery"]
        amounts = [*parts, self.model.total(cart) - sum(parts) + off]
        tenders = [{"method": methods[k % 3], "amount_minor": amount} for k, amount in enumerate(amounts)]
        who = STAFF if cash else self.me
        said, double = self.both(*(self.asking(who, "checkout.place", cart=cart, tenders=tenders) for _ in range(2)))
        assert said == double
        if cart in self.model.placed:
            assert (said.order, said.state) == (known := self.model.placed[cart], self.model.orders[known].state)
        elif off:
            assert said == "total-differs"
        elif (taken := self.model.take(list(self.model.carts[cart].items()))) is None:
            assert said == "out-of-stock"
        else:
            self._placed(cart, said, taken, tenders)

    def _placed(self, cart: UUID, said: Any, taken: Taken, tenders: list[dict[str, Any]]) -> None:
        model = self.model
        assert (said.state, said.total_minor) == ("open", model.total(cart))
        model.set_aside(said.order, taken, brief=False)
        model.placed[cart] = said.order
        order = model.orders[said.order] = Order(list(model.carts[cart].items()), said.total_minor)
        opened = self.ask(STAFF, "payments.payments", order=said.order)
        assert [{"method": each.method, "amount_minor": each.amount_minor} for each in opened] == tenders
        for each in opened:
            order.payments[each.id] = Payment(each.amount_minor, each.amount_minor if each.method == "cash" else 0)

    @precondition(lambda self: self.model.orders)
    @rule(n=which)
    def cancel(self, n: int) -> None:
        order = self.one(self.model.orders, n)
        known = self.model.orders[order]
        twice = self.both(*(self.asking(self.me, "orders.cancel", order=order, reason="?") for _ in range(2)))
        assert twice == (["not-cancellable"] * 2 if known.state == "shipped" else [None, None])
        if known.state == "open":
            self._cancelled(order)

    def _cancelled(self, order: UUID) -> None:
        self.model.orders[order].state = "cancelled"
        del self.model.holds[order]

    @precondition(lambda self: self.model.orders)
    @rule(n=which)
    def ship(self, n: int) -> None:
        order = self.one(self.model.orders, n)
        known = self.model.orders[order]
        twice = self.both(*(self.asking(STAFF, "orders.ship", order=order) for _ in range(2)))
        assert twice == (["not-shippable"] * 2 if known.state == "cancelled" else [None, None])
        if known.state == "open":
            self._shipped(order)

    def _shipped(self, order: UUID) -> None:
        self.model.orders[order].state = "shipped"
        for key, hold in self.model.holds.pop(order).items():
            self.model.on_hand[key] -= hold.units

    @precondition(lambda self: any(order.state == "open" for order in self.model.orders.values()))
    @rule(n=which)
    def ship_and_cancel_at_once(self, n: int) -> None:
        order = self.one({key: each for key, each in self.model.orders.items() if each.state == "open"}, n)
        said = self.both(
            self.asking(STAFF, "orders.ship", order=order),
            self.asking(self.me, "orders.cancel", order=order, reason="?"),
        )
        if said == [None, "not-cancellable"]:
            self._shipped(order)
        else:
            assert said == ["not-shippable", None]
            self._cancelled(order)

    @precondition(lambda self: self.model.orders)
    @rule(n=which, line=which, units=st.integers(1, 4), at=place_)
    def take_back(self, n: int, line: int, units: int, at: str) -> None:
        """Take units back, the same return sent twice at once."""
        order = self.one(self.model.orders, n)
        known, number = self.model.orders[order], ids.new().hex
        line %= len(known.lines)
        given = {"reference": number, "location": at, "lines": [{"line": line + 1, "units": units}]}
        twice = self.both(*(self.asking(STAFF, "orders.take_back", order=order, **given) for _ in range(2)))
        sku, ordered = known.lines[line]
        if known.state != "shipped" or known.returned[line] + units > ordered:
            assert twice == ["not-returnable"] * 2
        else:
            assert sorted(twice) == [False, True]
            known.returned[line] += units
            self.model.on_hand[sku, at] += units

    # --- money ---

    @precondition(lambda self: self.model.orders)
    @rule(
        n=which, m=which, kind=st.sampled_from(("capture", "refund", "void")), minor=st.none() | st.integers(1, 4_000)
    )
    def move_money(self, n: int, m: int, kind: str, minor: int | None) -> None:
        """Capture, refund or void, sent twice at once under one reference."""
        order = self.model.orders[self.one(self.model.orders, n)]
        payment = self.one(order.payments, m)
        known, number = order.payments[payment], ids.new().hex
        given = {"reference": number, "amount_minor": minor}
        twice = self.both(*(self.asking(STAFF, f"payments.{kind}", payment=payment, **given) for _ in range(2)))
        left = known.captured - known.refunded if kind == "refund" else (
            known.authorised - known.captured - known.voided)  # fmt: skip
        moved = left if minor is None or kind == "void" else minor
        if kind == "capture" and known.unwinding:
            assert twice == ["payment-closed"] * 2
        elif not 0 < moved <= left:
            assert twice == ["nothing-left"] * 2
        else:
            self._moved(twice, kind, minor, moved, known)

    def _moved(self, twice: list[Any], kind: str, minor: int | None, moved: int, known: Payment) -> None:
        if kind == "void" and minor not in (None, moved):  # the second names an amount that is not that of the first
            assert "reference-taken" in twice
            twice = [each for each in twice if each != "reference-taken"]
        assert {(each.attempt.kind, each.attempt.minor) for each in twice} == {(kind, moved)}
        known.captured += moved * (kind == "capture")
        known.voided += moved * (kind == "void")
        known.refunded += moved * (kind == "refund")

    @precondition(lambda self: any(order.state == "cancelled" for order in self.model.orders.values()))
    @rule(n=which)
    def hear_of_a_cancelling(self, n: int) -> None:
        """Let the news arrive, perhaps once more: what is promised is let go, what was taken waits for a refund."""
        order = self.one({key: each for key, each in self.model.orders.items() if each.state == "cancelled"}, n)
        self.do(self._hear(order))
        for payment in self.model.orders[order].payments.values():
            payment.unwinding = True
            payment.voided = payment.authorised - payment.captured

    async def _hear(self, order: UUID) -> None:
        news = Envelope("1-1", "orders.order-cancelled", str(order), clock.now(), OrderCancelled(order, "?"))
        async with self.world.database.transaction("commerce") as tx:
            await give_back(tx, [news, news])
        with clock.at(clock.now() + timedelta(minutes=10)):
            await settle_due(self.world.database, 100)

    # --- what must be true after every step ---

    @invariant()
    def the_books_are_those_of_the_model(self) -> None:
        self.do(self._compare())

    async def _compare(self) -> None:
        model = self.model
        async with self.world.database.transaction("commerce") as tx:
            levels = await tx.rows(
                "select sku, location, on_hand, held from commerce.level where sku = any($1)", list(model.skus)
            )
            holds = await tx.rows(
                "select holder, sku, location, units from commerce.hold where sku = any($1)", model.skus
            )
            orders = await tx.rows(
                "select id, state, total_minor, authorised_minor, captured_minor, refunded_minor"
                " from commerce.sales_order where owner = $1", self.me.id,
            )  # fmt: skip
            payments = await tx.rows(
                "select p.id, p.authorised_minor, p.captured_minor, p.voided_minor, p.refunded_minor"
                " from commerce.payment p join commerce.sales_order o on o.id = order_id where owner = $1", self.me.id,
            )  # fmt: skip
            carts = await tx.rows("select id from commerce.cart where owner = $1", self.me.id)
            assert await found(tx) == []
        there = {(sku, at): (on_hand, held) for sku, at, on_hand, held in levels}
        for key in [(sku, at) for sku in model.skus for at in ROUTES]:
            assert there.get(key, (0, 0)) == (model.on_hand[key], model.held(key))
        known = {(h, *key): hold.units for h, parts in model.holds.items() for key, hold in parts.items()}
        assert {(h, sku, at): units for h, sku, at, units in holds} == known
        wanted = {key: (o.state, o.total, *_money(o)) for key, o in model.orders.items()}
        assert {row[0]: tuple(row)[1:] for row in orders} == wanted
        sums = {key: p.sums for o in model.orders.values() for key, p in o.payments.items()}
        assert {row[0]: tuple(row)[1:] for row in payments} == sums
        assert {row[0] for row in carts} == model.carts.keys()


def _money(order: Order) -> tuple[int, int, int]:
    parts = order.payments.values()
    return (
        sum(p.authorised - p.voided for p in parts), sum(p.captured for p in parts), sum(p.refunded for p in parts)
    )  # fmt: skip


@pytest.fixture(scope="module")
async def shop(world: App) -> tuple[App, Loop]:
    await set_up(world, items=1)
    await world.door.ask(KEEPER, "commerce.companies.put_channel", channel="WEB-PL", consumers=True)
    routes = [{"location": at, "rank": rank} for rank, at in enumerate(ROUTES)]
    await world.door.ask(KEEPER, "commerce.inventory.put_routes", channel="WEB-PL", routes=routes)
    return world, asyncio.get_running_loop()


def test_the_shop_does_what_the_model_does(shop: tuple[App, Loop]) -> None:
    class Here(Shop):
        def __init__(self) -> None:
            super().__init__(*shop)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=EXAMPLES or 20, stateful_step_count=40, deadline=None, derandomize=not EXAMPLES, database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_a_unit_that_only_the_model_has_is_noticed(shop: tuple[App, Loop]) -> None:
    """The control: the machine sees a difference of one unit at one place."""

    class Mistaken(Shop):
        def __init__(self) -> None:
            super().__init__(*shop)

        @rule()
        def miscount(self) -> None:
            self.model.on_hand[self.model.skus[0], "WH-1"] += 1

    with pytest.raises(AssertionError, match=r"assert \(-?\d+, \d+\) == \("):
        run_state_machine_as_test(
            Mistaken,
            settings=settings(
                max_examples=10, stateful_step_count=10, deadline=None, derandomize=True, database=None,
                phases=[Phase.generate], report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
