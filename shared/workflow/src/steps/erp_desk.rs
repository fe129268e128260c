//! A place at an ERP: let in by its door, connected, and counted for as long as the call takes.

use waybill_contracts::Command;
use waybill_domain::{At, Endpoint, ErpConfig, ErpRecords, Order, StoreConfig};

use super::door::{Door, Knock};
use super::leases::Settle;
use crate::error::{CallError, StepError};
use crate::ports::erp::Erps;
use crate::ports::{Circuits, Configs, Runtime};

/// What a desk needs.
pub trait Ports: Configs + Circuits + Erps + Runtime {}
impl<T: Configs + Circuits + Erps + Runtime> Ports for T {}

/// Somebody before the ERP's door.
pub(super) struct ErpKnock {
    config: ErpConfig,
    records: Option<ErpRecords>,
    knock: Knock,
}

/// A place at an ERP. Leave its door.
pub(super) struct ErpDesk<C> {
    pub(super) config: ErpConfig,
    pub(super) door: Door,
    pub(super) connection: C,
}

impl ErpKnock {
    /// Knocks at the order's ERP.
    pub(super) async fn at(ports: &impl Ports, command: &Command, order: &Order, store: &StoreConfig) -> Result<Self, StepError> {
        // Where the order was sent, there it is looked for and corrected, though the store's next orders may go elsewhere.
        let slug = order.erp.slug.as_ref().unwrap_or(&store.erp);
        let Some(config) = ports.erp(slug).await? else {
            let message = format!("there is no ERP {:?} in this deployment; add it with `waybill erp add`", slug.as_str());
            return Err(StepError::Terminal { code: "erp_unknown".to_owned(), message });
        };
        let there = (Endpoint::Erp(config.slug.clone()), config.limits());
        let knock = Knock::at(ports, there, Settle::of(&config), command).await?;
        Ok(ErpKnock { records: store.records_in(&config.slug).cloned(), config, knock })
    }

    /// Takes a place.
    pub(super) async fn enter<P: Ports>(self, ports: &P) -> Result<ErpDesk<P::Connection>, StepError> {
        let ErpKnock { config, records, knock } = self;
        let connection = ports.connect(&config, records.as_ref()).await.map_err(|error| match error {
            CallError::Refused { code, message } => StepError::Terminal { code, message },
            other => {
                let endpoint = Some(Endpoint::Erp(config.slug.clone()));
                StepError::Retryable { after_seconds: 5, endpoint, reason: other.to_string() }
            }
        })?;
        Ok(ErpDesk { door: knock.enter(ports).await?, config, connection })
    }
}

impl<C> ErpDesk<C> {
    /// When a call that begins now is surely over, whoever made it.
    pub(super) fn lease(&self, ports: &impl Runtime) -> At {
        Settle::of(&self.config).lease(ports)
    }

    /// When the outcome of a call that ended now can be learnt.
    pub(super) fn probe(&self, ports: &impl Runtime) -> At {
        Settle::of(&self.config).probe(ports)
    }
}
