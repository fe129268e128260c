//! refund: see `waybill_workflow::steps::refund`.

use std::time::Duration;

use lambda_runtime::Error;
use waybill_domain::Step;
use waybill_lambda::batch::{self, Style};
use waybill_workflow::steps::refund;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    waybill_lambda::serve(async |platform, event| {
        let style = Style { slug: Step::Refund.slug(), at_a_time: 1, needs: Duration::from_secs(45) };
        batch::run(&platform, event, style, |command| {
            let platform = &platform;
            async move { refund::run(platform, &command).await }
        })
        .await
    })
    .await
}
