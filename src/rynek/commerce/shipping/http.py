"""Shipping's operations."""

from rynek.commerce.shipping import actions
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
    process("POST /shipping/webhooks/{code}", actions.hear, "shipping.hear", rate="bulk", raw=True),
]
setup = [configure]
