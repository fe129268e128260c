//! The suite that every connector passes.

use waybill_connectors::erp::AnyErp;
use waybill_domain::Sku;
use waybill_testkit::contract::erp::{Bench, Facts};
use waybill_testkit::erp_contract_suite;
use waybill_workflow::ports::erp::ErpRecord;

use super::support::{self, Live};

struct Tryton {
    live: Live,
    erp: AnyErp,
}

async fn bench() -> Tryton {
    let live = Live::new().await;
    Tryton { erp: live.connect(), live }
}

impl Bench for Tryton {
    type Erp = AnyErp;
    fn erp(&self) -> AnyErp {
        self.erp.clone()
    }
    fn facts(&self) -> Facts {
        support::facts()
    }
    async fn orders_with(&self, reference: &str) -> usize {
        self.live.people.sales(reference, &["state"]).await.len()
    }
    async fn ship(&self, order: &ErpRecord, tracking: &str) {
        self.live.people.ship(&order.reference, tracking).await;
    }
    async fn take_back(&self, order: &ErpRecord) {
        self.live.people.take_back(&order.reference).await;
    }
    async fn stock(&self, sku: &Sku, pieces: u32) {
        self.live.people.stock(sku.as_str(), pieces).await;
    }
}

erp_contract_suite!(bench());
