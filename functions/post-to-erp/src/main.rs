//! post-to-erp: see `waybill_workflow::steps::post_to_erp`.

use std::time::Duration;

use lambda_runtime::Error;
use waybill_domain::Step;
use waybill_lambda::batch::{self, Style};
use waybill_workflow::steps::post_to_erp;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    waybill_lambda::serve(async |platform, event| {
        let style = Style { slug: Step::PostToErp.slug(), at_a_time: 1, needs: Duration::from_secs(45) };
        batch::run(&platform, event, style, |command| {
            let platform = &platform;
            async move { post_to_erp::run(platform, &command).await }
        })
        .await
    })
    .await
}
