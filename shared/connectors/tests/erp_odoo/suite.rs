//! The suite that every connector passes, over both transports.

use waybill_connectors::erp::odoo::OdooErp;
use waybill_domain::Sku;
use waybill_testkit::contract::erp::{Bench, Facts};
use waybill_testkit::odoo::FakeOdoo;
use waybill_workflow::ports::erp::ErpRecord;

use crate::support::{facts, setup};

struct Odoo {
    fake: FakeOdoo,
    erp: OdooErp,
}

async fn odoo(version: u64) -> Odoo {
    let (fake, erp) = setup(version).await;
    Odoo { fake, erp }
}

impl Bench for Odoo {
    type Erp = OdooErp;

    fn erp(&self) -> OdooErp {
        self.erp.clone()
    }

    fn facts(&self) -> Facts {
        facts()
    }

    async fn orders_with(&self, reference: &str) -> usize {
        self.fake.rows("sale.order").iter().filter(|order| order["client_order_ref"] == reference).count()
    }

    async fn ship(&self, order: &ErpRecord, tracking: &str) {
        self.fake.ship(&order.reference, None, tracking).unwrap();
    }

    async fn take_back(&self, order: &ErpRecord) {
        self.fake.take_back(&order.reference, &[("A".to_owned(), 1)].into()).unwrap();
    }

    async fn stock(&self, sku: &Sku, pieces: u32) {
        let on_hand = self.fake.free(sku.as_str()).unwrap() + i64::from(pieces);
        self.fake.set_on_hand(sku.as_str(), on_hand);
    }
}

mod json2 {
    waybill_testkit::erp_contract_suite!(super::odoo(19));
}

mod jsonrpc {
    waybill_testkit::erp_contract_suite!(super::odoo(18));
}

/// Not recorded, so of this version only what the documentation says is proved.
mod sixteen {
    waybill_testkit::erp_contract_suite!(super::odoo(16));
}
