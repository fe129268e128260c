//! Resource names: all follow from the deployment's name, so that a function needs no list of ARNs to find its tables.

use std::collections::HashMap;
use std::env;

use aws_sdk_sqs::Client;
use waybill_domain::{ClientSlug, ErpSlug, Step, StoreSlug};
use waybill_workflow::Unavailable;

use crate::error::unavailable;

/// The names of one deployment's resources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    deployment: String,
}

impl Names {
    /// The names of this deployment.
    pub fn new(deployment: &str) -> Self {
        Names { deployment: deployment.to_owned() }
    }

    /// The deployment in `WAYBILL_DEPLOYMENT`; `waybill`, as in the template, if it is not set.
    pub fn from_env() -> Self {
        Self::new(env::var("WAYBILL_DEPLOYMENT").ok().filter(|name| !name.is_empty()).as_deref().unwrap_or("waybill"))
    }

    /// The deployment's name, which is also the name of its event bus.
    pub fn deployment(&self) -> &str {
        &self.deployment
    }

    /// A table, such as `waybill-orders`.
    pub fn table(&self, table: &str) -> String {
        format!("{}-{table}", self.deployment)
    }

    /// A step's queue.
    pub fn queue(&self, step: Step) -> String {
        format!("{}-{step}", self.deployment)
    }

    /// The queue with this slug, which need not be a step's.
    pub fn queue_of(&self, slug: &str) -> String {
        format!("{}-{slug}", self.deployment)
    }

    /// The secret of a store.
    pub fn store_secret(&self, store: &StoreSlug) -> String {
        format!("{}/store/{store}", self.deployment)
    }

    /// The secret of an ERP.
    pub fn erp_secret(&self, erp: &ErpSlug) -> String {
        format!("{}/erp/{erp}", self.deployment)
    }

    /// The secret of a client of Waybill's own API.
    pub fn client_secret(&self, client: &ClientSlug) -> String {
        format!("{}{client}", self.client_secrets())
    }

    /// What the names of all clients' secrets begin with.
    pub fn client_secrets(&self) -> String {
        format!("{}/client/", self.deployment)
    }
}

/// The addresses of the steps' queues that this process may send to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queues(HashMap<Step, String>);

impl Queues {
    /// The queues whose address the template put into the environment, as `WAYBILL_QUEUE_POST_TO_ERP`.
    pub fn from_env() -> Self {
        let url = |step: Step| env::var(variable(step)).ok().filter(|url| !url.is_empty()).map(|url| (step, url));
        Queues(Step::ALL.into_iter().filter_map(url).collect())
    }

    /// These queues.
    pub fn new(urls: impl IntoIterator<Item = (Step, String)>) -> Self {
        Queues(urls.into_iter().collect())
    }

    /// All queues of a deployment, asked of SQS by name: for the command line, which has no template to tell it.
    ///
    /// # Errors
    /// [`Unavailable`] if SQS does not answer or a queue does not exist.
    pub async fn find(client: &Client, names: &Names) -> Result<Self, Unavailable> {
        let mut urls = HashMap::new();
        for step in Step::ALL {
            let answer =
                client.get_queue_url().queue_name(names.queue(step)).send().await.map_err(|e| unavailable("queues", &e))?;
            urls.insert(step, answer.queue_url.unwrap_or_default());
        }
        Ok(Queues(urls))
    }

    /// The address of a step's queue.
    ///
    /// # Errors
    /// [`Unavailable`] if this process was not told of it.
    pub fn url(&self, step: Step) -> Result<&str, Unavailable> {
        let missing = || Unavailable::new("queues", format!("{} is not set", variable(step)));
        self.0.get(&step).map(String::as_str).ok_or_else(missing)
    }
}

fn variable(step: Step) -> String {
    format!("WAYBILL_QUEUE_{}", step.slug().to_ascii_uppercase().replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_deployment() {
        let names = Names::new("acme");
        assert_eq!(names.table("orders"), "acme-orders");
        assert_eq!(names.queue(Step::PostToErp), "acme-post-to-erp");
        assert_eq!(names.store_secret(&"shop".parse().unwrap()), "acme/store/shop");
        assert_eq!(names.erp_secret(&"main".parse().unwrap()), "acme/erp/main");
        assert_eq!(names.client_secret(&"berlin".parse().unwrap()), "acme/client/berlin");
        assert_eq!(variable(Step::PostToErp), "WAYBILL_QUEUE_POST_TO_ERP");
    }

    #[test]
    fn a_queue_that_was_not_told_is_an_error_that_names_the_variable() {
        let queues = Queues::new([(Step::Refund, "http://q/refund".to_owned())]);
        assert_eq!(queues.url(Step::Refund).unwrap(), "http://q/refund");
        assert!(queues.url(Step::Intake).unwrap_err().to_string().contains("WAYBILL_QUEUE_INTAKE"));
    }
}
