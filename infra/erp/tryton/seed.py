"""Seeds a fresh Tryton database: a company with accounts, taxes, articles in stock, carriers and a web shop.

Runs in the virtual environment, inside Tryton (no server), on the database of TRYTOND_DATABASE_URI. Prints the ids as one JSON object."""

import datetime
import json
from decimal import Decimal

from proteus import Model, config
from trytond.modules.account.tests.tools import create_chart, create_fiscalyear, create_tax, get_accounts
from trytond.modules.account_invoice.tests.tools import create_payment_term, set_fiscalyear_invoice_sequences
from trytond.modules.company.tests.tools import create_company, get_company
from trytond.modules.currency.tests.tools import get_currency

PLENTY = 100_000
# What the fake store and the tests sell: SKU, name, net price, tax in per cent, pieces in stock.
GOODS = [
    ("MUG-BLUE", "Mug, blue", "12.90", 19, PLENTY),
    ("TEA-EARL", "Tea Earl Grey, 100 g", "6.45", 7, PLENTY),
    ("SHIRT-S", "T-Shirt, S", "24.00", 19, PLENTY),
    ("SHIRT-M", "T-Shirt, M", "24.00", 19, PLENTY),
    ("POSTER-A2", "Poster, A2", "19.99", 19, PLENTY),
    ("LAMP-DESK", "Desk lamp", "89.00", 19, 20),
    ("GIFT-50", "Gift card 50", "50.00", 19, PLENTY),
    ("SKU-A", "Article A", "18.00", 20, PLENTY),
    ("SKU-B", "Article B", "9.50", 10, PLENTY),
    ("LAST-ONE", "Scarce article", "99.00", 20, 1),
    ("SOLD-OUT", "Article that is gone", "10.00", 20, 0),
]
# For what an order has besides articles. No tax of their own: each line brings those of the store.
SERVICES = [("WOO-SHIPPING", "Shipping"), ("WOO-FEE", "Fee"), ("WOO-REFUND", "Refund"), ("WOO-ROUNDING", "Rounding")]
TAXES = [19, 7, 20, 10]
# Tryton has no countries of its own; `trytond_import_countries` would bring all of them.
COUNTRIES = """AT Austria|AU Australia|BE Belgium|BG Bulgaria|BR Brazil|CA Canada|CH Switzerland|CY Cyprus|CZ Czechia|DE Germany
DK Denmark|EE Estonia|ES Spain|FI Finland|FR France|GB United Kingdom|GR Greece|HR Croatia|HU Hungary|IE Ireland|IS Iceland|IT Italy
JP Japan|LI Liechtenstein|LT Lithuania|LU Luxembourg|LV Latvia|MT Malta|MX Mexico|NL Netherlands|NO Norway|NZ New Zealand|PL Poland
PT Portugal|RO Romania|SE Sweden|SI Slovenia|SK Slovakia|TR Turkey|UA Ukraine|US United States""".replace("\n", "|").split("|")


def company():
    create_company(currency=get_currency("EUR"))
    settings = config.get_config()
    settings._context = Model.get("res.user").get_preferences(True, settings.context)
    create_chart()
    # An order of New Year's Eve may be posted on New Year's Day.
    today = datetime.date.today()
    for year in (today.year - 1, today.year, today.year + 1):
        start, end = datetime.date(year, 1, 1), datetime.date(year, 12, 31)
        set_fiscalyear_invoice_sequences(create_fiscalyear(today=(start, end))).click("create_period")
    create_payment_term().save()
    return get_company()


def taxes():
    made = {}
    for percent in TAXES:
        tax = create_tax(Decimal(percent) / 100)
        tax.name = f"VAT {percent} %"
        tax.save()
        made[percent] = tax
    return made


def articles(accounts, taxes):
    unit, = Model.get("product.uom").find([("name", "=", "Unit")])

    def category(name, tax=None):
        made = Model.get("product.category")(name=name, accounting=True)
        made.account_expense, made.account_revenue = accounts["expense"], accounts["revenue"]
        if tax:
            made.customer_taxes.append(tax)
        made.save()
        return made

    def article(sku, name, price, kind, of):
        made = Model.get("product.template")(
            name=name, default_uom=unit, type=kind, salable=True, list_price=Decimal(price), account_category=of)
        made.products[0].suffix_code = sku
        made.save()
        return made.products[0]

    goods = {percent: category(f"Goods {percent} %", tax) for percent, tax in taxes.items()}
    bare = category("Without tax")
    storage, = Model.get("stock.location").find([("code", "=", "STO")])
    counted = Model.get("stock.inventory")(location=storage)
    for sku, name, price, percent, pieces in GOODS:
        made = article(sku, name, price, "goods", goods[percent])
        if pieces:
            line = counted.lines.new(product=made)
            line.quantity = float(pieces)
    counted.click("confirm")
    return {sku: article(sku, name, "0.00", "service", bare) for sku, name in SERVICES}


def party(name, **more):
    made = Model.get("party.party")(name=name, **more)
    made.save()
    return made


def carrier(name, shipping):
    made = Model.get("carrier")()
    made.party, made.carrier_product = party(name), shipping
    made.save()
    return made.id


def statement_journal(name, accounts):
    journal, = Model.get("account.journal").find([("code", "=", "STA")], limit=1)
    made = Model.get("account.statement.journal")(name=name, journal=journal, account=accounts["cash"], validation="amount")
    made.save()
    return made.id


def shop(warehouse):
    made = Model.get("web.shop")(name="woocommerce")
    made.warehouses.append(warehouse)
    made.save()
    return made.id


def key():
    """Of an application that may use REST as the administrator."""
    admin, = Model.get("res.user").find([("login", "=", "admin")])
    made = Model.get("res.user.application")()
    made.user, made.application = admin, "rest"
    made.save()
    return made.key


def seed():
    own = company()
    accounts, made = get_accounts(), taxes()
    services = articles(accounts, made)
    for code, name in (text.split(" ", 1) for text in COUNTRIES):
        Model.get("country.country")(code=code, name=name).save()
    # Not the shop's own guest party: Tryton confirms no order of that.
    guest = party("Guests of the store", code="GUESTS")
    warehouse, = Model.get("stock.location").find([("type", "=", "warehouse")])
    return {
        "token": key(),
        "company": own.id,
        "warehouse": warehouse.id,
        "shop": shop(warehouse),
        "payment_journal": statement_journal("WooCommerce", accounts),
        "payment_journals": {"bacs": statement_journal("Bank", accounts)},
        # By per cent.
        "taxes": {str(percent): tax.id for percent, tax in made.items()},
        "carriers": {name: carrier(name, services["WOO-SHIPPING"]) for name in ("Standard", "Express")},
        "guest_customer": guest.id,
    }


if __name__ == "__main__":
    config.set_trytond(user="admin")
    print(json.dumps(seed()))
