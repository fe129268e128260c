//! relay: see `waybill_workflow::steps::relay`.

use lambda_runtime::Error;
use waybill_lambda::stream;
use waybill_workflow::steps::relay;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    waybill_lambda::serve(async |platform, event| {
        let batch = stream::read(event.payload)?;
        if let Err(error) = relay::run(&platform, &batch.orders).await {
            tracing::warn!(%error, "the stream will give these records again");
            return Ok(stream::again_from(batch.first));
        }
        let unreadable = batch.unreadable.map(|(number, error)| {
            tracing::error!(sequence_number = number, error, "a stream record cannot be read");
            number
        });
        Ok(stream::again_from(unreadable))
    })
    .await
}
