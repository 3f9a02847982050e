"""Fulfilment's operations."""

from rynek.commerce.fulfilment import actions
from rynek.commerce.fulfilment.ports import configure
from rynek.kernel.operations import read, write
from rynek.kernel.sheets import sheet

operations = [
    read("GET /fulfilment/routing", actions.routings, "fulfilment.read"),
    write("PUT /fulfilment/routing/{channel}", actions.put_routing, "fulfilment.set-up"),
    write("DELETE /fulfilment/routing/{channel}", actions.drop_routing, "fulfilment.set-up"),
    read("GET /fulfilment/places", actions.places, "fulfilment.read"),
    write("PUT /fulfilment/places", actions.put_places, "fulfilment.set-up"),
    read("GET /fulfilment/areas", actions.areas, "fulfilment.read"),
    write("PUT /fulfilment/areas", actions.put_areas, "fulfilment.set-up", rate="bulk"),
    read("GET /fulfilment/orders/{order}/why", actions.why, "fulfilment.read"),
    write("POST /fulfilment/orders/{order}/allocation", actions.allocate, "fulfilment.allocate"),
    read("GET /fulfilment/unbacked", actions.unbacked, "fulfilment.work", rate="bulk"),
]
setup = [configure]

sheets = [
    sheet("places", "location", put="commerce.fulfilment.put_places", get="commerce.fulfilment.places"),
]
