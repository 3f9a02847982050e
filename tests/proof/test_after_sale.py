"""An order driven at random through all that may happen after it was placed, beside a model of its money and stock.

``AFTER_SALE_STEPS=20000 pytest -n0 tests/proof/test_after_sale.py`` looks longer, and elsewhere each time.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine, Mapping
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
from rynek.bench.stall import set_up
from rynek.commerce import inventory
from rynek.commerce.documents.reactions import follow
from rynek.commerce.fulfilment.ground import q as shelves
from rynek.commerce.fulfilment.working import trim_backorders
from rynek.commerce.inventory import Pick
from rynek.commerce.orders import left_minor
from rynek.commerce.orders.events import (
    Item,
    OrderCancelled,
    OrderChanged,
    OrderCredited,
    OrderShipped,
    UnitsReturned,
    UnitsShipped,
)
from rynek.commerce.payments import Captures, settle_due
from rynek.commerce.payments.ports import PROVIDERS, Manual, register
from rynek.commerce.payments.reactions import give_back, give_back_what_is_credited, give_back_what_is_too_much, take
from rynek.kernel import clock, ids
from rynek.kernel.door import refusal
from rynek.kernel.events import Envelope
from rynek.kernel.faults import Fault
from tests.proof.books import found
from tests.proof.counter import STAFF, fresh_items, full_cart, guest, receive

STEPS = int(os.environ.get("AFTER_SALE_STEPS", "0"))
RUN = 40
WHOLE = 5
"""After how many steps the whole shop's books are compared, and not this order's alone."""
DELIVERY = 1_500
STOCK = 60

T = TypeVar("T")
Loop = asyncio.AbstractEventLoop
item = st.integers(0, 2)
few = st.integers(1, 3)
which = st.integers(0, 1_000)


class Line:
    """A line of the order as the model knows it."""

    def __init__(self, sku: str, quantity: int, gross: int) -> None:
        self.sku, self.quantity, self.gross = sku, quantity, gross
        self.shipped = self.cancelled = self.returned = 0

    @property
    def waiting(self) -> int:
        return self.quantity - self.shipped - self.cancelled

    def worth(self, start: int, stop: int) -> int:
        return self.gross * stop // self.quantity - self.gross * start // self.quantity


class Coming:
    """A return on its way: one line of the order."""

    def __init__(self, code: str, line: int, units: int, instead: tuple[str, int] | None) -> None:
        self.code, self.line, self.units, self.instead, self.here = code, line, units, instead, False


class Card(Manual):
    """A provider that captures with each parcel."""

    methods: Mapping[str, bool] = {"card": False}
    captures: Captures = "parts"


class AfterSale(RuleBasedStateMachine):
    """Each rule does to the shop what it does to the model, and expects the same answer."""

    def __init__(self, world: App, loop: Loop) -> None:
        super().__init__()
        self.world, self.loop, self.me = world, loop, guest()
        self.skus = self.do(fresh_items(world, 3))
        self.prices = {sku: 1_000 + n for n, sku in enumerate(self.skus)}
        self.do(receive(world, STOCK, *self.skus))
        self.on_hand = dict.fromkeys(self.skus, STOCK)
        cart = self.do(full_cart(world, self.me, (self.skus[0], 4), (self.skus[1], 3)))
        total = 4 * 1_000 + 3 * 1_001 + DELIVERY  # a part by card, the rest when it comes
        tenders = [
            {"provider": "card", "method": "card", "amount_minor": total - 2_000},
            {"method": "cash-on-delivery", "amount_minor": 2_000},
        ]
        self.order: UUID = self.ask("checkout.place", self.me, cart=cart.id, tenders=tenders).order
        self.missing = dict.fromkeys(self.skus, 0)
        self.news: list[Any] = []
        self.heard: list[Envelope] = []
        self.lines = [Line(sku, n, self.prices[sku] * n) for sku, n in ((self.skus[0], 4), (self.skus[1], 3))]
        self.state, self.credit, self.delivery_given = "open", 0, 0
        self.captured = self.refunded = self.looks = 0
        self.coming: dict[UUID, Coming] = {}

    # --- the means ---

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def ask(self, operation: str, who: Any = STAFF, **values: Any) -> Any:
        """Ask the shop; gives the answer, or the code of the refusal."""
        return self.do(self._ask(operation, who, **values))

    async def _ask(self, operation: str, who: Any, **values: Any) -> Any:
        try:
            return await self.world.door.ask(who, f"commerce.{operation}", **values)
        except Fault as refused:
            return refused.code
        except asyncpg.IntegrityConstraintViolationError as violated:  # what the door tells whoever asks over a wire
            return msgspec.json.decode(refusal(violated, operation).body)["type"].rpartition("#")[2]

    def twice(self, operation: str, **values: Any) -> list[Any]:
        async def run() -> list[Any]:
            return list(await asyncio.gather(*(self._ask(operation, STAFF, **values) for _ in range(2))))

        return self.do(run())

    @property
    def total(self) -> int:
        return DELIVERY + sum(line.worth(0, line.quantity - line.cancelled) for line in self.lines)

    @property
    def due(self) -> int:
        return 0 if self.state == "cancelled" else self.total - self.credit

    @property
    def free(self) -> dict[str, int]:
        held = dict.fromkeys(self.skus, 0)
        for line in self.lines if self.state == "open" else []:
            held[line.sku] += line.waiting
        return {sku: n - held[sku] + self.missing[sku] for sku, n in self.on_hand.items()}

    def give_up(self, sku: str, units: int) -> None:
        """Who waits for units gives those up first."""
        self.missing[sku] = max(0, self.missing[sku] - units)

    def close(self) -> None:
        """The order is shipped when nothing waits any more."""
        if not any(line.waiting for line in self.lines):
            self.state = "shipped"
            self.news.append(OrderShipped(self.order))

    def shown(self) -> Any:
        return self.ask("orders.order", order=self.order)

    # --- before it leaves ---

    @rule(n=which, fewer=st.integers(0, 3), sku=item, more=st.integers(0, 3))
    def edit(self, n: int, fewer: int, sku: int, more: int) -> None:
        place, wanted = n % len(self.lines), self.skus[sku]
        line = self.lines[place]
        values: dict[str, Any] = {"reference": ids.new().hex}
        values |= {"fewer": [{"line": place + 1, "units": fewer}]} if fewer else {}
        values |= {"more": [{"sku": wanted, "quantity": more}]} if more else {}
        seen = self.ask("amendments.preview", order=self.order, **values)
        said = self.twice("amendments.edit", order=self.order, **values)
        less = line.worth(line.quantity - line.cancelled - fewer, line.quantity - line.cancelled)
        left = sum(each.waiting for each in self.lines) - fewer
        if not fewer and not more:
            assert said == ["invalid"] * 2
        elif self.state != "open" or fewer > line.waiting or (left == 0 and not more):
            assert said == ["not-changeable"] * 2
        elif more > self.free[wanted] + (max(0, fewer - self.missing[wanted]) if wanted == line.sku and left else 0):
            assert said == ["out-of-stock"] * 2
        elif isinstance(said[0], str):  # what would be left to pay is less than what was given back already
            assert (said, self.total - less < self.credit) == (["credit-too-high"] * 2, True)
        else:
            assert said == [seen] * 2
            assert seen.difference_minor == more * self.prices[wanted] - less
            line.cancelled += fewer
            self.give_up(line.sku, fewer)
            self.news.append(OrderChanged(self.order, "?", 0, [], []))
            if more:
                self.lines.append(Line(wanted, more, more * self.prices[wanted]))

    @rule(at_once=st.booleans())
    def cancel(self, at_once: bool) -> None:  # noqa: FBT001
        """Cancel seldom: it ends most of what may happen."""
        if at_once or (self.state == "open" and len(self.lines) < 4):
            return
        said = self.ask("orders.cancel", self.me, order=self.order, reason="?")
        if self.state == "shipped":
            assert said == "not-cancellable"
        elif self.state == "open" and any(line.shipped for line in self.lines):
            gone = DELIVERY + sum(line.worth(0, line.shipped) for line in self.lines)
            assert said == ("credit-too-high" if gone < self.credit else None)
            if said is None:
                for line in self.lines:
                    line.cancelled += line.waiting
                self.missing = dict.fromkeys(self.skus, 0)
                self.state = "shipped"
                self.news += [OrderChanged(self.order, "?", 0, [], []), OrderShipped(self.order)]
        else:
            assert said is None
            self.state, self.missing = "cancelled", dict.fromkeys(self.skus, 0)
            self.news.append(OrderCancelled(self.order, "?"))

    # --- leaving ---

    @rule(n=which, units=few)
    def ship(self, n: int, units: int) -> None:
        """Let some of an item leave, told twice; what is not paid never leaves."""
        sku = self.lines[n % len(self.lines)].sku
        waiting = sum(line.waiting for line in self.lines if line.sku == sku)
        before = self.shown()
        picks = [{"sku": sku, "location": "WH-1", "units": units}]
        reference = ids.new().hex
        said = self.twice("orders.ship_part", order=self.order, reference=reference, picks=picks)
        if self.state != "open" or before.holds:
            assert said == ["not-shippable"] * 2
        elif units > waiting - self.missing[sku]:
            assert said == ["not-held"] * 2
        else:
            self.news.append(UnitsShipped(self.order, reference, 0, [Item(sku, units, 0)]))
            assert max(said, key=str) is True
            assert before.authorised_minor - before.refunded_minor >= self.due
            self.on_hand[sku] -= units
            for line in self.lines:
                if line.sku == sku:
                    part = min(units, line.waiting)
                    line.shipped, units = line.shipped + part, units - part
            self.close()

    # --- what is not on the shelf ---

    @precondition(lambda self: self.state == "open")
    @rule(n=which, units=few)
    def lose(self, n: int, units: int) -> None:
        """Units that were set aside cannot be found, and nobody else has any: they are waited for."""
        sku = self.lines[n % len(self.lines)].sku
        held = sum(line.waiting for line in self.lines if line.sku == sku) - self.missing[sku]
        if gone := min(units, held):
            self.do(self._lose(sku, gone))
            self.missing[sku] += gone

    async def _lose(self, sku: str, units: int) -> None:
        async with self.world.database.transaction("commerce") as tx:
            await shelves.lock_orders(tx, ids=[self.order])
            await inventory.rehold(tx, self.order, [Pick(sku, "WH-1", units)], [])
            await shelves.backorder(tx, order=self.order, sku=sku, units=units, at=tx.at)

    @rule()
    def find(self) -> None:
        """What the order waits for is known to a unit, and is set aside when it is found."""
        self.do(self._find())

    async def _find(self) -> None:
        async with self.world.database.transaction("commerce") as tx:
            await trim_backorders(tx, [self.order, self.order])
            rows = await tx.rows(
                "select sku, units from commerce.backorder where order_id = $1 and units > 0", self.order
            )
            assert {row[0]: row[1] for row in rows} == {sku: n for sku, n in self.missing.items() if n}
            for sku, units in [tuple(row) for row in rows]:
                await inventory.rehold(tx, self.order, [], [Pick(sku, "WH-1", units)])
                await shelves.came(tx, order=self.order, sku=sku, units=units)
                self.missing[sku] = 0

    # --- coming back ---

    @rule(n=which, units=few, sku=item, exchange=st.booleans())
    def ask_to_return(self, n: int, units: int, sku: int, exchange: bool) -> None:  # noqa: FBT001
        place = n % len(self.lines)
        line, wanted = self.lines[place], self.skus[sku]
        free = line.shipped - line.returned - sum(c.units for c in self.coming.values() if c.line == place)
        lines = [{"line": place + 1, "units": units, "reason": "changed-mind"}]
        more = {"wish": "exchange", "instead": [{"sku": wanted, "quantity": units}]} if exchange else {}
        said = self.ask("returns.ask", self.me, order=self.order, lines=lines, **more)
        if units > free:
            assert said == "too-many-returned"
        else:
            assert said.state == "approved"
            self.coming[said.id] = Coming(said.code, place, units, (wanted, units) if exchange else None)

    @precondition(lambda self: any(not each.here for each in self.coming.values()))
    @rule(n=which, fewer=st.integers(0, 1))
    def arrive(self, n: int, fewer: int) -> None:
        waits = [key for key, each in self.coming.items() if not each.here]
        rma = waits[n % len(waits)]
        known = self.coming[rma]
        units = max(1, known.units - fewer)
        lines = [{"line": known.line + 1, "units": units}]
        said = self.twice("returns.receive", rma=rma, location="WH-1", lines=lines)
        assert "return-closed" in said
        known.units, known.here = units, True

    @precondition(lambda self: any(each.here for each in self.coming.values()))
    @rule(n=which, scrap=st.integers(0, 3), back=st.integers(0, 3))
    def inspect(self, n: int, scrap: int, back: int) -> None:
        here = [key for key, each in self.coming.items() if each.here]
        rma = here[n % len(here)]
        known = self.coming[rma]
        line = self.lines[known.line]
        scrap = min(scrap, known.units)
        back = min(back, known.units - scrap)
        kept = known.units - back
        verdict = {"line": known.line + 1, "restock": kept - scrap, "scrap": scrap, "back": back}
        said = self.twice("returns.inspect", rma=rma, verdicts=[verdict])
        instead = known.instead if kept else None
        room = self.free[instead[0]] + (kept - scrap if instead[0] == line.sku else 0) if instead else 0
        if instead and instead[1] > room:
            assert said == ["out-of-stock"] * 2
        elif instead and self.state == "cancelled":
            raise AssertionError("what was never sent came back")
        else:
            [settled] = [each for each in said if each != "return-closed"]
            self._settled(known, line, kept, kept - scrap, instead, settled)
            del self.coming[rma]

    def _settled(
        self, known: Coming, line: Line, kept: int, shelf: int, instead: tuple[str, int] | None, settled: Any
    ) -> None:
        wanted = line.worth(line.returned, line.returned + kept)
        line.returned += kept
        self.on_hand[line.sku] += shelf
        if kept:
            self.news.append(UnitsReturned(self.order, known.code, "WH-1", 0, [Item(line.sku, kept, 0)]))
            self.news.append(OrderCredited(self.order, known.code, 1, "?"))
        if kept and known.instead is None and all(e.returned == e.quantity - e.cancelled for e in self.lines):
            back = DELIVERY - self.delivery_given
            given = min(wanted + back, self.due)
            self.delivery_given += min(back, given)
        else:
            given = min(wanted, self.due)
        assert settled.refund_minor == given
        self.credit += given
        if instead:
            sku, units = instead
            self.lines.append(Line(sku, units, units * self.prices[sku]))
            self.state = "open"

    # --- money ---

    @rule(minor=st.integers(1, 3_000))
    def give_credit(self, minor: int) -> None:
        said = self.twice("orders.credit", order=self.order, reference=ids.new().hex, minor=minor, why="goodwill")
        if self.credit + minor > self.total:
            assert said == ["credit-too-high"] * 2
        else:
            assert sorted(said) == [False, True]
            self.credit += minor
            self.news.append(OrderCredited(self.order, "?", minor, "?"))

    @rule()
    def pay_what_is_missing(self) -> None:
        now = self.shown()
        missing = self.due - (now.authorised_minor - now.refunded_minor)
        tender = {"method": "transfer", "amount_minor": max(1, missing)}
        said = self.ask("payments.pay", self.me, order=self.order, tender=tender)
        assert (said == "payment-closed") == (self.state != "open" or missing <= 0)

    @rule(part=st.integers(1, 4))
    def money_comes(self, part: int) -> None:
        """Write down that a part of what was promised came."""
        for each in self.ask("payments.payments", order=self.order):
            left = each.authorised_minor - each.captured_minor - each.voided_minor
            minor = min(left, left // part + 1)
            if each.provider == "manual" and minor and self.state != "cancelled":
                given = {"reference": ids.new().hex, "amount_minor": minor}
                assert self.ask("payments.capture", payment=each.id, **given) not in ("nothing-left", "invalid")
                self.captured += minor

    @rule()
    def give_back(self) -> None:
        """Let payments hear what happened, twice and in any order, and give back by hand what they say is owed."""
        self.do(self._hear())
        for each in self.ask("payments.unsettled", limit=1_000):
            if each.order == self.order and each.why == "owed":
                given = {"reference": ids.new().hex, "amount_minor": each.minor}
                assert self.ask("payments.refund", payment=each.payment, **given) != "nothing-left"
                self.refunded += each.minor
        self.captured, self.refunded, promised, left = self.do(self._moved())
        assert self.captured - self.refunded <= self.due
        # of what has left everything is taken that may be: with each parcel, not with the last
        if self.state in ("open", "shipped") and promised:
            assert left <= self.captured or self.due <= self.captured - self.refunded

    async def _moved(self) -> tuple[int, int, int, int]:
        async with self.world.database.transaction("commerce") as tx:
            row = await tx.row(
                "select sum(captured_minor)::bigint, sum(refunded_minor)::bigint,"
                " (sum(authorised_minor - captured_minor - voided_minor) filter ("
                "where provider = 'card' and not unwinding))::bigint"
                " from commerce.payment where order_id = $1", self.order,
            )  # fmt: skip
            left = await left_minor(tx, self.order)
        assert row is not None
        return row[0], row[1], row[2] or 0, left

    async def _hear(self) -> None:
        news: list[tuple[Any, Any]] = [
            (give_back_what_is_credited, OrderCredited(self.order, "?", 1, "?")),
            (give_back_what_is_too_much, OrderChanged(self.order, "?", 0, [], [])),
        ]
        news += [(take, UnitsShipped(self.order, "?", 1, []))] if any(line.shipped for line in self.lines) else []
        news += [(take, OrderShipped(self.order))] if self.state == "shipped" else []
        news += [(give_back, OrderCancelled(self.order, "?"))] if self.state == "cancelled" else []
        for react, event in news:
            envelope = Envelope("1-1", "?", str(self.order), clock.now(), event)
            async with self.world.database.transaction("commerce") as tx:
                await react(tx, [envelope, envelope])
        for later in (10, 20, 30):  # what is captured may have something given back, or let go
            with clock.at(clock.now() + timedelta(minutes=later)):
                if not await settle_due(self.world.database, 100):
                    break

    # --- what must be true after every step ---

    @invariant()
    def the_books_are_those_of_the_model(self) -> None:
        self.do(self._compare())

    async def _documented(self) -> int:
        """Let documents hear what is new, and something old again; gives what they come to."""
        envelopes = [Envelope("1-1", "?", str(self.order), clock.now(), each) for each in self.news]
        old = self.heard[self.looks % len(self.heard) :][:1] if self.heard else []
        self.heard, self.news = [*self.heard, *envelopes], []
        async with self.world.database.transaction("commerce") as tx:
            if envelopes or old:
                await follow(tx, [*envelopes, *old, *envelopes])
            found: int = await tx.value(
                "select coalesce(sum(gross_minor), 0)::bigint from commerce.document"
                " where order_id = $1 and kind in ('invoice', 'correction')", self.order,
            )  # fmt: skip
            return found

    async def _compare(self) -> None:
        left = sum(line.worth(0, line.shipped) for line in self.lines)
        billed = DELIVERY + left if any(line.shipped for line in self.lines) else 0
        if self.news or self.looks % WHOLE == 0:
            assert await self._documented() == max(0, billed - self.credit)
        async with self.world.database.transaction("commerce") as tx:
            lines = await tx.rows(
                "select quantity, shipped, cancelled, returned from commerce.order_line where order_id = $1"
                " order by line", self.order,
            )  # fmt: skip
            [money] = await tx.rows(
                "select state, total_minor, credit_minor, captured_minor, refunded_minor from commerce.sales_order"
                " where id = $1", self.order,
            )  # fmt: skip
            levels = await tx.rows(
                "select sku, on_hand, on_hand - held from commerce.level where sku = any($1) and location = 'WH-1'",
                self.skus,
            )
            self.looks += 1
            if self.looks % WHOLE == 0:  # all books of all orders so far: the dearest look
                assert await found(tx) == []
        assert [tuple(row) for row in lines] == [(e.quantity, e.shipped, e.cancelled, e.returned) for e in self.lines]
        assert tuple(money) == (self.state, self.total, self.credit, self.captured, self.refunded)
        assert {row[0]: tuple(row)[1:] for row in levels} == {
            sku: (self.on_hand[sku], free) for sku, free in self.free.items()
        }
        assert self.refunded <= self.captured
        assert all(line.returned <= line.shipped for line in self.lines)

    def teardown(self) -> None:
        """Settle everything: then the shop keeps exactly what is due."""
        self.pay_what_is_missing()
        if self.state == "open":
            self.find()
            assert self.ask("orders.ship", order=self.order) is None
            for line in self.lines:
                self.on_hand[line.sku] -= line.waiting
                line.shipped += line.waiting
            self.close()
        self.give_back()
        for each in self.ask("payments.payments", order=self.order):
            left = each.authorised_minor - each.captured_minor - each.voided_minor
            minor = min(left, self.due - (self.captured - self.refunded))
            if minor > 0:
                given = {"reference": ids.new().hex, "amount_minor": minor}
                self.ask("payments.capture", payment=each.id, **given)
                self.captured += minor
        self.the_books_are_those_of_the_model()
        assert self.captured - self.refunded == self.due


@pytest.fixture(scope="module")
async def shop(world: App) -> AsyncIterator[tuple[App, Loop]]:
    await set_up(world, items=1)
    seller = {"code": "R", "name": "Rynek", "street": "Rynek 1", "city": "Kraków"}
    await world.door.ask(STAFF, "commerce.documents.put_sellers", sellers=[seller])
    given = [
        {"code": code, "kind": kind, "seller": "R", "pattern": code + "/{year}/{number}", "channels": ["WEB-PL"],
         "given": "everybody"}
        for code, kind in (("FV", "invoice"), ("FK", "correction"))
    ]  # fmt: skip
    await world.door.ask(STAFF, "commerce.documents.put_series", series=given)
    register("card", Card())
    yield world, asyncio.get_running_loop()
    del PROVIDERS["card"]


def test_whatever_happens_after_the_sale_money_and_goods_agree(shop: tuple[App, Loop]) -> None:
    class Here(AfterSale):
        def __init__(self) -> None:
            super().__init__(*shop)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=max(1, (STEPS or 2_000) // RUN), stateful_step_count=RUN, deadline=None,
            derandomize=not STEPS, database=None, suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_a_credit_that_only_the_shop_knows_is_noticed(shop: tuple[App, Loop]) -> None:
    """The control: the machine sees a difference of one grosz."""

    class Mistaken(AfterSale):
        def __init__(self) -> None:
            super().__init__(*shop)

        @rule()
        def slip(self) -> None:
            self.ask("orders.credit", order=self.order, reference=ids.new().hex, minor=1, why="a slip")

        def teardown(self) -> None:
            """Settle nothing: what is amiss is seen before."""

    with pytest.raises(AssertionError, match="assert"):
        run_state_machine_as_test(
            Mistaken,
            settings=settings(
                max_examples=10, stateful_step_count=10, deadline=None, derandomize=True, database=None,
                phases=[Phase.generate], report_multiple_bugs=False, suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
