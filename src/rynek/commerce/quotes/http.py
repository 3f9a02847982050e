"""Operations about what is agreed before there is an order."""

from rynek.commerce.quotes import actions, approvals, lists
from rynek.kernel.operations import read, write

operations = [
    write("POST /checkout/carts/{cart}/quote-requests", actions.request, "quotes.buy"),
    read("GET /quotes", actions.quotes, "quotes.see"),
    read("GET /quotes/{quote}", actions.quote, "quotes.see"),
    write("POST /quotes/{quote}/offers", actions.offer, "quotes.offer"),
    write("POST /quotes/{quote}/counter-offers", actions.counter, "quotes.buy"),
    write("POST /quotes/{quote}/refusal", actions.decline, "quotes.decline"),
    write("POST /quotes/{quote}/acceptance", actions.accept, "quotes.buy"),
    write("POST /checkout/carts/{cart}/approval-requests", approvals.ask, "quotes.buy"),
    read("GET /approvals", approvals.approvals, "quotes.approve"),
    read("GET /approvals/{approval}", approvals.approval, "quotes.approve"),
    write("POST /approvals/{approval}/approval", approvals.approve, "quotes.approve"),
    write("POST /approvals/{approval}/rejection", approvals.reject, "quotes.approve"),
    write("POST /approvals/{approval}/withdrawal", approvals.withdraw, "quotes.approve"),
    write("POST /checkout/carts/{cart}/quick-order", lists.quick_order, "quotes.list"),
    read("GET /order-templates", lists.templates, "quotes.list"),
    write("PUT /order-templates/{template}", lists.put_template, "quotes.list"),
    write("DELETE /order-templates/{template}", lists.drop_template, "quotes.list"),
    write("POST /order-templates/{template}/orders", lists.order_template, "quotes.list"),
]
