"""Who stands at the counter of these proofs, and how they buy."""

import sys
from typing import Any

from rynek.app import App
from rynek.bench.stall import COURIER, KEEPER, WAREHOUSE
from rynek.commerce.checkout.actions import open_cart
from rynek.commerce.checkout.model import Address, Cart, Placed
from rynek.commerce.checkout.placing import place
from rynek.kernel import ids
from rynek.kernel.actor import Actor

HOME = Address("Ola Nowak", "Rynek 1", "Kraków", "31-042", "PL")
STAFF = Actor("staff", ids.new(), frozenset({"support", "stock", "finance"}))
TILL = Actor("till", ids.new(), location="S-1")


def guest() -> Actor:
    return Actor("guest", ids.new())


async def full_cart(shop: App, who: Actor, *lines: tuple[str, int]) -> Cart:
    """Open a cart that lacks nothing but the button."""
    wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in lines]
    found: Cart = await shop.door.ask(
        who, open_cart, channel="WEB-PL", lines=wanted, email="ola@example.com", address=HOME, delivery=COURIER
    )
    return found


async def press(shop: App, who: Actor, cart: Cart) -> Placed:
    """Press the button."""
    tenders = [{"method": "cash-on-delivery", "amount_minor": cart.priced.total}]
    placed: Placed = await shop.door.ask(who, place, cart=cart.id, tenders=tenders)
    return placed


async def receive(shop: App, units: int, *skus: str, location: str = WAREHOUSE) -> None:
    lines = [{"sku": sku, "units": units} for sku in skus]
    await shop.door.ask(STAFF, "commerce.inventory.receive", location=location, reference=ids.new().hex, lines=lines)


async def fresh_items(shop: App, count: int, minor: int = 1_000) -> list[str]:
    """Offer items nobody else in this database touches; there is nothing of them yet."""
    skus = [f"P-{ids.new().hex[:24]}-{n}" for n in range(count)]
    products = [{"code": sku, "name": sku, "variants": [{"sku": sku}]} for sku in skus]
    ask: Any = shop.door.ask
    await ask(KEEPER, "commerce.catalog.put_products", products=products)
    await ask(KEEPER, "commerce.catalog.publish", publications=[{"product": sku, "channel": "WEB-PL"} for sku in skus])
    prices = [{"list": "RETAIL-PL", "sku": sku, "minor": minor + n} for n, sku in enumerate(skus)]
    await ask(KEEPER, "commerce.pricing.put_prices", prices=prices)
    return skus


def serve_command() -> list[str]:
    """Tell how a server process is started; its settings are in its environment."""
    return [sys.executable, "-m", "rynek", "serve"]
