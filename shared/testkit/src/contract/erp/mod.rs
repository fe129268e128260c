//! What every connector to an ERP must do, as checks over its ports: the same suite runs against the generic contract's fake, a real Tryton
//! and the server that plays Odoo. A failed check panics.
//!
//! Every check wants an ERP of its own: it names its orders itself and counts what is free.

pub mod credits;
pub mod feeds;
pub mod money;
mod order;
pub mod orders;

use std::future::Future;

use waybill_domain::money::{Currency, Decimal};
use waybill_domain::{CreditNote, Sku};
use waybill_workflow::ports::erp::{Erp, ErpRecord};

pub use order::{Wanted, address};

/// What there is in an ERP under test.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The currency it books in.
    pub currency: Currency,
    /// A country it knows, ISO 3166 alpha-2.
    pub country: &'static str,
    /// An article with at least 50 pieces free.
    pub plenty: Sku,
    /// Another one.
    pub second: Sku,
    /// The store's tax rate that is 20 % there.
    pub twenty: u64,
    /// The store's tax rate that is 10 % there.
    pub ten: u64,
    /// It calculates taxes and totals by itself, instead of taking the store's word.
    pub computes: bool,
    /// It can change confirmed orders.
    pub amends: bool,
    /// People can book returns there, which it tells of.
    pub returns: bool,
}

/// An ERP under test: a connection to it, and what people do in it.
pub trait Bench: Send + Sync {
    /// The connector.
    type Erp: Erp + Clone + Send + Sync + 'static;
    /// A connection.
    fn erp(&self) -> Self::Erp;
    /// What is there.
    fn facts(&self) -> Facts;
    /// How many orders there are with this reference, in whatever state.
    fn orders_with(&self, reference: &str) -> impl Future<Output = usize> + Send;
    /// A person ships all of an order.
    fn ship(&self, order: &ErpRecord, tracking: &str) -> impl Future<Output = ()> + Send;
    /// A person takes back a piece of the order's first line. Only where [`Facts::returns`] says that it is possible.
    fn take_back(&self, order: &ErpRecord) -> impl Future<Output = ()> + Send;
    /// A person puts so many more pieces of an article on the shelf.
    fn stock(&self, sku: &Sku, pieces: u32) -> impl Future<Output = ()> + Send;
}

/// What is free of an article.
pub(crate) async fn free(bench: &impl Bench, sku: &Sku) -> i64 {
    use waybill_workflow::ports::erp::ErpAvailability;
    let figures = bench.erp().availability(std::slice::from_ref(sku)).await.expect("figures");
    figures.items.iter().find(|item| item.sku == *sku).expect("the article").free
}

/// A credit note that begins empty.
pub(crate) fn note(order: &ErpRecord, refund: u64, amount: Decimal) -> CreditNote {
    CreditNote {
        reference: format!("{}-refund-{refund}", order.reference),
        order: order.id.clone(),
        amount,
        currency: order.currency.clone(),
        lines: Vec::new(),
        charges: Vec::new(),
        other: Decimal::ZERO,
    }
}

/// The list of checks, for [`erp_contract_suite`](crate::erp_contract_suite).
#[doc(hidden)]
#[macro_export]
macro_rules! erp_contract_checks {
    ($callback:path, $($told:tt)*) => {
        $callback! { $($told)* =>
            orders::an_order_arrives_as_it_was_sent
            orders::created_again_it_is_the_same_order
            orders::four_posters_at_once_make_one_order
            orders::what_is_not_there_is_not_found
            orders::a_confirmed_order_lowers_what_is_free
            orders::an_order_on_account_arrives
            orders::a_guest_order_arrives
            orders::an_unknown_article_is_refused
            orders::a_cancelled_order_frees_its_pieces
            orders::a_shipped_order_is_not_cancelled
            orders::an_amendment_is_made_or_refused
            money::several_rates_discounts_fees_and_shipping
            money::prices_that_include_tax
            money::pieces_that_do_not_divide_the_amount
            money::taxes_rounded_by_line_and_not_by_order
            money::a_negative_fee
            money::an_order_that_costs_nothing
            money::a_total_beyond_rounding_is_refused
            credits::goods_come_back
            credits::a_credit_without_goods
            credits::an_amount_of_no_line
            credits::the_whole_order
            credits::what_is_not_credited_is_not_found
            feeds::a_shipment_shows_with_its_tracking
            feeds::stock_that_people_move_shows
            feeds::returns_that_people_make_show
            feeds::the_documents_of_a_day
        }
    };
}

/// Makes a test of every check of the suite. Takes an async expression that gives a [`Bench`](crate::contract::erp::Bench) of its own.
#[macro_export]
macro_rules! erp_contract_suite {
    ($bench:expr => $($group:ident :: $check:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $check() {
                let bench = $bench.await;
                $crate::contract::erp::$group::$check(&bench).await;
            }
        )+
    };
    ($($bench:tt)+) => {
        $crate::erp_contract_checks! { $crate::erp_contract_suite, $($bench)+ }
    };
}
