"""Typed lists and templates, on the real database."""

import pytest

from rynek.app import App
from rynek.bench.stall import KEEPER, Stall
from rynek.kernel import ids
from rynek.kernel.faults import Fault, NotFound
from tests.commerce.companies.conftest import ask, cart_of, customer, firm
from tests.commerce.quotes.conftest import House


async def test_a_list_is_put_in_the_cart_and_each_wrong_line_is_told(world: App, stall: Stall) -> None:
    made = [{"code": "HIDDEN", "name": "Hidden", "variants": [{"sku": "HIDDEN"}]}]
    coded = [{"code": "ITEM-00015", "name": "Coded", "variants": [{"sku": "ITEM-00015", "gtin": "5901234123457"}]}]
    await ask(world, "catalog.put_products", KEEPER, products=made + coded)
    of = await firm(world, assortment={"blocked_skus": ["ITEM-00016"]})
    cart = await cart_of(world, of.buyer, ("ITEM-00000", 1))
    text = (
        "sku;quantity\nitem-00001;2\n5901234123457;3\nNOWHERE;1\nHIDDEN;1\nITEM-00016;1\nITEM-00002;x\nITEM-00000;4\n"
    )
    done = await ask(world, "quotes.quick_order", of.buyer, cart=cart.id, text=text)
    assert [(each.sku, each.quantity) for each in done.cart.terms.lines] == [
        ("ITEM-00000", 5), ("ITEM-00001", 2), ("ITEM-00015", 3),
    ]  # fmt: skip
    assert done.put == 3
    assert [each.line for each in done.faults] == [4, 5, 6, 7]
    assert [each.why for each in done.faults][0::3] == ["no such item", "x is no quantity"]
    with pytest.raises(Fault) as caught:
        await ask(world, "quotes.quick_order", of.buyer, cart=cart.id, text="NOWHERE\nHIDDEN\n")
    assert (caught.value.code, [each["line"] for each in caught.value.facts["faults"]]) == ("nothing-read", [1, 2])
    assert (await ask(world, "checkout.cart", of.buyer, cart=cart.id)).version == 2
    with pytest.raises(NotFound):
        await ask(world, "quotes.quick_order", customer(), cart=cart.id, text="ITEM-00000")
    with pytest.raises(NotFound):
        await ask(world, "quotes.quick_order", customer(), cart=cart.id, text="NOWHERE")


async def test_templates_are_ordered_again_and_shared_in_a_company(world: App, house: House) -> None:
    weekly, mine = ids.new(), ids.new()
    lines = [{"sku": "ITEM-00000", "quantity": 10}, {"sku": "ITEM-00001", "quantity": 5}]
    kept = {"name": "Weekly", "lines": lines}
    await ask(world, "quotes.put_template", house.jan, template=weekly, **kept, shared=True)
    await ask(world, "quotes.put_template", house.jan, template=mine, name="Mine", lines=lines[:1])
    assert [each.name for each in await ask(world, "quotes.templates", house.jan)] == ["Mine", "Weekly"]
    assert [each.name for each in await ask(world, "quotes.templates", house.ewa)] == ["Weekly"]
    cart = await cart_of(world, house.ewa, ("ITEM-00000", 1))
    done = await ask(world, "quotes.order_template", house.ewa, template=weekly, cart=cart.id)
    assert [(each.sku, each.quantity) for each in done.cart.terms.lines] == [("ITEM-00000", 11), ("ITEM-00001", 5)]
    for who, template in ((house.ewa, mine), (customer(), weekly)):
        own = await cart_of(world, who, ("ITEM-00000", 1))
        with pytest.raises(NotFound):
            await ask(world, "quotes.order_template", who, template=template, cart=own.id)
        with pytest.raises(NotFound):
            await ask(world, "quotes.put_template", who, template=template, **kept)
        with pytest.raises(NotFound):
            await ask(world, "quotes.drop_template", who, template=template)
    await ask(world, "quotes.drop_template", house.jan, template=weekly)
    assert await ask(world, "quotes.templates", house.ewa) == []
