"""What must be true of a shop's books at every moment, told as the list of what is not."""

from rynek.app import App
from rynek.kernel.actor import SYSTEM
from rynek.kernel.database import Database, Tx

# What leaves the shelf for a line: a bundle counts as what it was made of when it was agreed.
_UNITS = """(
            select l.order_id, sum(l.{what} * coalesce((
                select sum((part ->> 1)::bigint)
                from json_array_elements(a.agreed -> 'priced' -> 'components' -> l.sku) as part), 1)) as units
            from commerce.order_line l join commerce.sales_order a on a.id = l.order_id group by 1)"""
_WAITING = _UNITS.replace("l.{what}", "(l.quantity - l.shipped - l.cancelled)")
_SHIPPED, _RETURNED = _UNITS.format(what="shipped"), _UNITS.format(what="returned")

# Each statement finds the rows that break one rule; their first column names them.
RULES = {
    "a level is not the sum of its ledger": """
        select l.sku || '@' || l.location, l.on_hand, e.units from commerce.level l
        left join (select sku, location, sum(units) as units from commerce.stock_entry group by 1, 2) e
            using (sku, location)
        where l.on_hand <> coalesce(e.units, 0)""",
    "a level's held units are not the sum of its holds": """
        select l.sku || '@' || l.location, l.held, h.units from commerce.level l
        left join (select sku, location, sum(units) as units from commerce.hold group by 1, 2) h using (sku, location)
        where l.held <> coalesce(h.units, 0) or l.held < 0""",
    "a ledger or a hold has no level": """
        select sku || '@' || location from (
            select sku, location from commerce.stock_entry union select sku, location from commerce.hold) n
        where not exists (select from commerce.level l where l.sku = n.sku and l.location = n.location)""",
    "a warehouse has promised more than it has": """
        select l.sku || '@' || l.location, l.held, l.on_hand
        from commerce.level l join commerce.location p on p.code = l.location
        where p.kind = 'warehouse' and (l.held > l.on_hand or l.may_owe)""",
    "a cart became two orders": """
        select cart_id, count(*) from commerce.sales_order group by 1 having count(*) > 1""",
    "an order's total is not the sum of its lines and its delivery": """
        select o.id, o.total_minor, l.gross from commerce.sales_order o
        left join (
            select order_id, sum(commerce.share(gross_minor, quantity, 0, quantity - cancelled)) as gross
            from commerce.order_line group by 1) l on l.order_id = o.id
        where o.total_minor <> coalesce(l.gross, 0) + o.delivery_minor""",
    "an order's money is not that of its payments": """
        select o.id, o.authorised_minor, o.captured_minor, o.refunded_minor from commerce.sales_order o
        left join (
            select order_id, sum(authorised_minor - voided_minor) as authorised, sum(captured_minor) as captured,
                sum(refunded_minor) as refunded
            from commerce.payment group by 1) p on p.order_id = o.id
        where (o.authorised_minor, o.captured_minor, o.refunded_minor)
            is distinct from (coalesce(p.authorised, 0), coalesce(p.captured, 0), coalesce(p.refunded, 0))""",
    "a payment is not the sum of its ledger": """
        select p.id, p.authorised_minor, p.captured_minor, p.voided_minor, p.refunded_minor from commerce.payment p
        left join (
            select payment, sum(minor) filter (where kind = 'authorised') as authorised,
                sum(minor) filter (where kind = 'captured') as captured,
                sum(minor) filter (where kind = 'voided') as voided,
                sum(minor) filter (where kind = 'refunded') as refunded
            from commerce.payment_entry group by 1) e on e.payment = p.id
        where (p.authorised_minor, p.captured_minor, p.voided_minor, p.refunded_minor) is distinct from
            (coalesce(e.authorised, 0), coalesce(e.captured, 0), coalesce(e.voided, 0), coalesce(e.refunded, 0))""",
    "an order's payments were not opened for its total": """
        select o.id, o.total_minor, p.amount from commerce.sales_order o
        left join (select order_id, sum(amount_minor) as amount from commerce.payment group by 1) p on p.order_id = o.id
        where o.total_minor <> coalesce(p.amount, 0)
            and not exists (
                select from commerce.order_entry e
                where e.order_id = o.id and e.what in ('reduced', 'extended', 'redelivered'))""",
    "a payment has no order": """
        select id from commerce.payment p
        where not exists (select from commerce.sales_order o where o.id = p.order_id)""",
    "an order that waits or is open does not hold its units": f"""
        select o.id, l.units, h.units from commerce.sales_order o
        join {_WAITING} l on l.order_id = o.id
        left join (select holder, sum(units) as units from commerce.hold group by 1) h on h.holder = o.id
        left join (select order_id, sum(units) as units from commerce.backorder group by 1) b on b.order_id = o.id
        where coalesce(h.units, 0) not between  -- what nobody has is waited for instead
            case when o.state in ('open', 'awaiting-payment') then l.units - coalesce(b.units, 0) else 0 end
            and case when o.state in ('open', 'awaiting-payment') then l.units else 0 end""",  # noqa: S608
    "a shipped order's units did not leave, or another's did": f"""
        select o.id, o.state, l.units, s.units from commerce.sales_order o
        join {_SHIPPED} l on l.order_id = o.id
        left join (
            select split_part(reference, '/', 1) as order_id, -sum(units) as units from commerce.stock_entry
            where cause = 'shipment' group by 1) s on s.order_id = o.id::text
        where l.units <> coalesce(s.units, 0)
            or (o.state = 'shipped' and exists (
                select from commerce.order_line w where w.order_id = o.id and w.shipped + w.cancelled < w.quantity))""",  # noqa: S608
    "the units of a return are not those in the book": f"""
        select o.id, l.units, s.units from commerce.sales_order o
        join {_RETURNED} l on l.order_id = o.id
        left join (
            select split_part(reference, '/', 1) as order_id, sum(units) as units from commerce.stock_entry
            where cause = 'return' group by 1) s on s.order_id = o.id::text
        where l.units <> coalesce(s.units, 0)""",  # noqa: S608
    "an order was announced never or twice": """
        select o.id, coalesce(n.told, 0) from commerce.sales_order o
        left join (select key, count(*) as told from kernel.event where type = 'orders.order-placed' group by 1) n
            on n.key = o.id::text
        where coalesce(n.told, 0) <> 1""",
    "an order was announced that there is not": """
        select key from kernel.event where type = 'orders.order-placed'
            and not exists (select from commerce.sales_order where id::text = key)""",
    "an order's units were not announced as set aside once": """
        select o.id, coalesce(n.told, 0) from commerce.sales_order o
        left join (select key, count(*) as told from kernel.event where type = 'inventory.stock-held' group by 1) n
            on n.key = o.id::text
        where coalesce(n.told, 0) <> 1
            and not exists (select from commerce.order_entry e where e.order_id = o.id and e.what = 'extended')
            and not exists (select from commerce.backorder b where b.order_id = o.id)""",
}


async def found(tx: Tx) -> list[str]:
    """List what is amiss, a line for each thing: nothing, unless something was lost, doubled or half done."""
    return [f"{rule}: {tuple(row)}" for rule, sql in RULES.items() for row in await tx.rows(sql)]


async def amiss(shop: App | Database) -> list[str]:
    """Look at all books in one moment (one snapshot), so that it may be asked while others write."""
    database = shop.database if isinstance(shop, App) else shop
    async with database.transaction("commerce", SYSTEM) as tx:
        await tx.execute("set transaction isolation level repeatable read")
        return await found(tx)
