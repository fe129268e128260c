//! dead-letters: see `waybill_workflow::steps::dead_letters`. Consumes every dead-letter queue. A message that it fails on comes again by its
//! queue's visibility timeout; the alarm `dead-letters-stuck` tells of one that lies there.

use std::time::Duration;

use lambda_runtime::Error;
use waybill_lambda::batch::{self, Message, Style};
use waybill_lambda::metrics::Metrics;
use waybill_lambda::{Platform, dead_letter};
use waybill_workflow::Outcome;
use waybill_workflow::dispose::Disposition;
use waybill_workflow::ports::Runtime;
use waybill_workflow::steps::dead_letters;

/// When a message comes again: the visibility timeout of every dead-letter queue.
const VISIBILITY: u32 = 180;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    waybill_lambda::serve(async |platform, event| {
        let style = Style { slug: "dead-letters", at_a_time: 5, needs: Duration::from_secs(5) };
        batch::each(&platform, event, style, |message| keep(&platform, message)).await
    })
    .await
}

async fn keep(platform: &Platform, message: Message) -> Disposition {
    let arrived = match dead_letter::read(platform.deployment(), &message) {
        Ok(arrived) => arrived,
        Err(reason) => return Disposition::Fail { reason },
    };
    match dead_letters::run(platform, &arrived).await {
        Ok(Some(kept)) => {
            let letter = kept.letter;
            let order = letter.order.as_ref().map(ToString::to_string);
            tracing::error!(letter = %letter.id, order, error = letter.error, trace = letter.trace, held = kept.holds, "dead letter");
            let mut metrics = Metrics::default();
            metrics.add_step("DeadLetters", 1);
            metrics.emit(platform.deployment(), &letter.id.queue, platform.now().0);
            Disposition::Ack(if kept.holds { Outcome::Held } else { Outcome::Done })
        }
        Ok(None) => Disposition::Ack(Outcome::NothingDue),
        Err(error) => Disposition::Retry { after_seconds: VISIBILITY, reason: error.to_string() },
    }
}
