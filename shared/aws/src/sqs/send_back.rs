//! Bodies of dead letters, sent back to the queues they came from: for the command line, which finds a queue by its name.

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use waybill_workflow::Unavailable;
use waybill_workflow::ports::SendBack;

use crate::error::unavailable;
use crate::names::Names;

const PART: &str = "queues";

/// The way back to the queues of a deployment. Cheap to clone.
#[derive(Debug, Clone)]
pub struct WayBack {
    client: Client,
    names: Names,
}

impl WayBack {
    /// The way back to the queues of this deployment.
    pub fn new(config: &SdkConfig, names: &Names) -> Self {
        WayBack { client: Client::new(config), names: names.clone() }
    }
}

impl SendBack for WayBack {
    async fn send_back(&self, queue: &str, body: &str) -> Result<(), Unavailable> {
        let asked = self.client.get_queue_url().queue_name(self.names.queue_of(queue)).send().await;
        let url = asked.map_err(|error| unavailable(PART, &error))?.queue_url.unwrap_or_default();
        let send = self.client.send_message().queue_url(url).message_body(body);
        send.send().await.map(|_| ()).map_err(|error| unavailable(PART, &error))
    }
}
