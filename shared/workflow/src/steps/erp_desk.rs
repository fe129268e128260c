//! A place at an ERP: admitted by its circuit, connected, and with one of its slots for as long as the call takes.

use waybill_contracts::Command;
use waybill_domain::{At, ContentHash, Endpoint, ErpConfig, Order, StoreConfig};

use super::door::Door;
use crate::error::{CallError, StepError};
use crate::ports::erp::Erps;
use crate::ports::{Circuits, Claim, Configs, Idempotency, Runtime};

/// The function's own timeout: part of every lease.
const FUNCTION_SECONDS: u32 = 60;

/// What a desk needs.
pub trait Ports: Configs + Circuits + Idempotency + Erps + Runtime {}
impl<T: Configs + Circuits + Idempotency + Erps + Runtime> Ports for T {}

/// A place at an ERP. Close it.
pub(super) struct ErpDesk<C> {
    pub(super) config: ErpConfig,
    pub(super) door: Door,
    pub(super) connection: C,
    slot: String,
    token: String,
}

impl<C: Sync + Send> ErpDesk<C> {
    /// Takes a place.
    pub(super) async fn open<P: Ports + Erps<Connection = C>>(
        ports: &P,
        command: &Command,
        order: &Order,
        store: &StoreConfig,
    ) -> Result<Self, StepError> {
        // Where the order was sent, there it is looked for and corrected, though the store's next orders may go elsewhere.
        let slug = order.erp.slug.as_ref().unwrap_or(&store.erp);
        let Some(config) = ports.erp(slug).await? else {
            let message = format!("there is no ERP {:?} in this deployment; add it with `waybill erp add`", slug.as_str());
            return Err(StepError::Terminal { code: "erp_unknown".to_owned(), message });
        };
        let door = Door::open(ports, Endpoint::Erp(config.slug.clone()), &order.key, command).await?;
        let connection = ports.connect(&config).await.map_err(|error| match error {
            CallError::Refused { code, message } => StepError::Terminal { code, message },
            other => {
                let endpoint = Some(door.endpoint.clone());
                StepError::Retryable { after_seconds: 5, endpoint, reason: other.to_string() }
            }
        })?;
        let Some((slot, token)) = slot(ports, &config).await? else {
            let reason = format!("all {} slots of the ERP are taken", config.slots);
            return Err(StepError::Retryable { after_seconds: 3, endpoint: Some(door.endpoint.clone()), reason });
        };
        Ok(ErpDesk { config, door, connection, slot, token })
    }

    /// When a call that begins now is surely over, whoever made it.
    pub(super) fn lease(&self, ports: &impl Runtime) -> At {
        ports.now().plus_seconds(FUNCTION_SECONDS.saturating_add(self.config.settle_seconds))
    }

    /// When the outcome of a call that ended now can be learnt.
    pub(super) fn probe(&self, ports: &impl Runtime) -> At {
        ports.now().plus_seconds(self.config.settle_seconds)
    }

    /// Leaves. If giving the slot back fails it ends by its lease: the result of the call counts.
    pub(super) async fn close(self, ports: &impl Idempotency) {
        if let Err(error) = ports.give_back(&self.slot, &self.token).await {
            tracing::warn!(slot = self.slot, %error, "the slot was not given back; its lease will end");
        }
    }
}

/// One of the ERP's slots, with the token that gives it back; `None` when all are taken.
async fn slot(ports: &(impl Idempotency + Runtime), config: &ErpConfig) -> Result<Option<(String, String)>, StepError> {
    let now = ports.now();
    let until = now.plus_seconds(FUNCTION_SECONDS.saturating_add(config.timeout_seconds));
    for number in 0..config.slots.max(1) {
        let key = format!("slot/{}/{number}", config.slug);
        if let Claim::Fresh(token) = ports.claim(&key, &ContentHash::of(b"slot"), now, until).await? {
            return Ok(Some((key, token)));
        }
    }
    Ok(None)
}
