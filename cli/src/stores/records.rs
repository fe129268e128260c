//! The records file of a store, and the check of it: every record that it names exists in the ERP, belongs to the company, and every tax
//! rate of the store leads to one.

use std::collections::BTreeSet;

use waybill_domain::money::Decimal;
use waybill_domain::{ErpRecords, Sku, StoreConfig};
use waybill_workflow::CallError;
use waybill_workflow::ports::erp_directory::{ErpDirectory, ErpEntry, RecordKind};

use super::rates::StoreRate;
use crate::check::{Report, some_of};
use crate::erps::records::field;

/// Reads a records file: JSON as it is stored.
///
/// # Errors
/// One sentence on what is wrong.
pub fn read_records(text: &str) -> Result<ErpRecords, String> {
    let text = text.trim_start_matches('\u{feff}');
    let said = |error: serde_json::Error| {
        format!(
            "the records are not what they should be: {error}; `waybill erp records ERP` lists the ERP's ids, docs/CLI.md has an example"
        )
    };
    let records: ErpRecords = serde_json::from_str(text).map_err(said)?;
    if records.rounding_limit.is_sign_negative() {
        return Err("the records are not what they should be: rounding_limit is below zero".to_owned());
    }
    Ok(records)
}

/// One record that a store's records name.
struct Named {
    kind: RecordKind,
    id: u64,
    /// Where it stands, such as `taxes["3"]`.
    place: String,
}

fn named(records: &ErpRecords) -> Vec<Named> {
    let one = |kind: RecordKind, id: u64, place: String| Named { kind, id, place };
    let plain = |kind: RecordKind, id: u64| one(kind, id, field(kind).to_owned());
    let mut all = vec![
        plain(RecordKind::Company, records.company),
        plain(RecordKind::Warehouse, records.warehouse),
        plain(RecordKind::PaymentJournal, records.payment_journal),
    ];
    all.extend(records.shop.map(|id| plain(RecordKind::Shop, id)));
    all.extend(records.sales_journal.map(|id| plain(RecordKind::SalesJournal, id)));
    all.extend(records.carrier.map(|id| plain(RecordKind::Carrier, id)));
    all.extend(records.guest_customer.map(|id| plain(RecordKind::Customer, id)));
    let keyed = |name: &str, key: &str| format!("{name}[{key:?}]");
    for (gateway, id) in &records.payment_journals {
        all.push(one(RecordKind::PaymentJournal, *id, keyed("payment_journals", gateway)));
    }
    for (rate, id) in &records.taxes {
        all.push(one(RecordKind::Tax, *id, keyed("taxes", &rate.to_string())));
    }
    for (title, id) in &records.carriers {
        all.push(one(RecordKind::Carrier, *id, keyed("carriers", title)));
    }
    all
}

/// Checks every record that the store names; `rates` are the store's tax rates, if it said them.
pub(super) async fn check(report: &mut Report, store: &StoreConfig, erp: &impl ErpDirectory, rates: Option<&[StoreRate]>) {
    let Some(records) = store.records_in(&store.erp) else { return };
    let before = report.wrongs();
    let mut taxes: Vec<(u64, ErpEntry)> = Vec::new();
    let all = named(records);
    for one in &all {
        match erp.record(one.kind, one.id).await {
            Ok(Some(entry)) => {
                belongs(report, store, records, one, &entry);
                if one.kind == RecordKind::Tax {
                    taxes.push((one.id, entry));
                }
            }
            Ok(None) => report.wrong("records", missing(store, one)),
            Err(error) => {
                report.wrong("records", unread(store, &one.place, &error));
                return;
            }
        }
    }
    articles(report, store, records, erp).await;
    if let Some(rates) = rates {
        mapped_rates(report, store, records, &taxes, rates);
    }
    if report.wrongs() == before {
        report.fine("records", format!("all {} records that the store names are in ERP {}", all.len(), store.erp));
    }
}

fn missing(store: &StoreConfig, one: &Named) -> String {
    let (place, id, erp, slug) = (&one.place, one.id, &store.erp, &store.slug);
    format!(
        "{place}: ERP {erp} has no active record {id} of this kind; `waybill erp records {erp}` lists those it has: correct the file and run \
         `waybill store add {slug} --records FILE`"
    )
}

fn unread(store: &StoreConfig, place: &str, error: &CallError) -> String {
    format!("{place}: ERP {} does not say whether it has the record: {error}", store.erp)
}

/// A record of another company would be refused by the ERP, or booked in the wrong books.
fn belongs(report: &mut Report, store: &StoreConfig, records: &ErpRecords, one: &Named, entry: &ErpEntry) {
    if one.kind == RecordKind::Company || entry.company.is_none_or(|company| company == records.company) {
        return;
    }
    let company = entry.company.unwrap_or_default();
    report.wrong(
        "records",
        format!(
            "{}: {} {:?} belongs to company {company}, and the store sells for company {}; take one of that company and run \
             `waybill store add {} --records FILE`",
            one.place, one.id, entry.name, records.company, store.slug
        ),
    );
}

async fn articles(report: &mut Report, store: &StoreConfig, records: &ErpRecords, erp: &impl ErpDirectory) {
    let wanted = [&records.shipping_article, &records.fee_article, &records.refund_article, &records.rounding_article];
    let wanted: Vec<Sku> = wanted.into_iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
    match erp.articles(&wanted).await {
        Ok(known) => {
            let unknown: Vec<String> = wanted.iter().filter(|sku| !known.contains(*sku)).map(Sku::to_string).collect();
            if !unknown.is_empty() {
                let text = format!(
                    "ERP {} has no articles {} for shipping, fees, refunds or rounding; create them there as services, or correct the file",
                    store.erp,
                    some_of(&unknown)
                );
                report.wrong("records", text);
            }
        }
        Err(error) => report.wrong("records", unread(store, "articles", &error)),
    }
}

/// Every rate of the store leads to a tax, and to one of the same height.
fn mapped_rates(report: &mut Report, store: &StoreConfig, records: &ErpRecords, taxes: &[(u64, ErpEntry)], rates: &[StoreRate]) {
    let unmapped: Vec<String> =
        rates.iter().filter(|rate| records.tax(rate.id).is_none() && !rate.per_cent.is_zero()).map(StoreRate::name).collect();
    if !unmapped.is_empty() {
        report.wrong(
            "taxes",
            format!(
                "{} of {} tax rates of the store are mapped to no tax of ERP {}: {}; orders with them are held with tax_unmapped; add them to \
                 taxes in the file and run `waybill store add {} --records FILE`",
                unmapped.len(),
                rates.len(),
                store.erp,
                some_of(&unmapped),
                store.slug
            ),
        );
    }
    for rate in rates {
        let Some(tax) = records.tax(rate.id) else { continue };
        let found = taxes.iter().find(|(id, _)| *id == tax).and_then(|(_, entry)| entry.rate.map(|height| (entry, height)));
        if let Some((entry, height)) = found.filter(|(_, height)| *height != rate.per_cent) {
            report.wrong(
                "taxes",
                format!(
                    "rate {} of the store is {} %, and tax {tax} {:?} of ERP {} is {} %; take the tax that is right and run \
                     `waybill store add {} --records FILE`",
                    rate.name(),
                    plain(rate.per_cent),
                    entry.name,
                    store.erp,
                    plain(height),
                    store.slug
                ),
            );
        }
    }
}

fn plain(decimal: Decimal) -> Decimal {
    decimal.normalize()
}

#[cfg(test)]
mod tests {
    use waybill_workflow::ports::erp_directory::Greeting;

    use super::*;
    use crate::check::Severity;

    const FILE: &str = r#"{"company": 1, "warehouse": 4, "shop": 2, "payment_journal": 5, "taxes": {"1": 9, "2": 10},
        "shipping_article": "SHIP", "fee_article": "FEE", "refund_article": "REFUND", "rounding_article": "ROUND"}"#;

    /// An ERP of two companies.
    #[derive(Default)]
    struct Directory {
        without: Vec<u64>,
        of_company_two: Vec<u64>,
        without_articles: Vec<&'static str>,
        silent: bool,
    }

    impl ErpDirectory for Directory {
        async fn greet(&self) -> Result<Greeting, CallError> {
            Ok(Greeting { version: "Test 1".to_owned() })
        }
        async fn records(&self, _kind: RecordKind) -> Result<Vec<ErpEntry>, CallError> {
            Ok(Vec::new())
        }
        async fn record(&self, kind: RecordKind, id: u64) -> Result<Option<ErpEntry>, CallError> {
            if self.silent {
                return Err(CallError::Down { reason: "no answer".to_owned() });
            }
            let company = if self.of_company_two.contains(&id) { 2 } else { 1 };
            let company = if kind == RecordKind::Warehouse { None } else { Some(company) };
            let rate = (kind == RecordKind::Tax).then(|| Decimal::from(if id == 9 { 19 } else { 7 }));
            let entry = ErpEntry { id, name: format!("{kind:?} {id}"), company, rate };
            Ok(Some(entry).filter(|entry| !self.without.contains(&entry.id)))
        }
        async fn articles(&self, skus: &[Sku]) -> Result<BTreeSet<Sku>, CallError> {
            Ok(skus.iter().filter(|sku| !self.without_articles.contains(&sku.as_str())).cloned().collect())
        }
    }

    /// What the check of a store finds that has these rates.
    async fn wrong(erp: &Directory, rates: &[(u64, i64)]) -> Vec<String> {
        let said = super::super::NewStore {
            base_url: Some("https://shop.example".to_owned()),
            erp: Some("acme".parse().unwrap()),
            records: Some(read_records(FILE).unwrap()),
            ..super::super::NewStore::default()
        };
        let store = super::super::merge(&"shop".parse().unwrap(), None, &said).unwrap();
        let rates: Vec<StoreRate> = rates.iter().map(|(id, per_cent)| StoreRate::sample(*id, *per_cent)).collect();
        let mut report = Report::new("store shop");
        check(&mut report, &store, erp, Some(&rates)).await;
        let wrong = report.findings.iter().filter(|finding| finding.severity == Severity::Wrong);
        wrong.map(|finding| format!("{} {}", finding.code, finding.message)).collect()
    }

    #[tokio::test]
    async fn each_record_that_is_not_there_or_not_right_is_named_with_what_to_do() {
        const RATES: [(u64, i64); 2] = [(1, 19), (2, 7)];
        assert_eq!(wrong(&Directory::default(), &RATES).await, Vec::<String>::new());
        let one = async |erp: Directory, rates: &[(u64, i64)], parts: &[&str]| {
            let found = wrong(&erp, rates).await;
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(parts.iter().all(|part| found[0].contains(part)), "{found:?}");
        };
        let without = |id| Directory { without: vec![id], ..Directory::default() };
        one(without(4), &RATES, &["records warehouse: ERP acme has no active record 4", "waybill store add shop --records"])
            .await;
        one(without(2), &RATES, &["records shop:", "waybill erp records acme"]).await;
        one(without(10), &RATES, &[r#"taxes["2"]"#]).await;
        let other = Directory { of_company_two: vec![5], ..Directory::default() };
        one(other, &RATES, &["payment_journal: 5", "belongs to company 2"]).await;
        let bare = Directory { without_articles: vec!["ROUND"], ..Directory::default() };
        one(bare, &RATES, &["has no articles ROUND"]).await;
        let more = [(1, 19), (2, 7), (3, 5), (4, 0)];
        one(Directory::default(), &more, &["taxes 1 of 4 tax rates", "3 (", "tax_unmapped"]).await;
        one(Directory::default(), &[(1, 19), (2, 5)], &["is 5 %, and tax 10", "is 7 %"]).await;
        one(Directory { silent: true, ..Directory::default() }, &RATES, &["does not say whether it has the record"]).await;
    }

    #[test]
    fn a_file_is_the_stored_form_and_what_it_has_no_meaning_for_is_refused() {
        let records = read_records(FILE).unwrap();
        assert_eq!((records.tax(2), records.shop, records.rounding_limit), (Some(10), Some(2), Decimal::new(2, 2)));
        let places: Vec<String> = named(&records).into_iter().map(|one| one.place).collect();
        assert_eq!(places, ["company", "warehouse", "payment_journal", "shop", r#"taxes["1"]"#, r#"taxes["2"]"#]);
        let said = |from: &str, to: &str| read_records(&FILE.replace(from, to)).unwrap_err();
        assert!(said("\"shop\"", "\"shoppe\"").contains("unknown field `shoppe`"));
        assert!(said("\"company\": 1,", "").contains("missing field `company`"));
        assert!(said("\"SHIP\"", "\"\"").contains("SKU"));
        assert!(said("\"shop\": 2", "\"rounding_limit\": \"-0.01\"").contains("below zero"));
        assert!(read_records("[]").unwrap_err().contains("waybill erp records"));
    }
}
