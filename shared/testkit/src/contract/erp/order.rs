//! Orders as a store would send them: whatever they are made of, their parts add up.

use waybill_domain::erp_order::{ErpCharge, ErpLine};
use waybill_domain::money::Decimal;
use waybill_domain::store_order::{Address, TaxPart};
use waybill_domain::{At, ErpOrder, Payment, Sku};

use super::Facts;

/// A tax: the store's rate, and the amount in cents.
type Tax = (u64, i64);

/// An order that is being made. Amounts are in cents, net and tax by rate.
#[derive(Debug, Clone)]
pub struct Wanted {
    order: ErpOrder,
}

fn cents(amount: i64) -> Decimal {
    Decimal::new(amount, 2)
}

fn parts(taxes: &[Tax]) -> (Vec<TaxPart>, Decimal) {
    let parts: Vec<TaxPart> = taxes.iter().map(|(rate_id, tax)| TaxPart { rate_id: *rate_id, total: cents(*tax) }).collect();
    let sum = parts.iter().map(|part| part.total).sum();
    (parts, sum)
}

/// Where a customer lives.
pub fn address(country: &str) -> Address {
    Address {
        first_name: "Jane".to_owned(),
        last_name: "Roe-Smith".to_owned(),
        address_1: "12 Harbour Lane".to_owned(),
        address_2: "Flat 3".to_owned(),
        city: "Whitby".to_owned(),
        postcode: "10001".to_owned(),
        country: country.to_owned(),
        email: "jane@roe.example".to_owned(),
        phone: "+44 1947 600000".to_owned(),
        ..Address::default()
    }
}

impl Wanted {
    /// An order of customer 7, paid, of nothing yet.
    pub fn new(facts: &Facts, reference: &str) -> Self {
        let address = address(facts.country);
        let order = ErpOrder {
            reference: reference.to_owned(),
            store: "shop".parse().expect("a slug"),
            number: "1001".to_owned(),
            placed_at: At(1_795_412_400_123),
            currency: facts.currency.clone(),
            prices_include_tax: false,
            customer_id: Some(7),
            billing: address.clone(),
            shipping: address,
            lines: Vec::new(),
            shipping_charges: Vec::new(),
            fees: Vec::new(),
            discounts: Vec::new(),
            net: Decimal::ZERO,
            tax: Decimal::ZERO,
            total: Decimal::ZERO,
            payment: Payment::Paid,
            payment_method: "stripe".to_owned(),
            transaction_id: "pi_3Secret".to_owned(),
            paid_at: Some(At(1_795_412_401_000)),
            backorder: false,
            note: "Ring twice".to_owned(),
        };
        Wanted { order }
    }

    /// Two pieces at 18.00, shipping 5.00, all at 20 %: 49.20.
    pub fn usual(facts: &Facts, reference: &str) -> ErpOrder {
        Self::new(facts, reference)
            .line(&facts.plenty, 2, 3_600, &[(facts.twenty, 720)])
            .shipping(500, &[(facts.twenty, 100)])
            .done()
    }

    /// With an item. Lines have the ids 11, 12, …
    #[must_use]
    pub fn line(mut self, sku: &Sku, quantity: u32, net: i64, taxes: &[Tax]) -> Self {
        let (taxes, tax) = parts(taxes);
        let line = self.next_id();
        let name = format!("Article {sku}");
        self.order.lines.push(ErpLine { line, sku: sku.clone(), name, quantity, net: cents(net), tax, taxes });
        self
    }

    /// With a shipping charge.
    #[must_use]
    pub fn shipping(mut self, net: i64, taxes: &[Tax]) -> Self {
        let charge = self.charge("Flat rate", net, taxes);
        self.order.shipping_charges.push(charge);
        self
    }

    /// With a fee, possibly negative.
    #[must_use]
    pub fn fee(mut self, net: i64, taxes: &[Tax]) -> Self {
        let charge = self.charge("Gift wrap", net, taxes);
        self.order.fees.push(charge);
        self
    }

    /// With what is not usual.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut ErpOrder)) -> Self {
        change(&mut self.order);
        self
    }

    /// The order, added up.
    pub fn done(mut self) -> ErpOrder {
        let lines = self.order.lines.iter().map(|line| (line.net, line.tax));
        let charges = self.order.shipping_charges.iter().chain(&self.order.fees).map(|charge| (charge.net, charge.tax));
        let (net, tax) = lines.chain(charges).fold((Decimal::ZERO, Decimal::ZERO), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        (self.order.net, self.order.tax, self.order.total) = (net, tax, net + tax);
        self.order
    }

    fn charge(&self, title: &str, net: i64, taxes: &[Tax]) -> ErpCharge {
        let (taxes, tax) = parts(taxes);
        ErpCharge { charge: self.next_id(), title: title.to_owned(), net: cents(net), tax, taxes }
    }

    fn next_id(&self) -> u64 {
        let parts = self.order.lines.len() + self.order.shipping_charges.len() + self.order.fees.len();
        11 + u64::try_from(parts).expect("a few")
    }
}
