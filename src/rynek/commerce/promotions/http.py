"""The operations of promotions."""

from rynek.commerce.promotions import actions, shelving
from rynek.kernel.operations import read, write

operations = [
    read("GET /promotions/lanes", actions.lanes, "promotions.read"),
    write("PUT /promotions/lanes", actions.put_lanes, "promotions.write"),
    read("GET /promotions", actions.promotions, "promotions.read"),
    write("PUT /promotions", actions.put_promotions, "promotions.write", rate="bulk"),
    read("POST /promotions/tryout", actions.tryout, "promotions.read"),
    write("PUT /promotions/segments", actions.put_members, "promotions.segments", rate="bulk"),
    write("PUT /promotions/coupons", actions.put_coupons, "promotions.write", rate="bulk"),
    read("GET /promotions/shelf-amiss", shelving.shelf_amiss, "promotions.read"),
    read("GET /promotions/shelf/{sku}", shelving.on_shelf, "promotions.read"),
    read("GET /promotions/{promotion}", actions.promotion, "promotions.read"),
    read("GET /promotions/{promotion}/versions", actions.versions, "promotions.read"),
    read("GET /promotions/{promotion}/uses", actions.uses, "promotions.read"),
    read("GET /promotions/{promotion}/coupons", actions.coupons, "promotions.coupons"),
    read("GET /promotions/{promotion}/batches", actions.batches, "promotions.coupons"),
    write("POST /promotions/{promotion}/batches", actions.make_coupons, "promotions.write"),
]
