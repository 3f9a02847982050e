"""Checkout's operations."""

from rynek.commerce.checkout import actions
from rynek.kernel.operations import batch, process, read, write

operations = [
    batch("POST /checkout/carts", actions.open_cart, "checkout.shop", welcome=True),
    read("GET /checkout/carts", actions.carts, "checkout.shop"),
    read("GET /checkout/carts/{cart}", actions.cart, "checkout.shop"),
    write("PATCH /checkout/carts/{cart}", actions.change_cart, "checkout.shop"),
    write("DELETE /checkout/carts/{cart}", actions.drop_cart, "checkout.shop"),
    write("POST /checkout/carts/{cart}/merge", actions.merge_cart, "checkout.shop"),
    process("POST /checkout/carts/{cart}/order", actions.place, "checkout.place"),
    read("GET /checkout/carts/{cart}/explanation", actions.explain_cart, "checkout.explain"),
    read("GET /orders/{order}/explanation", actions.explain_order, "checkout.explain"),
    read("POST /checkout/preview", actions.preview, "checkout.explain"),
    read("GET /checkout/channels/{channel}/delivery", actions.delivery, "checkout.see-delivery"),
    write("PUT /checkout/channels/{channel}/delivery", actions.put_delivery, "checkout.set-up"),
    write("PUT /checkout/customers/{customer}/price-group", actions.put_group, "checkout.set-up"),
]
