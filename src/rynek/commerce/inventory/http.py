"""Inventory's operations."""

from rynek.commerce.inventory import actions, holding, lots, moving
from rynek.kernel.operations import read, write
from rynek.kernel.sheets import sheet

operations = [
    read("GET /inventory/locations", actions.locations, "inventory.read"),
    write("PUT /inventory/locations", actions.put_locations, "inventory.set-up"),
    read("GET /inventory/channels/{channel}/locations", actions.routes, "inventory.read"),
    write("PUT /inventory/channels/{channel}/locations", actions.put_routes, "inventory.set-up"),
    read("GET /inventory/channels/{channel}/safety", actions.safety, "inventory.set-up"),
    write("PUT /inventory/channels/{channel}/safety", actions.put_safety, "inventory.set-up"),
    read("GET /inventory/channels/{channel}/beyond-stock", actions.beyond, "inventory.set-up"),
    write("PUT /inventory/channels/{channel}/beyond-stock", actions.put_beyond, "inventory.set-up"),
    read("GET /inventory/levels", actions.levels, "inventory.read"),
    read("GET /inventory/totals", actions.totals, "inventory.read"),
    read("GET /inventory/locations/{location}/shelf", actions.shelf, "inventory.read"),
    read("GET /inventory/owing", actions.owing, "inventory.read"),
    read("GET /inventory/ledger", actions.ledger, "inventory.read"),
    read("GET /inventory/unbalanced", actions.unbalanced, "inventory.read", rate="bulk"),
    read("GET /inventory/available", actions.available, "inventory.see-available"),
    write("POST /inventory/holds/{holder}", holding.hold, "inventory.hold"),
    write("DELETE /inventory/holds/{holder}", holding.let_go, "inventory.hold"),
    write("POST /inventory/receipts", moving.receive, "inventory.receive", rate="bulk"),
    write("POST /inventory/announcements", moving.announce, "inventory.receive", rate="bulk"),
    write("POST /inventory/adjustments", moving.adjust, "inventory.adjust", rate="bulk"),
    write("POST /inventory/counts", moving.count, "inventory.count", rate="bulk"),
    write("POST /inventory/lot-counts", moving.count_lots, "inventory.count", rate="bulk"),
    write("PUT /inventory/transfers/{transfer}", moving.send, "inventory.transfer"),
    write("POST /inventory/transfers/{transfer}/arrival", moving.arrive, "inventory.transfer"),
    read("GET /inventory/transfers/{transfer}", moving.transfer, "inventory.read"),
    read("GET /inventory/tracking", lots.tracking, "inventory.read"),
    write("PUT /inventory/tracking", lots.put_tracking, "inventory.set-up"),
    read("GET /inventory/lots", actions.lots, "inventory.read"),
    read("GET /inventory/codes", lots.what_it_says, "inventory.read"),
    write("POST /inventory/expiries", moving.throw_away, "inventory.adjust"),
]

sheets = [
    sheet("locations", "code", put="commerce.inventory.put_locations", get="commerce.inventory.locations"),
    sheet(
        "routes", "channel", "location", put="commerce.inventory.put_routes", get="commerce.inventory.routes",
        over="commerce.catalog.channels", replaces=True,
    ),
    sheet(
        "safety-stock", "channel", "location", "sku", put="commerce.inventory.put_safety",
        get="commerce.inventory.safety", over="commerce.catalog.channels", gone={"units": 0},
    ),
    sheet(
        "beyond-stock", "channel", "sku", put="commerce.inventory.put_beyond", get="commerce.inventory.beyond",
        over="commerce.catalog.channels", gone={"kind": "none"},
    ),
    sheet(
        "lot-tracking", "sku", put="commerce.inventory.put_tracking", get="commerce.inventory.tracking",
        gone={"by": "none"},
    ),
    sheet(
        "stock-counts", "location", "sku", put="commerce.inventory.count", get="commerce.inventory.shelf",
        find="commerce.inventory.levels", over="commerce.inventory.locations", renamed={"on_hand": "counted"},
        reference="reference", gone={"counted": 0},
    ),
]  # fmt: skip
