"""Shipping's operations."""

from rynek.commerce.shipping import actions, windows
from rynek.commerce.shipping.ports import configure
from rynek.kernel.operations import process, read, write

operations = [
    read("GET /shipping/carriers", actions.carriers, "shipping.read"),
    write("PUT /shipping/carriers/{code}", actions.put_carrier, "shipping.set-up"),
    process("PUT /shipping/carriers/{code}/credentials", actions.put_credentials, "shipping.set-up"),
    process("POST /shipping/rates", actions.rates, "shipping.rate"),
    read("GET /shipping/parcels", actions.parcels, "shipping.read"),
    read("GET /shipping/parcels/{parcel}", actions.parcel, "shipping.read"),
    process("GET /shipping/parcels/{parcel}/label", actions.label_file, "shipping.read", rate="read"),
    write("POST /shipping/parcels/{parcel}/label", actions.relabel, "shipping.label"),
    write("DELETE /shipping/parcels/{parcel}/label", actions.cancel_label, "shipping.label"),
    write("POST /shipping/parcels/{parcel}/sights", actions.scan, "shipping.scan"),
    read("GET /shipping/carriers/{carrier}/points", actions.points, "shipping.read"),
    write("PUT /shipping/carriers/{carrier}/points", actions.put_points, "shipping.set-up", rate="bulk"),
    process("POST /shipping/carriers/{carrier}/points", actions.fetch_points, "shipping.set-up"),
    read("GET /shipping/channels/{channel}/windows", windows.windows, "shipping.plan"),
    write("PUT /shipping/windows", windows.put_windows, "shipping.set-up"),
    process("POST /shipping/webhooks/{code}", actions.hear, "shipping.hear", rate="bulk", raw=True),
]
setup = [configure]
