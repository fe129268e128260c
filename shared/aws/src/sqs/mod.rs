//! The steps' queues.

pub mod send_back;
pub mod spool;

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{ChangeMessageVisibilityBatchRequestEntry, SendMessageBatchRequestEntry};
use waybill_domain::Step;
use waybill_workflow::Unavailable;
use waybill_workflow::ports::{CommandQueue, Outgoing};

use crate::error::unavailable;
use crate::names::Queues;

const PART: &str = "queues";
/// Entries of a batch.
const BATCH: usize = 10;
/// The longest delay SQS takes, in seconds.
const LONGEST_DELAY: u32 = 900;
/// The longest visibility timeout SQS takes: twelve hours, in seconds.
const LONGEST_VISIBILITY: u32 = 43_200;

/// The queues of a deployment. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sqs {
    client: Client,
    queues: Queues,
}

impl Sqs {
    /// These queues.
    pub fn new(config: &SdkConfig, queues: Queues) -> Self {
        Self::with_client(Client::new(config), queues)
    }

    /// These queues, through this client.
    pub fn with_client(client: Client, queues: Queues) -> Self {
        Sqs { client, queues }
    }

    /// Lets received messages reappear after so many seconds: receipt handle and seconds each. `queue` is the address of the queue they
    /// came from. What fails here reappears when the queue's own timeout ends.
    ///
    /// # Errors
    /// [`Unavailable`] if any was not changed; the others were.
    pub async fn change_visibility(&self, queue: &str, messages: &[(String, u32)]) -> Result<(), Unavailable> {
        let mut refused = None;
        for batch in messages.chunks(BATCH) {
            let entries = batch.iter().enumerate().map(|(index, (receipt, seconds))| {
                let timeout = i32::try_from((*seconds).min(LONGEST_VISIBILITY)).unwrap_or(0);
                let entry = ChangeMessageVisibilityBatchRequestEntry::builder().id(index.to_string()).receipt_handle(receipt);
                entry.visibility_timeout(timeout).build().map_err(|_| Unavailable::new(PART, "an entry could not be built"))
            });
            let entries = entries.collect::<Result<Vec<_>, _>>()?;
            let request = self.client.change_message_visibility_batch().queue_url(queue).set_entries(Some(entries));
            match request.send().await {
                Ok(answer) => refused = answer.failed.into_iter().next().map(|entry| entry.code).or(refused),
                Err(error) => refused = Some(crate::error::reason(&error)),
            }
        }
        refused.map_or(Ok(()), |code| Err(Unavailable::new(PART, code)))
    }

    async fn send_batch(&self, url: &str, batch: &[&Outgoing]) -> Result<(), Unavailable> {
        let mut entries =
            batch.iter().enumerate().map(|(index, outgoing)| entry(index, outgoing)).collect::<Result<Vec<_>, _>>()?;
        // An entry that was refused is sent once more; what is refused twice is the caller's to send again later.
        for last in [false, true] {
            let request = self.client.send_message_batch().queue_url(url).set_entries(Some(entries.clone()));
            let failed = request.send().await.map_err(|error| unavailable(PART, &error))?.failed;
            let Some(first) = failed.first() else { return Ok(()) };
            if last || failed.iter().any(|entry| entry.sender_fault) {
                return Err(Unavailable::new(PART, format!("{} of {} not taken: {}", failed.len(), entries.len(), first.code)));
            }
            entries.retain(|entry| failed.iter().any(|failed| failed.id == entry.id));
        }
        Ok(())
    }
}

impl CommandQueue for Sqs {
    async fn send(&self, commands: &[Outgoing]) -> Result<(), Unavailable> {
        let mut by_step: BTreeMap<Step, Vec<&Outgoing>> = BTreeMap::new();
        for outgoing in commands {
            by_step.entry(outgoing.command.step).or_default().push(outgoing);
        }
        for (step, outgoing) in by_step {
            let url = self.queues.url(step)?;
            for batch in outgoing.chunks(BATCH) {
                self.send_batch(url, batch).await?;
            }
        }
        Ok(())
    }
}

/// One message. Its group is the store: on a standard queue that keeps one store's backlog from delaying the others (fair queues).
fn entry(index: usize, outgoing: &Outgoing) -> Result<SendMessageBatchRequestEntry, Unavailable> {
    let body = serde_json::to_string(&outgoing.command).map_err(|_| Unavailable::new(PART, "a command cannot be written"))?;
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_body(body)
        .message_group_id(outgoing.command.order.store.as_str())
        .delay_seconds(i32::try_from(outgoing.delay_seconds.min(LONGEST_DELAY)).unwrap_or(0))
        .build()
        .map_err(|_| Unavailable::new(PART, "an entry could not be built"))
}
