//! The event bus.

use aws_config::SdkConfig;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::primitives::{DateTime, DateTimeFormat};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use waybill_contracts::Fact;
use waybill_contracts::fact::SOURCE;
use waybill_contracts::report::BusReport;
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{FactBus, ReportBus};

use crate::error::unavailable;
use crate::names::Names;

const PART: &str = "bus";
/// Entries of a request. Ten facts are about 8 KB; ten of the largest reports, with 500 lines each, 250 KB; a request takes 1 MB.
const BATCH: usize = 10;

/// The bus of a deployment. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Bus {
    client: Client,
    name: String,
}

impl Bus {
    /// The deployment's bus.
    pub fn new(config: &SdkConfig, names: &Names) -> Self {
        Self::with_client(Client::new(config), names)
    }

    /// The deployment's bus, through this client.
    pub fn with_client(client: Client, names: &Names) -> Self {
        Bus { client, name: names.deployment().to_owned() }
    }

    async fn put(&self, mut entries: Vec<PutEventsRequestEntry>) -> Result<(), Unavailable> {
        // The request succeeds even if entries failed. Those that did are sent once more.
        for last in [false, true] {
            let request = self.client.put_events().set_entries(Some(entries.clone()));
            let answer = request.send().await.map_err(|error| unavailable(PART, &error))?;
            if answer.failed_entry_count == 0 {
                return Ok(());
            }
            let results = answer.entries.unwrap_or_default();
            let code = results.iter().find_map(|result| result.error_code.clone()).unwrap_or_else(|| "no code".to_owned());
            // Results come in the order of the entries; without one per entry nobody knows which failed, so all are sent again.
            if last || results.len() != entries.len() {
                return Err(Unavailable::new(
                    PART,
                    format!("{} of {} not taken: {code}", answer.failed_entry_count, entries.len()),
                ));
            }
            let pairs = entries.into_iter().zip(results);
            entries = pairs.filter(|(_, result)| result.error_code.is_some()).map(|(entry, _)| entry).collect();
        }
        Ok(())
    }

    fn entry(&self, fact: &Fact) -> Result<PutEventsRequestEntry, Unavailable> {
        let detail = serde_json::to_string(fact).map_err(|_| Unavailable::new(PART, "a fact cannot be written"))?;
        let entry = PutEventsRequestEntry::builder()
            .source(SOURCE)
            .detail_type(&fact.event)
            .detail(detail)
            .event_bus_name(&self.name)
            .set_time(DateTime::from_str(&fact.at, DateTimeFormat::DateTime).ok());
        Ok(entry.build())
    }
}

impl FactBus for Bus {
    async fn publish(&self, facts: &[Fact]) -> Result<(), Unavailable> {
        for batch in facts.chunks(BATCH) {
            self.put(batch.iter().map(|fact| self.entry(fact)).collect::<Result<_, _>>()?).await?;
        }
        Ok(())
    }
}

impl ReportBus for Bus {
    async fn report(&self, reports: &[BusReport]) -> Result<(), Unavailable> {
        let entry = |report: &BusReport| {
            let entry = PutEventsRequestEntry::builder().source(&report.source).detail_type(report.kind.detail_type());
            entry.detail(&report.detail).event_bus_name(&self.name).build()
        };
        for batch in reports.chunks(BATCH) {
            self.put(batch.iter().map(entry).collect()).await?;
        }
        Ok(())
    }
}
