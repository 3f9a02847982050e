"""Fulfilment's operations."""

from rynek.commerce.fulfilment import actions, collecting, packing, working
from rynek.commerce.fulfilment.ports import configure
from rynek.kernel.operations import process, read, write
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
    read("GET /fulfilment/orders/{order}/tasks", working.tasks_of, "fulfilment.read"),
    read("GET /fulfilment/backorders", working.backorders, "fulfilment.read"),
    read("GET /fulfilment/load", working.load, "fulfilment.read"),
    read("GET /fulfilment/locations/{location}/tasks", working.tasks, "fulfilment.work"),
    write("POST /fulfilment/locations/{location}/claims", working.claim, "fulfilment.work"),
    write("POST /fulfilment/locations/{location}/confirmations", working.confirm, "fulfilment.work", rate="bulk"),
    write("POST /fulfilment/locations/{location}/boxes", packing.box, "fulfilment.work", rate="bulk"),
    read("GET /fulfilment/locations/{location}/walk", working.walk, "fulfilment.work"),
    read("GET /fulfilment/locations/{location}/bins", working.bins, "fulfilment.work"),
    write("PUT /fulfilment/locations/{location}/bins", working.put_bins, "fulfilment.work", rate="bulk"),
    read("GET /fulfilment/tasks/{task}", working.task, "fulfilment.work"),
    write("POST /fulfilment/tasks/{task}/start", working.start, "fulfilment.work"),
    write("POST /fulfilment/tasks/{task}/release", working.let_go, "fulfilment.work"),
    write("POST /fulfilment/tasks/{task}/scans", working.scan, "fulfilment.work"),
    write("POST /fulfilment/tasks/{task}/shortages", working.miss, "fulfilment.work"),
    write("POST /fulfilment/tasks/{task}/parcels", packing.pack, "fulfilment.work"),
    read("GET /fulfilment/locations/{location}/parcels", packing.ready_to_go, "fulfilment.work"),
    read("GET /fulfilment/locations/{location}/handovers", packing.handovers, "fulfilment.work"),
    write("POST /fulfilment/locations/{location}/handovers", packing.hand_over, "fulfilment.work"),
    read("GET /fulfilment/handovers/{handover}", packing.handover, "fulfilment.work"),
    write("POST /fulfilment/tasks/{task}/shelving", collecting.shelve, "fulfilment.work"),
    read("GET /fulfilment/locations/{location}/collections", collecting.collections, "fulfilment.work"),
    process("POST /fulfilment/locations/{location}/collections", collecting.collect, "fulfilment.work"),
    write("POST /fulfilment/collections/{collection}/extension", collecting.extend, "fulfilment.work"),
    read("GET /fulfilment/locations/{location}/put-away", collecting.to_put_away, "fulfilment.work"),
    write("POST /fulfilment/tasks/{task}/put-away", collecting.put_away, "fulfilment.work"),
    read("GET /fulfilment/locations/{location}/arrivals", collecting.arrivals, "fulfilment.work"),
    write("POST /fulfilment/locations/{location}/arrivals/{task}", collecting.arrive, "fulfilment.work"),
    read("GET /fulfilment/orders/{order}/collection", collecting.pickup, "fulfilment.collection"),
    read("GET /orders/{order}/parcels", packing.parcels_of, "fulfilment.follow"),
    read("POST /fulfilment/tracking", packing.track, "fulfilment.track", rate="login"),
    read("GET /fulfilment/unbacked", actions.unbacked, "fulfilment.work", rate="bulk"),
]
setup = [configure, collecting.configure]

sheets = [
    sheet("places", "location", put="commerce.fulfilment.put_places", get="commerce.fulfilment.places"),
]
