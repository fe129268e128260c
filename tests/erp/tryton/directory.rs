//! What a mapping may name: read without a mapping.

use waybill_domain::money::Decimal;
use waybill_workflow::CallError;
use waybill_workflow::ports::erp_directory::{ErpDirectory, RecordKind};

use crate::support::{Live, sku};

#[tokio::test]
async fn what_is_mapped_is_there_of_its_kind_and_of_the_company() {
    let live = Live::new().await;
    let (erp, records) = (live.directory(), live.records());
    assert!(erp.greet().await.unwrap().version.starts_with("Tryton"));
    let tax = *records.taxes.values().next().unwrap();
    for (kind, id) in [
        (RecordKind::Company, Some(records.company)),
        (RecordKind::Warehouse, Some(records.warehouse)),
        (RecordKind::Shop, records.shop),
        (RecordKind::SalesJournal, records.sales_journal),
        (RecordKind::PaymentJournal, Some(records.payment_journal)),
        (RecordKind::Tax, Some(tax)),
        (RecordKind::Carrier, records.carrier),
    ] {
        let listed = erp.records(kind).await.unwrap();
        assert!(!listed.is_empty(), "{kind:?}");
        let Some(id) = id else { continue };
        let found = erp.record(kind, id).await.unwrap().unwrap_or_else(|| panic!("{kind:?} {id}"));
        assert!(!found.name.is_empty() && listed.contains(&found), "{kind:?}: {found:?} of {listed:?}");
        assert!(found.company.is_none_or(|company| company == records.company), "{found:?}");
        assert_eq!(erp.record(kind, 999_999).await.unwrap(), None, "{kind:?}");
    }
    let rate = erp.record(RecordKind::Tax, tax).await.unwrap().unwrap().rate;
    assert!(rate.is_some_and(|rate| rate > Decimal::ONE && rate < Decimal::ONE_HUNDRED), "per cent: {rate:?}");
    let people = erp.records(RecordKind::Customer).await.unwrap();
    assert!(people.is_empty(), "customers are not listed");
    let known = erp.articles(&[sku("SKU-A"), records.shipping_article.clone(), sku("NO-SUCH")]).await.unwrap();
    assert_eq!(known, [sku("SKU-A"), records.shipping_article.clone()].into());
}

#[tokio::test]
async fn a_record_of_another_kind_is_not_taken_for_one() {
    let live = Live::new().await;
    let (erp, records) = (live.directory(), live.records());
    let warehouses = erp.records(RecordKind::Warehouse).await.unwrap();
    // Its storage zone is a location, too.
    let other = (1..20).find(|id| warehouses.iter().all(|warehouse| warehouse.id != *id)).unwrap();
    assert_eq!(erp.record(RecordKind::Warehouse, other).await.unwrap(), None);
    assert_eq!(erp.record(RecordKind::Customer, records.guest_customer.unwrap_or(1)).await.unwrap().unwrap().name, "");
}

#[tokio::test]
async fn a_wrong_key_or_database_is_told_from_what_is_missing() {
    let live = Live::new().await;
    for (database, key) in [(None, Some("not-the-key")), (Some("no_such_database"), None)] {
        let erp = live.directory_as(database, key);
        let greeted = erp.greet().await;
        assert!(matches!(greeted, Err(CallError::Down { .. })), "{database:?} {key:?}: {greeted:?}");
        let read = erp.record(RecordKind::Company, 1).await;
        assert!(matches!(read, Err(CallError::Down { .. })), "{database:?} {key:?}: {read:?}");
    }
}
