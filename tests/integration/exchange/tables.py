"""A file for each sheet, and one that changes something in it."""

from rynek.app import App
from rynek.kernel import ids
from rynek.kernel.actor import Actor
from tests.integration.exchange.files import ADMIN, EDITOR, KEEPER, Sent
from tests.pictures import a

_OLA = ids.new()
_HOURS = '[{"by":"time","since":"18:00","until":"22:00","change_bp":-500}]'
_NIGHT = '[{"by":"time","since":"20:00","until":"22:00","change_bp":-500}]'


def _cell(text: str) -> str:
    """Quote a cell."""
    return '"' + text.replace('"', '""') + '"'


TABLES: dict[str, tuple[Actor, str, str]] = {
    "brands": (EDITOR, "code,name\nacme,Acme\nzeta,Zeta\n", "code,name\nacme,ACME\nzeta,Zeta\n"),
    "categories": (
        EDITOR, "code,name,parent\nfood,Food,\ntea,Tea,food\n", "code,name,parent\nfood,Foods,\ntea,Tea,food\n",
    ),
    "attributes": (
        EDITOR,
        "code,name,kind,choices\nhue,Hue,choice,a|b\nlen,Len,number,\n",
        "code,name,kind,choices\nhue,Tone,choice,a|b\nlen,Len,number,\n",
    ),
    "products": (
        EDITOR, "code,name,variant.sku\nT-1,One,T-1\nT-2,Two,T-2\n", "code,name,variant.sku\nT-1,Uno,T-1\n",
    ),
    "publications": (
        EDITOR,
        "product,channel,from_at\nITEM-00001,WEB-PL,2030-01-01\n",
        "product,channel,from_at\nITEM-00001,WEB-PL,2031-01-01\n",
    ),
    "bundles": (
        EDITOR,
        "sku,component.sku,component.quantity\nITEM-00001,ITEM-00002,2\nITEM-00001,ITEM-00003,1\n",
        "sku,component.sku,component.quantity\nITEM-00001,ITEM-00002,3\n",
    ),
    "pictures": (
        EDITOR, "picture,focus_x,alt.pl\nPICTURE,20,Kubek\n", "picture,focus_x,alt.pl\nPICTURE,20,Filiżanka\n",
    ),
    "price-lists": (EDITOR, "code,name,currency\nX-1,X,PLN\n", "code,name,currency\nX-1,Y,PLN\n"),
    "prices": (
        EDITOR, 'list,sku,amount\nRETAIL-PL,ITEM-00004,"12,99"\n', 'list,sku,amount\nRETAIL-PL,ITEM-00004,"13,00"\n',
    ),
    "tax-rates": (
        EDITOR,
        "country,category,rate_bp,label\nCZ,standard,2100,21%\n",
        "country,category,rate_bp,label\nCZ,standard,1900,19%\n",
    ),
    "unit-costs": (
        EDITOR,
        "sku,currency,amount,location,from_at\nITEM-00001,PLN,5.10,,\nITEM-00001,PLN,5.20,WH-1,2026-01-01\n",
        "sku,currency,amount,location,from_at\nITEM-00001,PLN,6.10,,\nITEM-00001,PLN,5.20,WH-1,2026-01-01\n",
    ),
    "competitor-prices": (
        EDITOR,
        "sku,competitor,currency,amount,seen_at,source\nITEM-00001,Rival,PLN,9.99,2026-01-01,a flyer\n",
        "sku,competitor,currency,amount,seen_at,source\nITEM-00001,Rival,PLN,8.99,2026-01-02,a flyer\n",
    ),
    "price-floors": (
        EDITOR,
        "sku,currency,amount,kind,reason,country\nITEM-00001,PLN,4.50,agreed,Maker,PL\nITEM-00001,EUR,1,agreed,Maker,\n",
        "sku,currency,amount,kind,reason,country\nITEM-00001,PLN,4.60,agreed,Maker,PL\n",
    ),
    "price-rules": (
        EDITOR,
        f"code,name,channel,moves,rails.margin_bp\nevening,Evening,WEB-PL,{_cell(_HOURS)},500\n",
        f"code,name,channel,moves,rails.margin_bp\nevening,Evening,WEB-PL,{_cell(_NIGHT)},500\n",
    ),
    "promotion-lanes": (
        EDITOR, "code,position,pick,name\nlast,900,best,Last\n", "code,position,pick,name\nlast,900,first,Last\n",
    ),
    "promotions": (
        EDITOR,
        'code,name,currency,budget,gives\nSPRING,Spring,PLN,"1000,50","{""give"":""percent"",""bp"":1000}"\n',
        'code,name,currency,budget,gives\nSPRING,Spring,PLN,"1000,50","{""give"":""percent"",""bp"":1500}"\n',
    ),
    "coupons": (EDITOR, "coupon,promotion,uses\nlato-26,CODED,3\n", "coupon,promotion,uses\nLATO-26,CODED,4\n"),
    "segment-members": (EDITOR, f"segment,customer\nregulars,{_OLA}\nparents,{_OLA}\nregulars,{ids.new()}\n", ""),
    "synonyms": (EDITOR, "language,words\npl,herbata|czaj\nen,tea|brew\n", ""),
    "search-rules": (EDITOR, "name,query,act,target,place\nTea first,tea,bury,brand:nobody,3\n", ""),
    "search-weights": (EDITOR, "channel,name,prose\nWEB-PL,0.9,0.2\n", "channel,name,prose\nWEB-PL,0.95,0.2\n"),
    "channels": (
        EDITOR,
        "code,name,kind,currency,country\nWEB-DE,D,web,EUR,DE\n",
        "code,name,kind,currency,country\nWEB-DE,E,web,EUR,DE\n",
    ),
    "locations": (
        KEEPER,
        "code,name,kind\nS-9,Nine,store\nS-8,Eight,store\n",
        "code,name,kind\nS-9,Neun,store\nS-8,Eight,store\n",
    ),
    "safety-stock": (
        KEEPER,
        "channel,location,sku,units\nWEB-PL,WH-1,ITEM-00001,5\nWEB-PL,WH-2,,1\n",
        "channel,location,sku,units\nWEB-PL,WH-1,ITEM-00001,6\n",
    ),
    "beyond-stock": (
        KEEPER,
        "channel,sku,kind,most,from_on\nWEB-PL,ITEM-00001,backorder,5,\nWEB-PL,ITEM-00002,preorder,9,2031-01-01\n",
        "channel,sku,most\nWEB-PL,ITEM-00001,6\n",
    ),
    "lot-tracking": (
        KEEPER,
        "sku,by,fresh_days\nMILK-1,lots,7\nPHONE-1,serials,\n",
        "sku,fresh_days\nMILK-1,10\n",
    ),
    "routes": (KEEPER, "channel,location,rank\nWEB-PL,S-1,9\n", "channel,location,rank\nWEB-PL,S-1,8\n"),
    "stock-counts": (
        KEEPER,
        "location,sku,counted\nS-2,ITEM-00001,7\nWH-2,ITEM-00001,3\n",
        "location,sku,counted\nS-2,ITEM-00001,8\nWH-2,ITEM-00001,3\n",
    ),
    "delivery-options": (
        EDITOR,
        "channel,code,name,kind,sku\nWEB-PL,locker,Locker,locker,DELIVERY\n",
        "channel,code,name,kind,sku\nWEB-PL,locker,Box,locker,DELIVERY\n",
    ),
    "sellers": (ADMIN, "code,name,street,city\nSHEET-2,Sheet,Prosta 1,Warszawa\n", "code,city\nSHEET-2,Gdynia\n"),
    "document-series": (
        ADMIN,
        "code,kind,seller,pattern,reset\nSH,invoice,SHEET,SH/{year}/{number},yearly\n",
        "code,pattern\nSH,SHT/{year}/{number}\n",
    ),
    "subscription-plans": (
        ADMIN,
        "code,channel,name,every,unit\nsheet-weekly,WEB-PL,Every week,1,week\n",
        "code,every\nsheet-weekly,2\n",
    ),
    "places": (
        ADMIN,
        "location,latitude,longitude,tasks\nS-1,50.06,19.94,20\nS-2,52.23,21.01,30\n",
        "location,latitude,longitude\nS-1,50.07,19.95\n",
    ),
    "suppliers": (
        KEEPER,
        "code,name,lead_days,currency\nMILL,Mill,7,PLN\nTEA,Tea House,30,EUR\n",
        "code,lead_days\nMILL,9\n",
    ),
    "supplier-items": (
        KEEPER,
        'supplier,sku,code,pack,minimum,cost\nSHEET-S,ITEM-00001,M-1,6,12,"3,50"\nSHEET-S,ITEM-00002,M-2,1,1,2\n',
        "supplier,sku,cost\nSHEET-S,ITEM-00001,3.60\n",
    ),
    "price-groups": (ADMIN, f"customer,price_group\n{_OLA},gold\n", ""),
}  # fmt: skip
"""Who brings which file, and one that changes it ('': nothing of it can be changed)."""


async def furnished(world: App) -> None:
    """Make what the files speak of: a promotion that is had by code, a seller, a supplier and a picture."""
    coded = {"code": "CODED", "name": "Coded", "coded": True, "gives": {"give": "percent", "bp": 500}}
    await world.door.ask(EDITOR, "commerce.promotions.put_promotions", promotions=[coded])
    seller = {"code": "SHEET", "name": "Sheet", "street": "Prosta 1", "city": "Warszawa"}
    await world.door.ask(ADMIN, "commerce.documents.put_sellers", sellers=[seller])
    mill = {"code": "SHEET-S", "name": "Mill", "lead_days": 5, "currency": "PLN"}
    await world.door.ask(ADMIN, "commerce.purchasing.put_suppliers", suppliers=[mill])
    shown = await world.door.pass_on(EDITOR, "commerce.media.upload", {}, Sent(a("png"), "image/png"))
    for name, (who, *files) in TABLES.items():
        TABLES[name] = (who, *(each.replace("PICTURE", shown.picture) for each in files))  # type: ignore[assignment]
