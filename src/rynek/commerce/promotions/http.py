"""The operations of promotions."""

from rynek.commerce.promotions import actions, rules, shelving
from rynek.kernel.operations import read, write
from rynek.kernel.sheets import sheet

operations = [
    read("GET /promotions/lanes", actions.lanes, "promotions.read"),
    write("PUT /promotions/lanes", actions.put_lanes, "promotions.write"),
    read("GET /promotions", actions.promotions, "promotions.read"),
    write("PUT /promotions", actions.put_promotions, "promotions.write", rate="bulk"),
    read("POST /promotions/tryout", actions.tryout, "promotions.read"),
    read("GET /promotions/segments", actions.members, "promotions.segments"),
    write("PUT /promotions/segments", actions.put_members, "promotions.segments", rate="bulk"),
    read("GET /promotions/coupons", actions.codes, "promotions.coupons"),
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

sheets = [
    sheet("promotion-lanes", "code", put="commerce.promotions.put_lanes", get="commerce.promotions.lanes"),
    sheet(
        "promotions", "code", put="commerce.promotions.put_promotions", get="commerce.promotions.promotions",
        within="promotion", gone={"state": "ended"}, currency=("currency", ""),
    ),
    sheet(
        "coupons", "coupon", put="commerce.promotions.put_coupons", get="commerce.promotions.codes",
        folded={"coupon": rules.written}, gone={"until_at": "1970-01-01T00:00:00Z"},
    ),
    sheet(
        "segment-members", "segment", "customer", put="commerce.promotions.put_members",
        get="commerce.promotions.members", gone={"out": True},
    ),
]  # fmt: skip
