//! What the server knows: models, fields, methods, arguments and context keys, each with how it is known. Whatever is not here is refused, as
//! Odoo refuses what it does not know, so that a connector that asks for something else fails a test.

use Kind::{Children, Flag, Many, Number, One, Text, Time, Whole};

/// How something is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A real server took it, and its answer was kept.
    Recorded,
    /// From Odoo's documentation and source, not measured.
    Documented,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Whole,
    Number,
    Flag,
    Time,
    /// A record of another model.
    One(&'static str),
    /// Records of another model.
    Many(&'static str),
    /// Records of another model that name this one in a field.
    Children(&'static str, &'static str),
}

/// A field of a model.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) proof: Proof,
    since: u64,
    until: u64,
}

const fn r(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, proof: Proof::Recorded, since: 0, until: u64::MAX }
}

const fn d(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, proof: Proof::Documented, since: 0, until: u64::MAX }
}

impl Field {
    const fn since(mut self, version: u64) -> Self {
        self.since = version;
        self
    }

    const fn until(mut self, version: u64) -> Self {
        self.until = version;
        self
    }
}

type Model = (&'static str, &'static [Field]);

const MODELS: &[Model] = &[
    ("res.country", &[r("code", Text)]),
    ("res.country.state", &[r("code", Text), r("country_id", One("res.country"))]),
    ("res.company", &[d("name", Text)]),
    ("res.currency", &[]),
    (
        "res.partner",
        &[
            r("name", Text),
            r("ref", Text),
            r("email", Text),
            r("phone", Text),
            r("street", Text),
            r("street2", Text),
            r("city", Text),
            r("zip", Text),
            r("country_id", One("res.country")),
            r("state_id", One("res.country.state")),
            r("customer_rank", Whole),
            r("child_ids", Children("res.partner", "parent_id")),
            r("type", Text),
            d("parent_id", One("res.partner")),
        ],
    ),
    (
        "product.product",
        &[
            r("default_code", Text),
            r("name", Text),
            r("uom_id", Whole),
            r("taxes_id", Many("account.tax")),
            r("qty_available", Number),
            r("free_qty", Number),
            r("virtual_available", Number),
            r("outgoing_qty", Number),
            r("write_date", Time),
            d("is_storable", Flag).since(18),
            d("detailed_type", Text).until(17),
        ],
    ),
    (
        "account.tax",
        &[
            r("name", Text),
            r("amount", Number),
            r("type_tax_use", Text),
            r("price_include", Flag),
            d("company_id", One("res.company")),
            d("amount_type", Text),
        ],
    ),
    ("account.journal", &[d("name", Text), d("type", Text), d("company_id", One("res.company"))]),
    ("stock.warehouse", &[d("name", Text), d("company_id", One("res.company"))]),
    ("delivery.carrier", &[d("name", Text), d("company_id", One("res.company"))]),
    ("stock.location", &[r("usage", Text)]),
    (
        "sale.order",
        &[
            r("name", Text),
            r("state", Text),
            r("partner_id", One("res.partner")),
            r("client_order_ref", Text),
            r("origin", Text),
            r("note", Text),
            r("order_line", Children("sale.order.line", "order_id")),
            r("amount_untaxed", Number),
            r("amount_tax", Number),
            r("amount_total", Number),
            r("invoice_status", Text),
            r("delivery_status", Text),
            r("picking_ids", Children("stock.picking", "sale_id")),
            r("write_date", Time),
            r("date_order", Time),
            d("invoice_ids", Many("account.move")),
            d("currency_id", One("res.currency")),
            d("partner_invoice_id", One("res.partner")),
            d("partner_shipping_id", One("res.partner")),
            d("company_id", One("res.company")),
            d("warehouse_id", One("stock.warehouse")),
            d("carrier_id", One("delivery.carrier")),
            d("reference", Text),
        ],
    ),
    (
        "sale.order.line",
        &[
            r("order_id", One("sale.order")),
            r("product_id", One("product.product")),
            r("product_uom_qty", Number),
            r("price_unit", Number),
            r("tax_ids", Many("account.tax")).since(19),
            r("tax_id", Many("account.tax")).until(18),
            r("name", Text),
            d("sequence", Whole),
        ],
    ),
    (
        "account.move",
        &[
            r("name", Text),
            r("state", Text),
            r("move_type", Text),
            r("partner_id", One("res.partner")),
            r("journal_id", One("account.journal")),
            r("reversed_entry_id", One("account.move")),
            r("ref", Text),
            r("amount_total", Number),
            r("amount_residual", Number),
            r("payment_state", Text),
            r("invoice_line_ids", Children("account.move.line", "move_id")),
            d("currency_id", One("res.currency")),
            d("create_date", Time),
        ],
    ),
    (
        "account.move.line",
        &[
            d("move_id", One("account.move")),
            r("product_id", One("product.product")),
            r("quantity", Number),
            r("price_unit", Number),
            r("tax_ids", Many("account.tax")),
            r("sale_line_ids", Many("sale.order.line")),
            d("name", Text),
        ],
    ),
    (
        "account.payment",
        &[
            d("memo", Text).since(18),
            d("ref", Text).until(17),
            d("journal_id", One("account.journal")),
            d("amount", Number),
            d("currency_id", One("res.currency")),
            d("payment_type", Text),
            d("state", Text),
            d("create_date", Time),
        ],
    ),
    ("account.payment.register", &[r("communication", Text), d("journal_id", One("account.journal"))]),
    ("sale.advance.payment.inv", &[r("advance_payment_method", Text), r("sale_order_ids", Many("sale.order"))]),
    (
        "stock.picking",
        &[
            r("name", Text),
            r("state", Text),
            r("move_ids", Children("stock.move", "picking_id")),
            r("carrier_tracking_ref", Text),
            r("scheduled_date", Time),
            r("date_done", Time),
            r("products_availability", Text),
            d("write_date", Time),
            d("origin", Text),
            d("sale_id", One("sale.order")),
            d("carrier_id", One("delivery.carrier")),
            d("picking_type_code", Text),
        ],
    ),
    (
        "stock.move",
        &[
            d("picking_id", One("stock.picking")),
            d("product_id", One("product.product")),
            d("product_uom_qty", Number),
            d("quantity", Number).since(17),
            d("quantity_done", Number).until(16),
            d("state", Text),
            d("sale_line_id", One("sale.order.line")),
            d("origin_returned_move_id", One("stock.move")),
        ],
    ),
    (
        "stock.move.line",
        &[
            r("product_id", One("product.product")),
            r("quantity", Number).since(17),
            r("location_id", One("stock.location")),
            r("location_dest_id", One("stock.location")),
            r("state", Text),
            r("write_date", Time),
        ],
    ),
    (
        "stock.quant",
        &[
            r("product_id", One("product.product")),
            r("location_id", One("stock.location")),
            r("quantity", Number),
            r("reserved_quantity", Number),
            r("write_date", Time),
        ],
    ),
    (
        "stock.return.picking",
        &[r("picking_id", One("stock.picking")), d("product_return_moves", Children("stock.return.picking.line", "wizard_id"))],
    ),
    (
        "stock.return.picking.line",
        &[
            r("wizard_id", One("stock.return.picking")),
            r("product_id", One("product.product")),
            r("quantity", Number),
            d("move_id", One("stock.move")),
        ],
    ),
    ("ir.model.data", &[r("module", Text), r("name", Text), r("model", Text), r("res_id", Whole)]),
];

/// A method: its model (`*` is every one), its arguments in order, options by name.
pub(super) struct Method {
    model: &'static str,
    name: &'static str,
    pub(super) arguments: &'static [&'static str],
    pub(super) options: &'static [&'static str],
    /// How it is known; of the options, those after the first two are from the documentation.
    pub(super) proof: Proof,
    until: u64,
    since: u64,
}

const fn method(model: &'static str, name: &'static str, arguments: &'static [&'static str]) -> Method {
    Method { model, name, arguments, options: &[], proof: Proof::Recorded, since: 0, until: u64::MAX }
}

const METHODS: &[Method] = &[
    Method { options: &["fields", "limit", "order"], ..method("*", "search_read", &["domain"]) },
    method("*", "read", &["ids", "fields"]),
    method("*", "create", &["vals_list"]),
    method("*", "write", &["ids", "vals"]),
    method("sale.order", "load", &["fields", "data"]),
    Method { proof: Proof::Documented, ..method("*", "unlink", &["ids"]) },
    method("res.users", "context_get", &[]),
    method("ir.config_parameter", "get_param", &["key"]),
    method("sale.order", "action_confirm", &["ids"]),
    Method { proof: Proof::Documented, ..method("sale.order", "action_cancel", &["ids"]) },
    method("sale.advance.payment.inv", "create_invoices", &["ids"]),
    method("account.move", "action_post", &["ids"]),
    method("account.payment.register", "action_create_payments", &["ids"]),
    method("stock.picking", "button_validate", &["ids"]),
    Method { since: 18, ..method("stock.return.picking", "action_create_returns", &["ids"]) },
    Method { until: 17, proof: Proof::Documented, ..method("stock.return.picking", "create_returns", &["ids"]) },
];

/// Context keys.
const CONTEXT: &[(&str, Proof)] = &[
    ("active_model", Proof::Recorded),
    ("active_ids", Proof::Recorded),
    ("active_id", Proof::Recorded),
    ("skip_backorder", Proof::Recorded),
    ("skip_sms", Proof::Recorded),
    ("skip_immediate", Proof::Recorded),
    ("allowed_company_ids", Proof::Documented),
    ("warehouse", Proof::Documented),
    ("warehouse_id", Proof::Documented),
    ("disable_cancel_warning", Proof::Documented),
];

/// The fields of a model in a version; `None` for a model that is not known.
pub(super) fn fields(model: &str, version: u64) -> Option<impl Iterator<Item = &'static Field>> {
    let (_, fields) = MODELS.iter().find(|(name, _)| *name == model)?;
    Some(fields.iter().filter(move |field| (field.since..=field.until).contains(&version)))
}

/// A field; `id` is one of every model.
pub(super) fn field(model: &str, name: &str, version: u64) -> Option<Field> {
    if name == "id" {
        return Some(r("id", Whole));
    }
    fields(model, version)?.find(|field| field.name == name).copied()
}

/// The name of a model as it is kept here, if it is one or has methods.
pub(super) fn model(name: &str) -> Option<&'static str> {
    let tables = MODELS.iter().map(|(model, _)| *model);
    tables.chain(METHODS.iter().map(|method| method.model)).find(|model| *model == name)
}

/// A method of a model in a version.
pub(super) fn method_of(model: &str, name: &str, version: u64) -> Option<&'static Method> {
    METHODS.iter().find(|method| {
        method.name == name && (method.model == model || method.model == "*") && (method.since..=method.until).contains(&version)
    })
}

pub(super) fn is_context(key: &str) -> bool {
    CONTEXT.iter().any(|(known, _)| *known == key)
}

/// Everything that is known from documentation alone, for people: `sale.order.date_order`, `unlink()`.
#[must_use]
pub fn not_measured() -> Vec<String> {
    let is_documented = |proof: &Proof| *proof == Proof::Documented;
    let fields = MODELS.iter().flat_map(|(model, fields)| {
        fields.iter().filter(move |field| is_documented(&field.proof)).map(move |field| format!("{model}.{}", field.name))
    });
    let methods = METHODS.iter().filter(|method| is_documented(&method.proof)).map(|method| format!("{}()", method.name));
    let context = CONTEXT.iter().filter(|(_, proof)| is_documented(proof)).map(|(key, _)| format!("context {key}"));
    fields.chain(methods).chain(context).chain(["search_read(order)".to_owned()]).collect()
}
