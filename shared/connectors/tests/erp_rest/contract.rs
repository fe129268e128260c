//! The suite that every connector passes, against the fake ERP of the generic contract.

use waybill_connectors::erp::rest::RestErp;
use waybill_domain::{Currency, Sku};
use waybill_testkit::contract::erp::{Bench, Facts};
use waybill_testkit::erp::{FakeErp, FakeErpConfig};
use waybill_testkit::erp_contract_suite;
use waybill_workflow::ports::erp::ErpRecord;

use super::support::config;

struct Rest {
    fake: FakeErp,
    erp: RestErp,
}

async fn bench() -> Rest {
    let stock = [("A".to_owned(), 100), ("B".to_owned(), 100)].into();
    let fake = FakeErp::start(FakeErpConfig { stock, ..FakeErpConfig::default() }).await.unwrap();
    let erp = RestErp::new(&config(&fake.base_url()), &fake.token()).unwrap();
    Rest { fake, erp }
}

impl Bench for Rest {
    type Erp = RestErp;
    fn erp(&self) -> RestErp {
        self.erp.clone()
    }
    fn facts(&self) -> Facts {
        Facts {
            currency: Currency::new("EUR"),
            country: "GB",
            plenty: "A".parse().unwrap(),
            second: "B".parse().unwrap(),
            twenty: 1,
            ten: 2,
            computes: false,
            amends: true,
            returns: true,
        }
    }
    async fn orders_with(&self, reference: &str) -> usize {
        self.fake.orders_with(reference).len()
    }
    async fn ship(&self, order: &ErpRecord, tracking: &str) {
        self.fake.ship(&order.reference, None, Some(tracking)).unwrap();
    }
    async fn take_back(&self, order: &ErpRecord) {
        self.fake.take_back(&order.reference, [("11".to_owned(), 1)].into(), None).unwrap();
    }
    async fn stock(&self, sku: &Sku, pieces: u32) {
        let free = self.fake.free(sku.as_str()).unwrap();
        self.fake.set_on_hand(sku.as_str(), free + i64::from(pieces));
    }
}

erp_contract_suite!(bench());
