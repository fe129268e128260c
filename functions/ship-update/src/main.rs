//! ship-update: see `waybill_workflow::steps::ship_update`.

use std::time::Duration;

use lambda_runtime::Error;
use waybill_domain::Step;
use waybill_lambda::batch::{self, Style};
use waybill_workflow::steps::ship_update;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    waybill_lambda::serve(async |platform, event| {
        let style = Style { slug: Step::ShipUpdate.slug(), at_a_time: 5, needs: Duration::from_secs(40) };
        batch::run(&platform, event, style, |command| {
            let platform = &platform;
            async move { ship_update::run(platform, &command).await }
        })
        .await
    })
    .await
}
