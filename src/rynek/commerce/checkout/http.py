"""Checkout's operations."""

from rynek.commerce.checkout import actions, placing
from rynek.kernel.operations import batch, process, read, write
from rynek.kernel.sheets import sheet

operations = [
    batch("POST /checkout/carts", actions.open_cart, "checkout.shop", welcome=True),
    read("GET /checkout/carts", actions.carts, "checkout.shop"),
    read("GET /checkout/carts/{cart}", actions.cart, "checkout.shop"),
    write("PATCH /checkout/carts/{cart}", actions.change_cart, "checkout.shop"),
    write("DELETE /checkout/carts/{cart}", actions.drop_cart, "checkout.shop"),
    write("POST /checkout/carts/{cart}/merge", actions.merge_cart, "checkout.shop"),
    process("POST /checkout/carts/{cart}/order", placing.place, "checkout.place"),
    read("GET /checkout/carts/{cart}/explanation", actions.explain_cart, "checkout.explain"),
    read("GET /orders/{order}/explanation", actions.explain_order, "checkout.explain"),
    read("POST /checkout/preview", actions.preview, "checkout.explain"),
    read("GET /checkout/channels/{channel}/delivery", actions.delivery, "checkout.see-delivery"),
    read("GET /checkout/channels/{channel}/points", actions.points, "checkout.see-delivery"),
    read("GET /checkout/channels/{channel}/windows", actions.windows, "checkout.see-delivery"),
    read("GET /orders/{order}/window", actions.window_of, "checkout.see-window"),
    write("PUT /orders/{order}/window", actions.move_window, "checkout.move-window"),
    read("GET /checkout/channels/{channel}/options", actions.options, "checkout.set-up"),
    write("PUT /checkout/channels/{channel}/delivery", actions.put_delivery, "checkout.set-up"),
    read("GET /checkout/price-groups", actions.groups, "checkout.set-up"),
    write("PUT /checkout/price-groups", actions.put_groups, "checkout.set-up", rate="bulk"),
    write("PUT /checkout/customers/{customer}/price-group", actions.put_group, "checkout.set-up"),
]

sheets = [
    sheet(
        "delivery-options", "channel", "code", put="commerce.checkout.put_delivery", get="commerce.checkout.options",
        over="commerce.catalog.channels", gone={"active": False},
    ),
    sheet(
        "price-groups", "customer", put="commerce.checkout.put_groups", get="commerce.checkout.groups",
        gone={"price_group": None},
    ),
]  # fmt: skip
